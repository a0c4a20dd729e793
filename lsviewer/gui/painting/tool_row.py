"""The row of tools under the canvas."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from lsviewer.gui import theme
from lsviewer.gui.painting.colour_picker import ColourWell
from lsviewer.gui.painting.tools import ON_CURVES, SHAPES, TOOLS, Tool

BUTTON, SPACING, FORMULA = 28, 4, 46  # px
STEP = BUTTON + SPACING
COMPACT_WIDTH = FORMULA + 7 * STEP
FULL_WIDTH = COMPACT_WIDTH + 3 * STEP
BARE_WIDTH = COMPACT_WIDTH - 2 * STEP


IN_MENU = (Tool.FILL, Tool.PICK)  # where the row is narrow


class ToolRow(QWidget):
    """Says which tool was chosen and what else was wanted; shows what the editor tells it."""

    tool_chosen = Signal(object)
    import_wanted = Signal()
    formula_wanted = Signal()
    settings_wanted = Signal()
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-tools")
        self._tools: dict[Tool, QToolButton] = {}
        self._menu_actions: dict[Tool, QAction] = {}
        self._axes = 2
        self._coloured = False
        self._compact = self._wants_compact = False
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self._tool_button(Tool.BRUSH))
        row.addWidget(self._tool_button(Tool.ERASER))
        self._shapes = self._shape_button()
        row.addWidget(self._shapes)
        row.addWidget(self._tool_button(Tool.FILL))
        row.addWidget(self._tool_button(Tool.TEXT))
        row.addWidget(self._tool_button(Tool.PICK))
        self.well = ColourWell()  # where there is no row of colours below
        self.well.hide()
        row.addWidget(self.well)
        self._image = _button("import-image", "image", "Import image", "Import an image or .npy file…")
        self._formula = _button("formula", "", "Formula", "Draw a formula…")
        self._formula.setText("f(a,b)")
        self._formula.setFont(theme.font(13, 500, italic=True))
        self._formula.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._formula.setFixedSize(FORMULA, BUTTON)
        self._settings = _button("ink-settings", "sliders-horizontal", "Brush settings", "Softness, opacity, symmetry…")
        self._undo = _button("pattern-undo", "arrow-counter-clockwise", "Undo", "Undo (Ctrl+Z)")
        self._redo = _button("pattern-redo", "arrow-clockwise", "Redo", "Redo (Ctrl+Shift+Z)")
        row.addWidget(self._image)
        row.addWidget(self._formula)
        row.addWidget(self._settings)
        row.addStretch(1)
        row.addWidget(self._undo)
        row.addWidget(self._redo)
        for button, signal in (
            (self._image, self.import_wanted),
            (self._formula, self.formula_wanted),
            (self._settings, self.settings_wanted),
            (self._undo, self.undo_requested),
            (self._redo, self.redo_requested),
        ):
            button.clicked.connect(signal)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(BUTTON)
        self.show_tool(Tool.BRUSH)

    def show_tool(self, tool: Tool) -> None:
        """Show which tool is chosen."""
        for name, button in self._tools.items():
            button.setChecked(name is tool)
        in_menu = tool in self._menu_actions and (tool in SHAPES or self._compact)
        if in_menu:
            self._shapes.setIcon(theme.icon(TOOLS[tool].icon))
        self._shapes.setChecked(in_menu)
        for name, action in self._menu_actions.items():
            action.setChecked(name is tool)

    def set_axes(self, axes: int) -> None:
        """Offer what makes sense for a pattern with this many axes."""
        self._axes = axes
        self._formula.setText({1: "f(a)", 2: "f(a,b)"}.get(axes, "f(a,b,c)"))
        self._formula.setFixedWidth(58 if axes == 3 else FORMULA)
        why = {1: "Only for patterns with two axes.", 3: "A pattern with three axes is not drawn by hand."}.get(
            axes, ""
        )
        for name, button in self._tools.items():
            _offer(button, axes == 2 or (axes == 1 and name in ON_CURVES), why)
        for name, action in self._menu_actions.items():
            action.setEnabled(axes == 2 or (axes == 1 and name in ON_CURVES))
        _offer(self._shapes, axes < 3, why)
        _offer(self._settings, axes < 3, why)

    def set_compact(self, compact: bool) -> None:
        """Let filling, eyedropper and settings give way to the menus, and the colour come up from the row below.

        A row that is too narrow lets them give way by itself.
        """
        self._wants_compact = compact
        self._fit()

    def set_colour_mode(self, on: bool) -> None:
        """Offer what makes sense for a picture in colour."""
        self._coloured = on
        self._formula.setToolTip("Draw a formula for each channel…" if on else self._formula.property("tip"))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """Show what there is room for: filling, eyedropper, settings go first, then undo and redo, which have keys and a menu."""
        own = self.width() if self.width() > 0 else FULL_WIDTH
        compact = self._wants_compact or own < FULL_WIDTH
        well = STEP if self._coloured and self._wants_compact else 0
        with_history = own >= COMPACT_WIDTH + well
        self._row.setSpacing(SPACING if own >= BARE_WIDTH + well else 1)
        self._compact = compact
        self.well.setVisible(well > 0)
        self._settings.setVisible(not compact)
        for tool in IN_MENU:
            self._tools[tool].setVisible(not compact)
            self._menu_actions[tool].setVisible(compact)
        self._undo.setVisible(with_history)
        self._redo.setVisible(with_history)

    def set_history(self, can_undo: bool, can_redo: bool) -> None:
        """Enable undo and redo."""
        self._undo.setEnabled(can_undo)
        self._redo.setEnabled(can_redo)

    @property
    def anchor(self) -> QWidget:
        """Where the popup of the settings opens."""
        return self._shapes if self._compact else self._settings

    def _tool_button(self, tool: Tool) -> QToolButton:
        info = TOOLS[tool]
        button = _button(f"tool-{tool}", info.icon, info.title, f"{info.title} ({info.key}): {info.tip}")
        button.setCheckable(True)
        button.clicked.connect(lambda: self._clicked(tool))
        self._tools[tool] = button
        return button

    def _shape_button(self) -> QToolButton:
        button = _button(
            "tool-shapes", TOOLS[Tool.RECTANGLE].icon, "Shapes", "Line, rectangle, ellipse, polygon, gradient"
        )
        button.setCheckable(True)
        menu = QMenu(button)
        for tool in (*SHAPES, *IN_MENU):
            info = TOOLS[tool]
            # The key stands behind a tab as in any menu, but is no shortcut: the canvas reads it only when it has the focus.
            action = menu.addAction(theme.icon(info.icon), f"{info.title}\t{info.key}")
            action.setObjectName(f"choose-{tool}")
            action.setToolTip(info.tip)
            action.setCheckable(True)
            action.triggered.connect(lambda checked=False, tool=tool: self._clicked(tool))
            self._menu_actions[tool] = action
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for tool in IN_MENU:
            self._menu_actions[tool].setVisible(False)
        return button

    def _clicked(self, tool: Tool) -> None:
        self.show_tool(tool)  # a click on the chosen tool has unchecked its button
        self.tool_chosen.emit(tool)


def _button(name: str, icon: str, accessible: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setAccessibleName(accessible)
    button.setToolTip(tip)
    button.setProperty("tip", tip)
    button.setFixedSize(BUTTON, BUTTON)
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if icon:
        button.setIcon(theme.icon(icon))
    return button


def _offer(button: QToolButton, enabled: bool, why: str) -> None:
    button.setEnabled(enabled)
    button.setToolTip(button.property("tip") if enabled else why)
