"""Volumes from stacks of images: their order and orientation, and every bad stack as one sentence."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lsviewer.core import images
from lsviewer.core.files import Files
from lsviewer.core.images import MAX_SLICES, is_stack, natural_key, read_stack
from lsviewer.core.pattern import StackPattern
from lsviewer.core.spec import SpecError


def volume(side: int = 4, slices: int = 4) -> np.ndarray:
    """Grey levels (slices, rows, columns), all different."""
    return np.random.default_rng(0).integers(0, 256, (slices, side, side)).astype(np.uint8)


def folder_of(folder: Path, pages: np.ndarray, name: str = "slice-{}.png") -> Path:
    for k, page in enumerate(pages):
        Image.fromarray(page).save(folder / name.format(k + 1))
    return folder


def pages_of(path: Path, pages: np.ndarray) -> Path:
    first, *others = [Image.fromarray(page) for page in pages]
    first.save(path, save_all=True, append_images=others)
    return path


def complaint(path: str | Path, folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        StackPattern(path=str(path)).values(Files(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def as_pattern(pages: np.ndarray) -> np.ndarray:
    """The oracle, an entry at a time: column to the right, rows from below, slices along axis 3."""
    slices, rows, columns = pages.shape
    found = np.empty((columns, rows, slices))
    for k in range(slices):
        for row in range(rows):
            for column in range(columns):
                found[column, rows - 1 - row, k] = pages[k, row, column] / 255
    return found


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    pages = volume(12, 12)  # slice-10 stands before slice-2 in the alphabet
    folder_of(tmp_path, pages)
    (tmp_path / "notes.txt").write_text("not an image")
    values = StackPattern(path=".").values(Files(tmp_path), 12)
    np.testing.assert_allclose(values, as_pattern(pages), atol=1e-12)
    np.testing.assert_allclose(StackPattern(path=".", invert=True).values(Files(tmp_path), 12), 1 - values)


@pytest.mark.parametrize("name", ["stack.tif", "stack.webp"])
def test_a_file_with_pages_is_a_stack(tmp_path: Path, name: str) -> None:
    pages = np.repeat(np.linspace(0, 255, 6).astype(np.uint8)[:, None, None], 6, 1).repeat(6, 2)
    pages_of(tmp_path / name, pages)
    values = StackPattern(path=name).values(Files(tmp_path), 6)
    np.testing.assert_allclose(values, as_pattern(pages), atol=2 / 255)  # WebP is not quite lossless


def test_the_frames_of_a_gif_are_whole_pictures(tmp_path: Path) -> None:
    """A GIF stores what changes from frame to frame; a slice is what is seen."""
    pages = np.zeros((4, 4, 4), np.uint8)
    for k in range(4):
        pages[k, 0, k] = 255
    pages[:, 3, 3] = 255  # never changes
    pages_of(tmp_path / "a.gif", pages)
    np.testing.assert_allclose(StackPattern(path="a.gif").values(Files(tmp_path), 4), as_pattern(pages), atol=2 / 255)


def test_wide_slices_are_cut_to_their_middle_and_brought_to_the_grid(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 5).astype(np.uint8)
    pages = np.repeat(ramp[:, None, None], 9, 1).repeat(21, 2)
    folder_of(tmp_path, pages)
    values = StackPattern(path=str(tmp_path)).values(Files(), 9)
    assert values.shape == (9, 9, 9)
    np.testing.assert_allclose(values[3, 5, ::2], ramp / 255, atol=1e-12)
    assert StackPattern(path=str(tmp_path)).values(Files()).shape == (32, 32, 32)


def test_deep_slices_share_one_white(tmp_path: Path) -> None:
    """A dark 16-bit slice beside a bright one stays dark."""
    pages = np.stack([np.full((4, 4), 200, np.uint16), np.full((4, 4), 65535, np.uint16)])
    for k, page in enumerate(pages):
        Image.fromarray(page).save(tmp_path / f"{k}.png")
    values = StackPattern(path=str(tmp_path)).values(Files(), 4)
    assert values[0, 0, 0] == pytest.approx(200 / 65535) and values[0, 0, -1] == 1.0


def test_slices_of_different_sizes_are_named(tmp_path: Path) -> None:
    folder_of(tmp_path, volume())
    Image.fromarray(np.zeros((4, 5), np.uint8)).save(tmp_path / "slice-3.png")
    assert "slice-1.png has 4 x 4 pixels, slice-3.png has 5 x 4; all must have the same size" in complaint(
        ".", tmp_path
    )


def test_one_slice_or_none_is_no_volume(tmp_path: Path) -> None:
    assert "has no images" in complaint(".", tmp_path)
    folder_of(tmp_path, volume(slices=1))
    assert "has 1 slice; between 2 and" in complaint(".", tmp_path)
    assert "image 'slice-1.png' has 1 slice;" in complaint("slice-1.png", tmp_path)
    assert complaint("gone", tmp_path) == f"field 'pattern.path': no file or folder 'gone' in {tmp_path}"


def test_a_slice_cut_short_is_named(tmp_path: Path) -> None:
    folder_of(tmp_path, volume(64))
    whole = (tmp_path / "slice-3.png").read_bytes()
    (tmp_path / "slice-3.png").write_bytes(whole[: len(whole) // 2])
    assert complaint(".", tmp_path) == "file 'slice-3.png' is not an image that can be read"


def test_too_many_slices_and_too_many_pixels_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, volume(8, 4))

    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(images, "_greys", never)
    monkeypatch.setattr(images, "MAX_PIXELS", 200)
    assert "has 4 slices of 8 x 8 pixels" in complaint(".", tmp_path)
    monkeypatch.setattr(images, "MAX_SLICES", 3)
    assert "has 4 slices; between 2 and 3 make a volume" in complaint(".", tmp_path)
    assert MAX_SLICES > 1000


def test_images_can_be_named_one_by_one(tmp_path: Path) -> None:
    pages = volume(5, 5)
    folder_of(tmp_path, pages)
    chosen = [tmp_path / f"slice-{k}.png" for k in (5, 1)]
    values = read_stack(chosen, 5)
    np.testing.assert_allclose(values[:, :, 0], as_pattern(pages)[:, :, 4], atol=1e-12)
    np.testing.assert_allclose(values[:, :, 4], as_pattern(pages)[:, :, 0], atol=1e-12)


def test_what_is_a_stack_is_told_without_reading_it(tmp_path: Path) -> None:
    assert not is_stack(tmp_path)
    folder_of(tmp_path, volume())
    pages_of(tmp_path / "a.tif", volume())
    (tmp_path / "b.png").write_bytes(b"no image")
    assert is_stack(tmp_path) and is_stack(tmp_path / "a.tif")
    assert not is_stack(tmp_path / "slice-1.png") and not is_stack(tmp_path / "b.png")


def test_numbers_in_names_are_numbers() -> None:
    names = ["s10.png", "s9.png", "S1.png", "a2b3.png", "a2b20.png", "007.png", "1.png"]
    assert sorted(names, key=natural_key) == [
        "1.png",
        "007.png",
        "a2b3.png",
        "a2b20.png",
        "S1.png",
        "s9.png",
        "s10.png",
    ]
