"""Plots of the whole data set: scores, keypoints near the body, betas, verdicts. A chosen bar filters the queue."""

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.jobs.measuring import Measuring
from desktop.model.workbench import Workbench
from desktop.state.measures import (
    BETA_STEP,
    PCK_PX,
    SCORE_PX,
    VERDICTS,
    beta_bars,
    farther_than,
    is_large,
    score_bars,
    verdict_bars,
)
from desktop.state.view import Chosen
from desktop.text.translate import tr, verdict
from desktop.theme import Theme
from desktop.views.panels.choosing_plots import BarPlot, ChoosingPlot, PckPlot, Plot
from desktop.views.panels.weakness_plot import WeaknessPlot
from desktop.views.verdict_marks import colour_of

AXIS_WIDTH_PX = 36
FAINT = 0.35  # of bars beside the chosen one
SMALLEST_PX = (70, 90)


class DataPlots(QWidget):
    """Four plots, and a fifth of the last report. People are measured only while the plots are visible."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self.measuring = workbench, Measuring(self)
        self.scores = BarPlot(self._score_plot(), self._choose)
        self.betas = BarPlot(self._beta_plot(), self._choose)
        self.verdicts = BarPlot(self._verdict_plot(), self._choose)
        self.pck = PckPlot(tr("Keypoints within … px [%]"), self._choose_far)
        self._plots = (self.scores, self.pck, self.betas, self.verdicts)
        signs = {"accepted": "✓", "rejected": "✕"}
        words = [signs.get(name, verdict(name)) for name in VERDICTS]
        self.verdicts.getPlotItem().getAxis("bottom").setTicks([list(enumerate(words))])
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for column, plot in enumerate(self._plots):
            grid.addWidget(plot.title, 0, column)
            grid.addWidget(plot, 1, column)
            plot.menu_asked.connect(self.menu_asked)
        self.weakness = WeaknessPlot(workbench)
        grid.addWidget(self.weakness, 0, len(self._plots), 2, 1)
        self.measuring.changed.connect(self._draw)
        self._choice: tuple[ChoosingPlot, int, Chosen] | None = None
        workbench.project_changed.connect(self.measure)
        workbench.project_changed.connect(self._mark_choice)
        workbench.fits.body_changed.connect(self.measure)
        workbench.view_changed.connect(self._dress)
        self._dressed = ""
        self._dress()

    def measure(self) -> None:
        """Measure changed people if the plots are visible. For Qt, a dock behind another counts as shown too."""
        if not self.visibleRegion().isEmpty():
            self.weakness.look()
            self.measuring.show(self._workbench.project, self._workbench.fits.body)

    def stop(self) -> None:
        """Stop measuring, because the window closes."""
        self.measuring.close()

    def _draw(self) -> None:
        colours = self._workbench.view.colours
        measuring = self.measuring.running
        for plot in self._plots:
            plot.nothing.setText(tr("Measuring …") if measuring else tr("No person has a fit yet"))
            plot.draw(self.measuring.measures, colours)

    def _dress(self) -> None:
        colours = self._workbench.view.colours
        if colours.name != self._dressed:
            self._dressed = colours.name
            self._draw()
            self.weakness.draw()

    def _choose(self, plot: "BarPlot", words: str, index: int) -> None:
        ids = self.measuring.measures.ids[plot.bars.member == index]
        self._want(plot, index, Chosen(tr("{people} ({n})").format(people=words, n=len(ids)), ids))

    def _choose_far(self, place: int) -> None:
        ids = farther_than(self.measuring.measures, place)
        words = tr("A keypoint beyond {px:g} px ({n})").format(px=PCK_PX[place], n=len(ids))
        self._want(self.pck, place, Chosen(words, ids))

    def _want(self, plot: "ChoosingPlot", place: int, chosen: Chosen) -> None:
        """Let the queue show these people, and mark their place until it shows others."""
        self._choice = (plot, place, chosen)
        self._workbench.queue.want(chosen=chosen)
        self._workbench.show_first()

    def _mark_choice(self) -> None:
        plot, place, chosen = self._choice or (None, -1, None)
        if chosen is not self._workbench.queue.wanted.chosen:
            self._choice, plot = None, None
        for each in self._plots:
            each.show_choice(place if each is plot else -1)

    def _score_plot(self) -> Plot:
        def words(index: int) -> str:
            return tr("Error {low:g} to {high:g} px").format(
                low=index * SCORE_PX, high=(index + 1) * SCORE_PX
            )

        return Plot(tr("Error [px, normalised]"), score_bars, words)

    def _beta_plot(self) -> Plot:
        def words(index: int) -> str:
            return tr("|beta| {low:g} to {high:g}").format(
                low=index * BETA_STEP, high=(index + 1) * BETA_STEP
            )

        def colour(left: float, colours: Theme) -> str:
            return colours.warning if is_large(left) else colours.accent

        return Plot(tr("People by largest |beta|"), beta_bars, words, colour)

    def _verdict_plot(self) -> Plot:
        def colour(left: float, colours: Theme) -> str:
            return colour_of(
                VERDICTS[round(left + 0.5)], colours
            ).name()  # a bar's middle is its verdict's index

        return Plot(tr("People by verdict"), verdict_bars, lambda index: verdict(VERDICTS[index]), colour)
