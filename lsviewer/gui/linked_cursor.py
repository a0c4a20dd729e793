"""One cursor for all views of a section: moved in one, shown in every other; pinned, it stays until it is freed."""

from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import Shiboken

Position = tuple[float, ...] | None


class _Linked(Protocol):
    """What takes part: the views and the pattern editor."""

    cursor_moved: Any

    def set_cursor(self, position: Any, /) -> None: ...


class LinkedCursor(QObject):
    """``moved(position)`` with a tuple of axis coordinates, or None when the mouse has left."""

    moved = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._members: list[_Linked] = []
        self.position: Position = None
        self.is_pinned = False

    def add(self, member: _Linked) -> None:
        """Let a view take part until it is destroyed."""
        self._members.append(member)
        member.cursor_moved.connect(self._moved)
        if hasattr(member, "cursor_pinned"):
            member.cursor_pinned.connect(self._pinned)
        member.set_cursor(self.position)

    def set_position(self, position: Position) -> None:
        """Move the cursor in every view."""
        self.position = position
        for member in self._alive():
            if id(member) != id(self.sender()):
                member.set_cursor(position)
        self.moved.emit(position)

    def _moved(self, position: Position) -> None:
        if not self.is_pinned:
            self.set_position(position)

    def _pinned(self, position: Position) -> None:
        self.is_pinned = position is not None
        for member in self._alive():
            if hasattr(member, "cursor_pinned"):
                member.set_cursor(position if position is not None else self.position, pinned=self.is_pinned)  # type: ignore[call-arg]
            else:
                member.set_cursor(position if position is not None else self.position)
        if position is not None:
            self.position = position
            self.moved.emit(position)

    def _alive(self) -> list[_Linked]:
        """Return the members whose widgets are still there (listening to ``destroyed`` instead crashed at teardown)."""
        self._members = [member for member in self._members if Shiboken.isValid(member)]
        return self._members
