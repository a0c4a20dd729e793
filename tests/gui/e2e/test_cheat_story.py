"""A preference for any picture, painted by hand: what was drawn is what the regulariser asks for."""

from collections.abc import Callable

import numpy as np
import pytest

from lsviewer.core.artifacts import Section
from lsviewer.core.pattern import resample
from lsviewer.gui.second_opinion import second_opinion

from .conftest import Desk

RECIPE = {
    "kind": "cheat", "dataset": {"kind": "digits", "limit": 200}, "network": {"kind": "mlp", "hidden": [16, 12]},
    "grid": 8, "steps": 30, "cells": 8, "pattern": {"kind": "formula", "expression": "0.2*a*b"},
}  # fmt: skip


@pytest.mark.slow
def test_what_is_painted_is_asked_for(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    desk.workshop.commands.open_recipe(RECIPE, "Any picture")
    desk.until(lambda: desk.workshop.session.project.title == "Any picture")
    desk.stroke((0.2, 0.7), (0.8, 0.7))
    painted = desk.workshop.session.project.patterns["drawing"]
    assert painted.max() > 0.8
    desk.workshop.run_commands.run()
    desk.until(lambda: bool(desk.runs) and not desk.workshop.runner.live)
    run = desk.runs[-1]
    section, without = run.artifacts["section"], run.artifacts["section_without"]
    assert isinstance(section, Section) and isinstance(without, Section) and section.target is not None
    asked = resample(painted.astype(np.float64), 8)
    assert np.allclose(section.target, asked - asked.min()) and np.array_equal(section.target, without.target)
    assert section.marks[0].label == "network"
    shown = desk.workshop.stage.shown_section
    assert isinstance(shown, Section) and np.array_equal(shown.values, section.values)
    assert second_opinion(run, desk.workshop.session.files, 4).agrees
