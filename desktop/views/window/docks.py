"""The panels around the middle: where they lie at first, and the keyboard's way from one to the next."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QWidget,
)

SIZE_PX = (1280, 800)  # of the window, for which the others are meant
STRETCH_PX, ASKED_AT_MOST = 40, 8
LEFT_PX, RIGHT_PX, BOTTOM_PX, PANEL_PX = 228, 350, 185, 360
AREA = Qt.DockWidgetArea


class Docks(dict[str, QDockWidget]):
    """By name, by which a dock's place is remembered."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__()
        self._window = window
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomLeftCorner, AREA.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, AREA.RightDockWidgetArea)
        window.setTabPosition(AREA.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def add(self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> None:
        """A panel in its place."""
        dock = self[name] = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(panel)
        self._window.addDockWidget(area, dock)

    def tabify(self) -> None:
        """Those that share a place lie behind one another."""
        bottom = ("plots", "alternatives", "data", "train")
        for shown, behind in (("fit", "body"), ("body", "pose"), *pairwise(bottom)):
            self._window.tabifyDockWidget(self[shown], self[behind])

    def arrange(self) -> None:
        """As large as they are at first; pictures and plots use the room of a larger window."""
        for name in ("fit", "plots"):
            self[name].raise_()
        window = self._window
        wider, higher = window.width() / SIZE_PX[0], window.height() / SIZE_PX[1]
        across = [LEFT_PX, round(RIGHT_PX * max(wider, 1))]
        window.resizeDocks([self["people"], self["viewport"]], across, Qt.Orientation.Horizontal)
        window.resizeDocks(
            [self["viewport"], self["fit"], self["plots"]],
            [window.height() - PANEL_PX, PANEL_PX, round(BOTTOM_PX * max(higher, 1))],
            Qt.Orientation.Vertical,
        )
        self._hide_lost_tab_bars()

    def step(self, by: int) -> None:
        """Give the keyboard to the panel after the one that has it, or before; the middle is one of them."""
        focus, docks = QApplication.focusWidget(), list(self.values())
        shown = [(dock, dock.widget()) for dock in docks if dock.toggleViewAction().isChecked()]
        places = [(self._window.centralWidget(), self._window.centralWidget()), *shown]
        inside = [bool(focus and place and place.isAncestorOf(focus)) for place, _ in places]
        here = inside.index(True) if True in inside else 0
        for further in range(1, len(places)):
            place, panel = places[(here + further * by) % len(places)]
            if place is not None:
                place.raise_()
            first = _first_with_keyboard(panel)
            if first is not None:
                first.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def stretch(self, wider: int, taller: int) -> bool:
        """The panel that has the keyboard is by so many steps larger, or smaller; False where none has it."""
        focus = QApplication.focusWidget()
        dock = next((dock for dock in self.values() if dock.isAncestorOf(focus)), None) if focus else None
        if dock is None:
            return False
        width, height = dock.width() + wider * STRETCH_PX, dock.height() + taller * STRETCH_PX
        if dock.isFloating():
            dock.resize(width, height)
        elif wider:
            self._ask_for(dock, dock.width, width, Qt.Orientation.Horizontal)
        else:
            self._ask_for(dock, dock.height, height, Qt.Orientation.Vertical)
        return True

    def _ask_for(
        self, dock: QDockWidget, size: Callable[[], int], wanted: int, across: Qt.Orientation
    ) -> None:
        """Qt shares what is asked for between neighbours, so that it takes more of it until the panel has its share."""
        asked, layout = wanted, self._window.layout()
        for _ in range(ASKED_AT_MOST):
            self._window.resizeDocks([dock], [asked], across)
            if layout is not None:
                layout.activate()
            asked += wanted - size()
            if size() == wanted:
                return

    def _hide_lost_tab_bars(self) -> None:
        """Qt forgets tab bars while docks find their places, and such a bar stays, over another panel."""
        groups = [{dock, *self._window.tabifiedDockWidgets(dock)} for dock in self.values()]
        wanted = [{dock.windowTitle() for dock in group} for group in groups]
        bars = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        for bar in reversed(bars):  # the newest is the one in use
            titles = {bar.tabText(index) for index in range(bar.count())}
            bar.setVisible(titles in wanted)
            wanted = [group for group in wanted if group != titles]


def _first_with_keyboard(place: QWidget | None) -> QWidget | None:
    """The first of the panel's widgets in the order of Tab that takes the keyboard."""
    widget = place
    while place is not None and widget is not None:
        tabbed = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value) and widget.isEnabled()
        inside = widget is place or (place.isAncestorOf(widget) and widget.isVisibleTo(place))
        if tabbed and inside and not isinstance(widget, QScrollArea):  # of which only what it holds is of use
            return widget
        widget = widget.nextInFocusChain()
        if widget is place:
            break
    return None
