"""Data ready for a network: checked, split into training and test part, with label marginal and a fingerprint.

Subsets keep the classes in proportion: every class is shuffled by the seed, its i-th sample gets the key (i + 1/2) / size of the
class, and samples are taken in the order of their keys; so any first n of them hold every class by its share (to one sample).
Of that order the last ``test_fraction`` is the test part and the first ``limit`` of the rest the training part, each
given back in the order of the source.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.spec import SpecError
from lsviewer.engine.losses import Labels

MAX_CLASSES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Training and test samples. ``classes`` is None for float targets; the test part may be absent."""

    name: str
    x: Tensor  # float32 (N, ...)
    y: Tensor  # int64 (N,) in 0..classes-1, or float32 (N, l)
    x_test: Tensor | None
    y_test: Tensor | None
    classes: int | None
    sha256: str  # of x then y, bytes in C order, little endian
    class_names: tuple[str, ...] = field(default=())
    pixels: tuple[int, int, int] | None = None  # channels, rows, columns, where samples that are rows are images

    @property
    def inputs(self) -> int:
        """Size of one flattened input."""
        return int(self.x[0].numel())

    @property
    def image(self) -> tuple[int, int, int] | None:
        """Channels, rows and columns of a sample: [rows, columns] has one channel, a row of numbers is no image."""
        shape = tuple(self.x.shape[1:])
        match shape:
            case (rows, columns):
                return 1, rows, columns
            case (channels, rows, columns):
                return channels, rows, columns
        return self.pixels

    @property
    def outputs(self) -> int:
        """Number of classes, or of float targets."""
        return self.labels.outputs

    @property
    def labels(self) -> Labels:
        """The training labels, as losses encode them."""
        return Labels(self.y, self.classes)

    @property
    def test_labels(self) -> Labels | None:
        """The test labels, or None without a test part."""
        return None if self.y_test is None else Labels(self.y_test, self.classes)

    @property
    def marginal(self) -> Float[Tensor, "classes"]:
        """Share of every class in the training part, float64, all positive."""
        return marginal(self.labels)

    def __len__(self) -> int:
        return int(self.x.shape[0])


def marginal(labels: Labels) -> Float[Tensor, "classes"]:
    """Return the share of every class, float64; raises `SpecError` for float targets."""
    if labels.classes is None:
        raise SpecError("field 'dataset': class labels are needed here, the data has float targets")
    return torch.bincount(labels.y, minlength=labels.classes).to(torch.float64) / len(labels.y)


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Arrays as read: x (N, ...), y (N,) of labels or (N, l) of targets, and the source's own test part where it has one."""

    x: Array
    y: Array
    x_test: Array | None = None
    y_test: Array | None = None


def assemble(
    name: str, raw: Raw, *, where: str, limit: int | None = None, test_fraction: float = 0.0, seed: int = 0
) -> Data:
    """Return checked data; raises `SpecError` with one sentence that starts with ``where``."""
    x = _inputs(raw.x, "x", where)
    labels, names = _labels(raw.y, len(x), "y", where)
    rng = np.random.default_rng(seed)
    if raw.x_test is not None and raw.y_test is not None:
        x_test, y_test = (
            _inputs(raw.x_test, "x_test", where),
            _test_labels(raw.y_test, len(raw.x_test), names, labels, where),
        )
        if x_test.shape[1:] != x.shape[1:]:
            raise SpecError(f"{where}: samples of x have shape {x.shape[1:]}, those of x_test {x_test.shape[1:]}")
        if limit is not None and limit < len(x):
            chosen = np.sort(_order(labels, rng)[:limit])
            x, labels = x[chosen], labels[chosen]
        return _data(name, (x, labels, x_test, y_test), names, where)
    return _data(name, _split(x, labels, limit, test_fraction, rng, where), names, where)


def _data(
    name: str, parts: tuple[Array, Array, Array | None, Array | None], names: tuple[str, ...], where: str
) -> Data:
    x, y, x_test, y_test = parts
    classes = len(names) or None
    if classes is not None and (missing := np.setdiff1d(np.arange(classes), y)).size:
        raise SpecError(
            f"{where}: class {names[missing[0]]} has no sample in the training part; raise limit or lower test_fraction"
        )
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    sha256 = hashlib.sha256(x.astype("<f4").tobytes())
    sha256.update(y.astype("<i8" if classes else "<f4").tobytes())
    tested = None if x_test is None else _tensor(x_test), None if y_test is None else _tensor(y_test)
    return Data(name, _tensor(x), _tensor(y), *tested, classes=classes, sha256=sha256.hexdigest(), class_names=names)


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array, order="C", copy=True))


