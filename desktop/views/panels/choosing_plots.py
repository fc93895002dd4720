"""Plots in which a bar or a distance can be chosen, by mouse or keyboard."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout

from desktop.commands.context_rows import Target
from desktop.qt_override import qt_override
from desktop.state.measures import PCK_PX, Bars, Measures, pck
from desktop.theme import Theme
from desktop.views.elided_label import ElidedLabel
from desktop.views.panels.fit_plots import WholeNumbers

AXIS_WIDTH_PX = 36
FAINT = 0.35  # of bars beside the chosen one
SMALLEST_PX = (70, 90)


@dataclass(frozen=True)
class Plot:
    """title: of the plot; bars: computes them from measures; words: describes the people of a bar by its index.

    colour: of the bar with this left edge, in a theme.
    """

    title: str
    bars: Callable[[Measures], Bars]
    words: Callable[[int], str]
    colour: Callable[[float, Theme], str] = lambda left, colours: colours.accent


class ChoosingPlot(pyqtgraph.PlotWidget):
    """A plot with places along x. A click, or the arrow keys and Enter, choose a place."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(self, title: str, left: pyqtgraph.AxisItem | None = None) -> None:
        super().__init__(axisItems={} if left is None else {"left": left})
        self.place = -1  # the place marked by the keyboard; -1 for none
        self.chosen_place = -1  # the place whose people the queue shows
        self.title = ElidedLabel(title)  # pyqtgraph's own title would set the least width of the plot
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._colours: Theme | None = None
        self.nothing = QLabel()
        QVBoxLayout(self).addWidget(self.nothing)  # over the plot
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.getAxis("left").setWidth(AXIS_WIDTH_PX)
        self.setMinimumSize(*SMALLEST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # any size
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.scene().sigMouseClicked.connect(self._click)

    def count(self) -> int:
        """The number of places."""
        raise NotImplementedError

    def place_at(self, x: float) -> int:
        """The place at x; -1 for none."""
        raise NotImplementedError

    def choose(self, place: int) -> None:
        """Show only the people of a place in the queue."""
        raise NotImplementedError

    def mark(self) -> None:
        """Mark the place of the keyboard."""
        raise NotImplementedError

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self.count():
            self.place = min(max(self.place + step, 0), self.count() - 1)
            self.mark()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self.place < self.count():
            self.choose(self.place)
        else:
            super().keyPressEvent(event)

    @qt_override()
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.place = -1
        self.mark()

    def show_choice(self, place: int) -> None:
        """Mark the place whose people the queue shows; -1 for none."""
        if place != self.chosen_place:
            self.chosen_place = place
            self.mark()

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(Target("data_plot", self.title.text()), event.globalPos())

    def _click(self, event: MouseClickEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at: QPointF = self.getPlotItem().vb.mapSceneToView(event.scenePos())
        place = self.place_at(at.x())
        if place >= 0:
            self.choose(place)

    def _dress(self, colours: Theme, something: bool) -> None:
        self._colours = colours
        self.setBackground(colours.base)
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
            self.getPlotItem().showAxis(side, something)
        self.title.setStyleSheet(f"color: {colours.muted}; font-size: 9pt")
        self.nothing.setStyleSheet(f"color: {colours.muted}")
        self.nothing.setVisible(not something)


class BarPlot(ChoosingPlot):
    """A bar plot of numbers of people."""

    def __init__(self, plot: Plot, chosen: "Callable[[BarPlot, str, int], None]") -> None:
        super().__init__(plot.title, WholeNumbers("left"))
        self._plot, self._chosen = plot, chosen
        self.bars = plot.bars(Measures.empty())
        self._items: pyqtgraph.BarGraphItem | None = None

    def draw(self, measures: Measures, colours: Theme) -> None:
        """Draw the bars of these measures."""
        self.bars = self._plot.bars(measures)
        self._dress(colours, bool(self.bars.height.any()))
        self.mark()

    def mark(self) -> None:
        if self._colours is None:
            return
        if self._items is not None:
            self.removeItem(self._items)
        left, width, height, _ = self.bars
        brushes = [QColor(self._plot.colour(x, self._colours)) for x in left]
        if 0 <= self.chosen_place < len(left):
            for place, brush in enumerate(brushes):
                brush.setAlphaF(1.0 if place == self.chosen_place else FAINT)
        pens = [pyqtgraph.mkPen(self._colours.base)] * len(left)
        for place in (self.place, self.chosen_place):
            if 0 <= place < len(left):
                pens[place] = pyqtgraph.mkPen(self._colours.text, width=2)
        self._items = pyqtgraph.BarGraphItem(
            x0=left, width=width, y0=0, height=height, brushes=brushes, pens=pens
        )
        self.addItem(self._items)
        self.getPlotItem().setXRange(left[0], left[-1] + width, padding=0.02)
        self.getPlotItem().setYRange(0, max(1, int(height.max(initial=0))), padding=0.05)

    def count(self) -> int:
        return len(self.bars.left)

    def place_at(self, x: float) -> int:
        place = int(np.floor((x - self.bars.left[0]) / self.bars.width))
        return place if 0 <= place < self.count() else -1

    def choose(self, place: int) -> None:
        if self.bars.height[place]:
            self._chosen(self, self._plot.words(place), place)


class PckPlot(ChoosingPlot):
    """Share of keypoints within a distance of the body. A chosen distance shows people with keypoints beyond it."""

    def __init__(self, title: str, chosen: Callable[[int], None]) -> None:
        super().__init__(title)
        self._chosen = chosen
        self._share = np.full(len(PCK_PX), np.nan)
        self._line = self.plot()
        self._marker = pyqtgraph.InfiniteLine(angle=90)
        self._marker.hide()
        self.addItem(self._marker, ignoreBounds=True)
        self.getPlotItem().setYRange(0, 100, padding=0.06)
        self.getPlotItem().setXRange(0, PCK_PX[-1], padding=0.02)

    def draw(self, measures: Measures, colours: Theme) -> None:
        """Draw the share at each distance."""
        self._share = pck(measures)
        known = bool(np.isfinite(self._share).all())
        self._dress(colours, known)
        self._line.setPen(pyqtgraph.mkPen(colours.accent, width=2))
        self._marker.setPen(pyqtgraph.mkPen(colours.text, width=2))
        self._line.setData(PCK_PX if known else [], 100 * self._share if known else [])

    def mark(self) -> None:
        place = self.place if self.place >= 0 else self.chosen_place
        self._marker.setVisible(place >= 0)
        if place >= 0:
            self._marker.setValue(PCK_PX[place])

    def count(self) -> int:
        return len(PCK_PX) if np.isfinite(self._share).all() else 0

    def place_at(self, x: float) -> int:
        return int(np.abs(PCK_PX - x).argmin()) if self.count() and 0 <= x <= PCK_PX[-1] else -1

    def choose(self, place: int) -> None:
        self._chosen(place)
