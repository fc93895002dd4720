"""A training run in the window: a child process that writes a folder.

The child survives a crash of the window. A run started in a terminal looks the same. Nothing of `train` is imported.
"""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.methods import MethodRow
from desktop.jobs.child import ROOT
from desktop.jobs.training.followed_run import OUTPUT, FollowedRun
from desktop.state.job_record import JobRecord, JobState
from desktop.text.translate import tr

LOOK_EVERY_MS = 1000
QUIET_S = 120.0  # a run without output for this long is taken for ended
READ_ON_MS = 20
MOST_SHOWN = 2**31 - 1  # steps of a progress bar


class TrainingProcess(QObject):
    """Starts and stops a run, and reads new metrics of its folder once a second. run: the one that is followed, which
    may be another one."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = FollowedRun()
        self._child: subprocess.Popen[bytes] | None = None
        self._started: FollowedRun | None = None  # the child's run
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.poll)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(READ_ON_MS)
        self._soon.timeout.connect(self.poll)

    @property
    def running(self) -> bool:
        """Whether a run started here still runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def ended(self) -> bool:
        """Whether the followed run was started here and is over."""
        return self.own and not self.running

    @property
    def own(self) -> bool:
        """Whether the followed run was started here."""
        return self.run is self._started

    def record(self) -> JobRecord | None:
        """The run started here, for the list of jobs; None without one."""
        run, child = self._started, self._child
        if run is None or run.folder is None or child is None:
            return None
        title = tr("Train {name}").format(name=run.folder.name)
        step, whole = run.step, run.steps
        steps = min(whole or 0, MOST_SHOWN)
        if self.running:
            return JobRecord(title, "running", step, steps, run.per_second, run.seconds_left, file=run.folder)
        state: JobState = "done" if step == whole else "stopped" if child.poll() == 0 else "failed"
        return JobRecord(title, state, step, steps, report=run.last_words, file=run.folder)

    @property
    def guessing(self) -> Path | None:
        """The run's checkpoint, if its network can guess."""
        method = self.run.method
        return self.run.checkpoint if method is not None and method.guesses else None

    def start(self, folder: Path, method: MethodRow, options: Sequence[str]) -> None:
        """Start a run of a method. options: arguments of its command. Raises OSError if the folder cannot be made."""
        folder.mkdir(parents=True)
        self.follow(folder)
        self._launch(folder, [sys.executable, "-m", method.command, "--run", str(folder), *options])

    def _launch(self, folder: Path, command: list[str]) -> None:
        with (folder / OUTPUT).open("ab") as output:
            self._child = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._started = self.run
        self.run.measure_anew()
        self._timer.start()
        self.changed.emit()

    @property
    def can_go_on(self) -> bool:
        """Whether the followed run has stopped before its last step and can be gone on with."""
        run = self.run
        stopped = run.checkpoint is not None and run.method is not None and not self.running
        quiet, steps = self.own or run.silent_s > QUIET_S, run.steps
        return stopped and quiet and (steps is None or run.step < steps)

    def go_on(self) -> None:
        """Go on with the followed run in its folder, with the options it was started with. Raises OSError."""
        folder, method = self.run.folder, self.run.method
        if folder is None or method is None:
            return
        self._launch(folder, [sys.executable, "-m", method.command, "--run", str(folder), "--resume"])

    def follow(self, folder: Path) -> None:
        """Follow a run's folder, also of a run started in a terminal."""
        started = self._started
        known = started is not None and started.folder == folder and self.running
        self.run = started if started is not None and known else FollowedRun(folder)
        self._timer.start()
        self.poll()

    def stop(self) -> None:
        """Ask the run started here to save and end, as Ctrl+C does in a terminal."""
        if self._child is not None and self.running:
            self._child.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Stop reading. The run itself goes on."""
        self._timer.stop()
        self._soon.stop()

    def poll(self) -> None:
        """Read the new lines of the followed run, and of the one started here."""
        more = self.run.read()
        if self._started is not None and not self.own:
            more = self._started.read() or more
        if more and self._timer.isActive():
            self._soon.start()
        elif self.run.folder is not None:
            self.changed.emit()
