"""The train panel: train a network on accepted fits, show its curves, and guess with its checkpoint."""

import os
import shlex
import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.methods import MethodRow, method_rows
from desktop.commands.people.queue_menu import guess_with
from desktop.jobs.files.save_files import fits_file_of
from desktop.jobs.training.training_process import MOST_SHOWN, TrainingProcess
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.drawing import duration
from desktop.views.panels.run_curves import RunCurves
from desktop.views.panels.run_picture import RunPicture

MOST_STEPS, MOST_PEOPLE = 10_000_000, 16_384
SILENT_S = 120  # a run without output for this long may have ended or hang
CURVE_PX, BAR_PX = 400, 6
LEAST_PX, BUTTON_EDGES_PX = (
    56,
    14,
)  # of a number; beside the words of a button: on a small screen both are narrow
MOST_MINUTES = 10**6


class TrainPanel(QWidget):
    """Starts the training of a method, or follows a run started elsewhere."""

    def __init__(
        self, workbench: Workbench, training: TrainingProcess, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._training = workbench, training
        self._methods = {row.name: row for row in method_rows()}
        self.method = QComboBox()
        for row in self._methods.values():
            self.method.addItem(row.title, row.name)
        self.steps, self.batch = QSpinBox(), QSpinBox()
        self.steps.setRange(1, MOST_STEPS)
        self.batch.setRange(1, MOST_PEOPLE)
        self._offer()
        self.more = QLineEdit()
        self.more.setPlaceholderText(tr("extra arguments"))
        self.start = QPushButton(tr("Train"))
        self.stop = QPushButton(tr("Stop"))
        self.resume = QPushButton(tr("Go on"))
        self.resume.setToolTip(tr("Go on with the run that has stopped, from its checkpoint"))
        self.follow = QPushButton(tr("Follow a run…"))
        self.use = QPushButton(tr("Guess with it"))
        self.use.setToolTip(
            tr(
                "Guess all people with the run's checkpoint, and start the queue with the largest disagreement"
            )
        )
        self.network = QLabel()
        self.network.setWordWrap(True)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(BAR_PX)
        self.bar.setAccessibleName(tr("Progress of the run"))
        self.curves, self.picture = RunCurves(workbench, training), RunPicture(training)
        self.shown_metric, self.plot = self.curves.shown_metric, self.curves.plot
        self._lay_out()
        self.method.currentIndexChanged.connect(self._offer)
        self.method.currentIndexChanged.connect(self._show)
        self.start.clicked.connect(self._start)
        self.stop.clicked.connect(training.stop)
        self.resume.clicked.connect(self._resume)
        self.follow.clicked.connect(self._follow)
        self.use.clicked.connect(self._use)
        training.changed.connect(self._show)
        workbench.project_changed.connect(self._show)
        workbench.fits.network.changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        grid = QGridLayout(left)
        grid.setContentsMargins(6, 2, 6, 2)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(1)
        self.method.setAccessibleName(tr("Method"))
        grid.addWidget(self.method, 0, 0, 1, 4)
        for column, (words, box) in enumerate(((tr("Steps"), self.steps), (tr("Batch"), self.batch))):
            label = QLabel(words)
            label.setBuddy(box)
            box.setAccessibleName(words)
            box.setMinimumWidth(LEAST_PX)
            grid.addWidget(label, 1, 2 * column)
            grid.addWidget(box, 1, 2 * column + 1)
        grid.addWidget(self.more, 2, 0, 1, 4)
        for line, buttons in enumerate(((self.start, self.stop, self.resume), (self.follow, self.use))):
            row = QHBoxLayout()  # two rows hold all: more would lie below a small screen
            row.setSpacing(4)
            for button in buttons:
                words_px = button.fontMetrics().horizontalAdvance(button.text())
                button.setMinimumWidth(words_px + BUTTON_EDGES_PX)  # Qt's own least width is twice the words
                row.addWidget(button, 1)
            grid.addLayout(row, 3 + line, 0, 1, 4)
        grid.addWidget(self.network, 5, 0, 1, 4)
        grid.setRowStretch(6, 1)
        scroll = QScrollArea()
        scroll.setWidget(left)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        curves = QVBoxLayout(right)
        curves.setContentsMargins(0, 4, 0, 0)
        head = QHBoxLayout()  # beside each other: the panel is flat
        head.addWidget(self.said, 1)
        head.addWidget(self.shown_metric, 0, Qt.AlignmentFlag.AlignTop)
        curves.addLayout(head)
        curves.addWidget(self.bar)
        curves.addWidget(self.curves.key)
        across = QSplitter()
        across.setChildrenCollapsible(False)
        across.addWidget(self.plot)
        across.addWidget(self.picture)
        curves.addWidget(across, 1)
        split = QSplitter()
        split.addWidget(scroll)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([left.sizeHint().width() + scroll.verticalScrollBar().sizeHint().width(), CURVE_PX])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(split)

    def _start(self) -> None:
        project = self._workbench.project
        if project is None:
            return
        fits, method = fits_file_of(project), self._chosen()
        if method.fits and not fits.is_file():
            self._workbench.refused.emit(
                tr("{name} is not there yet. Save the fits first: Ctrl+S.").format(name=fits.name)
            )
            return
        try:
            more = _split(self.more.text())
        except ValueError:
            words = tr("{options}: a quote is not closed. Close it, or leave it out.")
            self._workbench.refused.emit(words.format(options=self.more.text()))
            return
        source = [method.fits, str(fits)] if method.fits else []
        if method.project:
            source = [method.project, str(project.path)]
        if method.file and method.file not in more:
            words = tr("{method}: the file for {option}").format(method=method.title, option=method.file)
            file, _ = QFileDialog.getOpenFileName(self, words, str(project.folder))
            if not file:
                return
            source = [method.file, file]
        folder = project.folder / "runs" / time.strftime(f"{method.name}-%Y-%m-%d-%H%M%S")
        options = [*source, "--steps", str(self.steps.value()), "--batch", str(self.batch.value()), *more]
        try:
            self._training.start(folder, method, options)
        except OSError as error:
            self._workbench.refused.emit(f"{folder}: {error.strerror}")

    def _resume(self) -> None:
        try:
            self._training.go_on()
        except OSError as error:
            self._workbench.refused.emit(f"{self._training.run.folder}: {error.strerror}")

    def _chosen(self) -> MethodRow:
        return self._methods[self.method.currentData()]

    def _offer(self) -> None:
        """Set steps and batch to the defaults of the chosen method."""
        self.steps.setValue(self._chosen().steps)
        self.batch.setValue(self._chosen().batch)

    def _follow(self) -> None:
        project = self._workbench.project
        start = str(project.folder / "runs") if project is not None else ""
        name = QFileDialog.getExistingDirectory(self, tr("Follow a run"), start)
        if name:
            self._training.follow(Path(name))

    def _use(self) -> None:
        if self._training.guessing is not None:
            guess_with(self._workbench, self._training.guessing)

    def _show(self) -> None:
        training = self._training
        self.start.setEnabled(self._workbench.project is not None and not training.running)
        self.stop.setEnabled(training.own and training.running)
        self.resume.setEnabled(training.can_go_on)
        steps = min(training.run.steps or 0, MOST_SHOWN)
        self.bar.setVisible(training.run.folder is not None and (training.running or bool(steps)))
        self.bar.setRange(0, steps)
        self.bar.setValue(min(training.run.step, steps))
        elsewhere = training.run.folder is not None and not training.own
        self.stop.setToolTip(tr("A run started elsewhere is stopped there: Ctrl+C") if elsewhere else "")
        self.use.setEnabled(training.guessing is not None)
        self.said.setText(self._state())
        guesses = tr("Guesses come from: {name}").format(name=self._workbench.fits.network.title)
        self.network.setText(guesses if self._workbench.project is not None else "")

    def _state(self) -> str:
        training = self._training
        if training.run.folder is None:
            if self._chosen().project:
                return tr(
                    "This method learns from the project's keypoints. It needs neither photos nor fits."
                )
            return tr("Accept people, save the fits with Ctrl+S, then train on them.")
        words = _where(training)
        if training.run.lines:
            return words
        if training.running:
            wait = tr(
                "Before the first step, data are read and code is compiled, which can take some minutes."
            )
            return "\n".join([words, wait, *training.run.last_words.splitlines()[-1:]])
        return f"{words}\n{training.run.last_words}".strip()


def _where(training: TrainingProcess) -> str:
    """The progress of the followed run in words, and whether it still runs, judged by its folder."""
    assert training.run.folder is not None
    name, step, steps = training.run.folder.name, training.run.step, training.run.steps
    if not training.own and not training.run.begun:
        words = tr("No run has written into {name} yet. A run's folder is the one given to --run.")
        return words.format(name=name)
    if training.ended or (not training.own and step == steps):
        return tr("{name} has ended after step {step}").format(name=name, step=step)
    at = tr("step {step} of {steps}") if steps else tr("step {step}")
    if training.own:
        words = tr("{name} runs, {at}")
    elif training.run.silent_s < SILENT_S:
        words = tr("{name} runs elsewhere, {at}")
    else:
        minutes = int(min(training.run.silent_s / 60, MOST_MINUTES))
        words = tr("{name}, {at}: nothing new for %n minutes, so it has ended or hangs", "", minutes)
    state = words.format(name=name, at=at.format(step=step, steps=steps))
    left = training.run.seconds_left if training.running else None
    return state if left is None else tr("{state}, {time} left").format(state=state, time=duration(left))


def _split(options: str) -> list[str]:
    """Split arguments as a terminal does, for quoted paths. Raises ValueError for an unclosed quote."""
    words = shlex.shlex(options, posix=True)
    words.whitespace_split, words.commenters = True, ""
    if os.name == "nt":
        words.escape = ""  # a backslash is part of paths there
    return list(words)
