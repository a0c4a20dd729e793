"""Random features of the input, and units above them that answer every training sample exactly.

Czarnecki et al. 2019, Theorem 2: the first layer's columns that do not carry h are random, ``phi(x) = relu(W x + b)``, and
stay so. Above them

- classes: m units ``a_c = relu(1 - u_c(phi))`` with u affine, ``u_c >= 1`` for the sample's class and ``u_c <= 0`` for all
  others. Then a_c is exactly 0 for the class, in floating point too, and at least 1 elsewhere. u comes from a least-squares
  start and L-BFGS on the squared hinge, in coordinates where the features are white: about twenty evaluations for 4000 digits.
- numbers: 2 l units ``relu(u), relu(-u)`` with ``u = y`` on the training set, by least squares; as many features as samples
  are needed.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.core.spec import SpecError
from lsviewer.engine.data import Data

HIGH, LOW = 1.05, -0.05  # asked of u, beyond the 1 and 0 that are needed
MARGIN = 1e-3  # of the 0.05 must be left when the search ends, for the rounding of float32
RIDGES = (1e-3, 1e-6)  # of the mean variance of a feature; the second where the first does not separate
EVALUATIONS = 400


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Layer 1 on x, the units of layer 2 above it, and for numbers how to read the answer; float64."""

    weight: Float[Tensor, "features inputs"]
    bias: Float[Tensor, "features"]
    above: Float[Tensor, "units features"]
    above_bias: Float[Tensor, "units"]


def random_features(data: Data, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return weight (count, inputs) as a network starts, and biases as wide as the projections of the data, float64."""
    x = data.x.flatten(1).to(torch.float64)
    weight = torch.randn(count, data.inputs, generator=generator, dtype=torch.float64) * (2.0 / data.inputs) ** 0.5
    weight = weight.to(torch.float32).to(torch.float64)  # so that float32 has the very same features
    spread = (x[:2048] @ weight.T).std()
    bias = 0.5 * spread * torch.randn(count, generator=generator, dtype=torch.float64)
    return weight, bias.to(torch.float32).to(torch.float64)


def find_answers(data: Data, count: int, generator: torch.Generator) -> Step[Answers]:
    """Return the answers to all training samples; raises `SpecError` where the features do not suffice."""
    weight, bias = random_features(data, count, generator)
    yield Progress(0.1, f"{count} random features of {len(data)} samples")
    features = torch.relu(data.x.flatten(1).to(torch.float64) @ weight.T + bias)
    if data.classes is None:
        above, above_bias = _interpolate(features, data.y.to(torch.float64))
        return Answers(weight, bias, torch.cat([above, -above]), torch.cat([above_bias, -above_bias]))
    yield Progress(0.2, "separating the classes")
    signs = 2.0 * torch.nn.functional.one_hot(data.y, data.classes).to(torch.float64) - 1.0
    for ridge in RIDGES:
        u, constant, left = yield from _separate(features, signs, ridge)
        if not left:
            return Answers(weight, bias, -u.T.contiguous(), 1.0 - constant)
    raise SpecError(
        f"field 'network.hidden': the {count} random features in hidden 1 do not separate the classes of all {len(data)} "
        f"training samples, {left} are left; widen hidden 1, or lower 'dataset.limit'"
    )


def _separate(
    features: Float[Tensor, "N p"], signs: Float[Tensor, "N m"], ridge: float
) -> Step[tuple[Tensor, Tensor, int]]:
    """Return weights (p, m) and constants (m,) of u, and how many samples are not answered."""
    samples, classes = signs.shape
    mean = features.mean(0)
    centred = features - mean
    covariance = centred.T @ centred / samples
    covariance += ridge * covariance.diagonal().mean() * torch.eye(len(mean), dtype=torch.float64)
    factor = torch.linalg.cholesky(covariance)
    white = torch.linalg.solve_triangular(factor, centred.T, upper=False).T
    white = torch.cat([white, torch.ones(samples, 1, dtype=torch.float64)], 1).contiguous()
    wanted = torch.where(signs > 0, HIGH, LOW).to(torch.float64)
    needed = torch.where(signs > 0, 1.0 + MARGIN, -MARGIN).to(torch.float64)
    here = white.T @ wanted / samples  # least squares: the coordinates are white

    def left(u: Tensor) -> int:
        return int((signs * (needed - white @ u) > 0).any(1).sum())

    def hinge(flat: Array) -> tuple[float, Array]:
        short = torch.relu(signs * (wanted - white @ torch.from_numpy(flat.reshape(-1, classes))))
        return float(short.square().sum()) / samples, (white.T @ (-2.0 * signs * short) / samples).numpy().ravel()

    done = 0
    while done < EVALUATIONS:  # in pieces, so that a run can be stopped
        found = minimize(
            hinge, here.numpy().ravel(), jac=True, method="L-BFGS-B",
            options={"maxiter": 12, "maxcor": 20, "ftol": 0.0, "gtol": 0.0},
        )  # fmt: skip
        done += int(found.nfev)
        here = torch.from_numpy(np.asarray(found.x).reshape(-1, classes))
        missing = left(here)
        yield Progress(0.2 + 0.8 * done / EVALUATIONS, f"separating the classes, {missing} samples left")
        if not missing or not found.nit:
            break
    weights = torch.linalg.solve_triangular(factor.T, here[:-1], upper=True)
    return weights, here[-1] - mean @ weights, left(here)


def _interpolate(features: Float[Tensor, "N p"], y: Float[Tensor, "N l"]) -> tuple[Tensor, Tensor]:
    """Return weights (l, p) and constants (l,) with u = y on all samples."""
    if features.shape[1] < len(y):
        raise SpecError(
            f"field 'network.hidden': {len(y)} training samples with float targets need as many random features in hidden 1, "
            f"{features.shape[1]} are left beside the knots; widen hidden 1, or lower 'dataset.limit'"
        )
    mean = y.mean(0)
    found = torch.linalg.lstsq(features, y - mean, driver="gelsd").solution
    return found.T.contiguous(), mean
