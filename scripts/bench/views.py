"""How fast the views draw: frames a second while a surface turns, and what a new section costs the GUI thread.

    python scripts/bench/views.py            needs a display; on a machine without one run it under xvfb-run

Prints the median of each, in milliseconds, with the machine's OpenGL.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtWidgets import QApplication

from lsviewer.core.artifacts import Axis, Curve, Section, Series
from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.gui import opengl, theme
from lsviewer.gui.views.curves import Curves
from lsviewer.gui.views.heatmap import Heatmap
from lsviewer.gui.views.surface import Surface

CARD = (416, 504)


def section(grid: int, seed: int = 0) -> Section:
    """A planted cat: the built-in pattern plus a small error."""
    target = BuiltinPattern(name="cat").values(Files(), grid)
    noise = np.random.default_rng(seed).normal(scale=2e-5, size=target.shape)
    axis = np.linspace(0.0, 1.0, grid)
    return Section("cat", (Axis("α₁", axis), Axis("α₂", axis)), target + 2.3026 + noise, target=target, offset=2.3026)


def median_ms(action: Callable[[int], object], times: int = 30) -> float:
    """Return the median time of ``action(i)``; two calls warm up."""
    spent = []
    for index in range(times + 2):
        start = time.perf_counter()
        action(index)
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent[2:])


def main() -> None:
    """Measure and print."""
    opengl.configure()
    app = QApplication([])
    theme.apply(app, "light")
    print("OpenGL:", opengl.probe())
    for grid in (128, 256, 512):
        sections = [section(grid, seed) for seed in range(4)]
        surface, heatmap = Surface(), Heatmap()
        for view in (surface, heatmap):
            view.resize(*CARD)
            view.show_artifact(sections[0])
            view.show()
        app.processEvents()

        def turn(index: int, surface: Surface = surface) -> None:
            surface.turn(3.0, 0.0)
            surface.repaint()

        def replant(index: int, view: Surface | Heatmap, sections: list[Section] = sections) -> None:
            view.show_artifact(sections[index % 4])
            view.repaint()

        def hover(index: int, view: Heatmap = heatmap) -> None:
            view.set_cursor((0.3 + 0.005 * index, 0.5))
            view.repaint()

        def trace(_index: int, view: Heatmap) -> None:
            view.trace()

        frame = median_ms(turn)
        print(f"{grid:4d} x {grid:<4d} surface turns        {frame:6.1f} ms, {1000 / frame:.0f} fps")
        print(f"{'':12s}surface, new section {median_ms(partial(replant, view=surface)):6.1f} ms")
        print(f"{'':12s}heatmap, new section {median_ms(partial(replant, view=heatmap)):6.1f} ms")
        print(f"{'':12s}heatmap, cursor      {median_ms(hover):6.1f} ms")
        print(f"{'':12s}heatmap, contours    {median_ms(partial(trace, view=heatmap), 10):6.1f} ms")
        surface.close()
        heatmap.close()
    steps = np.arange(2000.0)
    curves = Curves()
    curves.resize(600, 280)
    curves.show()
    app.processEvents()
    curve = [
        Curve("c", "Loss", "step", "loss", (Series("train", steps, np.exp(-steps / s)),), log_y=True)
        for s in (200, 300)
    ]

    def refine(index: int) -> None:
        curves.show_artifact(curve[index % 2])
        curves.repaint()

    print(f"curve of 2000 points, new  {median_ms(refine):6.1f} ms")


if __name__ == "__main__":
    main()
