"""Project files: a `Project` to ``.lsv`` and back, whole or not at all.

A zip with, in this order,

- ``mimetype``, stored;
- ``project.json``: ``format`` first, title, notes, entries, patterns and runs by member, view, the SHA-256 of every member;
- ``patterns/NAME.npy``, names percent-encoded;
- ``runs/ID/run.json`` (spec, seed, device, dtype, versions, report, artifacts), ``runs/ID/pattern.npy``;
- ``runs/ID/NAME.npz``, the arrays of one artifact, and ``runs/ID/params.safetensors`` with the parameters of every checkpoint
  under ``NAME/params.0.weight``, ``NAME/directions.0.0.weight``, ... (their order is in ``run.json``);
- ``thumbnail.png``, given by whoever saves.

Every failure is one `ProjectError` that names file, member and field. Experiments are parsed last, by a module that brings torch.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lsviewer import __version__
from lsviewer.core.arrays import Array, freeze
from lsviewer.core.artifacts import Artifact, Checkpoint
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment, kind_of
from lsviewer.core.spec import SpecError
from lsviewer.project import container, serialize
from lsviewer.project.atomic import replacing
from lsviewer.project.document import Entry, Outcome, Project, ProjectError, Run
from lsviewer.project.migrations import FORMAT, migrate

Members = dict[str, bytes]
INDEX = "project.json"
THUMBNAIL = "thumbnail.png"


def save(project: Project, path: str | Path, thumbnail: bytes = b"") -> None:
    """Write ``project`` to ``path``; what was there stays until the new file is complete. ``thumbnail`` is a PNG."""
    path = Path(path)
    try:
        members = _members(project, thumbnail)
        container.check_limits(members)
    except (ProjectError, TypeError) as error:
        raise ProjectError(f"{path}: {error}") from error
    with replacing(path) as file:
        container.write(file, members)


def load(path: str | Path) -> Project:
    """Return the project in ``path``, checked member by member; raises `ProjectError` with one sentence."""
    path = Path(path)
    members = container.read(path)
    index, members = migrate((_json(members, INDEX, path), members), f"{path}: {INDEX}")
    _check_hashes(index, members, path)
    where = f"{path}: {INDEX}"
    entries = tuple(
        _entry(data, f"{where}: entries.{i}") for i, data in enumerate(_field(index, "entries", list, where))
    )
    patterns = {
        _field(data, "name", str, where): _pattern(members, _field(data, "member", str, where), path)
        for data in _field(index, "patterns", list, where)
    }
    runs = tuple(_run(members, run_id, path) for run_id in _field(index, "runs", list, where))
    for ids in ([entry.id for entry in entries], [run.id for run in runs]):
        if len(set(ids)) < len(ids):
            raise ProjectError(f"{where}: an id occurs twice among {', '.join(ids)}")
    return Project(
        title=_field(index, "title", str, where),
        notes=_field(index, "notes", str, where),
        entries=entries,
        patterns=patterns,
        runs=runs,
        view=serialize.decode(Any, _field(index, "view", dict, where), {}, f"{where}: view"),
    )


def read_thumbnail(path: str | Path) -> bytes:
    """Return the PNG a project was saved with, b"" where there is none; reads no other part of the file."""
    return container.read(Path(path), only=THUMBNAIL).get(THUMBNAIL, b"")


# -- writing -------------------------------------------------------------------------------------------------------


def _members(project: Project, thumbnail: bytes) -> Members:
    members: Members = {}
    patterns = []
    for name, values in project.patterns.items():
        member = f"patterns/{serialize.file_name(name)}.npy"
        members[member] = container.to_npy(values)
        patterns.append({"name": name, "member": member})
    for run in project.runs:
        members |= _run_members(run)
    if thumbnail:
        members[THUMBNAIL] = thumbnail
    index = {
        "format": FORMAT,
        "lsviewer": __version__,
        "title": project.title,
        "notes": project.notes,
        "entries": [
            {"id": entry.id, "name": entry.name, "spec": entry.experiment.model_dump(mode="json")}
            for entry in project.entries
        ],
        "patterns": patterns,
        "runs": [run.id for run in project.runs],
        "view": serialize.encode(project.view, {}, "view"),
        "members": {name: {"bytes": len(data), "sha256": container.digest(data)} for name, data in members.items()},
    }
    return {INDEX: _to_json(index), **members}


def _run_members(run: Run) -> Members:
    folder = f"runs/{run.id}"
    members: Members = {}
    params: dict[str, Array] = {}
    artifacts = []
    for name, artifact in run.artifacts.items():
        arrays: dict[str, Array] = {}
        fields = serialize.encode(artifact, arrays)
        if isinstance(artifact, Checkpoint):
            params |= {f"{serialize.file_name(name)}/{key}": array for key, array in arrays.items()}
        elif arrays:
            members[f"{folder}/{serialize.file_name(name)}.npz"] = container.to_npz(arrays)
        artifacts.append({"kind": serialize.kind_of(artifact), "name": name, "fields": fields})
    if params:
        members[f"{folder}/params.safetensors"] = container.to_safetensors(params)
    if run.pattern is not None:
        members[f"{folder}/pattern.npy"] = container.to_npy(run.pattern)
    record = {
        "spec": run.experiment.model_dump(mode="json"),
        "seed": run.experiment.seed,
        "dtype": run.experiment.dtype,
        "device": run.device,
        "versions": dict(run.versions),
        "entry": run.entry,
        "outcome": run.outcome,
        "sentence": run.sentence,
        "finished": run.finished,
        "seconds": serialize.encode(run.seconds, {}),
        "has_pattern": run.pattern is not None,
        "report": serialize.encode(run.report, {}),
        "artifacts": artifacts,
    }
    return {f"{folder}/run.json": _to_json(record), **members}


def _to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


# -- reading -------------------------------------------------------------------------------------------------------


def _json(members: Members, name: str, path: Path) -> dict[str, Any]:
    data = _required(members, name, path)
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=lambda text: float("nan"))
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{path}: member {name!r} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ProjectError(f"{path}: member {name!r} is not a JSON object")
    return value


def _required(members: Members, name: str, path: Path) -> bytes:
    if name not in members:
        raise ProjectError(f"{path}: member {name!r} is missing")
    return members[name]


def _check_hashes(index: dict[str, Any], members: Members, path: Path) -> None:
    where = f"{path}: {INDEX}"
    listed = _field(index, "members", dict, where)
    for name, facts in listed.items():
        data = _required(members, name, path)
        if container.digest(data) != _field(facts, "sha256", str, f"{where}: members.{name}"):
            raise ProjectError(
                f"{path}: member {name!r} does not match its SHA-256: the file is damaged or was changed"
            )
    for name in [name for name in members if name not in listed and name != INDEX]:
        del members[name]  # somebody else's; what is not hashed is not read


def _field(data: Any, name: str, kind: type, where: str) -> Any:
    if not isinstance(data, dict):
        raise ProjectError(f"{where}: an object with a field '{name}' is expected")
    if name not in data:
        raise ProjectError(f"{where}: field '{name}' is missing")
    value = data[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        words = {"dict": "object", "str": "text"}.get(kind.__name__, kind.__name__)
        raise ProjectError(f"{where}: field '{name}' is of type {type(value).__name__}, expected {words}")
    return value


def _entry(data: Any, where: str) -> Entry:
    entry_id = _id(_field(data, "id", str, where), "e", where)
    return Entry(
        entry_id, _field(data, "name", str, where), _experiment(_field(data, "spec", dict, where), f"{where}.spec")
    )


def _id(value: Any, letter: str, where: str) -> str:
    if (
        not isinstance(value, str)
        or value[:1] != letter
        or not (value[1:].isascii() and value[1:].isdigit() and len(value) < 12)
    ):
        raise ProjectError(f"{where}: id {value!r} is not of the form {letter}7")
    return value


def _experiment(data: dict[str, Any], where: str) -> Experiment:
    # Imported here: the list of experiments brings torch, and the window stands before that.
    from lsviewer.experiments import EXPERIMENTS, from_json

    kind = data.get("kind")
    if kind not in (known := [kind_of(experiment) for experiment in EXPERIMENTS]):
        raise ProjectError(f"{where}: this version of lsviewer has no experiment {kind!r}; it has {', '.join(known)}")
    try:
        return from_json(data, where)
    except SpecError as error:
        raise ProjectError(str(error)) from None


def _pattern(members: Members, member: str, path: Path) -> Array:
    where = f"{path}: member {member!r}"
    values = container.from_npy(_required(members, member, path), where)
    if values.dtype.kind != "f" or values.ndim not in (1, 2, 3) or values.size == 0:
        raise ProjectError(
            f"{where}: has shape {values.shape} of {values.dtype}, a pattern of one, two or three axes is expected"
        )
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
        raise ProjectError(f"{where}: has values outside [0, 1] or not finite")
    return freeze(values)


def _run(members: Members, run_id: Any, path: Path) -> Run:
    run_id = _id(run_id, "r", f"{path}: {INDEX}: runs")
    folder = f"runs/{run_id}"
    record = _json(members, f"{folder}/run.json", path)
    where = f"{path}: {folder}/run.json"
    named = _field(record, "artifacts", list, where)
    params = (
        container.from_safetensors(members[f"{folder}/params.safetensors"], f"{path}: {folder}/params.safetensors")
        if f"{folder}/params.safetensors" in members
        else {}
    )
    artifacts = dict(
        _artifact(members, data, params, folder, path, f"{where}: artifacts.{i}") for i, data in enumerate(named)
    )
    pattern = f"{folder}/pattern.npy"
    return Run(
        id=run_id,
        entry=_field(record, "entry", str, where),
        experiment=_experiment(_field(record, "spec", dict, where), f"{where}: spec"),
        outcome=serialize.decode(Outcome, record.get("outcome"), {}, f"{where}: outcome"),
        report=serialize.decode(Report, _field(record, "report", dict, where), {}, f"{where}: report"),
        artifacts=artifacts,
        pattern=_pattern(members, pattern, path) if _field(record, "has_pattern", bool, where) else None,
        sentence=_field(record, "sentence", str, where),
        finished=_field(record, "finished", str, where),
        seconds=serialize.decode(float, record.get("seconds"), {}, f"{where}: seconds"),
        device=_field(record, "device", str, where),
        versions=serialize.decode(dict[str, str], record.get("versions"), {}, f"{where}: versions"),
    )


def _artifact(
    members: Members, data: Any, params: Mapping[str, Array], folder: str, path: Path, where: str
) -> tuple[str, Artifact]:
    name = _field(data, "name", str, where)
    kind = serialize.KINDS.get(_field(data, "kind", str, where))
    if kind is None:
        known = ", ".join(serialize.KINDS)
        raise ProjectError(f"{where}: field 'kind' is {data['kind']!r}, expected one of {known}")
    if kind is Checkpoint:
        prefix = f"{serialize.file_name(name)}/"
        arrays = {key.removeprefix(prefix): array for key, array in params.items() if key.startswith(prefix)}
    else:
        member = f"{folder}/{serialize.file_name(name)}.npz"
        arrays = container.from_npz(members[member], f"{path}: member {member!r}") if member in members else {}
    return name, serialize.decode(kind, _field(data, "fields", dict, where), arrays, where)
