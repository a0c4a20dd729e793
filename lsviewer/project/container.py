"""The zip around a project: members as bytes, with limits, hashes and one sentence for whatever is wrong with a file.

Nothing is ever unpacked to disk and nothing is unpickled. Sizes, counts and ratios are checked before a member is read, and a
member is read no further than it promised.
"""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from lsviewer.core.arrays import Array
from lsviewer.project.document import ProjectError

MIMETYPE = b"application/x-lsviewer-project"
MAX_MEMBERS = 2000
MAX_MEMBER = 512 * 1024**2  # bytes
MAX_TOTAL = 1024**3  # bytes
MAX_RATIO = 200  # of what unpacks to more than RATIO_FROM
RATIO_FROM = 1024**2  # bytes
MAX_HEADER = 10_000  # bytes of an .npy header, numpy's own limit

# Plain relative names with forward slashes; no part starts with a dot, so neither ``..`` nor a drive nor a root can occur.
SAFE_NAME = re.compile(r"[A-Za-z0-9%_~-][A-Za-z0-9%._~-]*(/[A-Za-z0-9%_~-][A-Za-z0-9%._~-]*)*")

# What zipfile and zlib raise on a damaged file, also in the middle of reading a member.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error, OverflowError)


def write(file: BinaryIO, members: Mapping[str, bytes]) -> None:
    """Write a zip whose first member is the stored ``mimetype``; what would pass for a bomb or gains nothing is stored."""
    check_limits(members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in {"mimetype": MIMETYPE, **members}.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the same project gives the same bytes
            info.compress_type = zipfile.ZIP_DEFLATED if _deflates(name, data) else zipfile.ZIP_STORED
            archive.writestr(info, data, compresslevel=1)


def check_limits(members: Mapping[str, bytes]) -> None:
    """Raise `ProjectError` where ``members`` could not be opened again."""
    if len(members) + 1 > MAX_MEMBERS:
        raise ProjectError(f"the project has {len(members)} parts, at most {MAX_MEMBERS} can be saved: delete old runs")
    for name, data in members.items():
        if len(data) > MAX_MEMBER:
            raise ProjectError(f"{name} has {len(data)} bytes, at most {MAX_MEMBER} can be saved")
    if (total := sum(map(len, members.values()))) > MAX_TOTAL:
        raise ProjectError(f"the project has {total} bytes, at most {MAX_TOTAL} can be saved: delete old runs")


def _deflates(name: str, data: bytes) -> bool:
    """Whether to deflate: random weights hardly shrink, and a constant array shrinks so far that it looks like a bomb."""
    if name == "mimetype" or name.endswith(".png"):
        return False
    return len(data) <= RATIO_FROM or 2 * len(data) / MAX_RATIO < len(zlib.compress(data, 1)) < 0.8 * len(data)


def read(path: Path, only: str | None = None) -> dict[str, bytes]:
    """Return every member of the project file (or ``only`` that one, where it is there); raises `ProjectError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = _checked(archive, path)
            wanted = [info for info in infos if only is None or info.filename in (only, "mimetype")]
            members = {info.filename: _member(archive, info, path) for info in wanted}
    except ProjectError:
        raise
    except FileNotFoundError:
        raise ProjectError(f"{path}: there is no such file") from None
    except PermissionError:
        raise ProjectError(f"{path}: may not be read, permission denied") from None
    except IsADirectoryError:
        raise ProjectError(f"{path}: is a folder, a project file is expected") from None
    except _DAMAGE:
        raise ProjectError(
            f"{path}: is not a project file, or is damaged: the list of its members cannot be read"
        ) from None
    if members.pop("mimetype", None) != MIMETYPE:
        raise ProjectError(
            f"{path}: member 'mimetype' does not say {MIMETYPE.decode()}: this is not an lsviewer project"
        )
    return members


def _checked(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise ProjectError(f"{path}: has {len(infos)} members, at most {MAX_MEMBERS} are read")
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if not SAFE_NAME.fullmatch(name):
            raise ProjectError(f"{path}: member {name[:120]!r} has a name that is not allowed in a project")
        if name in seen:
            raise ProjectError(f"{path}: member {name!r} occurs twice")
        seen.add(name)
        if info.flag_bits & 1:
            raise ProjectError(f"{path}: member {name!r} is encrypted")
        if info.file_size > MAX_MEMBER:
            raise ProjectError(
                f"{path}: member {name!r} says it has {info.file_size} bytes, at most {MAX_MEMBER} are read"
            )
        if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise ProjectError(
                f"{path}: member {name!r} would unpack {info.compress_size} bytes to {info.file_size}, "
                f"more than {MAX_RATIO} to 1"
            )
    if (total := sum(info.file_size for info in infos)) > MAX_TOTAL:
        raise ProjectError(f"{path}: its members have {total} bytes, at most {MAX_TOTAL} are read")
    return infos


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> bytes:
    try:
        with archive.open(info) as stream:
            data = stream.read(info.file_size + 1)
    except (*_DAMAGE, NotImplementedError):
        raise ProjectError(f"{path}: member {info.filename!r} is damaged and cannot be read") from None
    if len(data) != info.file_size:
        raise ProjectError(f"{path}: member {info.filename!r} has {len(data)} bytes, {info.file_size} were announced")
    return data


def digest(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def to_npy(array: Array) -> bytes:
    """Return one array as an ``.npy`` file."""
    buffer = BytesIO()
    npy.write_array(buffer, np.ascontiguousarray(array) if array.ndim else array, allow_pickle=False)
    return buffer.getvalue()


def from_npy(data: bytes, where: str) -> Array:
    """Return the array of an ``.npy`` file, read-only; refuses objects and headers that promise more than there is."""
    stream = BytesIO(data)
    try:
        version = npy.read_magic(stream)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(stream, max_header_size=MAX_HEADER)
    except (ValueError, SyntaxError, TypeError, struct.error, RecursionError, MemoryError, UnicodeError):
        raise ProjectError(f"{where}: is not an .npy array that can be read") from None
    if dtype.hasobject:
        raise ProjectError(f"{where}: holds Python objects, which are never loaded")
    if dtype.kind not in "biufc":
        raise ProjectError(f"{where}: holds {dtype}, an array of numbers is expected")
    count = 1
    for n in shape:
        count *= n
    left = len(data) - stream.tell()
    if min(shape, default=0) < 0 or count * dtype.itemsize != left:
        raise ProjectError(f"{where}: its header says {shape} of {dtype}, which does not fit its {left} bytes")
    flat = np.frombuffer(data, dtype, count=count, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


def to_npz(arrays: Mapping[str, Array], *, compressed: bool = False) -> bytes:
    """Return named arrays as an ``.npz`` file; inside a project it stays uncompressed, the zip around it compresses."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
            archive.writestr(info, to_npy(array))
    return buffer.getvalue()


def from_npz(data: bytes, where: str) -> dict[str, Array]:
    """Return the arrays of an ``.npz`` file that `to_npz` wrote: its members are stored, so it cannot grow when read."""
    arrays: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if info.compress_type != zipfile.ZIP_STORED or info.file_size > len(data) or name in arrays:
                    raise ProjectError(f"{where}: entry {info.filename!r} is not a stored .npy array, once")
                with archive.open(info) as stream:
                    arrays[name] = from_npy(stream.read(info.file_size + 1), f"{where}: array '{name}'")
    except ProjectError:
        raise
    except (*_DAMAGE, NotImplementedError):
        raise ProjectError(f"{where}: is not an .npz file that can be read") from None
    return arrays


def to_safetensors(arrays: Mapping[str, Array], metadata: dict[str, str] | None = None) -> bytes:
    """Return named arrays as a safetensors file."""
    return safetensors.save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)


def from_safetensors(data: bytes, where: str) -> dict[str, Array]:
    """Return the arrays of a safetensors file."""
    try:
        return dict(safetensors.load(data))
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, MemoryError, UnicodeError):
        raise ProjectError(f"{where}: is not a safetensors file that can be read") from None
