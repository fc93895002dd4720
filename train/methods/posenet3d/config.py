"""The options of PoseNet3D's training: where keypoints come from, its Config, and what is refused before the work."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.errors import FitloopError
from core.networks.lifter.network import LifterConfig
from core.networks.table import KINDS, LIFTER
from train.methods.posenet3d.stages import StageShares
from train.methods.posenet3d.student_loss import StudentWeights
from train.methods.posenet3d.teacher_loss import TeacherWeights
from train.run.method_record import Plan
from train.run.parser import check_output
from train.run.values import above_zero, from_one

DEFAULT_LAYOUT = "coco17"  # of poses that are projected
LIFTER_FOLDER_NAME = "lifter"  # in the run's folder: the student


@dataclass(frozen=True)
class Config:
    """batch: people a step, in each process. In each stage the learning rate rises over its share warm_up, then falls
    along a cosine; together, and of a student that was taught before, it is `slower` times as high. average: what
    averaged weights keep of themselves in a step.

    prior: what says how likely a view is: a density, learned first and then frozen, or the paper's discriminator.
    distance: of all mid-hips, in sizes of a person; 0: what the keypoints' size says. noise, dropped: of the student's
    input, in sizes of a person, and the largest share of keypoints left out. picture_s: seconds between two pictures.
    The rest are the networks'.
    """

    batch: int = 256
    learning_rate: float = 1e-3
    warm_up: float = 0.05
    slower: float = 0.3
    clip: float = 5.0
    average: float = 0.998
    prior: Literal["density", "discriminator"] = "density"
    distance: float = 0.0
    noise: float = 0.01
    dropped: float = 0.3
    picture_s: float = 60.0
    seed: int = 0
    share: StageShares = field(default_factory=StageShares)
    teacher: TeacherWeights = field(default_factory=TeacherWeights)
    student: StudentWeights = field(default_factory=StudentWeights)
    teacher_width: int = 384
    teacher_blocks: int = 2
    width: int = LifterConfig.width
    blocks: int = LifterConfig.blocks
    hypotheses: int = 1


@dataclass(frozen=True)
class LooksOptions:
    """Where keypoints come from: files, or captured poses projected once; or what is done with a run instead.

    taught_by: a run whose teacher teaches the student as it is, so that no density and no teacher are learned.
    """

    data: tuple[Path, ...] = ()
    poses: Path | None = None
    splits: tuple[Literal["train", "val"], ...] = ("train",)
    layout: str | None = None
    start: str | None = None
    taught_by: Path | None = None
    evaluate: Path | None = None
    compare: Path | None = None
    truth: Path | None = None


FIXED = ("data", "poses", "splits", "layout", "start", "taught_by")
NEEDS = {"truth": "evaluate"}
READERS = {
    "learning_rate": above_zero,
    "picture_s": above_zero,
    **dict.fromkeys(("batch", "teacher_width", "teacher_blocks", "width", "blocks", "hypotheses"), from_one),
}
HELP = {
    "data": "projects and annotation files whose people's keypoints are learned from",
    "poses": ".npz with SMPL poses (N, 72), projected once; their 3D is not learned from",
    "splits": "of the poses",
    "layout": f"the layout to learn from; by default the people's own, of poses {DEFAULT_LAYOUT}",
    "start": f"{LIFTER} or a folder of one: the student starts as this lifter, and adapts to the keypoints",
    "taught_by": "the folder of a run: its teacher is taken as it is, and the student learns at once",
    "evaluate": "measure the teacher and the student of a run's folder against --poses and --truth, train nothing",
    "compare": "a run's folder: say which fits in --data its teacher sees otherwise, train nothing",
    "truth": "folder of photos with 3D truth, for --evaluate",
    "batch": "people a step, in each process",
    "learning_rate": "at its highest",
    "warm_up": "share of each stage over which the learning rate rises",
    "slower": "the learning rate of the last stage, and of a student with --start, over that of the others",
    "clip": "norm that a longer gradient is cut to; 0: never",
    "average": "what the averaged weights, which are the result, keep of themselves in a step",
    "prior": "what says how likely a view is",
    "distance": "of all people, in their own sizes, as the papers have it; 0: from the size of their keypoints",
    "noise": "of the student's input, in sizes of a person",
    "dropped": "most keypoints left out of the student's input",
    "picture_s": "seconds between two pictures",
    "seed": "of all that is drawn",
    **{f"share_{name}": f"of the training, for the stage '{name}'" for name in StageShares.__annotations__},
    **{f"teacher_{name}": "weight of this loss" for name in TeacherWeights.__annotations__},
    **{f"student_{name}": "weight of this loss" for name in StudentWeights.__annotations__},
    **dict.fromkeys(("teacher_width", "teacher_blocks"), "of the teacher"),
    **dict.fromkeys(("width", "blocks", "hypotheses"), "of the student"),
}


def check(plan: Plan, processes: int) -> None:
    """Raises FitloopError where keypoints are missing or given twice over, or the run could not be written."""
    own: LooksOptions = plan.own
    if bool(own.data) == (own.poses is not None):
        raise FitloopError(
            "no keypoints to learn from, or two kinds of them. Give --data with projects or annotation files, or "
            "--poses POSES.npz."
        )
    check_output(plan.folder / LIFTER_FOLDER_NAME / "lifter.safetensors")


def start_of(own: LooksOptions) -> Path | None:
    """The folder of the lifter that the student starts as; None: from random weights."""
    if own.start is None:
        return None
    return KINDS[LIFTER].shipped if own.start == LIFTER else Path(own.start)
