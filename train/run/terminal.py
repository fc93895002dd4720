"""What a training says while it runs: a progress bar for people, JSON lines for programs."""

from __future__ import annotations

import sys

from train.run.folder import RunProgress
from train.run.loop import TrainStep
from train.run.options import Options

_BAR = 24


class Terminal:
    """The first process's voice; the others are silent."""

    def __init__(self, options: Options, speaks: bool, batches_in_epoch: int) -> None:
        self.options, self.speaks = options, speaks
        epochs = None if options.epochs is None else options.epochs * batches_in_epoch
        self.steps = min((n for n in (options.steps, epochs) if n is not None), default=None)
        self.rate = 0.0

    def say(self, *sentences: str) -> None:
        """Something that happened."""
        for sentence in sentences:
            if self.speaks and sentence:
                clear = "\r\x1b[K" if sys.stderr.isatty() else ""
                print(f"{clear}{sentence}", file=sys.stderr, flush=True)

    def line(self, entry: str) -> None:
        """A line of metrics.jsonl, for programs."""
        if self.speaks and self.options.json:
            print(entry, flush=True)

    def show(self, report: TrainStep) -> None:
        """The bar, written over itself."""
        if not self.speaks or self.options.json or not sys.stderr.isatty():
            return
        seconds = report.step_s
        self.rate = seconds if not self.rate else 0.9 * self.rate + 0.1 * seconds
        people = max(1, report.counts.get("people", 1))
        replaced = report.counts.get("replaced", 0) / people
        print(f"\r\x1b[K{self._bar(report)}  loss {report.loss:.3f}  {report.images_per_s:.0f} photos/s  "
              f"{replaced:.0%} of fits bettered", end="", file=sys.stderr, flush=True)  # fmt: skip

    def end(self, progress: RunProgress) -> None:
        if self.speaks:
            self.say(f"{progress.step} steps, {progress.epoch} epochs; the run is in {self.options.run}")

    def _bar(self, report: TrainStep) -> str:
        if self.steps is None:
            return f"step {report.step}, epoch {report.epoch}"
        full = round(_BAR * min(1.0, report.step / max(1, self.steps)))
        left = self.rate * max(0, self.steps - report.step)
        return f"[{'#' * full}{'.' * (_BAR - full)}] {report.step}/{self.steps}, {left / 60:.0f} min left"
