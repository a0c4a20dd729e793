"""The window with invented but consistent content, for screenshots and for tests of the frame: no engine, no worker."""

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Axis, Curve, Level, Mark, Section, Series
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.gui.catalogue import Group, Item
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.panels.pattern_editor import PatternEditor
from lsviewer.gui.panels.runs import RunRow
from lsviewer.gui.panels.setup import SetupPanel
from lsviewer.gui.studio import Studio
from lsviewer.gui.views.heatmap import Heatmap

CZARNECKI = "Czarnecki et al. 2019"
THEOREM_1 = Item(
    "theorem1", "Theorem 1", CZARNECKI, "section 2",
    ("Every low-dimensional pattern can be found in the loss surface of a sufficiently large network: for each *ε* > 0 there are "
     "*θ_0*, *θ_1*, …, *θ_z* with",),
    r"\min_{a\in\mathbb{R}}\int_{[0,1]^z}\left\|\mathcal{T}(h)-L(\theta^*_\epsilon(h))+a\right\|^2 dh < \epsilon",
    r"L(\theta^*_\epsilon(h)) = \mathcal{T}(h) + a \pm \epsilon",
    ("Says nothing about sections that training would find by itself.",),
    True,
)  # fmt: skip
SIGMA = Item("implicit_activation", "Figure 3: implicit activation", CZARNECKI, "section 2",
             ("The data enters through its labels alone.",), r"\sigma(v) = \frac{1}{N} \sum_{i=1}^{N} \ell(v, y_i)")  # fmt: skip
PLANE = Item("plane", "Plane through a trained network", "Any network", "", ("Random directions scaled by filters.",))
GROUPS = (
    Group("Czarnecki et al.", "2019", (THEOREM_1, SIGMA)),
    Group("Any network", "", (PLANE,)),
)
NOTES = ("Needs 257 units in layer 2 at this grid; 288 are there.",)

REPORT = Report(
    claims=(
        Claim("*L*(*θ*(*α*)) = *T*(*α*) + *a* on the grid", "≥ 60 dB", 83.1, 60.0, Verdict.HOLDS, unit="dB"),
        Claim("The full network agrees with the reduced loss", "< 10⁻⁴", 1.4e-6, 1e-4, Verdict.HOLDS, evidence=(
            ("largest difference at", "(0.31, 0.72)"), ("points, samples", "64, 1797"), ("dtype, seed", "float32, 0"))),
        Claim("Bilinear between the grid points", "≥ 60 dB", 81.7, 60.0, Verdict.HOLDS, unit="dB"),
        Claim("The output does not depend on *x*", "= 0", 0, 0.0, Verdict.HOLDS),
        Claim("Observation 1: the test split shows it too", "≤ 3.4 × 10⁻³", 3.1e-3, 3.4e-3, Verdict.HOLDS),
        Claim("Same picture on digits with *P*(*y*) tilted to 1", "< 0.05", 0.214, 0.05, Verdict.FAILS),
        Claim("Lowest grid point is a minimum of the surface", "gap not resolved", 2.2e-5, None, Verdict.UNDECIDED),
        Claim("Zero training error inside the section", "output ignores *x*", None, None, Verdict.NOT_APPLICABLE),
    ),
    numbers={"psnr_db": 83.1, "r2": 0.99999998, "max_abs_error": 6.9e-5, "offset": 2.3026, "brute_force_points": 64,
             "network_parameters": 109802, "seconds": 0.041},
    means="The full network, fed with all 1797 digits, has this picture in its loss on this plane. "
          "The numbers above were measured, not assumed.",
    does_not_mean="Nothing about the rest of the surface: two directions out of 109 802 were chosen for the picture.",
)  # fmt: skip

RUNS = (
    RunRow("r7", 7, "theorem1, train, digits", "running", 0.61, "step 610 of 1000", "0:12 left"),
    RunRow("r8", 8, "transfer, P(y) tilted to 1", "queued", text="starts when run 7 ends"),
    RunRow("r6", 6, "theorem1, construct, digits", "done", 1.0, "83.1 dB, 128 × 128 points, 41 ms", clock="14:02"),
)
MIXED_RUNS = (
    RunRow("r9", 9, "theorem1, train, digits", "paused", 0.34, "paused at step 340 of 1000"),
    RunRow("r8", 8, "inertia, mlp 5-20-1", "done", 1.0, "5 hold, 1 undecided", clock="14:31"),
    RunRow("r7", 7, "theorem1, construct", "failed", 0.0,
           "hidden 1 has 128 units, this grid needs 256; the finest grid that fits is 64",
           clock="14:29", remedy="Use grid 64", details=True),
    RunRow("r6", 6, "plane, my_network.py", "cancelled", 0.12, "cancelled at 12 %; the coarse picture is kept", clock="14:20"),
)  # fmt: skip


