"""Convolutional networks: specs that build ``torch.nn.Sequential(Conv2d, Activation, [Pool], ..., Flatten, Linear)``.

Every convolution has the same square kernel, stride and zero padding. Pooling takes squares of 2 x 2 after every
activation whose maps are at least that large. The head is one linear layer that reads every position of the last maps, or
their averages. Weights start normal with standard deviation gain / sqrt(fan in), as in `lsviewer.engine.networks`.

A spec does not say how large images are: `Cnn.for_inputs` binds it to those of the data.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from lsviewer.core.spec import Spec, SpecError
from lsviewer.engine.activations import Activation, Relu

Channels = Annotated[int, Field(ge=1, le=4096)]
Size = tuple[int, int]  # rows and columns of a map
Image = tuple[
    Annotated[int, Field(ge=1, le=64)], Annotated[int, Field(ge=1, le=1024)], Annotated[int, Field(ge=1, le=1024)]
]
MAX_BYTES = 4 << 30  # of the parameters in float64
ENTRIES = 1 << 22  # of the largest maps of the samples that go through together: 16 MB in float32


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution of a bound network: its place in the Sequential, channels, and the sizes of the maps around it."""

    key: int
    inputs: int
    outputs: int
    before: Size
    after: Size
    pooled: Size  # the same as ``after`` where nothing is pooled


