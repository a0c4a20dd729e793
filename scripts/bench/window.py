"""The running window: from a stroke to the picture it makes, gaps in the event loop while a network trains, the turning surface.

All of it in the application as `main` starts it, with the engine in its thread and every view on screen. A stroke is timed from
the mouse event to the moment when section and surface have both been painted with it. A gap is the time between two ticks of a
timer of 5 ms in the GUI thread; what is counted begins when the first picture of the training stands. The surface is turned by
its own method, one picture a call, with the drafts a slow machine draws while things move.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, QSettings, QStandardPaths, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from bench import Row, skipped
from lsviewer.core.artifacts import Axis, Section
from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.gui import opengl
from lsviewer.gui.app import Launch, make_application
from lsviewer.gui.square import square_rect
from lsviewer.gui.views.base import View
from lsviewer.gui.views.solid import SolidView
from lsviewer.gui.views.surface import Surface
from lsviewer.gui.workshop import Workshop

SIZE = (1920, 1080)
MOVES, TURNS = 150, 60
TRAINED_S = 15.0
STROKE, STROKE_MS = "stroke to picture, 128 × 128, digits, MLP 256-256-288-64, median of 150 moves", 50.0
COLOUR = "stroke to picture in colour, 128 × 128, three heads, MLP 256-256-768-192, median of 150 moves"
GAPS, GAP_MS = "gap between GUI ticks while Theorem 1 trains and the views follow, 99th percentile", 50.0
FRAMES, FPS = "surface 256 × 256 turning in a card of 416 × 504", 25.0
VOLUME, VOLUME_FPS = "volume 32 × 32 × 32 turning in a card of 416 × 504", 15.0
CAT = {"kind": "theorem1", "pattern": {"kind": "builtin", "name": "cat"}, "dataset": {"kind": "digits"}, "grid": 128}
GALAXY = {"kind": "rgb", "dataset": {"kind": "digits"}, "grid": 128}


def rows() -> Iterator[Row]:
    """Yield the rows of the table."""
    QStandardPaths.setTestModeEnabled(True)  # not the user's settings, projects to recover or recent files
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    app = make_application()
    launch = Launch()
    launch.window.resize(*SIZE)
    launch.start()
    wait(lambda: launch.workshop is not None and bool(launch.workshop.kinds))
    shop = launch.workshop
    assert shop is not None
    try:
        yield stroke_to_picture(shop, CAT, STROKE)
        yield stroke_to_picture(shop, GALAXY, COLOUR)
        yield gaps_in_training(shop)
        yield turning_surface(app)
        yield from turning_volumes(app)
    finally:
        shop.close_now()


def wait(fact: Callable[[], bool], seconds: float = 90.0) -> bool:
    """Serve the window until something is so; returns whether it came."""
    end = time.monotonic() + seconds
    while not fact() and time.monotonic() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
    return fact()


class Painted(QObject):
    """Counts the paint events of views."""

    def __init__(self, *views: View) -> None:
        super().__init__()
        self.times = dict.fromkeys(views, 0)
        for view in views:
            view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, View) and watched in self.times:
            self.times[watched] += 1
        return False


def stroke_to_picture(shop: Workshop, recipe: dict[str, object], what: str) -> Row:
    """Move the brush with the button held; after every move wait until its preview is on screen."""
    shop.session.undo_stack.setClean()
    shop.commands.open_recipe(recipe, what)
    wait(lambda: shop.session.project.title == what and bool(shop.session.project.runs) and not shop.runner.live)
    section, surface = shop.section.view, shop.surface.view
    if section is None or surface is None:
        return skipped(what, f"≤ {STROKE_MS:g} ms", "no view shows the section")
    painted = Painted(section, surface)
    arrived: list[dict[View, int]] = []  # how often the views had been painted when a preview came
    shop.runner.previewed.connect(lambda _: arrived.append(dict(painted.times)))
    canvas = shop.editor.canvas
    square = square_rect(canvas.width(), canvas.height())

    def send(kind: QEvent.Type, step: int, button: Qt.MouseButton) -> None:
        across = 0.5 + 0.3 * np.array([math.cos(step / 10), math.sin(step / 7)])
        at = QPointF(square.left() + across[0] * square.width(), square.top() + across[1] * square.height())
        left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(canvas, QMouseEvent(kind, at, canvas.mapToGlobal(at), button, left, plain))

    send(QEvent.Type.MouseButtonPress, 0, Qt.MouseButton.LeftButton)
    spent = []
    for step in range(1, MOVES + 1):
        arrived.clear()
        start = time.perf_counter()
        send(QEvent.Type.MouseMove, step, Qt.MouseButton.NoButton)
        if wait(lambda: bool(arrived) and all(painted.times[view] > n for view, n in arrived[0].items()), 2.0):
            spent.append((time.perf_counter() - start) * 1000)
    send(QEvent.Type.MouseButtonRelease, MOVES, Qt.MouseButton.LeftButton)
    wait(lambda: not shop.planting.is_painting and not shop.runner.live)
    if len(spent) < MOVES // 2:
        return skipped(what, f"≤ {STROKE_MS:g} ms", f"{len(spent)} of {MOVES} moves were answered")
    middle, late = statistics.median(spent), float(np.percentile(spent, 90))
    words = f"{middle:.0f} ms (nine in ten within {late:.0f} ms)"
    return Row(what=what, at_least=f"≤ {STROKE_MS:g} ms", measured=words, ok=middle <= STROKE_MS)


def gaps_in_training(shop: Workshop) -> Row:
    """Train as the primary button does and watch the GUI thread."""
    shop.session.undo_stack.setClean()
    shop.commands.open_recipe({**CAT, "method": "train", "steps": 20000}, "Bench, trained")
    if not wait(lambda: bool(shop.runner.live), 3.0):
        shop.run_commands.run()
    if not wait(lambda: any(live.artifacts for live in shop.runner.live.values())):
        return skipped(GAPS, f"≤ {GAP_MS:g} ms", "the training showed nothing")
    wait(lambda: False, 1.0)  # the views have been made and painted once
    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start(5)
    wait(lambda: not shop.runner.live, TRAINED_S)
    timer.stop()
    for run_id in list(shop.runner.live):
        shop.runner.cancel(run_id)
    wait(lambda: not shop.runner.live)
    gaps = np.diff(ticks) * 1000
    if gaps.size < 200:
        return skipped(GAPS, f"≤ {GAP_MS:g} ms", f"only {gaps.size} ticks")
    late = float(np.percentile(gaps, 99))
    words = f"{late:.0f} ms (longest {gaps.max():.0f} ms of {gaps.size} gaps)"
    return Row(what=GAPS, at_least=f"≤ {GAP_MS:g} ms", measured=words, ok=late <= GAP_MS)


def turning_surface(app: QApplication) -> Row:
    """Turn a planted cat at 256 × 256."""
    target = BuiltinPattern(name="cat").values(Files(), 256)
    axis = np.linspace(0.0, 1.0, 256)
    cat = Section("cat", (Axis("α₁", axis), Axis("α₂", axis)), target + 2.3, target=target, offset=2.3)
    return _turning(app, Surface(), cat, FRAMES, FPS)


def turning_volumes(app: QApplication) -> Iterator[Row]:
    """Turn a planted gyroid at 32 × 32 × 32, as an isosurface and as a cloud."""
    values = BuiltinPattern(name="gyroid").values(Files(), 32) + 2.3
    axes = tuple(Axis(name, np.linspace(0.0, 1.0, 32)) for name in ("α₁", "α₂", "α₃"))
    for drawn, words in (("surface", "isosurface"), ("cloud", "opacity")):
        view = SolidView()
        view.restore({"drawn": drawn})
        yield _turning(app, view, Section("gyroid", axes, values), f"{VOLUME}, {words}", VOLUME_FPS)


def _turning(app: QApplication, view: Surface | SolidView, section: Section, what: str, least: float) -> Row:
    if (found := opengl.probe()) is None:
        return skipped(what, f"≥ {least:g} frames a second", "no OpenGL")
    view.resize(416, 504)
    view.show_artifact(section)
    view.show()
    app.processEvents()
    spent = []
    for _ in range(TURNS):
        start = time.perf_counter()
        view.turn(3.0, 0.0)
        view.repaint()
        spent.append(time.perf_counter() - start)
    view.close()
    view.deleteLater()
    frames = 1 / statistics.median(spent[5:])
    words = f"{frames:.0f} frames a second, {getattr(found, 'renderer', found)}"
    return Row(what=what, at_least=f"≥ {least:g} frames a second", measured=words, ok=frames >= least)
