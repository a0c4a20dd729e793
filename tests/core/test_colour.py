"""Colours: channels and orientation of an image, gradients, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from lsviewer.core.colour import ArrayColours, ChannelColours, DrawnColours, GradientColours, ImageColours, to_pixels
from lsviewer.core.files import Files
from lsviewer.core.images import read_colour_image
from lsviewer.core.pattern import ArrayPattern, DrawnPattern, FormulaPattern
from lsviewer.core.spec import SpecError


def saved(folder: Path, pixels: np.ndarray, name: str = "picture.png") -> Path:
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def test_an_image_keeps_its_colours_and_its_place(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0, 3] = (255, 0, 0)  # top right: alpha = (1, 1)
    pixels[3, 3] = (0, 51, 0)  # bottom right: alpha = (1, 0)
    saved(tmp_path, pixels)
    colours = ImageColours(path="picture.png").values(Files(tmp_path))
    red, green, blue = np.moveaxis(colours, -1, 0)
    assert red[3, 3] == 1.0 and red.sum() == 1.0
    assert green[3, 0] == pytest.approx(0.2) and green.sum() == pytest.approx(0.2)
    assert not blue.any()
    assert np.allclose(to_pixels(colours) * 255, pixels)


def test_wide_images_are_cropped_to_the_middle_and_resampled(tmp_path: Path) -> None:
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20, 2] = 255
    saved(tmp_path, pixels)
    values = ImageColours(path="picture.png").values(Files(tmp_path), 6)
    assert values.shape == (6, 6, 3) and np.allclose(values[..., 2], 1.0) and not values[..., :2].any()
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
    assert np.allclose(values[:, 0], [[0, 0, 0], [0.5, 0, 0], [1, 0, 0], [1, 0.5, 64 / 255], [1, 1, 128 / 255]])
    with pytest.raises(ValidationError, match="dark"):
        GradientColours(dark="blue")


def test_channels_take_the_size_of_the_largest(tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.eye(4))
    flat = FormulaPattern(expression="0.25", dimensions=2)
    values = ChannelColours(red=flat, green=ArrayPattern(path="small.npy"), blue=flat).values(Files(tmp_path), 9)
    assert values.shape == (9, 9, 3) and np.allclose(values[..., 0], 0.25) and values[8, 8, 1] == 1.0


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


def test_a_painting_is_found_by_its_name_and_greys_are_pictures_too() -> None:
    painting = np.random.default_rng(0).random((6, 6, 3)).astype(np.float32)
    files = Files(patterns={"painting": painting, "greys": painting[..., 1], "cube": np.zeros((4, 4, 4), np.float32)})
    assert np.array_equal(DrawnColours(name="painting").values(files), painting.astype(np.float64))
    finer = DrawnColours(name="painting").values(files, 11)
    assert finer.shape == (11, 11, 3) and np.allclose(finer[::2, ::2], painting)  # corners on corners
    assert np.array_equal(DrawnColours(name="greys").values(files)[..., 2], painting[..., 1])
    with pytest.raises(SpecError, match="field 'picture.name': 'cube' has 3 axes, a picture has two"):
        DrawnColours(name="cube").values(files)
    with pytest.raises(SpecError, match="field 'picture.name': the project has no pattern 'lost'"):
        DrawnColours(name="lost").values(files)
    with pytest.raises(SpecError, match="'painting' is a picture in colour; greys are expected here"):
        DrawnPattern(name="painting").values(files)


def test_an_array_of_colours_is_read_and_other_shapes_are_refused(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).random((5, 5, 3))
    for name, array in (("colours", colours), ("greys", colours[..., 0]), ("wide", np.zeros((4, 5, 3)))):
        np.save(tmp_path / f"{name}.npy", array)
    files = Files(tmp_path)
    assert np.array_equal(ArrayColours(path="colours.npy").values(files), colours)
    assert np.array_equal(ArrayColours(path="greys.npy").values(files)[..., 2], colours[..., 0])
    with pytest.raises(SpecError, match=r"shape \(4, 5, 3\); n x n x 3 colours or n x n greys are expected"):
        ArrayColours(path="wide.npy").values(files)
