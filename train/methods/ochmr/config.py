"""The options of OCHMR's training: those of SPIN's, and what is its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import FitloopError
from core.networks.ochmr import Block, Maps
from train.data.trunks import TrunkNoise
from train.methods.spin import config as spin
from train.methods.spin.loss import LossWeights
from train.run.method_record import Plan


@dataclass(frozen=True)
class CrowdLossWeights(LossWeights):
    """SPIN's, and the two between people of one square: off by default, as no measurement here speaks for them."""

    penetration: float = 0.0
    order: float = 0.0


@dataclass(frozen=True)
class Config(spin.Config):
    """SPIN's, and: block, maps as in `OchmrConfig`; pair_iou: overlap from which each of two people gets a second row,
    the square around both, 1 for none; trunks: errors that centres are taught with."""

    block: Block = "conorm"
    maps: Maps = "both"
    pair_iou: float = 0.3
    trunks: TrunkNoise = field(default_factory=TrunkNoise)
    losses: CrowdLossWeights = field(default_factory=CrowdLossWeights, metadata={"flag": "loss"})


HELP = {
    **spin.HELP,
    "guess": "checkpoint of OCHMR or of SPIN to start from, or the folder of its run; by default random weights",
    "block": "how the maps enter the network: conorm, conorm1 (1 × 1 convolutions) or channels",
    "maps": "maps of trunk centres that it is shown: both, local, or none, for comparisons",
    "pair_iou": "overlap of two people's boxes from which each is also shown in the square around both; 1: never",
    "trunks_noise": "standard deviation of every centre, in shares of the crop",
    "loss_penetration": "weight of bodies inside each other, of two people in one square; 0: they are drawn apart",
    "loss_order": "weight of a depth order of two people in one square that is not their fits'",
    "trunks_left_out": "how often another person's centre is missing",
}


def pairs_are_taught(config: Config) -> bool:
    """Whether two people of a square are drawn together."""
    return bool(config.losses.penetration or config.losses.order)


def check(plan: Plan, processes: int) -> None:
    """As for SPIN. Raises FitloopError for shares that are none too."""
    spin.check(plan, processes)
    config: Config = plan.config
    shares = {"--pair-iou": config.pair_iou, "--trunks-left-out": config.trunks.left_out}
    for flag, value in shares.items():
        if not 0 <= value <= 1:
            raise FitloopError(f"{flag} {value:g}: is a share. Choose one from 0 to 1.")