def cat() -> np.ndarray:
    """The pattern of every picture, float32."""
    return BuiltinPattern(name="cat").values(Files(), 128).astype(np.float32)


def section() -> Section:
    """A section that follows the cat with a small, smooth error."""
    target = cat().astype(np.float64)
    rng = np.random.default_rng(0)
    points = np.linspace(0, 1, 128)
    values = 2.3026 + target + 7e-5 * rng.standard_normal(target.shape)
    return Section("section", (Axis("α₁", points), Axis("α₂", points)), values, "Section", target=target, offset=2.3026,
                   marks=(Mark((0.31, 0.62), "lowest", "minimum"),))  # fmt: skip


def curves() -> tuple[Curve, ...]:
    """Training in progress: error and PSNR against the step."""
    step = np.arange(0, 611, 3.0)
    rng = np.random.default_rng(1)
    wiggle = np.convolve(rng.standard_normal(len(step) + 8), np.ones(9) / 9, "valid")
    ours = 0.3 * 10 ** (-4.3 * (1 - np.exp(-step / 190)) + 0.12 * wiggle)
    plain = 0.055 + 2.2 * np.exp(-step / 90) + 0.004 * wiggle
    psnr = 10 * np.log10(1 / ours)
    return (
        Curve("loss", "Mean squared error against step", "step", "", (
            Series("regression to σ⁻¹(T)", step, ours), Series("supervised, same network", step, plain)), log_y=True),
        Curve("psnr", "PSNR in dB against step", "step", "dB", (Series("dB", step, psnr),),
              levels=(Level(60.0, "expected ≥ 60 dB"),)),
    )  # fmt: skip


def make_window(*, surface: QWidget | None = None, setup: SetupPanel | None = None) -> MainWindow:
    """Return the window with a studio full of things; the first page is still on top."""
    window = MainWindow()
    editor, heatmap = PatternEditor(), Heatmap()
    if surface is None:
        from lsviewer.gui.views.surface import Surface

        surface = Surface()
    studio = Studio(setup or SetupPanel(), editor, heatmap, surface)
    window.table.connect_to(_Anybody())
    window.adopt_studio(studio)
    return window


class _Anybody:
    """Answers for every action and does nothing."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        return lambda *_: None


def fill(window: MainWindow) -> None:
    """Put the theorem, the cat, its section, curves, runs and claims on screen."""
    studio = window.studio
    assert studio is not None
    desk = studio.desk
    window.table.allow(("project", "experiment", "pattern", "engine", "run", "live"))
    studio.left.library.show_groups(GROUPS, "theorem1", {"theorem1": 7, "plane": 1})
    window.show_studio()
    window.show_experiment(THEOREM_1, NOTES, "draw")
    editor, heatmap, surface = desk.pattern.body, desk.section.body, desk.surface.body
    assert isinstance(editor, PatternEditor)
    editor.show_pattern(cat(), "cat")
    desk.pattern.set_title("Pattern", editor.context_text)
    desk.pattern.set_actions(editor.header_actions(), editor.menu_actions())
    for card, view, context in ((desk.section, heatmap, "run 7, 61 %"), (desk.surface, surface, "")):
        card.set_context(context)
        header: list[QAction] = view.header_actions() if hasattr(view, "header_actions") else []
        card.set_actions(header, view.menu_actions() if hasattr(view, "menu_actions") else [])
        if hasattr(view, "show_artifact"):
            view.show_artifact(section())
    for curve in curves():
        desk.artifact_tabs.show_artifact(curve)
    desk.runs.show_rows(RUNS, "r6")
    desk.runs_changed()
    studio.right.panel.show_report("run 6, construct", REPORT)
    studio.show_counts()
    window.bottom_bar.show_left(("α = (0.62, 0.71)", "L = 2.9929", "T = 0.6902", "error 1.2 × 10⁻⁴"))
    window.bottom_bar.show_right(("digits, mlp 256-288-64, 109 802 parameters", "cpu, float32", "saved 14:03"))
