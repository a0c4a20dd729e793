"""Where a pattern in colour comes from: an image, one pattern a channel, or a pattern of greys coloured by a gradient.

A colour pattern is an array (3, G, G) in [0, 1]: red, green and blue, each a pattern in ij order, axis 1 to the right and
axis 2 up.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from lsviewer.core.arrays import Array, freeze
from lsviewer.core.files import Files
from lsviewer.core.pattern import (
    DEFAULT_GRID,
    BuiltinPattern,
    PatternSource,
    read_colour_image,
    resample,
    to_square,
)
from lsviewer.core.spec import Path, Spec, SpecError

CHANNELS = ("red", "green", "blue")
MOST = 512  # points an axis taken from an image by default
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", json_schema_extra={"format": "colour"})]
"""A colour as ``#rrggbb``."""


class _Colours(Spec):
    def values(self, files: Files, grid: int | None = None) -> Array:
        """Return the colours, read-only float64 (3, grid, grid) in [0, 1] (None: its own size). Raises `SpecError`."""
        raise NotImplementedError


class ImageColours(_Colours):
    """A picture file (PNG, JPEG, ...) in colour; its middle square."""

    kind: Literal["image"] = "image"
    path: Path = Field(title="Image", description="PNG, JPEG, BMP, GIF, TIFF or WebP.")

    def values(self, files: Files, grid: int | None = None) -> Array:
        pixels = read_colour_image(files.resolve(self.path, "picture.path"))
        channels = [to_square(pixels[:, :, k]) for k in range(3)]
        return freeze(np.stack([resample(each, grid or min(len(each), MOST)) for each in channels]))


class ChannelColours(_Colours):
    """A pattern of its own for red, green and blue."""

    kind: Literal["channels"] = "channels"
    red: PatternSource = Field(BuiltinPattern(name="galaxy"), title="Red")
    green: PatternSource = Field(BuiltinPattern(name="mountains"), title="Green")
    blue: PatternSource = Field(BuiltinPattern(name="ripples"), title="Blue")

    def values(self, files: Files, grid: int | None = None) -> Array:
        found = [_flat(getattr(self, name), files, grid, name) for name in CHANNELS]
        size = max(len(each) for each in found)
        return freeze(np.stack([resample(each, size) for each in found]))


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
        return freeze(np.stack([np.interp(greys, (0.0, 0.5, 1.0), stops[:, k]) for k in range(3)]))


ColourSource = Annotated[ImageColours | ChannelColours | GradientColours, Field(discriminator="kind")]


def to_pixels(channels: Array) -> Array:
    """Return (3, G, G) in ij order as a picture (rows, columns, 3), row 0 at the top, clipped to [0, 1]."""
    return np.clip(np.stack([channel.T[::-1] for channel in channels], axis=-1), 0.0, 1.0)


def _flat(source: PatternSource, files: Files, grid: int | None, name: str) -> Array:
    values = source.values(files, grid or DEFAULT_GRID)
    if values.ndim != 2:
        raise SpecError(f"field 'picture.{name}' has {values.ndim} axes, a picture has two")
    return values


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
