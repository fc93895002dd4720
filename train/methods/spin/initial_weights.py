"""Where a new run's network starts: a checkpoint, ImageNet's backbone, a mean body."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import torch

from core.body.model import SMPL_NEUTRAL, Body
from core.errors import CheckpointError
from core.networks.checkpoint import load_weights
from core.networks.spin import SpinNetwork, load_backbone, load_spin_network, start_at_imagenet
from train.methods.spin.config import SpinOptions
from train.methods.spin.mean_params import mean_body
from train.run.folder import checkpoint_of


def start_from(
    network: SpinNetwork,
    options: SpinOptions,
    body: Body,
    load: Callable[[Path], SpinNetwork] = load_spin_network,
) -> tuple[str, ...]:
    """Put the weights that the options name into a new network. load: reads a checkpoint as a network of the same
    parameters. Returns what the user should know."""
    notices: tuple[str, ...] = ()
    if options.mean_params is not None:
        mean = mean_body(options.mean_params)
        if not body.shares_betas(SMPL_NEUTRAL):
            mean = mean._replace(betas=torch.zeros_like(mean.betas))
            notices = (
                f"{options.mean_params}: its betas are of SMPL; those of {body.name} start at the mean",
            )
        for name, value in zip(("init_pose", "init_shape", "init_cam"), mean, strict=True):
            getattr(network, name).copy_(value.reshape(1, -1))
    if options.backbone_weights is not None:
        load_backbone(network, options.backbone_weights)
    if options.guess is None:
        start_at_imagenet(network)
        return notices
    known = load(checkpoint_of(options.guess))
    theirs, wanted = known.config, network.config
    if (theirs.backbone, theirs.iterations) != (wanted.backbone, wanted.iterations):
        raise CheckpointError(
            f"{options.guess}: is a {theirs.backbone} of {theirs.iterations} iterations, and the run's a "
            f"{wanted.backbone} of {wanted.iterations}. Give --backbone {theirs.backbone} --iterations "
            f"{theirs.iterations}."
        )
    load_weights(network, known.state_dict(), str(options.guess))
    if body.shares_betas(theirs.body):
        return ()
    with torch.no_grad():  # betas of another body say nothing of this one's
        for tensor in (network.decshape.weight, network.decshape.bias, network.init_shape):
            tensor.zero_()
    network.config = dataclasses.replace(network.config, body=body.fingerprint)
    return (
        f"{options.guess}: its betas are of body {theirs.body}; this run learns those of {body.name} anew",
    )
