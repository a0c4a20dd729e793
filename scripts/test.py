#!/usr/bin/env python3
"""Run the tests: `python3 scripts/test.py [--torch cpu|default] [arguments of pytest]`; without arguments the whole suite.

The first time this makes `.venv` (minutes). Without a display the tests bring their own (tests/conftest.py).
"""

import argparse
import os
import sys

import _environment
import _system


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--torch", choices=_environment.TORCH_BUILDS)
    options, arguments = parser.parse_known_args()

    _system.ensure(window=True, screen=True)
    python = _environment.ensure({"test"}, options.torch)
    command = [str(python), "-m", "pytest", *(arguments or _system.pytest_processes())]
    return _system.run(command, os.environ, cwd=_environment.ROOT)


if __name__ == "__main__":
    sys.exit(main())
