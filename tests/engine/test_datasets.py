"""Data sets: what is built in, how they are split, and every bad set as one sentence."""

import hashlib
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from lsviewer.core.files import Files
from lsviewer.core.spec import Spec, SpecError, parse
from lsviewer.engine.data import Data, Raw, assemble
from lsviewer.engine.datasets import DATASETS, Csv, Dataset, Digits, Gaussian, Idx, MnistSmall, Npz, Teacher
from lsviewer.resources import path as resource
from tests import cases


class Holder(Spec):
    dataset: Dataset = Digits()


def load(data: dict[str, Any], folder: Path) -> Data:
    return parse(Holder, {"dataset": data}).dataset.load(Files(folder))


def complaint(data: dict[str, Any], folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load(data, folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def table(samples: int = 60, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(2.0 * samples).reshape(samples, 2)
    return x, np.arange(samples) % classes


# --- built in ------------------------------------------------------------------------------------------------------------


def test_digits_without_a_test_part_are_the_whole_set_in_its_order() -> None:
    data = Digits(test_fraction=0.0).load(Files())
    with np.load(resource("data", "digits.npz")) as stored:
        np.testing.assert_array_equal(data.x.numpy(), stored["x"] / np.float32(16))
        np.testing.assert_array_equal(data.y.numpy(), stored["y"])
    assert (len(data), data.inputs, data.outputs, data.classes) == (1797, 64, 10, 10)
    assert data.x_test is None and data.test_labels is None
    assert data.class_names == tuple("0123456789")


@pytest.mark.parametrize("dataset", cases.DATASETS, ids=cases.name)
def test_every_data_set_is_whole(dataset: Dataset) -> None:
    data = dataset.load(Files())
    assert data.x.dtype is torch.float32 and data.x.is_contiguous()
    assert bool(data.x.isfinite().all())
    assert len(data.x) == len(data.y) == len(data)
    assert data.outputs == data.labels.outputs
    if data.classes is None:
        assert data.y.dtype is torch.float32 and data.y.ndim == 2
        with pytest.raises(SpecError, match="class labels are needed here"):
            _ = data.marginal
    else:
        assert data.y.dtype is torch.int64
        counts = np.bincount(data.y.numpy(), minlength=data.classes)
        np.testing.assert_allclose(data.marginal.numpy(), counts / len(data), rtol=1e-15)
        assert (counts > 0).all()


@pytest.mark.parametrize("dataset", cases.DATASETS, ids=cases.name)
def test_the_same_spec_gives_the_same_data_and_another_seed_others(dataset: Dataset) -> None:
    data, again = dataset.load(Files()), dataset.load(Files())
    assert torch.equal(data.x, again.x) and torch.equal(data.y, again.y)
    assert data.sha256 == again.sha256
    assert dataset.replace(seed=1).load(Files()).sha256 != data.sha256


def test_the_fingerprint_is_of_the_arrays_in_use() -> None:
    data = MnistSmall(limit=20).load(Files())
    expected = hashlib.sha256(data.x.numpy().astype("<f4").tobytes() + data.y.numpy().astype("<i8").tobytes())
    assert data.sha256 == expected.hexdigest()


# --- splitting -----------------------------------------------------------------------------------------------------------


def test_training_and_test_part_share_no_sample_and_lose_none() -> None:
    x, y = table(101)
    data = assemble("t", Raw(x, y), where="t", test_fraction=0.3, seed=4)
    assert data.x_test is not None and data.y_test is not None
    first = torch.cat([data.x[:, 0], data.x_test[:, 0]])
    assert sorted(first.tolist()) == x[:, 0].tolist()
    assert len(data.x_test) == 30
    for part, labels in ((data.x, data.y), (data.x_test, data.y_test)):
        assert torch.equal(labels, part[:, 0].long() // 2 % 3)  # every sample kept its label
        assert bool((part[:, 0].diff() > 0).all())  # and its place in the order


@pytest.mark.parametrize("limit", [10, 33, 250])
def test_a_limit_keeps_the_classes_in_proportion(limit: int) -> None:
    y = np.repeat([0, 1, 2], [700, 200, 100])
    data = assemble("t", Raw(np.zeros((1000, 1)), y), where="t", limit=limit, test_fraction=0.2, seed=1)
    counts = np.bincount(data.y.numpy(), minlength=3)
    assert counts.sum() == limit
    assert np.abs(counts - limit * np.array([0.7, 0.2, 0.1])).max() <= 1
    assert data.y_test is not None
    np.testing.assert_allclose(np.bincount(data.y_test.numpy()), [140, 40, 20], atol=1)


def test_a_limit_beyond_the_samples_takes_all() -> None:
    assert len(assemble("t", Raw(*table()), where="t", limit=1000)) == 60


def test_a_test_part_of_its_own_is_left_alone() -> None:
    x, y = table()
    data = assemble("t", Raw(x, y, x[:9] + 0.5, y[:9]), where="t", limit=12, test_fraction=0.5)
    assert len(data) == 12
    assert data.x_test is not None and len(data.x_test) == 9
    assert data.test_labels is not None and data.test_labels.classes == 3


def test_labels_of_any_whole_numbers_become_indices_with_names() -> None:
    data = assemble("t", Raw(np.zeros((4, 1)), np.array([-1, 1, 1, 7])), where="t")
    assert data.y.tolist() == [0, 1, 1, 2]
    assert data.class_names == ("-1", "1", "7")


# --- bad data ------------------------------------------------------------------------------------------------------------

X, Y = table(6)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"x": X, "y": Y + 0.5}, "labels that are not integers: y is float64 of shape (6,)"),
        ({"x": X, "y": np.array(list("abcabc"))}, "labels that are not integers: y is str32 of shape (6,)"),
        ({"x": X, "y": Y > 1}, "labels that are not integers: y is bool"),
        ({"x": X, "y": Y[:, None]}, "labels that are not integers: y is int64 of shape (6, 1)"),
        ({"x": X, "y": Y[:5]}, "x has 6 samples, y has 5 labels"),
        ({"x": X, "y": np.array(1)}, "x has 6 samples, y has 1 labels"),
        ({"x": X, "y": 0 * Y + 4}, "all 6 samples have the label 4; at least two classes are needed"),
        ({"x": X[:0], "y": Y[:0]}, "x has shape (0, 2), it is empty"),
        ({"x": X[:, :0], "y": Y}, "x has shape (6, 0), it is empty"),
        ({"x": X[:, 0], "y": Y}, "x has shape (6,); one row of numbers per sample is expected"),
        ({"x": np.where(X == 3, np.nan, X), "y": Y}, "x has 1 values that are not finite"),
        ({"x": X * 1e300, "y": Y}, "x has 11 values that are not finite"),  # beyond float32
        ({"x": X + 1j, "y": Y}, "x holds complex128, numbers are expected"),
        ({"x": X, "y": np.full((6, 2), np.inf)}, "y has 12 values that are not finite"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y[:3]}, "x_test has 6 samples, y_test has 3 labels"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 1}, "y_test has the label 3, which y does not have"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 0.5}, "labels that are not integers: y_test is float64"),
        ({"x": X, "y": Y, "x_test": X[:, :1], "y_test": Y}, "samples of x have shape (2,), those of x_test (1,)"),
        ({"x": X, "y": X, "x_test": X, "y_test": X[:, :1]}, "y_test is float64 of shape (6, 1); floats of shape (6, 2)"),
        ({"x": X, "y": Y, "x_test": X}, "has an array 'x_test' but no 'y_test'"),
        ({"x": X, "y": Y, "y_test": Y}, "has an array 'y_test' but no 'x_test'"),
        ({"x": X}, "has no array 'y'"),
        ({"y": Y}, "has no array 'x'"),
        ({"x": np.zeros((1200, 1)), "y": np.arange(1200)}, "y has 1200 different labels, at most 1000 classes"),
    ],
)  # fmt: skip
def test_bad_arrays_are_one_sentence(tmp_path: Path, arrays: dict[str, np.ndarray], why: str) -> None:
    np.savez(tmp_path / "d.npz", **arrays)
    said = complaint({"kind": "npz", "path": "d.npz"}, tmp_path)
    assert said.startswith("file 'd.npz'")
    assert why in said


