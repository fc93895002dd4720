"""The curves of a training run: one metric, or all terms of the loss together."""

from collections.abc import Sequence
from html import escape

import pyqtgraph
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QComboBox, QLabel

from desktop.jobs.training.training_process import TrainingProcess
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.theme import theme
from desktop.views.drawing import BLUE, GREEN, PURPLE, VERMILION

MOST_POINTS = 2000  # of a curve; more are not visible
MOST_MARKS, MARK_PX = 60, 6  # a curve of few points shows each: one of a single point has no line
MOST_NAMES = 100  # of curves to choose from
TOGETHER = 8  # most curves in one plot, which has colours and lines to tell them apart
COLOURS = (BLUE, VERMILION, GREEN, PURPLE)
LINES = (pyqtgraph.QtCore.Qt.PenStyle.SolidLine, pyqtgraph.QtCore.Qt.PenStyle.DashLine)
LOSS = "loss"
MEASURED = "measured"  # of the table of methods: all measurements are shown at first
UNITS = ("_mm", "_percent", "nats_")  # ends or beginnings of the names of measurements


class RunCurves(QObject):
    """The plot, and the box that chooses what it shows."""

    def __init__(self, workbench: Workbench, training: TrainingProcess) -> None:
        super().__init__()
        self._workbench, self._training = workbench, training
        self.shown_metric = QComboBox()
        self.shown_metric.setAccessibleName(tr("Curves"))
        self.plot = pyqtgraph.PlotWidget()
        self.plot.getPlotItem().setMenuEnabled(False)
        self.plot.getPlotItem().hideButtons()
        self.plot.setAccessibleName(tr("Curve of the run"))
        self.lines = [self.plot.plot()]
        self.key = QLabel()  # beside the plot, so that it covers no curve
        self.key.setWordWrap(True)
        self._dressed = ""
        self.shown_metric.currentTextChanged.connect(self._draw)
        training.changed.connect(self._show)
        workbench.view_changed.connect(self._dress)
        self._dress()
        self._show()

    @property
    def together(self) -> str:
        """The choice of all terms of the loss."""
        return tr("all losses")

    @property
    def shown(self) -> list[str]:
        """The names of the metrics in the plot."""
        chosen = self.shown_metric.currentText()
        groups = {self.together: _losses, self.measured: _measured}
        return groups[chosen](self._names())[:TOGETHER] if chosen in groups else [chosen]

    @property
    def measured(self) -> str:
        """The choice of all that is measured beside the loss."""
        return tr("all measurements")

    def _names(self) -> list[str]:
        """The metrics of all stages of the run."""
        return sorted(self._training.run.names)[:MOST_NAMES]

    def _show(self) -> None:
        names = self._names()
        groups = [self.together] if len(_losses(names)) > 1 else []
        groups += [self.measured] if _measured(names) else []
        offered = [*groups, *names]
        shown = [self.shown_metric.itemText(index) for index in range(self.shown_metric.count())]
        if offered != shown:
            method = self._training.run.method
            first = method.metric if method is not None else LOSS
            chosen = self.shown_metric.currentText() or (self.measured if first == MEASURED else first)
            self.shown_metric.clear()
            self.shown_metric.addItems(offered)
            self.shown_metric.setCurrentText(chosen if chosen in offered else names[0] if names else "")
        self.shown_metric.setVisible(bool(names))
        for side in ("left", "bottom"):
            self.plot.getPlotItem().showAxis(side, bool(names))
        self._entitle()
        self._draw()

    def _draw(self) -> None:
        names = self.shown
        while len(self.lines) < len(names):
            self.lines.append(self.plot.plot())
        several = len(names) > 1
        for place, line in enumerate(self.lines):
            points = _points(self._training.run.lines, names[place]) if place < len(names) else []
            marks = {"symbol": "o" if len(points) <= MOST_MARKS else None, "symbolSize": MARK_PX}
            line.setData([x for x, _ in points], [y for _, y in points], **marks)
        self.key.setText(_key(names))
        self.key.setVisible(several)
        self._colour(several)
        self._name_axes()

    def _colour(self, several: bool) -> None:
        accent = theme(self._workbench.view.theme).accent
        for place, line in enumerate(self.lines):
            colour = COLOURS[place % len(COLOURS)] if several else accent
            style = LINES[place // len(COLOURS) % len(LINES)]
            line.setPen(pyqtgraph.mkPen(colour, width=2, style=style))
            line.setSymbolBrush(pyqtgraph.mkBrush(colour))
            line.setSymbolPen(None)

    def _name_axes(self) -> None:
        """Name the axes: the metric and the step."""
        colour = theme(self._workbench.view.theme).text
        names = self.shown
        for side, words in (("left", names[0] if len(names) == 1 else ""), ("bottom", tr("step"))):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(words, color=colour)

    def _dress(self) -> None:
        colours = theme(self._workbench.view.theme)
        if colours.name == self._dressed:
            return
        self._dressed = colours.name
        self.plot.setBackground(colours.base)
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
        self._draw()
        self._entitle()

    def _entitle(self) -> None:
        """Title the empty plot until there are curves."""
        words = None if self.shown_metric.count() else tr("Curves of the run: no metrics yet")
        self.plot.getPlotItem().setTitle("")  # a hidden title would keep its width
        self.plot.getPlotItem().setTitle(words, size="9pt", color=theme(self._workbench.view.theme).muted)


def _key(names: Sequence[str]) -> str:
    """The curves' names beside their colours: a full mark for a whole line, a hollow one for a broken line."""
    marks = [
        f'<span style="color:{COLOURS[place % len(COLOURS)]}">{"●" if place < len(COLOURS) else "○"}</span>'
        f"&nbsp;{escape(name)}"
        for place, name in enumerate(names)
    ]
    return "&nbsp;&nbsp; ".join(marks)


def _losses(names: Sequence[str]) -> list[str]:
    return [name for name in names if LOSS in name]


def _measured(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(UNITS) or name.endswith(UNITS)]


def _points(lines: Sequence[dict[str, float]], name: str) -> list[tuple[float, float]]:
    """Steps and values of a metric, at most about MOST_POINTS of them."""
    rows = [line for line in lines if name in line]
    return [(float(line["step"]), float(line[name])) for line in rows[:: 1 + len(rows) // MOST_POINTS]]
