"""How far a long command is: a bar with rate and time left in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time

BAR = 24
LINE_EVERY_S = 15.0
BAR_EVERY_S = 0.1


class ProgressLine:
    """Counts `total` things; `before` of them were done in an earlier run, so they say nothing about the rate."""

    def __init__(self, total: int, before: int, what: str, speaks: bool) -> None:
        self.total, self.before, self.what, self.speaks = total, before, what, speaks
        self.bar = sys.stderr.isatty()
        self.started = time.monotonic()
        self._shown = self.started if not self.bar else 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def show(self, done: int) -> None:
        """Say how many are done, not oftener than anyone reads."""
        now = time.monotonic()
        if not self.speaks or now - self._shown < (BAR_EVERY_S if self.bar else LINE_EVERY_S):
            return
        self._shown = now
        start, end = ("\r\x1b[K", "") if self.bar else ("", "\n")
        print(f"{start}{self.words(done)}", end=end, file=sys.stderr, flush=True)

    def rate(self, done: int) -> float:
        """Things a second."""
        return (done - self.before) / max(self.seconds, 1e-9)

    def words(self, done: int) -> str:
        """`[######..................] 250/1000 people, 41.7 a second, 18 s left`."""
        rate = self.rate(done)
        full = round(BAR * done / max(1, self.total))
        left = f", {rate:.1f} a second, {_duration((self.total - done) / rate)} left" if rate > 0 else ""
        return f"[{'#' * full}{'.' * (BAR - full)}] {done}/{self.total} {self.what}{left}"

    def end(self) -> None:
        """Clear the bar, so that what follows begins on an empty line."""
        if self.speaks and self.bar:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    """Seconds, minutes or hours, as one would say it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
