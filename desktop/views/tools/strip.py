"""Controls that lie on a view: a narrow strip of tools at its side, and a small bar at its lower edge."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QBoxLayout, QFrame, QSlider, QToolButton

from desktop.model.workbench import Workbench
from desktop.views.sized_view import SizedView

ICON_PX, BUTTON_PX, MARGIN_PX, GAP_PX, ROUND_PX = 16, 26, 8, 1, 6
GROUND_ALPHA = 232
INSET_PX, BORDER_PX, GROUP_PX = 3, 1, 5  # beside the tools, with the border; between groups of them
BAR_PX = BUTTON_PX + 2 * MARGIN_PX  # at the lower edge, where a bar may lie


class OnView(QFrame):
    """A rounded panel on a view, in the theme's colours. It keeps its corner of the view."""

    def __init__(self, workbench: Workbench, view: SizedView, direction: QBoxLayout.Direction) -> None:
        super().__init__(view)
        self._workbench, self._view = workbench, view
        self.row = QBoxLayout(direction, self)
        self.row.setContentsMargins(*(INSET_PX - BORDER_PX for _ in range(4)))
        self.row.setSpacing(GAP_PX)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setObjectName("on_view")
        self._dressed = ""
        workbench.view_changed.connect(self._dress)
        self._dress()
        view.sized.connect(self.put)

    def add(self, action: QAction) -> QToolButton:
        """Add a button of a command. Keys stay with the view."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFixedSize(BUTTON_PX, BUTTON_PX)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.row.addWidget(button)
        return button

    def put(self) -> None:
        """Go to the corner of the view."""
        raise NotImplementedError

    def _dress(self) -> None:
        """Take the theme's colours. Qt paints by itself then, also where a drag goes on below."""
        colours = self._workbench.view.colours
        if colours.name == self._dressed:
            return
        self._dressed, ground = colours.name, QColor(colours.window)
        rgba = f"rgba({ground.red()}, {ground.green()}, {ground.blue()}, {GROUND_ALPHA})"
        self.setStyleSheet(
            f"QFrame#on_view {{ background: {rgba}; border: {BORDER_PX}px solid {colours.border}; "
            f"border-radius: {ROUND_PX}px }}"
        )


class Strip(OnView):
    """Tools in groups, one below the other at the left of a view. A view too low for it shows the first ones."""

    def __init__(
        self,
        workbench: Workbench,
        view: SizedView,
        actions: Mapping[str, QAction],
        groups: Sequence[Sequence[str]],
    ) -> None:
        super().__init__(workbench, view, QBoxLayout.Direction.TopToBottom)
        self._buttons: list[QToolButton] = []
        self._others_px = 2 * INSET_PX + (len(groups) - 1) * (GROUP_PX + GAP_PX)  # of what is not a button
        for group in groups:
            if group is not groups[0]:
                self.row.addSpacing(GROUP_PX)
            self._buttons += [self.add(actions[name]) for name in group]
        self.put()

    def put(self) -> None:
        room = self._view.height() - 2 * MARGIN_PX - BAR_PX
        fit = (room - self._others_px) // (BUTTON_PX + GAP_PX)
        for place, button in enumerate(self._buttons):
            button.setVisible(place < fit)
        self.row.invalidate()
        self.adjustSize()
        self.move(MARGIN_PX, MARGIN_PX)


class Bar(OnView):
    """Controls side by side at the lower left of a view. A view too narrow for it shows no slider."""

    def __init__(self, workbench: Workbench, view: SizedView, slider: QSlider) -> None:
        super().__init__(workbench, view, QBoxLayout.Direction.LeftToRight)
        self.slider = slider

    def put(self) -> None:
        self.slider.show()
        self.row.invalidate()
        self.slider.setVisible(self.sizeHint().width() <= self._view.width() - 2 * MARGIN_PX)
        self.row.invalidate()
        self.adjustSize()
        self.move(MARGIN_PX, self._view.height() - self.height() - MARGIN_PX)
