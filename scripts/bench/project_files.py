"""Saving and opening a project with a large section and a large checkpoint."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench import Row, median
from lsviewer.core.artifacts import Axis, Checkpoint, Section
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.landscape.plane import Plane
from lsviewer.project import archive
from lsviewer.project.document import Entry, Project, Run

GRID = 256
NETWORK = Mlp(hidden=(410, 410))
ROUNDS = 5
BOUND_S = 1.0


def rows() -> Iterator[Row]:
    """Yield the rows of the table."""
    project, parameters = _project()
    saving, opening = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.lsv"
        for _ in range(ROUNDS):
            start = time.perf_counter()
            archive.save(project, path)
            saved = time.perf_counter()
            archive.load(path)
            saving.append(saved - start)
            opening.append(time.perf_counter() - saved)
    subject = f"project with a {GRID} × {GRID} section and a checkpoint of {parameters} parameters with two directions"
    for verb, spent in (("save", saving), ("open", opening)):
        seconds = median(spent)
        yield Row(
            what=f"{subject}: {verb}", at_least=f"< {BOUND_S:g} s", measured=f"{seconds:.2f} s", ok=seconds < BOUND_S
        )


def _project() -> tuple[Project, int]:
    rng = np.random.default_rng(0)

    def noise() -> dict[str, np.ndarray]:
        return {name: rng.normal(size=shape).astype(np.float32) for name, shape in NETWORK.shapes(64, 10).items()}

    axis = np.linspace(-1.0, 1.0, GRID)
    section = Section("section", (Axis("α₁", axis), Axis("α₂", axis)), rng.normal(size=(GRID, GRID)))
    network = NETWORK.model_dump(mode="json") | {"inputs": 64, "outputs": 10}
    checkpoint = Checkpoint("checkpoint", network, noise(), (noise(), noise()))
    experiment = Plane(network=NETWORK)
    run = Run("r1", "e1", experiment, "done", artifacts={"section": section, "checkpoint": checkpoint})
    return Project(entries=(Entry("e1", "Plane", experiment),), runs=(run,)), checkpoint.size
