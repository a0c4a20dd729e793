"""Side files: unsaved work is kept beside the user's file, never over it, and found again after a crash.

Every sitting (one running window) has a lock in the state folder that says who it is (process id and start time) and where its
side file lies. A sitting that ends well removes both; a lock whose process is gone belongs to a crash. The lock is written first
and the side file replaced whole, so a kill at any moment leaves the last complete one.
"""

import contextlib
import datetime
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lsviewer.project import archive, container
from lsviewer.project.atomic import replacing
from lsviewer.project.document import Project, ProjectError


def state_folder() -> Path:
    """Return where locks, and side files of projects without a file, are kept."""
    base = os.environ.get("XDG_STATE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".local" / "state") / "lsviewer" / "autosave"


def autosave_path(path: Path | None, token: str = "", folder: Path | None = None) -> Path:
    """Return the side file for the project file ``path``: hidden beside it, or in the state folder where there is none yet."""
    token = token or str(os.getpid())
    if path is None:
        return (folder or state_folder()) / f"untitled.{token}.autosave"
    return path.with_name(f".{path.name}.{token}.autosave")


@dataclass(frozen=True, slots=True)
class Recoverable:
    """Work a crash left behind: the side file, and the user's file it belongs to (None: never saved)."""

    side: Path
    path: Path | None
    lock: Path
    title: str
    saved: datetime.datetime  # local time of the last autosave

    def load(self) -> Project:
        """Return the project; raises `ProjectError`. The side file stays until `discard`."""
        return archive.load(self.side)

    def discard(self) -> None:
        """Forget it for good."""
        self.side.unlink(missing_ok=True)
        self.lock.unlink(missing_ok=True)


@dataclass(slots=True)
class Autosave:
    """The side file of this sitting. Call `save` by a timer while there is unsaved work, `clear` once there is none."""

    folder: Path = field(default_factory=state_folder)
    _token: str = field(default_factory=lambda: secrets.token_hex(4))
    _side: Path | None = None
    _kept: Project | None = None

    def save(self, project: Project, path: Path | None) -> Path | None:
        """Keep ``project``; returns the side file, or None when this very project is kept already. Raises `ProjectError`."""
        side = autosave_path(path, self._token, self.folder)
        if path is not None and not os.access(path.parent, os.W_OK):
            side = autosave_path(None, self._token, self.folder)
        if project is self._kept and side == self._side:
            return None
        self._make_folder()
        old = self._side
        self._write_lock(side, path)
        archive.save(project, side)
        self._side, self._kept = side, project
        if old is not None and old != side:
            old.unlink(missing_ok=True)
        return side

    def clear(self) -> None:
        """Remove side file and lock: the work is saved, or the user let it go."""
        for found in (self._side, self._lock):
            if found is not None:
                with contextlib.suppress(OSError):
                    found.unlink(missing_ok=True)
        self._side = self._kept = None

    @property
    def _lock(self) -> Path:
        return self.folder / f"{self._token}.lock"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(f"{self.folder}: could not be made: {os.strerror(error.errno or 0).lower()}") from error

    def _write_lock(self, side: Path, path: Path | None) -> None:
        record = {
            "pid": os.getpid(),
            "started": psutil.Process().create_time(),
            "side": str(side.absolute()),
            "path": None if path is None else str(path.absolute()),
        }
        with replacing(self._lock) as file:
            file.write(json.dumps(record).encode())


def find_recoverable(folder: Path | None = None) -> list[Recoverable]:
    """Return what crashed sittings left, newest first; sweeps away locks and half-written files nobody needs any more."""
    found = []
    for lock in sorted((folder or state_folder()).glob("*.lock")):
        try:
            record = json.loads(lock.read_text("utf-8"))
            side = Path(record["side"])
            path = None if record["path"] is None else Path(record["path"])
            if _is_running(int(record["pid"]), float(record["started"])):
                continue
        except (OSError, ValueError, KeyError, TypeError):
            continue  # somebody else's file
        for half in side.parent.glob(f".{side.name}.*.tmp"):
            half.unlink(missing_ok=True)
        if not side.exists() or _is_older(side, path):
            side.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)
            continue
        try:
            title = str(json.loads(container.read(side)[archive.INDEX])["title"])
        except (ProjectError, ValueError, KeyError, TypeError):
            continue  # damaged by something else than us: left where it is, not offered
        saved = datetime.datetime.fromtimestamp(side.stat().st_mtime).astimezone()
        found.append(Recoverable(side, path, lock, title, saved))
    return sorted(found, key=lambda item: item.saved, reverse=True)


def _is_older(side: Path, path: Path | None) -> bool:
    """Whether the user's own file was saved after the side file: then nothing was lost."""
    try:
        return path is not None and path.stat().st_mtime_ns > side.stat().st_mtime_ns
    except OSError:
        return False


def _is_running(pid: int, started: float) -> bool:
    """Whether that very process still runs; process ids are given out again, start times are not."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.Error:
        return False
