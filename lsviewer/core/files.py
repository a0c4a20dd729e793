"""Where a spec finds what it names: the recipe's folder, the project's patterns, the data cache."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lsviewer.core.arrays import Array
from lsviewer.core.spec import SpecError


def data_folder() -> Path:
    """Return where downloads are cached: ``LSVIEWER_DATA`` or the user's cache folder."""
    if chosen := os.environ.get("LSVIEWER_DATA"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return Path(base) / "lsviewer" if base else Path.home() / ".cache" / "lsviewer"


@dataclass(frozen=True)
class Files:
    """The folder relative paths start from, and the project's patterns by name (read-only arrays in [0, 1])."""

    folder: Path = field(default_factory=Path.cwd)
    patterns: Mapping[str, Array] = field(default_factory=dict)

    def resolve(self, path: str, field_name: str) -> Path:
        """Return the existing file ``path`` names; raises `SpecError` naming field and file."""
        found = (self.folder / Path(path).expanduser()).resolve()
        if not found.is_file():
            raise SpecError(f"field '{field_name}': no file {str(path)!r} in {self.folder}")
        return found
