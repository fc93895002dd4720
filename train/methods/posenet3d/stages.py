"""The stages of the training: the density of 2D points, the teacher by it, the student by the teacher, and the last two
together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

StageName = Literal["density", "teacher", "student", "together"]


@dataclass(frozen=True)
class StageShares:
    """How much of the training each stage takes; of a discriminator in place of the density, the first is the
    teacher's too."""

    density: float = 0.10
    teacher: float = 0.50
    student: float = 0.25
    together: float = 0.15

    def of_student(self) -> StageShares:
        """Those of a run whose teacher was taught before."""
        return replace(self, density=0.0, teacher=0.0)


class TrainingStage(NamedTuple):
    """name: of the stage; gone: the share of it that is over, 0 to 1."""

    name: StageName
    gone: float


def stage_at(share: float, shares: StageShares, with_density: bool) -> TrainingStage:
    """The stage in which a share of the whole training is done."""
    lengths: list[tuple[StageName, float]] = [
        ("density", shares.density if with_density else 0.0),
        ("teacher", shares.teacher + (0.0 if with_density else shares.density)),
        ("student", shares.student),
        ("together", shares.together),
    ]
    lengths = [(name, length) for name, length in lengths if length > 0]
    left = share * sum(length for _, length in lengths)
    for name, length in lengths:
        if left < length:
            return TrainingStage(name, left / length)
        left -= length
    return TrainingStage(lengths[-1][0], 1.0)
