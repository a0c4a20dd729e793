#!/usr/bin/env python3
"""Measure what README's table says: `python3 scripts/bench.py [module ...]`, modules as in scripts/bench/; none means all.

Prints a table and puts it into docs/bench.md. Needs what `scripts/run.py` needs; the table says what could not be measured.
The exit status is 1 where something measured stays below its bound.
"""

import argparse
import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import _environment
import _system

HERE = Path(__file__).resolve()
TABLE = _environment.ROOT / "docs" / "bench.md"
INSIDE = "LSVIEWER_BENCH_INSIDE"
HEAD = """# Measurements

Made by `python3 scripts/bench.py`; what each row means stands in the module of its heading in `scripts/bench/`.
"""


def main() -> int:
    names = [path.stem for path in sorted((HERE.parent / "bench").glob("[!_]*.py"))]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="module", help=", ".join(names))
    chosen = parser.parse_args().modules or names
    if unknown := [name for name in chosen if name not in names]:
        parser.error(f"no module {unknown[0]!r}; there are {', '.join(names)}")
    if os.environ.get(INSIDE):
        return measure(chosen)

    _system.ensure(window=True, screen=not _system.has_display(os.environ))
    python = _environment.ensure(set())
    command = [str(python), str(HERE), *chosen]
    if _system.has_display(os.environ):
        return _system.run(command, os.environ | {INSIDE: "1"})
    with _system.virtual_screen() as environ:
        return _system.run(command, environ | {INSIDE: "1"})


def measure(names: list[str]) -> int:
    """Run the modules in this process, print their rows as they come and write them down."""
    sections = _read()
    failed = 0
    for name in names:
        module = importlib.import_module(f"bench.{name}")
        lines = ["", "| what | at least | measured | |", "|---|---|---|---|"]
        print(f"\n## {name}\n" + "\n".join(lines[1:]), flush=True)
        for row in module.rows() if hasattr(module, "rows") else ():
            mark = {True: "ok", False: "**missed**", None: "–"}[row["ok"]]
            failed += row["ok"] is False
            lines.append(f"| {row['what']} | {row['at_least']} | {row['measured']} | {mark} |")
            print(lines[-1], flush=True)
        if len(lines) > 3:
            sections[name] = "\n".join([*lines, "", f"Measured on {_machine()}."])
    _write(sections)
    return 1 if failed else 0


def _machine() -> str:
    """Processor, cores and versions: what decides the numbers."""
    from importlib.metadata import version

    processor = platform.processor() or platform.machine()
    if platform.system() == "Linux":
        found = subprocess.run(
            ["grep", "-m1", "model name", "/proc/cpuinfo"], capture_output=True, text=True, check=False
        )
        processor = found.stdout.partition(":")[2].strip() or processor
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {version('torch')}"


def _read() -> dict[str, str]:
    """The tables of docs/bench.md by module: modules that are not measured now keep theirs."""
    text = TABLE.read_text("utf-8") if TABLE.exists() else ""
    parts = (part.partition("\n") for part in text.split("\n## ")[1:])
    return {name.strip(): body.rstrip() for name, _, body in parts}


def _write(sections: dict[str, str]) -> None:
    text = HEAD + "".join(f"\n## {name}\n{sections[name]}\n" for name in sorted(sections))
    beside = TABLE.with_suffix(".new")
    beside.write_text(text, "utf-8")
    os.replace(beside, TABLE)


if __name__ == "__main__":
    sys.exit(main())
