"""Where a pattern in colour comes from: a painting kept in the project, an image, an array, a pattern for each channel, or greys
coloured by a gradient.

A colour pattern is an array (G, G, 3) in [0, 1]: a pattern in ij order, axis 1 to the right and axis 2 up, of red, green, blue.
"""

from pathlib import Path as FilePath
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from lsviewer.core.array_files import read_numbers
from lsviewer.core.arrays import Array, freeze
from lsviewer.core.files import Files
from lsviewer.core.images import read_colour_image, to_square
from lsviewer.core.pattern import DEFAULT_GRID, BuiltinPattern, PatternSource, is_colour
from lsviewer.core.resampling import resample
from lsviewer.core.spec import Path, Spec, SpecError

CHANNELS = ("red", "green", "blue")
MOST = 512  # points an axis taken from an image by default
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", json_schema_extra={"format": "colour"})]
"""A colour as ``#rrggbb``."""


class _Colours(Spec):
    def values(self, files: Files, grid: int | None = None) -> Array:
        """Return the colours, read-only float64 (grid, grid, 3) in [0, 1] (None: its own size). Raises `SpecError`."""
        raise NotImplementedError


class DrawnColours(_Colours):
    """A painting kept in the project under its name; a drawing in greys is a picture too."""

    kind: Literal["drawn"] = "drawn"
    name: str = Field("painting", title="Painting", min_length=1, max_length=80)

    def values(self, files: Files, grid: int | None = None) -> Array:
        if self.name not in files.patterns:
            raise SpecError(f"field 'picture.name': the project has no pattern {self.name!r}")
        found = np.asarray(files.patterns[self.name], np.float64)
        if not is_colour(found) and found.ndim != 2:
            raise SpecError(f"field 'picture.name': {self.name!r} has {found.ndim} axes, a picture has two")
        return freeze(resample_colours(in_colour(found), grid))


class ImageColours(_Colours):
    """A picture file (PNG, JPEG, ...) in colour; its middle square."""

    kind: Literal["image"] = "image"
    path: Path = Field(title="Image", description="PNG, JPEG, BMP, GIF, TIFF or WebP.")

    def values(self, files: Files, grid: int | None = None) -> Array:
        return freeze(image_colours(files.resolve(self.path, "picture.path"), grid))


class ArrayColours(_Colours):
    """A ``.npy`` file with values in [0, 1]: n x n x 3 in ij order, or n x n greys."""

    kind: Literal["array"] = "array"
    path: Path = Field(title="Array", description="A .npy file, values in [0, 1], n x n x 3 in ij order.")

    def values(self, files: Files, grid: int | None = None) -> Array:
        return freeze(resample_colours(read_colour_array(files.resolve(self.path, "picture.path")), grid))


class ChannelColours(_Colours):
    """A pattern of its own for red, green and blue."""

    kind: Literal["channels"] = "channels"
    red: PatternSource = Field(BuiltinPattern(name="galaxy"), title="Red")
    green: PatternSource = Field(BuiltinPattern(name="mountains"), title="Green")
    blue: PatternSource = Field(BuiltinPattern(name="ripples"), title="Blue")

    def values(self, files: Files, grid: int | None = None) -> Array:
        found = [_flat(getattr(self, name), files, grid, name) for name in CHANNELS]
        size = max(len(each) for each in found)
        return freeze(np.stack([resample(each, size) for each in found], axis=-1))


class GradientColours(_Colours):
    """A pattern of greys, coloured by a gradient of three colours."""

    kind: Literal["gradient"] = "gradient"
    pattern: PatternSource = Field(BuiltinPattern(name="galaxy"), title="Greys")
    dark: Colour = Field("#0b1033", title="Dark")
    middle: Colour = Field("#c2357e", title="Middle")
    light: Colour = Field("#fff1b8", title="Light")

    def values(self, files: Files, grid: int | None = None) -> Array:
        greys = _flat(self.pattern, files, grid, "pattern")
        stops = np.array([_channels(colour) for colour in (self.dark, self.middle, self.light)])
        return freeze(np.stack([np.interp(greys, (0.0, 0.5, 1.0), stops[:, k]) for k in range(3)], axis=-1))


ColourSource = Annotated[
    DrawnColours | ImageColours | ArrayColours | ChannelColours | GradientColours, Field(discriminator="kind")
]


def to_pixels(colours: Array) -> Array:
    """Return (G, G, 3) in ij order as the pixels of a picture (rows, columns, 3), row 0 at the top."""
    return np.ascontiguousarray(np.swapaxes(colours, 0, 1)[::-1])


def in_colour(values: Array) -> Array:
    """Return a plane pattern as colours (n, n, 3): greys have three equal channels."""
    return values if is_colour(values) else np.repeat(values[:, :, None], 3, axis=2)


def resample_colours(colours: Array, grid: int | None) -> Array:
    """Return colours with ``grid`` points an axis; None leaves them as they are."""
    if grid is None or len(colours) == grid:
        return colours
    return np.stack([resample(colours[:, :, k], grid) for k in range(3)], axis=-1)


def image_colours(path: FilePath, grid: int | None) -> Array:
    """Return the middle square of an image file as colours (n, n, 3); raises `SpecError`."""
    pixels = read_colour_image(path)
    square = np.stack([to_square(pixels[:, :, k]) for k in range(3)], axis=-1)
    return resample_colours(square, grid or min(len(square), MOST))


def read_colour_array(path: FilePath) -> Array:
    """Return a ``.npy`` file as colours (n, n, 3), greys with three equal channels; raises `SpecError`."""
    values = read_numbers(path)
    if not is_colour(values) and (values.ndim != 2 or values.shape[0] != values.shape[1] or len(values) < 2):
        raise SpecError(f"array {path.name!r} has shape {values.shape}; n x n x 3 colours or n x n greys are expected")
    return in_colour(values)


def _flat(source: PatternSource, files: Files, grid: int | None, name: str) -> Array:
    values = source.values(files, grid or DEFAULT_GRID)
    if values.ndim != 2:
        raise SpecError(f"field 'picture.{name}' has {values.ndim} axes, a picture has two")
    return values


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
