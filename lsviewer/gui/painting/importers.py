"""What can be dropped on or pasted into the pattern editor, turned into a pattern: images, stacks, ``.npy``, picture data."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage, QPixmap

from lsviewer.core.array_files import array_shape, kept_axes, read_array
from lsviewer.core.arrays import Array, freeze
from lsviewer.core.colour import image_colours, read_colour_array, resample_colours
from lsviewer.core.images import MAX_SIDE, SUFFIXES, is_stack, natural_key, read_image, read_stack, to_square
from lsviewer.core.pattern import DEFAULT_CUBE, DEFAULT_GRID, ArrayPattern
from lsviewer.core.resampling import resample
from lsviewer.core.spec import SpecError
from lsviewer.gui.painting.lettering import grey, on_white

IMAGE_FILTER = f"Images ({' '.join('*' + suffix for suffix in SUFFIXES)})"
ARRAY_FILTER = "Arrays (*.npy)"
ANY_FILTER = f"Images and arrays ({' '.join('*' + suffix for suffix in SUFFIXES)} *.npy)"
MIN_GRID, MAX_GRID = 2, 512  # points an axis of a pattern that is drawn
MIN_COLOURED = 4  # the same of a picture in colour: (3, 3, 3) is a volume
MAX_CUBE = 64  # the same with three axes


def from_file(path: Path, grid: int | None, coloured: bool = False) -> Array:
    """Return the pattern in a file, read-only float32; an image takes ``grid`` points an axis, an array keeps its own.

    ``coloured`` asks for a picture in colour (n, n, 3).

    Raises `SpecError` with one sentence that names the file.
    """
    if not path.is_file():
        raise SpecError(f"no file {path.name!r} in {path.parent}")
    if coloured:
        if path.suffix.lower() == ".npy":
            colours = read_colour_array(path)
            return as_pattern(resample_colours(colours, min(len(colours), MAX_GRID)))
        return as_pattern(image_colours(path, grid or DEFAULT_GRID))
    if path.suffix.lower() == ".npy":
        values = read_array(path)
        top = MAX_CUBE if values.ndim == 3 else MAX_GRID
        return as_pattern(resample(values, min(values.shape[0], top)))
    return as_pattern(resample(to_square(read_image(path)), grid or DEFAULT_GRID))


def cut_of(path: Path) -> ArrayPattern | None:
    """Return a pattern cut from an array with more than three axes, through its middle; None for any other file."""
    if path.suffix.lower() != ".npy" or not path.is_file() or len(shape := array_shape(path)) <= 3:
        return None
    kept = kept_axes(shape)
    return ArrayPattern(path=str(path), fixed=tuple(None if axis in kept else n // 2 for axis, n in enumerate(shape)))


def stack_of(paths: list[Path]) -> Path | list[Path] | None:
    """Return the stack in what was dropped or chosen: a folder, a file with pages, several images in the order of their names."""
    if len(paths) > 1:
        return sorted(paths, key=lambda path: natural_key(path.name))
    return paths[0] if paths[0].is_dir() or is_stack(paths[0]) else None


def from_stack(stack: Path | list[Path]) -> Array:
    """Return a stack of images as a pattern with three axes."""
    return as_pattern(read_stack(stack, DEFAULT_CUBE))


def from_image(image: QImage, grid: int | None, coloured: bool = False) -> Array:
    """Return picture data (from the clipboard, say) as a pattern, read-only float32."""
    width, height = image.width(), image.height()
    if min(width, height) < 2 or max(width, height) > MAX_SIDE:
        raise SpecError(f"the image has {width} x {height} pixels; between 2 x 2 and {MAX_SIDE} x {MAX_SIDE} are read")
    if coloured:
        channels = [to_square(channel) for channel in np.moveaxis(_colours(image), -1, 0)]
        return as_pattern(resample_colours(np.stack(channels, axis=-1), grid or DEFAULT_GRID))
    return as_pattern(resample(to_square(grey(image)), grid or DEFAULT_GRID))


def from_mime(data: QMimeData, grid: int | None, coloured: bool = False) -> tuple[Array, str]:
    """Return the pattern in dropped or pasted data and a name for it; raises `SpecError` where there is none."""
    if paths := files_in(data):
        return from_file(paths[0], grid, coloured), paths[0].name
    if data.hasImage():
        image = data.imageData()
        if isinstance(image, QPixmap):  # what another part of this program put there
            image = image.toImage()
        if isinstance(image, QImage) and not image.isNull():
            return from_image(image, grid, coloured), "picture"
    raise SpecError("there is neither an image nor a .npy file to take as a pattern")


def accepts(data: QMimeData) -> bool:
    """Return whether a drop is worth accepting: picture data, files, a folder (what they hold is judged when they are read)."""
    return data.hasImage() or bool(files_in(data))


def files_in(data: QMimeData) -> list[Path]:
    """Return the folder, the array or the images named in the data; a project or a checkpoint is for the window to open.

    Several images are a stack, of anything else the first one counts.
    """
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    images = [path for path in paths if path.suffix.lower() in SUFFIXES]
    others = [path for path in paths if path.suffix.lower() == ".npy" or path.is_dir()]
    return images if len(images) > 1 or (images and not others) else others[:1] or images


def to_image(values: Array) -> QImage:
    """Return a plane pattern as a picture of 16 bits a channel, one pixel a grid point, axis 1 up."""
    if values.ndim == 3:
        deep = np.full((len(values), len(values), 4), 65535, np.uint16)
        deep[..., :3] = np.swapaxes(np.asarray(values, np.float64), 0, 1)[::-1] * 65535 + 0.5
        height, width = deep.shape[:2]
        return QImage(deep.tobytes(), width, height, 8 * width, QImage.Format.Format_RGBA64).copy()
    rows = np.ascontiguousarray((np.asarray(values, np.float64).T[::-1] * 65535 + 0.5).astype(np.uint16))
    height, width = rows.shape
    return QImage(rows.tobytes(), width, height, 2 * width, QImage.Format.Format_Grayscale16).copy()


def _colours(image: QImage) -> Array:
    """Return an image as colours (rows, columns, 3) in [0, 1], float64, 16 bits deep; transparency lies on white."""
    image = on_white(image).convertToFormat(QImage.Format.Format_RGBA64)
    rows = np.frombuffer(image.constBits(), np.uint16).reshape(image.height(), image.bytesPerLine() // 8, 4)
    return rows[:, : image.width(), :3].astype(np.float64) / 65535.0


def as_pattern(values: Array) -> Array:
    """Return values as a read-only float32 pattern in [0, 1]."""
    return freeze(np.clip(values, 0.0, 1.0).astype(np.float32))
