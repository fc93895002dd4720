"""The one loop of a training: take a batch, step, log, save, and go on after whatever happens.

A method says what its network answers to a batch and which loss that is; the loop knows neither networks nor bodies.
What is random is a function of seed, epoch and place (train/data/batches.py), so a run that was killed takes the
same steps again.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from core.errors import FitloopError
from train.data.batches import Batch
from train.run.distributed import DropoutStream, Processes
from train.run.folder import RunProgress

BAD_STEPS_IN_A_ROW = 10
BAD_BATCHES = "bad_batches"


@dataclass(frozen=True, eq=False)
class StepLoss:
    """What a method says of a batch: the loss to go down, its parts by name, counts to be summed over all processes,
    and seconds spent fitting."""

    loss: Tensor
    parts: dict[str, Tensor]
    counts: dict[str, Tensor]
    fit_s: float = 0.0


@dataclass(frozen=True)
class TrainStep:
    """One report. step and epoch are those just done; counts by name; images a second of all processes together, with
    the wait for their loading; fit_share: of step_s, the step without that wait; notices: what the user should know."""

    step: int
    epoch: int
    loss: float
    parts: dict[str, float]
    counts: dict[str, int]
    learning_rate: float
    images_per_s: float
    fit_share: float
    step_s: float
    notices: tuple[str, ...] = ()

    def numbers(self) -> dict[str, object]:
        """A line of metrics.jsonl, without its step. Counts come as shares of the people too."""
        people = max(1, self.counts.get("people", 0))
        shares = {f"{name}_share": count / people for name, count in self.counts.items() if name != "people"}
        return {
            "epoch": self.epoch,
            "loss": self.loss,
            **{f"loss_{name}": value for name, value in self.parts.items()},
            **self.counts,
            **shares,
            "learning_rate": self.learning_rate,
            "images_per_s": self.images_per_s,
            "fit_s": self.fit_share * self.step_s,
            "fit_share": self.fit_share,
            "step_s": self.step_s,
        }


@dataclass(frozen=True)
class Limits:
    """When a training ends: after steps or epochs, whichever comes first. None: never for that reason."""

    steps: int | None = None
    epochs: int | None = 50

    def reached(self, progress: RunProgress) -> bool:
        return (self.steps is not None and progress.step >= self.steps) or (
            self.epochs is not None and progress.epoch >= self.epochs
        )

    def share_done(self, step: int, batches_in_epoch: int) -> float:
        """How much of the training lies behind a step, 0 to 1; 0 where there is no end."""
        ends = [self.steps, None if self.epochs is None else self.epochs * batches_in_epoch]
        end = min((value for value in ends if value is not None), default=0)
        return min(1.0, step / end) if end else 0.0


@dataclass(eq=False)
class Learner:
    """A network that is being taught, and where it stands. learning_rate: of the first step; last_rate: of the last,
    as a share of it; warm_up: over how many steps it rises to the first. clip: the longest gradient, 0 for any."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    dropout: DropoutStream
    processes: Processes
    batch: int
    learning_rate: float
    progress: RunProgress = field(default_factory=RunProgress)
    last_rate: float = 1.0
    warm_up: int = 0
    clip: float = 0.0
    bad: int = 0

    @property
    def own(self) -> int:
        """People of a batch that are this process's."""
        return self.batch // self.processes.count

    def set_rate(self, share_done: float) -> None:
        """The learning rate of the next step, with this share of the training behind it: down half a cosine, times the
        line of the warm-up."""
        falling = (1 + math.cos(math.pi * share_done)) / 2
        rising = min(1.0, (self.progress.step + 1) / max(1, self.warm_up))
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * rising * (self.last_rate + (1 - self.last_rate) * falling)

    def parts(self) -> list[slice]:
        """The pieces of this process's share that go through the network together."""
        size = self.own // self.progress.accumulate
        return [slice(start, start + size) for start in range(0, self.own, size)]


Answer = Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class Method:
    """What is learned. ask: what the network answers to a batch, tensors with a row for each person; loss: of a batch
    and that answer, which alone leads to the network."""

    ask: Callable[[Batch], Answer]
    loss: Callable[[Batch, Answer], StepLoss]


def learn(
    learner: Learner,
    batches: Iterator[Batch],
    batches_in_epoch: int,
    method: Method,
    limits: Limits,
    folder: Path,
) -> Iterator[TrainStep]:
    """Train until a limit, yielding every step. batches: without end, from where the learner's progress is.

    Between two steps everything is whole: a caller may save there, or stop asking. Raises FitloopError after ten steps
    in a row without a finite loss.
    """
    progress = learner.progress
    while not limits.reached(progress):
        waiting = time.perf_counter()
        learner.set_rate(limits.share_done(progress.step, batches_in_epoch))
        step = _try_step(learner, next(batches).to(learner.processes.device), method, folder, waiting)
        progress.step += 1
        progress.batch += 1
        if progress.batch >= batches_in_epoch:
            progress.epoch, progress.batch = progress.epoch + 1, 0
        yield step
        if learner.bad >= BAD_STEPS_IN_A_ROW:
            raise FitloopError(
                f"step {progress.step}: {BAD_STEPS_IN_A_ROW} steps in a row had no finite loss. The batches are in "
                f"{folder / BAD_BATCHES}. Lower --learning-rate, or look at what those batches have in common."
            )


