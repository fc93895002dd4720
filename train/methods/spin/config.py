"""The options of SPIN's training: its Config, and the sources of its people and first weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.errors import FitloopError
from core.networks.spin import backbones
from core.store.fits.dictionary import VALID_SCORE_PX
from train.data.augment import AugmentConfig
from train.data.compare_fits import LOOP_FIT
from train.data.sources import SourceOptions
from train.methods.spin.loss import LossWeights
from train.run.method_record import Plan
from train.run.values import by_name, flag_of, folders_of


@dataclass(frozen=True)
class Config:
    """SPIN's defaults. batch: people a step, of all processes together; accumulate: pieces that each process cuts its
    share into, for a small memory: the step is that of the whole batch but for batch norms, which see a piece each, and
    takes longer, as each batch passes the network twice. last_rate: the learning rate at the end of the run, as a
    share of the first; a cosine leads there. warm_up: steps over which it rises at first, for a network of
    random weights. clip: a longer gradient is cut to this norm, 0 never. mode: 'loop', or the paper's ablations
    'static' (the dictionary as it is) and 'none' (keypoints, and what is locked). valid_px: score above which a fit
    that no human accepted teaches nothing. Precision of the network; the loop around it is float32."""

    batch: int = 64
    accumulate: int = 1
    learning_rate: float = 5e-5
    last_rate: float = 1.0
    warm_up: int = 0
    clip: float = 0.0
    weight_decay: float = 0.0
    backbone: str = "resnet50"
    iterations: int = 3
    precision: Literal["float32", "bfloat16"] = "float32"
    mode: Literal["loop", "static", "none"] = "loop"
    fit_iterations: int = LOOP_FIT.iterations
    valid_px: float = VALID_SCORE_PX
    seed: int = 0
    losses: LossWeights = field(default_factory=LossWeights, metadata={"flag": "loss"})
    augment: AugmentConfig = field(default_factory=AugmentConfig)


@dataclass(frozen=True)
class SpinOptions(SourceOptions):
    """Where people come from, where the network starts, and how the run shows itself."""

    body: Path | None = None
    guess: Path | None = None
    backbone_weights: Path | None = None
    mean_params: Path | None = None
    workers: int = 2
    picture_every: int = 500
    by_loss: bool = False


STARTS = ("guess", "backbone_weights", "mean_params")
FIXED = ("fits", "data", "without_truth", "frame", "body", "by_loss", *STARTS)
NEEDS = {
    "photos": "fits",
    **dict.fromkeys(("without_truth", "frame", "by_loss", "loss_openpose", "loss_annotated"), "data"),
}
SWITCHES = {
    "mode": {
        "--fits-only": ("static", "keep the fits as they are"),
        "--no-fits": ("none", "learn from keypoints alone"),
    }
}
HELP = {
    "fits": "fits dictionary, curated.npz; alone, the photos it names are trained on",
    "photos": "folder that the photos' names of --fits start from; by default the dictionary's own",
    "data": "NAME=FILE: a data set .npz as SPIN has them, or a folder of train.synthetic or of AGORA's frames; may be "
    "given several times",
    "data_photos": "NAME=FOLDER of that data set's photos; by default the .npz's own",
    "without_truth": "leave SMPL parameters and 3D joints of the data sets aside",
    "frame": "camera frame of poses of data sets whose file does not tell it; by default the crop's, as in SPIN",
    "body": "SMPL file; by default the open body",
    "guess": "checkpoint to start from, or the folder of its run; by default random weights",
    "backbone_weights": "ImageNet weights to start the backbone from, as torchvision has them",
    "mean_params": "SPIN's smpl_mean_params.npz, where the corrections start; by default the pose prior's mean",
    "workers": "processes that load photos; 0: none",
    "by_loss": "draw half of the people of composed data sets in proportion to their latest loss",
    "picture_every": "steps between two pictures of guesses and fits; 0: none",
    "batch": "people a step, of all processes together",
    "accumulate": "pieces of each process's share of a batch, for a small memory; slower, and batch norms see a piece",
    "learning_rate": "of Adam, at the first step",
    "last_rate": "learning rate of the last step, as a share of the first; a cosine leads there",
    "warm_up": "steps over which the learning rate rises at first",
    "clip": "norm that a longer gradient is cut to; 0: never",
    "weight_decay": "of Adam",
    "backbone": f"of the network: {', '.join(backbones())}",
    "iterations": "rounds of feedback in the network",
    "precision": "of the network",
    "fit_iterations": "of each fit in the loop",
    "valid_px": "score [px] above which a fit that nobody accepted teaches nothing",
    "seed": "of all that is drawn",
    "loss_keypoints_2d": "weight of projected keypoints",
    "loss_keypoints_3d": "weight of the data sets' 3D joints",
    "loss_pose": "weight of the rotations",
    "loss_betas": "weight of the betas",
    "loss_vertices": "weight of the vertices",
    "loss_camera": "weight of what keeps the camera's scale above zero",
    "loss_openpose": "weight of the 25 detected keypoints of a data set",
    "loss_annotated": "weight of the 24 annotated keypoints of a data set",
    "loss_total": "weight of all these together",
    "augment_flip": "share of the people who are mirrored",
    "augment_noise": "gain of each colour channel, 1 ± this",
    "augment_rotation_deg": "standard deviation of the turn, cut at twice it",
    "augment_still": "share of the people who are not turned",
    "augment_scale": "standard deviation of the box's size, cut at once it",
}


def check(plan: Plan, processes: int) -> None:
    """Raises FitloopError for options that do not go together, and for a batch that cannot be shared."""
    own: SpinOptions = plan.own
    others = [flag_of(name) for name in STARTS if name in plan.given_now and name != "guess"]
    if "guess" in plan.given_now and others:
        raise FitloopError(f"--guess starts all of the network: leave out {', '.join(others)}.")
    if own.fits is None and not own.data:
        raise FitloopError("nothing to train on. Give --fits curated.npz, or --data NAME=FILE.")
    by_name("--data", own.data)
    folders_of("--data-photos", own.data_photos, own.data)
    _check_batch(plan.config, processes)


def _check_batch(config: Config, processes: int) -> None:
    if config.batch < 1:
        raise FitloopError(f"--batch {config.batch}: there must be somebody in it. Choose one from 1 on.")
    if config.accumulate < 1:
        raise FitloopError(
            f"--accumulate {config.accumulate}: there must be a piece. Choose 1 for a whole batch."
        )
    pieces = processes * config.accumulate
    if config.batch % pieces:
        raise FitloopError(
            f"--batch {config.batch} cannot be shared by {processes} processes in {config.accumulate} pieces "
            f"each. Choose a multiple of {pieces}."
        )
