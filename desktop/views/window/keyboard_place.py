"""The widget with the keyboard: which place of the window it is in, and which keys are its own."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QWidget,
)

from desktop.views.start.card import Card
from desktop.views.timeline.lanes_view import LanesView
from desktop.views.window.central import Middle
from desktop.views.window.hints import Place

TABS = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)


class KeyboardPlace(QObject):
    """Tells the place of the keyboard whenever the focus or the page changes."""

    changed = Signal(str)

    def __init__(
        self, window: QMainWindow, middle: Middle, pages: Mapping[object, Place], space: QWidget
    ) -> None:
        """pages: the places of pages in the middle, other than the photo; space: the 3D views."""
        super().__init__(window)
        self._window, self._middle, self._pages, self._space = window, middle, pages, space
        middle.turned.connect(self._look)
        application = QApplication.instance()
        self._listens = isinstance(application, QApplication)
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._look)

    def close(self) -> None:
        """Let the application go, which outlives the window.

        Otherwise a garbage collection frees the connection, perhaps in the thread of a job. There it holds Qt's lock
        of the application's signals and waits for Python's, while the window's thread waits the other way round.
        """
        application = QApplication.instance()
        if isinstance(application, QApplication) and self._listens:
            application.focusChanged.disconnect(self._look)
        self._listens = False

    def _look(self) -> None:
        page = self._pages.get(self._middle.currentWidget(), "photo")
        self.changed.emit(place_of(self._window.focusWidget(), page, self._middle, self._space))


def place_of(focus: QWidget | None, page: Place, middle: QWidget, space: QWidget) -> Place:
    """The place of the widget with the keyboard. page: the page that the middle shows; space: the 3D views."""
    if isinstance(focus, QLineEdit | QPlainTextEdit | QAbstractSpinBox):
        return "field"
    if focus is None or focus.isWindow() or middle.isAncestorOf(focus):
        return page
    return "space" if space.isAncestorOf(focus) else "panel"


def belongs_to(focus: QWidget | None, event: QKeyEvent, views: Sequence[QWidget]) -> bool:
    """Whether a key belongs to the widget with the keyboard, although it is the shortcut of a command.

    Tab moves between fields, Space presses a button and plays in the timeline, Home and End go to the ends of a list,
    of the timeline and of the start page.
    views: those in which keys are always shortcuts.
    """
    pressed = event.key() == Qt.Key.Key_Space and isinstance(focus, QAbstractButton | QComboBox | LanesView)
    leads = event.key() in ENDS and isinstance(focus, QAbstractItemView | Card | LanesView)
    return pressed or leads or (event.key() in TABS and focus not in views)
