"""A fully connected network run in numpy, layer by layer, for those who show its values: no torch here, one sample at a time.

Activations are written out once more, by the kind and the numbers of their spec; tests hold them against the engine's.
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

    Raises ValueError where the checkpoint is not a fully connected network whose parameters fit each other.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        kind = checkpoint.network.get("kind")
        if kind != "mlp":
            raise ValueError(f"values are shown for fully connected networks, this one is of kind {kind!r}")
        self._keys = [key.removesuffix(".weight") for key in checkpoint.params if key.endswith(".weight")]
        self._activation = activation_of(checkpoint.network.get("activation", {}))
        self._params = checkpoint.params
        widths = self._widths()
        self.inputs = widths[0]
        self.size = checkpoint.size
        self._moved: list[dict[str, Array]] = []
        for direction in checkpoint.directions:
            for key, step in direction.items():
                if key not in self._params or step.shape != self._params[key].shape:
                    raise ValueError(f"a direction moves {key!r}, which the network does not have in this shape")
            self._moved.append({key: step for key, step in direction.items() if step.any()})

    @property
    def axes(self) -> int:
        """Number of directions."""
        return len(self._moved)

    def __call__(self, alpha: Sequence[float], x: Array) -> tuple[Array, ...]:
        """Return the input, the values of every hidden layer after the activation, and the outputs, all flat."""
        if len(alpha) != len(self._moved) or x.shape != (self.inputs,):
            raise ValueError(f"{len(alpha)} coordinates for {len(self._moved)} directions, x of shape {x.shape}")
        found = [x]
        for layer, key in enumerate(self._keys):
            values = self._at(f"{key}.weight", alpha) @ found[-1] + self._at(f"{key}.bias", alpha)
            found.append(values if layer == len(self._keys) - 1 else self._activation(values))
        return tuple(found)

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

    def _widths(self) -> list[int]:
        widths: list[int] = []
        for key in self._keys:
            weight, bias = self._params[f"{key}.weight"], self._params.get(f"{key}.bias")
            fits = weight.ndim == 2 and bias is not None and bias.shape == (len(weight),)
            if not fits or (widths and widths[-1] != weight.shape[1]):
                raise ValueError(f"the parameters {key!r} do not fit those before them")
            widths = [*(widths or [weight.shape[1]]), len(weight)]
        if not widths:
            raise ValueError("the checkpoint has no layers")
        return widths


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
