"""The yardstick: SPIN's SMPLify beside ours, on the same body, prior, keypoints and starts, in one run.

python -m tests.benchmarks.fitting [--json] [--device cuda] [--drag] [--alternatives] [--starts [CHECKPOINT]]
"""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from core.body import load_body
from core.body.keypoints import SPIN_MODEL_LAYOUT
from core.body.model import Body, BodyParams
from core.fitting import SPIN_WEIGHTS, FitConfig, FitStep, alternatives, fit
from core.fitting.prior import PosePrior, default_prior
from tests.benchmarks.shared import starts
from tests.benchmarks.shared.machine import machine
from tests.benchmarks.shared.people import captured_people, real_people, smpl_sized
from tests.benchmarks.shared.spin_smplify import (
    CENTER,
    FOCAL,
    MeshKeypoints,
    fit_as_spin,
    objective,
    spin_confidence,
)
from train.run.parser import CommandLine

OURS = replace(SPIN_WEIGHTS, soft_iterations=3, iterations=6, placing_iterations=0)
DRAG = FitConfig(soft_iterations=0, iterations=3, placing_iterations=0, tolerance=0.0)
DRAG_MOVES = 200
SPIN_REPEATS = 2  # the first warms up
SINGLES = 16  # captured people who are fitted one at a time: one alone may be an easy one


@dataclass(frozen=True)
class Row:
    """One comparison. seconds are the best of the repeats (a person's mean where they were fitted one at a time);
    better: share of samples where ours ends no higher."""

    people: str
    batch: int
    spin_s: float
    ours_s: float
    ratio: float
    ours_fits_per_s: float
    spin_objective: float
    ours_objective: float
    better: float
    peak_mb: float


def ours(body: Body, keypoints: Tensor, start: BodyParams) -> BodyParams:
    """Our fit of SPIN's objective, in SPIN's crop."""
    batch = len(keypoints)
    seen = torch.cat([keypoints[..., :2], spin_confidence(keypoints)[..., None]], dim=2)
    focal, center = seen.new_full((batch,), FOCAL), seen.new_full((batch, 2), CENTER)
    return last(fit(body, seen, SPIN_MODEL_LAYOUT, focal, center, start, OURS)).params.to(keypoints.device)


def last(steps: object) -> FitStep:
    """The end of a fit."""
    *_, step = steps  # type: ignore[misc]
    return step


def compare(
    people: str, body: Body, keypoints: Tensor, start: BodyParams, at_once: int, repeats: int, with_spin: bool
) -> Row:
    """Time both on all people, `at_once` of them at a time, and judge both ends by SPIN's own objective."""
    prior = default_prior(body.v_template.device, body.v_template.dtype)
    mesh = MeshKeypoints(body)
    parts = [slice(first, first + at_once) for first in range(0, len(keypoints), at_once)]
    ours_s, spin_s = 0.0, 0.0 if with_spin else float("nan")
    ours_values, spin_values = [], []
    for part in parts:
        seen, begin = keypoints[part], start[part]
        seconds, end = timed(lambda seen=seen, begin=begin: ours(body, seen, begin), repeats, body)
        ours_s += seconds / len(parts)
        ours_values.append(judged(mesh, end, seen, prior))
        if with_spin:
            seconds, end = timed(
                lambda seen=seen, begin=begin: fit_as_spin(mesh, seen, begin, prior), SPIN_REPEATS, body
            )
            spin_s += seconds / len(parts)
            spin_values.append(judged(mesh, end, seen, prior))
    ours_value = torch.cat(ours_values)
    spin_value = torch.cat(spin_values) if with_spin else torch.full_like(ours_value, torch.nan)
    return Row(
        people=people,
        batch=at_once,
        spin_s=spin_s,
        ours_s=ours_s,
        ratio=spin_s / ours_s,
        ours_fits_per_s=at_once / ours_s,
        spin_objective=float(spin_value.mean()),
        ours_objective=float(ours_value.mean()),
        better=float((ours_value <= spin_value * (1 + 1e-6)).float().mean()),
        peak_mb=peak_mb(body),
    )


@torch.no_grad()
def judged(mesh: MeshKeypoints, params: BodyParams, keypoints: Tensor, prior: PosePrior) -> Tensor:
    """SPIN's objective (B,) through the mesh."""
    return objective(mesh(params), params, keypoints, prior)


