"""What was recorded when an example ran: how long it took, and what its card shows. Written by scripts/record_examples.py."""

import json
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Literal

from lsviewer.gui.examples.example import Example
from lsviewer.resources import path as resource

FOLDER = resource() / "examples"
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a picture; ``points`` in [0, 1] squared, x to the right and y up. ``tone`` counts the lines from 0."""

    style: Literal["line", "dashed", "points", "rings", "band", "stems"]
    tone: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram from 0 to ``height``; its sign says what was counted."""

    left: float
    right: float
    height: float
    sign: Literal[-1, 0, 1]


@dataclass(frozen=True, slots=True)
class Record:
    """Seconds of one core, and a picture: an image (greys are heights of a loss), lines over it or alone, bars."""

    seconds: float
    image: Literal["", "loss", "colour", "grey"] = ""
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()


def read(example: Example) -> Record | None:
    """Return the record of an example, None before it has run."""
    file = FOLDER / f"{example.name}.json"
    if not file.is_file():
        return None
    data = json.loads(file.read_text("utf-8"))
    lines = (Line(line["style"], line["tone"], tuple((x, y) for x, y in line["points"])) for line in data["lines"])
    return Record(data["seconds"], data["image"], tuple(lines), tuple(Bar(**bar) for bar in data["bars"]))


def write(example: Example, record: Record) -> None:
    """Keep a record; its image is written beside it."""
    (FOLDER / f"{example.name}.json").write_text(json.dumps(asdict(record)) + "\n", "utf-8")


def image_of(example: Example) -> Path:
    """Return where the image of an example is."""
    return FOLDER / f"{example.name}.png"


def duration(seconds: float) -> str:
    """Return the words of a duration, rounded up: ``1 s``, ``25 s``, ``2 min``."""
    if seconds >= 90:
        return f"{ceil(seconds / 60)} min"
    return f"{max(1, ceil(seconds))} s"
