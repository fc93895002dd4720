"""Rounds: composites against the network as it is, then train.spin on real people and the composites of all rounds.

FOLDER/round_0/composed, FOLDER/round_0/run, FOLDER/round_1/composed … A round that is done is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import FitloopError
from core.files.whole_file import whole_file
from core.networks.checkpoint import read_checkpoint
from train import spin
from train.compositing.composed_set import DATASET
from train.run.folder import CHECKPOINT, CONFIG, checkpoint_of
from train.run.parser import INTERRUPTED

DONE = "done"
OPTIONS_OF_NETWORK = ("backbone", "iterations")


@dataclass(frozen=True)
class Rounds:
    """folder: of all rounds; first: run or checkpoint that they start from; sources: options of train.spin that name
    the real people; more: further ones, such as --epochs."""

    folder: Path
    first: Path
    sources: tuple[str, ...]
    more: tuple[str, ...]

    def target_of(self, number: int) -> Path:
        """The network that round `number` composes against."""
        return self.first if number == 0 else self.run_of(number - 1)

    def composed_of(self, number: int) -> Path:
        return self.folder / f"round_{number}" / "composed"

    def run_of(self, number: int) -> Path:
        return self.folder / f"round_{number}" / "run"

    def arguments(self, number: int) -> list[str]:
        """Of train.spin in round `number`."""
        run, target = self.run_of(number), self.target_of(number)
        if (run / CONFIG).exists():
            return ["--run", str(run), "--resume"]
        composed = [
            word
            for one in range(number + 1)
            for word in ("--data", f"composed_{one}={self.composed_of(one) / DATASET}")
        ]
        return [
            *self.sources,
            *composed,
            "--guess",
            str(target),
            *form_of(target),
            "--run",
            str(run),
            *self.more,
        ]


def form_of(target: Path) -> list[str]:
    """Options of train.spin for a network of the target's form."""
    config = read_checkpoint(checkpoint_of(target)).config
    return [
        word for name in OPTIONS_OF_NETWORK if name in config for word in (f"--{name}", str(config[name]))
    ]


def alternate(rounds: Rounds, count: int, compose: Callable[[int], bool]) -> bool:
    """Carry out rounds 0 … count - 1. compose: makes a round's composites, False where it was stopped. Returns whether
    all were done. Raises FitloopError where a training failed."""
    for number in range(count):
        mark = rounds.folder / f"round_{number}" / DONE
        if mark.exists():
            continue
        if not (rounds.composed_of(number) / DATASET).exists() and not compose(number):
            return False
        code = spin.main(rounds.arguments(number))
        if not (rounds.run_of(number) / CHECKPOINT).exists() or code not in (0, INTERRUPTED):
            raise FitloopError(f"{rounds.run_of(number)}: its training failed. The lines above say why.")
        if code:
            return False
        with whole_file(mark) as stream:
            stream.write(b"")
    return True


def sources_of(fits: Path | None, photos: Path | None, data: Sequence[tuple[str, Path]]) -> tuple[str, ...]:
    """The options of train.spin that name the real people."""
    words = [] if fits is None else ["--fits", str(fits)]
    words += [] if fits is None or photos is None else ["--photos", str(photos)]
    return (*words, *(word for name, path in data for word in ("--data", f"{name}={path}")))
