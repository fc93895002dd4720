"""Installs detectors by a button each, with progress, pip's words, and a way to stop. In the card and in a dialog."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.detect.installs import INSTALLS, Install, is_installed
from desktop.commands.people.finding_people import (
    MEGABYTE,
    find_people,
    install,
    job_of,
    stop_finding,
)
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.plain_buttons import without_icons

GAP_PX = 8
LOG_PX = 120
DIALOG_PX = 520


class DetectorOffer(QWidget):
    """A row for each detector that can be installed, or the progress of the work under way."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self.buttons = {name: QPushButton() for name in INSTALLS}
        self._abouts = {name: _words() for name in INSTALLS}
        self.failed, self.title = _words(), QLabel()
        self.bar, self.stop, self.more = QProgressBar(), QPushButton(tr("Stop")), QToolButton()
        self.log = QPlainTextEdit()
        self._offers, self._progress = QWidget(), QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_PX)
        for widget in (self.failed, self._offers, self._progress, self.more, self.log):
            column.addWidget(widget)
        self._lay_out_offers()
        self._lay_out_progress()
        for name, button in self.buttons.items():
            button.clicked.connect(partial(install, workbench, name))
        self.stop.clicked.connect(partial(stop_finding, workbench))
        workbench.finding.changed.connect(self._show)
        for job in (workbench.job, workbench.downloads):
            job.changed.connect(self._show_progress)
        self._show()

    def _lay_out_offers(self) -> None:
        grid = QGridLayout(self._offers)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * GAP_PX)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(INSTALLS):
            grid.addWidget(self.buttons[name], row, 0)
            grid.addWidget(self._abouts[name], row, 1)

    def shorten(self, brief: bool) -> None:
        """Leave only the buttons, where words beside them have no room. Their tool tips say the same."""
        for about in self._abouts.values():
            about.setVisible(not brief)

    def _lay_out_progress(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        column = QVBoxLayout(self._progress)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addLayout(row)
        self.bar.setTextVisible(False)
        self.more.setText(tr("Details"))
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.toggled.connect(self.log.setVisible)
        self.log.setReadOnly(True)
        self.log.setFixedHeight(LOG_PX)
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.log.setAccessibleName(tr("What pip says"))
        self.log.hide()

    def _show(self) -> None:
        finding = self._workbench.finding
        self.failed.setText(finding.failed)
        self.failed.setVisible(bool(finding.failed) and not finding.work)
        self.more.setVisible(bool(finding.log))
        if finding.log != self.log.toPlainText():
            self.log.setPlainText(finding.log)
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())
        self._progress.setVisible(bool(finding.work))
        self._offers.setVisible(not finding.work)
        if not finding.work:
            self._show_offers()
        self._show_progress()

    def _show_offers(self) -> None:
        for name, wanted in INSTALLS.items():
            there = is_installed(name)
            self.buttons[name].setEnabled(not there)
            words = tr("{name} is installed") if there else tr("Install {name}")
            self.buttons[name].setText(words.format(name=wanted.title))
            self._abouts[name].setText(_about(name, wanted))
            self.buttons[name].setToolTip(self._abouts[name].text())

    def _show_progress(self) -> None:
        finding, job = self._workbench.finding, job_of(self._workbench)
        if finding.work:
            self.bar.setRange(0, job.total)
            self.bar.setValue(job.done)
            words = tr("{title}: {done} of {total}")
            if finding.work != "find":
                words = tr("{title}: {done} of {total} MB")
            known = words if job.total else tr("{title} …")
            self.title.setText(known.format(title=job.title, done=job.done, total=job.total))


class DetectorDialog(QDialog):
    """The detectors, for a photo on which no card shows them. Does not block the window."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Detectors"))
        about = _words()
        about.setText(
            tr("A detector finds people in photos. It is installed into Fitloop's own environment.")
        )
        self.offer = DetectorOffer(workbench)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.search = buttons.addButton(tr("&Find people"), QDialogButtonBox.ButtonRole.ActionRole)
        without_icons(buttons)
        self._workbench = workbench
        workbench.project_changed.connect(self._show_project)
        self._show_project()
        self.search.clicked.connect(lambda: find_people(workbench, workbench.shown.the_project.photo_ids()))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(2 * GAP_PX)
        for widget in (about, self.offer, buttons):
            column.addWidget(widget)
        self.setMinimumWidth(DIALOG_PX)

    def _show_project(self) -> None:
        self.search.setEnabled(self._workbench.writable)


def _about(name: str, wanted: Install) -> str:
    size, weights = round(wanted.package_bytes / MEGABYTE), round(wanted.weights_bytes / MEGABYTE)
    if name == "rtmpose":
        words = tr("Finds everybody, with feet. {size} MB, and {weights} MB of weights at the first use.")
    else:
        words = tr("Finds people who stand apart. {size} MB, weights included.")
    return words.format(size=size, weights=weights)


def _words() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
