"""Runs of small experiments, and points written to files as another program would."""

from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from lsviewer.core.artifacts import Artifact
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import parse
from lsviewer.engine.context import open_context

TANH = {"kind": "tanh"}


def run(kind: type[Experiment], folder: Path | None = None, **fields: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = parse(kind, fields)
    files = Files() if folder is None else Files(folder)
    return finish(experiment.run(open_context(experiment, files)))


def claim(report: Report, words: str) -> Claim:
    exact = [one for one in report.claims if one.statement == words]
    (found,) = exact or [one for one in report.claims if words in one.statement]
    return found


def verdicts(report: Report) -> set[Verdict]:
    return {one.verdict for one in report.claims}


def save(params: dict[str, torch.Tensor], path: Path) -> dict[str, str]:
    safetensors.torch.save_file({name: value.contiguous() for name, value in params.items()}, path)
    return {"kind": "checkpoint", "path": path.name}


def save_data(path: Path, x: Any, y: Any) -> dict[str, str]:
    import numpy as np

    np.savez(path, x=np.asarray(x, dtype=np.float32), y=np.asarray(y))
    return {"kind": "npz", "path": path.name}
