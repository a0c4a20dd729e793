"""Files and folders that appear whole or not at all: written beside their place, synced, then renamed over it."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lsviewer.project.document import ProjectError
from lsviewer.project.running import describe_failure


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``path`` when the block ends well; otherwise what was there stays untouched.

    Raises `ProjectError` naming the file when the system refuses (disk full, read-only folder, no such folder). A symbolic
    link keeps pointing where it pointed: its target is replaced.
    """
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise ProjectError(f"{path}: is a folder, the name of a file is expected")
    beside = place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        # Not mkstemp: its mode 0600 would make every saved file private; here the umask decides, as for any new file.
        with os.fdopen(
            os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), "w+b"
        ) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            shutil.copymode(place, beside)
        os.replace(beside, place)
    except OSError as error:
        beside.unlink(missing_ok=True)
        error.filename = error.filename2 = None  # the user never heard of the file beside
        raise ProjectError(f"{path}: could not be written: {describe_failure(error)}") from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill that becomes ``path`` when the block ends well; ``path`` must not exist or be empty.

    Raises `ProjectError` naming the folder when it holds something or the system refuses.
    """
    place = Path(os.path.abspath(path))
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise ProjectError(f"{path}: already exists and is not an empty folder")
    beside = place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
        yield beside
        if place.exists():
            place.rmdir()  # empty; os.replace would need that on Windows too
        os.replace(beside, place)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        error.filename = error.filename2 = None
        raise ProjectError(f"{path}: could not be written: {describe_failure(error)}") from error
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


@contextlib.contextmanager
def filling(path: Path) -> Iterator[Path]:
    """Give a folder to fill whose files go to ``path`` when the block ends well, each replacing the one of its name there.

    Other files in ``path`` stay. Raises `ProjectError` naming the folder when the system refuses.
    """
    place = Path(os.path.abspath(path))
    if not place.is_dir():
        with new_folder(path) as beside:
            yield beside
        return
    try:
        beside = Path(tempfile.mkdtemp(prefix=".lsviewer-", suffix=".tmp", dir=place))
    except OSError as error:
        raise ProjectError(f"{path}: could not be written: {(error.strerror or str(error)).lower()}") from error
    try:
        yield beside
        for file in sorted(beside.iterdir()):
            os.replace(file, place / file.name)
    except OSError as error:
        error.filename = error.filename2 = None
        raise ProjectError(f"{path}: could not be written: {describe_failure(error)}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, where the system can."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
