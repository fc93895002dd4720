"""Starts of a search for other bodies of one person: limbs of one body flipped, or exchanged for another's."""

from __future__ import annotations

import torch
from torch import Tensor

from core.body.keypoint_body import POSE_COLUMNS, KeypointBody
from core.body.tree import LIMBS
from core.fitting.starts.flips import FLIPS, flip_sets, flipped, pose_of


def starts_around(body: KeypointBody, given: Tensor, count: int) -> Tensor:
    """About `count` starts (N, 86) from one or more given bodies (H, 86).

    In this order: the first body as it is and with each limb flipped; all others; the first with one limb of another;
    the first with several limbs flipped.

    A network is often right about one limb in one of its bodies and about the next in another.
    """
    others = given[1:]
    exchanged = with_limbs_of(body, given[0], others)[: max(count - len(others) - len(FLIPS) - 1, 0)]
    flips = flip_sets(max(count - len(others) - len(exchanged), 1))
    return torch.cat([flipped(body, given[0], flips), exchanged, others])


def with_limbs_of(body: KeypointBody, first: Tensor, others: Tensor) -> Tensor:
    """A body (86,) with one arm or leg of one of the others (H, 86) at a time, in its orientation there: (4 H, 86),
    limbs of the most different body first."""
    turns, places = body.joints(torch.cat([first[None], others]))
    places = places - places[:, :1]
    order = (places[1:] - places[0]).norm(dim=-1).sum(dim=1).argsort(descending=True)
    world = turns[:1].repeat(len(LIMBS) * len(others), 1, 1, 1)
    for row, other in enumerate(order.tolist()):
        for number, joints in enumerate(LIMBS):
            world[len(LIMBS) * row + number, joints] = turns[1 + other, joints]
    exchanged = first.repeat(len(world), 1)
    exchanged[:, POSE_COLUMNS] = pose_of(world)
    return exchanged
