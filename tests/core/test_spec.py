"""Specs: what is refused, and that the sentence names source, field, value and expectation."""

from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from lsviewer.core.spec import Path, Spec, SpecError, parse, sentence


class Round(Spec):
    kind: Literal["round"] = "round"
    radius: float = Field(1.0, gt=0.0, le=10.0)


class Square(Spec):
    kind: Literal["square"] = "square"
    side: int = Field(2, ge=1)
    path: Path = ""


class Drawing(Spec):
    shape: Annotated[Round | Square, Field(discriminator="kind")] = Round()
    sizes: tuple[Annotated[int, Field(ge=1)], ...] = (1,)
    count: int


def complaint(data: Any, source: str = "") -> str:
    with pytest.raises(SpecError) as caught:
        parse(Drawing, data, source)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"count": 1, "colour": 2}, "r.json: unknown field 'colour'"),
        ({}, "r.json: field 'count' is missing"),
        ({"count": "many"}, "r.json: field 'count' is 'many': input should be a valid integer"),
        ({"count": 1.5}, "r.json: field 'count' is 1.5: input should be a valid integer"),
        ({"count": 1, "shape": {"kind": "round", "radius": -1}}, "r.json: field 'shape.radius' is -1: input should be greater"),
        ({"count": 1, "shape": {"kind": "round", "radius": float("nan")}}, "r.json: field 'shape.radius' is nan"),
        ({"count": 1, "shape": {"kind": "round", "side": 3}}, "r.json: unknown field 'shape.side'"),
        ({"count": 1, "shape": {"kind": "oval"}}, "r.json: field 'shape.kind' is 'oval': there are round, square"),
        ({"count": 1, "shape": {"radius": 2}}, "r.json: field 'shape.kind' is missing"),
        ({"count": 1, "shape": 7}, "r.json: field 'shape' is 7"),
        ({"count": 1, "shape": {"kind": "square", "path": 3}}, "r.json: field 'shape.path' is 3: input should be a valid string"),
        ({"count": 1, "sizes": [1, 0]}, "r.json: field 'sizes.1' is 0: input should be greater than or equal to 1"),
        (7, "r.json: the recipe is 7"),
        ([], "r.json: the recipe: input should be"),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_sentence_with_its_place(data: Any, expected: str) -> None:
    said = complaint(data, "r.json")
    assert said.startswith(expected)
    assert "\n" not in said


def test_a_kind_that_is_also_a_field_keeps_its_place() -> None:
    # the union's kind is left out of the location only where the data has no such key
    class Box(Spec):
        round: Annotated[Round | Square, Field(discriminator="kind")] = Round()

    with pytest.raises(SpecError, match=r"^field 'round.radius' is 99"):
        parse(Box, {"round": {"kind": "round", "radius": 99}})


def test_a_sentence_without_the_data_names_the_whole_location() -> None:
    with pytest.raises(ValidationError) as caught:
        Drawing.model_validate({"count": 1, "shape": {"kind": "round", "radius": 99}})
    assert sentence(caught.value).startswith("field 'shape.round.radius' is 99")


def test_replace_validates_and_leaves_the_old_value_alone() -> None:
    old = Drawing(count=1)
    new = old.replace(count=2)
    assert (old.count, new.count, new.shape) == (1, 2, old.shape)
    with pytest.raises(ValidationError):
        old.replace(sizes=(0,))
    with pytest.raises(ValidationError):
        old.replace(unknown=1)


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Drawing(count=1).count = 2  # type: ignore[misc]


def test_json_there_and_back_is_the_same_value() -> None:
    drawing = Drawing(count=3, shape=Square(side=4), sizes=(1, 2))
    assert Drawing.model_validate_json(drawing.model_dump_json()) == drawing


def test_a_path_object_becomes_text() -> None:
    assert Square(path=FilePath("a") / "b.npy").path == str(FilePath("a/b.npy"))  # type: ignore[arg-type]
