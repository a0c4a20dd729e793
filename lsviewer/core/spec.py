"""What a user can choose: a frozen, bounded, callable value that is its own form, recipe, undo snapshot and help text."""

from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Path = Annotated[str, BeforeValidator(str), Field(json_schema_extra={"format": "path"})]
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
        raise SpecError(sentence(error, source)) from None


def sentence(error: ValidationError, source: str = "") -> str:
    """Return the first problem of a pydantic error as one sentence: source, field, value, what was expected."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    where = f"{source}: " if source else ""
    if first["type"] == "extra_forbidden":
        return f"{where}unknown field '{field}'"
    if first["type"] == "missing":
        return f"{where}field '{field}' is missing"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    value = first.get("input")
    shown = "" if isinstance(value, dict | list | tuple | BaseModel) else f" is {value!r}"
    name = f"field '{field}'" if field else "the recipe"
    return f"{where}{name}{shown}: {message}"
