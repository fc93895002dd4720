"""A body as the compiled functions read it: plain arrays, mostly views of tensors."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from torch import Tensor

from core.body.keypoint_body import JOINTS, SHAPES, KeypointBody
from core.body.tree import PARENTS
from core.compute.machine_code import Floats, Places

AFFINE = SHAPES + 1  # numbers of an affine function of the shape, the constant last
BENDS = 9 * (JOINTS - 1)


class BodyTable(NamedTuple):
    """A KeypointBody without its zeros. Entries E are the pairs of a keypoint and a joint that carries part of it,
    sorted by keypoint: those of keypoint k begin at first[k] (K + 1,).

    joint, weight (E,): c_kj; levers (E, 3, 12): a_kj as an affine function of the shape, its constant last;
    levers_pose (E, 3, 207), or (0, 3, 207) without pose blend shapes. ancestor, ancestor_weight (A,), from
    first_ancestor[k] (K + 1,): the joints that move keypoint k, tips first, and the share of it at or below each.
    parents (24,), -1 at the root; offsets (24, 3, 12): joint minus parent, likewise.
    """

    first: Places
    joint: Places
    weight: Floats
    levers: Floats
    levers_pose: Floats
    first_ancestor: Places
    ancestor: Places
    ancestor_weight: Floats
    parents: Places
    offsets: Floats


@lru_cache(maxsize=32)
def body_table(body: KeypointBody) -> BodyTable:
    """The table of a body; cached, which keeps the body alive too."""
    count = body.k
    constant = numbers_of(body.levers).reshape(JOINTS, count, 4)
    by_shape = numbers_of(body.levers_shape).reshape(SHAPES, JOINTS, count, 4)
    levers = np.concatenate([by_shape, constant[None]])[..., :3].transpose(2, 1, 3, 0)
    weight = constant[..., 3].T
    by_pose = np.zeros((count, JOINTS, 3, BENDS if body.levers_pose is not None else 0), np.float32)
    if body.levers_pose is not None:
        by_pose[:] = (
            numbers_of(body.levers_pose).reshape(BENDS, JOINTS, count, 4)[..., :3].transpose(2, 1, 3, 0)
        )
    carries = levers.any(axis=(2, 3)) | (weight != 0) | by_pose.any(axis=(2, 3))
    keypoint, joint = carries.nonzero()
    moves = carries @ (
        numbers_of(body.subtree).T > 0
    )  # (K, 24): True if a joint at or below this one carries it
    moved, tips_first = moves[:, ::-1].nonzero()
    ancestor = JOINTS - 1 - tips_first
    offsets = np.concatenate([numbers_of(body.offsets_shape), numbers_of(body.offsets)[None]])
    return BodyTable(
        first=np.searchsorted(keypoint, np.arange(count + 1)),
        joint=joint,
        weight=weight[carries],
        levers=np.ascontiguousarray(levers[carries]),
        levers_pose=by_pose[carries] if body.levers_pose is not None else np.zeros((0, 3, BENDS), np.float32),
        first_ancestor=np.searchsorted(moved, np.arange(count + 1)),
        ancestor=ancestor,
        ancestor_weight=numbers_of(body.subtree_weights).T[moved, ancestor],
        parents=np.array(PARENTS),
        offsets=np.ascontiguousarray(offsets.T.reshape(JOINTS, 3, AFFINE)),
    )


def numbers_of(tensor: Tensor) -> Floats:
    """The tensor as an array; shares its memory if it is contiguous."""
    return tensor.detach().contiguous().numpy()
