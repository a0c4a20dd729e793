"""Files that ship with lsviewer: patterns, data sets, fonts, icons and examples.

Data only, no behaviour: one function turns a name into the path of a real file. Where each file comes from and under
which licence stands beside it (`data/NOTICE.md`, `fonts/OFL.txt`, `patterns/NOTICE.md`). May import: the standard
library. May be imported by: every room.
"""

from importlib.resources import files
from pathlib import Path


def path(*parts: str) -> Path:
    """Return the path of a shipped file or folder, as in `path("data", "digits.npz")`."""
    found = Path(str(files(__name__).joinpath(*parts)))
    if not found.exists():
        raise FileNotFoundError(f"no resource {'/'.join(parts)!r} in {__name__}")
    return found
