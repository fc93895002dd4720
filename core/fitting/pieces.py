"""Many people are fitted in pieces of bounded size, one after the other: a solver's state takes 60 kB a start.

People do not depend on each other, so the results are those of the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from core.body.keypoint_body import params_to_vector, vector_to_params
from core.body.model import Body, BodyParams
from core.fitting.config import FitConfig
from core.fitting.inputs import Observed
from core.fitting.problem import Problem
from core.fitting.solver import SolverStep

AT_ONCE = {"cpu": 512, "cuda": 8192}  # people: 0.3 GB and 5 GB


def people_at_once(device: torch.device) -> int:
    """The size of a piece on a device."""
    return AT_ONCE.get(device.type, AT_ONCE["cpu"])


def pieces_of(observed: Observed) -> Iterator[slice]:
    """The pieces of a batch in which somebody can be fitted."""
    count = len(observed.xy)
    size = people_at_once(observed.xy.device)
    for start in range(0, count, size):
        rows = slice(start, min(start + size, count))
        if not all(person in observed.faults for person in range(rows.start, rows.stop)):
            yield rows


def part_of(guess: BodyParams | None, rows: slice, people: int) -> BodyParams | None:
    """The guesses of some of the people; each person has the same number of them in a row."""
    if guess is None:
        return None
    given = params_to_vector(guess)
    each = max(len(given) // people, 1)
    return vector_to_params(given[rows.start * each : rows.stop * each])


def begun(
    body: Body, observed: Observed, layout: str, config: FitConfig, guess: BodyParams | None
) -> SolverStep:
    """A step of all people at their first start, before any piece was fitted: loss and report are infinite."""
    count, size = len(observed.xy), people_at_once(observed.xy.device)
    parts = []
    for start in range(0, count, size):
        rows = slice(start, min(start + size, count))
        problem = Problem.of(body, _rows_of(observed, rows), layout, config)
        parts.append(problem.starts(part_of(guess, rows, count))[:, 0])
    unknowns = torch.cat(parts)
    none = torch.full_like(unknowns[:, 0], torch.inf)
    report = none[:, None].repeat(1, len(problem.terms) + observed.xy.shape[1])
    return SolverStep(0, unknowns, none, report, none < 0)


def with_piece(whole: SolverStep, rows: slice, piece: SolverStep, iteration: int) -> SolverStep:
    """A step of all people, of whom the piece's are where the piece's step has them."""

    def put(all_people: Tensor, some: Tensor) -> Tensor:
        changed = all_people.clone()
        changed[rows] = some.to(changed)
        return changed

    return replace(
        whole,
        iteration=iteration,
        unknowns=put(whole.unknowns, piece.unknowns),
        loss=put(whole.loss, piece.loss),
        report=put(whole.report, piece.report),
        accepted=put(whole.accepted, piece.accepted),
    )


def _rows_of(observed: Observed, rows: slice) -> Observed:
    return Observed(
        observed.xy[rows],
        observed.confidence[rows],
        observed.focal_length[rows],
        observed.camera_center[rows],
        observed.weak[rows],
        {},
    )
