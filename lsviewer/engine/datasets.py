"""Data sets as specs: built in, from files, downloaded, generated. ``dataset.load(files)`` gives `Data`.

``limit`` takes at most so many training samples; data without a test part of its own hold back ``test_fraction`` for testing.
Both draw by ``seed`` with the classes in proportion (`lsviewer.engine.data`). Bytes of pixels are scaled to [0, 1].
"""

from dataclasses import replace
from pathlib import Path as FilePath
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import nn

from lsviewer.core.files import Files
from lsviewer.core.jobs import Step
from lsviewer.core.spec import Path, Spec, SpecError
from lsviewer.engine import downloads, readers
from lsviewer.engine.activations import Tanh
from lsviewer.engine.data import Data, Raw, assemble
from lsviewer.engine.networks import Mlp
from lsviewer.resources import path as resource

Limit = Annotated[int, Field(ge=2, le=10_000_000)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Fraction = Annotated[float, Field(ge=0.0, le=0.9)]

_LIMIT = "At most so many training samples, the classes in proportion; empty takes all."
_FRACTION = "Share of the samples held back for testing, the classes in proportion."
_FOLDER = "A local folder with the original files; empty downloads them once."


class _Dataset(Spec):
    """``origin`` says where it comes from; ``source`` what is downloaded, where something is."""

    origin: ClassVar[Literal["built in", "file", "download", "generated"]]
    source: ClassVar[downloads.Source | None] = None
    pixels: ClassVar[tuple[int, int, int] | None] = None  # of samples kept as rows

    limit: Limit | None = Field(None, title="Limit", description=_LIMIT)
    seed: Seed = Field(0, title="Data seed", description="Decides which samples are drawn, held back or made.")

    @property
    def name(self) -> str:
        """The name data carry: the kind, or the file."""
        return str(getattr(self, "kind", ""))

    def load(self, files: Files) -> Data:
        """Return the data; raises `SpecError` with one sentence."""
        fraction = float(getattr(self, "test_fraction", 0.0))
        found = assemble(
            self.name, self.read(files), where=self.where, limit=self.limit, test_fraction=fraction, seed=self.seed
        )
        return found if self.pixels is None else replace(found, pixels=self.pixels)

    @property
    def where(self) -> str:
        """How errors name it."""
        return f"data set '{self.name}'"

    def read(self, files: Files) -> Raw:
        """Return all samples as they are stored."""
        raise NotImplementedError


# --- built in ------------------------------------------------------------------------------------------------------------


class _BuiltIn(_Dataset):
    origin = "built in"
    top: ClassVar[float]  # the largest pixel value

    test_fraction: Fraction = Field(0.2, title="Test fraction", description=_FRACTION)

    def read(self, files: Files) -> Raw:
        with np.load(resource("data", f"{self.name}.npz"), allow_pickle=False) as arrays:
            return Raw(arrays["x"].astype(np.float32) / np.float32(self.top), arrays["y"].astype(np.int64))


class Digits(_BuiltIn):
    """1797 real handwritten digits of 8 × 8 pixels (UCI), built in."""

    top = 16.0
    pixels = (1, 8, 8)
    kind: Literal["digits"] = "digits"


class MnistSmall(_BuiltIn):
    """5000 real MNIST digits of 28 × 28 pixels, 500 of each, built in."""

    top = 255.0
    pixels = (1, 28, 28)
    kind: Literal["mnist_small"] = "mnist_small"


# --- files ---------------------------------------------------------------------------------------------------------------


class _FromFile(_Dataset):
    origin = "file"

    path: Path = Field(title="File")
    test_fraction: Fraction = Field(
        0.0, title="Test fraction", description=_FRACTION + " Ignored where the file has a test part."
    )

    @property
    def name(self) -> str:
        return FilePath(self.path).stem or "file"

    @property
    def where(self) -> str:
        return f"file {FilePath(self.path).name!r}"

    def found(self, files: Files) -> FilePath:
        """Return the file; raises `SpecError` where there is none."""
        return files.resolve(self.path, "dataset.path")


class Npz(_FromFile):
    """Arrays of your own: x [N, ...] and y, integer classes [N] or float targets [N, l]; optional x_test, y_test."""

    kind: Literal["npz"] = "npz"

    def read(self, files: Files) -> Raw:
        return readers.read_npz(self.found(files))


class Csv(_FromFile):
    """A table of numbers, one sample a row; separated by comma, semicolon or tab."""

    kind: Literal["csv"] = "csv"
    label_column: str = Field(
        "", max_length=200, title="Label column", description="Its name or number from 1; empty is the last."
    )
    task: Literal["classes", "numbers"] = Field(
        "classes", title="Labels are", description="Integer classes, or numbers to be predicted."
    )
    header: Literal["auto", "yes", "no"] = Field(
        "auto", title="Header", description="auto: a first row that is not all numbers."
    )

    def read(self, files: Files) -> Raw:
        return readers.read_csv(
            self.found(files), header=self.header, label=self.label_column, numbers=self.task == "numbers"
        )


class Idx(_FromFile):
    """Images and labels in MNIST's IDX format, gzipped or not."""

    kind: Literal["idx"] = "idx"
    path: Path = Field(title="Images")
    labels: Path = Field(title="Labels")

    def read(self, files: Files) -> Raw:
        return Raw(*readers.read_idx_pair(self.found(files), files.resolve(self.labels, "dataset.labels")))


# --- downloads -----------------------------------------------------------------------------------------------------------


class Download(_Dataset):
    """A published data set: in a local folder, or fetched once."""

    origin = "download"
    folder: Path = Field("", title="Local folder", description=_FOLDER)

    def original(self, files: Files, name: str) -> FilePath:
        """Return a file of the local folder, or the same with or without ``.gz``."""
        folder = files.resolve_folder(self.folder, "dataset.folder")
        for candidate in (name, name.removesuffix(".gz")):
            if (folder / candidate).is_file():
                return folder / candidate
        raise SpecError(f"field 'dataset.folder': {self.folder!r} has no file {name!r}")

    @property
    def is_here(self) -> bool:
        """Whether it can be read without a download."""
        return self.source is None or bool(self.folder) or self.source.is_cached()

    def fetching(self) -> Step[None]:
        """Download what is missing of the originals, with progress."""
        if self.source is not None and not self.is_here:
            yield from downloads.fetching(self.source)


class _IdxDownload(Download):
    def read(self, files: Files) -> Raw:
        assert self.source is not None
        if self.folder:
            paths = {name: self.original(files, name) for name in self.source.files}
        else:
            paths = downloads.fetch(self.source)
        train = readers.read_idx_pair(paths["train-images-idx3-ubyte.gz"], paths["train-labels-idx1-ubyte.gz"])
        test = readers.read_idx_pair(paths["t10k-images-idx3-ubyte.gz"], paths["t10k-labels-idx1-ubyte.gz"])
        return Raw(*train, *test)


class Mnist(_IdxDownload):
    """MNIST: 60000 handwritten digits of 28 × 28 pixels and 10000 for testing; downloaded once, 12 MB."""

    source = downloads.MNIST
    kind: Literal["mnist"] = "mnist"


class FashionMnist(_IdxDownload):
    """Fashion-MNIST: 60000 pieces of clothing of 28 × 28 pixels and 10000 for testing; downloaded once, 31 MB."""

    source = downloads.FASHION_MNIST
    kind: Literal["fashion_mnist"] = "fashion_mnist"


class Cifar10(Download):
    """CIFAR-10: 50000 colour photos of 32 × 32 pixels and 10000 for testing; downloaded once, 170 MB."""

    source = downloads.CIFAR10
    kind: Literal["cifar10"] = "cifar10"

    def read(self, files: Files) -> Raw:
        names = [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]
        if self.folder:
            paths = [self.original(files, name) for name in names]
        else:
            assert self.source is not None
            (archive,) = downloads.fetch(self.source).values()
            members = tuple(f"cifar-10-batches-bin/{name}" for name in names)
            paths = downloads.unpack(archive, members, 10000 * readers.CIFAR_RECORD)
        return Raw(*readers.read_cifar(paths[:-1]), *readers.read_cifar(paths[-1:]))


# --- generated -----------------------------------------------------------------------------------------------------------


class _Generated(_Dataset):
    origin = "generated"

    samples: int = Field(400, ge=2, le=1_000_000, title="Samples", description="Training and test samples together.")
    inputs: int = Field(2, ge=1, le=4096, title="Inputs", description="Numbers per sample.")
    test_fraction: Fraction = Field(0.0, title="Test fraction", description=_FRACTION)

    @model_validator(mode="after")
    def _fits_memory(self) -> "_Generated":
        if self.samples * self.inputs > 100_000_000:
            raise ValueError(f"{self.samples} samples of {self.inputs} numbers are more than 100 million numbers")
        return self

    def draw(self, purpose: int) -> np.random.Generator:
        """Return the generator of one purpose."""
        return np.random.default_rng([self.seed, purpose])


class Gaussian(_Generated):
    """Classes as round clouds of standard deviation 1 with centres at random on a sphere."""

    kind: Literal["gaussian"] = "gaussian"
    classes: int = Field(4, ge=2, le=100, title="Classes", description="All of the same size, to one sample.")
    separation: float = Field(
        4.0, ge=0.0, le=100.0, title="Separation", description="Radius of the sphere of the centres."
    )

    def read(self, files: Files) -> Raw:
        if self.samples < self.classes:
            raise SpecError(f"field 'dataset.samples' is {self.samples}: fewer than the {self.classes} classes")
        centres = self.draw(1).standard_normal((self.classes, self.inputs))
        centres *= self.separation / np.linalg.norm(centres, axis=1, keepdims=True)
        rng = self.draw(2)
        y = rng.permutation(np.arange(self.samples) % self.classes)
        return Raw(centres[y] + rng.standard_normal((self.samples, self.inputs)), y)


class Teacher(_Generated):
    """A regression task: normal inputs, targets from a random tanh network, and noise."""

    kind: Literal["teacher"] = "teacher"
    outputs: int = Field(1, ge=1, le=1000, title="Outputs", description="Numbers to be predicted.")
    hidden: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        (8,), max_length=8, title="Teacher's hidden layers", description="Units of each hidden layer of the teacher."
    )
    noise: float = Field(0.0, ge=0.0, le=100.0, title="Noise", description="Standard deviation added to the targets.")

    def read(self, files: Files) -> Raw:
        x = self.draw(1).standard_normal((self.samples, self.inputs)).astype(np.float32)
        with torch.no_grad():
            y = self.teacher()(torch.from_numpy(x).double()).numpy()
        return Raw(x, y + self.noise * self.draw(2).standard_normal(y.shape))

    def teacher(self) -> nn.Sequential:
        """Return the network the targets come from, float64."""
        generator = torch.Generator().manual_seed(self.seed)
        network = Mlp(hidden=self.hidden, activation=Tanh())
        return network.build(self.inputs, self.outputs, dtype=torch.float64, generator=generator)


DATASETS = (Digits, MnistSmall, Npz, Csv, Idx, Mnist, FashionMnist, Cifar10, Gaussian, Teacher)
Dataset = Annotated[
    Digits | MnistSmall | Npz | Csv | Idx | Mnist | FashionMnist | Cifar10 | Gaussian | Teacher,
    Field(discriminator="kind", title="Data"),
]
