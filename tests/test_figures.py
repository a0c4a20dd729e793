"""Figures and data files: facts about what is drawn and written, not pictures of it."""

import csv
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from lsviewer import figures
from lsviewer.core.artifacts import (
    Artifact,
    Axis,
    Block,
    Checkpoint,
    Curve,
    Diagram,
    Level,
    Link,
    Mark,
    Picture,
    Section,
    Series,
    Spectrum,
    Trajectory,
)
from lsviewer.figures import paper, sections, spectra, surface
from lsviewer.project import tables
from lsviewer.project.document import ProjectError

RNG = np.random.default_rng(0)


def plane(values: np.ndarray, **more: Any) -> Section:
    axes = tuple(Axis(f"α{'₁₂₃'[i]}", np.linspace(0, 1, n)) for i, n in enumerate(values.shape))
    return Section("section", axes, values, "A section", **more)


def holed() -> np.ndarray:
    values = RNG.normal(size=(12, 9))
    values[2:5, 3] = np.nan
    values[7, 7] = np.inf
    return values


CASES: dict[str, Artifact] = {
    "section": plane(holed(), target=np.zeros((12, 9)), marks=(Mark((0.9, 0.1), "low", "minimum"), Mark((0.1, 0.2), "here"))),
    "known": plane(RNG.normal(size=(8, 8)), known=RNG.random((8, 8)) > 0.5),
    "uneven": Section("uneven", (Axis("a", np.linspace(0, 1, 5) ** 2), Axis("b", np.arange(4.0))), RNG.normal(size=(5, 4))),
    "constant": plane(np.full((6, 6), 2.0)),
    "empty of numbers": plane(np.full((4, 4), np.nan)),
    "one point": plane(np.ones((1, 3))),
    "line": plane(RNG.normal(size=30), target=np.zeros(30), offset=0.2, marks=(Mark((0.5,), "found"),)),
    "volume": plane(RNG.normal(size=(5, 6, 7))),
    "curve": Curve("c", "Training", "step", "L", (
        Series("a", np.arange(50), np.exp(-np.arange(50) / 9)), Series("b", np.arange(50), np.full(50, np.nan), "dashed"),
        Series("c", np.arange(5), np.arange(5), "points"), Series("d", np.arange(5), np.arange(5), "band"),
    ), log_y=True, levels=(Level(0.1, "expected < 0.1"), Level(20, "here", "x"))),
    "stems": Curve("s", "Values", "index", "s", (Series("", np.arange(1, 9), 10.0 ** -np.arange(8), "stems"),), True, True),
    "no series": Curve("n", "", "", "", ()),
    "inertia": Spectrum("i", "Inertia", np.array([3.0, 7.0, 1e-16, -1e-17, 0.0, np.nan]), tolerance=1e-12),
    "spectrum": Spectrum("e", "Errors", RNG.normal(size=200)),
    "no values": Spectrum("n", "Nothing", np.zeros(0)),
    "picture": Picture("p", "Colours", RNG.random((5, 9, 3))),
    "grey": Picture("g", "Grey", RNG.random((9, 5))),
    "path": Trajectory("t", "Path", RNG.normal(size=(30, 2)), losses=np.ones(30)),
    "path of one": Trajectory("t", "Path", RNG.normal(size=(30, 1))),
    "empty path": Trajectory("t", "Path", np.zeros((0, 2))),
    "diagram": Diagram("network", "Network", ("input", "hidden 1", "outputs", "loss"), (
        Block("x", 0, 0, 4, ("unaffected",), idle=4), Block("knots", 1, 0, 3, ("pattern",), ("fixed",), "0", moved=(0,)),
        Block("p", 2, 0, 2, ("pattern", "task"), ("pattern",), "T"), Block("loss", 3, 0, 1, ("loss",)),
        Block("h*", 3, 1, 1, ("global minimum",)),
    ), (Link(0, 1, "zero", 0, 12), Link(1, 2, "dense", 6, 6)), RNG.random((2, 4)), ("one", "two"), (2, 2), (0.5, 0.25)),
    "checkpoint": Checkpoint("k", {}, {"0.weight": RNG.normal(size=(3, 4)), "0.bias": np.zeros(3)}),
}  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CASES)
def test_every_artifact_is_drawn_without_a_warning(tmp_path: Path, name: str, theme: Any) -> None:
    figures.write(CASES[name], tmp_path / "f.png", theme=theme, dpi=60, size_inches=(4, 3))
    with Image.open(tmp_path / "f.png") as image:
        assert image.size == (240, 180)
        background = image.convert("RGB").getpixel((239, 0))
        assert background == tuple(bytes.fromhex(paper.THEMES[theme].panel[1:]))
        assert len(image.convert("RGB").getcolors(100_000) or []) > 3


