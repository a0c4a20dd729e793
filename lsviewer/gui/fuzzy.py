"""Finding a command by a few of its letters. Pure."""

from typing import TypeVar

T = TypeVar("T")


def score(query: str, text: str) -> float | None:
    """Return how well the letters of ``query`` stand in ``text`` in order, higher is better, None when they do not.

    Words in ``query`` may come in any order. A letter counts more at the start of a word and right after the one before it.
    """
    total = 0.0
    for word in query.casefold().split():
        found = _word_score(word, text.casefold())
        if found is None:
            return None
        total += found
    return total - 0.01 * len(text)


def contains(query: str, text: str) -> bool:
    """Return whether every word of ``query`` stands in ``text``: for filters, where scattered letters would let too much in."""
    return all(word in text.casefold() for word in query.casefold().split())


def _word_score(word: str, text: str) -> float | None:
    if (at := text.find(word)) >= 0:
        starts = at == 0 or not text[at - 1].isalnum()
        return len(word) * (3.0 if starts else 2.0) + (1.0 if at == 0 else 0.0)
    place, total = -1, 0.0
    for letter in word:
        place = text.find(letter, place + 1)
        if place < 0:
            return None
        total += 1.0 if place == 0 or not text[place - 1].isalnum() else 0.3
    return total


def ranked(query: str, items: list[tuple[str, T]]) -> list[T]:
    """Return the items whose text matches, best first; all of them in their order for an empty query."""
    if not query.strip():
        return [item for _, item in items]
    scored = [
        (found, index, item) for index, (text, item) in enumerate(items) if (found := score(query, text)) is not None
    ]
    return [item for _, _, item in sorted(scored, key=lambda entry: (-entry[0], entry[1]))]
