"""Readers: npz, csv, IDX and CIFAR-10 batches, whole, cut short, and hostile."""

import gzip
import io
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError
from lsviewer.engine import readers
from lsviewer.engine.datasets import Cifar10, Csv, Idx, Mnist, Npz


def said(action: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(SpecError) as caught:
        action(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- npz -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_arrays_come_back_in_both_orders(tmp_path: Path, save: Any) -> None:
    x = np.random.default_rng(0).random((6, 2, 3))
    save(tmp_path / "d.npz", x=np.asfortranarray(x), y=np.arange(6) % 2, other=np.zeros(3))
    raw = readers.read_npz(tmp_path / "d.npz")
    np.testing.assert_array_equal(raw.x, x)
    assert raw.y.tolist() == [0, 1, 0, 1, 0, 1]
    data = Npz(path="d.npz").load(Files(tmp_path))
    assert (data.x.shape, data.inputs) == ((6, 2, 3), 6)


def test_python_objects_are_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    np.savez(tmp_path / "d.npz", x=np.array([Trap()], object), y=np.zeros(1, int))
    assert (
        said(readers.read_npz, tmp_path / "d.npz")
        == "array 'x' in 'd.npz' holds Python objects, which are never loaded"
    )
    (tmp_path / "d.npz").write_bytes(pickle.dumps({"x": Trap()}))
    assert said(readers.read_npz, tmp_path / "d.npz") == "file 'd.npz' is not a .npz file that can be read"
    assert not (tmp_path / "sprung").exists()


def npz_with(folder: Path, member: bytes) -> Path:
    with zipfile.ZipFile(folder / "d.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", member)
    return folder / "d.npz"


def header(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def test_a_header_that_declares_more_than_there_is_takes_no_memory(tmp_path: Path) -> None:
    path = npz_with(tmp_path, header((1 << 40, 8)) + bytes(64))
    assert (
        said(readers.read_npz, path)
        == f"array 'x' in 'd.npz' has {1 << 46} bytes, at most {readers.MAX_BYTES} are read"
    )
    assert "cut short: 64 bytes of 800" in said(readers.read_npz, npz_with(tmp_path, header((100,)) + bytes(64)))
    assert "longer than the 8 bytes" in said(readers.read_npz, npz_with(tmp_path, header((1,)) + bytes(64)))
    assert "is not a .npy array" in said(readers.read_npz, npz_with(tmp_path, b"text"))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_an_npz_cut_short_is_named(tmp_path: Path, share: float) -> None:
    np.savez(tmp_path / "d.npz", x=np.random.default_rng(0).random((50, 3)), y=np.arange(50) % 2)
    whole = (tmp_path / "d.npz").read_bytes()
    (tmp_path / "d.npz").write_bytes(whole[: int(share * len(whole))])
    assert said(readers.read_npz, tmp_path / "d.npz") == "file 'd.npz' is not a .npz file that can be read"


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((50, 3)), y=np.arange(50) % 2)
    whole = bytearray((tmp_path / "d.npz").read_bytes())
    whole[700] ^= 1
    (tmp_path / "d.npz").write_bytes(whole)
    assert said(readers.read_npz, tmp_path / "d.npz") == "file 'd.npz' is not a .npz file that can be read"


# --- csv -----------------------------------------------------------------------------------------------------------------


def csv(folder: Path, text: str, **options: Any) -> Any:
    (folder / "t.csv").write_text(text, "utf-8")
    return Csv(path="t.csv", **options).read(Files(folder))


@pytest.mark.parametrize(
    ("text", "options", "x", "y"),
    [
        ("1,2,0\n3,4,1\n", {}, [[1, 2], [3, 4]], [0, 1]),
        ("a,b,label\n1,2,0\n3,4,1\n", {}, [[1, 2], [3, 4]], [0, 1]),
        ("a;label;b\n1;0;2,5\n".replace("2,5", "2.5") + "3;1;4\n", {"label_column": "label"}, [[1, 2.5], [3, 4]], [0, 1]),
        ("0\t1\t2\n1\t3\t4\n\n", {"label_column": "1"}, [[1, 2], [3, 4]], [0, 1]),
        ("\ufeff1,2,0\r\n3,4,1\r\n", {}, [[1, 2], [3, 4]], [0, 1]),
        ("9,9,9\n1,2,0\n3,4,1\n", {"header": "yes"}, [[1, 2], [3, 4]], [0, 1]),
        ("1,2,0.5\n3,4,-1\n", {"task": "numbers"}, [[1, 2], [3, 4]], [[0.5], [-1]]),
        ('"1","2","0"\n3,4,1.0\n', {}, [[1, 2], [3, 4]], [0, 1]),
    ],
)  # fmt: skip
def test_tables_of_every_habit(tmp_path: Path, text: str, options: dict[str, Any], x: Any, y: Any) -> None:
    raw = csv(tmp_path, text, **options)
    assert (raw.x.tolist(), raw.y.tolist()) == (x, y)


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("", {}, "file 't.csv' is empty"),
        ("a,b\n", {}, "file 't.csv' has a header but no rows"),
        ("1\n2\n", {}, "file 't.csv' has one column; inputs and a label are expected"),
        ("1,2,0\n3,1\n", {}, "file 't.csv': row 2 has 2 cells, the first row has 3"),
        ("a,b\n1,0\nx,1\n", {}, "file 't.csv': row 3, column 1 holds 'x', not a number"),
        ("1,0\n2,0.5\n", {}, "file 't.csv': labels that are not integers: row 2 has the label '0.5'"),
        ("1,0\n2,nan\n", {}, "file 't.csv': labels that are not integers: row 2 has the label 'nan'"),
        ("1,0\n2,1e300\n", {}, "file 't.csv': labels that are not integers: row 2 has the label '1e300'"),
        ("1,0\n2,1\n", {"header": "no", "label_column": "class"}, "file 't.csv' has no column 'class'"),
        ("a,b\n2,1\n", {"label_column": "3"}, "file 't.csv' has no column '3' (field 'dataset.label_column'); there are a, b"),
    ],
)  # fmt: skip
def test_a_table_that_is_none_says_where(tmp_path: Path, text: str, options: dict[str, Any], why: str) -> None:
    assert said(csv, tmp_path, text, **options).startswith(why)