def test_every_kind_of_artifact_is_among_the_cases() -> None:
    assert {type(case) for case in CASES.values()} == set(Artifact.__args__)


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_the_same_artifact_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    for artifact in (CASES["section"], CASES["curve"]):
        for name in ("a", "b"):
            figures.write(artifact, tmp_path / f"{name}{ending}", dpi=60)
        data = (tmp_path / f"a{ending}").read_bytes()
        assert data == (tmp_path / f"b{ending}").read_bytes()
        assert data[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")


def test_axis_1_runs_right_and_axis_2_up() -> None:
    """One high corner, at the end of axis 1 and the start of axis 2, is bright at the lower right."""
    values = np.zeros((20, 20))
    values[15:, :5] = 1.0
    drawn = figures.figure(plane(values), dpi=60, size_inches=(4, 4))
    pixels = np.asarray(Image.open(io.BytesIO(figures.render(drawn, ".png"))).convert("L"), float)
    box = drawn.axes[0].get_position()
    left, right = round(box.x0 * 240), round(box.x1 * 240)
    bottom, top = round((1 - box.y0) * 240), round((1 - box.y1) * 240)
    data = pixels[top:bottom, left:right]
    n = len(data) // 5
    assert data[-n:, -n:].mean() > data[:n, :n].mean() + 80
    assert data[-n:, -n:].mean() > data[-n:, :n].mean() + 80
    assert data[-n:, -n:].mean() > data[:n, -n:].mean() + 80


def test_the_thumbnail_has_the_same_orientation() -> None:
    values = np.zeros((20, 20))
    values[15:, :5] = 1.0
    image = Image.open(io.BytesIO(figures.thumbnail(plane(values), 100)))
    pixels = np.asarray(image.convert("L"), float)
    assert image.size == (100, 100)
    assert (
        np.unravel_index(pixels.argmax(), pixels.shape)[0] > 70
        and np.unravel_index(pixels.argmax(), pixels.shape)[1] > 70
    )
    assert figures.thumbnail(CASES["line"]) == b""  # type: ignore[arg-type]


def text_of(drawn: Any) -> str:
    """Everything a figure says, in one string."""
    from matplotlib.text import Text

    return "\n".join(str(found.get_text()) for found in drawn.findobj(Text))


def test_holes_are_counted() -> None:
    assert "not finite 4 of 108 points" in text_of(figures.figure(CASES["section"]))
    assert "not finite 1 of 6 values" in text_of(figures.figure(CASES["inertia"]))


def test_unfinished_sections_say_so() -> None:
    known = CASES["known"]
    assert isinstance(known, Section) and known.known is not None
    assert f"{int(known.known.sum())} of 64 points evaluated" in text_of(figures.figure(known))


def test_counts_are_words_also_when_empty() -> None:
    text = text_of(figures.figure(CASES["inertia"]))
    assert "2 positive" in text and "0 negative" in text and "3 within ± tolerance" in text
    assert "tolerance 10⁻¹²" in text


def test_lines_are_labelled_and_levels_have_words() -> None:
    text = text_of(figures.figure(CASES["curve"]))
    assert {"a", "c", "d", "expected < 0.1", "here"} <= set(text.splitlines())


def test_the_error_is_symmetric_around_zero() -> None:
    norm = sections.norm_of(np.array([-1.0, 0.5, np.nan]), "error")
    assert (norm.vmin, norm.vmax) == (-1.0, 1.0)
    figures.figure(CASES["section"], view="error")
    figures.figure(CASES["line"], view="error")
    with pytest.raises(ProjectError, match="has no target"):
        figures.figure(CASES["constant"], view="error")


def test_a_surface_needs_two_axes_and_numbers() -> None:
    figures.figure(CASES["section"], view="surface")
    figures.figure(CASES["constant"], view="surface")
    for name in ("line", "volume", "empty of numbers", "one point", "curve"):
        with pytest.raises(ProjectError):
            figures.figure(CASES[name], view="surface")


def test_the_camera_looks_from_the_front_right_and_above() -> None:
    """What lies to the right, and behind, and above goes right, up and up on paper; the near corner is nearest."""
    middle, right, behind, above = surface.project(np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]], float))
    assert right[0] > middle[0] and behind[1] > middle[1] and above[1] > middle[1]
    assert behind[2] < middle[2] < right[2]


