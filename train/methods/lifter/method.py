"""The lifter as the loop has it: people drawn anew each step, averaged weights, and the folder that they go to."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.body import load_body
from core.compute.cuda_graphs import recorded
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint
from core.networks.lifter.lift import load_lifter, network_entry
from core.networks.lifter.network import Lifter, LifterConfig
from train.data.mocap import read_poses
from train.methods.lifter.accuracy import Validation
from train.methods.lifter.config import (
    FIXED,
    HELP,
    NEEDS,
    READERS,
    Config,
    LifterOptions,
    check,
    out_of,
    poses_of,
)
from train.methods.lifter.initial_weights import build, pose_bank
from train.methods.lifter.loss import LossWeights, lifting_loss
from train.methods.lifter.scenes import Scenes
from train.methods.lifter.weights_folder import save_lifter
from train.run.distributed import Processes
from train.run.folder import CHECKPOINT
from train.run.method_record import Lesson, Method, Options, Plan, RunProgress, StepLoss, TrainStep

NETWORK = "lifter"  # its kind, in a checkpoint
EPOCH = 1000  # steps: people are drawn anew, so an epoch is a count and nothing else
MOST_PROCESSES = 4096
LAYOUT = "coco17"  # of the keypoints whose errors the terminal tells
WORDS = """Teach the lifter: python -m train.lifter --poses poses.npz --out resources/lifter/

People are drawn, seen by random cameras and lifted again, all on the fly; on several cores with
`torchrun --nproc-per-node 2 -m -- train.lifter … --threads 1`. With --evaluate the lifter in --out is
measured instead, and the table is written beside it."""


def begin(plan: Plan, processes: Processes, fresh: bool) -> Lesson:
    """Read poses, make people of them, and build the network."""
    own: LifterOptions = plan.own
    config: Config = plan.config
    body, poses = load_body(), read_poses(poses_of(own), *own.splits)
    captured = Scenes(body, torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))
    bank = pose_bank(poses, captured.offsets, np.random.default_rng(config.seed))
    scenes = Scenes(body.to(processes.device), *bank)
    if not fresh:
        lifter = lifter_of(read_checkpoint(plan.folder / CHECKPOINT))
    elif own.start is not None:
        lifter = load_lifter(own.start, exact=True)
    else:
        lifter = build(config, scenes, body)
    validate = Validation(body, captured, read_poses(poses_of(own), "val"))
    return lesson_of(plan, processes, lifter, scenes, validate)


def lifter_of(checkpoint: Checkpoint) -> Lifter:
    """The network of a run's checkpoint, its weights still to be loaded."""
    return Lifter(
        LifterConfig(**{**checkpoint.config, "definitions": tuple(checkpoint.config["definitions"])})
    )


