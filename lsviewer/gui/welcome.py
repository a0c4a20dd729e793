"""The first page: begin something, go on with something, or open an example in one click."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui import theme
from lsviewer.gui.buttons import push_button
from lsviewer.gui.examples import EXAMPLES, GROUPS, Example
from lsviewer.gui.labels import Hairline, label
from lsviewer.gui.recent import described
from lsviewer.gui.segmented import Segmented

LEFT = 360
CARD_WIDTH = 300  # at least
CARD_GAP = 16
TEXT_HEIGHT = 92
PICTURE_RATIO = 0.432
RECENT = 6


class Welcome(QWidget):
    """Says what the user wants: ``new_drawing``, ``new_project``, ``open_asked``, ``recent_chosen(path)``, ...

    `show_recent` and `show_engine` are what it is told; it knows no project.
    """

    new_drawing = Signal()
    new_project = Signal()
    open_asked = Signal()
    recent_chosen = Signal(object)
    example_chosen = Signal(object)
    dropped = Signal(object)  # list[Path]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._make_left())
        row.addWidget(Hairline(standing=True))
        self.gallery = Gallery()
        self.gallery.chosen.connect(self.example_chosen)
        row.addWidget(self.gallery, 1)
        self.show_recent(())
        self.show_engine("", 0.0)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List the projects opened last that are still there."""
        while (item := self._recent_box.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        rows = described(list(paths), datetime.now())[:RECENT]
        for path, words in rows:
            button = RecentRow(path, words)
            button.chosen.connect(self.recent_chosen)
            self._recent_box.addWidget(button)
            button.show()
        if not rows:
            self._recent_box.addWidget(label("Projects you save appear here.", "hint"))

    def show_engine(self, words: str, fraction: float) -> None:
        """Show how far the engine is ("Preparing the engine"), "" takes the bar away."""
        self._engine.setVisible(bool(words))
        self._engine_words.setText(words)
        self._engine_bar.setValue(round(1000 * fraction))

    def _make_left(self) -> QWidget:
        left = QWidget()
        left.setObjectName("side")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setFixedWidth(LEFT)
        box = QVBoxLayout(left)
        box.setContentsMargins(32, 40, 32, 24)
        box.setSpacing(8)
        box.addWidget(label("lsviewer", "name"))
        box.addSpacing(-8)
        sentence = label(
            "See, build and check what the theory of neural-network loss surfaces says.", "label", wrap=True
        )
        sentence.setFont(theme.font(14))
        box.addWidget(sentence)
        box.addSpacing(8)
        self.draw_button = push_button("New drawing", "paint-brush", primary=True, name="welcome-draw")
        self.draw_button.clicked.connect(self.new_drawing)
        box.addWidget(self.draw_button)
        two = QHBoxLayout()
        two.setSpacing(8)
        project = push_button("New project", "file-plus", name="welcome-project")
        project.clicked.connect(self.new_project)
        opened = push_button("Open…", "folder-open", name="welcome-open")
        opened.clicked.connect(self.open_asked)
        two.addWidget(project, 1)
        two.addWidget(opened, 1)
        box.addLayout(two)
        box.addSpacing(20)
        box.addWidget(label("Recent", "title"))
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(2)
        box.addLayout(self._recent_box)
        box.addStretch(1)
        self.drop_zone = DropZone()
        self.drop_zone.dropped.connect(self.dropped)
        box.addWidget(self.drop_zone)
        self._engine = QWidget()
        self._engine.setObjectName("engine")
        engine = QVBoxLayout(self._engine)
        engine.setContentsMargins(0, 8, 0, 0)
        engine.setSpacing(6)
        words = QHBoxLayout()
        self._engine_words = label("", "secondary")
        hint = label("you can draw already", "hint")
        words.addWidget(self._engine_words, 1)
        words.addWidget(hint)
        engine.addLayout(words)
        self._engine_bar = QProgressBar()
        self._engine_bar.setAccessibleName("Preparing the engine")
        self._engine_bar.setRange(0, 1000)
        self._engine_bar.setTextVisible(False)
        engine.addWidget(self._engine_bar)
        policy = self._engine.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._engine.setSizePolicy(policy)
        box.addWidget(self._engine)
        return left


class RecentRow(QAbstractButton):
    """A project opened before: its name, and when it was written. ``chosen(path)``."""

    chosen = Signal(object)

    def __init__(self, path: Path, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._words = path, words
        self.setAccessibleName(f"{path.name}, {words}")
        self.setToolTip(str(path))
        self.setFixedHeight(44)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._choose)

    def _choose(self) -> None:
        self.chosen.emit(self._path)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.color("sunken"))
            painter.drawRoundedRect(area, 4, 4)
        theme.paint_icon(painter, QRectF(9, 14, 16, 16), "stack")
        painter.setPen(colours.color("ink"))
        face = theme.font(13, 500)
        painter.setFont(face)
        painter.drawText(
            area.adjusted(38, 4, 0, 0),
            Qt.AlignmentFlag.AlignTop,
            theme.elided(self._path.name, face, self.width() - 44),
        )
        painter.setPen(colours.color("ink3"))
        painter.setFont(theme.font(12))
        painter.drawText(area.adjusted(38, 0, 0, -5), Qt.AlignmentFlag.AlignBottom, self._words)
        if self.hasFocus():
            theme.paint_focus(painter, area)


