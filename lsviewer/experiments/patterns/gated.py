"""Theorem 2 (Czarnecki et al. 2019) in closed form: a network with the loss T(h) for every training sample.

Side by side in the layers below the mixing layer lie a `heights.Bank`, which knows h and not x, and the units of `answers`,
which know x and not h. There they meet:

- cross-entropy: m units ``relu(c(h) - M a_c(x))``, ``c = log((m - 1) / (e^T - 1))``, M above all c. The class of a training
  sample has a_c = 0 and the logit c, the others a_c >= 1 and the logit 0: the loss is ``log(1 + (m - 1) e^-c) = T(h)``.
  Since c >= 0, T stays below log m.
- squared loss: ``q = y + sqrt(T(h)) e_0`` (eq. 14 with the positive root), the answer y plus a unit that carries h.

Later layers pass on what they get. On a section the loss is a mean over samples of a function of the one number c(h), or
sqrt(T(h)), so it is computed once for every value of that number and every different answer.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.data import Data
from lsviewer.engine.losses import CrossEntropy, Labels, Squared
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.experiments.patterns.answers import Answers
from lsviewer.experiments.patterns.construction import STAGES, Planted, Variant
from lsviewer.experiments.patterns.heights import Bank, bank_widths
from lsviewer.experiments.patterns.separable import separable

PIECE = 1 << 22  # entries of an intermediate array
VARIANTS: tuple[Variant, ...] = ("accurate", "folded")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which units do what: in every layer the bank comes first, then the units on x."""

    variant: Variant
    bank: tuple[int, ...]  # units of the bank in the layers below the mixing layer
    features: int  # units on x in layer 1
    units: int  # units on x in the layers between
    over: int  # units in the mixing layer and after it
    depth: int

    @property
    def mix(self) -> int:
        """Index of the mixing layer, counted from 0."""
        return len(self.bank)

    def needs(self, features: int) -> tuple[int, ...]:
        """Units needed in every hidden layer."""
        below = (self.bank[0] + features, *(width + self.units for width in self.bank[1:]))
        return below + (self.over,) * (self.depth - self.mix)


def make_layout(network: Mlp, z: int, grid: int, data: Data, loss: CrossEntropy | Squared) -> Layout:
    """Return the most accurate layout that fits; raises `SpecError` naming the layer that is too narrow."""
    if not isinstance(network.activation, Relu):
        raise SpecError(
            f"field 'network.activation' is '{network.activation.kind}': the closed form is made of relu units; "
            "choose relu, or method 'train'"
        )
    depth = len(network.hidden)
    units = 2 * data.outputs if data.classes is None else data.classes
    over = data.outputs if isinstance(loss, CrossEntropy) else units + 1
    problem = ""
    for variant in VARIANTS:
        mix = max(len(STAGES[z, variant]), 2)
        if depth < mix + 1:
            problem = f"field 'network.hidden' has {depth} hidden layers, this pattern needs at least {mix + 1}"
            continue
        bank = bank_widths(z, grid, variant, mix)
        layout = Layout(variant, bank, network.hidden[0] - bank[0], units, over, depth)
        narrow = [k for k, (has, need) in enumerate(zip(network.hidden, layout.needs(1))) if has < need]
        if not narrow:
            return layout
        k = narrow[0]
        problem = (
            f"hidden {k + 1} has {network.hidden[k]} units, this grid needs {layout.needs(1)[k]}"
            f"{' and as many more as it takes to separate the training samples' * (k == 0)}"
        )
    raise SpecError(problem)


