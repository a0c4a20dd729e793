"""Patterns: the orientation of images, and every bad file as one sentence."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lsviewer.core.files import Files
from lsviewer.core.images import MAX_SIDE, read_image, to_square
from lsviewer.core.pattern import (
    ArrayPattern,
    BuiltinPattern,
    DrawnPattern,
    FormulaPattern,
    ImagePattern,
    builtin_names,
    middle_slice,
)
from lsviewer.core.resampling import resample
from lsviewer.core.spec import SpecError, parse


def image_of(folder: Path, pixels: np.ndarray, name: str = "p.png") -> Path:
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def array_of(folder: Path, values: np.ndarray, name: str = "t.npy", **options: bool) -> ArrayPattern:
    np.save(folder / name, values, **options)
    return ArrayPattern(path=name)


def complaint(pattern: ImagePattern | ArrayPattern | FormulaPattern | DrawnPattern, folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        pattern.values(Files(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- orientation ---------------------------------------------------------------------------------------------------------


def test_axis_1_runs_right_and_axis_2_runs_up(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4), np.uint8)
    pixels[0, 3] = 255  # top right
    pixels[3, 1] = 51  # bottom row, second from the left
    image_of(tmp_path, pixels)
    values = ImagePattern(path="p.png").values(Files(tmp_path))
    assert values[3, 3] == 1.0  # alpha_1 = 1, alpha_2 = 1
    assert values[1, 0] == pytest.approx(0.2)
    assert values.sum() == pytest.approx(1.2)


def test_a_wide_image_is_cut_to_its_middle() -> None:
    image = np.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(to_square(image), [[8.0, 2.0], [9.0, 3.0]])


def test_a_photo_lying_on_its_side_is_put_upright(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4), np.uint8)
    pixels[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    Image.fromarray(pixels).save(tmp_path / "p.png", exif=exif)
    assert np.argwhere(read_image(tmp_path / "p.png") == 1).tolist() == [[0, 3]]


def test_invert_exchanges_black_and_white(tmp_path: Path) -> None:
    image_of(tmp_path, np.array([[0, 255], [255, 255]], np.uint8))
    plain = ImagePattern(path="p.png").values(Files(tmp_path))
    np.testing.assert_array_equal(ImagePattern(path="p.png", invert=True).values(Files(tmp_path)), 1 - plain)


def test_a_clear_background_is_white(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((3, 3, 4), np.uint8)).save(tmp_path / "p.png")
    assert (read_image(tmp_path / "p.png") == 1).all()


def test_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    image_of(tmp_path, np.array([[0, 65535], [32768, 1]], np.uint16))
    np.testing.assert_allclose(read_image(tmp_path / "p.png"), np.array([[0, 65535], [32768, 1]]) / 65535)


# --- images that are refused ---------------------------------------------------------------------------------------------


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    assert (
        complaint(ImagePattern(path="none.png"), tmp_path) == f"field 'pattern.path': no file 'none.png' in {tmp_path}"
    )


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.png").write_bytes(content)
    assert complaint(ImagePattern(path="p.png"), tmp_path) == "file 'p.png' is not an image that can be read"


def test_an_image_cut_short_is_named(tmp_path: Path) -> None:
    whole = image_of(tmp_path, np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8))
    whole.write_bytes(whole.read_bytes()[:1000])
    assert complaint(ImagePattern(path="p.png"), tmp_path) == "file 'p.png' is not an image that can be read"


def test_one_pixel_is_no_pattern(tmp_path: Path) -> None:
    image_of(tmp_path, np.zeros((1, 1), np.uint8))
    assert "has 1 x 1 pixels; between 2 x 2 and" in complaint(ImagePattern(path="p.png"), tmp_path)


def flat_png(width: int, height: int) -> bytes:
    """Return a black PNG of one bit a pixel: 20000 x 20000 are 50 MB of zeros, packed into 50 KB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_an_image_of_400_million_pixels_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(flat_png(20000, 20000))
    assert f"at most {MAX_SIDE} x {MAX_SIDE} are read" in complaint(ImagePattern(path="p.png"), tmp_path)


def test_an_image_between_the_limits_is_refused_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(flat_png(12000, 10000))  # Pillow warns here, but does not refuse
    assert "has 12000 x 10000 pixels" in complaint(ImagePattern(path="p.png"), tmp_path)


# --- arrays --------------------------------------------------------------------------------------------------------------


def test_an_array_keeps_its_axes(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((5, 5))
    np.testing.assert_array_equal(array_of(tmp_path, values).values(Files(tmp_path)), values)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.array([[0, np.nan], [np.inf, 1]]), "has 2 values that are not finite"),
        (np.array([[0, 2.5], [0, 1]]), "has values from 0 to 2.5; a pattern lies in [0, 1]"),
        (np.array([[-0.1, 1], [0, 1]]), "has values from -0.1 to 1; a pattern lies in [0, 1]"),
        (np.zeros((3, 4)), "has shape (3, 4); all axes must have the same length"),
        (np.zeros((1, 1)), "has shape (1, 1); one, two or three axes of at least 2 points"),
        (np.zeros((2, 2, 2, 2)), "has shape (2, 2, 2, 2)"),
        (np.zeros(()), "has shape ()"),
        (np.zeros((0, 0)), "has shape (0, 0)"),
        (np.zeros((2, 2), complex), "must hold one array of real numbers"),
        (np.full((2, 2), "x"), "must hold one array of real numbers"),
    ],
)  # fmt: skip
def test_an_array_that_is_no_pattern_says_why(tmp_path: Path, values: np.ndarray, why: str) -> None:
    said = complaint(array_of(tmp_path, values), tmp_path)
    assert said.startswith("array 't.npy'")
    assert why in said


