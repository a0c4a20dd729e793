"""The form of any spec, made from its fields. A spec within the spec is a choice of kinds with its own fields beneath it."""

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from lsviewer.core.spec import Spec, SpecError, parse
from lsviewer.gui import theme
from lsviewer.gui.form_editors import Editor, NumberEditor, editor_for
from lsviewer.gui.form_fields import FormField, fields_of, kind_words, spec_words

LABEL_WIDTH = 88


class Form(QWidget):
    """Shows a spec and tells of edits: ``edited(spec, text, merge)``, where ``text`` is what the Undo menu will say."""

    edited = Signal(object, str, str)

    def __init__(self, hidden: tuple[str, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hidden = hidden
        self._class: type[Spec] | None = None
        self._values: dict[str, Any] = {}  # of the spec shown; fewer than all while one is still being asked for
        self._rows: dict[str, _Row] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(8)
        self._show_tucked = False

    def show_spec(self, spec: Spec) -> None:
        """Show a spec; rows are rebuilt only when its class changes."""
        self._build_for(type(spec))
        self._values = {name: getattr(spec, name) for name in type(spec).model_fields}
        for name, row in self._rows.items():
            row.show_value(self._values[name], row.field.blocked_by(spec))
        self._show_rows()

    def show_incomplete(self, spec: type[Spec]) -> None:
        """Show the fields of a class that has required ones: nothing is told until they are all there."""
        self._build_for(spec)
        self._values = {}
        for name, row in self._rows.items():
            info = spec.model_fields[name]
            if info.is_required():
                row.show_problem(f"Choose {row.field.title.lower()}." if row.field.sort == "path" else "Needed.")
            else:
                row.show_value(info.get_default(call_default_factory=True), "")
        self._show_rows()

    def show_more(self, more: bool) -> None:
        """Show or hide the tucked fields (seed, device, precision)."""
        self._show_tucked = more
        self._show_rows()

    @property
    def has_more(self) -> bool:
        """Whether there are tucked fields."""
        return any(row.field.tucked for row in self._rows.values())

    def editor(self, name: str) -> QWidget:
        """Return the row of a field, for tests and for focus."""
        return self._rows[name]

    def show_automatic(self, name: str, value: float | None) -> None:
        """Say what leaving a number empty stands for."""
        if isinstance(row := self._rows.get(name), _ValueRow) and isinstance(row.editor, NumberEditor):
            row.editor.show_automatic(value)

    def show_problem(self, name: str, sentence: str) -> None:
        """Show a sentence under a field."""
        if name in self._rows:
            self._rows[name].show_problem(sentence)

    def _show_rows(self) -> None:
        for row in self._rows.values():
            row.setVisible(not row.field.tucked or self._show_tucked)

    def _build_for(self, spec: type[Spec]) -> None:
        if spec is self._class:
            return
        self._class = spec
        for row in self._rows.values():
            self._box.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {}
        for field in fields_of(spec):
            if field.name not in self._hidden or not getattr(spec, "uses_pattern", True):
                row = _SpecRow(field) if field.sort == "spec" else _ValueRow(field)
                row.edited.connect(self._take)
                self._rows[field.name] = row
                self._box.addWidget(row)

    def _take(self, name: str, value: Any, text: str, merge: str) -> None:
        if self._class is None:
            return
        values = {**self._values, name: value}
        self.show_problem(name, "")
        missing = [key for key, info in self._class.model_fields.items() if info.is_required() and key not in values]
        if missing:
            self._values = values
            return
        try:
            new = parse(self._class, values)
        except SpecError as error:
            message = str(error).split(": ", 1)[-1]
            self.show_problem(name, message[:1].upper() + message[1:].rstrip(".") + ".")
            return
        self.edited.emit(new, text, merge)


class _Row(QWidget):
    """Label, editor, and a line beneath for what is wrong; why it is disabled stands in the tooltip."""

    edited = Signal(str, object, str, str)  # field, value, text for Undo, merge key

    def __init__(self, field: FormField) -> None:
        super().__init__()
        self.field = field
        self.setObjectName(f"row-{field.name}")
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(2)
        self.grid.setColumnStretch(1, 1)
        self.label = QLabel(field.title)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setWordWrap(True)
        self.label.setMinimumHeight(28)
        self.label.setProperty("role", "label")
        self.label.setToolTip(field.help)
        self.grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignTop)
        self.under = QLabel()
        self.under.setWordWrap(True)
        self.under.setVisible(False)
        self.grid.addWidget(self.under, 1, 1)

    def show_value(self, value: Any, blocked: str) -> None:
        raise NotImplementedError

    def show_problem(self, sentence: str) -> None:
        """Show a sentence in red under the field, or take it away."""
        self._say(sentence, "problem")

    def _say(self, sentence: str, role: str) -> None:
        self.under.setText(sentence)
        theme.set_property(self.under, "role", role)
        self.under.setVisible(bool(sentence))
        problem = role == "problem" and bool(sentence)
        if self.property("problem") != problem:
            theme.set_property(self, "problem", problem)
            for field in self.findChildren(QLineEdit):  # the style sheet looks at their ancestor
                field.style().unpolish(field)
                field.style().polish(field)


class _ValueRow(_Row):
    def __init__(self, field: FormField) -> None:
        super().__init__(field)
        self.editor: Editor = editor_for(field)
        self.editor.setMinimumHeight(28)
        self.label.setBuddy(self.editor.first())
        self.grid.addWidget(self.editor, 0, 1)
        self.editor.edited.connect(self._edited)
        self.editor.refused.connect(self.show_problem)

    def show_value(self, value: Any, blocked: str) -> None:
        self.editor.show_value(value)
        self.editor.setEnabled(not blocked)
        self.setToolTip(blocked)  # the reason; beneath the field it would cost a line each
        self._say("", "hint")

    def _edited(self, value: Any, merge: str) -> None:
        self.edited.emit(self.field.name, value, f"Change {self.field.title.lower()}", merge)


class _SpecRow(_Row):
    """A choice of kinds; the fields of the chosen kind stand beneath, folded away behind one button.

    A kind that cannot stand without a value (a file) is shown with that field open; nothing is told until it is there.
    """

    def __init__(self, field: FormField) -> None:
        super().__init__(field)
        self._combo = QComboBox()
        self._combo.setObjectName(f"{field.name}-kind")
        self._combo.setAccessibleName(field.title)
        self._combo.addItems([kind_words(member) for member in field.members])
        self._combo.setMinimumHeight(28)
        self._combo.activated.connect(self._choose)
        self._more = QToolButton()
        self._more.setIcon(theme.icon("sliders-horizontal"))
        self._more.setCheckable(True)
        self._more.setToolTip(f"Settings of {field.title.lower()}")
        self._more.setAccessibleName(f"Settings of {field.title.lower()}")
        self._more.toggled.connect(self._fold)
        self._form: Form | None = None
        self._alone = len(field.members) == 1
        self.grid.addWidget(self._combo, 0, 1)
        self.grid.addWidget(self._more, 0, 2)
        self.label.setBuddy(self._combo)
        if self._alone:
            self.label.hide()
            self._combo.hide()
            self._more.hide()

    def show_value(self, value: Any, blocked: str) -> None:
        index = next(i for i, member in enumerate(self.field.members) if isinstance(value, member))
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(index)
            self._combo.setItemText(index, spec_words(value))
        has_fields = bool(fields_of(type(value)))
        self._more.setVisible(has_fields and not self._alone)
        self._combo.setEnabled(not blocked)
        self.setToolTip(blocked)
        self._say("", "hint")
        if has_fields:
            self._sub_form().show_spec(value)
        if self._form is not None:
            self._form.setVisible(has_fields and (self._alone or self._more.isChecked()))

    def _sub_form(self) -> "Form":
        if self._form is None:
            self._form = Form()
            self._form.edited.connect(self._sub_edited)
            self.grid.addWidget(self._form, 2, 0, 1, 3)
        return self._form

    def _fold(self, opened: bool) -> None:
        if self._form is not None:
            self._form.setVisible(opened)

    def _choose(self, index: int) -> None:
        member = self.field.members[index]
        try:
            self._tell(parse(member, self.field.starts.get(member.model_fields["kind"].default, {})), "")
        except SpecError:
            # the kind needs something the user has yet to give: ask for it right here
            form = self._sub_form()
            form.show_incomplete(member)
            form.setVisible(True)
            self._more.setVisible(True)
            with QSignalBlocker(self._more):
                self._more.setChecked(True)

    def _sub_edited(self, spec: Spec, text: str, merge: str) -> None:
        self.edited.emit(self.field.name, spec, text, f"{self.field.name}.{merge}" if merge else "")

    def _tell(self, spec: Spec, merge: str) -> None:
        self.edited.emit(self.field.name, spec, f"Change {self.field.title.lower()}", merge)
