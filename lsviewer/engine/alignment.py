"""The same network with its hidden units in another order: the one closest to a given network.

Permuting the units of a hidden layer, with the rows of its weights and the columns of the next, changes nothing the
network computes; with an odd activation neither does flipping the sign of a unit. So of two networks one is brought
as near to the other as possible before they are compared: layer by layer the best assignment (Hungarian algorithm) of
units by the products of their weights, in and out, with the other layers held fixed, until nothing changes (weight
matching, Ainsworth, Hayase and Srinivasa 2023, algorithm 1, with signs).
"""

from collections.abc import Mapping

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params

ODD = ("tanh", "sine", "atan", "erf", "softsign", "identity", "tanh_cubed")
SWEEPS = 20


def align(network: Mlp, params: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> Params:
    """Return ``params`` with units permuted, and flipped where the activation is odd, to lie near ``target``."""
    found: Params = {name: value.clone() for name, value in params.items()}
    signed = network.activation.kind in ODD
    for _ in range(SWEEPS):
        changed = False
        for layer in range(len(network.hidden)):
            below, above = 2 * layer, 2 * layer + 2
            likeness = (
                target[f"{below}.weight"] @ found[f"{below}.weight"].T
                + torch.outer(target[f"{below}.bias"], found[f"{below}.bias"])
                + target[f"{above}.weight"].T @ found[f"{above}.weight"]
            )
            score = likeness.abs() if signed else likeness
            _, order = linear_sum_assignment(score.cpu().numpy(), maximize=True)
            units = torch.from_numpy(order).to(likeness.device)
            sign = torch.ones(len(units), dtype=likeness.dtype, device=likeness.device)
            if signed:
                sign = torch.where(likeness[torch.arange(len(units), device=units.device), units] < 0, -sign, sign)
            if bool((units == torch.arange(len(units), device=units.device)).all()) and bool((sign > 0).all()):
                continue
            changed = True
            found[f"{below}.weight"] = found[f"{below}.weight"][units] * sign[:, None]
            found[f"{below}.bias"] = found[f"{below}.bias"][units] * sign
            found[f"{above}.weight"] = found[f"{above}.weight"][:, units] * sign
        if not changed:
            break
    return found
