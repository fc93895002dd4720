"""The status bar: the last notice, the jobs with their progress, and the body in use."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from desktop.jobs.files.opening_steps import why_read_only
from desktop.jobs.job import Job
from desktop.model.workbench import Workbench
from desktop.state.job_record import JobRecord
from desktop.text.translate import tr
from desktop.views.elided_label import ElidedLabel
from desktop.views.tools.jobs_list import in_words, show_in_folder
from desktop.views.window.hints import Hints, Place

BAR_PX, NARROW_BAR_PX = 160, 40
LINE_GAP_PX = 12  # between the notice and a job's text
TOLD_MS = 12_000
LONGEST = 600  # characters of a notice in the bar; the report has all of it


class JobLine(QWidget):
    """A job's title, its progress and a stop button. Hidden while no work runs."""

    def __init__(self, job: Job, stop: str) -> None:
        super().__init__()
        self._job = job
        self.title, self.progress, self.stop = ElidedLabel(), QProgressBar(), QToolButton()
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
        words = job.title
        if job.running and job.total:
            progress = in_words(job.records()[0])
            words = tr("{title}: {progress}").format(title=job.title, progress=progress)
        then = tr("{first}, then: {second}").format(first=words, second=job.next_title)
        self.title.setText(then if job.next_title else words)
        # A new value would draw the whole window at once, within the job's step. So it is drawn with the rest.
        self.progress.setUpdatesEnabled(False)
        self.progress.setRange(0, job.total)
        self.progress.setValue(job.done)
        self.progress.setUpdatesEnabled(True)


class Status(QWidget):
    """Fills a window's status bar."""

    report_asked = Signal()
    jobs_asked = Signal()

    def __init__(self, workbench: Workbench, actions: Mapping[str, QAction], bar: QStatusBar) -> None:
        super().__init__(bar)
        self._workbench, self._bar, self._hints = workbench, bar, Hints(workbench, actions)
        self.report = ""  # the last notice of several lines
        self._project: object = None
        self._written: JobRecord | None = None  # the work that has written the last file
        self._urgent = False  # whether the last hint was about keys with another meaning
        self.hide()
        bar.setContentsMargins(6, 0, 6, 0)
        self.body, self.hint = QLabel(), ElidedLabel()
        bar.addWidget(self.hint, 1)
        work = (workbench.downloads, workbench.files, workbench.job)
        self.jobs = [JobLine(job, actions["fit.stop"].toolTip()) for job in work]
        self.whole = QToolButton()
        self.whole.setText(tr("Report…"))
        self.whole.setToolTip(tr("Show the whole of the last report, to read and to copy"))
        self.whole.clicked.connect(self.report_asked)
        self.whole.hide()
        self.folder = QToolButton()
        self.folder.setText(tr("Show in folder"))
        self.folder.setToolTip(tr("Show the file that was written last in its folder"))
        self.folder.clicked.connect(self._show_folder)
        self.folder.hide()
        self.all_jobs = QToolButton()
        self.all_jobs.setAutoRaise(True)
        self.all_jobs.setText(tr("Jobs"))
        self.all_jobs.setToolTip(actions["help.jobs"].toolTip())
        self.all_jobs.clicked.connect(self.jobs_asked)
        self.read_only = QLabel(tr("read-only"))
        ends = (self.whole, self.folder, self.all_jobs, self.read_only, self.body)
        for widget in (*self.jobs, *ends):
            bar.addPermanentWidget(widget)
        for changed in (workbench.fits.changed, workbench.fits.body_changed):
            changed.connect(self._show_body)
        for changed in (
            *(workbench.photo_changed, workbench.view_changed, workbench.project_changed),
            *(workbench.fits.changed, workbench.fits.body_changed, workbench.history.indexChanged),
        ):
            changed.connect(self._show_hint)
        bar.messageChanged.connect(self._forget)
        workbench.told.connect(self._tell)
        workbench.reported.connect(self._tell)
        workbench.jobs.ended.connect(self._offer_folder)
        self._show_body()
        self._show_hint()

    def show_place(self, place: Place) -> None:
        """Show the hints of another place: the keyboard focus or the page changed."""
        if place != self._hints.place:
            self._hints.place = place
            self._show_hint()

    def _tell(self, text: str) -> None:
        self._bar.showMessage(text[:LONGEST].replace("\n", "  ·  "), TOLD_MS)
        self._bar.setToolTip(text[:LONGEST])
        if "\n" in text:
            self.report = text
        self.whole.setVisible("\n" in text)

    def _offer_folder(self, record: JobRecord) -> None:
        """Offer the folder of a written file, until the next notice."""
        if record.state == "done" and record.file is not None and record.file.exists():
            self._written = record
            self.folder.show()

    def _show_folder(self) -> None:
        if self._written is not None:
            show_in_folder(self._written)

    def _forget(self, shown: str) -> None:
        """The notice is gone, and its tool tip goes with it. The report stays until another project is open."""
        self.folder.hide()
        if not shown:
            self._bar.setToolTip("")

    def _show_body(self) -> None:
        fits = self._workbench.fits
        if fits.body is None:
            self.body.setText(tr("Loading the body…") if fits.loading else tr("No body"))
            return
        words = tr("body: {name}") if fits.body_file is not None else tr("body: open (built-in)")
        self.body.setText(words.format(name=fits.body.name))
        self.body.setToolTip(str(fits.body_file or ""))

    def _show_hint(self) -> None:
        project = self._workbench.project
        if project is not self._project:  # a notice about the last project is of no use in this one
            self._project, self.report = project, ""
            self._bar.clearMessage()
            self.whole.hide()
        fixed = "" if project is None else why_read_only(project)
        self.read_only.setVisible(bool(fixed))
        self.read_only.setToolTip(fixed)
        if self._hints.urgent or self._urgent:
            self._bar.clearMessage()  # a hint about keys comes before the last notice, and goes with its end
        self._urgent = self._hints.urgent
        self.hint.setText(self._hints.words())
