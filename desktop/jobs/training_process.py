"""A training run in the window: a child process that writes a folder.

The child survives a crash of the window. A run started in a terminal looks the same. Nothing of `train` is imported.
"""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeGuard

from PySide6.QtCore import QObject, QTimer, Signal

from core.files.regular import end_of, open_regular, start_of, text_of
from core.methods import MethodRow, method_rows
from desktop.state.job_record import JobRecord, JobState
from desktop.text.translate import tr

ROOT = Path(__file__).parents[2]
LOOK_EVERY_MS = 1000
PICTURES, MOST_PICTURES = "pictures", 100_000
QUIET_S = 120.0  # a run without output for this long is taken for ended
METRICS, CHECKPOINT, OUTPUT, CONFIG = "metrics.jsonl", "checkpoint.pt", "output.txt", "config.json"
LAST_WORDS = 600  # last characters of the child's output that are shown
READ_AT_ONCE = 2**18  # bytes of metrics: a long run is read in parts, so that the window does not stutter
READ_ON_MS = 20
MOST_LINES = 200_000  # of metrics that are kept; of a longer run every second one goes
MOST_NUMBERS = 64  # of one line
LONGEST_NAME = 80
MOST_CONFIG_BYTES = 2**20
LARGEST_WHOLE = 2**53
MOST_SHOWN = 2**31 - 1  # steps of a progress bar


