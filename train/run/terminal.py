"""The output of a training: a progress bar for people, JSON lines for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable

from train.run.loop import Limits
from train.run.method_record import Plan, RunProgress, TrainStep

_BAR = 24


class Terminal:
    """The first process's voice; the others are silent."""

    def __init__(
        self, plan: Plan, speaks: bool, limits: Limits, in_epoch: int, remark: Callable[[TrainStep], str]
    ) -> None:
        self.plan, self.speaks, self.limits, self.remark = plan, speaks, limits, remark
        self.in_epoch = in_epoch
        epochs = None if limits.epochs is None else limits.epochs * in_epoch
        self.steps = min((n for n in (limits.steps, epochs) if n is not None), default=None)
        self.rate = 0.0

    def say(self, *sentences: str) -> None:
        """Something that happened."""
        for sentence in sentences:
            if self.speaks and sentence:
                clear = "\r\x1b[K" if sys.stderr.isatty() else ""
                print(f"{clear}{sentence}", file=sys.stderr, flush=True)

    def line(self, entry: str) -> None:
        """A line of metrics.jsonl, for programs."""
        if self.speaks and self.plan.options.json:
            print(entry, flush=True)

    def show(self, report: TrainStep, progress: RunProgress) -> None:
        """What was measured after the step, and the bar, written over itself."""
        if report.measured:
            self.say(f"step {report.step}: {self.remark(report)}")
        if not self.speaks or self.plan.options.json or not sys.stderr.isatty():
            return
        seconds = report.step_s
        self.rate = seconds if not self.rate else 0.9 * self.rate + 0.1 * seconds
        words = [
            self._bar(report, progress),
            f"loss {report.loss:.3f}",
            f"{report.per_s:.0f} {report.unit}/s",
        ]
        words += filter(None, [self.remark(report)])
        print(f"\r\x1b[K{'  '.join(words)}", end="", file=sys.stderr, flush=True)

    def end(self, progress: RunProgress) -> None:
        if self.speaks:
            self.say(f"{progress.step} steps, {progress.epoch} epochs; the run is in {self.plan.folder}")

    def _bar(self, report: TrainStep, progress: RunProgress) -> str:
        minutes = self.limits.minutes
        if self.steps is None and minutes is None:
            return f"step {report.step}, epoch {report.epoch}"
        full = round(_BAR * self.limits.share_done(progress, self.in_epoch))
        left = [self.rate * max(0, self.steps - report.step)] if self.steps is not None else []
        left += [max(0.0, 60 * minutes - progress.seconds)] if minutes is not None else []
        done = f"{report.step}/{self.steps}" if self.steps is not None else f"step {report.step}"
        return f"[{'#' * full}{'.' * (_BAR - full)}] {done}, {min(left) / 60:.0f} min left"
