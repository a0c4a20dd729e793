"""Where an artifact goes: into which tab, and where on the board of an experiment without a pattern. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Diagram, Picture, Section, Spectrum, Trajectory


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab by its key and words."""

    key: str
    title: str


ERROR, NUMBERS, CLAIMS = Tab("error", "Error"), Tab("numbers", "Numbers"), Tab("claims", "Claims")
CURVES, SPECTRUM, PICTURES = Tab("curves", "Curves"), Tab("spectrum", "Spectrum"), Tab("pictures", "Pictures")
SECTIONS, IMPLICIT = Tab("sections", "Sections"), Tab("implicit", "Implicit activation")
NETWORK = Tab("network", "Network")
ORDER = tuple(tab.key for tab in (CURVES, SPECTRUM, ERROR, NETWORK, SECTIONS, PICTURES, IMPLICIT, NUMBERS, CLAIMS))
IMPLICIT_NAMES = ("sigma", "implicit")  # how the names of its artifacts begin


def tab_of(artifact: Artifact) -> Tab | None:
    """Return the tab that shows ``artifact``, None for what is not looked at (checkpoints) or shown elsewhere."""
    match artifact:
        case _ if artifact.name.startswith(IMPLICIT_NAMES):
            return IMPLICIT
        case Curve():
            return CURVES
        case Spectrum():
            return SPECTRUM
        case Picture():
            return PICTURES
        case Section():
            return SECTIONS
        case Diagram():
            return NETWORK
        case Trajectory() | Checkpoint():
            return None


def rank(key: str) -> int:
    """Return where a tab stands among the others."""
    return ORDER.index(key) if key in ORDER else len(ORDER)


def is_square(artifact: Artifact) -> bool:
    """Return whether a view of ``artifact`` wants to be as high as wide: a section with two or three axes, a picture."""
    return isinstance(artifact, Picture) or (isinstance(artifact, Section) and len(artifact.axes) >= 2)


def leads(artifact: Artifact) -> bool:
    """Return whether ``artifact`` is what its experiment is about: large, alone in the first row of a board."""
    return isinstance(artifact, Spectrum) and bool(artifact.facts)


def led_rows(others: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the rows of a board with a leading card over ``others``, up to four of them in one row."""
    rows = (1, *_shared_out(others, 4)) if others else (1,)
    below = 0.34 if len(rows) == 2 else 0.5
    return rows, (1.0,) if len(rows) == 1 else (1.0 - below, *(below / (len(rows) - 1) for _ in rows[1:]))


def board_rows(squares: int, others: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return how many cards each row of a board has, squares first, and the rows' shares of the height.

    Up to three squares stand in the first row, the others below, two or three to a row. Five and more share rows of up to
    four that are equally high, with the rest in flatter rows below. Without squares the first card is large.
    """
    total = squares + others
    if squares > 4:
        of_squares = _shared_out(squares, 4)
        rows = [*of_squares, *_shared_out(others, 3)]
        weights = [1.0] * len(of_squares) + [0.6] * (len(rows) - len(of_squares))
        return tuple(rows), tuple(weight / sum(weights) for weight in weights)
    if total <= 1:
        return ((total,) if total else ()), (1.0,) * total
    if squares:
        rows = [min(3, squares)]
        rest = total - rows[0]
    else:
        rows, rest = [1], total - 1
    while rest > 0:
        take = rest if rest <= 3 else (2 if rest == 4 else 3)
        rows.append(take)
        rest -= take
    if len(rows) == 1:
        return tuple(rows), (1.0,)
    first = 0.62 if squares or total == 2 else 0.68
    below = (1.0 - first) / (len(rows) - 1)
    return tuple(rows), (first, *(below for _ in rows[1:]))


def row_heights(shares: Sequence[float], least: Sequence[int], room: int) -> list[int]:
    """Return heights of rows that share ``room`` pixels, none below its ``least``: higher rows give way first.

    Where even the least heights do not fit, they are the answer, and the board is scrolled.
    """
    heights = [max(low, round(share * room)) for share, low in zip(shares, least, strict=True)]
    above = [height - low for height, low in zip(heights, least, strict=True)]
    over, spare = sum(heights) - room, sum(above)
    if not heights or over >= spare:
        return list(least)
    if over > 0:
        heights = [height - round(over * more / spare) for height, more in zip(heights, above, strict=True)]
    heights[0] += room - sum(heights)  # what rounding left
    return heights


def _shared_out(count: int, most: int) -> list[int]:
    """Return rows of at most ``most`` that share ``count`` as evenly as may be, longer ones first."""
    rows = -(-count // most)
    return [count // rows + (row < count % rows) for row in range(rows)]
