"""Convolutional networks once more, in numpy alone, for `verification`: nothing is shared with the engine but the spec."""

from collections.abc import Callable, Mapping

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.engine.cnn import Cnn

ROWS = 64  # images whose first maps are formed together


class NumpyMaps:
    """Call it with parameters to get the outputs, one row where all first maps are the same bit for bit, else all samples."""

    def __init__(self, network: Cnn, activation: Callable[[Array], Array], x: Array) -> None:
        assert network.image is not None
        self.network, self.activation = network, activation
        self.x = x.reshape(len(x), *network.image)
        self._first: Array | None = None  # maps of the first kernels, the same at all points while these do not move

    def __call__(self, params: Mapping[str, Array], first_moves: bool) -> Array:
        """Return the outputs (N or 1, l), float64."""
        names = [name for name in params if name.endswith("weight")]
        first, *later = names[:-1]
        if self._first is None or first_moves:
            self._first = self._first_maps(params[first])
        h = self._finished(self._first + _bias(params, first))
        for name in later:
            h = self._finished(self._convolved(h, params[name]) + _bias(params, name))
        features = h.reshape(len(h), -1) if self.network.head == "flatten" else h.mean((2, 3))
        return features @ params[names[-1]].T + params[names[-1].replace("weight", "bias")]

    def _first_maps(self, kernel: Array) -> Array:
        parts: list[Array] = []
        same = True
        for start in range(0, len(self.x), ROWS):
            part = self._convolved(self.x[start : start + ROWS].astype(np.float64), kernel)
            same = same and bool((part == (parts[0] if parts else part)[0]).all())
            parts = [part[:1]] if same else [*parts, part]
        return parts[0] if same else self._convolved(self.x.astype(np.float64), kernel)

    def _convolved(self, h: Array, kernel: Array) -> Array:
        """Return the correlation with every kernel, tap by tap (Dumoulin and Visin 2016, relationship 6 for the sizes)."""
        p, s, k = self.network.padding, self.network.stride, kernel.shape[2]
        padded = np.pad(h, ((0, 0), (0, 0), (p, p), (p, p)))
        rows, columns = ((n - k) // s + 1 for n in padded.shape[2:])
        found = np.zeros((len(kernel), len(h), rows, columns))
        for i in range(k):
            for j in range(k):
                seen = padded[:, :, i : i + s * (rows - 1) + 1 : s, j : j + s * (columns - 1) + 1 : s]
                found += np.tensordot(kernel[:, :, i, j], seen, (1, 1))
        return found.transpose(1, 0, 2, 3)

    def _finished(self, h: Array) -> Array:
        """Return the activated and pooled maps."""
        h = self.activation(h)
        rows, columns = h.shape[2] // 2, h.shape[3] // 2
        if self.network.pooling == "none" or min(rows, columns) < 1:
            return h
        h = h[:, :, : 2 * rows, : 2 * columns]
        corners = np.stack([h[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)])
        pooled: Array = corners.max(0) if self.network.pooling == "max" else corners.mean(0)
        return pooled


def _bias(params: Mapping[str, Array], weight: str) -> Array:
    return params[weight.replace("weight", "bias")][None, :, None, None]
