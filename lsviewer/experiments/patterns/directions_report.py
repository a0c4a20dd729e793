"""What a run on a section of Theorem 1 asserts about its directions: what they move, that they are orthogonal, how they lie.

Tolerances. Entries are rounded once to the dtype of the run, relative to their size: the cosine between two directions is off
by at most 2 eps, their angle to the axes by as much in radians; 16 eps is allowed for either.
"""

import math

import torch
from torch import Tensor

from lsviewer.core.claims import Claim, Number, Verdict, at_least, at_most
from lsviewer.experiments.patterns.carrier import RandomFrame, Rotated
from lsviewer.experiments.patterns.found import Found

AWAY = 1.0  # degrees from every axis that make a random frame count as not aligned


def direction_claims(found: Found) -> tuple[Claim, ...]:
    """Return the claims on the directions; a single one is at right angles to nothing."""
    several = (orthogonal(found),) if len(found.directions) > 1 else ()
    return biases_only(found), *several, as_stated(found)


def direction_numbers(found: Found) -> dict[str, Number]:
    """Return the layer that carries, how many biases move, and the largest cosine between two directions."""
    moves = _full(found)
    return {
        "carrying_layer": found.carrier.layer,
        "carrying_units": int((moves != 0).any(0).sum()),
        "direction_cosine": _cosine(moves),
    }


def biases_only(found: Found) -> Claim:
    """The directions move biases of the carrying layer and nothing else."""
    layer = found.carrier.layer
    wanted = _bias(layer)
    elsewhere = sum(
        int((value != 0).sum()) for direction in found.directions for name, value in direction.items() if name != wanted
    )
    counts = [int((direction[wanted] != 0).sum()) if wanted in direction else 0 for direction in found.directions]
    what = "first-layer biases" if layer == 1 else f"biases of hidden layer {layer}"
    return at_most(
        f"The directions move {what} only", elsewhere, 0, expected="= 0",
        reason=f"Entries of the directions outside the biases of hidden layer {layer} that are not 0 (eq. 10).",
        evidence=tuple((f"biases moved by θ{'₁₂₃'[k]}", count) for k, count in enumerate(counts)),
    )  # fmt: skip


def orthogonal(found: Found) -> Claim:
    """Any two directions are at right angles."""
    moves = _full(found)
    return at_most(
        "The directions are orthogonal", _cosine(moves), 16 * torch.finfo(found.dtype).eps, expected="= 0",
        reason="Largest cosine between two directions, over all parameters.",
        evidence=tuple((f"length of θ{'₁₂₃'[k]}", float(length)) for k, length in enumerate(moves.norm(dim=1))),
    )  # fmt: skip


def as_stated(found: Found) -> Claim:
    """The directions lie as the carrier says: along single units, turned by an angle, or along no unit."""
    moves, carrier = _full(found), found.carrier
    if isinstance(carrier, Rotated):
        return _turned(found, carrier)
    if isinstance(carrier, RandomFrame):
        return _away(moves)
    values = tuple((f"values in θ{'₁₂₃'[k]}", len(row[row != 0].unique())) for k, row in enumerate(moves))
    return at_most(
        "The directions are axis aligned", int(((moves != 0).sum(0) > 1).sum()), 0, expected="= 0",
        reason="Biases that more than one direction moves.",
        evidence=(("biases moved", int((moves != 0).any(0).sum())), *values),
    )  # fmt: skip


def _turned(found: Found, carrier: Rotated) -> Claim:
    """The angle is read off every unit, so one that is moved by a wrong value or with a wrong sign is seen."""
    one, two = (direction[_bias(carrier.layer)].cpu().double()[list(found.places)] for direction in found.directions)
    even, odd = torch.atan2(-two[0::2], one[0::2]), torch.atan2(one[1::2], two[1::2])
    asked = math.radians(carrier.angle)
    off = torch.cat([even, odd]) - asked
    off = torch.atan2(off.sin(), off.cos())  # 180° and -180° are the same
    bound = math.degrees(16 * torch.finfo(found.dtype).eps)
    largest = math.degrees(float(off.abs().max()))
    return Claim(
        f"The directions are turned by {carrier.angle:g}° against the axes", f"= {carrier.angle:g}°",
        carrier.angle + math.degrees(float(off.mean())), bound,
        Verdict.HOLDS if largest <= bound else Verdict.FAILS,
        "Not axis aligned: the angle of direction 1, read off the two values by which the directions move each unit.", "°",
        (("largest difference", largest), ("biases moved", len(found.places))),
    )  # fmt: skip


def _away(moves: Tensor) -> Claim:
    cosine = float((moves.abs().amax(1) / moves.norm(dim=1)).max())
    return at_least(
        "The directions are not axis aligned", math.degrees(math.acos(min(1.0, cosine))), AWAY, expected=f"≥ {AWAY:g}°",
        unit="°", reason="Smallest angle between a direction and an axis of parameter space.",
    )  # fmt: skip


def _cosine(moves: Tensor) -> float:
    """Return the largest cosine between two rows, 0 for a single one."""
    unit = moves / moves.norm(dim=1, keepdim=True)
    return float((unit @ unit.T).fill_diagonal_(0.0).abs().max())


def _full(found: Found) -> Tensor:
    """Return the directions as rows over all parameters, float64."""
    names = [name for name in found.origin if any(name in direction for direction in found.directions)]
    rows = [
        torch.cat(
            [direction.get(name, torch.zeros_like(found.origin[name])).flatten().cpu().double() for name in names]
        )
        for direction in found.directions
    ]
    return torch.stack(rows)


def _bias(layer: int) -> str:
    return f"{2 * (layer - 1)}.bias"
