"""The widget with the keyboard: which place of the window it is in, and which keys are its own."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from desktop.views.window.hints import Place

TABS = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)


def place_of(focus: QWidget | None, page: Place, middle: QWidget, space: QWidget) -> Place:
    """The place of the widget with the keyboard. page: the page that the middle shows; space: the 3D views."""
    if isinstance(focus, QLineEdit | QPlainTextEdit | QAbstractSpinBox):
        return "field"
    if focus is None or focus.isWindow() or middle.isAncestorOf(focus):
        return page
    return "space" if space.isAncestorOf(focus) else "panel"


def belongs_to(focus: QWidget | None, event: QKeyEvent, views: Sequence[QWidget]) -> bool:
    """Whether a key belongs to the widget with the keyboard, although it is the shortcut of a command.

    Tab moves between fields, Space presses a button, Home and End go to the ends of a list. views: those in which keys
    are always shortcuts.
    """
    pressed = event.key() == Qt.Key.Key_Space and isinstance(focus, QAbstractButton | QComboBox)
    leads = event.key() in ENDS and isinstance(focus, QAbstractItemView)
    return pressed or leads or (event.key() in TABS and focus not in views)
