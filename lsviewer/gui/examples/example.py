"""One card of the gallery as data."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """A recipe with the words of its card; what it looks like and how long it takes is recorded, never typed."""

    title: str
    sentence: str
    source: str  # where the theorem stands: "Cooper, Proposition 2.3"
    recipe: dict[str, Any]
    artifact: str = ""  # the artifact drawn on the card, two with "|" half and half; "": the first that has a picture
    crop: float = 0.5  # how much of what is cut off a square picture is cut at its top

    @property
    def name(self) -> str:
        """The title as the name of a file: ``a-cat-in-the-loss-of-digits``."""
        return "-".join(re.findall(r"[a-z0-9]+", self.title.lower()))


def builtin(name: str) -> dict[str, Any]:
    """Return the recipe of a built-in pattern."""
    return {"kind": "builtin", "name": name}


DIGITS: dict[str, Any] = {"kind": "digits"}
MNIST: dict[str, Any] = {"kind": "mnist_small"}
