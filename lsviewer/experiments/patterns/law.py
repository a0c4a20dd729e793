"""How the loss changes with the label marginal where outputs ignore the input (Czarnecki et al. 2019, Observation 1), exactly.

At outputs v the loss is the mean of the losses of the classes, ``L_p = sum_c p_c l(v, c)``, so between marginals p and p'

- cross-entropy, ``l(v, c) = logsumexp(v) - v_c``: ``L_p' - L_p = -(p' - p).v``;
- squared loss on one-hot targets, ``l(v, c) = |v|² - 2 v_c + 1``: ``L_p' - L_p = -2 (p' - p).v``.

Hence ``|L_p' - L_p| <= f TV(p, p') (max_c v_c - min_c v_c)`` with f = 1 or 2, met where the moved mass goes from the largest
output to the smallest. On a ray orthogonal to p' - p the change is the same number at every point.
"""

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.losses import CrossEntropy, Squared
from lsviewer.experiments.patterns.shares import variation

ClassLoss = Annotated[CrossEntropy | Squared, Field(discriminator="kind", title="Loss")]
"""The losses the law is linear for."""

LEAST = 1e-12  # a shift of the shares below this is rounding


def factor(loss: CrossEntropy | Squared) -> float:
    """Return f: by how much the loss of a class falls with its own output, beside what all classes share."""
    return 1.0 if isinstance(loss, CrossEntropy) else 2.0


def class_losses(loss: CrossEntropy | Squared, outputs: Float[Tensor, "... classes"]) -> Float[Tensor, "... classes"]:
    """Return the loss of a sample of each class, computed in the dtype of the outputs, as float64 on the CPU."""
    outputs = outputs.cpu()
    if isinstance(loss, CrossEntropy):
        return -torch.log_softmax(outputs, -1).to(torch.float64)
    eye = torch.eye(outputs.shape[-1], dtype=outputs.dtype)
    columns = [(outputs - eye[c]).square().sum(-1) for c in range(outputs.shape[-1])]
    return torch.stack(columns, -1).to(torch.float64)


def predicted(
    loss: CrossEntropy | Squared, outputs: Float[Tensor, "... classes"], p: Float[Tensor, "classes"],
    q: Float[Tensor, "classes"],
) -> Float[Tensor, "..."]:  # fmt: skip
    """Return ``L_q - L_p`` by the law, float64."""
    return -factor(loss) * (outputs.cpu().to(torch.float64) @ (q - p))


def bound(
    loss: CrossEntropy | Squared, outputs: Float[Tensor, "... classes"], p: Float[Tensor, "classes"],
    q: Float[Tensor, "classes"],
) -> float:  # fmt: skip
    """Return the bound on ``|L_q - L_p|`` over all these outputs."""
    spread = float((outputs.amax(-1) - outputs.amin(-1)).max())
    return factor(loss) * variation(p, q) * spread


def orthogonal_ray(
    loss: CrossEntropy | Squared, p: Float[Tensor, "classes"], shifts: Float[Tensor, "k classes"]
) -> Float[Tensor, "classes"]:
    """Return a ray orthogonal to all shifts p' - p along which the loss still rises; raises `SpecError` where there is none.

    Of the unit vectors, each freed of its part along the shifts, the one on which the outputs of the classes differ most
    under p is taken: sigma'' at the start of the ray is that variance, so the pattern needs the smallest outputs there. The
    softmax does not see equal entries, so with cross-entropy these do not count; the squared loss sees them, and there the
    ray is a unit vector.
    """
    _, sizes, axes = torch.linalg.svd(shifts, full_matrices=False)
    span = axes[sizes > LEAST]
    candidates = torch.eye(len(p), dtype=torch.float64) - span.T @ span  # row c: unit vector c without its part
    if isinstance(loss, CrossEntropy):
        scores = (candidates - (candidates @ p)[:, None]).square() @ p
    else:
        scores = candidates.square().sum(1)
    best = int(scores.argmax())
    if float(scores[best]) < 1e-9:
        raise SpecError(
            f"field 'ray' is 'orthogonal': with {len(p)} classes and {len(span)} different shift{'s' * (len(span) != 1)} of P(y) "
            "no direction is left on which the loss changes; choose ray 'steepest', or more classes"
        )
    ray = candidates[best]
    return ray / ray.norm() if isinstance(loss, Squared) else ray / float(ray.max() - ray.min())
