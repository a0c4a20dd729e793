"""A project with one of everything, and the tiny experiment among the known ones.

The experiments bring `lsviewer.engine`, which must not come in before its import hook: so they are imported in the fixtures.
"""

from typing import Any

import numpy as np
import pytest

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
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.project.document import Entry, Project, Run


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> type[Experiment]:
    from lsviewer import experiments
    from tests.tiny import Tiny

    monkeypatch.setattr(experiments, "EXPERIMENTS", (*experiments.EXPERIMENTS, Tiny))
    return Tiny


@pytest.fixture
def artifacts() -> dict[str, Artifact]:
    """One artifact of every kind, with holes, marks, optional parts there and absent, and odd names."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 4))
    values[1, 2], values[3, 0], values[0, 0] = np.nan, np.inf, -0.0
    known = rng.random((5, 4)) > 0.5
    axes = (Axis("α₁", np.linspace(0, 1, 5)), Axis("α₂", np.array([0.0, 0.1, 0.3, 1.0])))
    params = {
        key: rng.normal(size=shape) for key, shape in (("2.weight", (3, 4)), ("2.bias", (3,)), ("10.weight", (2, 3)))
    }
    found: list[Artifact] = [
        Section("section", axes, values, "A section", "L", values * 2, 0.1, known, (Mark((0.5, 0.1), "low", "minimum"),)),
        Section("rgb/red: 1", (axes[0],), np.arange(5, dtype=np.float32), offset=float("nan")),
        Curve("loss", "Loss", "step", "L", (Series("a", np.arange(3), np.array([1.0, np.nan, 3.0]), "dashed"),), log_y=True,
              levels=(Level(60, "expected"), Level(0.5, "cut", "x"))),
        Curve("empty", "", "", "", ()),
        Spectrum("eigen", "Spectrum", np.array([-1e-300, 5e-324, 0.1 + 0.2]), tolerance=1e-12),
        Spectrum("no tolerance", "Spectrum", np.zeros(0)),
        Picture("..", "Picture", rng.random((3, 4, 3))),
        Picture("found", "Found", rng.random((4, 4, 3)), rng.random((4, 4, 3))),
        Trajectory("path", "Path", rng.random((6, 2)), losses=np.arange(6.0), section="section"),
        Checkpoint("checkpoint", {"kind": "mlp", "hidden": [4, 3], "scale": 0.1}, params, (params, params), "Found"),
        Diagram("network", "Network", ("input", "outputs"), (Block("x", 0, 0, 4, ("task",)),
                Block("p", 1, 0, 2, ("pattern", "task"), ("fixed",), "1 −2", True, (0, 1), 1, "W x", "ü")),
                (Link(0, 1, "sparse", 3, 8),), rng.random((2, 4)), ("one", "two"), (2, 2), (0.5, 0.25)),
        Checkpoint("double", {"kind": "mlp"}, {"0.weight": np.ones((1, 1), np.float32)}),
    ]  # fmt: skip
    return {artifact.name: artifact for artifact in found}


@pytest.fixture
def project(artifacts: dict[str, Artifact], tiny: Any) -> Project:
    report = Report(
        (
            Claim(
                "θ holds",
                "≥ 60 dB",
                83.1,
                60,
                Verdict.HOLDS,
                unit="dB",
                evidence=(("largest at", "(0.3, 0.7)"), ("n", 64)),
            ),
            Claim("none", "= 0", None, None, Verdict.NOT_APPLICABLE, "the output ignores x"),
            Claim("nan", "= 0", float("nan"), 1e-3, Verdict.FAILS),
        ),
        {"psnr_db": float("inf"), "r2": 0.1 + 0.2, "points": 64, "variant": "folded", "exact": True},
        "What it means.",
        "What it does not mean.",
    )
    drawing = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    painting = np.linspace(0, 1, 48, dtype=np.float32).reshape(4, 4, 3)
    return Project(
        "Zwei Gesichter ☺",
        "notes\nin two lines",
        (Entry("e1", "first", tiny(seed=3)), Entry("e4", "second", tiny(act="fail", grid=9))),
        {"drawing": drawing, "a/b\\c: ü.": drawing[0], "..": drawing, "painting": painting},
        (
            Run("r1", "e1", tiny(seed=3), "done", report, artifacts, drawing.astype(float), "", "2024-05-01T12:00:00+02:00", 1.25,
                "cuda:0", {"torch": "2.13.0"}),
            Run("r7", "e4", tiny(act="fail"), "failed", sentence="the loss is not finite at step 3"),
        ),
        {"camera": {"azimuth": -70.5, "fov": 25}, "levels": [1, 2.5, None], "odd": {"float": 3}, "hole": float("nan")},
    )  # fmt: skip
