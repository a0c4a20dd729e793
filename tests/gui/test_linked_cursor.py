"""One cursor for all views."""

import pytest
from PySide6.QtCore import QObject, Signal

from lsviewer.gui.linked_cursor import LinkedCursor


class Member(QObject):
    cursor_moved = Signal(object)
    cursor_pinned = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[object] = []

    def set_cursor(self, position: object, *, pinned: bool | None = None) -> None:
        self.shown.append(position)


@pytest.fixture
def members() -> tuple[LinkedCursor, Member, Member]:
    cursor, a, b = LinkedCursor(), Member(), Member()
    cursor.add(a)
    cursor.add(b)
    a.shown.clear()
    b.shown.clear()
    return cursor, a, b


def test_a_move_in_one_shows_in_the_others_and_is_told(members) -> None:
    cursor, a, b = members
    told: list[object] = []
    cursor.moved.connect(told.append)
    a.cursor_moved.emit((0.2, 0.3))
    assert (a.shown, b.shown, told) == ([], [(0.2, 0.3)], [(0.2, 0.3)])


def test_a_pinned_cursor_stays_until_it_is_freed(members) -> None:
    cursor, a, b = members
    a.cursor_pinned.emit((0.5, 0.5))
    b.cursor_moved.emit((0.1, 0.1))
    assert cursor.position == (0.5, 0.5)
    a.cursor_pinned.emit(None)
    b.cursor_moved.emit((0.1, 0.1))
    assert cursor.position == (0.1, 0.1)


def test_a_newcomer_sees_where_the_cursor_is(members) -> None:
    cursor, a, _ = members
    a.cursor_moved.emit((0.2, 0.3))
    late = Member()
    cursor.add(late)
    assert late.shown == [(0.2, 0.3)]
