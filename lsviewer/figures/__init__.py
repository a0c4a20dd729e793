"""Artifacts on paper: PNG, SVG and PDF by matplotlib, data files beside them; one function for every kind.

The look is that of the window: left and bottom axes only, lines labelled at their end, loss in `lipari`, error in `vik` centred
at 0, what is not finite hatched and counted. No pyplot and no global state: safe in any thread. May import ``project`` and
``core``; neither torch nor Qt.
"""

import io
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, assert_never

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Diagram, Picture, Section, Spectrum, Trajectory
from lsviewer.figures import curves, network, paper, sections, spectra, surface
from lsviewer.figures.paper import THEMES, ThemeName
from lsviewer.project import checkpoints, tables
from lsviewer.project.atomic import replacing
from lsviewer.project.document import ProjectError

View = Literal["plain", "error", "surface"]
NOTHING: Mapping[str, Artifact] = MappingProxyType({})
PICTURES = (".png", ".svg", ".pdf")
ENDINGS = (*PICTURES, *tables.ENDINGS, *checkpoints.ENDINGS)
MAX_PIXELS = 120_000_000
LARGEST, SMALLEST = 100.0, 1.0  # inches a side

__all__ = ["ENDINGS", "PICTURES", "THEMES", "ThemeName", "View", "figure", "parse_size", "render", "thumbnail", "write"]


def figure(
    artifact: Artifact, *, size_inches: tuple[float, float] | None = None, dpi: int = 200, theme: ThemeName = "light",
    view: View = "plain", among: Mapping[str, Artifact] = NOTHING, at: tuple[float, ...] | None = None,
) -> Figure:  # fmt: skip
    """Return the matplotlib figure of an artifact; ``view`` matters for sections. Raises `ProjectError`.

    A diagram of a network takes its values from ``among``, the artifacts of its run, at the place ``at`` of the section.
    """
    _check_size(size_inches, dpi)
    tokens = THEMES[theme]
    if view != "plain" and not isinstance(artifact, Section):
        raise ProjectError(f"artifact {artifact.name!r} is not a section, it has no view {view!r}")
    match artifact:
        case Section() if view == "surface":
            return surface.surface(artifact, size_inches, dpi, tokens)
        case Section():
            return sections.section(artifact, size_inches, dpi, tokens, "error" if view == "error" else "plain")
        case Curve():
            return curves.curve(artifact, size_inches, dpi, tokens)
        case Spectrum():
            return spectra.spectrum(artifact, size_inches, dpi, tokens)
        case Picture():
            return spectra.picture(artifact, size_inches, dpi, tokens)
        case Trajectory():
            return curves.trajectory(artifact, size_inches, dpi, tokens)
        case Checkpoint():
            return spectra.checkpoint(artifact, size_inches, dpi, tokens)
        case Diagram():
            try:
                return network.network(artifact, size_inches, dpi, tokens, among, at)
            except ValueError as error:
                raise ProjectError(f"artifact {artifact.name!r}: {error}") from None
    assert_never(artifact)


def render(drawn: Figure, ending: str, words: str = "") -> bytes:
    """Return a figure as PNG, SVG or PDF, with ``words`` in its metadata; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    stamps: dict[str, dict[str, str | None]] = {
        ".png": {"Software": "lsviewer"}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}
    }  # fmt: skip
    stamp = stamps[ending] | ({"Subject" if ending == ".pdf" else "Description": words} if words else {})
    drawn.savefig(buffer, format=ending[1:], dpi=drawn.dpi, facecolor=drawn.get_facecolor(), metadata=stamp)
    return buffer.getvalue()


def write(
    artifact: Artifact, path: str | Path, *, size_inches: tuple[float, float] | None = None, dpi: int = 200,
    theme: ThemeName = "light", view: View = "plain", among: Mapping[str, Artifact] = NOTHING,
    at: tuple[float, ...] | None = None,
) -> None:  # fmt: skip
    """Write an artifact as the ending of ``path`` says, whole or not at all; raises `ProjectError` naming the file."""
    path = Path(path)
    ending = path.suffix.lower()
    try:
        if ending in PICTURES:
            drawn = figure(artifact, size_inches=size_inches, dpi=dpi, theme=theme, view=view, among=among, at=at)
            data = render(drawn, ending, network.description(artifact) if isinstance(artifact, Diagram) else "")
        elif ending in tables.ENDINGS:
            data = tables.contents(artifact, ending)
        elif ending in checkpoints.ENDINGS and isinstance(artifact, Checkpoint):
            return checkpoints.export(artifact, path)
        else:
            raise ProjectError(f"the ending {ending!r} is not one of {', '.join(ENDINGS)}")
    except ProjectError as error:
        raise ProjectError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None
    with replacing(path) as file:
        file.write(data)
    return None


def thumbnail(artifact: Section, side: int = 256) -> bytes:
    """Return a small PNG of a section with two axes: the map alone, axis 2 up; b"" for others."""
    if len(artifact.axes) != 2:
        return b""
    norm = sections.norm_of(artifact.values)
    pixels = paper.colours("loss")(norm(np.ma.masked_invalid(artifact.values.T[::-1])), bytes=True)
    image = Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def parse_size(text: str) -> tuple[float, float]:
    """Return ``6x4`` as inches; raises `ProjectError`."""
    try:
        width, height = (float(part) for part in text.lower().split("x"))
    except ValueError:
        raise ProjectError(f"size {text!r} is not of the form 6x4, width and height in inches") from None
    return width, height


def _check_size(size: tuple[float, float] | None, dpi: int) -> None:
    if not 20 <= dpi <= 2400:
        raise ProjectError(f"dpi is {dpi}, expected 20 to 2400")
    for side in size or ():
        if not (math.isfinite(side) and SMALLEST <= side <= LARGEST):
            raise ProjectError(f"size {side:g} inches, expected {SMALLEST:g} to {LARGEST:g} a side")
    width, height = size or (9.0, 9.0)
    if width * height * dpi**2 > MAX_PIXELS:
        raise ProjectError(
            f"{width * dpi:.0f} x {height * dpi:.0f} pixels are more than {MAX_PIXELS}: choose a smaller dpi"
        )
