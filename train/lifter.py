"""Teach the lifter: python -m train.lifter --poses poses.npz --out resources/lifter/

People are drawn, seen by random cameras and lifted again, all on the fly; on several cores with
`torchrun --nproc-per-node 2 -m -- train.lifter … --threads 1`. With --evaluate the lifter in --out is measured instead,
and the table is written beside it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from core.body import Body, load_body
from core.compute.cuda_graphs import recorded
from core.files.whole_file import whole_file
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d
from core.networks.lifter.lift import CONFIG, WEIGHTS, load_lifter, network_entry
from core.networks.lifter.network import POSE6D, Lifter, LifterConfig
from train.data.mocap import Poses, read_poses
from train.methods.lifter.accuracy import (
    milliseconds,
    on_projections,
    on_true_people,
    projected_keypoints,
    projected_people,
    summary,
)
from train.methods.lifter.loss import LossWeights, lifting_loss
from train.methods.lifter.rare_poses import rare_poses
from train.methods.lifter.scenes import Scenes
from train.run.devices import device_of
from train.run.options import above_zero, count, from_one
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.together import average_gradients, join, leave

RARE_SHARE, RARE_COUNT = 0.2, 100_000
TABLE = "table.json"
SPLITS_HELP = "of the poses to learn from; what is reported meanwhile is of val, whether learned from or not"
NETWORK = ("width", "blocks", "hypotheses")


@dataclass(frozen=True)
class Config:
    """minutes of training: the learning rate warms up and falls by the clock, so any machine's end is an end."""

    minutes: float = 45.0
    batch: int = 512
    learning_rate: float = 1e-3
    warm_up: float = 0.02
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.999
    report_s: float = 150.0
    seed: int = 0


@dataclass(frozen=True)
class TrainStep:
    """One report: the step, seconds gone, the loss's parts, and first choice and best of all on validation [mm]."""

    step: int
    seconds: float
    parts: dict[str, float]
    validation: dict[str, dict[str, float]]


def pose_bank(poses: Poses, body_offsets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Captured poses and made ones (N, 72), and how often each is drawn (N,)."""
    rare = rare_poses(poses.sample(RARE_COUNT, rng), body_offsets, rng)
    weight = np.concatenate([poses.weight * (1 - RARE_SHARE), np.full(RARE_COUNT, RARE_SHARE / RARE_COUNT)])
    return torch.from_numpy(np.concatenate([poses.pose, rare])), torch.from_numpy(weight)


def build(scenes: Scenes, body: Body, **changes: int) -> Lifter:
    """A lifter that starts from the mean pose, seen upright from ahead."""
    lifter = Lifter(LifterConfig(definitions=scenes.definitions, body=body.fingerprint, **changes))
    with torch.random.fork_rng(devices=[]):
        rotations = scenes.people(4096).rotations.cpu()
    left, _, right = torch.linalg.svd(rotations.mean(dim=0))
    sign = torch.linalg.det(left @ right).sign()
    mean = left @ torch.diag_embed(torch.stack([sign * 0 + 1, sign * 0 + 1, sign], dim=-1)) @ right
    mean[0] = axis_angle_to_matrix(torch.tensor([math.pi, 0.0, 0.0]))
    numbers = torch.zeros(lifter.mean.shape)
    numbers[:POSE6D] = matrix_to_rotation6d(mean).flatten()
    lifter.set_body(scenes.keypoint_body, numbers)
    return lifter


def train(
    lifter: Lifter, scenes: Scenes, validate: Validation, config: Config, rank: int = 0
) -> Iterator[TrainStep]:
    """AdamW on scenes drawn anew each step; process 0 yields reports, at which `lifter` holds the averaged weights."""
    torch.manual_seed(config.seed + rank)
    student = Lifter(lifter.config).to(scenes.device)
    student.load_state_dict(lifter.state_dict())
    optimizer = torch.optim.AdamW(
        student.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )

    def look() -> dict[str, Tensor]:
        """Gradients of people drawn anew, and the parts of their loss."""
        seen, truth = scenes.draw(config.batch)
        with torch.autocast(scenes.device.type, dtype=torch.bfloat16):
            bodies = student(seen)
        loss, parts = lifting_loss(bodies, truth, seen.side, LossWeights())
        optimizer.zero_grad()
        loss.backward()
        return parts

    looks = recorded(look, scenes.device)
    start, reported, step, gone = time.monotonic(), 0.0, 0, 0.0
    while gone < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * schedule(gone, config.warm_up)
        parts = looks()
        seconds = time.monotonic() - start
        gone = average_gradients(student.parameters(), seconds / (60 * config.minutes))
        torch.nn.utils.clip_grad_norm_(student.parameters(), config.clip)
        optimizer.step()
        step += 1
        if rank == 0:
            blend(lifter, student, min(config.average, step / (step + 100)))
        if rank == 0 and (seconds - reported > config.report_s or gone >= 1.0):
            reported = seconds
            told = {name: float(part) for name, part in parts.items()}
            yield TrainStep(step, seconds, told, validate(lifter))


def schedule(gone: float, warm_up: float) -> float:
    """The learning rate's factor when `gone` of the time is over: up in a line, down in a cosine."""
    if gone < warm_up:
        return gone / warm_up + 1e-3
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (gone - warm_up) / (1 - warm_up)))) + 1e-4


