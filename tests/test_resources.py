"""The shipped files are what their lists and notices say they are."""

import hashlib
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lsviewer.core import formula
from lsviewer.resources import path

GROUPS = ("Pictures", "Lettering", "Ornaments", "Functions")
FONTS = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Italic": 400}
MIB = 2**20


def listed(name: str) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads(path("patterns", name).read_text("utf-8"))
    return entries


def data(name: str) -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]:
    with np.load(path("data", name), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"patterns/nothing\.png"):
        path("patterns", "nothing.png")


def test_resources_stay_small() -> None:
    assert sum(file.stat().st_size for file in path().rglob("*") if file.is_file()) < 6 * MIB


def test_the_pattern_index_lists_exactly_the_pictures() -> None:
    names = [entry["name"] for entry in listed("index.json")]
    assert len(names) == len(set(names)) >= 16
    assert names[0] == "cat"
    assert {f"{name}.png" for name in names} == {file.name for file in path("patterns").glob("*.png")}


@pytest.mark.parametrize("file", ["index.json", "curves.json"])
def test_every_pattern_has_a_title_and_a_sentence(file: str) -> None:
    for entry in listed(file):
        assert entry["group"] in (*GROUPS, "Curves")
        assert entry["title"] and entry["title"][0].isupper()
        assert entry["description"].endswith(".") and len(entry["description"]) < 80


def test_groups_follow_each_other_in_gallery_order() -> None:
    found = [entry["group"] for entry in listed("index.json")]
    assert list(dict.fromkeys(found)) == list(GROUPS)
    assert found == sorted(found, key=GROUPS.index)


@pytest.mark.parametrize("name", [entry["name"] for entry in listed("index.json")])
def test_a_picture_is_256_points_square_and_uses_the_whole_range(name: str) -> None:
    with Image.open(path("patterns", f"{name}.png")) as image:
        assert image.size == (256, 256)
        assert image.mode == "I;16"
        grey = np.asarray(image)
    assert (grey.min(), grey.max()) == (0, 65535)
    assert grey.std() > 0.08 * 65535  # a flat picture would show nothing in a section


def test_the_cat_looks_at_the_reader() -> None:
    with Image.open(path("patterns", "cat.png")) as image:
        grey = np.asarray(image) / 65535
    for column in (84, 144):  # the eyes: black pupil, white on both sides of it, dark night around the head
        assert grey[100, column] < 0.05
        assert grey[96, column - 12] > 0.9 and grey[96, column + 12] > 0.9
    assert grey[:8, :].max() < 0.25 and grey[:, :8].max() < 0.25


def test_a_curve_is_a_formula_in_a_that_stays_in_the_unit_interval() -> None:
    curves = listed("curves.json")
    assert len({entry["name"] for entry in curves}) == len(curves) >= 6
    assert not {entry["name"] for entry in curves} & {entry["name"] for entry in listed("index.json")}
    points = np.linspace(0, 1, 1001)
    for entry in curves:
        tree = formula.parse(entry["expression"])
        values = formula.evaluate(tree, {"a": points})
        assert formula.variables(tree) == 1
        assert values.min() >= 0 and values.max() <= 1, entry["name"]
        assert np.ptp(values) > 0.7, entry["name"]


@pytest.mark.parametrize(
    ("name", "side", "count", "top"), [("digits.npz", 8, 1797, 16), ("mnist_small.npz", 28, 5000, 255)]
)
def test_data_have_the_shape_range_and_sha256_of_the_notice(name: str, side: int, count: int, top: int) -> None:
    arrays = data(name)
    x, y = arrays["x"], arrays["y"]
    assert set(arrays) == {"x", "y"}
    assert x.dtype == y.dtype == np.uint8
    assert (x.shape, y.shape) == ((count, side * side), (count,))
    assert (x.min(), x.max(), y.min(), y.max()) == (0, top, 0, 9)
    chapter = path("data", "NOTICE.md").read_text("utf-8").split(f"## {name}")[1].split("\n## ")[0]
    stated = dict(re.findall(r"\| (x|y) \|.*`([0-9a-f]{64})`", chapter))
    assert stated == {key: hashlib.sha256(array.tobytes()).hexdigest() for key, array in arrays.items()}


def test_digits_per_class() -> None:
    # The counts of the UCI test set, as its own description (optdigits.names) gives them.
    assert np.bincount(data("digits.npz")["y"]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(data("mnist_small.npz")["y"]).tolist() == [500] * 10


def test_any_first_part_of_mnist_holds_every_digit() -> None:
    assert np.bincount(data("mnist_small.npz")["y"][:256], minlength=10).min() >= 10


@pytest.mark.parametrize(("name", "accuracy"), [("digits.npz", 0.85), ("mnist_small.npz", 0.75)])
def test_labels_belong_to_their_images(name: str, accuracy: float) -> None:
    """The nearest class mean reads about 90 % (digits) and 80 % (MNIST); with shuffled labels it would read 10 %."""
    arrays = data(name)
    x, y = arrays["x"].astype(np.float64), arrays["y"]
    fitted, held = slice(None, len(y) // 2), slice(len(y) // 2, None)
    means = np.array([x[fitted][y[fitted] == digit].mean(axis=0) for digit in range(10)])
    nearest = ((x[held][:, None, :] - means[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == y[held]).mean() > accuracy


@pytest.mark.parametrize("style", FONTS)
def test_a_font_says_its_weight(style: str) -> None:
    content = path("fonts", f"Inter-{style}.otf").read_bytes()
    tables = {content[k : k + 4]: int.from_bytes(content[k + 8 : k + 12]) for k in range(12, 12 + 16 * 24, 16)}
    assert content[:4] == b"OTTO"
    assert int.from_bytes(content[tables[b"OS/2"] + 4 : tables[b"OS/2"] + 6]) == FONTS[style]
    assert "SIL OPEN FONT LICENSE Version 1.1" in path("fonts", "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize("theme", ["lsviewer", "lsviewer-dark"])
def test_the_mark_exists_in_every_size(theme: str) -> None:
    assert path("icons", f"{theme}.svg").read_text("utf-8").count("<ellipse") == 3
    for size in (16, 20, 24, 32, 48, 64, 128, 256, 512):
        with Image.open(path("icons", f"{theme}-{size}.png")) as image:
            assert image.size == (size, size)
            corner = image.convert("RGBA").getpixel((0, 0))
            assert corner == (0, 0, 0, 0)
