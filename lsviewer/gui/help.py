"""F1: what the panel in use is for, the statement on screen, and every shortcut. About, and what a bug report needs."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

import lsviewer
from lsviewer.gui import theme
from lsviewer.gui.actions import MENUS, ActionSpec
from lsviewer.gui.buttons import push_button
from lsviewer.gui.labels import label
from lsviewer.gui.math_text import rich
from lsviewer.gui.top_bar import Mark

if TYPE_CHECKING:
    from lsviewer.gui.catalogue import Item


@dataclass(frozen=True, slots=True)
class Topic:
    """What to say about one part of the window, found by the objectName of a widget above the one in focus."""

    title: str
    words: tuple[str, ...]


TOPICS: dict[str, Topic] = {
    "library": Topic("Experiments", (
        "The experiments by paper. Choosing one puts its statement, its settings and its last results on screen.",
        "Type in the filter to find one by a part of its name; arrows move, Return chooses.",
    )),
    "statement": Topic("Statement", (
        "What the theorem says and under which conditions.",
        "The marked sentences say what it does not say, and what the present settings need.",
    )),
    "setup": Topic("Set-up", (
        "Everything the experiment can be told. Bounds are checked while you type; Undo takes any change back.",
        "The button at the foot runs it. Seed, device and precision stand behind the button in the corner.",
    )),
    "card-pattern": Topic("Pattern", (
        "The target the loss surface is to follow: draw it, type a formula, load an image or choose one from the gallery.",
        "Without a mouse: arrows move the brush by one grid point, Space paints, [ and ] change its size, digits its ink.",
    )),
    "card-section": Topic("Section", (
        "The loss of the whole network on all data, on a plane through parameter space.",
        "Move the mouse to read values, click to pin the cursor, Esc frees it, arrows move it by one point, the wheel zooms.",
    )),
    "card-surface": Topic("Surface", (
        "The same section as a surface: drag to turn, wheel to zoom, Shift and drag to move; the ring is the shared cursor.",
    )),
    "card-tabs": Topic("Curves and numbers", (
        "What the run measured besides the section. The button in the corner exports the tab on top.",
    )),
    "page-network": Topic("Network", (
        "The network of the run as blocks: what serves the pattern, what the task, what is fixed, what no longer matters.",
        "Units light up with their values at the cursor; without one, at h* or the lowest point. Plates before a block name its "
        "weights in the colour of what they hold.",
        "Point at a block to read what it computes; arrows go from block to block, Esc lets go. The box chooses the input.",
    )),
    "runs": Topic("Runs", (
        "One row a run: pause and resume where it stands, or cancel and keep what it showed.",
        "Click a finished one to see it again.",
    )),
    "claims": Topic("Claims", (
        "What the finished run asserts: measured, expected, and whether it holds. Click a claim to see the numbers behind it.",
        "Undecided and not applicable are answers too: the numbers did not decide, or the condition is not met here.",
    )),
    "welcome": Topic("Welcome", ("Begin a drawing or a project, go on with a recent one, or open an example in one click.",)),
}  # fmt: skip
GENERAL = Topic("lsviewer", (
    "Choose a theorem at the left, draw or choose a pattern, and run.",
    "The middle shows what the loss surface of a real network does; the right says what was measured and what that means.",
))  # fmt: skip


def topic_for(widget: QWidget | None) -> Topic:
    """Return what to say about the part of the window that ``widget`` is in."""
    while widget is not None:
        if widget.objectName() in TOPICS:
            return TOPICS[widget.objectName()]
        widget = widget.parentWidget()
    return GENERAL


def help_page(topic: Topic, item: "Item | None", actions: Sequence[ActionSpec]) -> str:
    """Return the help as rich text: the topic, the experiment on screen, the shortcuts."""
    t = theme.tokens()
    parts = [f"<h2>{html.escape(topic.title)}</h2>", *(f"<p>{rich(text)}</p>" for text in topic.words)]
    if item is not None:
        parts += [f"<h3>{html.escape(item.title)}</h3>", f"<p style='color:{t.ink3}'>{html.escape(item.source)}</p>"]
        parts += [f"<p>{rich(text)}</p>" for text in (*item.statement, *item.caveats)]
    parts.append("<h3>Shortcuts</h3><table cellspacing='0' cellpadding='3' width='100%'>")
    for menu in MENUS:
        for spec in actions:
            if spec.menu == menu and spec.shortcut:
                keys = QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
                name = html.escape(spec.text.rstrip("…"))
                parts.append(
                    f"<tr><td width='110' style='color:{t.ink2}'>{html.escape(keys)}</td><td>{name}</td>"
                    f"<td style='color:{t.ink3}'>{html.escape(spec.tip)}</td></tr>"
                )
    parts.append("</table>")
    return "".join(parts)


class HelpDialog(QDialog):
    """Shows one page of rich text."""

    def __init__(self, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help-dialog")
        self.setWindowTitle("Help")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(QSize(680, 620))
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 12, 12, 16)
        self.text = QTextBrowser()
        self.text.setObjectName("help-text")
        self.text.setAccessibleName("Help")
        self.text.setOpenExternalLinks(True)
        self.text.setHtml(page)
        box.addWidget(self.text, 1)
        box.addLayout(_foot(self))


class AboutDialog(QDialog):
    """Version, licence, and whose work the pictures stand on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about-dialog")
        self.setWindowTitle("About lsviewer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box = QVBoxLayout(self)
        box.setContentsMargins(32, 28, 32, 20)
        box.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(Mark(48))
        names = QVBoxLayout()
        names.addWidget(label("lsviewer", "page"))
        names.addWidget(label(f"Version {lsviewer.__version__}", "context"))
        head.addLayout(names, 1)
        box.addLayout(head)
        words = label(
            "See, build and check what the theory of neural-network loss surfaces says. After W. M. Czarnecki and others (2019), "
            "Y. Cooper (2018), and Q. Nguyen and M. Hein (2017).",
            wrap=True,
        )
        words.setMinimumWidth(400)
        box.addWidget(words)
        box.addWidget(
            label("BSD-3-Clause. Inter: SIL Open Font License. Icons: Phosphor, MIT.", "secondary", wrap=True)
        )
        box.addSpacing(8)
        box.addLayout(_foot(self))


def _foot(dialog: QDialog) -> QHBoxLayout:
    foot = QHBoxLayout()
    foot.addStretch(1)
    close = push_button("Close", primary=True)
    close.clicked.connect(dialog.accept)
    close.setDefault(True)
    foot.addWidget(close)
    return foot
