"""Many people are fitted in pieces of bounded size, one after the other: a solver's state takes 60 kB a start.

People do not depend on each other, so the results are those of the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.body.keypoint_body import params_to_vector, vector_to_params
from core.body.model import Body, BodyParams
from core.fitting.config import FitConfig
from core.fitting.inputs import Observed
from core.fitting.problem import Problem
from core.fitting.solver import SolverStep

AT_ONCE = {"cpu": 512, "cuda": 8192}  # people: 0.3 GB and 5 GB


@dataclass(frozen=True, eq=False)
class PiecedStep:
    """A solver's step of all people, from a step of each piece. Steps share the pieces that did not change."""

    iteration: int
    pieces: tuple[SolverStep, ...]

    @property
    def unknowns(self) -> Tensor:
        return torch.cat([piece.unknowns for piece in self.pieces])

    @property
    def loss(self) -> Tensor:
        return torch.cat([piece.loss for piece in self.pieces])

    @property
    def report(self) -> Tensor:
        return torch.cat([piece.report for piece in self.pieces])

    @property
    def accepted(self) -> Tensor:
        return torch.cat([piece.accepted for piece in self.pieces])

    def with_piece(self, number: int, piece: SolverStep | PiecedStep, iteration: int) -> PiecedStep:
        """The same with another step of one piece."""
        assert isinstance(piece, SolverStep)
        return PiecedStep(iteration, (*self.pieces[:number], piece, *self.pieces[number + 1 :]))


def people_at_once(device: torch.device) -> int:
    """The size of a piece on a device."""
    return AT_ONCE.get(device.type, AT_ONCE["cpu"])


def pieces_of(observed: Observed) -> Iterator[tuple[int, slice]]:
    """Number and people of each piece of a batch in which somebody can be fitted."""
    count = len(observed.xy)
    size = people_at_once(observed.xy.device)
    for start in range(0, count, size):
        rows = slice(start, min(start + size, count))
        if not all(person in observed.faults for person in range(rows.start, rows.stop)):
            yield start // size, rows


def part_of(guess: BodyParams | None, rows: slice, people: int) -> BodyParams | None:
    """The guesses of some of the people; each person has the same number of them in a row."""
    if guess is None:
        return None
    given = params_to_vector(guess)
    each = max(len(given) // people, 1)
    return vector_to_params(given[rows.start * each : rows.stop * each])


def begun(
    body: Body, observed: Observed, layout: str, config: FitConfig, guess: BodyParams | None
) -> PiecedStep:
    """All people at their first start, before any piece was fitted: loss and report are infinite."""
    count, size = len(observed.xy), people_at_once(observed.xy.device)
    parts = []
    for start in range(0, count, size):
        rows = slice(start, min(start + size, count))
        problem = Problem.of(body, _rows_of(observed, rows), layout, config)
        unknowns = problem.starts(part_of(guess, rows, count))[:, 0]
        none = torch.full_like(unknowns[:, 0], torch.inf)
        report = none[:, None].expand(-1, len(problem.terms) + observed.xy.shape[1])
        parts.append(SolverStep(0, unknowns, none, report, none < 0))
    return PiecedStep(0, tuple(parts))


def _rows_of(observed: Observed, rows: slice) -> Observed:
    return Observed(
        observed.xy[rows],
        observed.confidence[rows],
        observed.focal_length[rows],
        observed.camera_center[rows],
        observed.weak[rows],
        {},
    )
