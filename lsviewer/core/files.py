"""Where a spec finds what it names: the recipe's folder, the project's patterns, the data cache."""

import os
from collections.abc import Callable, Mapping
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
    """The folder relative paths start from, the project's patterns by name (read-only arrays in [0, 1]), and the points of
    parameter space its finished runs kept: parameters by name, under ``r1/point``.
    """

    folder: Path = field(default_factory=Path.cwd)
    patterns: Mapping[str, Array] = field(default_factory=dict)
    points: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)

    def resolve(self, path: str, field_name: str) -> Path:
        """Return the existing file ``path`` names; raises `SpecError` naming field and file."""
        return self._resolve(path, field_name, "file", Path.is_file)

    def resolve_folder(self, path: str, field_name: str) -> Path:
        """Return the existing folder ``path`` names; raises `SpecError` naming field and folder."""
        return self._resolve(path, field_name, "folder", Path.is_dir)

    def resolve_any(self, path: str, field_name: str) -> Path:
        """Return the existing file or folder ``path`` names; raises `SpecError` naming field and path."""
        return self._resolve(path, field_name, "file or folder", Path.exists)

    def _resolve(self, path: str, field_name: str, what: str, exists: Callable[[Path], bool]) -> Path:
        try:
            found = (self.folder / Path(path).expanduser()).resolve()
            there = exists(found)
        except (OSError, ValueError, RuntimeError):  # a name too long, a zero byte, an unknown ~user
            there = False
        if not there:
            raise SpecError(f"field '{field_name}': no {what} {str(path)!r} in {self.folder}")
        return found
