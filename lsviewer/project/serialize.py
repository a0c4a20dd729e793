"""Frozen values as JSON and arrays, and back: one pair of functions for claims, reports and every artifact.

``encode`` follows a dataclass field by field and puts arrays aside under a path such as ``series.0.y``; ``decode`` follows the
type hints of the same dataclass, so a field added there is saved without a line here. Floats keep every digit; a number that is
not finite becomes ``{"float": "nan"}``, since JSON knows none.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import quote

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Diagram, Picture, Section, Spectrum, Trajectory
from lsviewer.project.document import ProjectError

Arrays = dict[str, Array]

KINDS: dict[str, type[Artifact]] = {
    "section": Section, "curve": Curve, "spectrum": Spectrum, "picture": Picture, "trajectory": Trajectory,
    "checkpoint": Checkpoint, "diagram": Diagram,
}  # fmt: skip


NOT_FINITE = ("nan", "inf", "-inf")


def kind_of(artifact: Artifact) -> str:
    """Return the artifact's kind as files and the command line say it: ``section``."""
    return type(artifact).__name__.lower()


def shape_of(artifact: Artifact) -> list[int]:
    """Return the shape of what an artifact shows; parameters and directions for a checkpoint, series and points for a curve,
    layers and blocks for a diagram.
    """
    match artifact:
        case Section() | Spectrum():
            return list(artifact.values.shape)
        case Picture():
            return list(artifact.pixels.shape)
        case Trajectory():
            return list(artifact.points.shape)
        case Curve():
            return [len(artifact.series), max((len(series.x) for series in artifact.series), default=0)]
        case Checkpoint():
            return [1 + len(artifact.directions), artifact.size]
        case Diagram():
            return [len(artifact.layers), len(artifact.blocks)]


def file_name(name: str) -> str:
    """Return ``name`` percent-encoded as one part of a file or member name; it never starts with a dot."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted or "%"


def encode(value: Any, arrays: Arrays, path: str = "") -> Any:
    """Return ``value`` as JSON; arrays go into ``arrays`` and are named ``{"array": path}`` in their place."""
    if value is None or isinstance(value, bool | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    if isinstance(value, np.generic):
        return encode(value.item(), arrays, path)
    if isinstance(value, int | float):
        return value if math.isfinite(value) else {"float": str(float(value))}
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: encode(getattr(value, field.name), arrays, _join(path, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): encode(item, arrays, _join(path, str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item, arrays, _join(path, str(i))) for i, item in enumerate(value)]
    raise TypeError(f"{path}: a {type(value).__name__} cannot be saved")


def decode(hint: Any, data: Any, arrays: Mapping[str, Array], where: str) -> Any:
    """Return what ``encode`` wrote as a value of type ``hint``; raises `ProjectError` naming ``where`` and the field."""
    origin, options = get_origin(hint), get_args(hint)
    if hint is Any:
        return _plain(data, where)
    if hint == Array:
        return _array(data, arrays, where)
    if origin is Union or isinstance(hint, types.UnionType):
        return _decode_union(options, data, arrays, where)
    if origin is Literal:
        if data not in options:
            raise ProjectError(f"{where} is {data!r}, expected one of {', '.join(map(repr, options))}")
        return data
    if origin is tuple:
        items = _of_type(list, data, where)
        hints = [options[0]] * len(items) if options[1:] == (...,) else list(options)
        if len(hints) != len(items):
            raise ProjectError(f"{where} has {len(items)} entries, {len(hints)} are expected")
        return tuple(decode(hints[i], item, arrays, f"{where}.{i}") for i, item in enumerate(items))
    if origin is not None and issubclass(origin, Mapping):
        entries = _of_type(dict, data, where)
        return {key: decode(options[1], item, arrays, f"{where}.{key}") for key, item in entries.items()}
    if dataclasses.is_dataclass(hint):
        return _decode_dataclass(hint, data, arrays, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError:
            known = ", ".join(str(member.value) for member in hint)
            raise ProjectError(f"{where} is {data!r}, expected one of {known}") from None
    return _decode_scalar(hint, data, where)


def _decode_dataclass(kind: Any, data: Any, arrays: Mapping[str, Array], where: str) -> Any:
    entries = _of_type(dict, data, where)
    hints = _hints(kind)
    for name in entries:
        if name not in hints:
            raise ProjectError(f"{where}: unknown field '{name}'")
    values = {name: decode(hints[name], item, arrays, f"{where}.{name}") for name, item in entries.items()}
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:
        # A missing field is a TypeError, arrays that do not fit each other a ValueError; both say which.
        text = str(error).replace(f"{kind.__name__}.__init__() ", "").replace("positional argument", "field")
        raise ProjectError(f"{where}: {text}") from None


def _decode_union(options: tuple[Any, ...], data: Any, arrays: Mapping[str, Array], where: str) -> Any:
    if data is None and types.NoneType in options:
        return None
    wanted = [option for option in options if option is not types.NoneType]
    if len(wanted) == 1:
        return decode(wanted[0], data, arrays, where)
    if isinstance(data, str):
        return decode(str if str in wanted else wanted[0], data, arrays, where)
    if isinstance(data, bool) and int in wanted:
        return data  # Python's True is an int, and experiments report it as a number
    # int | float, the only other union of the artifacts: an int stays an int
    return decode(int if isinstance(data, int) and int in wanted else float, data, arrays, where)


def _decode_scalar(hint: Any, data: Any, where: str) -> Any:
    if hint is float:
        if isinstance(data, dict):
            return _not_finite(data, where)
        return _of_type((int, float), data, where)  # an int where a float is meant stays one: exact
    return _of_type(hint, data, where)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _array(data: Any, arrays: Mapping[str, Array], where: str) -> Array:
    name = _of_type(dict, data, where).get("array")
    if not isinstance(name, str) or name not in arrays:
        raise ProjectError(f"{where}: its array {name!r} is missing")
    return arrays[name]


def _plain(data: Any, where: str) -> Any:
    """Return JSON values with the marked numbers that are not finite put back."""
    if isinstance(data, dict):
        if len(data) == 1 and data.get("float") in NOT_FINITE:
            return _not_finite(data, where)
        return {key: _plain(item, f"{where}.{key}") for key, item in data.items()}
    if isinstance(data, list):
        return [_plain(item, f"{where}.{i}") for i, item in enumerate(data)]
    return data


def _not_finite(data: dict[str, Any], where: str) -> float:
    text = data.get("float")
    if text not in NOT_FINITE:
        raise ProjectError(f"{where} is {data!r}, expected a number")
    return float(text)


def _of_type(kind: Any, data: Any, where: str) -> Any:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(data, kind) or (isinstance(data, bool) and bool not in kinds):
        names = " or ".join({"dict": "object", "str": "text"}.get(k.__name__, k.__name__) for k in kinds)
        shown = f"a {type(data).__name__}" if isinstance(data, dict | list) else repr(data)
        raise ProjectError(f"{where} is {shown}, expected {names}")
    return data


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
