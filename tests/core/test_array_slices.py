"""Arrays with more than three axes as patterns: which entries are taken, and what is said of unfit choices and sizes."""

import io
from pathlib import Path

import numpy as np
import pytest

from lsviewer.core import array_files
from lsviewer.core.array_files import array_shape, kept_axes
from lsviewer.core.files import Files
from lsviewer.core.pattern import ArrayPattern, BuiltinPattern, FormulaPattern
from lsviewer.core.resampling import memory
from lsviewer.core.spec import SpecError, parse

SHAPE = (3, 5, 5, 2, 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "t.npy", np.random.default_rng(0).random(SHAPE))
    return tmp_path


def complaint(folder: Path, grid: int | None = None, **fields: object) -> str:
    with pytest.raises(SpecError) as caught:
        ArrayPattern(path="t.npy", **fields).values(Files(folder), grid)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("fixed", [(2, None, None, 1, None), (2, None, 4, 1, 0), (0, None, None, 0, 3)])
def test_an_array_is_cut_where_it_is_fixed(folder: Path, fixed: tuple[int | None, ...]) -> None:
    array = np.load(folder / "t.npy")
    for axis in reversed(range(5)):  # an axis at a time, as a person would
        if fixed[axis] is not None:
            array = np.take(array, fixed[axis], axis=axis)
    pattern = ArrayPattern(path="t.npy", fixed=fixed)
    np.testing.assert_array_equal(pattern.values(Files(folder)), array)
    assert pattern.axes == array.ndim


def test_a_recipe_writes_null_for_an_axis_that_is_kept(folder: Path) -> None:
    recipe = {"kind": "array", "path": "t.npy", "fixed": [2, None, None, 1, None]}
    pattern = parse(ArrayPattern, recipe)
    assert pattern.model_dump(mode="json") == recipe
    assert pattern.values(Files(folder)).shape == (5, 5, 5)


def test_more_axes_without_a_choice_say_how_to_choose(folder: Path) -> None:
    said = complaint(folder)
    assert "has shape (3, 5, 5, 2, 5); a pattern has up to three axes" in said
    assert "for example [1, null, null, 1, null]" in said


@pytest.mark.parametrize(
    ("fixed", "why"),
    [
        ((0, None), "has 2 entries; array 't.npy' has 5 axes"),
        ((0, None, None, None, None), "keeps 4 axes"),
        ((0, 0, 0, 0, 0), "keeps 0 axes"),
        ((3, None, None, 1, None), "cuts axis 1 at 3; array 't.npy' has 3 points there, from 0"),
        ((-1, None, None, 1, None), "cuts axis 1 at -1"),
        ((None, None, None, 1, 0), "has shape (3, 5, 5); all axes must have the same length"),
    ],
)
def test_an_unfit_choice_says_why(folder: Path, fixed: tuple[int | None, ...], why: str) -> None:
    assert why in complaint(folder, fixed=fixed)


def test_the_shape_is_read_from_the_header(folder: Path) -> None:
    assert array_shape(folder / "t.npy") == SHAPE
    assert kept_axes(SHAPE) == (1, 2, 4)
    assert kept_axes((4, 5, 6, 7)) == (1, 2, 3)
    assert kept_axes((9, 9, 9, 9)) == (1, 2, 3)


def test_only_the_slice_is_read_of_an_array_larger_than_memory_allows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "MAX_POINTS", 200)  # the array has 750 entries, the slice 125
    assert ArrayPattern(path="t.npy", fixed=(0, None, None, 0, None)).values(Files(folder)).size == 125
    monkeypatch.setattr(array_files, "MAX_POINTS", 100)
    said = complaint(folder, fixed=(0, None, None, 0, None))
    assert said == "array 't.npy' has 125 values and would need 1.0 kB; at most 0.8 kB are read"


def test_a_header_that_promises_more_is_answered_with_both_numbers(tmp_path: Path) -> None:
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (512, 512, 512)}
    np.lib.format.write_array_header_1_0(stream, header)
    (tmp_path / "t.npy").write_bytes(stream.getvalue() + bytes(100))
    assert (
        complaint(tmp_path)
        == "array 't.npy' is cut short: its header says (512, 512, 512), 536870912 bytes, and 100 are there"
    )


@pytest.mark.parametrize("source", [FormulaPattern(expression="a*b*c"), BuiltinPattern(name="gyroid")])
def test_a_volume_that_does_not_fit_says_how_much_it_would_need(
    source: FormulaPattern | BuiltinPattern, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "linspace", None)  # nothing is made
    with pytest.raises(SpecError, match=r"512 x 512 x 512 points and need 1\.1 GB; at most 536\.9 MB are made"):
        source.values(Files(), 512)


def test_an_array_is_not_enlarged_beyond_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.zeros((4, 4, 4)))
    assert "512 x 512 x 512 points and need 1.1 GB" in complaint(tmp_path, 512)


def test_memory_in_words() -> None:
    assert [memory(n) for n in (1, 10**3, 10**6, 10**9, 10**12, 10**16)] == [
        "0.0 kB", "8.0 kB", "8.0 MB", "8.0 GB", "8.0 TB", "80000.0 TB",
    ]  # fmt: skip
