"""Which hidden layer carries the coordinates of a section, with which of its units, and along which directions.

The proof of Theorem 1 (Czarnecki et al. 2019, section 2) sets the weights into one layer to 0 and moves its biases;
nothing in it asks for the first layer, for the first units, or for directions along single units: "arbitrary
combinations" will do. A *frame* is a stack of orthogonal z x z matrices, one for every block of z units: unit n of block
b moves by ``scale * frame[b, n, i]`` when alpha_i goes from 0 to 1. So the directions are orthogonal and equally long, and each
block alone knows all coordinates.
"""

import math
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from pydantic.config import JsonDict
from torch import Tensor

from lsviewer.core.spec import Spec, SpecError

Unit = Annotated[int, Field(ge=0, le=65535)]
CHOSEN: JsonDict = {"only_when": {"units": "chosen"}}


class Carrier(Spec):
    """Base: the layer and its units. ``frame`` is None where the knots themselves are moved."""

    layer: int = Field(
        1, ge=1, le=64, title="Layer",
        description="Hidden layer whose biases move. Weights into it are 0; layers below stay an ordinary initialised network.",
    )  # fmt: skip
    units: Literal["first", "spread", "random", "chosen"] = Field(
        "first",
        title="Units",
        description="Which units of the layer carry: the first, every so many, drawn by lot, or these.",
    )
    chosen: tuple[Unit, ...] = Field(
        (), max_length=65536, title="These", description="Numbers of the units that carry, the first unit is 0.",
        json_schema_extra=CHOSEN,
    )  # fmt: skip

    def frame(self, z: int, generator: torch.Generator) -> Float[Tensor, "blocks z z"] | None:
        """Return how the units are moved, float64; raises `SpecError` where z axes cannot be."""
        raise NotImplementedError

    @property
    def mixes(self) -> bool:
        """Whether the layer carries mixed coordinates, which the next one takes apart."""
        return True

    def places(self, count: int, width: int, generator: torch.Generator) -> Tensor:
        """Return the numbers of the ``count`` units that carry, of ``width``; raises `SpecError` where they are not there."""
        if count > width:
            raise SpecError(f"hidden {self.layer} has {width} units, its directions move {count}")
        match self.units:
            case "first":
                return torch.arange(count)
            case "spread":
                return torch.arange(count) * width // count
            case "random":
                return torch.randperm(width, generator=generator)[:count]
        if len(set(self.chosen)) < len(self.chosen):
            twice = next(unit for unit in self.chosen if self.chosen.count(unit) > 1)
            raise SpecError(f"field 'directions.chosen' names unit {twice} twice")
        if len(self.chosen) != count:
            raise SpecError(f"field 'directions.chosen' names {len(self.chosen)} units, here {count} carry")
        if (largest := max(self.chosen)) >= width:
            raise SpecError(
                f"field 'directions.chosen' names unit {largest}: hidden {self.layer} has {width}, from 0 on"
            )
        return torch.tensor(self.chosen)


class Aligned(Carrier):
    """Every direction moves units of its own, all of them alike."""

    kind: Literal["aligned"] = "aligned"
    each: int | None = Field(
        None, ge=1, le=4096, title="Units per axis",
        description="Units that a direction moves; empty: one for every grid point, which saves a layer.",
    )  # fmt: skip

    def frame(self, z: int, generator: torch.Generator) -> Float[Tensor, "blocks z z"] | None:
        return None if self.each is None else torch.eye(z, dtype=torch.float64).repeat(self.each, 1, 1)

    @property
    def mixes(self) -> bool:
        return self.each is not None

    @property
    def label(self) -> str:
        return _words("aligned", self.layer)


class Rotated(Carrier):
    """Two directions, turned by an angle against the axes of the units: each unit is moved by both."""

    kind: Literal["rotated"] = "rotated"
    angle: float = Field(
        30.0, ge=-180.0, le=180.0, title="Angle", description="Of direction 1 against its units.",
        json_schema_extra={"unit": "degrees"},
    )  # fmt: skip
    each: int = Field(1, ge=1, le=4096, title="Units per axis", description="Pairs of units that are turned alike.")

    def frame(self, z: int, generator: torch.Generator) -> Float[Tensor, "blocks z z"]:
        if z != 2:
            raise SpecError(
                f"field 'directions' is 'rotated', which takes two axes, and the pattern has {z}; choose 'random'"
            )
        turn = math.radians(self.angle)
        cos, sin = math.cos(turn), math.sin(turn)
        block = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
        return torch.where(block.abs() < 1e-15, 0.0, block).repeat(self.each, 1, 1)  # cos 90° is 6e-17

    @property
    def label(self) -> str:
        return _words("rotated", self.layer) if self.layer > 1 else f"rotated {self.angle:g}°"


class RandomFrame(Carrier):
    """Orthogonal directions drawn by lot: every direction moves every carrying unit, each by another value."""

    kind: Literal["random"] = "random"
    each: int = Field(
        4, ge=2, le=16, title="Units per axis", description="So many blocks of units are turned at random."
    )

    def frame(self, z: int, generator: torch.Generator) -> Float[Tensor, "blocks z z"]:
        noise = torch.randn(self.each, z, z, dtype=torch.float64, generator=generator)
        basis, triangle = torch.linalg.qr(noise)
        return basis * triangle.diagonal(dim1=1, dim2=2).sign()[:, None]  # uniform over rotations and reflections

    @property
    def label(self) -> str:
        return _words("random", self.layer)


Directions = Annotated[Aligned | Rotated | RandomFrame, Field(discriminator="kind")]


ALIGNED = Aligned()


def _words(what: str, layer: int) -> str:
    return what if layer == 1 else f"{what}, layer {layer}"