@pytest.mark.parametrize(
    ("size", "dpi", "sentence"),
    [((0.5, 3), 100, "size 0.5"), ((3, 200), 100, "size 200"), (None, 5, "dpi is 5"), ((90, 90), 2000, "pixels are more than"),
     ((float("nan"), 3), 100, "size nan")],
)  # fmt: skip
def test_sizes_are_bounded(size: Any, dpi: int, sentence: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(sentence)):
        figures.figure(CASES["curve"], size_inches=size, dpi=dpi)


@pytest.mark.parametrize("size", [(1.0, 1.0), (20.0, 2.0), (2.0, 12.0)])
def test_odd_sizes_are_drawn(size: tuple[float, float]) -> None:
    for artifact in CASES.values():
        figures.figure(artifact, size_inches=size, dpi=40)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "f.vtk").write_text("old")
    with pytest.raises(ProjectError, match=r"f.vtk: a curve cannot be written as .vtk"):
        figures.write(CASES["curve"], tmp_path / "f.vtk")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("f.vtk", "old")]


def test_figures_bring_neither_torch_nor_qt_nor_pyplot() -> None:
    code = (
        "import sys, lsviewer.figures;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'PySide6', 'matplotlib.pyplot')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- numbers on paper ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.25, "0.25"), (-3.0, "−3"), (1e-6, "10⁻⁶"), (1.4e-6, "1.4 × 10⁻⁶"), (-2e9, "−2 × 10⁹"), (12345.0, "12345"),
     (float("inf"), "∞"), (float("nan"), "not a number"), (83.14, "83.1"), (1e6, "10⁶"), (-1e-20, "−10⁻²⁰")],
)  # fmt: skip
def test_numbers_have_a_real_minus_and_superscripts(value: float, text: str) -> None:
    assert paper.number(value) == text


@pytest.mark.parametrize(
    ("values", "labels", "suffix"),
    [([0, 0.25, 0.5], ["0", "0.25", "0.5"], ""), ([-1, 0, 1], ["−1", "0", "1"], ""), ([0, 2e-6], ["0", "2"], " (10⁻⁶)"),
     ([2.302, 2.3025, 2.303], ["2.302", "2.3025", "2.303"], ""), ([0, 100, 200], ["0", "100", "200"], ""), ([], [], "")],
)  # fmt: skip
def test_tick_labels_have_the_decimals_they_need(values: list[float], labels: list[str], suffix: str) -> None:
    assert paper.tick_labels(values) == (labels, suffix)


def test_labels_at_line_ends_keep_apart() -> None:
    placed = paper.spread([0.5, 0.5, 0.51, 0.99], 0.1, 0.0, 1.0)
    assert np.diff(sorted(placed)).min() >= 0.1 - 1e-12 and max(placed) <= 1.0
    assert paper.spread([0.2, 0.8], 0.1, 0, 1) == [0.2, 0.8]


def test_the_signed_logarithm_keeps_sign_and_order() -> None:
    values = np.array([-1e3, -1e-20, 0.0, 1e-19, 1e-3, 1e6])
    assert (np.diff(spectra.warp(values)) > 0).all() and spectra.warp(np.zeros(1))[0] == 0


# -- data files ------------------------------------------------------------------------------------------------------


