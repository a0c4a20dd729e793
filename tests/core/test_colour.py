"""Colours: channels and orientation of an image, gradients, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from lsviewer.core.colour import ChannelColours, GradientColours, ImageColours, to_pixels
from lsviewer.core.files import Files
from lsviewer.core.pattern import ArrayPattern, FormulaPattern, read_colour_image
from lsviewer.core.spec import SpecError


def saved(folder: Path, pixels: np.ndarray, name: str = "picture.png") -> Path:
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def test_an_image_keeps_its_colours_and_its_place(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0, 3] = (255, 0, 0)  # top right: alpha = (1, 1)
    pixels[3, 3] = (0, 51, 0)  # bottom right: alpha = (1, 0)
    saved(tmp_path, pixels)
    red, green, blue = ImageColours(path="picture.png").values(Files(tmp_path))
    assert red[3, 3] == 1.0 and red.sum() == 1.0
    assert green[3, 0] == pytest.approx(0.2) and green.sum() == pytest.approx(0.2)
    assert not blue.any()
    assert np.allclose(to_pixels(np.stack([red, green, blue])) * 255, pixels)


def test_wide_images_are_cropped_to_the_middle_and_resampled(tmp_path: Path) -> None:
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20, 2] = 255
    saved(tmp_path, pixels)
    values = ImageColours(path="picture.png").values(Files(tmp_path), 6)
    assert values.shape == (3, 6, 6) and np.allclose(values[2], 1.0) and not values[:2].any()
    assert not values.flags.writeable


def test_transparency_is_white_and_greys_have_three_equal_channels(tmp_path: Path) -> None:
    clear = np.zeros((3, 3, 4), np.uint8)
    assert np.allclose(read_colour_image(saved(tmp_path, clear)), 1.0)
    deep = np.full((3, 3), 32768, np.uint16)
    colours = read_colour_image(saved(tmp_path, deep, "deep.png"))
    assert colours.shape == (3, 3, 3) and np.allclose(colours, 32768 / 65535)


def test_a_gradient_passes_through_its_colours() -> None:
    ramp = FormulaPattern(expression="a", dimensions=2)
    values = GradientColours(pattern=ramp, dark="#000000", middle="#ff0000", light="#ffff80").values(Files(), 5)
    assert np.allclose(values[:, :, 0].T, [[0, 0, 0], [0.5, 0, 0], [1, 0, 0], [1, 0.5, 64 / 255], [1, 1, 128 / 255]])
    with pytest.raises(ValidationError, match="dark"):
        GradientColours(dark="blue")


def test_channels_take_the_size_of_the_largest(tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.eye(4))
    flat = FormulaPattern(expression="0.25", dimensions=2)
    values = ChannelColours(red=flat, green=ArrayPattern(path="small.npy"), blue=flat).values(Files(tmp_path), 9)
    assert values.shape == (3, 9, 9) and np.allclose(values[0], 0.25) and values[1, 8, 8] == 1.0


def test_bad_pictures_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    files = Files(tmp_path)
    with pytest.raises(SpecError, match="file 'text.png' is not an image that can be read"):
        ImageColours(path="text.png").values(files)
    with pytest.raises(SpecError, match="field 'picture.path': no file 'none.png'"):
        ImageColours(path="none.png").values(files)
    saved(tmp_path, np.zeros((1, 9, 3), np.uint8))
    with pytest.raises(SpecError, match="9 x 1 pixels; between 2 x 2 and"):
        ImageColours(path="picture.png").values(files)
    with pytest.raises(SpecError, match="field 'picture.green' has 1 axes, a picture has two"):
        ChannelColours(green=FormulaPattern(expression="a", dimensions=1)).values(files)