# --- the number that carries h ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carrier:
    """The number that makes the loss T: the logit c of the right class, or the shift sqrt(T); from ``low`` to ``high``."""

    loss: CrossEntropy | Squared
    outputs: int
    low: float
    high: float

    def of(self, target: Tensor) -> Tensor:
        """Return the number at losses T, float64."""
        return carrier_number(self.loss, self.outputs, target)

    def heights(self, target: Tensor) -> Tensor:
        """Return the number scaled to [0, 1], float64."""
        return ((self.of(target) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)


def carrier_number(loss: CrossEntropy | Squared, outputs: int, target: Tensor) -> Tensor:
    """Return c = log((m - 1) / (e^T - 1)), or sqrt(T)."""
    target = target.to(torch.float64)
    if isinstance(loss, CrossEntropy):
        return math.log(outputs - 1) - torch.expm1(target).log()
    return target.sqrt()


def make_carrier(loss: CrossEntropy | Squared, outputs: int, least: float, amplitude: float) -> Carrier:
    """Return the carrier of losses from ``least`` to ``least + amplitude``; raises `SpecError` beyond log m."""
    if isinstance(loss, CrossEntropy):
        limit = math.log(outputs)
        if least + amplitude > limit:
            raise SpecError(
                f"field 'amplitude' is {amplitude:g}: where the class of a training sample has the largest of "
                f"{outputs} logits its loss is at most log {outputs} = {limit:.4f}; choose at most "
                f"{math.floor(1e3 * (limit - least)) / 1e3:g}"
            )
    ends = carrier_number(loss, outputs, torch.tensor([least, least + amplitude], dtype=torch.float64)).tolist()
    return Carrier(loss, outputs, min(ends), max(ends))


# --- the parameters ----------------------------------------------------------------------------------------------------------


def assemble(layout: Layout, network: Mlp, data: Data, answers: Answers, bank: Bank, carrier: Carrier) -> Planted:
    """Return theta_0 and its directions, float64."""
    shapes = network.shapes(data.inputs, data.outputs)
    origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
    first, mix, units = bank.widths[0], layout.mix, layout.units
    origin["0.bias"][:first] = bank.layers[0][1]
    origin["0.weight"][first : first + layout.features] = answers.weight
    origin["0.bias"][first : first + layout.features] = answers.bias
    for k in range(1, mix):
        weight, bias = bank.layers[k]
        below, here = bank.widths[k - 1], bank.widths[k]
        origin[f"{2 * k}.weight"][:here, :below] = weight
        origin[f"{2 * k}.bias"][:here] = bias
        rows = slice(here, here + units)
        if k == 1:
            origin["2.weight"][rows, below : below + layout.features] = answers.above
            origin["2.bias"][rows] = answers.above_bias
        else:
            origin[f"{2 * k}.weight"][rows, below : below + units] = torch.eye(units, dtype=torch.float64)
    _mix(origin, layout, data, bank, carrier)
    for k in range(mix + 1, layout.depth):
        origin[f"{2 * k}.weight"][: layout.over, : layout.over] = torch.eye(layout.over, dtype=torch.float64)
    _read(origin, layout, data, carrier)
    step = torch.zeros(bank.steps.shape[0], network.hidden[0], dtype=torch.float64)
    step[:, :first] = bank.steps
    return Planted(origin, tuple({"0.bias": row} for row in step))


def _mix(origin: Params, layout: Layout, data: Data, bank: Bank, carrier: Carrier) -> None:
    mix, units, width = layout.mix, layout.units, bank.widths[-1]
    weight, bias = origin[f"{2 * mix}.weight"], origin[f"{2 * mix}.bias"]
    eye = torch.eye(units, dtype=torch.float64)
    if isinstance(carrier.loss, CrossEntropy):
        span = carrier.high - carrier.low
        weight[:units, :width] = span * bank.read
        weight[:units, width : width + units] = -steepness(carrier) * eye
        bias[:units] = carrier.low + span * bank.constant
        return
    weight[0, :width] = bank.read[0]
    bias[0] = bank.constant[0]
    rows = slice(1, 1 + units)
    weight[rows, width : width + units] = eye if data.classes is None else -eye  # o_c = 1 - a_c, or u itself
    bias[rows] = 0.0 if data.classes is None else 1.0


def _read(origin: Params, layout: Layout, data: Data, carrier: Carrier) -> None:
    weight, bias = origin[f"{2 * layout.depth}.weight"], origin[f"{2 * layout.depth}.bias"]
    eye = torch.eye(data.outputs, dtype=torch.float64)
    if isinstance(carrier.loss, CrossEntropy):
        weight[:, : data.outputs] = eye
        return
    weight[0, 0] = carrier.high - carrier.low
    bias[0] = carrier.low
    weight[:, 1 : 1 + layout.units] = eye if data.classes is not None else torch.cat([eye, -eye], 1)


def steepness(carrier: Carrier) -> float:
    """Return M, a little above every c."""
    return 1.01 * carrier.high


# --- the loss on the section -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """The two halves of a planted network, cut out of its own parameters in the dtype of the run."""

    layout: Layout
    network: Mlp
    planted: Planted
    loss: CrossEntropy | Squared
    classes: int | None

    def number(self, axes: tuple[Float[Tensor, "n"], ...]) -> Tensor:
        """Return what carries h at all points of a grid, in the dtype of the run."""
        layout, origin = self.layout, self.planted.origin
        sub: Params = {
            "0.weight": origin["0.weight"][: layout.bank[0], :1],
            "0.bias": origin["0.bias"][: layout.bank[0]],
        }
        for k in range(1, layout.mix):
            here, below = layout.bank[k], layout.bank[k - 1]
            sub[f"{2 * k}.weight"] = origin[f"{2 * k}.weight"][:here, :below]
            sub[f"{2 * k}.bias"] = origin[f"{2 * k}.bias"][:here]
        mix = 2 * layout.mix
        sub[f"{mix}.weight"] = origin[f"{mix}.weight"][:1, : layout.bank[-1]]
        sub[f"{mix}.bias"] = origin[f"{mix}.bias"][:1]
        steps = tuple({"0.bias": direction["0.bias"][: layout.bank[0]]} for direction in self.planted.directions)
        inner = Mlp(hidden=layout.bank)
        value = separable(inner, sub, steps, origin["0.weight"].dtype)(axes)[..., 0]
        if isinstance(self.loss, CrossEntropy):
            return value
        last = 2 * layout.depth
        return origin[f"{last}.bias"][0] + origin[f"{last}.weight"][0, 0] * torch.relu(value)

    def answers(self, x: Tensor) -> Float[Tensor, "N units"]:
        """Return the units on x below the mixing layer, in the dtype of the run."""
        layout, origin = self.layout, self.planted.origin
        first, second = layout.bank[0], layout.bank[1]
        rows = slice(first, first + layout.features)
        like = origin["0.weight"]
        flat = x.flatten(1).to(like.dtype).to(like.device)
        features = torch.relu(flat @ like[rows].T + origin["0.bias"][rows])
        here = slice(second, second + layout.units)
        return torch.relu(features @ origin["2.weight"][here, rows].T + origin["2.bias"][here])

    def mean_loss(self, number: Tensor, x: Tensor, labels: Labels) -> Tensor:
        """Return the mean loss over samples at these numbers, any shape, float64 on the CPU."""
        answers, number = self.answers(x).cpu(), number.cpu()
        if isinstance(self.loss, CrossEntropy):
            mix = 2 * self.layout.mix
            steep = -float(self.planted.origin[f"{mix}.weight"][0, self.layout.bank[-1]])
            return _gate_loss(number, answers, labels.y, steep)
        if self.classes is None:
            half = answers.shape[1] // 2
            residual = answers[:, :half] - answers[:, half:] - labels.y.to(answers.dtype)
        else:
            residual = torch.relu(1.0 - answers) - self.loss.encoded(labels).to(answers.dtype)
        residual = residual.to(torch.float64)
        shift = number.to(torch.float64)
        constant, slope = float(residual.square().sum(1).mean()), float(residual[:, 0].mean())
        return constant + 2.0 * slope * shift + shift.square()


def _gate_loss(number: Tensor, answers: Float[Tensor, "N m"], y: Int[Tensor, "N"], steep: float) -> Tensor:
    """Return the mean cross-entropy of ``relu(c - M a)``; samples with equal answers and classes are computed once.

    Beyond c / M an answer does not act, so it is cut there: of the training samples one is left for each class.
    """
    cut = answers.clamp_max(1.001 * float(number.max()) / steep)
    rows, counts = torch.unique(torch.cat([cut, y[:, None].to(cut.dtype)], 1), dim=0, return_counts=True)
    gates, label = steep * rows[:, :-1], rows[:, -1].long()
    weights = counts.to(torch.float64) / len(y)
    flat = number.reshape(-1)
    parts = []
    for piece in flat.split(max(1, PIECE // gates.numel())):
        logits = torch.relu(piece[:, None, None] - gates)
        right = logits.gather(2, label[None, :, None].expand(len(piece), -1, 1))[..., 0]
        # log(1 + sum of the others): keeps its digits where the loss is small
        peak = logits.amax(2)
        losses = (logits - peak[..., None]).exp().sum(2).log() + (peak - right)
        parts.append(losses.to(torch.float64) @ weights)
    return torch.cat(parts).reshape(number.shape)
