"""The records that a method hands the loop: a Method is a way to teach a network, a Lesson is its work in one run.

Both are records of plain data and functions: a new method fills them in, and inherits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.networks.checkpoint import Checkpoint
from train.run.distributed import Processes

ACCUMULATE = "accumulate"  # of a Config whose batches may be cut into pieces; may change when a run goes on


@dataclass(frozen=True)
class Options:
    """Where a run goes, how long, and on what. All of this may change when a run goes on."""

    run: Path | None = None
    resume: bool = False
    steps: int | None = None
    epochs: int | None = None
    minutes: float | None = None
    device: str = "cpu"
    threads: int = 0
    save_minutes: float = 5.0
    log_every: int = 10
    json: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run is to be: its Options, the method's own, and its Config. folder: of the run; goes_on: whether it was
    begun before; given_now: names of the options given on the command line now."""

    options: Options
    own: Any
    config: Any
    folder: Path
    goes_on: bool = False
    given_now: frozenset[str] = frozenset()


@dataclass
class RunProgress:
    """Where a run stands: steps done, the next batch of the epoch, seconds of work. accumulate: parts that a batch is
    cut into; share: of the training that is done, as before the last step."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    accumulate: int = 1
    seconds: float = 0.0
    share: float = 0.0


@dataclass(frozen=True, eq=False)
class StepLoss:
    """What a step found: the loss to go down, its parts by name, counts to be summed over all processes, seconds spent
    by name, and what the user should know. Of several processes each has its share of loss and parts."""

    loss: Tensor
    parts: dict[str, Tensor]
    counts: dict[str, Tensor]
    seconds: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainStep:
    """One report. step and epoch are those just done; counts by name; per_s: so many of what `unit` names, of all
    processes together, with the wait for their loading; seconds: of step_s, the step without that wait, by name;
    notices: what the user should know; measured: what was measured after it."""

    step: int
    epoch: int
    loss: float
    parts: dict[str, float]
    counts: dict[str, int]
    learning_rate: float
    per_s: float
    step_s: float
    unit: str = "images"
    seconds: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)

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
            f"{self.unit}_per_s": self.per_s,
            **{f"{name}_s": value for name, value in self.seconds.items()},
            **{f"{name}_share": value / self.step_s for name, value in self.seconds.items()},
            "step_s": self.step_s,
            **self.measured,
        }


def _no_tensors(batch: Any) -> dict[str, Tensor]:
    return {}


def _no_files(folder: Path, step: int) -> None:
    pass


def _nothing_measured(step: int, last: bool) -> dict[str, float]:
    return {}


def _no_remark(report: TrainStep) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class Lesson:
    """A method at work in one run. Its network is on the device of this process, and `optimizer` changes it.

    batch: people a step, of all processes together; in_epoch: batches in an epoch.
    batches: from a place of an epoch on, this process's share of the whole batches, epoch after epoch without end. What
    is random in them is a function of the Config's seed and the place, so that a run that was killed goes on exactly.
    gradients: of a batch, into `.grad` of the network's parameters, replacing the old ones; RunProgress tells the
    step, and how many pieces the batch is to be cut into. Each process's loss is its share of the whole.
    rate: the learning rate after so many steps, with such a share of the training done; clip: the longest gradient, 0
    for any; pieces: what a batch is cut into at first, 0 where it cannot be cut.
    checkpoint: the network after so many steps, with this state of the loop, to which it may add its own; restore: puts
    network and own state back from one, read from a file; write: further files after so many steps, as into the run's
    folder, called before each checkpoint.
    after: called after each step, by the first process alone; last: whether it was the last one. Returns what it
    measured, which is logged; files that it cannot write cost no step. kept: of a batch that is dumped.
    unit, remark: how the terminal counts, and what it adds; notices: what the user should know before the first step;
    about: what config.json holds beside.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    batch: int
    in_epoch: int
    batches: Callable[[int, int], Iterator[Any]]
    gradients: Callable[[Any, RunProgress], StepLoss]
    rate: Callable[[int, float], float]
    checkpoint: Callable[[int, dict[str, Any]], Checkpoint]
    restore: Callable[[Checkpoint, Path], None]
    clip: float = 0.0
    pieces: int = 0
    write: Callable[[Path, int], None] = _no_files
    after: Callable[[int, bool], dict[str, float]] = _nothing_measured
    kept: Callable[[Any], dict[str, Tensor]] = _no_tensors
    unit: str = "images"
    remark: Callable[[TrainStep], str] = _no_remark
    notices: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)


def _all_fine(plan: Plan, processes: int) -> None:
    pass


@dataclass(frozen=True, eq=False)
class Method:
    """How one network is taught. name: as its row of the methods' table has it; words: what the help begins with.

    config: its Config; own: the record of its options beside the loop's; options: the loop's. All three as by default.
    help: words of each flag of own and config; readers: what reads a value, where its type does not say; switches:
    flags that set a value of the Config, by its name: {"mode": {"--no-fits": ("none", "words")}}.
    fixed: options that may not change when a run goes on; needs: options by the one that they are for.
    check: raises FitloopError for a Plan that cannot be carried out by so many processes.
    begin: what takes time before the first step; fresh: whether the network starts from its initial weights, and is not
    restored from the run's checkpoint after it.
    """

    name: str
    words: str
    config: Any
    own: Any
    begin: Callable[[Plan, Processes, bool], Lesson]
    options: Options = field(default_factory=Options)
    help: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    switches: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Plan, int], None] = _all_fine
