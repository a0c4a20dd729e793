"""The words of the experiments, grouped by paper."""

from typing import ClassVar, Literal

from lsviewer.core.experiment import Experiment
from lsviewer.gui.catalogue import groups_of, item_of


class First(Experiment):
    """Every pattern.

    Shown: the section.
    """

    title: ClassVar[str] = "Theorem 1"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2"
    formula: ClassVar[str] = "x"
    kind: Literal["first"] = "first"


class Second(Experiment):
    """A plane."""

    title: ClassVar[str] = "Plane"
    paper: ClassVar[str] = "Any network"
    kind: Literal["second"] = "second"


class Third(First):
    """Another."""

    title: ClassVar[str] = "Theorem 2"
    kind: Literal["third"] = "third"  # type: ignore[assignment]


def test_experiments_are_grouped_by_paper_in_the_order_they_come() -> None:
    groups = groups_of((First, Second, Third))
    assert [(group.name, group.year, [item.title for item in group.items]) for group in groups] == [
        ("Czarnecki et al.", "2019", ["Theorem 1", "Theorem 2"]),
        ("Any network", "", ["Plane"]),
    ]


def test_an_item_carries_the_docstring_as_paragraphs() -> None:
    item = item_of(First)
    assert item.statement == ("Every pattern.", "Shown: the section.")
    assert item.source == "Czarnecki et al. 2019, section 2"
    assert item.short_formula == "x"  # the long one where there is no short one
