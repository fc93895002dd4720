"""The target's loss over occlusion, size and cut, from the project's last report; hidden without one."""

import numpy as np
import pyqtgraph
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from core.errors import FitloopError
from desktop.jobs.training.practising import FailureReport, newest_report, read_failures
from desktop.model.workbench import Workbench
from desktop.text.translate import QT_TR_NOOP, tr
from desktop.theme import Theme

NAMES = {
    "occlusion": QT_TR_NOOP("Loss by % hidden"),
    "size": QT_TR_NOOP("Loss by height [px]"),
    "cut": QT_TR_NOOP("Loss by % cut"),
}
PERCENT = ("occlusion", "cut")
SMALLEST_PX = (70, 90)
AXIS_WIDTH_PX = 36
MOST_TICKS = 4


class WeaknessPlot(QWidget):
    """A box that chooses the curve, and the curve: one bar a bin."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.report: FailureReport | None = None
        self.curve = QComboBox()
        self.curve.setAccessibleName(tr("The network's loss over"))
        for name, words in NAMES.items():
            self.curve.addItem(tr(words), name)
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setMinimumSize(*SMALLEST_PX)
        for widget in (self, self.plot, self.curve):  # any size, as the other plots beside it
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, widget.sizePolicy().verticalPolicy())
        self.plot.setAccessibleName(tr("The network's loss on composites"))
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.getAxis("left").setWidth(AXIS_WIDTH_PX)
        self.bars: pyqtgraph.BarGraphItem | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.curve)
        column.addWidget(self.plot, 1)
        self.curve.currentIndexChanged.connect(self.draw)
        self.look()

    def look(self) -> None:
        """Read the project's last report."""
        project = self._workbench.project
        file = None if project is None else newest_report(project)
        try:
            self.report = None if file is None else read_failures(file)
        except FitloopError:
            self.report = None
        self.setVisible(self.report is not None)
        self.draw()

    def draw(self) -> None:
        """Draw the chosen curve."""
        if self.bars is not None:
            self.plot.removeItem(self.bars)
            self.bars = None
        colours = self._workbench.view.colours
        self._dress(colours)
        if self.report is None:
            return
        name = str(self.curve.currentData())
        bins = self.report.curves[name]
        place = np.arange(len(bins))
        self.bars = pyqtgraph.BarGraphItem(x=place, height=bins[:, 2], width=0.9, brush=colours.accent)
        self.plot.addItem(self.bars)
        every = max(1, -(-len(bins) // MOST_TICKS))
        scale = 100 if name in PERCENT else 1
        ticks = [
            (k - 0.5, f"{scale * bins[k, 0]:.0f}") for k in place[::every].tolist()
        ]  # where a bin begins
        self.plot.getPlotItem().getAxis("bottom").setTicks([ticks])
        self.plot.getPlotItem().setYRange(0, max(1e-9, float(bins[:, 2].max(initial=0))), padding=0.05)
        self.plot.getPlotItem().setXRange(-0.5, len(bins) - 0.5, padding=0.08)

    def _dress(self, colours: Theme) -> None:
        self.plot.setBackground(colours.base)
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
