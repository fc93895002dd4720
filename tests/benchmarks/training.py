"""What fitting costs of a training step: ours in the loop, and SPIN's own 2 × 100 Adam iterations, in one run.

python -m tests.benchmarks.training [--json] [--device cuda] [--batch 64] [--backbone resnet50] [--steps 5]
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core.body.model import Body, BodyParams, load_body
from core.fitting.prior import default_prior
from core.geometry.camera import weak_camera_to_cam_t
from core.geometry.rotation import matrix_to_axis_angle
from core.store.fits.dictionary import FitsDictionary
from tests.benchmarks.shared.machine import machine
from tests.benchmarks.shared.people import smpl_sized
from tests.benchmarks.shared.spin_smplify import MeshKeypoints, fit_as_spin
from tests.train import making_runs
from train.data.augment import AugmentConfig
from train.data.batches import Batch
from train.data.sources import Sources
from train.methods.spin.config import Config, SpinOptions
from train.methods.spin.in_the_loop import build, regress
from train.methods.spin.method import lesson_of
from train.run.distributed import Processes
from train.run.loop import Learner, Limits, learn
from train.run.method_record import Options, Plan
from train.run.parser import CommandLine


@dataclass(frozen=True)
class Row:
    """Of one way to fit: the step without loading, its fitting, and the share of it; the best of the steps."""

    fit: str
    batch: int
    step_s: float
    fit_s: float
    fit_share: float
    images_per_s: float


def main() -> None:
    parser = CommandLine("tests.benchmarks.training", __doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=0, help="by default 8 on a CPU and 64 on a GPU")
    parser.add_argument("--backbone", default="resnet50")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    batch = options.batch or (8 if options.device == "cpu" else 64)
    config = Config(batch=batch, backbone=options.backbone, precision=options.precision)
    body = smpl_sized(load_body())
    with tempfile.TemporaryDirectory() as folder:
        batch_of = crops(Path(folder), body, batch)
        rows = [ours(config, body, *batch_of, options.device, options.steps)]
        rows.append(as_spin(config, body, *batch_of, options.device))
    result = {
        "machine": machine(options.device),
        "backbone": options.backbone,
        "rows": [vars(row) for row in rows],
    }
    print(json.dumps(result, indent=None if options.json else 1))


def crops(folder: Path, body: Body, count: int) -> tuple[FitsDictionary, Batch]:
    """People in photos of noise; the loop does not mind what a network sees."""
    fits = FitsDictionary.load(making_runs.write_curated(folder, body, count))
    return fits, making_runs.crops_of(fits, folder, AugmentConfig())[making_runs.turns(count)]


def ours(config: Config, body: Body, fits: FitsDictionary, batch: Batch, device: str, steps: int) -> Row:
    """Training steps as they are, the best of a few."""
    processes = Processes(0, 1, torch.device(device))
    crops = making_runs.crops_of(fits, Path(), AugmentConfig())
    lesson = lesson_of(
        Plan(Options(), SpinOptions(), config, Path()),
        processes,
        build(config, body),
        Sources(crops.samples, fits, crops.order, ()),
        body,
        (),
    )
    batch = batch.to(torch.device(device))
    lesson = replace(lesson, batches=lambda epoch, place: itertools.repeat(batch), in_epoch=10**9)
    with tempfile.TemporaryDirectory() as folder:
        limits = Limits(steps=steps + 1, epochs=None)
        reports = list(learn(Learner(lesson, processes), limits, Path(folder)))[1:]
    synchronise(device)
    best = min(reports, key=lambda report: report.step_s)
    fit_s = best.seconds["fit"]
    return Row(
        "in the loop", config.batch, best.step_s, fit_s, fit_s / best.step_s, config.batch / best.step_s
    )


def as_spin(config: Config, body: Body, fits: FitsDictionary, batch: Batch, device: str) -> Row:
    """The same step with SPIN's fit in the place of ours, from the same guesses, in the crop."""
    network = build(config, body).to(device, memory_format=torch.channels_last).eval()
    body = body.to(device)
    batch = batch.to(torch.device(device))
    with torch.no_grad():
        said = regress(network, batch, config)
    pose = matrix_to_axis_angle(said.rotations).flatten(1)
    start = BodyParams.from_pose(pose, said.betas, weak_camera_to_cam_t(said.weak_camera))
    prior = default_prior(body.v_template.device, body.v_template.dtype)
    synchronise(device)
    began = time.perf_counter()
    fit_as_spin(MeshKeypoints(body), batch.keypoints_crop, start, prior, in_training=True)
    synchronise(device)
    fit_s = time.perf_counter() - began
    network_s = ours(replace(config, mode="static"), body, fits, batch, device, 2).step_s
    step_s = network_s + fit_s
    return Row("SPIN's 2 x 100 Adam", config.batch, step_s, fit_s, fit_s / step_s, config.batch / step_s)


def synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
