"""Solver tries of a batch on a GPU as CUDA graphs: recorded once for an objective and a batch size, then replayed.

The tries are those of core/fitting/solver.py. A try is some 230 short kernels. Starting them one by one takes a
processor some milliseconds for any batch size.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock

import torch
from torch import Tensor

from core.compute.cuda_graphs import Tensors, copies, filled, put, recorded, size_for
from core.fitting.objective import Objective
from core.fitting.solver import Linearised, SolverStep, State, Tries, attempt
from core.fitting.terms.term import SHARED

_KEPT = 8  # recordings kept, each with the memory of its arithmetic


@dataclass(frozen=True, eq=False)
class Recording:
    """The tensors that the graphs read and write: data and moves of each fit, and the state of its people.

    look: linearise at the start; try_once: the solver's `attempt`. objective: kept alive, as its key names parts by
    identity.
    """

    objective: Objective
    data: Tensors
    moves: Tensor
    state: State
    look: Callable[[], None]
    try_once: Callable[[], None]

    def begin(self, start: Tensor, data: Tensors, free: Tensor | None, damping: float) -> None:
        """Set people (B, ...) to their start; the remaining rows are unused and keep their values."""
        people = len(start)
        held = [part if _is_shared(place) else part[:people] for place, part in enumerate(self.data)]
        put([*data, start], [*held, self.state.unknowns[:people]])
        self.moves.copy_(torch.ones_like(self.moves) if free is None else free)
        self.state.strength.fill_(damping)
        self.state.growth.fill_(2.0)
        self.look()
        self.state.accepted.fill_(True)


_free: OrderedDict[tuple[Hashable, int], Recording] = OrderedDict()
_changing = Lock()


def graphed_tries(
    objective: Objective, data: Tensors, start: Tensor, free: Tensor | None, damping: float
) -> Tries:
    """The start (B, 86) and every try after it, without end. data: as Observation.tensors gives it."""
    people = len(start)
    with _lent(objective, data, start) as recording:
        recording.begin(start, data, free, damping)
        state = recording.state
        for iteration in count():
            parts = (state.unknowns, state.loss, state.report, state.accepted)
            yield SolverStep(iteration, *copies(part[:people] for part in parts))
            recording.try_once()


@contextmanager
def _lent(objective: Objective, data: Tensors, start: Tensor) -> Iterator[Recording]:
    """A recording for exclusive use: its tensors hold the state of one fit."""
    shapes = (len(data), *(part.shape for part in data[SHARED]), data[0].shape[1:])
    kind = (_meaning(objective), start.device, start.dtype, shapes)
    with _changing:
        size = size_for(len(start), [size for other, size in _free if other == kind])
        recording = _free.pop((kind, size), None)
    recording = recording or _record(objective, data, start, size)
    try:
        yield recording
    finally:
        with _changing:
            _free[kind, size] = recording
            while len(_free) > _KEPT:
                _free.popitem(last=False)


def _is_shared(place: int) -> bool:
    """True if this tensor of an observation is shared by all people (a table of wishes), without a row per person."""
    return SHARED.start <= place < SHARED.stop


def _meaning(objective: Objective) -> Hashable:
    """A key that is equal for objectives with equal results for any input."""
    goal = objective.goal
    return id(objective.body), id(goal.prior), replace(goal.config, wishes=()), goal.softness, goal.terms


@torch.no_grad()
def _record(objective: Objective, data: Tensors, start: Tensor, size: int) -> Recording:
    with torch.inference_mode(False):
        held = tuple(
            part.clone() if _is_shared(place) else filled(part, size) for place, part in enumerate(data)
        )
        unknowns = filled(start, size)
        here = objective(unknowns, *held)
        strength = torch.ones_like(here.loss)
        loss, gradient, hessian, report = (part.clone() for part in here)
        state = State(unknowns, loss, gradient, hessian, report, strength, strength.clone(), strength > 0)
        moves = torch.ones_like(unknowns[0])

        def look() -> None:
            _put(objective(state.unknowns, *held), Linearised(*state[1:5]))

        def try_once() -> None:
            _put(attempt(lambda there: objective(there, *held), state, moves), state)

        device = start.device
        return Recording(objective, held, moves, state, recorded(look, device), recorded(try_once, device))


def _put(values: Tensors, places: Tensors) -> None:
    for value, place in zip(values, places, strict=True):
        place.copy_(value)
