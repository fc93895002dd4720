"""The one loop of a training: take a batch, step, report, and go on after whatever happens.

A Lesson (method_record.py) gives batches and gradients; the loop depends on neither networks nor bodies.
What is random is a function of seed, epoch and place, so a run that was killed takes the same steps again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import FitloopError
from train.run.distributed import Processes
from train.run.method_record import Lesson, RunProgress, StepLoss, TrainStep
from train.run.running_statistics import running_statistics

BAD_STEPS_IN_A_ROW = 10
BAD_BATCHES = "bad_batches"


@dataclass(frozen=True)
class Limits:
    """When a training ends: after steps, epochs or minutes, whichever comes first. None: never for that reason."""

    steps: int | None = None
    epochs: int | None = 50
    minutes: float | None = None

    def reached(self, progress: RunProgress) -> bool:
        return (
            (self.steps is not None and progress.step >= self.steps)
            or (self.epochs is not None and progress.epoch >= self.epochs)
            or (self.minutes is not None and progress.seconds >= 60 * self.minutes)
        )

    def share_done(self, progress: RunProgress, in_epoch: int) -> float:
        """How much of the training is done, 0 to 1; 0 where there is no end. in_epoch: batches in an epoch."""
        ends = [self.steps, None if self.epochs is None else self.epochs * in_epoch]
        end = min((value for value in ends if value is not None), default=0)
        by_steps = progress.step / end if end else 0.0
        return min(1.0, max(by_steps, progress.seconds / (60 * self.minutes) if self.minutes else 0.0))


@dataclass(eq=False)
class Learner:
    """A lesson on the way, and where it is. bad: how many steps in a row had no finite loss."""

    lesson: Lesson
    processes: Processes
    progress: RunProgress = field(default_factory=RunProgress)
    bad: int = 0


def learn(learner: Learner, limits: Limits, folder: Path) -> Iterator[TrainStep]:
    """Train until a limit, yielding every step, from where the learner's progress is.

    Between two steps everything is whole: a caller may save there, or stop asking. Raises FitloopError after ten steps
    in a row without a finite loss.
    """
    lesson, progress = learner.lesson, learner.progress
    batches = lesson.batches(progress.epoch, progress.batch)
    clock = time.monotonic() - progress.seconds
    while not limits.reached(progress):
        waiting = time.perf_counter()
        progress.share = limits.share_done(progress, lesson.in_epoch)
        rate = lesson.rate(progress.step, progress.share)
        for group in lesson.optimizer.param_groups:
            group["lr"] = rate
        report = _try_step(learner, next(batches), folder, waiting, clock)
        progress.step += 1
        progress.batch += 1
        if progress.batch >= lesson.in_epoch:
            progress.epoch, progress.batch = progress.epoch + 1, 0
        yield report
        if learner.bad >= BAD_STEPS_IN_A_ROW:
            raise FitloopError(
                f"step {progress.step}: {BAD_STEPS_IN_A_ROW} steps in a row had no finite loss. The batches are in "
                f"{folder / BAD_BATCHES}. Lower --learning-rate, or look at what those batches have in common."
            )


def _try_step(learner: Learner, batch: Any, folder: Path, waiting: float, clock: float) -> TrainStep:
    """One step; again in smaller pieces when the memory of the device is too small for these. waiting: since when the
    batch was waited for; clock: when the run would have begun, had it never paused. A step that is not taken leaves the
    network's running statistics as they were."""
    lesson, progress = learner.lesson, learner.progress
    began = time.perf_counter()
    notices: tuple[str, ...] = ()
    while True:
        with running_statistics(lesson.network) as put_back:
            try:
                found = lesson.gradients(batch, progress)
                learner.processes.sum_gradients(lesson.network.parameters())
                norms = _norms(lesson.network, found.loss)
                numbers = _numbers(learner, found, norms, time.monotonic() - clock)
                if not numbers.good:
                    put_back()
                break
            except torch.OutOfMemoryError:
                put_back()
                notices += (_halve(learner),)
        lesson.optimizer.zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    notices = (*found.notices, *notices)
    if numbers.good:
        if lesson.clip:
            total = torch.linalg.vector_norm(norms)
            nn.utils.clip_grads_with_norm_(lesson.network.parameters(), lesson.clip, total)
        lesson.optimizer.step()
        learner.bad = 0
    else:
        learner.bad += 1
        kept = _dump(learner, batch, folder)
        notices += (f"step {progress.step + 1}: the loss is {numbers.loss:g}; skipped, {kept}",)
    progress.seconds = numbers.clock_s
    seconds = time.perf_counter() - began
    return _report(learner, found, numbers, seconds, began - waiting, notices)


