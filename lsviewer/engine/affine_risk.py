"""The risk on ``origin + sum_i alpha_i direction_i``, fast: what does not depend on alpha is computed once.

Layers before the first one that a direction moves give the same features F at every point. That first moved layer is affine in
alpha, ``F W(alpha)^T + b(alpha) = A + sum_i alpha_i U_i`` with ``A = F W_0^T + b_0`` and ``U_i = F D_i^T + d_i``, so its matrix
products are formed once (a direction that moves its biases only has one row for U_i). The layers above are multiplied at every
point, in blocks of rows that stay in the cache, into buffers that are used again, with activations in place. Losses of the
samples are summed in float64: in float32 the sum alone would be off by 3e-5 near a minimum.

tanh is the slowest activation of the CPU by a factor of ten; as ``tanh(x) = 2 sigmoid(2x) - 1`` its factors go into the
neighbouring weights, a linear change of parameters that origin and directions share.

float32 products on a CPU go through oneDNN: torch's own matmul calls MKL, which does not use AVX-512 on processors of other
makers (AMD Zen 5, 1797 x 256 x 256, one thread: 2.3 ms against 1.1 ms). Its fused relu turns NaN into 0, so activations
stay apart.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from lsviewer.engine.activations import Activation, Identity, LeakyRelu, Relu, Sigmoid, Silu, Sine, Tanh
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Risk

BLOCK = 1024  # rows that go through all layers together on a CPU
BLOCK_GPU = 1 << 16
SAVED_BYTES = 2 << 30  # for A and the U_i; beyond, the first moved layer is multiplied at every point like the others
NOTHING = torch.zeros(())  # U_i of a direction that leaves the first moved layer alone
Alpha = tuple[float, ...]
Product = Callable[
    [Tensor, Tensor, Tensor, Tensor], Tensor
]  # inputs, weight, bias, and a buffer it may use for the result


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Weight or bias of one layer along the section; ``moves`` holds the direction's number with its part."""

    origin: Tensor
    moves: tuple[tuple[int, Tensor], ...]
    buffer: Tensor

    def at(self, alpha: Alpha) -> Tensor:
        """Return the part at alpha: the origin itself where nothing moves it, else the buffer."""
        found = self.origin
        for i, move in self.moves:
            found = torch.add(found, move, alpha=alpha[i], out=self.buffer)
        return found

    def twin(self) -> "_Part":
        return _Part(self.origin, self.moves, torch.empty_like(self.buffer))


