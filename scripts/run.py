#!/usr/bin/env python3
"""Start lsviewer from a checkout: `python3 scripts/run.py [--torch cpu|default] [arguments of lsviewer]`.

The first time this makes `.venv` (minutes); afterwards it starts at once. Needs Python 3.11 and nothing else.
"""

import argparse
import os
import sys
from pathlib import Path

import _environment
import _system

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from lsviewer.__main__ import opens_window


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--torch", choices=_environment.TORCH_BUILDS)
    options, arguments = parser.parse_known_args()

    window = opens_window(arguments)
    screen = window and not _system.has_display(os.environ)
    _system.ensure(window=window, screen=screen)
    python = _environment.ensure(set(), options.torch)
    command = [str(python), "-P", "-m", "lsviewer", *arguments]  # -P: files in the current folder shadow nothing
    if not screen:
        return _system.run(command, os.environ)
    print("lsviewer: no display found; the window opens on a virtual screen that nobody sees", file=sys.stderr)
    with _system.virtual_screen() as environ:
        return _system.run(command, environ)


if __name__ == "__main__":
    sys.exit(main())
