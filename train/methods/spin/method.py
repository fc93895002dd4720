"""SPIN as the loop has it: people and their fits, the network, what a checkpoint and a run's folder hold of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.body.model import Body, load_body
from core.networks.checkpoint import Checkpoint, load_weights
from core.networks.spin import SpinNetwork, SpinOutput, spin_checkpoint
from core.networks.table import kind_of
from core.store.fits.dictionary import FitsDictionary
from train.bulk.compile_notice import ready_to_train
from train.data.batches import Batch, Crops, Turns, batches_of, load_batches
from train.data.row_losses import RowLosses, begun_epochs
from train.data.source_rows import chosen_rows
from train.data.sources import Sources, read_sources
from train.data.trunks import Trunks
from train.methods.spin.config import FIXED, HELP, NEEDS, SWITCHES, Config, SpinOptions, check
from train.methods.spin.in_the_loop import Spin, build, loss, regress
from train.methods.spin.initial_weights import start_from
from train.methods.spin.loss import Term
from train.methods.spin.pictures import draw_pictures
from train.run.distributed import Processes, share_batches
from train.run.method_record import Lesson, Method, Options, Plan, TrainStep
from train.run.pieces import Pieces, Predicted

FITS = "fits.npz"  # of a run's folder: its dictionary
WORDS = (
    "Train the image network in SPIN's loop, on fits that a human corrected: "
    "python -m train.spin --fits curated.npz"
)
Terms = Callable[[SpinOutput, Batch], dict[str, Term]]
Between = Callable[[Body, FitsDictionary], Terms]
# What a run changes in its dictionary; text, boxes, keypoints and locks stay.
_CHANGING = (
    "photo_pose", "photo_cam_t", "betas", "score", "source", "valid_fit", "crop_pose", "crop_cam_t", "pelvis",
    "replaced",
)  # fmt: skip


def sources_of(plan: Plan, body: Body, kept: Path | None) -> Sources:
    """The people of a run. kept: its dictionary so far, None for a new run."""
    config: Config = plan.config
    halves = config.losses.openpose, config.losses.annotated
    return read_sources(plan.own, body, halves, config.seed, kept)


def begin(plan: Plan, processes: Processes, fresh: bool) -> Lesson:
    """Read body and people, build the network, and start it from its initial weights."""
    own: SpinOptions = plan.own
    body, fits_file = load_body(own.body), plan.folder / FITS
    sources = sources_of(plan, body, fits_file if plan.goes_on and fits_file.exists() else None)
    network = build(plan.config, body)
    notices = (*sources.notices, *(start_from(network, own, body) if fresh else ()))
    return lesson_of(plan, processes, network, sources, body, notices)


def lesson_of(
    plan: Plan,
    processes: Processes,
    network: SpinNetwork,
    sources: Sources,
    body: Body,
    notices: tuple[str, ...],
    trunks: Trunks | None = None,
    between: Between | None = None,
) -> Lesson:
    """A network taught on people. trunks: of the people, for a network of crowds. between: builds, of the body and the
    dictionary where they are, terms between the people of a batch."""
    config: Config = plan.config
    network = network.to(processes.device, memory_format=torch.channels_last)
    fits, body_here = sources.fits.to(processes.device), body.to(processes.device)
    if config.mode == "loop":
        ready_to_train(processes.device.type)
    losses = RowLosses.unknown(len(sources.samples)) if plan.own.by_loss else None
    order = dataclasses.replace(sources.order, losses=losses)
    crops = Crops(sources.samples, order, config.augment, kind_of(network).stretched, trunks)
    taught = Taught(plan, processes, network, fits, body_here, crops, len(fits) - sources.made)
    spin = Spin(config, body_here, fits, processes, between and between(body_here, fits), losses)
    return Lesson(
        network=network,
        optimizer=torch.optim.Adam(
            network.parameters(), config.learning_rate, weight_decay=config.weight_decay
        ),
        batch=config.batch,
        in_epoch=batches_of(sources.order, config.batch),
        batches=taught.batches,
        gradients=gradients_of(spin, network),
        rate=lambda step, share: rate(config, step, share),
        checkpoint=taught.checkpoint,
        restore=taught.restore,
        clip=config.clip,
        pieces=config.accumulate,
        write=taught.write,
        after=taught.after,
        kept=kept,
        remark=remark,
        notices=notices,
        about={"body": {"name": body.name, "fingerprint": body.fingerprint}},
    )


def gradients_of(spin: Spin, network: SpinNetwork) -> Pieces:
    """`regress` and `loss` of a batch, whole or in pieces."""
    config, processes = spin.config, spin.processes

    def loss_of(batch: Batch, predicted: Predicted) -> Any:
        return loss(SpinOutput(*predicted), batch, spin)

    dropout = share_batches(network, processes, config.seed)
    return Pieces(
        network, lambda batch: regress(network, batch, config), loss_of, dropout, processes, config.batch
    )


def rate(config: Config, step: int, share_done: float) -> float:
    """The learning rate: down half a cosine, times the line of the warm-up."""
    falling = (1 + math.cos(math.pi * share_done)) / 2
    rising = min(1.0, (step + 1) / max(1, config.warm_up))
    return config.learning_rate * rising * (config.last_rate + (1 - config.last_rate) * falling)


@dataclass(frozen=True, eq=False)
class Taught:
    """The network, the dictionary that it betters, and the crops it learns from. in_files: rows that files have."""

    plan: Plan
    processes: Processes
    network: SpinNetwork
    fits: FitsDictionary
    body: Body
    crops: Crops
    in_files: int

    def batches(self, epoch: int, place: int) -> Iterator[Batch]:
        config, own, device = self.plan.config, self.plan.own, self.processes.device
        order, in_epoch = self.crops.order, batches_of(self.crops.order, config.batch)
        turns = Turns(order, epoch, place, config.batch, self.processes.share)
        # The loader looks two batches a worker ahead, which by losses may reach into the next epoch but no further.
        workers = own.workers if order.losses is None else min(own.workers, (in_epoch - 1) // 2)
        batches = load_batches(self.crops, turns, workers, device.type == "cuda")
        if order.losses is not None:
            batches = begun_epochs(batches, order.losses, place, epoch, in_epoch)
        for batch in batches:
            yield batch.to(device)

    def checkpoint(self, step: int, loop: dict[str, Any]) -> Checkpoint:
        rows = {name: getattr(self.fits, name).cpu() for name in _CHANGING}
        losses = self.crops.order.losses
        more = {} if losses is None else {"row_losses": losses.state()}
        return spin_checkpoint(self.network, step, {**loop, "fits": rows, **more})

    def restore(self, checkpoint: Checkpoint, file: Path) -> None:
        load_weights(self.network, checkpoint.weights, str(file))
        rows: dict[str, Tensor] = checkpoint.loop["fits"]
        for name in _CHANGING:
            here, saved = getattr(self.fits, name), rows[name]
            if here.shape != saved.shape:
                raise ValueError(f"{len(saved)} rows, where the data now have {len(here)}")
            here.copy_(saved.to(here.device))
        if self.crops.order.losses is not None:
            self.crops.order.losses.restore(checkpoint.loop["row_losses"])

    def write(self, folder: Path, step: int) -> None:
        own = np.arange(self.in_files)
        fits = self.fits if len(own) == len(self.fits) else chosen_rows(self.fits, own, "the run's fits")
        fits.save(folder / FITS)

    def after(self, step: int, last: bool) -> dict[str, float]:
        every = self.plan.own.picture_every
        if every and step % every == 0:
            draw_pictures(self.plan.folder, step, self.network, self.body, self.fits, self.crops)
        return {}


def kept(batch: Batch) -> dict[str, Tensor]:
    """A batch as it is dumped."""
    views = {item.name: getattr(batch.views, item.name).cpu() for item in dataclasses.fields(batch.views)}
    names = ("images", "keypoints_crop", "joints", "has_joints", "half_weights", "centres")
    return {**views, **{name: getattr(batch, name).cpu() for name in names}}


def remark(report: TrainStep) -> str:
    """What the terminal adds to a step."""
    people = max(1, report.counts.get("people", 1))
    return f"{report.counts.get('replaced', 0) / people:.0%} of fits bettered"


METHOD = Method(
    name="spin",
    words=WORDS,
    config=Config(),
    own=SpinOptions(),
    begin=begin,
    options=Options(epochs=50),
    help=HELP,
    switches=SWITCHES,
    fixed=FIXED,
    needs=NEEDS,
    check=check,
)
