"""Networks: specs that build an ordinary ``torch.nn.Sequential(Linear, Activation, Linear, ...)``, or one of convolutions.

Inputs are brought into the form a network takes by its `arrange`, outside the module, so the keys are ``0.weight``,
``0.bias``, ``2.weight``, ... as in the network a stranger would write down. Weights start normal with standard deviation
gain / sqrt(fan in) (He et al. 2015), the last layer with gain 1; biases start at 0.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from lsviewer.core.spec import Spec
from lsviewer.engine.activations import Activation, Relu
from lsviewer.engine.cnn import Cnn

Width = Annotated[int, Field(ge=1, le=65536)]


class Mlp(Spec):
    """Fully connected layers of any number and width, with one activation."""

    field: ClassVar[str] = "hidden"  # what messages call the field of the widths, a layer, and what it is made of
    layer: ClassVar[str] = "hidden"
    unit: ClassVar[str] = "units"
    rows: ClassVar[int] = 4096  # samples that go through together: bounds the memory of wide networks

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Width, ...] = Field(
        (256, 256),
        max_length=64,
        title="Hidden layers",
        description="Units of each hidden layer, first to last; none is a linear model.",
    )
    activation: Activation = Relu()

    def widths(self, inputs: int, outputs: int) -> tuple[int, ...]:
        """Return all widths, input and output layer included."""
        return (inputs, *self.hidden, outputs)

    def shapes(self, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter by its key, in order."""
        widths = self.widths(inputs, outputs)
        found: dict[str, tuple[int, ...]] = {}
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            found[f"{2 * layer}.weight"] = (fan_out, fan_in)
            found[f"{2 * layer}.bias"] = (fan_out,)
        return found

    def size(self, inputs: int, outputs: int) -> int:
        """Return the number of parameters."""
        return sum(math.prod(shape) for shape in self.shapes(inputs, outputs).values())

    def build(
        self, inputs: int, outputs: int, *, dtype: torch.dtype = torch.float32, generator: torch.Generator | None = None
    ) -> nn.Sequential:
        """Return the network with initial weights drawn in float64 on the CPU, so that float32 is the rounded same net.

        Without a generator all parameters are zero.
        """
        widths = self.widths(inputs, outputs)
        layers: list[nn.Module] = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            last = layer == len(widths) - 2
            linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, dtype=dtype)
            with torch.no_grad():
                linear.bias.zero_()
                linear.weight.zero_()
                if generator is not None:
                    noise = torch.randn(fan_out, fan_in, dtype=torch.float64, generator=generator)
                    gain = 1.0 if last else self.activation.gain
                    linear.weight.copy_(noise * (gain / math.sqrt(fan_in)))
            layers.append(linear)
            if not last:
                layers.append(self.activation.module())
        return nn.Sequential(*layers)

    def for_inputs(self, image: tuple[int, ...] | None, inputs: int, source: str) -> "Mlp":
        """Return the network itself: it takes samples of any shape."""
        return self

    def arrange(self, x: Float[Tensor, "N ..."]) -> Float[Tensor, "N d"]:
        """Return the inputs as the module takes them."""
        return x.flatten(1)

    def forward(self, params: Mapping[str, Tensor], x: Float[Tensor, "N ..."]) -> Float[Tensor, "N l"]:
        """Return the outputs at ``params``; differentiable in both."""
        h = x.flatten(1)
        last = len(self.hidden)
        for layer in range(last + 1):
            h = functional.linear(h, params[f"{2 * layer}.weight"], params[f"{2 * layer}.bias"])
            if layer < last:
                h = self.activation(h)
        return h

    def describe(self) -> str:
        """Return a few words: ``mlp 256-288-64, relu``."""
        hidden = "-".join(map(str, self.hidden)) if self.hidden else "linear"
        return f"mlp {hidden}, {self.activation.label}"

    @property
    def label(self) -> str:
        return self.describe()


Network = Annotated[Mlp | Cnn, Field(discriminator="kind", title="Network")]
"""The union of all networks. A field that only takes some names their classes."""
