"""Forms made from specs: what they show, what they tell, and what they refuse - with real keys and a real mouse."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from lsviewer.core.experiment import Experiment
from lsviewer.core.spec import Path, Spec
from lsviewer.gui import theme
from lsviewer.gui.form import Form
from lsviewer.gui.form_fields import fields_of
from lsviewer.gui.panels.setup import SetupPanel


class Plain(Spec):
    kind: Literal["plain"] = "plain"


class Filed(Spec):
    kind: Literal["filed"] = "filed"
    path: Path = Field(title="File")
    column: int = Field(0, ge=0, le=9, title="Column")


class Toy(Experiment):
    kind: Literal["toy"] = "toy"
    data: Annotated[Plain | Filed, Field(discriminator="kind")] = Field(Plain(), title="Data")
    hidden: tuple[int, ...] = Field((8, 4), title="Hidden layers")
    grid: int | None = Field(None, ge=2, le=512, title="Grid")
    amplitude: float = Field(1.0, ge=0.01, le=100, title="Amplitude")
    method: Literal["construct", "train"] = Field("construct", title="Method")
    steps: int = Field(1000, ge=10, le=20000, title="Steps", json_schema_extra={"only_when": {"method": "train"}})
    invert: bool = Field(False, title="Invert")

    @property
    def verb(self) -> str:
        return "Plant" if self.method == "construct" else f"Train {self.steps} steps"


@pytest.fixture
def form(qtbot: QtBot, qapp: QApplication) -> Form:
    theme.apply(qapp, "light")
    made = Form()
    qtbot.addWidget(made)
    made.resize(290, 600)
    made.show_spec(Toy())
    made.show()
    qtbot.waitExposed(made)
    return made


def told(form: Form) -> list[tuple[Any, str, str]]:
    seen: list[tuple[Any, str, str]] = []
    form.edited.connect(lambda *words: seen.append(words))
    return seen


def type_into(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def line(form: Form, name: str) -> QLineEdit:
    found = form.editor(name).findChild(QLineEdit)
    assert isinstance(found, QLineEdit)
    return found


def under(form: Form, name: str) -> str:
    labels = [
        label for label in form.editor(name).findChildren(QLabel) if label.property("role") in ("problem", "hint")
    ]
    return labels[0].text() if labels and labels[0].isVisible() else ""


def test_fields_know_their_sort_bounds_and_condition() -> None:
    fields = {field.name: field for field in fields_of(Toy)}
    assert [fields[name].sort for name in ("data", "hidden", "grid", "amplitude", "method", "invert")] == [
        "spec", "wholes", "whole", "real", "choice", "yes_no",
    ]  # fmt: skip
    assert fields["grid"].optional
    assert (fields["amplitude"].low, fields["amplitude"].high) == (0.01, 100.0)
    assert fields["steps"].blocked_by(Toy()) == "Only when Method is Train."
    assert fields["steps"].blocked_by(Toy(method="train")) == ""
    assert not fields["seed"].slides
    assert list(fields)[-3:] == ["seed", "device", "dtype"]


def test_a_typed_number_is_told_as_a_new_spec(form: Form, qtbot: QtBot) -> None:
    seen = told(form)
    type_into(qtbot, line(form, "amplitude"), "2.5")
    assert [(spec.amplitude, text) for spec, text, _ in seen] == [(2.5, "Change amplitude")]


def test_a_number_out_of_bounds_gets_a_sentence_and_is_not_told(form: Form, qtbot: QtBot) -> None:
    seen = told(form)
    type_into(qtbot, line(form, "amplitude"), "0")
    assert seen == []
    assert under(form, "amplitude") == "Between 0.01 and 100."
    type_into(qtbot, line(form, "amplitude"), "3")
    assert len(seen) == 1
    assert under(form, "amplitude") == ""


def test_words_are_no_number(form: Form, qtbot: QtBot) -> None:
    type_into(qtbot, line(form, "grid"), "many")
    assert under(form, "grid") == "many is not a whole number."


def test_an_emptied_optional_number_is_none(form: Form, qtbot: QtBot) -> None:
    form.show_spec(Toy(grid=64))
    seen = told(form)
    field = line(form, "grid")
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert seen[0][0].grid is None


def test_one_drag_of_a_slider_has_one_merge_key_and_the_next_drag_another(form: Form, qtbot: QtBot) -> None:
    seen = told(form)
    slider = form.editor("amplitude").findChild(QSlider)
    assert isinstance(slider, QSlider)
    for places in ((400, 500), (600,)):
        slider.setSliderDown(True)
        for place in places:
            slider.setSliderPosition(place)
        slider.setSliderDown(False)
    keys = [merge for _, _, merge in seen]
    assert keys[0] == keys[1] != keys[2]


def test_showing_a_spec_tells_nothing(form: Form) -> None:
    seen = told(form)
    form.show_spec(Toy(amplitude=7, method="train", invert=True, hidden=(3,), data=Filed(path="x")))
    assert seen == []
    assert line(form, "hidden").text() == "3"


def test_a_field_that_does_not_matter_is_disabled_and_says_why(form: Form) -> None:
    assert form.editor("steps").toolTip() == "Only when Method is Train."
    assert not line(form, "steps").isEnabled()
    form.show_spec(Toy(method="train"))
    assert line(form, "steps").isEnabled()
    assert form.editor("steps").toolTip() == ""


def test_a_segment_clicked_with_the_mouse_changes_the_method(form: Form, qtbot: QtBot) -> None:
    seen = told(form)
    button = form.editor("method").findChild(QPushButton, "segment-train")
    assert isinstance(button, QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert seen[0][0].method == "train"


def test_a_kind_that_needs_a_file_waits_for_it(form: Form, qtbot: QtBot) -> None:
    seen = told(form)
    combo = form.editor("data").findChild(QComboBox)
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert seen == []
    assert under(form.editor("data").findChild(Form), "path") == "Choose file."
    type_into(qtbot, line(form.editor("data").findChild(Form), "column"), "3")
    assert seen == []
    type_into(qtbot, line(form.editor("data").findChild(Form), "path"), "/data/x.npz")
    assert seen[-1][0].data == Filed(path="/data/x.npz", column=3)


def test_lists_of_widths_are_read_with_commas_or_blanks(form: Form, qtbot: QtBot) -> None:
    seen = told(form)
    type_into(qtbot, line(form, "hidden"), "32, 16 8")
    assert seen[-1][0].hidden == (32, 16, 8)
    type_into(qtbot, line(form, "hidden"), "wide")
    assert under(form, "hidden").startswith("Whole numbers")


def test_an_empty_number_shows_what_it_stands_for(form: Form) -> None:
    form.show_automatic("grid", 128)
    assert line(form, "grid").text() == ""
    assert line(form, "grid").placeholderText() == "128"


def test_the_set_up_panel_names_its_buttons_after_what_they_do(qtbot: QtBot) -> None:
    panel = SetupPanel()
    qtbot.addWidget(panel)
    panel.show_experiment(Toy())
    assert panel.run_button.text() == "Plant"
    assert panel.other_button.text() == "Train"
    with qtbot.waitSignal(panel.other_asked) as asked:
        panel.other_button.click()
    assert asked.args == [Toy(method="train")]
    panel.show_experiment(Toy(method="train", steps=50))
    assert panel.run_button.text() == "Train 50 steps"
    panel.show_experiment(None)
    assert not panel.run_button.isEnabled()


def test_tucked_fields_come_out_on_request(form: Form) -> None:
    assert not form.editor("seed").isVisible()
    form.show_more(True)
    assert form.editor("seed").isVisible()


def test_a_slider_in_steps_keeps_odd_numbers_odd(qtbot: QtBot) -> None:
    class Odd(Spec):
        kind: Literal["odd"] = "odd"
        grid: int = Field(51, ge=5, le=257, title="Grid", json_schema_extra={"step": 2})
        rate: float = Field(0.1, gt=0, le=100, title="Rate", json_schema_extra={"log": True})

    made = Form()
    qtbot.addWidget(made)
    made.show_spec(Odd())
    seen = told(made)
    slider = made.editor("grid").findChild(QSlider)
    assert isinstance(slider, QSlider)
    for place in range(0, 1001, 37):
        slider.setSliderPosition(place)
    assert {spec.grid % 2 for spec, _, _ in seen} == {1}
    assert not {field.name: field for field in fields_of(Odd)}["rate"].slides


def test_the_form_of_every_experiment_fits_into_the_narrow_panel(qtbot: QtBot, qapp: QApplication) -> None:
    from lsviewer.experiments import EXPERIMENTS
    from lsviewer.gui.studio import COMPACT_WIDTH

    theme.apply(qapp, "light")
    wide = {}
    for kind in EXPERIMENTS:
        panel = SetupPanel()
        qtbot.addWidget(panel)
        panel.resize(COMPACT_WIDTH, 600)
        panel.show_experiment(kind())
        panel.show()
        inner = panel.form.parentWidget()
        assert inner is not None
        viewport = inner.parentWidget()
        assert viewport is not None
        for row in panel.form.findChildren(QLabel):
            if row.property("role") == "label" and row.isVisible():
                assert row.height() >= row.heightForWidth(row.width()), f"{kind.__name__}: {row.text()}"
        needed = inner.minimumSizeHint().width() + 10  # a scroll bar comes beside long forms
        if needed > viewport.width():
            wide[kind.__name__] = (needed, viewport.width())
        panel.hide()
    assert not wide


def test_a_built_in_pattern_is_chosen_not_typed(qtbot: QtBot, qapp: QApplication) -> None:
    from lsviewer.core.pattern import BuiltinPattern, builtin_names

    theme.apply(qapp, "light")
    form = Form()
    qtbot.addWidget(form)
    form.show_spec(BuiltinPattern(name="heart"))
    combo = form.findChild(QComboBox)
    assert combo is not None and combo.count() == len(builtin_names()) and combo.currentText() == "Heart"
    seen = told(form)
    combo.activated.emit(builtin_names().index("gyroid"))
    assert seen[-1][0] == BuiltinPattern(name="gyroid")


def test_a_cnn_is_chosen_with_widths_that_fit_and_its_fields_edited(qtbot: QtBot, form: Form) -> None:
    from lsviewer.engine.cnn import Cnn
    from lsviewer.experiments.patterns.theorem1 import Theorem1

    form.show_spec(Theorem1())
    seen = told(form)
    combo = form.editor("network").findChild(QComboBox, "network-kind")
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(i) for i in range(combo.count())][1] == "CNN"
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    chosen = seen[-1][0].network
    assert chosen == Cnn(channels=(256, 256, 256), stride=3)
    form.show_spec(seen[-1][0])
    assert "needs 256 channels" in Theorem1(network=chosen, grid=128).notes()[0]
    field = form.editor("network").findChild(QLineEdit, "image-text")
    assert isinstance(field, QLineEdit)
    type_into(qtbot, field, "1, 28, 28")
    assert seen[-1][0].network.image == (1, 28, 28)
    form.show_spec(seen[-1][0])
    field.clear()
    field.setModified(True)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert seen[-1][0].network.image is None
