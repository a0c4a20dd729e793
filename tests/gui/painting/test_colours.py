"""Painting in colour, without a window: what gestures, fills and filters do to three channels, and the field of hues."""

import colorsys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage

from lsviewer.core.spec import SpecError
from lsviewer.gui.painting import filters, importers
from lsviewer.gui.painting.colours import SWATCHES, field_pixels, of_field, on_field
from lsviewer.gui.painting.flood import flood
from lsviewer.gui.painting.formula_dialog import formula_colours
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.tools import Tool, begin

INK = Ink(size=5, softness=0, colour=(0.8, 0.2, 0.4), opacity=0.5)
GREY = np.full((17, 17, 3), 0.5, np.float32)


def test_a_stroke_mixes_its_colour_into_every_channel() -> None:
    gesture = begin(Tool.BRUSH, GREY, INK, (4, 4))
    assert gesture is not None
    gesture.extend((4, 4))
    gesture.extend((12, 4))
    assert np.allclose(gesture.values[8, 4], (0.65, 0.35, 0.45))  # half way from the grey
    assert np.array_equal(gesture.values[8, 12], (0.5, 0.5, 0.5))
    eraser = begin(Tool.ERASER, GREY, INK, (4, 4))
    assert eraser is not None
    eraser.extend((4, 4))
    assert np.allclose(eraser.values[4, 4], 0.25)
    assert begin(Tool.PICK, GREY, INK, (4, 4)) is None


@pytest.mark.parametrize("tool", [tool for tool in Tool if tool not in (Tool.ERASER, Tool.PICK, Tool.TEXT, Tool.FILL)])
def test_in_colour_every_tool_covers_what_it_covers_in_greys(tool: Tool) -> None:
    ink = Ink(size=3, colour=(1.0, 0.0, 0.5), value=1.0)
    found = []
    for base in (np.zeros((17, 17), np.float32), np.zeros((17, 17, 3), np.float32)):
        gesture = begin(tool, base, ink, (3, 3))
        assert gesture is not None
        for at in ((3.0, 3.0), (12.0, 5.0), (11.0, 13.0)):
            add = getattr(gesture, "add", gesture.extend)
            add(at)
        found.append(gesture.values)
    assert found[0].any()
    assert np.allclose(found[1][..., 0], found[0]) and not found[1][..., 1].any()


def test_a_fill_stops_where_a_single_channel_changes() -> None:
    values = np.zeros((6, 6, 3), np.float32)
    values[3:, :, 2] = 1.0
    assert flood(values, (0, 0), 0.1).sum() == 18
    values[:, :, 0] += np.linspace(0, 0.05, 6, dtype=np.float32)[:, None]
    assert flood(values, (5, 0), 0.1).sum() == 18 and flood(values, (5, 0), 1.0).sum() == 36


def test_filters_treat_the_channels_alike() -> None:
    colours = np.random.default_rng(0).random((9, 9, 3)).astype(np.float32)
    for change in (filters.blur, filters.sharpen, filters.rotate_left, filters.flip_vertical, filters.invert):
        changed = change(colours)
        assert changed.shape == (9, 9, 3)
        for k in range(3):
            assert np.allclose(changed[..., k], change(colours[..., k]), atol=1e-6)
    assert np.array_equal(filters.fill(colours, (1.0, 0.0, 0.25))[3, 3], (1.0, 0.0, 0.25))


def test_the_field_shows_the_colours_that_a_click_takes() -> None:
    for saturation in (1.0, 0.4):
        pixels = field_pixels(61, 31, saturation)
        for x, y in ((0, 0), (17, 9), (30, 15), (44, 3), (60, 22)):
            row = 30 - y
            wanted = colorsys.hls_to_rgb(x / 60, y / 30, saturation)
            assert np.allclose(pixels[row, x, :3] / 255, wanted, atol=1 / 255)
            assert np.allclose(of_field(x / 60, y / 30, saturation), wanted)
    hue, lightness, saturation = on_field(of_field(0.3, 0.6, 0.7))
    assert (hue, lightness, saturation) == pytest.approx((0.3, 0.6, 0.7))
    assert len({colour for _, colour in SWATCHES}) == 10


def test_formulas_of_channels_and_one_for_greys() -> None:
    values = formula_colours(("a", "1 - a", "b"), False, 5)
    assert (
        values.shape == (5, 5, 3)
        and np.allclose(values[4, 0], (1, 0, 0))
        and np.allclose(values[1, 4], (0.25, 0.75, 1))
    )
    greys = formula_colours(("a*b", "", ""), False, 5)
    assert np.array_equal(greys[..., 0], greys[..., 2]) and greys[4, 4, 1] == 1.0
    with pytest.raises(SpecError, match="uses c: a picture has two axes"):
        formula_colours(("a", "c", ""), False, 5)


def test_images_and_arrays_come_in_colour_and_go_out_again(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[0, 7] = (255, 128, 0)  # top right
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    values = importers.from_file(tmp_path / "picture.png", 8, coloured=True)
    assert values.dtype == np.float32 and np.allclose(values[7, 7], (1.0, 128 / 255, 0.0)) and not values[0].any()
    np.save(tmp_path / "array.npy", np.random.default_rng(0).random((9, 9, 3)))
    assert np.array_equal(importers.from_file(tmp_path / "array.npy", 8, coloured=True),
                          np.load(tmp_path / "array.npy").astype(np.float32))  # fmt: skip
    image = importers.to_image(values)
    assert (image.width(), image.pixelColor(7, 0).red(), image.pixelColor(7, 0).blue()) == (8, 255, 0)
    back = importers.from_image(image.convertToFormat(QImage.Format.Format_RGB32), 8, coloured=True)
    assert np.allclose(back, values, atol=1 / 255)
