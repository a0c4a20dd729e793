"""Finding by a few letters."""

from hypothesis import given
from hypothesis import strategies as st

from lsviewer.gui.fuzzy import ranked, score


def test_letters_must_come_in_order() -> None:
    assert score("th1", "Theorem 1") is not None
    assert score("1th", "Theorem 1") is None


def test_a_whole_word_beats_scattered_letters() -> None:
    assert ranked("plan", [("Paste long answer now", "scattered"), ("Plant", "word")]) == ["word", "scattered"]


def test_words_may_come_in_any_order() -> None:
    assert score("file save", "Save File") is not None


def test_an_empty_query_keeps_everything_in_order() -> None:
    assert ranked("  ", [("b", 1), ("a", 2)]) == [1, 2]


@given(st.text(alphabet="abcdef ", max_size=12), st.text(alphabet="abcdef ", max_size=12))
def test_every_text_is_found_by_itself_and_by_what_it_contains(left: str, right: str) -> None:
    assert score(left, left + right) is not None
    assert score(right, left + right) is not None
