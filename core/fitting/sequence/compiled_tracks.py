"""Levenberg-Marquardt on tracks as machine code on the CPU, frames shared out to threads.

track_solver.py computes the same in tensors, on any device and in any precision; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from core.body.compiled.posing import SHAPE
from core.compute.machine_code import Floats
from core.fitting.compiled.tries import at_once
from core.fitting.sequence import track_kernels, track_step
from core.fitting.sequence.track_problem import TrackProblem
from core.fitting.sequence.track_solver import TrackSolverStep
from core.fitting.sequence.track_tables import (
    SHARED_NUMBERS,
    FrameRoom,
    TrackRoom,
    TrackTable,
    frame_room,
    track_room,
    track_table,
)
from core.fitting.solver import LEAST_GAIN, next_damping
from core.fitting.terms.term import Observation

FRAMES_A_THREAD = 12  # for fewer, starting a thread takes longer than the work


def compiled_track_tries(
    problem: TrackProblem,
    start: Tensor,
    free_unknowns: Tensor,
    iterations: int,
    damping: float,
    tolerance: float,
) -> Iterator[TrackSolverStep]:
    """As solve_tracks, from start (P, T, 86), a float32 tensor of the CPU."""
    tracks = [_Track.of(problem, start, track, free_unknowns, damping) for track in range(len(start))]
    yield _step_of(0, tracks)
    for iteration in range(1, iterations + 1):
        gains = [track.attempt() for track in tracks]
        yield _step_of(iteration, tracks)
        if all(gain is not None and gain < tolerance for gain in gains):
            return


def _step_of(iteration: int, tracks: list[_Track]) -> TrackSolverStep:
    unknowns, report = (
        torch.from_numpy(np.stack([getattr(track.room, name) for track in tracks]))
        for name in ("unknowns", "report")
    )
    return TrackSolverStep(
        iteration, unknowns, torch.tensor([track.loss for track in tracks]).float(), report
    )


@dataclass(eq=False)
class _Track:
    """One track between two tries."""

    table: TrackTable
    room: TrackRoom
    threads: list[FrameRoom]
    strength: Tensor
    growth: Tensor
    loss: float = np.inf
    sloped: bool = False  # whether gradients and Hessians are those of the unknowns

    @classmethod
    def of(cls, problem: TrackProblem, start: Tensor, track: int, free: Tensor, damping: float) -> _Track:
        table, frames = track_table(problem, track, free), start.shape[1]
        keypoints = Observation.of(problem.data).seen.xy.shape[1]
        reported = len(problem.goal.terms) + keypoints
        count = max(1, min(torch.get_num_threads(), frames // FRAMES_A_THREAD))
        threads = [frame_room(table, reported) for _ in range(count)]
        room = track_room(start[track].numpy(), reported)
        made = cls(table, room, threads, torch.tensor([damping]), torch.tensor([2.0]))
        made._slope()
        return made

    def attempt(self) -> float | None:
        """One try; returns the share of the loss that it gained, None if it was rejected."""
        if not self.sloped:
            self._slope()
        room, step = self.room, np.empty_like(self.room.unknowns)
        promised = self._damped_step(step)
        before, report = room.unknowns.copy(), room.report.copy()
        np.add(before, step, out=room.unknowns)
        loss = self._look(slopes=False) if promised > 0 else np.inf
        gain = self.loss - loss
        ratio = gain / promised if promised > 0 else 0.0
        accepted = gain > 0 and ratio > LEAST_GAIN
        self.strength, self.growth = next_damping(
            self.strength, self.growth, torch.tensor([ratio]), torch.tensor([accepted])
        )
        if not accepted:
            room.unknowns[:], room.report[:] = before, report
            return None
        share, self.loss, self.sloped = gain / self.loss, loss, False
        return share

    def _slope(self) -> None:
        """Loss, gradients and Hessians at the unknowns."""
        self.loss, self.sloped = self._look(slopes=True), True
        self._share_out(partial(track_kernels.link_frames, self.table, self.room))

    def _look(self, slopes: bool) -> float:
        table, room = self.table, self.room
        self._share_out(partial(track_kernels.frame_losses, table, room, slopes))
        between = track_kernels.pulls_between(table.pulls, room.places, room.pulls, slopes)
        betas = room.unknowns[int(table.free.argmax()), SHAPE : SHAPE + SHARED_NUMBERS]
        return float(room.losses.sum(dtype=np.float64) + between + (table.shape * betas**2).sum())

    def _damped_step(self, step: Floats) -> float:
        """Write the step (T, 86). Returns the decrease of the loss that the quadratic model predicts, 0 for no step."""
        strength = float(self.strength)
        self._share_out(partial(track_step.damp_frames, self.table, self.room, strength))
        corner = np.empty((SHARED_NUMBERS, SHARED_NUMBERS + 1), np.float32)
        common = np.empty(SHARED_NUMBERS, np.float32)
        return track_step.step_track(self.table, self.room, strength, corner, common, step)

    def _share_out(self, work: Callable[[FrameRoom, int, int], None]) -> None:
        """Work on all frames, a run of them in each thread."""
        frames, count = len(self.room.unknowns), len(self.threads)
        bounds = [frames * share // count for share in range(count + 1)]
        at_once(work, self.threads, bounds[:-1], bounds[1:])