def timed(run: Callable[[], BodyParams], repeats: int, body: Body) -> tuple[float, BodyParams]:
    """The best time of a few runs [s], and what they gave."""
    cuda = body.v_template.is_cuda
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        end = run()
        if cuda:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return best, end


def peak_mb(body: Body) -> float:
    if body.v_template.is_cuda:
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def real_starts(body: Body, keypoints: Tensor) -> BodyParams:
    """The mean pose, turned and placed: where a fit without a network begins."""
    batch = len(keypoints)
    focal, center = keypoints.new_full((batch,), FOCAL), keypoints.new_full((batch, 2), CENTER)
    config = replace(SPIN_WEIGHTS, search_iterations=0, iterations=0)
    return last(fit(body, keypoints, "spin49", focal, center, config=config)).params.to(keypoints.device)


def yardstick(body: Body, data: Path, device: str, batches: list[int], repeats: int) -> list[Row]:
    """Captured poses in every batch size, and the real photos in one batch and, on a CPU, one by one."""
    rows = []
    for batch in batches:
        count = SINGLES if batch == 1 else batch
        keypoints, start = captured_people(body.to("cpu"), data / "mocap_poses.npz", count, noise_px=2.0)
        keypoints, start = keypoints.to(device), start.to(device)
        rows.append(compare("captured", body, keypoints, start, batch, repeats, with_spin=batch <= 1024))
    keypoints = real_people(data / "photos").to(device)
    start = real_starts(body, keypoints)
    for at_once in (len(keypoints),) if body.v_template.is_cuda else (1, len(keypoints)):
        rows.append(compare("photos", body, keypoints, start, at_once, repeats, with_spin=True))
    return rows


def drag(body: Body, data: Path) -> dict[str, float]:
    """200 mouse moves of a wrist of a real person, three warm iterations each [ms]."""
    keypoints = real_people(data / "photos")[:1]
    focal, center = torch.tensor([FOCAL]), torch.full((1, 2), CENTER)
    params = last(fit(body, keypoints, "spin49", focal, center)).params
    times = []
    for move in range(DRAG_MOVES):
        angle = torch.tensor(2 * torch.pi * move / 60)
        moved = keypoints.clone()
        moved[:, 7, :2] += 20 * torch.stack([angle.cos() - 1, angle.sin()])
        began = time.perf_counter()
        params = last(fit(body, moved, "spin49", focal, center, params, DRAG)).params
        times.append(1e3 * (time.perf_counter() - began))
    spread = torch.tensor(times)
    return {"median_ms": float(spread.median()), "p95_ms": float(spread.quantile(0.95)), "moves": DRAG_MOVES}


def other_bodies(body: Body, data: Path, repeats: int) -> dict[str, float]:
    """Alternatives to the fit of a real person, by 32 starts as one batch [ms]."""
    keypoints = real_people(data / "photos")[:1]
    camera = torch.tensor([FOCAL]), torch.full((1, 2), CENTER)
    found = last(fit(body, keypoints, "spin49", *camera)).params
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        alternatives(body, keypoints, "spin49", *camera, guess=found)
        times.append(1e3 * (time.perf_counter() - began))
    return {"best_ms": min(times), "median_ms": statistics.median(times)}


def main() -> None:
    parser = CommandLine("tests.benchmarks.fitting", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, nargs="*", default=None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--blend-shapes", action="store_true", help="give the body random pose blend shapes")
    parser.add_argument("--drag", action="store_true")
    parser.add_argument("--alternatives", action="store_true", help="time other bodies for one person")
    parser.add_argument(
        "--starts", nargs="?", const="", help="what a start from nothing, the lifter or a checkpoint is worth"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    body = smpl_sized(load_body(), options.blend_shapes).to(options.device)
    batches = options.batch or ([1, 64] if options.device == "cpu" else [64, 1024, 4096])
    result: dict[str, object] = {"machine": machine(options.device)}
    if options.drag:
        result["drag"] = drag(load_body(), options.data)
    elif options.alternatives:
        result["alternatives"] = other_bodies(load_body(), options.data, 4 * options.repeats)
    elif options.starts is not None:
        result["starts"] = starts.table(options.data / "photos", options.starts or None)
    else:
        rows = yardstick(body, options.data, options.device, batches, options.repeats)
        result["rows"] = [vars(row) for row in rows]
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