def _inputs(x: Array, name: str, where: str) -> Array:
    if x.dtype.kind not in "fiub":
        raise SpecError(f"{where}: {name} holds {x.dtype.name}, numbers are expected")
    if x.size == 0:
        raise SpecError(f"{where}: {name} has shape {x.shape}, it is empty")
    if x.ndim < 2:
        raise SpecError(f"{where}: {name} has shape {x.shape}; one row of numbers per sample is expected, as in [N, d]")
    return _finite(x, name, where)


def _finite(values: Array, name: str, where: str) -> Array:
    """Return the values as float32, all finite."""
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is refused below
        single = values.astype(np.float32)
    if bad := int((~np.isfinite(single)).sum()):
        raise SpecError(f"{where}: {name} has {bad} values that are not finite in float32")
    return single


def _labels(y: Array, samples: int, name: str, where: str) -> tuple[Array, tuple[str, ...]]:
    """Return class indices and the labels they stand for, or float targets [N, l] and ()."""
    if y.ndim == 0 or len(y) != samples:
        raise SpecError(f"{where}: x has {samples} samples, {name} has {len(y) if y.ndim else 1} labels")
    if y.ndim == 2 and y.dtype.kind == "f" and y.shape[1] > 0:
        return _finite(y, name, where), ()
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise SpecError(
            f"{where}: labels that are not integers: {name} is {y.dtype.name} of shape {y.shape}; "
            "integer classes [N] or float targets [N, l] are expected"
        )
    found, indices = np.unique(y, return_inverse=True)
    if len(found) == 1:
        raise SpecError(f"{where}: all {samples} samples have the label {found[0]}; at least two classes are needed")
    if len(found) > MAX_CLASSES:
        raise SpecError(f"{where}: {name} has {len(found)} different labels, at most {MAX_CLASSES} classes are read")
    return indices.astype(np.int64), tuple(str(label) for label in found)


def _test_labels(y: Array, samples: int, names: tuple[str, ...], train: Array, where: str) -> Array:
    if y.ndim == 0 or len(y) != samples:
        raise SpecError(f"{where}: x_test has {samples} samples, y_test has {len(y) if y.ndim else 1} labels")
    if not names:
        expected = (samples, train.shape[1])
        if y.dtype.kind != "f" or y.shape != expected:
            raise SpecError(
                f"{where}: y_test is {y.dtype.name} of shape {y.shape}; floats of shape {expected} are expected"
            )
        return _finite(y, "y_test", where)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise SpecError(f"{where}: labels that are not integers: y_test is {y.dtype.name} of shape {y.shape}")
    index = {name: k for k, name in enumerate(names)}
    if unknown := [str(label) for label in np.unique(y) if str(label) not in index]:
        raise SpecError(f"{where}: y_test has the label {unknown[0]}, which y does not have")
    return np.array([index[str(label)] for label in y], dtype=np.int64)


def _order(y: Shaped[np.ndarray, "N ..."], rng: np.random.Generator) -> Array:
    """Return the seeded order whose every beginning holds the classes by their shares (see the module)."""
    shuffled = rng.permutation(len(y))
    if y.ndim > 1:
        return shuffled
    key = np.empty(len(y))
    for label in np.unique(y):
        members = shuffled[y[shuffled] == label]
        key[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(key[shuffled], kind="stable")]


def _split(
    x: Array, y: Array, limit: int | None, test_fraction: float, rng: np.random.Generator, where: str
) -> tuple[Array, Array, Array | None, Array | None]:
    order = _order(y, rng)
    tests = round(test_fraction * len(x))
    train, test = order[: len(x) - tests], order[len(x) - tests :]
    train = np.sort(train if limit is None else train[:limit])
    if not len(train):
        raise SpecError(f"{where}: test_fraction {test_fraction} leaves no training sample of {len(x)}")
    if not tests:
        return x[train], y[train], None, None
    test = np.sort(test)
    return x[train], y[train], x[test], y[test]