def _try_step(learner: Learner, batch: Batch, method: Method, folder: Path, waiting: float) -> TrainStep:
    """One step; again in smaller pieces when the memory of the device is too small for these. waiting: since when the
    batch was waited for. A step that is not taken leaves the network's running statistics as they were."""
    began = time.perf_counter()
    notices = tuple(f"a photo cannot be read, another took its place: {path}" for path in batch.unreadable)
    while True:
        with _running_statistics(learner.network) as put_back:
            try:
                said = _backward(learner, batch, method)
                value = learner.processes.total(said.loss)
                good = _gradients_finite(learner, value)
                if not good:
                    put_back()
                break
            except torch.OutOfMemoryError:
                put_back()
                notices += (_halve(learner),)
        learner.optimizer.zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    if good:
        if learner.clip:
            nn.utils.clip_grad_norm_(learner.network.parameters(), learner.clip)
        learner.optimizer.step()
        learner.bad = 0
    else:
        learner.bad += 1
        kept = _dump(learner, batch, folder)
        notices += (f"step {learner.progress.step + 1}: the loss is {float(value):g}; skipped, {kept}",)
    seconds = time.perf_counter() - began
    return _report(learner, said, float(value), seconds, began - waiting, notices)


@contextlib.contextmanager
def _running_statistics(network: nn.Module) -> Iterator[Callable[[], None]]:
    """Inside, a call puts a network's buffers back; so does an error that goes through."""
    before = [buffer.clone() for buffer in network.buffers()]

    @torch.no_grad()
    def put_back() -> None:
        for buffer, value in zip(network.buffers(), before, strict=True):
            buffer.copy_(value)

    try:
        yield put_back
    except BaseException:
        put_back()
        raise


def _backward(learner: Learner, batch: Batch, method: Method) -> StepLoss:
    """Gradients of the whole batch, summed over its pieces and over all processes."""
    network, parts = learner.network, learner.parts()
    network.train()
    learner.optimizer.zero_grad(set_to_none=True)
    if len(parts) == 1:
        said = method.loss(batch, _answer(learner, batch, parts[0], method))
        said.loss.backward()
    else:
        said = _in_pieces(learner, batch, parts, method)
    learner.processes.sum_gradients(network.parameters())
    return StepLoss(
        said.loss.detach(),
        {name: part.detach() for name, part in said.parts.items()},
        said.counts,
        said.fit_s,
    )


def _in_pieces(learner: Learner, batch: Batch, parts: list[slice], method: Method) -> StepLoss:
    """The loss of the batch as a whole, and its gradients, with one piece's activations in memory at a time.

    Whom a mean is over is known only when everybody was asked, and fitted. So everybody is asked twice: for the loss,
    and again, piece by piece, for what the loss says of each piece's answer.
    """
    with _running_statistics(learner.network) as put_back, torch.no_grad():
        answers = [_answer(learner, batch, part, method) for part in parts]
        put_back()
    whole = [torch.cat(pieces).requires_grad_() for pieces in zip(*answers, strict=True)]
    said = method.loss(batch, whole)
    said.loss.backward()
    for part in parts:
        answer = _answer(learner, batch, part, method)
        torch.autograd.backward(answer, [tensor.grad[part] for tensor in whole])
    return said


def _answer(learner: Learner, batch: Batch, part: slice, method: Method) -> Answer:
    """What the network says of some people of this process's share."""
    start = learner.processes.rank * learner.own
    rows = slice(start + part.start, start + part.stop)
    learner.dropout.begin(learner.progress.step, learner.batch, rows)
    return method.ask(batch if part == slice(0, learner.own) else batch[part])


def _halve(learner: Learner) -> str:
    """Twice as many pieces of half the size. Raises FitloopError where that cannot be."""
    size = learner.own // learner.progress.accumulate
    if learner.processes.count > 1 or size % 2:
        raise FitloopError(
            f"the device's memory is too small for {size} people at once. Start again with a higher --accumulate, "
            "or a smaller --batch."
        ) from None
    learner.progress.accumulate *= 2
    return f"the device's memory is too small for {size} people at once: from now on {size // 2}"


def _gradients_finite(learner: Learner, value: Tensor) -> bool:
    gradients = [p.grad for p in learner.network.parameters() if p.grad is not None]
    norms = torch.stack(torch._foreach_norm(gradients)) if gradients else value[None]
    return bool(value.isfinite() & norms.isfinite().all())


def _dump(learner: Learner, batch: Batch, folder: Path) -> str:
    """Keep a batch whose loss is not finite, to be looked at. Returns where, or why not."""
    path = folder / BAD_BATCHES / f"step_{learner.progress.step + 1:08d}_rank_{learner.processes.rank}.pt"
    views = {name: getattr(batch.views, name).cpu() for name in type(batch.views).__dataclass_fields__}
    names = ("images", "keypoints_crop", "joints", "has_joints", "half_weights")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({**views, **{name: getattr(batch, name).cpu() for name in names}}, path)
    except (OSError, RuntimeError) as error:  # torch tells of a full disk by RuntimeError
        return f"and its batch could not be kept ({str(error).splitlines()[0]})"
    return f"its batch is in {path}"


def _report(
    learner: Learner, said: StepLoss, value: float, seconds: float, waited: float, notices: tuple[str, ...]
) -> TrainStep:
    processes = learner.processes
    parts = processes.total(torch.stack(list(said.parts.values()))).tolist()
    counts = processes.total(torch.stack(list(said.counts.values()))).tolist()
    return TrainStep(
        step=learner.progress.step + 1,
        epoch=learner.progress.epoch,
        loss=value,
        parts=dict(zip(said.parts, parts, strict=True)),
        counts={name: int(count) for name, count in zip(said.counts, counts, strict=True)},
        learning_rate=float(learner.optimizer.param_groups[0]["lr"]),
        images_per_s=learner.batch / (seconds + waited),
        fit_share=said.fit_s / seconds,
        step_s=seconds,
        notices=notices,
    )