@dataclass(frozen=True)
class _Numbers:
    """Of a step, over all processes. good: whether loss and gradients are finite; clock_s: since the run began."""

    loss: float
    parts: list[float]
    counts: list[float]
    good: bool
    clock_s: float


def _numbers(learner: Learner, found: StepLoss, norms: Tensor, clock_s: float) -> _Numbers:
    """All that is summed over processes and read from the device, in one exchange and one wait."""
    losses = torch.stack([found.loss.detach(), *(part.detach() for part in found.parts.values())])
    counts = torch.stack(list(found.counts.values()))
    values = torch.cat([each.to(norms.device, torch.float64) for each in (losses, counts)])
    if learner.processes.count > 1:
        clock = values.new_tensor([clock_s / learner.processes.count])  # their mean, so that all end together
        values = learner.processes.total(torch.cat([values, clock]))
    finite = norms.isfinite().all().to(torch.float64)
    *read, fine = torch.cat([values, finite[None]]).tolist()
    if learner.processes.count > 1:
        *read, clock_s = read
    loss, parts, people = read[0], read[1 : len(losses)], read[len(losses) :]
    return _Numbers(loss, parts, people, math.isfinite(loss) and bool(fine), clock_s)


def _norms(network: nn.Module, loss: Tensor) -> Tensor:
    """Of each parameter's gradient."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return torch.stack(torch._foreach_norm(gradients)) if gradients else loss.detach()[None]


def _halve(learner: Learner) -> str:
    """Twice as many pieces of half the size. Raises FitloopError where that cannot be."""
    own = learner.lesson.batch // learner.processes.count
    size = own // learner.progress.accumulate
    if learner.processes.count > 1 or size % 2 or not learner.lesson.pieces:
        higher = "a higher --accumulate, or " if learner.lesson.pieces else ""
        raise FitloopError(
            f"the device's memory is too small for {size} people at once. Start again with {higher}a smaller --batch."
        ) from None
    learner.progress.accumulate *= 2
    return f"the device's memory is too small for {size} people at once: from now on {size // 2}"


def _dump(learner: Learner, batch: Any, folder: Path) -> str:
    """Keep a batch whose loss is not finite, to be looked at. Returns where, or why not."""
    path = folder / BAD_BATCHES / f"step_{learner.progress.step + 1:08d}_rank_{learner.processes.rank}.pt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(learner.lesson.kept(batch), path)
    except (OSError, RuntimeError) as error:  # torch tells of a full disk by RuntimeError
        return f"and its batch could not be kept ({str(error).splitlines()[0]})"
    return f"its batch is in {path}"


def _report(
    learner: Learner,
    found: StepLoss,
    numbers: _Numbers,
    seconds: float,
    waited: float,
    notices: tuple[str, ...],
) -> TrainStep:
    lesson = learner.lesson
    return TrainStep(
        step=learner.progress.step + 1,
        epoch=learner.progress.epoch,
        loss=numbers.loss,
        parts=dict(zip(found.parts, numbers.parts, strict=True)),
        counts={name: int(count) for name, count in zip(found.counts, numbers.counts, strict=True)},
        learning_rate=float(lesson.optimizer.param_groups[0]["lr"]),
        per_s=lesson.batch / (seconds + waited),
        step_s=seconds,
        unit=lesson.unit,
        seconds=found.seconds,
        notices=notices,
    )
