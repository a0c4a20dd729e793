"""README stays true: the two commands, every experiment by its kind, every picture there, nothing left to fill in."""

import re
from pathlib import Path

from lsviewer.core.experiment import kind_of
from lsviewer.experiments import EXPERIMENTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_two_commands_stand_in_readme() -> None:
    assert "python3 scripts/run.py\npython3 scripts/test.py\n" in README


def test_every_experiment_is_named() -> None:
    assert [kind_of(kind) for kind in EXPERIMENTS if f"`{kind_of(kind)}`" not in README] == []


def test_every_picture_and_file_that_is_linked_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_nothing_is_left_to_fill_in() -> None:
    assert re.findall(r"@[A-Z]+@", README) == []