class DropZone(QWidget):
    """Says what can be dropped, and takes it: ``dropped(list[Path])``."""

    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drop-zone")
        self.setAccessibleName("Drop a project, an image or a checkpoint here")
        self.setAcceptDrops(True)
        self.setFixedHeight(72)
        self._hot = False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._set_hot(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hot(False)
        event.acceptProposedAction()
        self.dropped.emit([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def _set_hot(self, hot: bool) -> None:
        self._hot = hot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(colours.color("accent" if self._hot else "border"), 1.0)
        pen.setDashPattern([2, 3])
        painter.setPen(pen)
        painter.setBrush(colours.color("soft") if self._hot else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        area = QRectF(self.rect())
        centre = Qt.AlignmentFlag.AlignHCenter
        painter.setFont(theme.font(12))
        painter.setPen(colours.color("ink2"))
        painter.drawText(
            area.adjusted(0, 18, 0, 0),
            centre | Qt.AlignmentFlag.AlignTop,
            "Drop a project, an image or a checkpoint here",
        )
        painter.setPen(colours.color("ink3"))
        painter.drawText(
            area.adjusted(0, 0, 0, -18), centre | Qt.AlignmentFlag.AlignBottom, ".lsv   .png   .npy   .safetensors"
        )


class Gallery(QWidget):
    """The examples as cards, filtered by what they are for. ``chosen(Example)``."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("desk")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 16, 14, 0)
        box.setSpacing(10)
        header = QHBoxLayout()
        header.setContentsMargins(0, 0, 10, 0)
        header.addWidget(label("Examples", "page"), 1)
        self.filter = Segmented(GROUPS)
        self.filter.setAccessibleName("Which examples")
        self.filter.setMinimumWidth(320)
        self.filter.changed.connect(self._filter)
        header.addWidget(self.filter)
        box.addLayout(header)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll = scroll
        self._inner = QWidget()
        scroll.setWidget(self._inner)
        box.addWidget(scroll, 1)
        self._awaited: list[ExampleCard] = []
        self.cards = tuple(ExampleCard(example) for example in EXAMPLES)
        for card in self.cards:
            card.chosen.connect(self.chosen)
            card.setParent(self._inner)

    def show_pictures(self) -> None:
        """Let the cards draw their pictures, one after the other, so that the window stays awake."""
        self._awaited = [card for card in self.cards if not card.has_picture]
        self._show_next()

    def _show_next(self) -> None:
        if self._awaited:
            self._awaited.pop(0).show_picture()
            QTimer.singleShot(0, self, self._show_next)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _filter(self, _: str) -> None:
        self._place()

    def _place(self) -> None:
        """Lay the cards out in equal columns, as many as have their least width, each as high as its width asks for."""
        room = self.width() - 48
        columns = max(1, min(4, (room + CARD_GAP) // (CARD_WIDTH + CARD_GAP)))
        width = (room - CARD_GAP * (columns - 1)) // columns
        height = card_height(width)
        shown = [card for card in self.cards if self.filter.value in ("all", card.example.group)]
        for card in self.cards:
            card.setVisible(card in shown)
        for index, card in enumerate(shown):
            row, column = divmod(index, columns)
            card.setGeometry(column * (width + CARD_GAP), row * (height + CARD_GAP), width, height)
        rows = -(-len(shown) // columns)
        self._inner.setMinimumHeight(rows * (height + CARD_GAP) + 8)


def card_height(width: int) -> int:
    """Return how high a card of ``width`` is: its picture and its words."""
    return round(width * PICTURE_RATIO) + TEXT_HEIGHT


class ExampleCard(QAbstractButton):
    """One example: its picture, its title, one sentence, where it comes from and how long it takes."""

    chosen = Signal(object)

    def __init__(self, example: Example) -> None:
        super().__init__()
        self.example = example
        self.has_picture = False
        self.setObjectName(f"example-{example.picture}")
        self.setAccessibleName(f"{example.title}. {example.sentence}")
        self.setToolTip(f"Open “{example.title}”")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._choose)

    def sizeHint(self) -> QSize:
        return QSize(CARD_WIDTH, card_height(CARD_WIDTH))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def show_picture(self) -> None:
        """Draw the picture from now on; before, its place is grey, so that the first page stands at once."""
        self.has_picture = True
        self.update()

    def _choose(self) -> None:
        self.chosen.emit(self.example)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(area, 8, 8)
        painter.fillPath(shape, colours.color("panel"))
        picture = QRectF(0, 0, area.width(), area.height() - TEXT_HEIGHT)
        painter.save()
        painter.setClipPath(shape)
        if self.has_picture:
            from lsviewer.gui.thumbnails import paint_thumbnail  # brings numpy, pydantic and colour maps

            paint_thumbnail(painter, picture, self.example.picture, self.example.crop)
        else:
            painter.fillRect(picture, colours.color("sunken"))
        painter.restore()
        words = QRectF(16, picture.bottom(), area.width() - 32, TEXT_HEIGHT)
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        painter.setPen(colours.color("ink"))
        face = theme.font(14, 600)
        painter.setFont(face)
        painter.drawText(words.adjusted(0, 10, 0, 0), top, theme.elided(self.example.title, face, round(words.width())))
        face = theme.font(12)
        painter.setFont(face)
        painter.setPen(colours.color("ink2"))
        painter.drawText(
            words.adjusted(0, 31, 0, 0), top, theme.elided(self.example.sentence, face, round(words.width()))
        )
        painter.setPen(colours.color("ink3"))
        painter.drawText(words.adjusted(0, 0, 0, -10), bottom, self.example.source)
        painter.drawText(
            words.adjusted(0, 0, 0, -10), bottom | Qt.AlignmentFlag.AlignRight, f"{self.example.seconds} s"
        )
        if self.hasFocus() or self.isDown():
            theme.paint_focus(painter, area, 7)
        elif self.underMouse():
            painter.setPen(QPen(colours.color("border"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 7.5, 7.5)