def test_a_table_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe1,2")
    assert said(Csv(path="t.csv").read, Files(tmp_path)) == "file 't.csv' is not text in UTF-8"


# --- IDX -----------------------------------------------------------------------------------------------------------------


def idx(array: np.ndarray, code: int = 8) -> bytes:
    """Return the array as LeCun's page describes the format, written here byte by byte."""
    sizes = b"".join(struct.pack(">I", n) for n in array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.astype(readers.IDX_TYPES[code]).tobytes()


IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 5))
LABELS = np.arange(20) % 3


@pytest.mark.parametrize("packed", [False, True])
def test_idx_images_are_scaled_to_one(tmp_path: Path, packed: bool) -> None:
    pack = gzip.compress if packed else bytes
    (tmp_path / "i").write_bytes(pack(idx(IMAGES)))
    (tmp_path / "l").write_bytes(pack(idx(LABELS)))
    data = Idx(path="i", labels="l").load(Files(tmp_path))
    np.testing.assert_allclose(data.x.numpy(), IMAGES / 255, atol=1e-7)
    assert data.y.tolist() == LABELS.tolist()


@pytest.mark.parametrize("code", [8, 9, 11, 12, 13, 14])
def test_every_type_of_number(tmp_path: Path, code: int) -> None:
    values = np.array([[1, 2, 3], [4, 5, 127]])
    (tmp_path / "i").write_bytes(idx(values, code))
    assert readers.read_idx(tmp_path / "i").tolist() == values.tolist()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not an IDX file"),
        (b"\x00\x00\x07\x01" + bytes(8), "is not an IDX file"),
        (b"\x00\x00\x08\x09" + bytes(80), "is not an IDX file"),
        (b"\x00\x00\x08\x02\x00\x00", "is cut short in its header"),
        (idx(IMAGES)[:-1], "is cut short: 399 bytes of 400"),
        (idx(IMAGES) + b"x", "is longer than the 400 bytes its header declares"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "at most"),
        (gzip.compress(idx(IMAGES))[:-30], "is not a gzip file that can be read"),
        (b"\x1f\x8bnonsense", "is not a gzip file that can be read"),
    ],
)
def test_bad_idx_files_are_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "i").write_bytes(content)
    assert why in said(readers.read_idx, tmp_path / "i")


