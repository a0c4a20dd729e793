"""Data sets as specs: built in, from files, downloaded, generated. ``dataset.load(files)`` gives `Data`.

Every data set has ``limit``: at most so many training samples, drawn by ``seed`` with the classes in proportion. Those without a
test part of their own hold back ``test_fraction``. Pixel values are scaled to [0, 1].
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from lsviewer.core.files import Files
from lsviewer.core.spec import Spec
from lsviewer.engine.data import Data, Raw, assemble
from lsviewer.resources import path as resource

Limit = Annotated[int, Field(ge=2, le=10_000_000)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]

_LIMIT = "At most so many training samples, the classes in proportion; empty takes all."
_FRACTION = "Share of the samples held back for testing, the classes in proportion."
_SEED = "Decides which samples are drawn and held back."


class _Dataset(Spec):
    def load(self, files: Files) -> Data:
        """Return the data; raises `SpecError` with one sentence."""
        raise NotImplementedError


class _BuiltIn(_Dataset):
    top: ClassVar[float]  # the largest pixel value

    limit: Limit | None = Field(None, title="Limit", description=_LIMIT)
    test_fraction: float = Field(0.2, ge=0.0, le=0.9, title="Test fraction", description=_FRACTION)
    seed: Seed = Field(0, title="Data seed", description=_SEED)

    def load(self, files: Files) -> Data:
        name = self.label.replace(" ", "_")
        with np.load(resource("data", f"{name}.npz"), allow_pickle=False) as arrays:
            raw = Raw(arrays["x"].astype(np.float32) / np.float32(self.top), arrays["y"].astype(np.int64))
        return assemble(
            name, raw, where=f"data set '{name}'", limit=self.limit, test_fraction=self.test_fraction, seed=self.seed
        )


class Digits(_BuiltIn):
    """1797 real handwritten digits of 8 x 8 pixels (UCI), built in."""

    top = 16.0
    kind: Literal["digits"] = "digits"


class MnistSmall(_BuiltIn):
    """5000 real MNIST digits of 28 x 28 pixels, 500 of each, built in."""

    top = 255.0
    kind: Literal["mnist_small"] = "mnist_small"


Dataset = Annotated[Digits | MnistSmall, Field(discriminator="kind", title="Data")]
