"""When a file was written, in words."""

from datetime import datetime
from pathlib import Path

import pytest

from lsviewer.gui.recent import described, when

NOW = datetime(2026, 11, 23, 14, 30)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (datetime(2026, 11, 23, 14, 3), "today, 14:03"),
        (datetime(2026, 11, 22, 23, 59), "yesterday"),
        (datetime(2026, 11, 12), "12 November"),
        (datetime(2024, 11, 12), "12 November 2024"),
    ],
)
def test_when(then: datetime, words: str) -> None:
    assert when(then, NOW) == words


def test_files_that_are_gone_are_left_out(tmp_path: Path) -> None:
    here = tmp_path / "a.lsv"
    here.touch()
    assert [path for path, _ in described([tmp_path / "gone.lsv", here], datetime.now())] == [here]
