"""What a user can choose: a frozen, bounded, callable value that is its own form, recipe, undo snapshot and help text."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError


def _as_text(value: Any) -> Any:
    """Paths become text; anything else is left for the check that follows."""
    return os.fspath(value) if isinstance(value, os.PathLike) else value


Path = Annotated[str, BeforeValidator(_as_text), Field(json_schema_extra={"format": "path"})]
"""A file path as text; relative ones are read from the folder of the recipe or project (``Files.resolve``)."""


class SpecError(ValueError):
    """One clear sentence about a value a user chose: where, what it is, what was expected."""


class Spec(BaseModel):
    """Base of everything a user can choose. Subclasses add ``kind: Literal[...]`` and bounded fields.

    Every field carries ``title`` (its label in forms) and, where the title is not enough, ``description`` (tooltip, help).
    ``json_schema_extra`` may hold ``{"unit": "px"}``, ``{"step": 0.1}``, ``{"log": True}`` for forms, and
    ``{"only_when": {"method": "train"}}`` for a field that matters only beside another value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with ``changes``, validated (pydantic's ``model_copy`` does not validate)."""
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    @property
    def label(self) -> str:
        """A few words for lists and buttons; subclasses say it better."""
        return str(getattr(self, "kind", type(self).__name__)).replace("_", " ")


S = TypeVar("S", bound=Spec)


def parse(spec: type[S], data: Any, source: str = "") -> S:
    """Return ``data`` as ``spec``; raises `SpecError` with one sentence naming source, field, value and expectation."""
    try:
        return spec.model_validate(data)
    except ValidationError as error:
        raise SpecError(sentence(error, source, data)) from None


def sentence(error: ValidationError, source: str = "", data: Any = None) -> str:
    """Return the first problem of a pydantic error as one sentence: source, field, value, what was expected.

    With the ``data`` that was parsed, the field is named as it stands there (pydantic puts the kinds of unions in between).
    """
    first = error.errors(include_url=False)[0]
    where = f"{source}: " if source else ""
    field = ".".join(map(str, _location(first["loc"], data, keep_last=first["type"] in ("missing", "extra_forbidden"))))
    if first["type"] == "extra_forbidden":
        return f"{where}unknown field '{field}'"
    if first["type"] == "missing":
        return f"{where}field '{field}' is missing"
    if first["type"] == "union_tag_not_found":
        return f"{where}field '{field}.kind' is missing"
    if first["type"] == "union_tag_invalid":
        context = first.get("ctx", {})
        known = str(context.get("expected_tags", "")).replace("'", "")
        return f"{where}field '{field}.kind' is {context.get('tag')!r}: there are {known}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    value = first.get("input")
    shown = "" if isinstance(value, dict | list | tuple | BaseModel) else f" is {value!r}"
    name = f"field '{field}'" if field else "the recipe"
    return f"{where}{name}{shown}: {message}"


def _location(location: tuple[int | str, ...], data: Any, *, keep_last: bool) -> list[int | str]:
    """Return the parts of a location that ``data`` has, without the kinds pydantic adds; all of them where data is None."""
    if data is None:
        return list(location)
    kept: list[int | str] = []
    for k, part in enumerate(location):
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, BaseModel) and part in type(data).model_fields:
            data = getattr(data, str(part))
        elif isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif not (keep_last and k == len(location) - 1):
            continue
        kept.append(part)
    return kept