def test_a_class_that_the_split_takes_away_is_named(tmp_path: Path) -> None:
    y = np.repeat([5, 6, 7], [96, 2, 2])
    np.savez(tmp_path / "d.npz", x=np.zeros((100, 1)), y=y)
    said = complaint({"kind": "npz", "path": "d.npz", "limit": 3}, tmp_path)
    assert said == "file 'd.npz': class 6 has no sample in the training part; raise limit or lower test_fraction"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    said = complaint({"kind": "npz", "path": "none.npz"}, tmp_path)
    assert said == f"field 'dataset.path': no file 'none.npz' in {tmp_path}"
    said = complaint({"kind": "mnist", "folder": "none"}, tmp_path)
    assert said == f"field 'dataset.folder': no folder 'none' in {tmp_path}"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"kind": "npz"}, "field 'dataset.path' is missing"),
        ({"kind": "digit"}, "field 'dataset.kind' is 'digit': there are digits, mnist_small, npz"),
        ({"kind": "digits", "limit": 1}, "field 'dataset.limit' is 1: input should be greater than or equal to 2"),
        ({"kind": "digits", "limit": "few"}, "field 'dataset.limit' is 'few': input should be a valid integer"),
        ({"kind": "digits", "test_fraction": 1.0}, "field 'dataset.test_fraction' is 1.0: input should be less"),
        ({"kind": "mnist", "test_fraction": 0.1}, "unknown field 'dataset.test_fraction'"),
        ({"kind": "gaussian", "samples": 1000000, "inputs": 4096}, "field 'dataset': 1000000 samples of 4096 numbers"),
        ({"kind": "gaussian", "samples": 3}, "field 'dataset.samples' is 3: fewer than the 4 classes"),
    ],
)  # fmt: skip
def test_bad_options_are_refused_by_field(tmp_path: Path, data: dict[str, Any], expected: str) -> None:
    assert complaint(data, tmp_path).startswith(expected)


