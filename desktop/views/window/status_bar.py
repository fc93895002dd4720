"""The status bar: the last notice, the jobs with their progress, and the body in use."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from core.body.keypoints import layout
from desktop.jobs.files.open_files import why_read_only
from desktop.jobs.job import Job
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import part, tr

BAR_PX, NARROW_BAR_PX = 160, 40
NARROW_TITLE_PX = 60
LINE_GAP_PX = 12  # between the notice and a job's text
TOLD_MS = 12_000


class _Title(QLabel):
    """One line of text, elided if there is no room. Its tool tip has the whole text."""

    @qt_override(QSize)
    def minimumSizeHint(self) -> QSize:
        return QSize(NARROW_TITLE_PX, super().minimumSizeHint().height())

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(self.text() if words != self.text() else "")
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, words)


class JobLine(QWidget):
    """A job's title, its progress and a stop button. Hidden while no work runs."""

    def __init__(self, job: Job, stop: str) -> None:
        super().__init__()
        self._job = job
        self.title, self.progress, self.stop = _Title(), QProgressBar(), QToolButton()
        self.progress.setMinimumWidth(NARROW_BAR_PX)
        self.progress.setMaximumWidth(BAR_PX)
        self.progress.setTextVisible(False)
        self.stop.setText(tr("Stop"))
        self.stop.setToolTip(stop)
        self.stop.clicked.connect(job.cancel)
        line = QHBoxLayout(self)
        line.setContentsMargins(LINE_GAP_PX, 0, 0, 0)
        for widget in (self.title, self.progress, self.stop):
            line.addWidget(widget)
        job.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        job = self._job
        self.setVisible(job.running)
        words = self._progress() if job.running and job.total else job.title
        then = tr("{first}, then: {second}").format(first=words, second=job.next_title)
        self.title.setText(then if job.next_title else words)
        self.progress.setRange(0, job.total)
        self.progress.setValue(job.done)

    def _progress(self) -> str:
        job = self._job
        left, rate, words = job.seconds_left, job.per_second, tr("{title}: {done} of {total}")
        if rate is not None:
            words = tr("{title}: {done} of {total}, {rate:.3g} a second")
        if rate is not None and left is not None and left > 1:
            words = tr("{title}: {done} of {total}, {rate:.3g} a second, {time} left")
        return words.format(
            title=job.title, done=job.done, total=job.total, rate=rate or 0.0, time=_time(left or 0.0)
        )


class Status(QWidget):
    """Fills a window's status bar."""

    def __init__(self, workbench: Workbench, actions: Mapping[str, QAction], bar: QStatusBar) -> None:
        super().__init__(bar)
        self._workbench, self._bar = workbench, bar
        self.hide()
        bar.setContentsMargins(6, 0, 6, 0)
        self.body, self.hint = QLabel(), QLabel()
        bar.addWidget(self.hint, 1)
        self.jobs = [JobLine(job, actions["fit.stop"].toolTip()) for job in (workbench.files, workbench.job)]
        self.read_only = QLabel(tr("read-only"))
        for widget in (*self.jobs, self.read_only, self.body):
            bar.addPermanentWidget(widget)
        workbench.fits.changed.connect(self._show_body)
        workbench.fits.body_changed.connect(self._show_body)
        workbench.photo_changed.connect(self._show_hint)
        workbench.view_changed.connect(self._show_hint)
        workbench.told.connect(self._tell)
        self._show_body()
        self._show_hint()

    def _tell(self, text: str) -> None:
        self._bar.showMessage(text.replace("\n", "  ·  "), TOLD_MS)
        self._bar.setToolTip(text)

    def _show_body(self) -> None:
        fits = self._workbench.fits
        nobody = tr("Loading the body…") if fits.loading else tr("No body")
        self.body.setText(fits.body.name if fits.body is not None else nobody)

    def _show_hint(self) -> None:
        person = self._workbench.person
        project = self._workbench.project
        fixed = "" if project is None else why_read_only(project)
        self.read_only.setVisible(bool(fixed))
        self.read_only.setToolTip(fixed)
        if project is None or fixed:
            words = fixed
        elif self._workbench.view.boxing:
            words = tr("Arrows move the box, with Shift they size it · Enter: keep it · Esc: cancel")
        elif self._workbench.photo is None:
            words = ""
        elif person is None:
            words = tr("Ctrl+D: detect people · N: draw a person · Ctrl+Page down: next photo")
        elif self._workbench.view.placing:
            name = part(layout(person.keypoints.layout).keypoints[self._workbench.view.keypoint])
            words = tr(
                "Click where the {name} is, or move it there with arrows · Tab: next · Esc: stop"
            ).format(name=name)
        elif person.locked:
            words = tr("Accepted and locked · U: unlock · Space: next worst")
        elif person.fit is None:
            words = tr(
                "F: fit · G: fit from the guess · Ctrl+F: fit everybody · P: place keypoints · ?: all keys"
            )
        else:
            words = tr(
                "Drag keypoints · F: fit · A: accept · R: reject · L: later · Space: next · ?: all keys"
            )
        if self._workbench.view.boxing:
            self._bar.clearMessage()  # the hint about keys comes before the last notice
        self.hint.setText(words)


def _time(seconds: float) -> str:
    """A duration as h:mm:ss or m:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