def test_a_pickled_array_is_never_loaded(tmp_path: Path) -> None:
    pattern = array_of(tmp_path, np.array([[0, None]], object), allow_pickle=True)
    assert complaint(pattern, tmp_path) == "array 't.npy' holds Python objects, which are never loaded"
    (tmp_path / "t.npy").write_bytes(b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x01.")  # a bare pickle
    assert "never loaded" in complaint(pattern, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_array_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.npy").write_bytes(content)
    assert complaint(ArrayPattern(path="t.npy"), tmp_path).startswith("array 't.npy' is ")


def test_a_header_that_declares_more_than_there_is_takes_no_memory(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (1 << 20, 1 << 20)})
    (tmp_path / "t.npy").write_bytes(stream.getvalue())
    assert complaint(ArrayPattern(path="t.npy"), tmp_path).startswith("array 't.npy' ")


# --- formulas, built-in, drawn -------------------------------------------------------------------------------------------


def test_a_formula_is_sampled_on_the_corners_in_ij_order() -> None:
    values = FormulaPattern(expression="0.75*a + 0.25*b").values(Files(), 3)
    assert (values[2, 0], values[0, 2], values[1, 1]) == (0.75, 0.25, 0.5)


def test_a_bad_formula_is_refused_with_its_recipe() -> None:
    with pytest.raises(SpecError, match=r"r.json: field 'expression' is 'os': formula: unknown name 'os'"):
        parse(FormulaPattern, {"kind": "formula", "expression": "os"}, "r.json")


def test_a_formula_outside_the_range_is_refused_or_fitted(tmp_path: Path) -> None:
    assert "has values from -3 to 3" in complaint(FormulaPattern(expression="6*a - 3"), tmp_path)
    assert np.ptp(FormulaPattern(expression="6*a - 3", range="fit").values(Files(), 5)) == 1.0
    assert "not finite at 1 of 128 grid points" in complaint(FormulaPattern(expression="1/a"), tmp_path)


def test_fewer_axes_than_the_formula_names_are_refused(tmp_path: Path) -> None:
    assert "the formula uses 2 axes" in complaint(FormulaPattern(expression="a*b", dimensions=1), tmp_path)


@pytest.mark.parametrize("name", builtin_names())
def test_every_built_in_pattern_is_a_pattern(name: str) -> None:
    values = BuiltinPattern(name=name).values(Files(), 64)
    assert set(values.shape) == {64}
    assert values.min() >= 0 and values.max() <= 1 and np.ptp(values) > 0.3
    assert not values.flags.writeable


def test_an_unknown_built_in_pattern_lists_what_there_is() -> None:
    with pytest.raises(SpecError, match=r"field 'name' is 'dog': no such built-in pattern; there are .*cat"):
        parse(BuiltinPattern, {"kind": "builtin", "name": "dog"})


def test_a_drawing_that_is_not_in_the_project_is_named(tmp_path: Path) -> None:
    assert complaint(DrawnPattern(name="mine"), tmp_path) == "field 'pattern.name': the project has no pattern 'mine'"


# --- resampling ----------------------------------------------------------------------------------------------------------


def test_resampling_keeps_a_plane_and_the_corners() -> None:
    a, b = np.meshgrid(np.linspace(0, 1, 33), np.linspace(0, 1, 33), indexing="ij")
    plane = 0.7 * a + 0.3 * b
    fine = resample(plane, 65)
    x, y = np.meshgrid(np.linspace(0, 1, 65), np.linspace(0, 1, 65), indexing="ij")
    np.testing.assert_allclose(fine, 0.7 * x + 0.3 * y, atol=1e-12)
    assert resample(plane, None) is plane
    assert resample(plane, 33) is plane


def test_shrinking_keeps_the_mean_of_fine_stripes() -> None:
    stripes = np.tile(np.arange(512)[:, None] % 2, (1, 512)).astype(float)
    assert np.abs(resample(stripes, 64)[2:-2] - 0.5).max() < 0.02  # no moiré: point sampling would give 0 or 1


def test_text_extruded_is_the_picture_in_the_middle_and_nothing_at_the_ends() -> None:
    volume = BuiltinPattern(name="extruded").values(Files(), 33)
    np.testing.assert_allclose(volume[:, 16, :], BuiltinPattern(name="text").values(Files(), 33), atol=1e-12)
    assert volume[:, 0, :].max() == 0.0 and volume[:, -1, :].max() == 0.0
    np.testing.assert_array_equal(middle_slice(volume), volume[:, 16, :])


def test_a_float_image_with_holes_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, np.nan], [1, 1]], np.float32)).save(tmp_path / "p.tif")
    assert complaint(ImagePattern(path="p.tif"), tmp_path) == "image 'p.tif' has 1 pixels that are not finite"
