"""Captured sequences seen by a detector: fits frame by frame, smoothed afterwards, and over time.

python -m tests.benchmarks.sequences [--split val] [--moving] [--runs 34] [--cost 100 1000 10000] [--window]

Poses: runs of at least 24 near neighbours of ../shared/data/mocap_poses.npz. Errors are means over the runs' frames.
"corrected": one frame in 30 is locked at its true body. Acceleration: of joints from the pelvis, mm/frame². Flips:
share of upper and lower arms and legs whose depth has the wrong sign by more than 30 degrees. --cost: frames a second
of one track of so many frames; --window: a drag within 30 frames.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from core.body.keypoint_body import (
    BETAS_COLUMNS,
    CAM_T_COLUMNS,
    KID_COLUMN,
    POSE_COLUMNS,
    KeypointBody,
    params_to_vector,
    vector_to_params,
)
from core.body.model import Body, BodyParams, load_body
from core.body.tree import joint_index
from core.fitting import TRUSTING, fit
from core.fitting.sequence.choice import choose_over_time
from core.fitting.sequence.sightings import Sighting, fit_over_time
from core.fitting.sequence.track_config import TrackConfig
from core.fitting.sequence.track_fit import SeenTracks, fit_tracks
from core.metrics import mpjpe_mm, pa_mpjpe_mm
from core.networks.lifter.lift import LifterGuess, lift, load_lifter
from core.records import BBox, Guess, Keypoints, Person, Photo
from tests.benchmarks.shared.captured_runs import (
    FOCAL,
    HEIGHT,
    LAYOUT,
    WIDTH,
    CapturedRun,
    captured_runs,
)
from train.run.parser import CommandLine

EVERY = 30  # frames to a corrected one
LIMBS = [
    (joint_index(f"{side}_{a}"), joint_index(f"{side}_{b}"))
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
FLIP = np.sin(np.radians(30))


@dataclass(frozen=True, eq=False)
class Measured:
    """A run with its guesses and fits frame by frame, each with its joints (T, 24, 3)."""

    run: CapturedRun
    lifted: LifterGuess
    single: BodyParams


class Joints:
    """Joints (T, 24, 3) [m] of bodies."""

    def __init__(self, body: Body) -> None:
        self._table = KeypointBody.from_body(body, LAYOUT)

    def __call__(self, params: BodyParams) -> Tensor:
        return self._table.joints(params_to_vector(params))[1]


def measured(body: Body, run: CapturedRun, lifter: torch.nn.Module) -> Measured:
    lifted = lift(lifter, body, run.keypoints, LAYOUT, *run.lens)
    *_, step = fit(body, run.keypoints, LAYOUT, *run.lens, lifted.params, TRUSTING)
    return Measured(run, lifted, step.params)


def start_of(one: Measured, joints: Joints) -> BodyParams:
    """The hypotheses that time chooses."""
    frames, rows = len(one.run), params_to_vector(one.lifted.hypotheses)
    rows = rows.view(frames, -1, rows.shape[1])
    places = joints(one.lifted.hypotheses).view(frames, rows.shape[1], -1, 3)
    there = torch.ones(rows.shape[:2], dtype=torch.bool)
    chosen = choose_over_time(places, one.lifted.probability, seconds_of(one.run), there)
    return vector_to_params(rows[torch.arange(frames), chosen])


def seconds_of(run: CapturedRun) -> Tensor:
    return (run.frames - run.frames[0]).float() / 30


def seen(run: CapturedRun, locked: Tensor, moving: bool) -> SeenTracks:
    """The run as one track; where the camera moves, its motion is known."""
    focal, centre = run.lens
    return SeenTracks(
        run.keypoints[None],
        LAYOUT,
        focal[None],
        centre[None],
        seconds_of(run)[None],
        torch.ones(1, len(run), dtype=torch.bool),
        locked[None],
        run.camera[None] if moving else None,
    )


def over_time(body: Body, one: Measured, start: BodyParams, moving: bool, corrected: bool) -> BodyParams:
    locked = torch.zeros(len(one.run), dtype=torch.bool)
    if corrected:
        locked[len(one.run) % EVERY // 2 :: EVERY] = True
        rows = torch.where(locked[:, None], params_to_vector(one.run.truth), params_to_vector(start))
        start = vector_to_params(rows)
    *_, step = fit_tracks(body, seen(one.run, locked, moving), start, TrackConfig())
    return step.params


def row(found: Tensor, truth: Tensor) -> list[float]:
    """MPJPE, PA-MPJPE [mm], acceleration [mm/frame²] and flips [%] of joints (T, 24, 3)."""
    centred = found - found[:, :1]
    accelerated = (centred[2:] - 2 * centred[1:-1] + centred[:-2]).norm(dim=2).mean() * 1000
    flips = np.mean([_flipped(found, truth, start, end) for start, end in LIMBS])
    errors = mpjpe_mm(found, truth).mean(), pa_mpjpe_mm(found, truth).mean(), accelerated
    return [*(float(each) for each in errors), 100 * float(flips)]


def _flipped(found: Tensor, truth: Tensor, start: int, end: int) -> float:
    lean = [(each[:, end] - each[:, start]) for each in (found, truth)]
    depth = [each[:, 2] / each.norm(dim=1).clamp_min(1e-6) for each in lean]
    wrong = (depth[0] * depth[1] < 0) & (depth[0].abs() > FLIP) & (depth[1].abs() > FLIP)
    return float(wrong.float().mean())


def smoothed(found: Tensor, frames: float) -> Tensor:
    """Joints from the pelvis, by a Gaussian of `frames`."""
    centred = (found - found[:, :1]).numpy()
    return torch.from_numpy(gaussian_filter1d(centred, frames, axis=0))


def table(body: Body, runs: list[CapturedRun], moving: bool) -> dict[str, np.ndarray]:
    lifter, joints = load_lifter(exact=True), Joints(body)
    rows: dict[str, list[list[float]]] = {}
    for run in runs:
        one = measured(body, run, lifter)
        start, truth = start_of(one, joints), joints(run.truth)
        single = joints(one.single)
        found = {
            "truth": truth,
            "guess": joints(one.lifted.params),
            "guess chosen over time": joints(start),
            "frame by frame": single,
            "smoothed, 2 frames": smoothed(single, 2),
            "smoothed, 4 frames": smoothed(single, 4),
            "over time": joints(over_time(body, one, start, moving, False)),
            "over time, corrected": joints(over_time(body, one, start, moving, True)),
        }
        for name, places in found.items():
            rows.setdefault(name, []).append(row(places, truth))
    return {name: np.mean(each, axis=0) for name, each in rows.items()}


def cost(body: Body, run: CapturedRun, frames: int) -> tuple[float, float]:
    """Frames a second, and a second of processor time, of one track of `frames` guesses: a run there and
    back, over and over."""
    lifted = lift(load_lifter(exact=True), body, run.keypoints, LAYOUT, *run.lens).params
    order = np.resize(np.r_[np.arange(len(run)), np.arange(len(run))[::-1]], frames)
    track = [_sighting(body, run, lifted, int(row), frame) for frame, row in enumerate(order)]
    began, processor = perf_counter(), process_time()
    for _ in fit_over_time(body, track):
        pass
    return frames / (perf_counter() - began), frames / (process_time() - processor)


def _sighting(body: Body, run: CapturedRun, lifted: BodyParams, row: int, frame: int) -> Sighting:
    """A frame of a run as a photo with one person and its guess."""
    numbers, centre = params_to_vector(lifted)[row].numpy(), np.array([WIDTH / 2, HEIGHT / 2])
    shape = numbers[BETAS_COLUMNS], float(numbers[KID_COLUMN]), numbers[CAM_T_COLUMNS]
    guess = Guess(numbers[POSE_COLUMNS], *shape, FOCAL, centre, network="lifter", body=body.fingerprint)
    keypoints = Keypoints(LAYOUT, run.keypoints[row, :, :2].numpy(), run.keypoints[row, :, 2].numpy())
    person = Person(frame, BBox(centre, 2.0), keypoints, guess=guess, track=1)
    photo = Photo(f"run_{frame:06}.jpg", WIDTH, HEIGHT, (person,), focal_length=FOCAL)
    return Sighting(photo, person, frame / 30)


def window(body: Body, run: CapturedRun) -> float:
    """Median milliseconds of a drag's moves: the middle keypoints of 30 frames move, and the frames follow."""
    chosen = slice(0, 30)
    short = replace(
        run, keypoints=run.keypoints[chosen], camera=run.camera[chosen], frames=run.frames[chosen]
    )
    start = lift(load_lifter(exact=True), body, short.keypoints, LAYOUT, *short.lens).params
    track, times = seen(short, torch.zeros(len(short), dtype=torch.bool), False), []
    config = replace(TrackConfig(), iterations=1)
    *_, step = fit_tracks(body, track, start, TrackConfig())
    for move in range(30):
        keypoints = track.keypoints.clone()
        keypoints[0, 15, 9, 0] += move
        began = perf_counter()
        *_, step = fit_tracks(body, replace(track, keypoints=keypoints), step.params, config)
        times.append(perf_counter() - began)
    return 1000 * float(np.median(times))