def test_images_and_labels_exchanged_are_refused(tmp_path: Path) -> None:
    (tmp_path / "i").write_bytes(idx(IMAGES))
    (tmp_path / "l").write_bytes(idx(LABELS))
    assert "images [N, rows, columns] are expected" in said(Idx(path="l", labels="i").load, Files(tmp_path))
    assert "one label per image" in said(Idx(path="i", labels="i").load, Files(tmp_path))
    (tmp_path / "l").write_bytes(idx(LABELS[:7]))
    assert said(Idx(path="i", labels="l").load, Files(tmp_path)) == "file 'i': x has 20 samples, y has 7 labels"
    (tmp_path / "l").write_bytes(idx(LABELS + 0.5, 14))
    assert "labels that are not integers" in said(Idx(path="i", labels="l").load, Files(tmp_path))


def test_mnist_is_read_from_a_local_folder_packed_or_not(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    for stem, packed in (("train", True), ("t10k", False)):
        for kind, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
            content = idx(array)
            name = f"{stem}-{kind}-ubyte" + (".gz" if packed else "")
            (folder / name).write_bytes(gzip.compress(content) if packed else content)
    data = Mnist(folder="raw", limit=9).load(Files(tmp_path))
    assert len(data) == 9
    assert data.x_test is not None and data.x_test.shape == (20, 4, 5)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    assert said(Mnist(folder="raw").load, Files(tmp_path)) == (
        "field 'dataset.folder': 'raw' has no file 't10k-labels-idx1-ubyte.gz'"
    )


# --- CIFAR-10 ------------------------------------------------------------------------------------------------------------


def batch(labels: list[int], seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    return b"".join(bytes([label]) + rng.integers(0, 256, 3072, dtype=np.uint8).tobytes() for label in labels)


def test_cifar_planes_are_red_green_blue(tmp_path: Path) -> None:
    planes = np.zeros((3, 32, 32), np.uint8)
    planes[2, 0, 31] = 255  # a blue point at the top right
    (tmp_path / "b.bin").write_bytes(bytes([7]) + planes.tobytes())
    x, y = readers.read_cifar([tmp_path / "b.bin"])
    assert (x.shape, y.tolist()) == ((1, 3, 32, 32), [7])
    assert x[0, 2, 0, 31] == 1.0 and x.sum() == 1.0


def test_cifar_is_read_from_a_local_folder(tmp_path: Path) -> None:
    for k in range(1, 6):
        (tmp_path / f"data_batch_{k}.bin").write_bytes(batch([k, 0], k))
    (tmp_path / "test_batch.bin").write_bytes(batch([1, 2, 3]))
    data = Cifar10(folder=".").load(Files(tmp_path))
    assert data.y.tolist() == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]
    assert (data.inputs, data.outputs) == (3072, 6)
    assert data.y_test is not None and data.y_test.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "has 0 bytes"), (batch([1])[:-1], "has 3072 bytes"), (batch([12]), "label 12")]
)
def test_bad_cifar_batches_are_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "b.bin").write_bytes(content)
    assert why in said(readers.read_cifar, [tmp_path / "b.bin"])
