#!/usr/bin/env python3
"""Make the pictures of README: `python3 scripts/screenshots.py [SCENE ...] [--out DIR] [--size 1920x1080]`.

Starts the real application on a virtual screen, does by hand what a scene says, waits for what it should show, and keeps the
window as a PNG, light and dark. Without arguments all scenes at their own sizes go to docs/pictures.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import _environment
import _system

ROOT = Path(__file__).resolve().parent.parent
FULL, SMALL = (1920, 1080), (1280, 720)
PATIENCE_S = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {', '.join(SCENES)}; all by default")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--size", help="for example 1440x900, instead of the scene's own")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.scenes) - set(SCENES):
        parser.error(f"no scene {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    if options.inside:
        return take(options)
    _system.ensure(window=True, screen=True)
    python = _environment.ensure(set())
    command = [str(python), str(Path(__file__)), "--inside", *sys.argv[1:]]
    with _system.virtual_screen() as screen, tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, **screen, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home}
        return _system.run(command, environ)


class Photographer:
    """The application, and what a scene may do with it."""

    def __init__(self, colours: str, size: tuple[int, int]) -> None:
        from PySide6.QtCore import QSettings

        from lsviewer.gui.app import Launch, make_application

        self.application = make_application()
        QSettings().setValue("preferences/colours", colours)
        make_application()  # dressed anew
        self.launch = Launch()
        self.launch.window.resize(*size)
        self.launch.start()
        self.until(lambda: self.launch.workshop is not None and bool(self.launch.workshop.kinds))
        assert self.launch.workshop is not None
        self.workshop = self.launch.workshop
        self.window = self.launch.window
        self.window.resize(*size)

    def until(self, fact: Callable[[], bool]) -> None:
        """Serve the window until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not fact():
            self.application.processEvents()
            time.sleep(0.002)
            if time.monotonic() > end:
                raise TimeoutError("the scene did not come about")

    def rest(self, seconds: float = 1.0) -> None:
        """Let the window come to rest: contours, labels, smooth edges."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def example(self, title: str) -> None:
        """Open an example of the welcome page and wait for its first finished run."""
        from lsviewer.gui.examples import EXAMPLES

        found = next(example for example in EXAMPLES if example.title == title)
        self.workshop.commands.open_recipe(found.recipe, found.title)
        self.until(lambda: self.workshop.session.project.title == found.title)

    def finished(self, count: int = 1) -> None:
        """Wait for so many finished runs."""
        self.until(lambda: len(self.workshop.session.project.runs) >= count and not self.workshop.runner.live)
        self.rest()

    def leave(self) -> None:
        """Close without questions."""
        self.workshop.close_now()


def welcome(p: Photographer) -> None:
    """The first page."""
    p.rest(0.5)


def studio(p: Photographer) -> None:
    """The cat, planted, verified, with the cursor on it."""
    p.example("A cat in the loss of digits")
    p.finished()
    p.workshop.cursor.set_position((0.62, 0.71))
    p.rest(0.5)


def network(p: Photographer) -> None:
    """The network behind a minimum inside a picture, with the whole centre, lit at a place of the section."""
    p.example("A minimum inside the picture")
    p.finished()
    p.workshop.cursor.set_position((0.62, 0.71))
    assert p.window.studio is not None
    desk = p.window.studio.desk
    desk.tabs.show_page("network")
    desk.maximise(desk.tabs)
    p.rest(0.5)


def training(p: Photographer) -> None:
    """A photograph being trained, half-way."""
    p.example("A cat in the loss of digits")
    p.finished()
    p.launch.window.table["train"].trigger()
    p.until(lambda: any(run.progress.fraction > 0.6 for run in p.workshop.runner.live.values()))
    p.launch.window.table["pause"].trigger()
    if p.window.studio is not None:
        p.window.studio.desk.tabs.show_page("curves")
    p.rest(0.5)


def line(p: Photographer) -> None:
    """A pattern of one axis."""
    p.example("Two valleys on a line")
    p.finished()


def plane(p: Photographer) -> None:
    """A random plane through a trained network."""
    p.example("A plane through a trained network")
    p.launch.window.table["run"].trigger()
    p.finished()


def implicit(p: Photographer) -> None:
    """The implicit activation."""
    p.example("The implicit activation")
    p.launch.window.table["run"].trigger()
    p.finished()


SCENES: dict[str, tuple[Callable[[Photographer], None], tuple[int, int]]] = {
    "welcome": (welcome, (1440, 900)),
    "studio": (studio, FULL),
    "studio-small": (studio, SMALL),
    "network": (network, (1440, 900)),
    "training": (training, FULL),
    "line": (line, (1440, 900)),
    "plane": (plane, (1440, 900)),
    "implicit": (implicit, (1440, 900)),
}


def take(options: argparse.Namespace) -> int:
    """Take the pictures; this process has the screen."""
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.scenes or SCENES:
        act, size = SCENES[name]
        if options.size:
            width, height = options.size.split("x")
            size = int(width), int(height)
        for colours in ("light", "dark"):
            photographer = Photographer(colours, size)
            act(photographer)
            path = options.out / f"{name}-{colours}.png"
            photographer.window.grab().save(str(path))
            photographer.leave()
            print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
