"""Which composites are made: at random, the worst of some, or by a synthesizer. Photo by photo, without memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from core.errors import FitloopError
from train.compositing.composites import Composite, CompositePlan, compose
from train.compositing.cutting.stage import Stage
from train.compositing.failing.failing_targets import AskedPerson, Target
from train.compositing.placements import KINDS, Kind
from train.compositing.plans import draw_plan

Proposing = Literal["random", "hard", "learned"]
PROPOSALS: tuple[Proposing, ...] = ("random", "hard", "learned")
OF_HARD = 4  # random composites of which the worst is kept
TRIES = 30  # plans drawn for one composite within its range
UNIFORM = 0.5  # share of uniform numbers beside a synthesizer's: it finds one trick a round


class Placer(Protocol):
    """A synthesizer: numbers (B, 4) from -1 to 1 for the first cut-outs of plans."""

    def numbers(self, plans: Sequence[CompositePlan], seed: int) -> NDArray[np.float32]: ...


@dataclass(frozen=True, eq=False)
class Proposer:
    """How composites are drawn. kinds: of which one is drawn for each; seed, turn: of the random streams, turn is the
    number of the round; placer: for `learned`; seams: whether there are patches where nobody is."""

    stage: Stage
    body: Body
    target: Target | None
    proposing: Proposing
    seed: int
    turn: int = 0
    kinds: tuple[Kind, ...] = KINDS
    placer: Placer | None = None
    seams: bool = True

    def composites(self, numbers: Sequence[int]) -> list[tuple[Composite, float]]:
        """Composites of these numbers with the target's losses, NaN without a target. A composite depends on seed,
        round and its number alone."""
        tried = OF_HARD if self.proposing == "hard" else 1
        made = [self._one(number, attempt) for number in numbers for attempt in range(tried)]
        if self.target is None:
            return [(one, float("nan")) for one in made[::tried]]
        losses = self.target([AskedPerson(one.image, one.people, one.asked) for one in made])
        grouped = losses.reshape(len(numbers), tried)
        worst = np.nan_to_num(grouped, nan=-np.inf).argmax(axis=1)  # NaN: a loss that is not known
        return [(made[i * tried + k], float(grouped[i, k])) for i, k in enumerate(worst.tolist())]

    def _one(self, number: int, attempt: int) -> Composite:
        rng = np.random.default_rng([self.seed, self.turn, number, attempt])
        kind = self.kinds[rng.integers(len(self.kinds))]
        placer = self.placer if self.placer is not None and rng.random() >= UNIFORM else None
        for trial in range(TRIES):
            plan = draw_plan(self.stage, [kind], rng, self.seams)
            if placer is not None and trial < TRIES // 2:  # later ones are uniform, as it may leave the range
                plan = plan.with_numbers(placer.numbers([plan], int(rng.integers(2**31)))[0])
            composite = compose(plan, self.body)
            if composite is not None:
                return composite
        raise FitloopError(
            f"composite {number}: {TRIES} plans of kind '{kind}' left its range, as where all people are cut or the "
            "photos are small. Leave this kind out of --kinds, or give more people."
        )
