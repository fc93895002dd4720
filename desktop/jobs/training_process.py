"""A training run as the window sees it: a folder that a child process writes, started here or anywhere else.

The child is its own process with its own memory: it survives the window, and a run started in a terminal looks the
same. Nothing of `train` is imported.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.methods import MethodRow, method_rows

ROOT = Path(__file__).parents[2]
LOOK_EVERY_MS = 1000
METRICS, CHECKPOINT, OUTPUT, CONFIG = "metrics.jsonl", "checkpoint.pt", "output.txt", "config.json"
LAST_WORDS = 600  # characters of what the child said
READ_AT_ONCE = 2**18  # bytes of metrics: a long run is taken in over several looks, none of which is felt
READ_ON_MS = 20


class TrainingProcess(QObject):
    """Starts and stops a run, and reads what is new in its folder once a second."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None
        self.lines: list[dict[str, Any]] = []  # of metrics.jsonl
        self._read = 0  # bytes of it
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
        """Whether a run started here goes on."""
        return self._child is not None and self._child.poll() is None

    @property
    def ended(self) -> bool:
        """Whether the run that is followed was started here and is over."""
        return self.own and not self.running

    @property
    def own(self) -> bool:
        """Whether the run that is followed was started here."""
        return self._child is not None and self.folder == self._started

    @property
    def begun(self) -> bool:
        """Whether a run has written anything into the folder."""
        return self.folder is not None and any((self.folder / name).is_file() for name in (CONFIG, METRICS))

    @property
    def step(self) -> int:
        """How far the run is."""
        return int(self.lines[-1].get("step", 0)) if self.lines else 0

    @property
    def steps(self) -> int | None:
        """How many it is to take, where it says so."""
        options = self._config.get("options")
        steps = options.get("steps") if isinstance(options, dict) else None
        return steps if isinstance(steps, int) else None

    @property
    def method(self) -> MethodRow | None:
        """How the run teaches its network; None where that is not known here. Runs of older versions do not say so, and
        are of the first method."""
        rows = method_rows()
        name = self._config.get("method", rows[0].name)
        return next((row for row in rows if row.name == name), None)

    @property
    def _config(self) -> dict[str, Any]:
        """The run's config.json; empty where it cannot be read."""
        try:
            text = (self.folder / CONFIG).read_text(encoding="utf-8") if self.folder is not None else ""
            config = json.loads(text)
        except (OSError, ValueError):
            return {}
        return config if isinstance(config, dict) else {}

    @property
    def silent_s(self) -> float:
        """How long the run has written nothing [s]."""
        written = [_written(self.folder / name) for name in (CONFIG, METRICS)] if self.folder else []
        return max(0.0, time.time() - max(written, default=0.0))

    @property
    def checkpoint(self) -> Path | None:
        """The run's weights; None until the first are saved."""
        file = self.folder / CHECKPOINT if self.folder is not None else None
        return file if file is not None and file.is_file() else None

    @property
    def last_words(self) -> str:
        """What the child said last, for the reason of its end."""
        file = self.folder / OUTPUT if self.folder is not None else None
        try:
            return file.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:].strip() if file else ""
        except OSError:
            return ""

    @property
    def guessing(self) -> Path | None:
        """The run's weights, where guesses can come from them."""
        return self.checkpoint if self.method is not None and self.method.guesses else None

    def start(self, folder: Path, method: MethodRow, options: Sequence[str]) -> None:
        """Train by a method. options: as in a terminal. Raises OSError where the folder cannot be made."""
        folder.mkdir(parents=True)
        self.follow(folder)
        self._started = folder
        command = [sys.executable, "-m", method.command, "--run", str(folder), *options]
        with (folder / OUTPUT).open("wb") as output:
            self._child = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.changed.emit()

    def follow(self, folder: Path) -> None:
        """Read what a run writes, wherever it was started."""
        self.folder, self.lines, self._read = folder, [], 0
        if not self.running:
            self._child = None
        self._timer.start()
        self.poll()

    def stop(self) -> None:
        """Ask the run started here to save and end, as Ctrl+C does in a terminal."""
        if self._child is not None and self.running:
            self._child.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Look no more; a run goes on without us."""
        self._timer.stop()
        self._soon.stop()

    def poll(self) -> None:
        """Take in the lines that are new and whole."""
        if self.folder is None:
            return
        try:
            with (self.folder / METRICS).open("rb") as file:
                file.seek(self._read)
                new = file.read(READ_AT_ONCE)
        except OSError:
            new = b""
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # a line cut off by a crash of the run
            if isinstance(entry, dict):
                self.lines.append(entry)
        if len(new) == READ_AT_ONCE and whole and self._timer.isActive():
            self._soon.start()
        else:
            self.changed.emit()


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
