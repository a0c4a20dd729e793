"""Words on the window: labels in the roles of the style sheet, a label that gives way, a hairline, an empty page."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lsviewer.gui import theme


def label(text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """Return a label; ``role`` is one of the style sheet's: title, card, page, label, context, hint, secondary, number."""
    made = WrapLabel(text, parent) if wrap else QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.AutoText)
    if role:
        made.setProperty("role", role)
    return made


class WrapLabel(QLabel):
    """A paragraph that takes the width it is given and asks only for the height that follows from it.

    A plain QLabel's least height is that of its narrowest column, and scroll areas believe it.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(self.font()).height())


class ElidedLabel(QLabel):
    """A label that is cut with an ellipsis where there is no room; the whole text is its tooltip then."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._set_tip()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._is_cut():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.contentsRect(), self.alignment(), theme.elided(self.text(), self.font(), self.width()))

    def _is_cut(self) -> bool:
        return QFontMetrics(self.font()).horizontalAdvance(self.text()) > self.contentsRect().width()

    def _set_tip(self) -> None:
        self.setToolTip(self.text() if self._is_cut() else "")


class Column(QWidget):
    """What is scrolled: as high as its paragraphs are at the width there is (Qt would take the height of the narrowest)."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class IconLabel(QWidget):
    """An icon that follows a change of colours; a picture on a label would not."""

    def __init__(self, icon: str, token: str = "ink2", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._token = icon, token
        self.setFixedSize(size, size)

    def show_icon(self, icon: str, token: str) -> None:
        """Show another icon."""
        if (icon, token) != (self._icon, self._token):
            self._icon, self._token = icon, token
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme.icon(self._icon, self._token).paint(QPainter(self), self.rect())


class Hairline(QFrame):
    """One pixel between two regions, lying or standing."""

    def __init__(self, *, standing: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("hairline", True)
        if standing:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


class EmptyPage(QWidget):
    """What is missing, how to get it, and one button: an empty state."""

    def __init__(
        self, icon: str, title: str, sentence: str, button: QPushButton | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 16, 24, 32)
        box.setSpacing(4)
        box.addStretch(1)
        box.addWidget(IconLabel(icon, "ink3", 32), 0, Qt.AlignmentFlag.AlignHCenter)
        box.addSpacing(8)
        self.title = label(title, "title")
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence = label(sentence, "secondary", wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self.title)
        box.addWidget(self.sentence)
        if button is not None:
            box.addSpacing(8)
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
