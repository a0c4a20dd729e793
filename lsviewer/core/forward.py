"""A network of a checkpoint run in numpy, layer by layer, for those who show its values: no torch here, one sample at a time.

Fully connected layers, and convolutions with the pooling and the head that `lsviewer.engine` offers; activations are written out
once more, by the kind and the numbers of their spec. Tests hold all of it against torch.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint

_erf = np.vectorize(math.erf, otypes=[np.float64])


class Forward:
    """The network of a checkpoint. Call it with section coordinates and an input for the values of all its layers.

    ``cost`` is the number of products of one call. Raises ValueError where it is neither an mlp nor a cnn, or its parameters do
    not fit each other.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._spec = checkpoint.network
        if (kind := self._spec.get("kind")) not in ("mlp", "cnn"):
            raise ValueError(f"values are shown for networks of kind 'mlp' and 'cnn', this one is of kind {kind!r}")
        self._keys = [key.removesuffix(".weight") for key in checkpoint.params if key.endswith(".weight")]
        self._activation = activation_of(self._spec.get("activation", {}))
        self._params = checkpoint.params
        self._check()
        first = self._params[f"{self._keys[0]}.weight"]
        self._image = tuple(self._spec.get("image") or ()) if first.ndim == 4 else ()
        if first.ndim == 4 and len(self._image) != 3:
            raise ValueError("a cnn needs the size of its images")
        self.inputs = math.prod(self._image) if self._image else first.shape[1]
        self._moved: list[dict[str, Array]] = []
        for direction in checkpoint.directions:
            for key, step in direction.items():
                if key not in self._params or step.shape != self._params[key].shape:
                    raise ValueError(f"a direction moves {key!r}, which the network does not have in this shape")
            self._moved.append({key: step for key, step in direction.items() if step.any()})

    def __call__(self, alpha: Sequence[float], x: Array) -> tuple[Array, ...]:
        """Return the input, the values of every hidden layer after the activation, and the outputs, all flat.

        The value of a channel is the mean of its map, as the next layer sees it.
        """
        if len(alpha) != len(self._moved) or x.shape != (self.inputs,):
            raise ValueError(f"{len(alpha)} coordinates for {len(self._moved)} directions, x of shape {x.shape}")
        found, h = [x], x.reshape(self._image) if self._image else x
        for layer, key in enumerate(self._keys):
            weight, bias = self._at(f"{key}.weight", alpha), self._at(f"{key}.bias", alpha)
            if weight.ndim == 4:
                h = self._pool(self._activation(self._convolve(h, weight) + bias[:, None, None]))
                found.append(h.mean((1, 2)))
                continue
            if h.ndim == 3:
                h = h.mean((1, 2)) if self._spec.get("head") == "average" else h.reshape(-1)
            if weight.shape[1] != len(h):
                raise ValueError(f"the parameters {key!r} do not fit those before them")
            h = weight @ h + bias
            h = h if layer == len(self._keys) - 1 else self._activation(h)
            found.append(h)
        return tuple(found)

    @property
    def cost(self) -> int:
        """Products of one call."""
        rows, columns = self._image[1:] if self._image else (1, 1)
        total = 0
        for key in self._keys:
            weight = self._params[f"{key}.weight"]
            if weight.ndim == 4:  # no pooling: a bound, not a measurement
                rows, columns = (max(1, n // int(self._spec["stride"])) for n in (rows, columns))
            total += weight.size * (rows * columns if weight.ndim == 4 else 1)
        return total

    def _convolve(self, h: Array, weight: Array) -> Array:
        stride, padding = int(self._spec["stride"]), int(self._spec["padding"])
        around = np.pad(h, ((0, 0), (padding, padding), (padding, padding)))
        if weight.shape[1] != len(h) or min(around.shape[1:]) < max(weight.shape[2:]):
            raise ValueError(f"kernels of shape {weight.shape} do not fit maps of shape {h.shape}")
        seen = np.lib.stride_tricks.sliding_window_view(around, weight.shape[2:], (1, 2))[:, ::stride, ::stride]
        return np.tensordot(weight, seen, ((1, 2, 3), (0, 3, 4)))

    def _pool(self, h: Array) -> Array:
        rows, columns = h.shape[1] // 2, h.shape[2] // 2
        if self._spec.get("pooling", "none") == "none" or not rows or not columns:
            return h
        squares = h[:, : 2 * rows, : 2 * columns].reshape(len(h), rows, 2, columns, 2)
        return np.asarray(squares.max((2, 4)) if self._spec["pooling"] == "max" else squares.mean((2, 4)))

    def _at(self, key: str, alpha: Sequence[float]) -> Array:
        """Return a parameter at ``origin + sum_i alpha_i direction_i``: the sum in float64, rounded once as in a run."""
        origin = self._params[key]
        steps = [(a, moved[key]) for a, moved in zip(alpha, self._moved, strict=True) if key in moved]
        if not steps:
            return origin
        point = origin.astype(np.float64)
        for a, step in steps:
            point = point + a * step.astype(np.float64)
        return point.astype(origin.dtype)

    def _check(self) -> None:
        """Raise ValueError naming the first layer whose weight, bias or number of inputs does not fit."""
        if not self._keys:
            raise ValueError("the checkpoint has no layers")
        below = 0
        for key in self._keys:
            weight, bias = self._params[f"{key}.weight"], self._params.get(f"{key}.bias")
            fits = weight.ndim in (2, 4) and bias is not None and bias.shape == (len(weight),)
            if not fits or (below and weight.shape[1] % below):
                raise ValueError(f"the parameters {key!r} do not fit those before them")
            below = len(weight)


def activation_of(spec: dict[str, Any]) -> Callable[[Array], Array]:
    """Return an activation by the JSON of its spec; raises ValueError for an unknown kind."""
    kind = spec.get("kind")
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _WITH_A_NUMBER:
        field, function = _WITH_A_NUMBER[kind]
        number = float(spec[field])
        return lambda x: function(x, number)
    raise ValueError(f"no numpy form of the activation {kind!r}")


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def _smoolu(x: Array) -> Array:
    safe = np.maximum(x, 1.0 / 700.0)
    return np.where(x > 1.0 / 700.0, safe * np.exp(-1.0 / safe), 0.0).astype(x.dtype)


def _smoothed_relu(x: Array, width: float) -> Array:
    t = np.clip(x.astype(np.float64) / width, 1.0 / 700.0, 1.0 - 1.0 / 700.0)
    step = _sigmoid(1.0 / (1.0 - t) - 1.0 / t)
    inside = np.where(x > width / 700.0, x * step, 0.0)
    return np.where(x < width * (1.0 - 1.0 / 700.0), inside, x).astype(x.dtype)


_PLAIN: dict[Any, Callable[[Array], Array]] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "gelu": lambda x: (0.5 * x * (1.0 + _erf(x / math.sqrt(2.0)))).astype(x.dtype),
    "silu": lambda x: x * _sigmoid(x),
    "identity": lambda x: x,
    "smoolu": _smoolu,
    "truncated_tanh": lambda x: np.tanh(np.maximum(x, 0)),
    "tanh_smoolu": lambda x: np.tanh(_smoolu(x)),
    "atan": np.arctan,
    "erf": lambda x: _erf(x).astype(x.dtype),
    "tanh_cubed": lambda x: np.tanh(x**3),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softsign": lambda x: x / (1.0 + np.abs(x)),
}
_WITH_A_NUMBER: dict[Any, tuple[str, Callable[[Array, float], Array]]] = {
    "leaky_relu": ("slope", lambda x, slope: np.where(x > 0, x, slope * x)),
    "softplus": ("alpha", lambda x, alpha: (np.logaddexp(0.0, alpha * x) / alpha).astype(x.dtype)),
    "sine": ("frequency", lambda x, frequency: np.sin(frequency * x)),
    "smoothed_relu": ("width", _smoothed_relu),
}
