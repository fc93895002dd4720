"""Plots of the selected person's fit: each term's loss over iterations, and each keypoint's residual."""

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QSplitter, QToolTip, QWidget

from core.body.keypoints import layout
from desktop.commands.context_rows import Target
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.view import NO_KEYPOINT
from desktop.text.term_names import term
from desktop.text.translate import part, title, tr
from desktop.views.drawing import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from desktop.views.repaint_later import Unhurried

TERM_COLOURS = (
    BLUE,
    VERMILION,
    GREEN,
    PURPLE,
    ORANGE,
    SKY,
    GREY,
)  # further terms repeat them with dashed lines
SMALLEST_LOSS = 1e-2
# The legend's cell in a plot's layout: first row, first column, rows, columns. No line is drawn there.
BESIDE = (2, 3, 2, 1)
ABOVE = (0, 1, 1, 3)  # the title's cell: over the lines alone it would set their least width
AXIS_WIDTH_PX, TEXT_PX, NAMES_PX = 34, 14, 76
TITLE_PT, NAME_PT = 9.0, 7.5
TITLE_PX, LEAST_APART_PX = 18, 20  # of a title's line; between two ticks: nearer, their numbers run together
LEAST_NAMED_PX = 140  # a lower panel has no room for names below the bars
LEAST_BETWEEN = 3  # heights of a text, for one between the ends of the axis


