"""Colours to paint with: ten swatches, and hue, saturation and lightness as a picker shows them. Pure."""

import colorsys

import numpy as np

from lsviewer.core.arrays import Array

Colour = tuple[float, float, float]  # red, green, blue in [0, 1]

BLACK: Colour = (0.0, 0.0, 0.0)
SWATCHES: tuple[tuple[str, Colour], ...] = (  # in the order of the digits that choose them: 0 is black, 9 is white
    ("Black", BLACK),
    ("Red", (0.86, 0.20, 0.18)),
    ("Orange", (0.95, 0.55, 0.15)),
    ("Yellow", (0.98, 0.85, 0.30)),
    ("Green", (0.35, 0.69, 0.30)),
    ("Turquoise", (0.15, 0.66, 0.68)),
    ("Blue", (0.20, 0.40, 0.85)),
    ("Violet", (0.55, 0.32, 0.75)),
    ("Pink", (0.93, 0.55, 0.70)),
    ("White", (1.0, 1.0, 1.0)),
)


def to_hex(colour: Colour) -> str:
    """Return ``#rrggbb``."""
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in colour)


def of_field(x: float, y: float, saturation: float = 1.0) -> Colour:
    """Return the colour at a place of the field: hue along x, lightness along y, both in [0, 1], y = 1 is white."""
    return colorsys.hls_to_rgb(min(max(x, 0.0), 1.0) % 1.0, min(max(y, 0.0), 1.0), saturation)


def on_field(colour: Colour) -> tuple[float, float, float]:
    """Return hue, lightness and saturation of a colour, each in [0, 1]; a grey has hue and saturation 0."""
    return colorsys.rgb_to_hls(*colour)


def field_pixels(width: int, height: int, saturation: float = 1.0) -> Array:
    """Return the field as bytes (height, width, 4), row 0 at the top, where it is white."""
    hue = np.arange(width) / max(1, width - 1)
    lightness = 1.0 - np.arange(height) / max(1, height - 1)
    ramp = np.stack([np.abs(hue * 6 - 3) - 1, 2 - np.abs(hue * 6 - 2), 2 - np.abs(hue * 6 - 4)], axis=-1)
    chroma = saturation * (1.0 - np.abs(2.0 * lightness - 1.0))
    rgb = lightness[:, None, None] + chroma[:, None, None] * (np.clip(ramp, 0.0, 1.0)[None] - 0.5)
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[..., :3] = (np.clip(rgb, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    return pixels
