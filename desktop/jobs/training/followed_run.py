"""A run's folder as the window looks at it: metrics, config, output, checkpoint. Nothing of `train` is imported.

The folder may be of a run started in a terminal, or of no run at all: what cannot be read counts as missing.
"""

import json
import math
import os
import time
from itertools import islice
from pathlib import Path
from typing import Any, TypeGuard

from core.files.regular import end_of, open_regular, start_of, text_of
from core.methods import MethodRow, method_rows

PICTURES, MOST_PICTURES = "pictures", 100_000
METRICS, CHECKPOINT, OUTPUT, CONFIG = "metrics.jsonl", "checkpoint.pt", "output.txt", "config.json"
LAST_WORDS = 600  # last characters of the child's output that are shown
READ_AT_ONCE = 2**18  # bytes of metrics: a long run is read in parts, so that the window does not stutter
MOST_LINES = 200_000  # of metrics that are kept; of a longer run every second one goes
MOST_NUMBERS = 64  # of one line
LONGEST_NAME = 80
MOST_NAMES = 200  # of the metrics of a run; a few more of its last line
MOST_CONFIG_BYTES = 2**20
LARGEST_WHOLE = 2**53


class FollowedRun:
    """Reads new metrics of one folder when `read` is called. folder: None for no run."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.lines: list[dict[str, float]] = []  # of metrics.jsonl; each has a step
        self.names: set[str] = set()  # of metrics in any line: a method's stages have their own
        self._read_bytes = 0
        self._first: tuple[float, int] | None = None  # when the run was first seen, and its step then
        self._parsed: tuple[tuple[int, int], dict[str, Any]] | None = (
            None  # the config, with its file's time and size
        )

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
        options = self._config().get("options")
        steps = options.get("steps") if isinstance(options, dict) else None
        return steps if _is_step(steps) else None

    @property
    def method(self) -> MethodRow | None:
        """The run's method; None for an unknown one. Runs of older versions have no entry and use the first method."""
        if self.folder is None:
            return None
        rows = method_rows()
        name = self._config().get("method", rows[0].name)
        return next((row for row in rows if row.name == name), None)

    def _config(self) -> dict[str, Any]:
        """The run's config.json, parsed again where its file has changed; empty if it cannot be read."""
        if self.folder is None:
            return {}
        try:
            status = (self.folder / CONFIG).stat()
            known = status.st_mtime_ns, status.st_size
            if self._parsed is None or self._parsed[0] != known:
                config = json.loads(text_of(self.folder / CONFIG, MOST_CONFIG_BYTES))
                self._parsed = known, config if isinstance(config, dict) else {}
        except (OSError, ValueError, RecursionError):
            return {}
        return self._parsed[1]

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

    def read(self) -> bool:
        """Read the new complete lines of the metrics. Returns whether there are more: a part is read at once."""
        if self.folder is None:
            return False
        try:
            with open_regular(self.folder / METRICS) as file:
                file.seek(self._read_bytes)
                new = start_of(file, READ_AT_ONCE)
        except OSError:
            new = b""
        whole = new[: new.rfind(b"\n") + 1]
        if len(new) == READ_AT_ONCE and not whole:
            whole = new  # no run writes so long a line
        self._read_bytes += len(whole)
        for line in whole.splitlines():
            numbers = numbers_of(line, len(self.lines))
            if numbers:
                self.lines.append(numbers)
                self.names |= numbers.keys() if len(self.names) < MOST_NAMES else set()
        while len(self.lines) > MOST_LINES:
            del self.lines[-2::-2]
        if len(new) == READ_AT_ONCE and whole:
            return True
        if self._first is None and self.lines:
            self._first = time.monotonic(), self.step
        return False

    def measure_anew(self) -> None:
        """Measure the rate from now on: the run goes on after a pause."""
        self._first = None


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
