"""Another label marginal P(y), chosen by hand: one class made more or less frequent, or all shares written down."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float
from pydantic import BeforeValidator, Field, field_validator
from torch import Tensor

from lsviewer.core.spec import Spec, SpecError

SLACK = 1e-6  # how far a sum of typed decimals may be from 1


def _as_text(value: Any) -> Any:
    """A list of numbers becomes the text a form shows; anything else is left for the check that follows."""
    if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, int | float) for v in value):
        return ", ".join(f"{v:.17g}" for v in value)
    return value


class Tilt(Spec):
    """One class gets a share of its own, the others keep their proportions."""

    kind: Literal["tilt"] = "tilt"
    class_index: int = Field(0, ge=0, le=999, title="Class", description="Index of the class, from 0.")
    share: float = Field(0.5, ge=0.0, le=1.0, title="Its share", description="Share of the labels, from 0 to 1.")

    def of(self, p: Float[Tensor, "classes"]) -> Float[Tensor, "classes"]:
        """Return the tilted marginal, float64; raises `SpecError` for a class that is not there."""
        if self.class_index >= len(p):
            raise SpecError(f"field 'shares.class_index' is {self.class_index}: the data has classes 0 to {len(p) - 1}")
        rest = float(1.0 - p[self.class_index])
        shares = p * ((1.0 - self.share) / rest)
        shares[self.class_index] = self.share
        return shares

    @property
    def label(self) -> str:
        return f"class {self.class_index} at {self.share:.0%}".replace("%", " %")


class Given(Spec):
    """The share of every class, which sum to 1."""

    kind: Literal["given"] = "given"
    values: Annotated[str, BeforeValidator(_as_text)] = Field(
        "0.19, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09",
        title="Shares",
        max_length=20_000,
        description="One number for each class, in order; together 1.",
    )

    @field_validator("values")
    @classmethod
    def _sums_to_one(cls, values: str) -> str:
        try:
            shares = _numbers(values)
        except ValueError:
            raise ValueError("numbers with commas between them are expected, one for each class") from None
        if len(shares) < 2 or not all(math.isfinite(share) and share >= 0.0 for share in shares):
            raise ValueError("at least two shares are expected, none of them negative")
        if abs(math.fsum(shares) - 1.0) > SLACK:
            raise ValueError(f"the shares sum to {math.fsum(shares):.6g}, a marginal sums to 1")
        return values

    def of(self, p: Float[Tensor, "classes"]) -> Float[Tensor, "classes"]:
        """Return the marginal, float64; raises `SpecError` where it has another number of classes than ``p``."""
        shares = torch.tensor(_numbers(self.values), dtype=torch.float64)
        if shares.shape != p.shape:
            raise SpecError(f"field 'shares.values' has {len(shares)} shares, the data has {len(p)} classes")
        return shares / shares.sum()

    @property
    def label(self) -> str:
        return "chosen shares"


Shares = Annotated[Tilt | Given, Field(discriminator="kind", title="Chosen P(y)")]


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.replace(",", " ").replace(";", " ").split()]


def variation(p: Float[Tensor, "classes"], q: Float[Tensor, "classes"]) -> float:
    """Return the total variation distance, half the sum of absolute differences, in [0, 1]."""
    return 0.5 * float((p - q).abs().sum())
