"""Which drawing an experiment takes: greys for some, colours for others, neither in the other's place."""

import numpy as np

from lsviewer.core.colour import DrawnColours
from lsviewer.core.pattern import BuiltinPattern, DrawnPattern
from lsviewer.experiments import from_json
from lsviewer.experiments.patterns.rgb import Rgb
from lsviewer.experiments.patterns.theorem1 import Theorem1
from lsviewer.gui.drawings import drawings_of, drawn_name, fitting, has_preview, is_flat, source_of, with_drawn

GREYS, COLOURS = np.zeros((5, 5), np.float32), np.zeros((5, 5, 3), np.float32)


def test_greys_and_colours_go_to_those_who_can_use_them() -> None:
    patterns = {"painting": COLOURS, "drawing": GREYS, "cube": np.zeros((3, 3, 3), np.float32)}
    assert fitting(patterns, Theorem1) == "drawing" and fitting(patterns, Rgb) == "painting"
    assert fitting({"cube": patterns["cube"]}, Rgb) == "" and fitting({"cube": patterns["cube"]}, Theorem1) == "cube"


def test_an_experiment_takes_a_drawing_into_the_field_that_it_draws() -> None:
    plain, coloured = from_json({"kind": "theorem1"}), from_json({"kind": "rgb"})
    assert source_of(with_drawn(plain, "a")) == DrawnPattern(name="a")
    found = with_drawn(coloured, "b")
    assert source_of(found) == DrawnColours(name="b") and with_drawn(found, "b") is found
    assert (drawn_name(coloured), drawn_name(found)) == ("painting", "b")
    assert has_preview(plain) and has_preview(coloured)


def test_the_two_pictures_of_two_faces_are_painted_one_after_the_other_into_two_drawings() -> None:
    faces = from_json({"kind": "two_faces", "held_out_pattern": {"kind": "builtin", "name": "cat"}})
    first = with_drawn(faces, drawn_name(faces))
    assert source_of(first) == DrawnPattern(name="cat")
    turned = first.replace(paint="picture_B")
    assert source_of(turned) == BuiltinPattern(name="cat")
    assert drawn_name(turned) == "cat 2"
    both = with_drawn(turned, drawn_name(turned))
    assert drawings_of(both) == {"cat", "cat 2"}
    assert source_of(both) == DrawnPattern(name="cat 2") and source_of(both.replace(paint="picture_A")) == source_of(
        first
    )


def test_one_colour_everywhere_is_flat() -> None:
    red = COLOURS + np.array([1, 0, 0], np.float32)
    dotted = red.copy()
    dotted[2, 2, 1] = 1.0
    assert is_flat({"p": red}, "p") and not is_flat({"p": dotted}, "p") and is_flat({}, "p")