class TrainingProcess(QObject):
    """Starts and stops a run, and reads new metrics of its folder once a second."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None
        self.lines: list[dict[str, float]] = []  # of metrics.jsonl; each has a step
        self._read = 0  # bytes of it
        self._first: tuple[float, int] | None = None  # when the run was first seen, and its step then
        self._child: subprocess.Popen[bytes] | None = None
        self._started: Path | None = None  # the child's folder
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
        return self._child is not None and self.folder == self._started

    @property
    def begun(self) -> bool:
        """Whether the folder has files of a run."""
        return self.folder is not None and any(_is_file(self.folder / name) for name in (CONFIG, METRICS))

    @property
    def step(self) -> int:
        """The last step of the run."""
        return int(self.lines[-1]["step"]) if self.lines else 0

    @property
    def steps(self) -> int | None:
        """The number of steps in the run's config; None if it is not there."""
        options = self._config.get("options")
        steps = options.get("steps") if isinstance(options, dict) else None
        return steps if _is_step(steps) else None

    @property
    def method(self) -> MethodRow | None:
        """The run's method; None for an unknown one. Runs of older versions have no entry and use the first method."""
        rows = method_rows()
        name = self._config.get("method", rows[0].name)
        return next((row for row in rows if row.name == name), None)

    @property
    def _config(self) -> dict[str, Any]:
        """The run's config.json; empty if it cannot be read."""
        try:
            text = text_of(self.folder / CONFIG, MOST_CONFIG_BYTES) if self.folder is not None else ""
            config = json.loads(text)
        except (OSError, ValueError, RecursionError):
            return {}
        return config if isinstance(config, dict) else {}

    @property
    def per_second(self) -> float | None:
        """The steps a second since the run is looked at; None while unknown."""
        if self._first is None:
            return None
        since, step = self._first
        passed = time.monotonic() - since
        return (self.step - step) / passed if self.step > step and passed > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """The time left at that rate; None while unknown."""
        rate, steps = self.per_second, self.steps
        return (steps - self.step) / rate if rate and steps is not None and self.step <= steps else None

    def record(self) -> JobRecord | None:
        """The run started here, for the list of jobs; None without one."""
        if not self.own or self.folder is None:
            return None
        title = tr("Train {name}").format(name=self.folder.name)
        steps = min(self.steps or 0, MOST_SHOWN)
        if self.running:
            rate, left = self.per_second, self.seconds_left
            return JobRecord(title, "running", self.step, steps, rate, left, file=self.folder)
        status = self._child.poll() if self._child is not None else 0
        state: JobState = "done" if self.step == self.steps else "stopped" if status == 0 else "failed"
        return JobRecord(title, state, self.step, steps, report=self.last_words, file=self.folder)

    @property
    def silent_s(self) -> float:
        """The time since the run last wrote [s]."""
        written = [_written(self.folder / name) for name in (CONFIG, METRICS)] if self.folder else []
        return max(0.0, time.time() - max(written, default=0.0))

    @property
    def checkpoint(self) -> Path | None:
        """The run's checkpoint; None until the first is saved."""
        file = self.folder / CHECKPOINT if self.folder is not None else None
        return file if file is not None and _is_file(file) else None

    @property
    def last_words(self) -> str:
        """The end of the child's output, which has the reason of a failure."""
        file = self.folder / OUTPUT if self.folder is not None else None
        try:
            end = end_of(file, 4 * LAST_WORDS) if file else b""
        except OSError:
            return ""
        return end.decode("utf-8", errors="replace")[-LAST_WORDS:].strip()

    @property
    def guessing(self) -> Path | None:
        """The run's checkpoint, if its network can guess."""
        return self.checkpoint if self.method is not None and self.method.guesses else None

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
        self._started, self._first = folder, None
        self._timer.start()
        self.changed.emit()

    @property
    def picture(self) -> Path | None:
        """The newest picture of the run's guesses and fits; None without one."""
        folder = self.folder / PICTURES if self.folder is not None else None
        try:
            names = (
                [] if folder is None else [entry.name for entry in islice(os.scandir(folder), MOST_PICTURES)]
            )
        except OSError:
            return None
        steps = [name for name in names if name.endswith(".jpg") and name[:-4].isdigit()]
        return folder / max(steps) if folder is not None and steps else None

    @property
    def can_go_on(self) -> bool:
        """Whether the followed run has stopped before its last step and can be gone on with."""
        stopped = self.checkpoint is not None and self.method is not None and not self.running
        quiet = self.own or self.silent_s > QUIET_S
        return stopped and quiet and (self.steps is None or self.step < self.steps)

    def go_on(self) -> None:
        """Go on with the followed run in its folder, with the options it was started with. Raises OSError."""
        folder, method = self.folder, self.method
        if folder is None or method is None:
            return
        self._launch(folder, [sys.executable, "-m", method.command, "--run", str(folder), "--resume"])

    def follow(self, folder: Path) -> None:
        """Follow a run's folder, also of a run started in a terminal."""
        self.folder, self.lines, self._read, self._first = folder, [], 0, None
        if not self.running:
            self._child = None
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
        """Read the new complete lines of the metrics."""
        if self.folder is None:
            return
        try:
            with open_regular(self.folder / METRICS) as file:
                file.seek(self._read)
                new = start_of(file, READ_AT_ONCE)
        except OSError:
            new = b""
        whole = new[: new.rfind(b"\n") + 1]
        if len(new) == READ_AT_ONCE and not whole:
            whole = new  # no run writes so long a line
        self._read += len(whole)
        for line in whole.splitlines():
            numbers = numbers_of(line, len(self.lines))
            if numbers:
                self.lines.append(numbers)
        while len(self.lines) > MOST_LINES:
            del self.lines[-2::-2]
        if len(new) == READ_AT_ONCE and whole and self._timer.isActive():
            self._soon.start()
        else:
            if self._first is None and self.lines:
                self._first = time.monotonic(), self.step
            self.changed.emit()


def numbers_of(line: bytes, place: int) -> dict[str, float]:
    """The finite numbers of a line of metrics by name, with its step, or else its place in the file.

    Empty for a line that a crash of the run cut off, and for anything else that no run writes.
    """
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(entry, dict):
        return {}
    step = entry.pop("step", place)
    numbers = {
        name: value for name, value in entry.items() if len(name) <= LONGEST_NAME and _is_finite(value)
    }
    if not _is_step(step):
        return {}
    return {"step": step, **dict(list(numbers.items())[:MOST_NUMBERS])}


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < LARGEST_WHOLE if isinstance(value, int) else math.isfinite(value)


def _is_step(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_WHOLE


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # a folder that may not be looked into
        return False


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
