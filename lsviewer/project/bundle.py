"""Bundles: a run as a folder that anybody can check without lsviewer.

``origin.safetensors``, ``direction_1.safetensors``, ... (same keys), ``section.npz`` (``axis_1``, ..., ``loss`` in ij order; of a
network with several heads their losses along a last axis, as ``network.heads`` of ``bundle.json`` names them),
``data.npz`` (``x``, ``y`` as fed to the network), ``bundle.json``, ``pattern.npy`` where there is one, ``verify.py``, which is
plain torch and numpy. The data set is loaded anew from the run's own spec and must be the one the run saw, by its SHA-256.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Section
from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError
from lsviewer.project import container
from lsviewer.project.atomic import new_folder
from lsviewer.project.document import ProjectError, Run
from lsviewer.resources import path as resource

FORMAT = 1


def is_exportable(run: Run) -> bool:
    """Whether the run has what a bundle needs: data, a finished section with the origin and the directions it lies on."""
    try:
        return hasattr(run.experiment, "dataset") and _parts(run) is not None
    except ProjectError:
        return False


def write(run: Run, folder: str | Path, files: Files) -> None:
    """Write the bundle of ``run``; ``folder`` must not exist or be empty. Raises `ProjectError`."""
    checkpoint, sections = _parts(run)
    data = _data(run, files)
    section, losses = sections[0], np.stack([each.values for each in sections], axis=-1)
    data_npz = container.to_npz(data, compressed=True)
    members = {
        "origin.safetensors": container.to_safetensors(checkpoint.params),
        **{
            f"direction_{i}.safetensors": container.to_safetensors(_full(direction, checkpoint))
            for i, direction in enumerate(checkpoint.directions, start=1)
        },
        "section.npz": container.to_npz(
            {
                **{f"axis_{i}": axis.values for i, axis in enumerate(section.axes, start=1)},
                "loss": losses if _heads(checkpoint) else section.values,
            }
        ),
        "data.npz": data_npz,
        "verify.py": resource("bundle", "verify.py").read_bytes(),
    }
    if (pattern := _pattern(run, section, losses.shape)) is not None:
        members["pattern.npy"] = container.to_npy(pattern)
    members["bundle.json"] = _description(run, checkpoint, sections, container.digest(data_npz), len(data["x"]))
    with new_folder(Path(folder)) as place:
        for name, content in members.items():
            (place / name).write_bytes(content)


def _parts(run: Run) -> tuple[Checkpoint, tuple[Section, ...]]:
    """Return the checkpoint with directions and the section that lies on them, of every head where it has several.

    Raises `ProjectError` where a part is missing.
    """
    where = f"run {run.id} ({getattr(run.experiment, 'kind', '?')})"
    if run.outcome != "done":
        raise ProjectError(f"{where} {run.outcome}: only a finished run can be exported as a bundle")
    if getattr(run.experiment, "reduction", "mean") == "sum":
        raise ProjectError(f"{where}: a bundle checks mean losses, this section is a sum; choose the mean for a bundle")
    for checkpoint in run.artifacts.values():
        if not isinstance(checkpoint, Checkpoint) or not checkpoint.directions:
            continue
        sections = [
            section
            for section in run.artifacts.values()
            if isinstance(section, Section) and len(section.axes) == len(checkpoint.directions)
        ]
        if heads := _heads(checkpoint):
            named = {section.name: section for section in sections}
            sections = [named[name] for head in heads if (name := f"section_{head}") in named]
        found = tuple(sections[: max(1, len(heads))])
        if len(found) == max(1, len(heads)):
            for section in found:
                if section.known is not None and not section.known.all():
                    raise ProjectError(f"{where}: section {section.name!r} is not finished")
            return checkpoint, found
    raise ProjectError(f"{where} has no section with the directions it lies on: there is nothing to verify in a bundle")


def _heads(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the names of the heads of a network with several, in the order of its outputs."""
    return tuple(map(str, checkpoint.network.get("heads", ())))


def _pattern(run: Run, section: Section, losses: tuple[int, ...]) -> Array | None:
    """Return the pattern on the section's grid; where the run kept none of that shape, the section's target says what it was."""
    if run.pattern is not None and run.pattern.shape in (section.values.shape, losses):
        return run.pattern
    amplitude = getattr(run.experiment, "amplitude", None)
    if section.target is not None and isinstance(amplitude, int | float) and amplitude:
        return section.target / amplitude
    return run.pattern


def _data(run: Run, files: Files) -> dict[str, Array]:
    spec: Any = getattr(run.experiment, "dataset", None)
    where = f"run {run.id}"
    if spec is None:
        raise ProjectError(f"{where}: its experiment has no data set, so a bundle cannot be verified")
    try:
        data = spec.load(files)
    except SpecError as error:
        raise ProjectError(f"{where}: its data set cannot be loaded: {error}") from None
    numbers = run.report.numbers
    recorded = next((numbers[name] for name in ("dataset_sha256", "data_sha256") if name in numbers), data.sha256)
    if recorded != data.sha256:
        raise ProjectError(
            f"{where}: data set '{data.name}' is not the one the run saw: "
            f"its SHA-256 begins with {data.sha256[:12]}, that of the run with {str(recorded)[:12]}"
        )
    return {"x": data.x.flatten(1).numpy(), "y": data.y.numpy()}


def _full(direction: Mapping[str, Array], checkpoint: Checkpoint) -> dict[str, Array]:
    """Return the direction with every key of the origin; what it lacks is zero."""
    return {key: direction.get(key, np.zeros_like(value)) for key, value in checkpoint.params.items()}


def _description(
    run: Run, checkpoint: Checkpoint, sections: tuple[Section, ...], data_sha256: str, samples: int
) -> bytes:
    spec = run.experiment.model_dump(mode="json")
    section, offsets = sections[0], [each.offset for each in sections]
    value = {
        "bundle": FORMAT,
        "experiment": spec["kind"],
        "network": checkpoint.network,
        "loss": spec.get("loss"),
        "dataset": {**(spec.get("dataset") or {}), "samples": samples, "sha256": data_sha256},
        "grid": list(section.values.shape),
        "axes": [axis.name for axis in section.axes],
        "amplitude": spec.get("amplitude"),
        "offset": offsets if _heads(checkpoint) else section.offset,
        "numbers": dict(run.report.numbers),
        "claims": [asdict(claim) for claim in run.report.claims],
        "seed": run.experiment.seed,
        "dtype": run.experiment.dtype,
        "device": run.device,
        "finished": run.finished,
        "versions": dict(run.versions),
        "spec": spec,
    }
    return json.dumps(strict(value), ensure_ascii=False, allow_nan=False, indent=1).encode()


def strict(value: Any) -> Any:
    """Return ``value`` as every JSON reader takes it: a number that is not finite becomes null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    return value
