"""Reading pictures: one image in greys or colours, or a stack of them as a volume. Sizes are looked at before pixels are decoded.

A stack is a folder of images, in the order of their names, or one file with several pages or frames (TIFF, GIF, WebP).
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from lsviewer.core.arrays import Array
from lsviewer.core.resampling import resample
from lsviewer.core.spec import SpecError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
MAX_SIDE = 8192  # pixels a side of an image that is read
MAX_SLICES = 2048  # images of a stack
MAX_PIXELS = 1 << 30  # of a whole stack: minutes of decoding
DEEP = ("I;16", "I;16B", "I", "F")  # modes Pillow would cut off at 255


def read_image(path: Path) -> Array:
    """Return an image file as grey levels in [0, 1], (rows, columns), row 0 at the top."""
    with _opened(path) as image:
        pixels, top = _greys(image, path)
    return _scaled(pixels, top)


def read_colour_image(path: Path) -> Array:
    """Return an image file as colours in [0, 1], (rows, columns, 3), row 0 at the top; greys have three equal channels."""
    with _opened(path) as image:
        if image.mode in DEEP:
            pixels, top = _greys(image, path)
            return np.repeat(_scaled(pixels, top)[:, :, None], 3, axis=2)
        return np.asarray(_on_white(_upright(image)).convert("RGB"), np.float64) / 255.0


def to_square(image: Array) -> Array:
    """Return an image (rows, columns) as a square pattern in ij order: centre crop, axis 1 right, axis 2 up."""
    rows, columns = image.shape
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side][::-1].T)


# --- stacks ------------------------------------------------------------------------------------------------------------------


def read_stack(source: Path | list[Path], grid: int) -> Array:
    """Return a stack as a volume (grid, grid, grid) in [0, 1]: its middle squares, the first at the lower end of axis 3.

    ``source`` is a folder, a file with several pages, or the images themselves. One slice is decoded at a time.
    """
    files = _images_in(source) if isinstance(source, Path) and source.is_dir() else source
    where = f"the stack of {len(files)} images" if isinstance(files, list) else f"image {files.name!r}"
    sizes = _sizes(files)
    if not 2 <= len(sizes) <= MAX_SLICES:
        raise SpecError(
            f"{where} has {len(sizes)} slice{'s'[: len(sizes) != 1]}; between 2 and {MAX_SLICES} make a volume"
        )
    name, (width, height) = sizes[0]
    for other, size in sizes[1:]:
        if size != (width, height):
            raise SpecError(
                f"{where}: {name} has {width} x {height} pixels, {other} has {size[0]} x {size[1]}; all must have the same size"
            )
    if width * height * len(sizes) > MAX_PIXELS:
        raise SpecError(
            f"{where} has {len(sizes)} slices of {width} x {height} pixels, {8 * width * height * len(sizes) / 1e9:.0f} GB "
            f"of numbers; at most {8 * MAX_PIXELS / 1e9:.0f} GB are read"
        )
    slices, tops = [], []
    for pixels, top in _pages(files):
        slices.append(resample(to_square(pixels), grid, clip=False))
        tops.append(top)
    return resample(_scaled(np.stack(slices, axis=2), max(tops)), grid)


def is_stack(path: Path) -> bool:
    """Return whether a path is a folder with images, or an image file with more than one page."""
    if path.is_dir():
        return any(child.suffix.lower() in SUFFIXES for child in path.iterdir())
    try:
        with _opened(path) as image:
            image.seek(1)
            return True
    except (EOFError, SpecError):
        return False


def _images_in(folder: Path) -> list[Path]:
    """Return the images of a folder in the order a person gives them: slice 2 before slice 10."""
    found = [child for child in folder.iterdir() if child.suffix.lower() in SUFFIXES and not child.name.startswith(".")]
    if not found:
        raise SpecError(f"folder {folder.name!r} has no images ({', '.join(SUFFIXES)})")
    return sorted(found, key=lambda path: natural_key(path.name))


def natural_key(name: str) -> list[tuple[int, str]]:
    """Return a key by which numbers in names are ordered as numbers."""
    return [(int(part), "") if part.isdigit() else (0, part.lower()) for part in re.split(r"(\d+)", name)]


def _sizes(files: Path | list[Path]) -> list[tuple[str, tuple[int, int]]]:
    """Return name and size of every slice from the headers alone; one more than are read at the most."""
    found = []
    if isinstance(files, list):
        for path in files[: MAX_SLICES + 1]:
            with _opened(path) as image:
                found.append((path.name, image.size))
        return found
    with _opened(files) as image:
        for page in range(MAX_SLICES + 1):
            try:
                image.seek(page)
            except EOFError:
                break
            found.append((f"page {page + 1}", image.size))
    return found


def _pages(files: Path | list[Path]) -> Iterator[tuple[Array, float]]:
    """Yield the greys of every slice, with the number that is white."""
    if isinstance(files, list):
        for path in files:
            with _opened(path) as image:
                yield _greys(image, path)
        return
    with _opened(files) as image:
        page = 0
        while True:
            try:
                image.seek(page)
            except EOFError:
                return
            yield _greys(image.copy(), files)
            page += 1


# --- one image ---------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image whose pixels are not read yet; what goes wrong with it becomes one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked here instead
            opened = Image.open(path)
        with opened as image:
            width, height = image.size
            if min(width, height) < 2 or max(width, height) > MAX_SIDE:
                raise SpecError(
                    f"image {path.name!r} has {width} x {height} pixels; between 2 x 2 and {MAX_SIDE} x {MAX_SIDE} are read"
                )
            yield image
    except Image.DecompressionBombError:
        raise SpecError(f"image {path.name!r} has too many pixels; at most {MAX_SIDE} x {MAX_SIDE} are read") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"file {path.name!r} is not an image that can be read") from None


def _greys(image: Image.Image, path: Path) -> tuple[Array, float]:
    """Return an image in numbers, (rows, columns), and the number that is white."""
    image = _upright(image)
    if image.mode not in DEEP:
        return np.asarray(_on_white(image).convert("L"), np.float64), 255.0
    pixels = np.asarray(image, np.float64)
    if not np.isfinite(pixels).all():
        raise SpecError(f"image {path.name!r} has {int((~np.isfinite(pixels)).sum())} pixels that are not finite")
    return pixels, 65535.0 if pixels.max() > 255 else 255.0 if pixels.max() > 1 else 1.0


def _scaled(pixels: Array, top: float) -> Array:
    return np.clip(pixels / top, 0.0, 1.0)


def _upright(image: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(image)  # photos lie on their side without it


def _on_white(image: Image.Image) -> Image.Image:
    if "A" in image.getbands() or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA"))
    return image