def main() -> int:
    parser = CommandLine("tests.benchmarks.sequences", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/mocap_poses.npz"))
    parser.add_argument("--split", default="test")
    parser.add_argument("--runs", type=int, default=34, help="the first so many")
    parser.add_argument("--moving", action="store_true", help="a hand-held camera, whose motion is known")
    parser.add_argument("--cost", type=int, nargs="*", help="frames a second of tracks of so many frames")
    parser.add_argument("--window", action="store_true", help="milliseconds of a drag within 30 frames")
    given = parser.parse_args()
    body = load_body()
    runs = captured_runs(given.data, given.split, body, given.moving)[: given.runs]
    if given.cost is not None or given.window:
        _print_times(body, max(runs, key=len), given.cost or [], given.window)
        return 0
    frames = sum(map(len, runs))
    print(f"{len(runs)} runs of the split '{given.split}', {frames} frames, moving camera: {given.moving}")
    print(f"{'':24}{'MPJPE':>8}{'PA':>8}{'accel':>8}{'flips %':>8}")
    for name, values in table(body, runs, given.moving).items():
        print(f"{name:24}" + "".join(f"{value:8.1f}" for value in values))
    return 0


def _print_times(body: Body, run: CapturedRun, costs: list[int], drag: bool) -> None:
    if costs:
        cost(body, run, 30)  # compiles, or loads the machine code
        print(f"{'frames':10}{'a second':>12}{'a second of processor time':>30}")
    for frames in costs:
        wall, processor = cost(body, run, frames)
        print(f"{frames:<10}{wall:12.0f}{processor:30.0f}", flush=True)
    if drag:
        print(f"a drag within 30 frames [ms]: {window(body, run):.1f}")


if __name__ == "__main__":
    sys.exit(main())
