"""The list of jobs: all long work in one place, with progress, a stop, reports to copy, and the files written."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.jobs.training.training_process import TrainingProcess
from desktop.model.job_log import JobLog
from desktop.state.job_record import JobRecord
from desktop.text.translate import QT_TR_NOOP, tr
from desktop.views.bold import bold
from desktop.views.drawing import duration

SIZE_PX, SPACE_PX, EDGE_PX, BAR_PX = (560, 420), 8, 12, 6
REPORT_LINES, EVERY_MS, SHOWN = 6, 100, 30
STATES = {
    "running": QT_TR_NOOP("running"),
    "waiting": QT_TR_NOOP("waits"),
    "done": QT_TR_NOOP("done"),
    "stopped": QT_TR_NOOP("stopped"),
    "failed": QT_TR_NOOP("failed"),
}
Stop = Callable[[JobRecord], object]


class JobsList(QDialog):
    """Shows the log and the run of `training` until it is closed; does not block the window."""

    def __init__(self, log: JobLog, training: TrainingProcess, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._log, self._training = log, training
        self.setWindowTitle(tr("Jobs"))
        self.rows: list[JobRow] = []
        self.nothing = QLabel(
            tr("Nothing has run yet. Imports, fits, detection, exports and trainings are listed here.")
        )
        self.nothing.setWordWrap(True)
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setSpacing(SPACE_PX)
        self._column.setContentsMargins(EDGE_PX, EDGE_PX, EDGE_PX, EDGE_PX)
        self._column.addWidget(self.nothing)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.resize(*SIZE_PX)
        self._soon = QTimer(self)  # a job of thousands of steps is not drawn at each
        self._soon.setSingleShot(True)
        self._soon.setInterval(EVERY_MS)
        self._soon.timeout.connect(self.refresh)
        log.changed.connect(self._ask)
        training.changed.connect(self._ask)
        self.refresh()

    def _ask(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Show all work as it is now: rows stay while their work does, so that a button keeps the keyboard."""
        run = self._training.record()
        found: list[tuple[JobRecord, Stop]] = [(record, self._log.cancel) for record in self._log.records]
        if run is not None:
            found.insert(0, (run, lambda _: self._training.stop()))
        found = found[:SHOWN]
        known = {row.record.id: row for row in self.rows if row.record is not None}
        self.rows = [known.pop(record.id) if record.id in known else JobRow() for record, _ in found]
        for gone in known.values():
            self._column.removeWidget(gone)
            gone.deleteLater()
        for place, (row, (record, stop)) in enumerate(zip(self.rows, found, strict=True), start=1):
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
            row.show_record(record, stop)
        self.nothing.setVisible(not found)

    def present(self) -> None:
        """Show the list, in front of the window."""
        self.show()
        self.raise_()
        self.activateWindow()


class JobRow(QFrame):
    """One piece of work."""

    def __init__(self) -> None:
        super().__init__()
        self.record: JobRecord | None = None
        self._stop: Stop = lambda record: None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.title, self.state, self.bar = bold(QLabel()), QLabel(), QProgressBar()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(BAR_PX)
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setTabChangesFocus(True)
        self.stop, self.copy = QPushButton(tr("Stop")), QPushButton(tr("Copy report"))
        self.more, self.folder = QPushButton(tr("Report")), QPushButton(tr("Show in folder"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._unfold)
        self.stop.clicked.connect(self._cancel)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report.toPlainText()))
        self.folder.clicked.connect(self._show_folder)
        column, buttons = QVBoxLayout(self), QHBoxLayout()
        buttons.addWidget(self.state, 1)
        for button in (self.stop, self.more, self.copy, self.folder):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        column.addWidget(self.title)
        column.addWidget(self.bar)
        column.addLayout(buttons)
        column.addWidget(self.report)

    def show_record(self, record: JobRecord, stop: Stop) -> None:
        """Show this work. stop: ends it while it runs or waits."""
        if record == self.record:
            return
        before, self.record, self._stop = self.record, record, stop
        going = record.state in ("running", "waiting")
        self.title.setText(record.title)
        self.state.setText(in_words(record))
        self.bar.setVisible(record.state == "running")
        self.bar.setRange(0, record.total)
        self.bar.setValue(record.done)
        self.stop.setVisible(going)
        if before is None or before.report != record.report:
            self.report.setPlainText(record.report)
            lines = min(record.report.count("\n") + 2, REPORT_LINES)
            self.report.setFixedHeight(lines * self.fontMetrics().lineSpacing() + EDGE_PX)
        for button in (self.more, self.copy):
            button.setVisible(bool(record.report))
        if before is None or before.title != record.title or before.state != record.state:
            self.more.setChecked(record.state == "failed")
            self._unfold(self.more.isChecked())
        self.folder.setVisible(record.file is not None and not going)
        self.setAccessibleName(f"{record.title}: {self.state.text()}")

    def _unfold(self, shown: bool) -> None:
        self.report.setVisible(shown and bool(self.report.toPlainText()))

    def _cancel(self) -> None:
        if self.record is not None:
            self._stop(self.record)

    def _show_folder(self) -> None:
        if self.record is not None:
            show_in_folder(self.record)


def show_in_folder(record: JobRecord) -> None:
    """Open the folder of what the work has written in the desktop's own file manager."""
    if record.file is not None:
        folder = record.file if record.file.is_dir() else record.file.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def in_words(record: JobRecord) -> str:
    """The state of work, and its progress while it runs."""
    if record.state != "running" or not record.total:
        return tr(STATES[record.state])
    rate, left = record.per_second, record.seconds_left
    words = tr("{done} of {total}")
    if rate is not None:
        words = tr("{done} of {total}, {rate:.3g} a second")
    if rate is not None and left is not None and left > 1:
        words = tr("{done} of {total}, {rate:.3g} a second, {time} left")
    return words.format(done=record.done, total=record.total, rate=rate or 0.0, time=duration(left or 0.0))