class Cnn(Spec):
    """Convolutions of any number and width with one kernel size, pooled or not, and a linear head."""

    field: ClassVar[str] = "channels"
    layer: ClassVar[str] = "convolution"
    unit: ClassVar[str] = "channels"

    kind: Literal["cnn"] = "cnn"
    channels: tuple[Channels, ...] = Field(
        (16, 32), min_length=1, max_length=16, title="Channels", description="Maps of each convolution, first to last."
    )
    kernel: int = Field(3, ge=1, le=15, title="Kernel", json_schema_extra={"unit": "px"},
                        description="Rows and columns of every kernel.")  # fmt: skip
    stride: int = Field(2, ge=1, le=8, title="Stride", json_schema_extra={"unit": "px"},
                        description="Step of the kernel over the map below.")  # fmt: skip
    padding: int = Field(1, ge=0, le=14, title="Padding", json_schema_extra={"unit": "px"},
                         description="Zeros around every map, fewer than the kernel has rows.")  # fmt: skip
    pooling: Literal["none", "max", "average"] = Field(
        "none", title="Pooling", description="Of squares of 2 × 2 after every activation, while maps are that large."
    )
    head: Literal["flatten", "average"] = Field(
        "flatten", title="Head", description="The linear layer reads all positions, or the average of every map."
    )
    activation: Activation = Relu()
    image: Image | None = Field(
        None, title="Image", description="Channels, rows, columns of an input; empty takes those of the data."
    )

    @model_validator(mode="after")
    def _sees_the_map(self) -> "Cnn":
        if self.padding >= self.kernel:
            raise ValueError(
                f"padding is {self.padding}, kernel {self.kernel}: less padding is expected, else some outputs see zeros alone"
            )
        return self

    # --- the images of the data ------------------------------------------------------------------------------------------

    def for_inputs(self, image: tuple[int, ...] | None, inputs: int, source: str) -> "Cnn":
        """Return the network for images [channels, rows, columns] of ``inputs`` numbers; raises `SpecError`.

        The spec's own ``image`` says how flat samples are to be read; ``source`` names the data in messages.
        """
        shape = self.image or image
        if shape is None:
            raise SpecError(
                f"field 'network' is a cnn, which needs images: samples of {source} are rows of {inputs} numbers; choose data "
                "with images, or set field 'network.image' to their channels, rows and columns"
            )
        if math.prod(shape) != inputs:
            raise SpecError(
                f"field 'network.image' is {_times(shape)}: samples of {source} have {inputs} numbers, not {math.prod(shape)}"
            )
        if self.image is None and shape[2] in (1, 3, 4) and shape[0] > 4:
            raise SpecError(
                f"field 'network' is a cnn: samples of {source} have shape {_times(shape)}, which looks like channels last; "
                "channels first is expected, as in 3 × 32 × 32"
            )
        bound = self.replace(image=tuple(shape))
        bound.refuse_large()
        return bound

    def refuse_large(self) -> None:
        """Raise `SpecError` where the parameters would not fit a sensible memory."""
        assert self.image is not None
        if (needed := 8 * self.size(math.prod(self.image), 1)) > MAX_BYTES:
            raise SpecError(
                f"field 'network.channels': the parameters would need {needed / 2**30:.1f} GB, "
                f"at most {MAX_BYTES >> 30} GB are taken"
            )

    def convolutions(self) -> tuple[Convolution, ...]:
        """Return the convolutions in order; raises `SpecError` where the kernel does not fit the maps."""
        if self.image is None:
            raise ValueError("the network is not bound to images: for_inputs() comes first")
        inputs, size = self.image[0], (self.image[1], self.image[2])
        found, key = [], 0
        for layer, outputs in enumerate(self.channels, start=1):
            after = _moved(size, self.kernel, self.stride, self.padding)
            if min(after) < 1:
                raise SpecError(
                    f"field 'network.kernel' is {self.kernel}: convolution {layer} gets maps of {_times(size)}, "
                    f"{_times(tuple(n + 2 * self.padding for n in size))} with padding; fewer convolutions, a smaller "
                    "kernel or stride, or more padding is needed"
                )
            pooled = (after[0] // 2, after[1] // 2) if self.pooling != "none" and min(after) >= 2 else after
            found.append(Convolution(key, inputs, outputs, size, after, pooled))
            key += 2 + (pooled != after)
            inputs, size = outputs, pooled
        return tuple(found)

    @property
    def head_key(self) -> int:
        """Place of the linear layer in the Sequential."""
        last = self.convolutions()[-1]
        return last.key + 2 + (last.pooled != last.after) + (1 if self.head == "flatten" else 2)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Channels of every convolution: what the widths of an mlp are to it."""
        return self.channels

    def arrange(self, x: Float[Tensor, "N ..."]) -> Float[Tensor, "N c h w"]:
        """Return the inputs as the module takes them."""
        assert self.image is not None
        return x.reshape(len(x), *self.image)

    @property
    def rows(self) -> int:
        """Samples that go through the network together with a sensible memory."""
        assert self.image is not None
        largest = max(math.prod(self.image), *(step.outputs * math.prod(step.after) for step in self.convolutions()))
        return max(1, min(4096, ENTRIES // largest))

    @property
    def work(self) -> int:
        """Products and sums of the convolutions for one sample."""
        return sum(2 * s.inputs * s.outputs * self.kernel**2 * math.prod(s.after) for s in self.convolutions())

    # --- what every network can do ---------------------------------------------------------------------------------------

    def shapes(self, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter by its key, in order."""
        assert self.image is not None
        if inputs != math.prod(self.image):
            raise ValueError(f"{inputs} inputs, but images of {_times(self.image)}")
        found: dict[str, tuple[int, ...]] = {}
        for step in self.convolutions():
            found[f"{step.key}.weight"] = (step.outputs, step.inputs, self.kernel, self.kernel)
            found[f"{step.key}.bias"] = (step.outputs,)
        reads = step.outputs * (math.prod(step.pooled) if self.head == "flatten" else 1)
        found[f"{self.head_key}.weight"] = (outputs, reads)
        found[f"{self.head_key}.bias"] = (outputs,)
        return found

    def size(self, inputs: int, outputs: int) -> int:
        """Return the number of parameters."""
        return sum(math.prod(shape) for shape in self.shapes(inputs, outputs).values())

    def build(
        self, inputs: int, outputs: int, *, dtype: torch.dtype = torch.float32, generator: torch.Generator | None = None
    ) -> nn.Sequential:
        """Return the network with initial weights drawn in float64 on the CPU; without a generator all are zero."""
        layers: list[nn.Module] = []
        for step in self.convolutions():
            layers.append(
                nn.utils.skip_init(
                    nn.Conv2d, step.inputs, step.outputs, self.kernel, self.stride, self.padding, dtype=dtype
                )
            )
            layers.append(self.activation.module())
            if step.pooled != step.after:
                layers.append(nn.MaxPool2d(2) if self.pooling == "max" else nn.AvgPool2d(2))
        layers += [nn.Flatten()] if self.head == "flatten" else [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        reads = self.shapes(inputs, outputs)[f"{self.head_key}.weight"][1]
        layers.append(nn.utils.skip_init(nn.Linear, reads, outputs, dtype=dtype))
        module = nn.Sequential(*layers)
        with torch.no_grad():
            for name, value in module.named_parameters():
                value.zero_()
                if generator is not None and name.endswith("weight"):
                    noise = torch.randn(value.shape, dtype=torch.float64, generator=generator)
                    gain = 1.0 if name == f"{self.head_key}.weight" else self.activation.gain
                    value.copy_(noise * (gain / math.sqrt(value[0].numel())))
        return module

    def forward(self, params: Mapping[str, Tensor], x: Float[Tensor, "N ..."]) -> Float[Tensor, "N l"]:
        """Return the outputs at ``params``; differentiable in both."""
        h = self.arrange(x)
        for step in self.convolutions():
            h = self.activate(step, self.convolve(step, params, h))
        return self.read(params, h)

    def convolve(self, step: Convolution, params: Mapping[str, Tensor], h: Tensor) -> Tensor:
        """Return the pre-activations of one convolution."""
        weight, bias = params[f"{step.key}.weight"], params[f"{step.key}.bias"]
        return functional.conv2d(h, weight, bias, self.stride, self.padding)

    def activate(self, step: Convolution, h: Tensor) -> Tensor:
        """Return the maps the next convolution sees: activated and, where due, pooled."""
        h = self.activation(h)
        if step.pooled == step.after:
            return h
        return functional.max_pool2d(h, 2) if self.pooling == "max" else functional.avg_pool2d(h, 2)

    def read(self, params: Mapping[str, Tensor], h: Tensor) -> Tensor:
        """Return the outputs, from the last maps."""
        features = h.flatten(1) if self.head == "flatten" else h.mean((2, 3))
        return functional.linear(features, params[f"{self.head_key}.weight"], params[f"{self.head_key}.bias"])

    def describe(self) -> str:
        """Return a few words: ``cnn 128-128-64, 3 × 3, stride 2, relu``."""
        words = ["cnn " + "-".join(map(str, self.channels)), f"{self.kernel} × {self.kernel}"]
        words += [f"stride {self.stride}"] * (self.stride > 1) + [f"{self.pooling} pooling"] * (self.pooling != "none")
        return ", ".join([*words, self.activation.label])

    @property
    def label(self) -> str:
        return self.describe()


def _moved(size: Size, kernel: int, stride: int, padding: int) -> Size:
    rows, columns = ((n + 2 * padding - kernel) // stride + 1 for n in size)
    return rows, columns


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