# --- generated -----------------------------------------------------------------------------------------------------------


def test_clouds_lie_where_they_should() -> None:
    data = Gaussian(samples=4000, inputs=3, classes=5, separation=50.0).load(Files())
    for k in range(5):
        cloud = data.x[data.y == k]
        assert len(cloud) == 800
        assert float(cloud.mean(0).norm()) == pytest.approx(50, abs=0.2)  # standard error 1 / sqrt(800)
        assert float(cloud.std(0).mean()) == pytest.approx(1, abs=0.05)


def test_a_teacher_is_a_function_of_its_inputs_plus_noise() -> None:
    clean = Teacher(samples=2000, inputs=4, outputs=2).load(Files())
    noisy = Teacher(samples=2000, inputs=4, outputs=2, noise=0.5).load(Files())
    assert torch.equal(clean.x, noisy.x)
    assert float((noisy.y - clean.y).std()) == pytest.approx(0.5, rel=0.05)
    assert float(clean.y.std()) > 0.1


def test_every_kind_of_the_union_says_what_it_is() -> None:
    assert set(get_args(get_args(Dataset)[0])) == set(DATASETS)
    for kind in DATASETS:
        assert kind.__doc__ and kind.origin in ("built in", "file", "download", "generated")


def test_names() -> None:
    assert (Digits().name, Npz(path="a/b.npz").name, Csv(path="t.csv").name) == ("digits", "b", "t")
    assert Idx(path="i", labels="l").where == "file 'i'"
