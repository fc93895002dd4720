"""The options of the lifter's training: its Config, the file of poses and the folder of weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import FitloopError
from core.networks.lifter.lift import WEIGHTS
from core.networks.lifter.network import LifterConfig
from train.run.method_record import Plan
from train.run.parser import check_output
from train.run.values import above_zero, from_one

OWN_WEIGHTS = "lifter"  # of a run's folder: its weights, where no --out is given


@dataclass(frozen=True)
class Config:
    """batch: people a step, in each process. The learning rate rises over the share warm_up of the training, and then
    falls along a cosine, by the clock where the run's length is in minutes. average: what the averaged weights keep of
    themselves in a step; report_s: seconds between two measurements on the validation split. The rest is the network's.
    """

    batch: int = 512
    learning_rate: float = 1e-3
    warm_up: float = 0.02
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.999
    report_s: float = 150.0
    seed: int = 0
    width: int = LifterConfig.width
    blocks: int = LifterConfig.blocks
    hypotheses: int = LifterConfig.hypotheses


@dataclass(frozen=True)
class LifterOptions:
    """Where poses come from and weights go; or what is measured, in place of a training."""

    poses: Path | None = None
    out: Path | None = None
    splits: tuple[Literal["train", "val"], ...] = ("train",)
    start: Path | None = None
    evaluate: bool = False
    truth: Path | None = None


FIXED = ("poses", "splits", "start")
NEEDS = {"truth": "evaluate"}
READERS = {
    "batch": from_one,
    "learning_rate": above_zero,
    **dict.fromkeys(("width", "blocks", "hypotheses"), from_one),
}
HELP = {
    "poses": ".npz with SMPL poses (N, 72)",
    "out": f"folder of the weights; by default {OWN_WEIGHTS}/ in the run's folder",
    "splits": "of the poses to learn from; what is reported meanwhile is of val, whether learned from or not",
    "start": "folder of a lifter to go on from, its network as it is",
    "evaluate": "measure the lifter in --out, train nothing",
    "truth": "folder of photos with 3D truth, for --evaluate",
    "batch": "people a step, in each process",
    "learning_rate": "at its highest",
    "warm_up": "share of the training over which the learning rate rises",
    "weight_decay": "of AdamW",
    "clip": "norm that a longer gradient is cut to; 0: never",
    "average": "what the averaged weights, which are the result, keep of themselves in a step",
    "report_s": "seconds between two measurements on the validation split",
    "seed": "of all that is drawn",
    **dict.fromkeys(("width", "blocks", "hypotheses"), "of the network"),
}


def check(plan: Plan, processes: int) -> None:
    """Raises FitloopError where something is missing, or weights could not be written."""
    poses_of(plan.own)
    check_output(out_of(plan) / WEIGHTS)


def poses_of(own: LifterOptions) -> Path:
    """The file of poses. Raises FitloopError where none is given."""
    if own.poses is None:
        raise FitloopError("no poses to learn from. Give --poses POSES.npz.")
    return own.poses


def out_of(plan: Plan) -> Path:
    """The folder of a run's weights."""
    own: LifterOptions = plan.own
    return own.out or plan.folder / OWN_WEIGHTS
