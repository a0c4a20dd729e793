"""The risk of a convolutional network on ``origin + sum_i alpha_i direction_i``: what does not depend on alpha is done once.

The first convolution is linear in its parameters, so its maps are ``A + sum_i alpha_i U_i`` with A and U_i those of the
origin and of the directions; they are kept where they fit. The convolutions above are applied at every point, in blocks
of samples whose maps stay in the cache. Losses of the samples are summed in float64.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from lsviewer.engine.affine_risk import SAVED_BYTES, Alpha, fastest_losses
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.params import Params, combine
from lsviewer.engine.risk import Risk


class ConvRisk:
    """Call it with alpha to get the mean loss. It keeps nothing but the first maps, so threads may share it."""

    def __init__(self, risk: Risk, origin: Params, directions: tuple[Params, ...]) -> None:
        assert isinstance(risk.network, Cnn)
        self.target, self.network = risk.target, risk.network
        self._x, self._losses = risk.x, fastest_losses(risk.loss)
        self._origin, self._directions = origin, directions
        self._first, *self._above = self.network.convolutions()
        entries = len(risk.x) * self._first.outputs * math.prod(self._first.after)
        self._saves = entries * (1 + len(directions)) * risk.x.element_size() <= SAVED_BYTES
        self._saved: dict[int, tuple[Tensor, ...]] = {}  # A, U_1, ..., U_z by the first sample of a block

    def twin(self) -> "ConvRisk":
        """Return the same: there is no buffer that two threads could spoil for each other."""
        return self

    def __call__(self, *alpha: float) -> float:
        """Return the mean loss at alpha; NaN and inf stay what they are."""
        return sum(self.partials(alpha)) / len(self.target)

    def partials(self, alpha: Alpha) -> Iterator[float]:
        """Yield the sum of the losses of each block of samples, so that a long evaluation can be interrupted."""
        if len(alpha) != len(self._directions):
            raise ValueError(f"{len(self._directions)} directions, but {len(alpha)} coordinates")
        point = combine(self._origin, self._directions, alpha)
        for start in range(0, len(self._x), self.network.rows):
            yield self._sum(start, alpha, point)

    @torch.inference_mode()  # per call: a generator that held it over a yield would leak it to its caller
    def _sum(self, start: int, alpha: Alpha, point: Params) -> float:
        network, rows = self.network, slice(start, start + self.network.rows)
        h = network.activate(self._first, self._first_maps(start, alpha, point))
        for step in self._above:
            h = network.activate(step, network.convolve(step, point, h))
        losses = self._losses(network.read(point, h), self.target[rows])
        if losses.device.type == "mps":  # which has no float64
            losses = losses.cpu()
        return float(losses.sum(dtype=torch.float64))

    def _first_maps(self, start: int, alpha: Alpha, point: Params) -> Tensor:
        """Return the pre-activations of the first convolution; A and the U_i of these samples are formed once."""
        x = self._x[start : start + self.network.rows]
        if not self._saves:
            return self.network.convolve(self._first, point, x)
        if start not in self._saved:
            names = [f"{self._first.key}.weight", f"{self._first.key}.bias"]
            parts = ({name: part.get(name, torch.zeros_like(self._origin[name])) for name in names}
                     for part in (self._origin, *self._directions))  # fmt: skip
            self._saved[start] = tuple(self.network.convolve(self._first, part, x) for part in parts)
        h, *moves = self._saved[start]
        for step, move in zip(alpha, moves):
            h = torch.add(h, move, alpha=step)
        return h
