"""Recipes: one experiment as a JSON file, values set from outside, paths that stay right when a spec moves to another folder."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lsviewer.core.experiment import Experiment
from lsviewer.core.spec import SpecError, parse

MAX_BYTES = 16 * 1024**2


def read(path: Path, settings: Sequence[str] = ()) -> Experiment:
    """Return the experiment in a recipe file, after ``settings`` such as ``network.hidden=[64, 64]``; raises `SpecError`."""
    from lsviewer.experiments import from_json  # late: it brings torch

    recipe = _read_object(path)
    for setting in settings:
        assign(recipe, setting)
    return from_json(recipe, path.name)


def _read_object(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"{path}: has {path.stat().st_size} bytes, a recipe has at most {MAX_BYTES}")
        text = path.read_text("utf-8-sig")
        recipe = json.loads(text, object_pairs_hook=_without_repeats)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {os.strerror(error.errno or 0).lower()}") from None
    except UnicodeDecodeError:
        raise SpecError(f"{path}: is not a text file in UTF-8, a JSON recipe is expected") from None
    except json.JSONDecodeError as error:
        raise SpecError(f"{path}: line {error.lineno}, column {error.colno}: not JSON: {_lower(error.msg)}") from None
    except _Repeated as error:
        raise SpecError(f"{path}: field '{error}' is given twice") from None
    except RecursionError:
        raise SpecError(f"{path}: not a recipe: nested too deeply") from None
    if not isinstance(recipe, dict):
        raise SpecError(f'{path}: holds a JSON {_kind(recipe)}, a recipe is an object such as {{"kind": "theorem1"}}')
    return recipe


class _Repeated(Exception):
    """The name of a field an object has twice."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Repeated(name)
        found[name] = value
    return found


def assign(recipe: dict[str, Any], setting: str) -> None:
    """Set one value in place: ``a.b=value``, ``a.0=value`` in lists; the value is JSON, or else text.

    What the recipe leaves out starts from the experiment's default, so that ``dataset.limit=100`` keeps the default data set;
    another ``kind`` starts that part anew.
    """
    name, equals, text = setting.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        raise SpecError(f"--set {setting!r}: NAME=VALUE is expected, as in --set network.hidden=[64,64]")
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        value = text
    if len(keys) > 1 and keys[0] not in recipe:
        default = _default(recipe, keys[0])
        recipe[keys[0]] = {} if keys[-1] == "kind" and len(keys) == 2 else default
    place: Any = recipe
    for depth, key in enumerate(keys[:-1]):
        inner = _step(place, key, ".".join(keys[:depth]), setting)
        if inner is None:
            inner = {}
            _put(place, key, inner, setting)
        place = inner
    if keys[-1] == "kind" and isinstance(place, dict) and place.get("kind", value) != value and len(keys) > 1:
        place.clear()
    _step(place, keys[-1], ".".join(keys[:-1]), setting)
    _put(place, keys[-1], value, setting)


def _step(place: Any, key: str, where: str, setting: str) -> Any:
    """Return what lies under ``key``, None where nothing does; raises `SpecError` where nothing can."""
    if isinstance(place, dict):
        return place.get(key)
    if isinstance(place, list):
        if not key.isdigit() or int(key) >= len(place):
            raise SpecError(
                f"--set {setting!r}: '{where}' is a list of {len(place)}, {key!r} is not one of its positions"
            )
        return place[int(key)]
    raise SpecError(f"--set {setting!r}: '{where}' is {place!r}, it has no field {key!r}")


def _put(place: Any, key: str, value: Any, setting: str) -> None:
    place[int(key) if isinstance(place, list) else key] = value


def _default(recipe: dict[str, Any], name: str) -> Any:
    """Return the JSON of the default of a field of the recipe's experiment, {} where there is none."""
    from lsviewer.experiments import find

    try:
        field = find(str(recipe.get("kind"))).model_fields.get(name)
    except SpecError:
        return {}
    default = field.get_default(call_default_factory=True) if field is not None and not field.is_required() else None
    return json.loads(default.model_dump_json()) if isinstance(default, BaseModel) else {}


def rebased(experiment: Experiment, old: Path, new: Path) -> Experiment:
    """Return the experiment with its relative paths, read from folder ``old`` so far, as they must be in folder ``new``.

    A file inside ``new`` stays relative, so that the folder can be moved as a whole; any other becomes absolute.
    """
    if old.resolve() == new.resolve():
        return experiment
    data = experiment.model_dump()
    _rebase(experiment, data, old.resolve(), new.resolve())
    return parse(type(experiment), data)


def _rebase(spec: BaseModel, data: dict[str, Any], old: Path, new: Path) -> None:
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if isinstance(value, BaseModel):
            _rebase(value, data[name], old, new)
        elif isinstance(value, tuple | list):
            for item, inner in zip(value, data[name]):
                if isinstance(item, BaseModel):
                    _rebase(item, inner, old, new)
        elif isinstance(value, str) and value and _is_path(field):
            found = (old / Path(value).expanduser()).resolve()
            data[name] = found.relative_to(new).as_posix() if found.is_relative_to(new) else str(found)


def _is_path(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("format") == "path"


def _kind(value: Any) -> str:
    return {list: "list", str: "text", type(None): "null", bool: "truth value"}.get(type(value), "number")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
