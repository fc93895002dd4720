"""Predictions of an image network for a data set without augmentation, and the body that they are of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body.model import Body, BodyParams, load_body
from core.errors import CheckpointError
from core.geometry.image import normalise
from core.geometry.rotation import matrix_to_axis_angle
from core.networks.guess import predicted
from core.networks.spin import SpinOutput
from core.networks.table import NetworkKind, body_of_betas
from train.data.batches import Batch, Crops, RowTurn
from train.data.epoch_order import Order
from train.data.photos_present import Absent
from train.data.samples import Samples
from train.data.trunks import Trunks

CHUNK = 32


def body_of(network: nn.Module, body: Body) -> Body:
    """The body that the network predicts betas of: the one given, or else the open one. Raises CheckpointError."""
    betas_body = body_of_betas(network)
    for one in (body, load_body()):
        if one.shares_betas(betas_body):
            return one
    raise CheckpointError(
        f"the network predicts betas of body '{betas_body}', not of '{body.name}'. Give that body's file: --body."
    )


def crops_of(samples: Samples, rows: NDArray[np.int64], kind: NetworkKind | None = None) -> Iterator[Batch]:
    """The crops of these people, in order, without augmentation, as a kind of network is shown them. Whose photo cannot
    be read is in no batch, and the photo among its `unreadable`. Raises FitsError where many in a row cannot."""
    trunks = Trunks.of(samples) if kind is not None and kind.shown == "centres" else None
    stretched = kind is not None and kind.stretched
    crops = Crops(samples, Order(rows, samples.dataset, 0), None, stretched, trunks)
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        batch = crops[[RowTurn(0, place, int(row)) for place, row in enumerate(some)]]
        own = batch.views.indices == torch.from_numpy(some)  # for an unreadable photo another's crop came
        unreadable = tuple(samples.photo[some[~own.numpy()]].tolist())
        yield dataclasses.replace(batch[own], unreadable=unreadable)


def left_out(absent: Absent, unreadable: Sequence[str]) -> tuple[str, ...]:
    """A line for the people that are not in the figures. unreadable: each one's photo, if it cannot be read."""
    broken = Absent(len(unreadable), tuple(dict.fromkeys(unreadable)), "cannot be read")
    return tuple(str(one) for one in (absent, broken) if one.people)


@torch.no_grad()
def ask(network: nn.Module, batch: Batch) -> SpinOutput:
    """Predictions for the people of a batch, on the CPU. Raises CheckpointError where it sees more than
    crops."""
    network.eval()
    device = next(network.parameters()).device
    found = predicted(network, normalise(batch.images.to(device)), batch.centres.to(device))
    return SpinOutput(*(part.float().cpu() for part in found))


def params_of(predicted: SpinOutput) -> BodyParams:
    """The bodies in the crop's frame, at its origin."""
    pose = matrix_to_axis_angle(predicted.rotations).flatten(1)
    return BodyParams.from_pose(pose, predicted.betas, torch.zeros_like(pose[:, :3]))
