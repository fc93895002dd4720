"""The docks of the panels: their first places and sizes, and keyboard focus from one to the next."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QToolBar,
    QWidget,
)

from desktop.settings import LAYOUT_VERSION

SIZE_PX = (1280, 800)  # of the window; the sizes below are for it
FRAME_PX = 32  # height of the frame that a desktop puts around the window
STRETCH_PX, ASKED_AT_MOST = 40, 8
LEFT_PX, RIGHT_PX, BOTTOM_PX, PANEL_PX = 244, 350, 185, 360
WIDEST_LIST = 1.3  # in LEFT_PX: a row has no more to tell
AREA = Qt.DockWidgetArea
TALLEST = ("people", "viewport")  # they take the height that the other docks leave


def first_size(available: QSize) -> QSize:
    """The first size of the window on a screen with this room [px]: never larger, with its frame."""
    return QSize(*SIZE_PX).boundedTo(available - QSize(0, FRAME_PX))


class Docks(dict[str, QDockWidget]):
    """Docks by name. Qt stores a dock's place under its name."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__()
        self._window = window
        self._regain = QTimer(window)  # docks take their sizes once the window has its own
        self._regain.setSingleShot(True)
        self._regain.setInterval(0)
        self._regain.timeout.connect(self._take_wanted)
        self._before: dict[str, tuple[int, int]] = {}
        self._away: QByteArray | None = None  # the places of docks and tool bars while these are hidden
        self._first = QByteArray()
        self._arranged = (
            False  # whether docks have sizes; they get their first ones when they are first shown
        )
        self.wanted: dict[str, tuple[int, int]] = {}  # width and height [px] that the user gave a dock
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomLeftCorner, AREA.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, AREA.RightDockWidgetArea)
        window.setTabPosition(AREA.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def add(self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> None:
        """Add a panel as a dock in an area."""
        dock = self[name] = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(panel)
        self._window.addDockWidget(area, dock)

    def tabify(self) -> None:
        """Put docks that share a place into tabs."""
        bottom = ("plots", "alternatives", "data", "train")
        for shown, behind in (("fit", "body"), ("body", "pose"), *pairwise(bottom)):
            self._window.tabifyDockWidget(self[shown], self[behind])

    def keep_first(self) -> None:
        """All docks and tool bars are where they belong: `reset` puts them there again."""
        self._first = self.places()

    def reset(self) -> None:
        """Put all docks and tool bars where they were at first, in their first sizes."""
        self.put(self._first, arranged=False)

    def places(self) -> QByteArray:
        """Places of docks and tool bars, as `QMainWindow.restoreState` takes them, also while they are put away."""
        return self._away if self._away is not None else self._window.saveState(LAYOUT_VERSION)

    def put(self, places: QByteArray, arranged: bool = True) -> None:
        """Give docks and tool bars these places, at once or when they are brought back. arranged: also their sizes."""
        self._arranged = arranged
        if self._away is not None:
            self._away = places
            return
        if not self._window.restoreState(places, LAYOUT_VERSION):  # places of another version
            self._window.restoreState(self._first, LAYOUT_VERSION)
            self._arranged = False
        if self._arranged:
            self.regain()
        else:
            self._arranged = True
            self._arrange()

    def put_away(self) -> None:
        """Hide all docks and tool bars: there is nothing to show in them."""
        if self._away is None:
            self._away = self._window.saveState(LAYOUT_VERSION)
            for part in (*self.values(), *self._window.findChildren(QToolBar)):
                part.hide()

    def bring_back(self) -> None:
        """Show docks and tool bars where they were."""
        if self._away is not None:
            places, self._away = self._away, None
            self.put(places, self._arranged)

    def _arrange(self) -> None:
        """Give docks their first sizes. In a larger window, pictures and plots take the extra room."""
        for name in ("fit", "plots"):
            self[name].raise_()
        window = self._window
        wider, higher = window.width() / SIZE_PX[0], window.height() / SIZE_PX[1]
        across = [round(LEFT_PX * min(max(wider, 1), WIDEST_LIST)), round(RIGHT_PX * max(wider, 1))]
        window.resizeDocks([self["people"], self["viewport"]], across, Qt.Orientation.Horizontal)
        window.resizeDocks(
            [self["viewport"], self["fit"], self["plots"]],
            [window.height() - PANEL_PX, PANEL_PX, round(BOTTOM_PX * max(higher, 1))],
            Qt.Orientation.Vertical,
        )
        self._hide_lost_tab_bars()
        layout = window.layout()
        if layout is not None:
            layout.activate()
        self.remember()

    def begin_change(self) -> None:
        """The user begins to change sizes."""
        self._before = self._sizes()

    def remember(self) -> None:
        """Remember the sizes that the user gave since `begin_change`. A larger window brings them back.

        Width and height count apart: a drag that makes a panel wider leaves the height that it should have.
        """
        before, self._before = self._before, {}
        for name, now in self._sizes().items():
            old, kept = before.get(name, (-1, -1)), self.wanted.get(name, now)
            width, height = (
                new if new != was else wish for new, was, wish in zip(now, old, kept, strict=True)
            )
            self.wanted[name] = width, height

    def _sizes(self) -> dict[str, tuple[int, int]]:
        """Width and height [px] of the docks that are seen."""
        return {name: (dock.width(), dock.height()) for name, dock in self.items() if _is_seen(dock)}

    def regain(self) -> None:
        """The window has another size: give the docks theirs soon."""
        if self._arranged and self._away is None:
            self._regain.start()

    def _take_wanted(self) -> None:
        """Give the docks shown their remembered sizes, as far as the window has room for them."""
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        for name, dock in self.items():
            if name in self.wanted and _is_seen(dock):
                width, height = self.wanted[name]
                self._ask_for(dock, dock.width, width, across)
                if name not in TALLEST:
                    self._ask_for(dock, dock.height, height, down)

    def step(self, by: int, strip: QWidget) -> None:
        """Move the keyboard focus `by` panels forward or back. The middle of the window counts as a panel, and so does
        the strip of photos in it."""
        focus, docks = QApplication.focusWidget(), list(self.values())
        shown = [(dock, dock.widget()) for dock in docks if dock.toggleViewAction().isChecked()]
        middle = [strip] if strip.isVisible() else []
        places = [*((place, place) for place in (*middle, self._window.centralWidget())), *shown]
        inside = [
            bool(focus and place and (place is focus or place.isAncestorOf(focus))) for place, _ in places
        ]
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
        """Resize the panel with the keyboard focus by steps. Returns False if no panel has the focus."""
        focus = QApplication.focusWidget()
        dock = next((dock for dock in self.values() if dock.isAncestorOf(focus)), None) if focus else None
        if dock is None:
            return False
        self.begin_change()
        width, height = dock.width() + wider * STRETCH_PX, dock.height() + taller * STRETCH_PX
        if dock.isFloating():
            dock.resize(width, height)
        elif wider:
            self._ask_for(dock, dock.width, width, Qt.Orientation.Horizontal)
        else:
            self._ask_for(dock, dock.height, height, Qt.Orientation.Vertical)
        self.remember()
        return True

    def _ask_for(
        self, dock: QDockWidget, size: Callable[[], int], wanted: int, across: Qt.Orientation
    ) -> None:
        """Resize a dock to `wanted` [px]. Qt splits a request among neighbours, so larger ones follow until it fits."""
        asked, layout = wanted, self._window.layout()
        for _ in range(ASKED_AT_MOST if size() != wanted else 0):
            self._window.resizeDocks([dock], [max(asked, 1)], across)
            if layout is not None:
                layout.activate()
            asked += wanted - size()
            if size() == wanted:
                return

    def _hide_lost_tab_bars(self) -> None:
        """Hide tab bars that Qt forgets while docks move. Such a bar would cover another panel."""
        groups = [{dock, *self._window.tabifiedDockWidgets(dock)} for dock in self.values()]
        wanted = [{dock.windowTitle() for dock in group} for group in groups]
        bars = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        for bar in reversed(bars):  # the newest bar is in use
            titles = {bar.tabText(index) for index in range(bar.count())}
            bar.setVisible(titles in wanted)
            wanted = [group for group in wanted if group != titles]


def _is_seen(dock: QDockWidget) -> bool:
    """Whether a dock is in the window and not behind another one."""
    return dock.isVisible() and not dock.isFloating() and not dock.visibleRegion().isEmpty()


def _first_with_keyboard(place: QWidget | None) -> QWidget | None:
    """The panel or the first widget in it that takes the keyboard focus.

    Not by `nextInFocusChain`: PySide then takes each widget for a child of the widget before it, and the window's menus
    are gone with the first of them that Python forgets.
    """
    if place is None:
        return None
    for widget in (place, *place.findChildren(QWidget)):
        tabbed = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value) and widget.isEnabled()
        shown = widget is place or widget.isVisibleTo(place)
        if tabbed and shown and not isinstance(widget, QScrollArea):  # only its content is useful
            return widget
    return None
