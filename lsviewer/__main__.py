"""The one entry: the window, a command without a window, or a report about this installation.

Light on purpose: `scripts/run.py` imports it before anything is installed, and the window must stand before torch is loaded.
"""

import sys
from collections.abc import Sequence

from lsviewer import __version__

COMMANDS = ("run", "list", "describe", "bundle", "figure", "datasets")

USAGE = f"""lsviewer {__version__}: the loss surfaces of neural networks, drawn, built and checked

  lsviewer [FILE.lsv]                    open the application
  lsviewer run RECIPE.json [--json]      run one experiment without a window
  lsviewer list | describe KIND          the experiments
  lsviewer bundle FILE.lsv --out DIR     export a run that anybody can verify
  lsviewer figure FILE.lsv ARTIFACT -o F PNG, SVG, PDF, CSV, NPZ or VTK
  lsviewer datasets                      what is built in, what can be downloaded
  lsviewer COMMAND --help                more about one command
  lsviewer --info | --selftest           versions and devices | a quick check of this installation
  lsviewer --version
"""


def opens_window(arguments: Sequence[str]) -> bool:
    """Whether these arguments need Qt and a display (`--info` and `--selftest` probe both)."""
    return not arguments or (arguments[0] not in COMMANDS and arguments[0] not in ("--version", "--help", "-h"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run lsviewer with these arguments (default: the command line's); returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    match arguments[:1]:
        case ["--version"]:
            print(f"lsviewer {__version__}")
            return 0
        case ["--help" | "-h"]:
            print(USAGE, end="")
            return 0
        case ["--info"]:
            from lsviewer import diagnostics

            print(diagnostics.info())
            return 0
        case ["--selftest"]:
            from lsviewer import diagnostics

            return diagnostics.selftest()
        case ["--probe-window"]:
            from lsviewer import diagnostics

            return diagnostics.probe_window()
        case [command] if command in COMMANDS:
            from lsviewer import cli

            return cli.main(arguments)
        case _:
            from lsviewer.gui import app

            return app.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