def lesson_of(
    plan: Plan, processes: Processes, lifter: Lifter, scenes: Scenes, validate: Validation
) -> Lesson:
    """AdamW on people drawn anew each step; `lifter` becomes the averaged weights."""
    config: Config = plan.config
    lifter = lifter.to(processes.device)
    student = Lifter(lifter.config).to(processes.device)
    student.load_state_dict(lifter.state_dict())
    optimizer = torch.optim.AdamW(
        student.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    averaged = Averaged(plan, lifter, student, validate)
    weights = sum(p.numel() for p in student.parameters()) / 1e6
    return Lesson(
        network=student,
        optimizer=optimizer,
        batch=config.batch * processes.count,
        in_epoch=EPOCH,
        batches=lambda epoch, place: seeds(config.seed, epoch * EPOCH + place, processes.rank),
        gradients=gradients_of(config, student, scenes, processes.count),
        rate=lambda step, share: config.learning_rate * schedule(share, config.warm_up),
        checkpoint=averaged.checkpoint,
        restore=averaged.restore,
        clip=config.clip,
        write=averaged.write,
        after=averaged.after,
        kept=lambda seed: {"seed": torch.tensor(seed)},
        unit="people",
        remark=remark,
        notices=(f"{weights:.2f} million weights, {processes.count} processes of batch {config.batch}",),
    )


def seeds(seed: int, step: int, rank: int) -> Iterator[int]:
    """A batch is the seed that its people are drawn with: of each step from `step` on, another in each process."""
    for number in itertools.count(step):
        yield (seed * 1_000_003 + number) * MOST_PROCESSES + rank


def gradients_of(
    config: Config, student: Lifter, scenes: Scenes, processes: int
) -> Callable[[int, RunProgress], StepLoss]:
    """What a Lesson's `gradients` is. On a GPU one recorded graph draws people, predicts, and goes back."""
    people = torch.tensor(config.batch, device=scenes.device)

    def draw_and_learn() -> tuple[Tensor, dict[str, Tensor]]:
        seen, truth = scenes.draw(config.batch)
        with torch.autocast(scenes.device.type, dtype=torch.bfloat16):
            bodies = student(seen)
        loss, parts = lifting_loss(bodies, truth, seen.side, LossWeights())
        student.zero_grad()
        (loss / processes).backward()
        return loss.detach(), parts

    again = recorded(draw_and_learn, scenes.device)

    def gradients(seed: int, progress: RunProgress) -> StepLoss:
        torch.manual_seed(seed)
        loss, parts = again()
        parts = {name: part / processes for name, part in parts.items()}
        return StepLoss(loss / processes, parts, {"people": people})

    return gradients


def schedule(gone: float, warm_up: float) -> float:
    """The learning rate's factor when `gone` of the training is over: up in a line, down in a cosine."""
    if gone < warm_up:
        return gone / warm_up + 1e-3
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (gone - warm_up) / (1 - warm_up)))) + 1e-4


@dataclass(eq=False)
class Averaged:
    """The weights that are the result: a mean of the student's over its last steps."""

    plan: Plan
    lifter: Lifter
    student: Lifter
    validate: Validation
    reported: float = field(default_factory=time.monotonic)

    def after(self, step: int, last: bool) -> dict[str, float]:
        """Move the averaged weights a little towards the student's; now and then measure them, in millimetres."""
        config: Config = self.plan.config
        blend(self.lifter, self.student, min(config.average, step / (step + 100)))
        if not last and time.monotonic() - self.reported < config.report_s:
            return {}
        table = self.validate(self.lifter)
        self.reported = time.monotonic()
        return {
            f"{row} {name}".replace(" ", "_"): value
            for row, entries in table.items()
            for name, value in entries.items()
            if name != "people"
        }

    def checkpoint(self, step: int, loop: dict[str, Any]) -> Checkpoint:
        student = {name: value.cpu() for name, value in self.student.state_dict().items()}
        weights = self.lifter.state_dict()
        return Checkpoint(
            NETWORK, network_entry(self.lifter.config), weights, step, {**loop, "student": student}
        )

    def restore(self, checkpoint: Checkpoint, file: Path) -> None:
        load_weights(self.lifter, checkpoint.weights, str(file))
        load_weights(self.student, checkpoint.loop["student"], str(file))

    def write(self, folder: Path, step: int) -> None:
        if step:  # before that nothing was learned, and an older lifter may be in the folder
            save_lifter(self.lifter, out_of(self.plan))


def remark(report: TrainStep) -> str:
    """What the terminal adds to a step: the error of the first choice."""
    parts = [
        f"{report.measured[f'{LAYOUT}_{how}_first_choice_mm']} mm {how}"
        for how in ("clean", "noisy")
        if report.measured
    ]
    return ", ".join(parts)


@torch.no_grad()
def blend(average: nn.Module, student: nn.Module, keep: float) -> None:
    """Move the averaged weights a little towards the student's."""
    torch._foreach_lerp_(list(average.parameters()), list(student.parameters()), 1 - keep)


METHOD = Method(
    name="lifter",
    words=WORDS,
    config=Config(),
    own=LifterOptions(),
    begin=begin,
    options=Options(minutes=45.0, threads=2, save_minutes=2.5),
    help=HELP,
    readers=READERS,
    fixed=FIXED,
    needs=NEEDS,
    check=check,
)
