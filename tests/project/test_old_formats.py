"""Every format ever written still opens: one file each in ``tests/data``, kept for ever. See ``make_format1.py`` there."""

import runpy
from pathlib import Path

import numpy as np

from lsviewer.core.artifacts import Checkpoint, Curve, Picture, Section, Spectrum, Trajectory
from lsviewer.core.files import Files
from lsviewer.project import archive, bundle
from lsviewer.project.migrations import FORMAT

DATA = Path(__file__).parents[1] / "data"


def test_there_is_a_file_of_every_format() -> None:
    assert sorted(path.name for path in DATA.glob("format*.lsv")) == [f"format{n + 1}.lsv" for n in range(FORMAT)]


def test_format_1() -> None:
    project = archive.load(DATA / "format1.lsv")
    assert (project.title, project.notes) == ("A project of format 1", "θ, ℓ and two\nlines of notes")
    assert [(entry.id, entry.name) for entry in project.entries] == [("e1", "Theorem 1"), ("e2", "Figure 3")]
    assert project.view["camera"] == {"azimuth": -70.0}
    assert set(project.patterns) == {"hand drawn", "a/b: ü"}
    assert project.patterns["hand drawn"][7, 7] == 1.0
    first, second = project.runs
    assert (first.outcome, first.finished, first.seconds, first.device) == (
        "done",
        "2024-05-01T12:00:00+02:00",
        0.5,
        "cpu",
    )
    assert (second.outcome, second.sentence) == ("cancelled", "cancelled at 40%")
    assert first.report.claims and all(claim.verdict == "holds" for claim in first.report.claims)
    section = first.artifacts["section"]
    assert isinstance(section, Section) and section.error is not None
    # the planted pattern is in the section: what was claimed is what was stored
    assert np.abs(section.error - section.error.mean()).max() < 1e-5
    checkpoint = first.artifacts["checkpoint"]
    assert isinstance(checkpoint, Checkpoint) and len(checkpoint.directions) == 2
    assert list(checkpoint.params)[:3] == ["0.weight", "0.bias", "2.weight"]
    kinds = {name: type(artifact) for name, artifact in second.artifacts.items()}
    assert kinds == {"holes": Section, "loss": Curve, "eigenvalues": Spectrum, "picture": Picture, "path": Trajectory,
                     "found": Checkpoint}  # fmt: skip
    holes = second.artifacts["holes"]
    assert isinstance(holes, Section) and holes.marks[0].kind == "minimum"
    np.testing.assert_array_equal(holes.values, [[0.0, 1.0], [np.nan, 3.0], [4.0, np.inf]])


def test_a_picture_in_colour_from_before_it_had_a_target_still_opens_and_is_verified(tmp_path: Path) -> None:
    """Runs of `rgb` once kept a checkpoint for each head and the picture asked for beside the one found."""
    (run,) = archive.load(DATA / "rgb_of_three_checkpoints.lsv").runs
    picture, asked = run.artifacts["picture"], run.artifacts["target"]
    assert isinstance(picture, Picture) and isinstance(asked, Picture) and picture.target is None
    assert np.abs(picture.pixels - asked.pixels).max() < 1e-4
    assert run.experiment.model_dump()["picture"]["kind"] == "gradient"
    bundle.write(run, tmp_path / "bundle", Files())  # of the first head, as then
    assert runpy.run_path(str(tmp_path / "bundle" / "verify.py"))["verify"](tmp_path / "bundle", 8, 0) == 0
