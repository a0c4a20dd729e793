"""A place that says what can be dropped, and takes it."""

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lsviewer.gui import theme


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
