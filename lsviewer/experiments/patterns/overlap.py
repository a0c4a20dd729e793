"""How well a section shows a pattern of high and low cells: the overlap (intersection over union) of both kinds.

A cell counts as high where its loss lies above the middle between low and high. Accuracy flatters: on a pattern with few low
cells "all high" is mostly right; its overlap of the low cells is 0.
"""

from dataclasses import dataclass

from lsviewer.core.arrays import Array


@dataclass(frozen=True, slots=True)
class Overlap:
    """Intersection over union of the high and of the low cells, and the share of cells on the right side."""

    high: float
    low: float
    accuracy: float

    @property
    def least(self) -> float:
        """The smaller of the two."""
        return min(self.high, self.low)


def is_high(pattern: Array) -> Array:
    """Return which cells of a pattern are high: above the middle of its range."""
    high: Array = pattern > _middle(pattern)
    return high


def overlap_of(values: Array, pattern: Array, amplitude: float) -> Overlap:
    """Return the overlap of the cells of a section with those of the pattern; the best constant is taken off first."""
    wanted = is_high(pattern)
    offset = float((values - amplitude * pattern).mean())
    found = (values - offset) / amplitude > _middle(pattern)
    return Overlap(_iou(found, wanted), _iou(~found, ~wanted), float((found == wanted).mean()))


def _middle(pattern: Array) -> float:
    return 0.5 * (float(pattern.min()) + float(pattern.max()))


def _iou(a: Array, b: Array) -> float:
    return float((a & b).sum()) / max(1, int((a | b).sum()))
