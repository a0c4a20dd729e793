"""The experiments as the library shows them: grouped by paper, with their words. Plain values, made once the engine is there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsviewer.gui.math_text import paragraphs

if TYPE_CHECKING:  # pydantic is not wanted before the window stands
    from lsviewer.core.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of experiment in words."""

    kind: str
    title: str  # "Theorem 1"
    paper: str  # "Czarnecki et al. 2019"
    place: str = ""  # "section 2"
    statement: tuple[str, ...] = ()  # paragraphs
    formula: str = ""  # LaTeX
    short_formula: str = ""  # LaTeX for narrow windows
    caveats: tuple[str, ...] = ()
    uses_pattern: bool = False

    @property
    def source(self) -> str:
        """Paper and place: ``Czarnecki et al. 2019, section 2``."""
        return f"{self.paper}, {self.place}" if self.place else self.paper


@dataclass(frozen=True, slots=True)
class Group:
    """The experiments of one paper."""

    name: str  # "Czarnecki et al."
    year: str  # "2019", "" where there is none
    items: tuple[Item, ...]


def item_of(experiment: "type[Experiment]") -> Item:
    """Return the words of an experiment class."""
    from lsviewer.core.experiment import kind_of  # late: it brings pydantic, and the first page stands before that

    return Item(
        kind=kind_of(experiment),
        title=experiment.title,
        paper=experiment.paper,
        place=experiment.place,
        statement=paragraphs(experiment.__doc__ or ""),
        formula=experiment.formula,
        short_formula=experiment.short_formula or experiment.formula,
        caveats=experiment.caveats,
        uses_pattern=experiment.uses_pattern,
    )


def groups_of(experiments: "Iterable[type[Experiment]]") -> tuple[Group, ...]:
    """Return the experiments grouped by paper, papers and experiments in the order they come."""
    by_paper: dict[str, list[Item]] = {}
    for experiment in experiments:
        item = item_of(experiment)
        by_paper.setdefault(item.paper, []).append(item)
    return tuple(Group(*_split_year(paper), tuple(items)) for paper, items in by_paper.items())


def _split_year(paper: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?),?\s+(\d{4})", paper)
    return (found[1], found[2]) if found else (paper, "")
