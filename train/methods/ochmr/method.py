"""OCHMR as the loop has it: SPIN's training of a network that is shown everybody's trunk centres."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch

from core.body.model import Body, load_body
from core.networks.ochmr import OchmrConfig, OchmrNetwork, load_ochmr_network
from train.data.trunks import Trunks
from train.methods.ochmr.between_people import BetweenPeople
from train.methods.ochmr.config import HELP, Config, check, pairs_are_taught
from train.methods.ochmr.rows_of_both import with_mates, with_rows_of_both
from train.methods.spin.config import SpinOptions
from train.methods.spin.initial_weights import start_from
from train.methods.spin.mean_params import mean_body
from train.methods.spin.method import FITS, lesson_of, sources_of
from train.methods.spin.method import METHOD as SPIN
from train.run.distributed import Processes
from train.run.method_record import Lesson, Plan

WORDS = (
    "Train OCHMR's network, which is SPIN's with maps of people's trunks, on fits that a human corrected: "
    "python -m train.ochmr --fits curated.npz --guess SPIN"
)


def build(config: Config, body: Body) -> OchmrNetwork:
    """A network of random weights that starts its corrections at the mean body, and whose blocks do nothing yet."""
    torch.manual_seed(config.seed)
    parts = (config.backbone, config.iterations, body.fingerprint, config.block, config.maps)
    return OchmrNetwork(OchmrConfig(*parts), mean_body())


def begin(plan: Plan, processes: Processes, fresh: bool) -> Lesson:
    """Read body and people, make the rows of both, build the network, and start it from its initial weights."""
    own: SpinOptions = plan.own
    config: Config = plan.config
    body, kept = load_body(own.body), plan.folder / FITS
    people = sources_of(plan, body, kept if plan.goes_on and kept.exists() else None)
    sources = with_rows_of_both(people, config.pair_iou)
    if pairs_are_taught(config):
        sources = with_mates(sources)
    network = build(config, body)
    load = partial(load_ochmr_network, block=config.block, maps=config.maps)
    notices = (*sources.notices, *(start_from(network, own, body, load) if fresh else ()))
    trunks = Trunks.of(sources.samples, config.trunks)
    mate = torch.from_numpy(sources.order.mate) if sources.order.mate is not None else None
    between = None if mate is None else partial(BetweenPeople.of, mate=mate)
    return lesson_of(plan, processes, network, sources, body, notices, trunks, between)


METHOD = replace(SPIN, name="ochmr", words=WORDS, config=Config(), begin=begin, help=HELP, check=check)
