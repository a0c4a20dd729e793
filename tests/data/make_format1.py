"""How format1.lsv was made. It stays as it is once lsviewer 0.1 is released: a later format gets a file of its own."""

from pathlib import Path

import numpy as np

from lsviewer.core.artifacts import (
    Artifact,
    Axis,
    Checkpoint,
    Curve,
    Level,
    Mark,
    Picture,
    Section,
    Series,
    Spectrum,
    Trajectory,
)
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments import from_json
from lsviewer.project import archive
from lsviewer.project.document import Entry, Project, Run
from lsviewer.project.running import pattern_of

VERSIONS = {"lsviewer": "0.1.0", "torch": "2.13.0"}


def made() -> Project:
    """Return the project: a real run of theorem 1, and one run with every other kind of artifact."""
    drawing = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8) ** 2
    planted = from_json(
        {
            "kind": "theorem1",
            "dataset": {"kind": "digits", "limit": 100},
            "network": {"kind": "mlp", "hidden": [16, 16, 24, 8]},
            "pattern": {"kind": "drawn", "name": "hand drawn"},
        }
    )
    figure = from_json({"kind": "implicit_activation", "dataset": {"kind": "digits"}})
    files = Files(Path(), {"hand drawn": drawing})
    report, artifacts = finish(planted.run(open_context(planted, files)))
    pattern = pattern_of(planted, files)
    return Project(
        "A project of format 1",
        "θ, ℓ and two\nlines of notes",
        (Entry("e1", "Theorem 1", planted), Entry("e2", "Figure 3", figure)),
        {"hand drawn": drawing, "a/b: ü": drawing[0]},
        (
            Run("r1", "e1", planted, "done", report, artifacts, pattern, "", "2024-05-01T12:00:00+02:00", 0.5, "cpu", VERSIONS),
            Run("r2", "e2", figure, "cancelled", artifacts=others(), sentence="cancelled at 40%", versions=VERSIONS),
        ),
        {"selected": "e1", "camera": {"azimuth": -70.0}},
    )  # fmt: skip


def others() -> dict[str, Artifact]:
    """Return one artifact of every kind, with everything optional there."""
    axes = (Axis("α₁", np.linspace(0, 1, 3)), Axis("α₂", np.linspace(-1, 1, 2)))
    values = np.array([[0.0, 1.0], [np.nan, 3.0], [4.0, np.inf]])
    params = {"0.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "0.bias": np.ones(2, np.float32)}
    found: list[Artifact] = [
        Section("holes", axes, values, "Holes", "L", values, 0.5, values > 1, (Mark((0.5, 0.0), "here", "minimum"),)),
        Curve("loss", "Loss", "step", "L", (Series("train", np.arange(3.0), np.array([1.0, np.nan, 0.1]), "dashed"),),
              log_y=True, levels=(Level(0.5, "expected", "y"),)),
        Spectrum("eigenvalues", "Spectrum", np.array([-1e-17, 0.1, 2.0]), tolerance=1e-12),
        Picture("picture", "Picture", np.linspace(0, 1, 12).reshape(2, 2, 3)),
        Trajectory("path", "Path", np.eye(2), np.array([1.0, 0.5]), "holes", np.zeros(2)),
        Checkpoint("found", {"kind": "mlp", "hidden": [], "inputs": 3, "outputs": 2}, params, (params,), "Found"),
    ]  # fmt: skip
    return {artifact.name: artifact for artifact in found}


if __name__ == "__main__":
    archive.save(made(), Path(__file__).with_name("format1.lsv"), b"\x89PNG\r\n\x1a\n")
