#!/usr/bin/env python3
"""Run the examples of the gallery and keep what their cards say: `python3 scripts/record_examples.py [TITLE ...]`.

Without titles, those that have no record yet; with --all every one. Each runs once on one core. Its seconds (of the processor,
so that a busy machine does not count) and the picture of its card go to lsviewer/resources/examples; look at the picture.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import _environment
import _system
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "LSVIEWER_RECORD_INSIDE"
SIDE = 256  # of an image, at most
POINTS = 96  # of a line, at most
LINES = 5
MOST_S = 60.0

if TYPE_CHECKING:
    from lsviewer.core.artifacts import Artifact, Curve, Section, Spectrum
    from lsviewer.gui.examples.records import Bar, Line, Record

Array = np.ndarray[Any, np.dtype[Any]]
Scale = Callable[[Array], Array]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("titles", nargs="*", metavar="TITLE")
    parser.add_argument("--all", action="store_true", help="record every example anew")
    options = parser.parse_args()
    if not os.environ.get(INSIDE):
        _system.ensure(window=True, screen=False)
        return _system.run([str(_environment.ensure(set())), *sys.argv], os.environ | {INSIDE: "1"})

    from lsviewer.gui.examples import EXAMPLES, records

    unknown = set(options.titles) - {example.title for example in EXAMPLES}
    if unknown:
        parser.error(f"no example {', '.join(sorted(unknown))}")
    slow = 0
    for example in EXAMPLES:
        wanted = (
            example.title in options.titles or options.all or (not options.titles and records.read(example) is None)
        )
        if wanted:
            seconds, artifacts = run(example.recipe, example.title)
            slow += seconds > MOST_S
            records.image_of(example).unlink(missing_ok=True)  # of the time when it showed another artifact
            records.write(example, record(seconds, artifacts, example.artifact, records.image_of(example)))
            print(f"{seconds:7.1f} s  {example.title}", flush=True)
    return 1 if slow else 0


def run(recipe: dict[str, Any], title: str) -> tuple[float, dict[str, "Artifact"]]:
    """Run a recipe as the window would; returns the seconds of the processor and what it showed last under each name."""
    import torch

    from lsviewer.core.files import Files
    from lsviewer.core.jobs import Progress
    from lsviewer.engine.context import open_context
    from lsviewer.experiments import from_json

    torch.set_num_threads(1)
    experiment = from_json(recipe, title)
    began = time.process_time()
    shown = {}
    for step in experiment.run(open_context(experiment, Files())):
        if not isinstance(step, Progress):
            shown[step.name] = step
    return time.process_time() - began, shown


def record(seconds: float, artifacts: Mapping[str, "Artifact"], wanted: str, image: Path) -> "Record":
    """Return the record of a run, the artifact ``wanted`` as its picture; writes ``image`` where that is one."""
    from lsviewer.core.artifacts import Curve, Picture, Section, Spectrum
    from lsviewer.gui.examples.records import Record

    seconds = round(seconds, 1)
    name = wanted or next(name for kind in ((Section, Picture), Spectrum, Curve) for name, artifact in artifacts.items()
                          if isinstance(artifact, kind))  # fmt: skip
    shown = [artifacts[part] for part in name.split("|")]
    match shown[0]:
        case Section() if len(shown[0].axes) > 1:
            write(np.hstack(halves([greys(part) for part in shown if isinstance(part, Section)])), image)
            return Record(seconds, "loss", lines=(*paths(shown[0], artifacts), *marks(shown[0])))
        case Section():
            return Record(seconds, lines=section_lines(shown[0]))
        case Picture(pixels=pixels):
            write(np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8), image)
            return Record(seconds, "colour" if pixels.ndim == 3 else "grey")
        case Spectrum():
            return Record(seconds, bars=bars(shown[0]))
        case Curve():
            return Record(seconds, lines=curve_lines(shown[0]))
    raise ValueError(f"artifact {name!r} has no picture")


def greys(section: "Section") -> Array:
    """Return a section as uint8 rows from the top, low to high; of a volume the slice in the middle."""
    values = section.values if section.values.ndim == 2 else section.values[:, :, section.values.shape[2] // 2]
    rows = values.T[::-1]
    finite = rows[np.isfinite(rows)]
    low, high = float(finite.min()), float(finite.max())
    return np.round(255 * np.clip((np.nan_to_num(rows, nan=high) - low) / ((high - low) or 1.0), 0, 1)).astype(np.uint8)


def halves(pictures: list[Array]) -> list[Array]:
    """Return one picture whole, of two the left half and the right half."""
    if len(pictures) == 1:
        return pictures
    left, right = pictures
    return [left[:, : left.shape[1] // 2], right[:, right.shape[1] // 2 :]]


def write(pixels: Array, file: Path) -> None:
    """Write an image, made smaller where it is large."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE))
    picture.save(file, optimize=True)


