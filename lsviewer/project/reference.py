"""What can be set in an experiment, as text: every field with type, bounds and default, unions by kind, from its schema."""

import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from lsviewer.core.experiment import Experiment

Schema = dict[str, Any]
BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))


def statement(experiment: type[Experiment]) -> str:
    """Return what the experiment states and shows: its docstring without indentation."""
    return inspect.cleandoc(experiment.__doc__ or "")


def first_sentence(experiment: type[Experiment]) -> str:
    """Return the first sentence of the statement, for lists; cut where it is long."""
    paragraph = statement(experiment).partition("\n\n")[0]
    return textwrap.shorten(re.split(r"[.:](?:\s|$)", paragraph, maxsplit=1)[0], 96, placeholder=" …")


def describe(experiment: type[Experiment]) -> str:
    """Return the whole reference of one experiment."""
    kind = experiment.model_fields["kind"].default
    source = ", ".join(part for part in (experiment.paper, experiment.place) if part)
    parts = [f"{kind}: {experiment.title}", f"source: {source}", "", statement(experiment)]
    if experiment.formula:
        parts += ["", f"formula (LaTeX): {experiment.formula}"]
    if experiment.caveats:
        parts += ["", "caveats", *(f"- {caveat}" for caveat in experiment.caveats)]
    return "\n".join([*parts, "", "fields", *fields(experiment)])


def as_json(experiment: type[Experiment]) -> dict[str, Any]:
    """Return the same as data; ``schema`` is JSON Schema."""
    return {
        "kind": experiment.model_fields["kind"].default,
        "title": experiment.title,
        "paper": experiment.paper,
        "place": experiment.place,
        "statement": statement(experiment),
        "formula": experiment.formula,
        "caveats": list(experiment.caveats),
        "uses_pattern": experiment.uses_pattern,
        "schema": experiment.model_json_schema(),
    }


def fields(experiment: type[Experiment]) -> list[str]:
    """Return one line per field; the fields of a union's members stand below their kind, each kind once."""
    schema = experiment.model_json_schema()
    told: set[str] = set()
    return list(_fields(schema, schema.get("$defs", {}), "  ", told))


def _fields(schema: Schema, defs: dict[str, Schema], indent: str, told: set[str]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        if name == "kind":
            continue
        default = "required" if name in required else f"default {_default(field)}"
        title = field.get("title", "")
        about = ". ".join(text.rstrip(".") for text in (title, field.get("description", "")) if text)
        yield f"{indent}{name:<14} {_type(field, defs)}, {default}" + (f"  | {about}" if about else "")
        for member in _members(field, defs):
            kind = member.get("properties", {}).get("kind", {}).get("const", member.get("title"))
            summary = member.get("description", "").partition("\n")[0]
            inner = [key for key in member.get("properties", {}) if key != "kind"]
            if inner and kind in told:
                yield f"{indent}    {kind:<14} as above"
                continue
            told.add(str(kind))
            yield f"{indent}    {kind:<14} {summary}".rstrip()
            yield from _fields(member, defs, indent + "        ", told)


def _members(field: Schema, defs: dict[str, Schema]) -> list[Schema]:
    """Return the object schemas a field may hold: one, or those of a union."""
    if "$ref" in field:
        return [defs[field["$ref"].rpartition("/")[2]]]
    options = field.get("oneOf") or field.get("anyOf") or field.get("allOf") or []
    return [member for option in options for member in _members(option, defs)]


def _type(field: Schema, defs: dict[str, Schema]) -> str:
    """Return type and bounds in words: ``integer ≥ 2, ≤ 512``."""
    if "const" in field:
        return json.dumps(field["const"])
    if "enum" in field:
        return " | ".join(json.dumps(value) for value in field["enum"])
    if "$ref" in field or "oneOf" in field:
        members = _members(field, defs)
        kinds = [
            str(member.get("properties", {}).get("kind", {}).get("const", member.get("title"))) for member in members
        ]
        return "object" + (f" with kind {' | '.join(kinds)}" if len(kinds) > 1 else f" of kind {kinds[0]}")
    if options := field.get("anyOf") or field.get("allOf"):
        return " or ".join(dict.fromkeys(_type(option, defs) for option in options))
    if field.get("type") == "array":
        return _array(field, defs)
    kind = str(field.get("type", "any value"))
    kind = {"string": "path" if field.get("format") == "path" else "text", "boolean": "true | false"}.get(kind, kind)
    bounds = [f"{sign} {field[key]:.12g}" for key, sign in BOUNDS if key in field]
    if "maxLength" in field:
        bounds.append(f"at most {field['maxLength']} characters")
    return " ".join([kind, ", ".join(bounds)]).strip()


def _array(field: Schema, defs: dict[str, Schema]) -> str:
    low, high = field.get("minItems"), field.get("maxItems")
    if "prefixItems" in field:
        return f"list of {len(field['prefixItems'])}: " + ", ".join(_type(item, defs) for item in field["prefixItems"])
    count = f"{low} to {high} " if low and high else f"at most {high} " if high else f"at least {low} " if low else ""
    return f"list of {count}({_type(field.get('items', {}), defs)})"


def _default(field: Schema) -> str:
    value = field.get("default")
    if isinstance(value, dict) and "kind" in value:
        rest = {key: item for key, item in value.items() if key != "kind"}
        return str(value["kind"]) + (f" {json.dumps(rest, ensure_ascii=False)}" if rest else "")
    return json.dumps(value, ensure_ascii=False)
