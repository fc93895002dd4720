"""CUDA graphs: repeated work on a GPU as a single call.

A step of a small network, or of a fit, is hundreds of short kernels, and starting them takes a processor longer than
running them takes the GPU. Recorded once as a CUDA graph, they are started together. Within `fusing` torch's compiler
also makes fewer of them before, which takes some ten seconds a recording after an installation, then one.
"""

from __future__ import annotations

import logging
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor

_LADDER = 1024  # rows: up to here sizes are powers of two and the halves between …
_STEP = 256  # … and then multiples of this
_KEPT = 8  # recordings of one function
_FUSED = 256  # most recordings of one function that the compiler makes in a process
_REHEARSALS = 3  # before recording: workspaces that torch makes at first use must not be recorded

Result = TypeVar("Result")
Tensors = tuple[Tensor, ...]

_fusing: ContextVar[bool] = ContextVar("fusing", default=False)
_log = logging.getLogger(__name__)


@contextmanager
def fusing() -> Iterator[None]:
    """Within this block recordings on a GPU are compiled first, for work that goes on for hours.
    TORCH_COMPILE_DISABLE=1 in the environment turns this off. If the compiler fails, the work is recorded uncompiled
    and the log says so."""
    before = _fusing.set(True)
    try:
        yield
    finally:
        _fusing.reset(before)


def recorded(work: Callable[[], Result], device: torch.device) -> Callable[[], Result]:
    """The same work; on a GPU it fills the same tensors at every call, those of its one recorded result.

    The work must not wait for the GPU: no `.item()`, no list as an index, nothing copied from the CPU. Numbers drawn
    from torch's generator are new at each call.
    """
    if device.type != "cuda":
        return work
    with torch.cuda.device(device):
        work = _fused(work) if _fusing.get() else work
        aside, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_REHEARSALS):
                work()
        torch.cuda.current_stream().wait_stream(aside)
        # Other threads, such as a loader's, go on using the GPU meanwhile.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            result = work()

    def again() -> Result:
        graph.replay()
        return result

    return again


def _fused(work: Callable[[], Result]) -> Callable[[], Result]:
    """The same work in fewer kernels."""
    work()  # constants that are made at first use must be there, or they would be part of it
    try:
        torch._dynamo.config.recompile_limit = _FUSED
        fused = torch.compile(work, fullgraph=True, dynamic=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that full precision is slower is known
            fused()
    except Exception as error:  # of whatever kind: what cannot be compiled can be recorded
        why = str(error).partition("\n")[
            0
        ]  # what follows is the compiler's own story, the same for each recording
        _log.warning("Not fused for the GPU, so training takes longer: %s: %s", type(error).__name__, why)
        return work
    return fused


@dataclass(frozen=True, eq=False)
class Rowwise:
    """A function of tensors (B, ...) that treats rows one by one, called by one thread; on a GPU it is recorded once
    for each of few sizes. The work must not wait for the GPU, as in `recorded`."""

    work: Callable[..., Tensors]
    _held: OrderedDict[tuple[Hashable, int], tuple[Tensors, Callable[[], Tensors]]] = field(
        default_factory=OrderedDict
    )

    def __call__(self, *parts: Tensor) -> Tensors:
        rows, device = len(parts[0]), parts[0].device
        if device.type != "cuda":
            return self.work(*parts)
        kind = (device, *((part.shape[1:], part.dtype) for part in parts))
        size = size_for(rows, [size for other, size in self._held if other == kind])
        if (kind, size) not in self._held:
            self._held[kind, size] = self._record(parts, size)
        self._held.move_to_end((kind, size))
        held, again = self._held[kind, size]
        while len(self._held) > _KEPT:
            self._held.popitem(last=False)
        put(parts, [place[:rows] for place in held])
        return copies(part[:rows] for part in again())

    def _record(self, parts: Tensors, size: int) -> tuple[Tensors, Callable[[], Tensors]]:
        held = tuple(filled(part, size) for part in parts)
        return held, recorded(lambda: self.work(*held), parts[0].device)


def put(values: Sequence[Tensor], places: Sequence[Tensor]) -> None:
    """Copy each value into its place, those of one dtype at once: a kernel that is started by itself takes a processor
    longer than it takes the GPU."""
    filled_places = [at for at, place in enumerate(places) if place.numel()]
    for dtype in {places[at].dtype for at in filled_places}:
        chosen = [at for at in filled_places if places[at].dtype == dtype]
        torch._foreach_copy_([places[at] for at in chosen], [values[at] for at in chosen])


def copies(parts: Iterable[Tensor]) -> Tensors:
    """Copies that share no memory."""
    found = tuple(parts)
    own = tuple(torch.empty_like(part) for part in found)
    put(found, own)
    return own


def size_for(rows: int, recorded: Sequence[int]) -> int:
    """How many rows to record for, or which of the recorded sizes serves: within `fusing` any that is large enough."""
    enough = [size for size in recorded if size >= rows] if _fusing.get() else []
    return min(enough, default=rounded(rows))


def rounded(rows: int) -> int:
    """The next of a few sizes, so that few recordings serve: at most a third of the rows are padding."""
    if rows > _LADDER:
        return -(-rows // _STEP) * _STEP
    power = 1 << (rows - 1).bit_length()
    return power * 3 // 4 if power >= 4 and rows <= power * 3 // 4 else power


def filled(part: Tensor, size: int) -> Tensor:
    """Rows (B, ...), then the first of them again and again, (size, ...)."""
    return torch.cat([part, part[:1].expand(size - len(part), *part.shape[1:])])
