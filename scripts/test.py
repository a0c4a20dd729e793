#!/usr/bin/env python3
"""Run the tests: `python3 scripts/test.py [--torch cpu|default] [arguments of pytest]`; without arguments the whole suite.

The first time this makes `.venv` (minutes). Without a display the tests bring their own (tests/conftest.py).
"""

import argparse
import os
import sys

import _environment
import _system


def processes() -> list[str]:
    """pytest arguments for the whole suite: one process per core, four at most (each brings torch, Qt and a screen)."""
    count = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return ["-n", str(count), "--dist", "worksteal"] if count > 1 else []


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--torch", choices=_environment.TORCH_BUILDS)
    options, arguments = parser.parse_known_args()

    _system.ensure(window=True, screen=True)
    python = _environment.ensure({"test"}, options.torch)
    command = [str(python), "-m", "pytest", *(arguments or processes())]
    return _system.run(command, os.environ, cwd=_environment.ROOT)


if __name__ == "__main__":
    sys.exit(main())
