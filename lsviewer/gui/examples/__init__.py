"""The examples of the welcome page, a file for each paper. Data only.

A new one is one line in its paper's file, and `python3 scripts/record_examples.py "its title"`, which runs it once and keeps
how long it took and the picture of its card in ``resources/examples``.
"""

from dataclasses import dataclass

from lsviewer.gui.examples import any_network, cooper, czarnecki, nguyen_hein
from lsviewer.gui.examples.example import Example

__all__ = ["EXAMPLES", "SHELVES", "Example", "Shelf"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The examples of one paper."""

    key: str
    name: str  # "Cooper"
    title: str  # the paper in one line
    examples: tuple[Example, ...]


SHELVES: tuple[Shelf, ...] = (
    Shelf("czarnecki", "Czarnecki", "Czarnecki et al. 2019: any pattern, found in a loss surface", czarnecki.EXAMPLES),
    Shelf("cooper", "Cooper", "Cooper 2018: the minima form a manifold", cooper.EXAMPLES),
    Shelf("nguyen_hein", "Nguyen and Hein", "Nguyen and Hein 2017: wide layers and critical points", nguyen_hein.EXAMPLES),
    Shelf("any", "Any network", "Any network: trained, and looked at", any_network.EXAMPLES),
)  # fmt: skip
EXAMPLES: tuple[Example, ...] = tuple(example for shelf in SHELVES for example in shelf.examples)