@torch.no_grad()
def blend(average: Lifter, student: Lifter, keep: float) -> None:
    """Move the averaged weights a little towards the student's."""
    torch._foreach_lerp_(list(average.parameters()), list(student.parameters()), 1 - keep)


@dataclass(frozen=True, eq=False)
class Validation:
    """People of the validation split, clean and noisy."""

    body: Body
    scenes: Scenes
    poses: Poses
    count: int | None = 1500
    layouts: tuple[str, ...] = ("coco17", "h36m17")

    def __call__(self, lifter: Lifter) -> dict[str, dict[str, float]]:
        people = projected_people(self.scenes, self.poses, self.count)
        table = {}
        for name in self.layouts:
            for noisy in (False, True):
                keypoints = projected_keypoints(self.scenes, people, name, noisy)
                errors = on_projections(lifter, self.body, people, keypoints, name)
                table[f"{name} {'noisy' if noisy else 'clean'}"] = summary(errors)
        return table


def save_lifter(lifter: Lifter, folder: Path) -> None:
    """Write weights in half precision and the config; each file is whole or the old one stays."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value if name in ("offsets", "offsets_shape", "mean") else value.half()).cpu().contiguous()
        for name, value in lifter.state_dict().items()
    }
    with whole_file(folder / WEIGHTS) as stream:
        stream.write(save(weights))
    write_json(folder / CONFIG, {"network": network_entry(lifter.config)})


def write_json(path: Path, entry: object) -> None:
    with whole_file(path) as stream:
        stream.write((json.dumps(entry, indent=1) + "\n").encode())


def evaluate(lifter: Lifter, body: Body, poses: Path, truth: Path | None) -> dict[str, object]:
    """The table: test split by layout, clean and noisy; the measured people by source; time."""
    test = read_poses(poses, "test")
    scenes = Scenes(body, torch.from_numpy(test.pose), torch.from_numpy(test.weight))
    layouts = ("coco17", "openpose25", "h36m17", "mediapipe33")
    table: dict[str, object] = dict(Validation(body, scenes, test, None, layouts)(lifter))
    if truth is not None:
        people = on_true_people(lifter, body, truth)
        table |= {source: summary(errors) for source, errors in people.items()}
        table["all with 3D truth"] = summary(torch.cat(list(people.values())))
    table["ms for one person"] = milliseconds(lifter, body)
    return table


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    chosen = _parser().parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    try:
        return run_to_end(lambda: _measure(chosen) if chosen.evaluate else _learn(chosen, *join()))
    finally:
        leave()


def _measure(chosen: argparse.Namespace) -> int:
    table = evaluate(load_lifter(chosen.out), load_body(), chosen.poses, chosen.truth)
    write_json(chosen.out / TABLE, table)
    print(json.dumps(table, indent=1))
    return 0


def _learn(chosen: argparse.Namespace, rank: int, processes: int) -> int:
    """Train as the command line says; process 0 writes the weights and tells how it goes."""
    check_output(chosen.out / WEIGHTS)
    device = device_of(chosen.device)
    config = Config(chosen.minutes, chosen.batch, chosen.learning_rate, seed=chosen.seed)
    body, poses = load_body(), read_poses(chosen.poses, *chosen.splits)
    captured = Scenes(body, torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))
    bank = pose_bank(poses, captured.offsets, np.random.default_rng(config.seed))
    scenes = Scenes(body.to(device), *bank)
    torch.manual_seed(config.seed)
    network = {name: getattr(chosen, name) for name in NETWORK}
    lifter = build(scenes, body, **network) if chosen.start is None else load_lifter(chosen.start, exact=True)
    lifter.to(device)
    validate = Validation(body, captured, read_poses(chosen.poses, "val"))
    if rank == 0:
        weights = sum(p.numel() for p in lifter.parameters()) / 1e6
        print(f"{weights:.2f} million weights, {processes} processes of batch {config.batch}", flush=True)
    for report in train(lifter, scenes, validate, config, rank):
        save_lifter(lifter, chosen.out)
        print(json.dumps({**report.__dict__, "seconds": round(report.seconds)}), flush=True)
    return 0


def _parser() -> CommandLine:
    parser = CommandLine("train.lifter", __doc__)
    parser.add_argument("--poses", type=Path, required=True, help=".npz with SMPL poses (N, 72)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the weights")
    parser.add_argument("--splits", nargs="+", choices=("train", "val"), default=["train"], help=SPLITS_HELP)
    parser.add_argument("--minutes", type=above_zero, default=Config.minutes, help="of training")
    parser.add_argument("--seed", type=count, default=Config.seed, help="of all that is drawn")
    parser.add_argument(
        "--learning-rate", type=above_zero, default=Config.learning_rate, help="at its highest"
    )
    parser.add_argument("--batch", type=from_one, default=Config.batch, help="people a step, in each process")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 …")
    for name in NETWORK:
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=from_one, default=getattr(LifterConfig, name), help="of the network")
    parser.add_argument("--threads", type=from_one, default=2, help="of torch, in each process")
    parser.add_argument("--start", type=Path, help="folder of a lifter to go on from, its network as it is")
    parser.add_argument("--evaluate", action="store_true", help="measure the lifter in --out, train nothing")
    parser.add_argument("--truth", type=Path, help="folder of photos with 3D truth, for --evaluate")
    return parser


if __name__ == "__main__":
    sys.exit(main())
