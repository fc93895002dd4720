"""Recorded iterations: the solver's arithmetic as TorchScript graphs, for batches too small to keep a CPU busy.

For one person an iteration is some 250 operations on tiny tensors, and most of its time goes to Python and autograd's
bookkeeping between them. Recording costs about 50 ms, once for each objective and batch size; what is computed is the
same.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

import torch
from torch import Tensor

from core.fitting.objective import Objective
from core.fitting.solver import Linearise, Linearised, State, attempt

RECORDED_BATCH = 4  # people; above that the arithmetic is what takes the time
OFTEN = 6  # fits; the next may follow a mouse
_KEPT = 64
Graph = Callable[..., tuple[Tensor, ...]]
_recording = Lock()
_recordings: OrderedDict[Hashable, tuple[Objective, Graph]] = OrderedDict()
_asked: OrderedDict[Hashable, int] = OrderedDict()


class Replay:
    """An objective that is called through its recording where the batch is small, and directly elsewhere."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective

    def __call__(self, unknowns: Tensor, *data: Tensor) -> Linearised:
        if not _worth_it(unknowns):
            return self._objective(unknowns, *data)
        return Linearised(*self._replay("linearise", self._objective, (unknowns, *data)))

    def attempt(self, state: State, moves: Tensor, data: tuple[Tensor, ...]) -> State:
        """What the solver's `attempt` does."""
        if not _worth_it(state.unknowns):
            return attempt(self._objective, state, moves, data)
        parts = len(state)

        def flat(*tensors: Tensor) -> tuple[Tensor, ...]:
            return attempt(self._objective, State(*tensors[:parts]), tensors[parts], tensors[parts + 1 :])

        return State(*self._replay("attempt", flat, (*state, moves, *data)))

    def _replay(self, what: str, function: Graph, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        key = (what, self._objective.key, inputs[0].dtype, *(part.shape for part in inputs))
        with _recording:  # one at a time: tracing changes how the whole process warns
            if key not in _recordings:
                # The objective is kept with its recording: its key names parts by identity, not to be reused.
                _recordings[key] = (self._objective, _record(function, inputs))
            _recordings.move_to_end(key)
            graph = _recordings[key][1]
            if len(_recordings) > _KEPT:
                _recordings.popitem(last=False)
        with torch.inference_mode():
            return graph(*inputs)


def asked_often(objective: Objective) -> bool:
    """Whether the same was asked for so often that its recording pays: while somebody drags, say. Counts each call."""
    with _recording:
        count = _asked.pop(objective.key, 0) + 1
        _asked[objective.key] = count
        if len(_asked) > _KEPT:
            _asked.popitem(last=False)
    return count > OFTEN


def replayed(linearise: Linearise, state: State, moves: Tensor, data: tuple[Tensor, ...]) -> State:
    """The solver's `attempt` for a Replay."""
    assert isinstance(linearise, Replay)
    return linearise.attempt(state, moves, data)


def _worth_it(unknowns: Tensor) -> bool:
    return len(unknowns) <= RECORDED_BATCH and not unknowns.is_cuda


def _record(function: Graph, inputs: tuple[Tensor, ...]) -> Graph:
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")  # sizes become constants: that is what the key is for
        copies = tuple(part.clone() for part in inputs)
        return torch.jit.trace(lambda *tensors: tuple(function(*tensors)), copies, check_trace=False)