def paths(section: "Section", artifacts: Mapping[str, "Artifact"]) -> tuple["Line", ...]:
    """Return the trajectories that lie in the plane of a section."""
    from lsviewer.core.artifacts import Trajectory
    from lsviewer.gui.examples.records import Line

    found = [a for a in artifacts.values() if isinstance(a, Trajectory) and a.section == section.name]
    x, y = (linear(axis.values) for axis in section.axes[:2])
    return tuple(Line("line", 0, joined(thin(x(a.points[:, 0])), thin(y(a.points[:, 1])))) for a in found)


def marks(section: "Section") -> tuple["Line", ...]:
    """Return the marked places of a section: minima as rings, others as dots; its lowest grid point alone says nothing."""
    from lsviewer.gui.examples.records import Line

    x, y = (linear(axis.values) for axis in section.axes[:2])
    kinds: tuple[tuple[Literal["rings", "points"], bool], ...] = (("rings", True), ("points", False))
    lines = []
    for style, minimum in kinds:
        places = [
            mark.position[:2]
            for mark in section.marks
            if (mark.kind == "minimum") == minimum and mark.label != "minimum"
        ]
        if places:
            at = np.array(places)
            lines.append(Line(style, 0, joined(x(at[:, 0]), y(at[:, 1]))))
    return tuple(lines)


def section_lines(section: "Section") -> tuple["Line", ...]:
    """Return a section with one axis: its values, and below them the target as a band."""
    from lsviewer.gui.examples.records import Line

    x = section.axes[0].values
    lines = [("line", section.values)]
    if section.target is not None:
        lines.append(("band", section.target + section.offset))
    y = linear(np.concatenate([values for _, values in lines]))
    return tuple(Line(style, 0, joined(thin(linear(x)(x)), thin(y(values)))) for style, values in lines)


def curve_lines(curve: "Curve") -> tuple["Line", ...]:
    """Return the first lines of a curve on common axes, linear or logarithmic as the curve says."""
    from lsviewer.gui.examples.records import Line

    shown = curve.series[:LINES]
    x = (logarithmic if curve.log_x else linear)(np.concatenate([series.x for series in shown]))
    y = (logarithmic if curve.log_y else linear)(np.concatenate([series.y for series in shown]))
    lines = []
    for tone, series in enumerate(shown):
        pieces = [(series.x, series.y)] if series.style == "points" else unbroken(series.x, series.y)
        most = max(POINTS // len(pieces), 12) if series.style != "points" else 400 // len(shown)
        lines += [Line(series.style, tone, joined(thin(x(a), most), thin(y(b), most))) for a, b in pieces]
    return tuple(line for line in lines if line.points)


def unbroken(x: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return the pieces of a line between values that are not finite; one empty piece where nothing is."""
    holes = np.flatnonzero(~np.isfinite(y))
    pieces = zip(np.split(x, holes), np.split(y, holes), strict=True)
    return [(a[np.isfinite(b)], b[np.isfinite(b)]) for a, b in pieces if np.isfinite(b).any()] or [(x[:0], y[:0])]


def bars(spectrum: "Spectrum") -> tuple["Bar", ...]:
    """Return the histogram of a spectrum on the scale of its view, the square root of the counts as heights."""
    from lsviewer.gui.examples.records import Bar
    from lsviewer.gui.views.histogram import of_spectrum

    histogram = of_spectrum(spectrum.values, spectrum.tolerance)
    edges = histogram.scale.unit(histogram.edges)
    heights = np.sqrt(histogram.counts / max(1, histogram.counts.max()))
    return tuple(
        Bar(round(float(a), 4), round(float(b), 4), round(float(high), 4), int(sign))  # type: ignore[arg-type]
        for a, b, high, sign in zip(edges[:-1], edges[1:], heights, histogram.signs(), strict=True)
        if high > 0
    )


def linear(values: Array) -> Scale:
    """Return what brings the finite of ``values`` into [0, 1]."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    return lambda x: (x - low) / ((high - low) or 1.0)


def logarithmic(values: Array) -> Scale:
    """Return what brings the logarithms of the positive of ``values`` into [0, 1]; the others become NaN."""
    scale = linear(np.log10(values[np.isfinite(values) & (values > 0)]))
    return lambda x: scale(np.log10(np.where(x > 0, x, np.nan)))


def thin(values: Array, most: int = POINTS) -> Array:
    """Return at most so many of the values, evenly spaced, the last among them."""
    if len(values) <= most:
        return values
    chosen = np.unique(np.linspace(0, len(values) - 1, most).round().astype(int))
    return values[chosen]


def joined(x: Array, y: Array) -> tuple[tuple[float, float], ...]:
    """Return the finite points."""
    return tuple(
        (round(float(a), 4), round(float(b), 4)) for a, b in zip(x, y, strict=True) if np.isfinite(a) and np.isfinite(b)
    )


if __name__ == "__main__":
    sys.exit(main())
