"""Plain buttons: of dialogs in words alone, of commands flat in a row."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QDialogButtonBox, QHBoxLayout, QToolButton

GAP_PX = 4


def without_icons(buttons: QDialogButtonBox) -> None:
    """Take the style's icons off all buttons of a box: they are black, also in the dark theme."""
    for button in buttons.buttons():
        button.setIcon(QIcon())


def flat_buttons(actions: Mapping[str, QAction], names: Sequence[str]) -> QHBoxLayout:
    """Flat buttons of commands side by side, at the left. They take no focus, so that keys stay with the view."""
    row = QHBoxLayout()
    row.setSpacing(GAP_PX)
    for name in names:
        button = QToolButton()
        button.setDefaultAction(actions[name])
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(button)
    row.addStretch(1)
    return row
