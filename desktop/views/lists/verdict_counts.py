"""How far a project is: a bar in parts by verdict, the number of each, and the pace in words."""

import time
from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.records import Verdict
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.pace import Pace
from desktop.text.translate import tr, verdict
from desktop.views.lists.person_tiles import GAP_PX, LEFT, MARK_PX
from desktop.views.verdict_marks import ORDER, draw_bar, draw_mark

BAR_PX, BETWEEN_PX = 8, 4
DECIDED: tuple[Verdict, ...] = ("accepted", "rejected")


class VerdictCounts(QWidget):
    """The bar, and below it each verdict's mark with its number of people."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self.counts: Mapping[Verdict, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        workbench.view_changed.connect(self.update)
        self.show_counts({})

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Show the number of people by verdict."""
        self.counts = {name: counts.get(name, 0) for name in ORDER}
        words = [f"{verdict(name)}: {count}" for name, count in self.counts.items()]
        self.setToolTip("\n".join(words))
        self.setAccessibleName(tr("Verdicts: {counts}").format(counts=", ".join(words)))
        self.update()

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        return QSize(160, BAR_PX + BETWEEN_PX + self.fontMetrics().height())

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        colours, height = self._workbench.view.colours, self.fontMetrics().height()
        with QPainter(self) as painter:
            draw_bar(painter, QRectF(0, 0, self.width(), BAR_PX), self.counts, colours)
            share, top = self.width() / len(ORDER), BAR_PX + BETWEEN_PX
            for place, (name, count) in enumerate(self.counts.items()):
                left = place * share
                draw_mark(
                    painter, QRectF(left, top + (height - MARK_PX) / 2, MARK_PX, MARK_PX), name, colours
                )
                painter.setPen(self.palette().windowText().color())
                words = QRectF(left + MARK_PX + GAP_PX, top, share - MARK_PX - GAP_PX, height)
                painter.drawText(words, int(LEFT), f"{count:n}")


class ProgressOfWork(QWidget):
    """Verdicts of the project, the number of people shown and selected, people an hour and the time left."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench, self.pace = workbench, Pace()
        self._project: object = None  # the project of the pace
        self.verdicts, self.count, self.rate = VerdictCounts(workbench), QLabel(), QLabel()
        for label in (self.count, self.rate):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.rate.setForegroundRole(self.rate.palette().ColorRole.PlaceholderText)
        self.rate.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, BETWEEN_PX, 0, 0)
        column.setSpacing(2)
        for widget in (self.verdicts, self.count, self.rate):
            column.addWidget(widget)

    def show_progress(self, counts: Mapping[str, int], shown: int) -> None:
        """counts: the number of people by verdict, in the whole project; shown: people in the list."""
        everybody, decided = sum(counts.values()), sum(counts.get(name, 0) for name in DECIDED)
        if self._workbench.project is not self._project:
            self._project, self.pace = self._workbench.project, Pace()
        if self._project is not None:
            self.pace.note(decided, time.monotonic())
        self.verdicts.show_counts(counts)
        words = [tr("{decided} of {all} decided").format(decided=decided, all=everybody)]
        if shown != everybody:
            words.append(tr("{shown} shown").format(shown=shown))
        selected = len(self._workbench.queue.together)
        if selected > 1:
            words.append(tr("{selected} selected").format(selected=selected))
        self.count.setText(" · ".join(words) if everybody else tr("No people yet"))
        self.rate.setText(self._rate_in_words(everybody - decided))

    def _rate_in_words(self, open_people: int) -> str:
        rate, left = self.pace.people_an_hour(), self.pace.hours_left(open_people)
        if not open_people or self._project is None:
            return ""
        if rate is None or left is None:
            words = tr("Time left: after %n more verdicts", "", self.pace.verdicts_until_known)
            return words if self.pace.verdicts_until_known else ""
        return tr("{rate:.0f} people an hour · {left} left").format(rate=rate, left=_hours(left))


def _hours(hours: float) -> str:
    """A duration in hours and minutes, as text."""
    minutes = round(60 * hours)
    if minutes < 60:
        return tr("{minutes} min").format(minutes=max(minutes, 1))
    return tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