def test_npz_of_a_section_is_that_of_a_bundle(tmp_path: Path) -> None:
    section = plane(holed(), target=np.ones((12, 9)), offset=0.3)
    figures.write(section, tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz", allow_pickle=False) as found:
        assert set(found) == {"axis_1", "axis_2", "loss", "target", "offset"}
        np.testing.assert_array_equal(found["loss"], section.values)


@pytest.mark.parametrize("name", CASES)
def test_every_artifact_has_an_npz(tmp_path: Path, name: str) -> None:
    figures.write(CASES[name], tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert all(found[key].dtype != object for key in found)


def test_csv_keeps_every_digit() -> None:
    section = plane(RNG.normal(size=(4, 3)))
    rows = list(csv.DictReader(io.StringIO(tables.contents(section, ".csv").decode())))
    assert list(rows[0]) == ["alpha_1", "alpha_2", "loss"]
    for row, (i, j) in zip(rows, np.ndindex(4, 3)):
        assert float(row["loss"]) == section.values[i, j]
        assert (float(row["alpha_1"]), float(row["alpha_2"])) == (section.axes[0].values[i], section.axes[1].values[j])


@pytest.mark.parametrize("name", [name for name in CASES if name != "checkpoint"])
def test_every_artifact_but_a_checkpoint_has_a_csv(name: str) -> None:
    lines = tables.contents(CASES[name], ".csv").decode().splitlines()
    assert all(len(row) == len(next(csv.reader(lines))) for row in csv.reader(lines))


def test_vtk_has_the_first_axis_fastest() -> None:
    section = Section(
        "s", (Axis("a", np.array([0.0, 1.0, 4.0])), Axis("b", np.array([0.0, 2.0]))), np.arange(6.0).reshape(3, 2)
    )
    lines = tables.contents(section, ".vtk").decode().splitlines()
    assert lines[0] == "# vtk DataFile Version 3.0" and lines[2:5] == [
        "ASCII",
        "DATASET RECTILINEAR_GRID",
        "DIMENSIONS 3 2 1",
    ]
    assert lines[lines.index("X_COORDINATES 3 double") + 1] == "0.0 1.0 4.0"
    assert lines[-1] == "0.0 2.0 4.0 1.0 3.0 5.0"  # values[0,0], values[1,0], values[2,0], values[0,1], ...


def test_vti_is_xml_with_even_spacing() -> None:
    import xml.etree.ElementTree as ElementTree

    section = plane(np.arange(12.0).reshape(4, 3), target=np.zeros((4, 3)))
    image = ElementTree.fromstring(tables.contents(section, ".vti"))[0]
    assert image.get("WholeExtent") == "0 3 0 2 0 0"
    spacing = [float(part) for part in (image.get("Spacing") or "").split()]
    assert spacing == [pytest.approx(1 / 3), 0.5, 1.0]
    arrays = {found.get("Name"): found.text for found in image.iter("DataArray")}
    assert set(arrays) == {"loss", "target", "error"}
    np.testing.assert_array_equal(np.array((arrays["loss"] or "").split(), float).reshape(3, 4).T, section.values)
    with pytest.raises(ProjectError, match="evenly spaced"):
        tables.contents(CASES["uneven"], ".vti")


def test_a_diagram_as_svg_says_in_words_what_it_shows_in_colours(tmp_path: Path) -> None:
    figures.write(CASES["diagram"], tmp_path / "n.svg")
    root = ElementTree.parse(tmp_path / "n.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join(root.itertext())
    for role in ("unaffected", "pattern", "task", "fixed", "loss", "global minimum"):
        assert role in words
    assert "hidden 1: knots (3 units, role pattern, parameters fixed)" in words
    groups = {element.get("id") for element in root.iter()}
    assert {"layer-1-unit-0-role-pattern", "layer-2-unit-0-role-pattern-and-task", "role-global-minimum"} <= groups


def test_a_diagram_is_lit_by_the_checkpoint_of_its_run_at_the_place_asked_for() -> None:
    diagram = CASES["diagram"]
    weights = {"0.weight": np.zeros((3, 4)), "0.bias": np.zeros(3), "2.weight": np.ones((2, 3)), "2.bias": np.zeros(2)}
    step = {key: np.full_like(value, 1.0 if key == "0.bias" else 0.0) for key, value in weights.items()}
    none = {key: np.zeros_like(value) for key, value in weights.items()}
    spec = {"kind": "mlp", "activation": {"kind": "relu"}}
    among: dict[str, Artifact] = {"checkpoint": Checkpoint("checkpoint", spec, weights, (step, none))}

    def green(at: tuple[float, ...]) -> int:
        drawn = figures.figure(diagram, among=among, at=at, dpi=60)
        pixels = np.asarray(Image.open(io.BytesIO(figures.render(drawn, ".png"))).convert("RGB"), int)
        return int((np.abs(pixels - (0x0B, 0x7A, 0x55)).max(2) < 12).sum())

    assert green((0.5, 0.0)) > 3 * green((0.0, 0.0))  # all units lit, or none and only the frames
    with pytest.raises(ProjectError, match="'network': 1 coordinates for 2 directions"):
        figures.figure(diagram, among=among, at=(0.5,))