class FitPlots(QSplitter):
    """The residual bars and the loss plot, side by side."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.residuals, self.losses = ResidualBars(workbench), LossPlot(workbench)
        for plot in (self.residuals, self.losses):
            self.addWidget(plot)
            plot.menu_asked.connect(self.menu_asked)
        self.setChildrenCollapsible(False)
        self.setSizes([1000, 1000])  # equal widths


class WholeNumbers(pyqtgraph.AxisItem):
    """An axis with ticks at whole numbers only, for iterations and people."""

    @qt_override(list)
    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        levels = super().tickSpacing(low, high, size)
        whole = [(spacing, start) for spacing, start in levels if spacing >= 1] or [(1.0, 0.0)]
        return [level for level in whole if size * level[0] >= LEAST_APART_PX * (high - low)] or whole[:1]


class LossPlot(pyqtgraph.PlotWidget):
    """Loss by term over iterations, on a logarithmic scale."""

    menu_asked = Signal(object, QPoint)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"bottom": WholeNumbers("bottom")})
        self._workbench = workbench
        self._lines: dict[str, pyqtgraph.PlotDataItem] = {}
        item = self.getPlotItem()
        item.setLogMode(y=True)
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(False, False)
        self._legend = pyqtgraph.LegendItem(labelTextSize="8pt", verSpacing=-8, offset=None)
        item.legend = self._legend
        # Not stretched: its lines would drift away from their names.
        self._legend.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        item.layout.addItem(self._legend, *BESIDE, Qt.AlignmentFlag.AlignVCenter)
        item.layout.removeItem(item.titleLabel)
        item.layout.addItem(item.titleLabel, *ABOVE)
        self.setMinimumSize(140, 110)
        item.getAxis("left").setWidth(AXIS_WIDTH_PX)
        self.setAccessibleName(tr("Loss by term"))
        workbench.fits.changed.connect(self._draw)
        workbench.view_changed.connect(self._dress)
        self._dressed = ""
        self._dress()
        self._draw()

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(Target("fit_plot", tr("Loss by term")), event.globalPos())

    def _draw(self) -> None:
        report = self._workbench.fits.report
        losses = {} if report is None else report.losses
        shown = {name for name, values in losses.items() if max(values) > SMALLEST_LOSS}
        for name in set(self._lines) - shown:
            self.removeItem(self._lines.pop(name))
        for number, name in enumerate(losses):
            if name not in shown:
                continue
            if name not in self._lines:
                self._lines[name] = self.plot(pen=_pen(number), name=term(name))
            values = np.maximum(losses[name], SMALLEST_LOSS)
            self._lines[name].setData(np.arange(len(values)), values)
        words = tr("Loss by iteration") if shown else tr("Loss: press F to fit")
        for side in ("left", "bottom"):
            self.getPlotItem().showAxis(side, bool(shown))
        if shown:
            self.getPlotItem().setYRange(np.log10(SMALLEST_LOSS), _largest_power(losses), padding=0.05)
        self.getPlotItem().setTitle(words, size="9pt", color=self._workbench.view.colours.muted)
        self.getPlotItem().layout.setRowFixedHeight(0, TITLE_PX)  # setTitle makes it higher

    def _dress(self) -> None:
        colours = self._workbench.view.colours
        if colours.name == self._dressed:
            return
        self._dressed = colours.name
        self.setBackground(colours.base)
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
        self._legend.setLabelTextColor(colours.text)
        self._draw()


class ResidualBars(QWidget):
    """A bar per keypoint: its residual [photo px]. Hover and selection are shared with the photo."""

    menu_asked = Signal(object, QPoint)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.setMouseTracking(True)
        self.setMinimumSize(140, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Distance of each keypoint"))
        self._title, self._chosen = tr("Distance from the body [px]"), tr("{title}: {name} {distance}")
        self._absent, self._distance = tr("absent"), tr("{distance:.1f} px")
        self._soon = Unhurried(self, workbench)
        workbench.view_changed.connect(self.update)
        workbench.hover.changed.connect(self.update)
        workbench.fits.body_changed.connect(self.update)

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    @qt_override()
    def hideEvent(self, event: object) -> None:
        self._soon.stop()

    def values(self) -> np.ndarray:
        """The residuals (K,) [px], NaN where absent. Empty without a fit."""
        posed = self._workbench.shown.posed
        return np.zeros(0) if posed is None else posed.residual_px

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            colours, values = self._workbench.view.colours, self.values()
            painter.fillRect(self.rect(), QColor(colours.base))
            painter.setPen(QColor(colours.muted))
            font = painter.font()
            font.setPointSizeF(TITLE_PT)
            painter.setFont(font)
            seen = np.isfinite(values)
            above = QRectF(4, 2, self.width() - 8, TEXT_PX + 4)
            words = self._words(values)
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(above.width()))
            painter.drawText(above, Qt.AlignmentFlag.AlignHCenter, shown)
            if not seen.any():
                words = tr("Nothing to compare yet")
                painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, words)
                return
            top = _round_up(float(values[seen].max()))
            area = self._area()
            named = (0.0, top / 2, top) if area.height() >= LEAST_BETWEEN * TEXT_PX else (0.0, top)
            for value in named:
                y = area.bottom() - area.height() * value / top
                painter.setPen(QPen(QColor(colours.border), 1))
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
                painter.setPen(QColor(colours.muted))
                room = QRectF(0, y - TEXT_PX / 2, AXIS_WIDTH_PX - 4, TEXT_PX)
                painter.drawText(
                    room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}"
                )
            self._paint_bars(painter, values, top, area)

    def _paint_bars(self, painter: QPainter, values: np.ndarray, top: float, area: QRectF) -> None:
        person, view, colours = (
            self._workbench.person,
            self._workbench.view,
            self._workbench.view.colours,
        )
        if person is None:
            return
        names, hovered = layout(person.keypoints.layout), self._workbench.hover.keypoint
        width = area.width() / len(values)
        for index, value in enumerate(values):
            left = area.left() + index * width
            if index in (hovered, view.keypoint):
                painter.fillRect(QRectF(left, area.top(), width, self.height()), QColor(colours.border))
            if np.isfinite(value):
                height = area.height() * min(float(value) / top, 1.0)
                bar = QRectF(left + 0.15 * width, area.bottom() - height, 0.7 * width, height)
                painter.fillRect(bar, QColor(colours.sides[names.sides[index]]))
        if self._names_px():
            self._paint_names(painter, [part(name) for name in names.keypoints], (hovered, view.keypoint))

    def _words(self, values: np.ndarray) -> str:
        """The title, with the hovered or else the selected keypoint's distance."""
        person, hovered = self._workbench.person, self._workbench.hover.keypoint
        chosen = hovered if hovered != NO_KEYPOINT else self._workbench.view.keypoint
        if person is None or not 0 <= chosen < len(values):
            return self._title
        name = part(layout(person.keypoints.layout).keypoints[chosen])
        distance = self._absent
        if np.isfinite(values[chosen]):
            distance = self._distance.format(distance=values[chosen])
        return self._chosen.format(title=self._title, name=name, distance=distance)

    def _paint_names(self, painter: QPainter, names: list[str], chosen: tuple[int, ...]) -> None:
        """Each bar's name, upright below it."""
        area, colours, font = self._area(), self._workbench.view.colours, painter.font()
        width = area.width() / len(names)
        font.setPointSizeF(NAME_PT)
        for index, name in enumerate(names):
            font.setBold(index in chosen)
            painter.setFont(font)
            painter.setPen(QColor(colours.text if index in chosen else colours.muted))
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, NAMES_PX - 4)
            painter.save()
            painter.translate(area.left() + (index + 0.5) * width, area.bottom() + 3)
            painter.rotate(-90)
            room = QRectF(-NAMES_PX, -width / 2, NAMES_PX - 2, width)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            painter.restore()

    def _names_px(self) -> int:
        """The height that the names below the bars take; 0 where bars or panel are too small for them."""
        person = self._workbench.person
        count = 0 if person is None else person.keypoints.k
        wide = count and (self.width() - AXIS_WIDTH_PX) / count >= NAME_PT + 3
        return NAMES_PX if wide and self.height() >= LEAST_NAMED_PX else 0

    @qt_override()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._workbench.hover.over_keypoint(self._index_at(event.position()))

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        person, index = self._workbench.person, self._workbench.view.keypoint
        if person is None or not 0 <= index < person.keypoints.k:
            self.menu_asked.emit(Target("fit_plot", self._title), event.globalPos())
        else:
            name = part(layout(person.keypoints.layout).keypoints[index])
            self.menu_asked.emit(Target("keypoint", title(name)), event.globalPos())

    @qt_override()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._workbench.change_view(keypoint=self._index_at(event.position()))

    @qt_override()
    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()
        self._workbench.hover.over_keypoint(NO_KEYPOINT)

    def _index_at(self, at: QPointF) -> int:
        count, area = len(self.values()), self._area()
        if not count or not area.contains(at):
            return NO_KEYPOINT
        return min(count - 1, int((at.x() - area.left()) / area.width() * count))

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(AXIS_WIDTH_PX, TEXT_PX + 10, -8, -max(self._names_px(), 6))


def _pen(number: int) -> QPen:
    """The pen of a term, by its index."""
    again, colour = divmod(number, len(TERM_COLOURS))
    style = Qt.PenStyle.DashLine if again else Qt.PenStyle.SolidLine
    return pyqtgraph.mkPen(TERM_COLOURS[colour], width=2, style=style)


def _largest_power(losses: dict[str, tuple[float, ...]]) -> float:
    return float(np.log10(max(max(values) for values in losses.values()) + SMALLEST_LOSS))


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, …, at least 5."""
    power = 10.0 ** np.floor(np.log10(max(value, 5.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= max(value, 5.0)))