class AffineRisk:
    """Call it with alpha to get the mean loss. Not for two threads at once: `twin` shares all but the buffers."""

    def __init__(self, risk: Risk, origin: Params, directions: tuple[Params, ...], *, block: int | None = None) -> None:
        self.target, self._losses = risk.target, fastest_losses(risk.loss)
        self.z = len(directions)
        self.block = block or (BLOCK if risk.x.device.type == "cpu" else BLOCK_GPU)
        assert isinstance(risk.network, Mlp)
        activation: Activation = risk.network.activation
        if isinstance(activation, Tanh):
            origin, *turned = (_sigmoid_form(params, origin) for params in (origin, *directions))
            directions, activation = tuple(turned), Sigmoid()
        self._activate = in_place(activation)
        self._product = fastest_product(risk.x)
        with torch.inference_mode():
            self._prepare(risk, origin, directions)

    def _prepare(self, risk: Risk, origin: Params, directions: tuple[Params, ...]) -> None:
        def part(name: str) -> _Part:
            moves = ((i, direction[name]) for i, direction in enumerate(directions) if name in direction)
            return _Part(
                origin[name],
                tuple((i, move) for i, move in moves if bool(move.any())),
                torch.empty_like(origin[name]),
            )

        self._x = risk.x
        self._last = len(origin) // 2 - 1  # the layer whose outputs are not activated
        layers = [(part(f"{2 * k}.weight"), part(f"{2 * k}.bias")) for k in range(self._last + 1)]
        moved = (k for k, (weight, bias) in enumerate(layers) if weight.moves or bias.moves)
        self._first = next(moved, self._last)
        weight, bias = layers[self._first]
        count, width = len(risk.x), len(bias.origin)
        if count * width * (1 + len(weight.moves)) * risk.x.element_size() > SAVED_BYTES:
            self._first = -1
        self._fixed, self._above = layers[: max(self._first, 0)], layers[self._first + 1 :]
        self._affine: tuple[_Part, _Part] | None = None if self._first < 0 else (weight, bias)
        self._saved: list[Tensor] = []  # A, U_1, ..., U_z
        self._is_saved = [False] * -(-count // self.block)  # by block of rows
        if self._affine:
            rows, biases = {i for i, _ in weight.moves}, dict(bias.moves)
            self._saved = [risk.x.new_empty(count, width)]
            self._saved += [
                risk.x.new_empty(count, width) if i in rows else biases.get(i, NOTHING) for i in range(self.z)
            ]
        widths = [len(bias.origin) for _, bias in layers[max(self._first, 0) :]]
        self._outputs = [risk.x.new_empty(min(self.block, count), width) for width in widths]

    def twin(self) -> "AffineRisk":
        """Return the same risk with buffers of its own, for another thread."""
        other = copy.copy(self)
        other._above = [(weight.twin(), bias.twin()) for weight, bias in self._above]
        other._outputs = [torch.empty_like(output) for output in self._outputs]
        return other

    @property
    def flops(self) -> int:
        """Multiplications and additions of the matrix products done at every point; what is done once is not counted."""
        return sum(2 * len(self.target) * weight.origin.numel() for weight, _ in self._above)

    def __call__(self, *alpha: float) -> float:
        """Return the mean loss at alpha; NaN and inf stay what they are."""
        total = 0.0
        for part in self.partials(alpha):
            total += part
        return total / len(self.target)

    def partials(self, alpha: Alpha) -> Iterator[float]:
        """Yield the sum of the losses of each block of rows, so that a long evaluation can be interrupted."""
        if len(alpha) != self.z:
            raise ValueError(f"{self.z} directions, but {len(alpha)} coordinates")
        parts = self._at(alpha)
        for start in range(0, len(self.target), self.block):
            yield self._sum(slice(start, min(start + self.block, len(self.target))), alpha, parts)

    @torch.inference_mode()  # per call: a generator that held it over a yield would leak it to its caller
    def _at(self, alpha: Alpha) -> list[tuple[Tensor, Tensor]]:
        return [(weight.at(alpha), bias.at(alpha)) for weight, bias in self._above]

    @torch.inference_mode()
    def _sum(self, rows: slice, alpha: Alpha, parts: list[tuple[Tensor, Tensor]]) -> float:
        buffers = (buffer[: rows.stop - rows.start] for buffer in self._outputs)
        if self._affine:
            if not self._is_saved[rows.start // self.block]:
                self._save(rows, *self._affine)
            h = self._moved(rows, alpha, next(buffers))
            h = self._activate(h) if self._first < self._last else h
        else:
            h = self._x[rows]
        for layer, (weight, bias) in enumerate(parts, start=self._first + 1):
            h = self._product(h, weight, bias, next(buffers))
            h = self._activate(h) if layer < self._last else h
        losses = self._losses(h, self.target[rows])
        if losses.device.type == "mps":  # which has no float64
            losses = losses.cpu()
        return float(losses.sum(dtype=torch.float64))

    def _save(self, rows: slice, weight: _Part, bias: _Part) -> None:
        """Form A and the U_i of these rows; two threads that come at once write the same numbers."""
        h = self._x[rows]
        for fixed, shift in self._fixed:
            h = self._activate(functional.linear(h, fixed.origin, shift.origin))
        self._saved[0][rows] = functional.linear(h, weight.origin, bias.origin)
        shifts = dict(bias.moves)
        for i, move in weight.moves:
            self._saved[1 + i][rows] = functional.linear(h, move, shifts.get(i))
        self._is_saved[rows.start // self.block] = True

    def _moved(self, rows: slice, alpha: Alpha, out: Tensor) -> Tensor:
        base, *moves = self._saved
        found = base[rows]
        for step, move in zip(alpha, moves):
            if move is not NOTHING:
                found = torch.add(found, move[rows] if move.ndim == 2 else move, alpha=step, out=out)
        return found if found is out else out.copy_(found)


def in_place(activation: Activation) -> Callable[[Tensor], Tensor]:
    """Return the activation as a function that may overwrite its argument."""
    match activation:
        case Relu():
            return torch.relu_
        case LeakyRelu(slope=slope):
            return lambda x: functional.leaky_relu_(x, slope)
        case Sigmoid():
            return torch.sigmoid_
        case Silu():
            return lambda x: functional.silu(x, inplace=True)
        case Sine(frequency=frequency):
            return lambda x: x.mul_(frequency).sin_()
        case Identity():
            return lambda x: x
        case _:
            return activation


def fastest_losses(loss: Loss) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss per sample; cross-entropy over columns: torch's log_softmax over short rows is ten times slower."""

    def cross_entropy(outputs: Float[Tensor, "N l"], classes: Int[Tensor, "N"]) -> Float[Tensor, "N"]:
        return -functional.log_softmax(outputs.t().contiguous(), dim=0).gather(0, classes[None])[0]

    return cross_entropy if isinstance(loss, CrossEntropy) else loss


def fastest_product(like: Tensor) -> Product:
    """Return ``h W^T + b`` for tensors such as ``like``: by oneDNN where this torch offers it for them, else by ``addmm``."""
    if like.device.type == "cpu" and like.dtype == torch.float32 and torch.backends.mkldnn.is_available():
        try:
            one = torch.ones(1, 1)
            _by_onednn(one, one, one[0], one)
            return _by_onednn
        except (AttributeError, RuntimeError):  # the operator is torch's inner one: another build may lack it
            pass
    return _by_addmm


def _by_onednn(h: Tensor, weight: Tensor, bias: Tensor, out: Tensor) -> Tensor:
    found: Tensor = torch.ops.mkldnn._linear_pointwise(h, weight, bias, "none", [], "")
    return found


def _by_addmm(h: Tensor, weight: Tensor, bias: Tensor, out: Tensor) -> Tensor:
    return torch.addmm(bias, h, weight.t(), out=out)


def _sigmoid_form(params: Mapping[str, Float[Tensor, "..."]], like: Params) -> Params:
    """Return the parameters with which sigmoid units compute what tanh units do with ``params``; linear in ``params``.

    A key that is missing in a direction is zero there, but its bias may not stay so: ``b - sum_j W_j`` is due wherever W is.
    """
    last = len(like) // 2 - 1
    found: Params = {}
    for layer in range(last + 1):
        weight, bias = params.get(f"{2 * layer}.weight"), params.get(f"{2 * layer}.bias")
        outer = 2.0 if layer < last else 1.0
        if layer > 0 and weight is not None:
            shift = -weight.sum(dim=1)
            bias = shift if bias is None else bias + shift
            weight = 2.0 * weight
        if weight is not None:
            found[f"{2 * layer}.weight"] = outer * weight
        if bias is not None:
            found[f"{2 * layer}.bias"] = outer * bias
    return found
