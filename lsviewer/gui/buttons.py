"""Buttons as the window knows them: primary, quiet, and an icon alone. Focus by the keyboard only, so a click leaves no ring."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from lsviewer.gui import theme

ICON_BUTTON = 28  # px


def push_button(
    text: str, icon: str = "", *, primary: bool = False, name: str = "", parent: QWidget | None = None
) -> QPushButton:
    """Return a button with a verb on it, filled with the accent when it is the primary one of its place."""
    button = QPushButton(text, parent)
    button.setObjectName(name or text.lower().rstrip("…").replace(" ", "-"))
    button.setProperty("primary", primary)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if icon:
        button.setIcon(theme.icon(icon, "on" if primary else "ink2"))
    return button


def icon_button(icon: str, tip: str, *, name: str = "", checkable: bool = False, size: int = ICON_BUTTON,
                parent: QWidget | None = None) -> QToolButton:  # fmt: skip
    """Return a square button with an icon alone; ``tip`` is its tooltip and its accessible name."""
    button = QToolButton(parent)
    button.setIcon(theme.icon(icon))
    button.setIconSize(QSize(16, 16))
    button.setFixedSize(size, size)
    button.setObjectName(name or icon)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def action_button(action: QAction, parent: QWidget | None = None, size: int = ICON_BUTTON) -> QToolButton:
    """Return an icon button that does what ``action`` does, and follows its state."""
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setIconSize(QSize(16, 16))
    button.setFixedSize(size, size)
    button.setObjectName(action.objectName() or action.text())
    button.setAccessibleName(action.toolTip() or action.text())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if action.menu() is not None:
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return button


def show_maximised(button: QToolButton, maximised: bool) -> None:
    """Turn the button that gives a card the whole centre into the way back, or into itself again."""
    tip = "Give the space back" if maximised else "Give this card the whole centre"
    button.setIcon(theme.icon("arrows-in-simple" if maximised else "arrows-out-simple"))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
