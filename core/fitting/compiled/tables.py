"""What the compiled tries read: body, prior, weights, photo and wishes as plain arrays, mostly views of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, JOINTS, UNKNOWNS, KeypointBody
from core.body.tree import JOINT_NAMES, PARENTS
from core.errors import FitInputError
from core.fitting.config import FitConfig
from core.fitting.prior import PosePrior
from core.fitting.residuals import Seen
from core.wishes import DepthOrder, GroundContact, Pin, RayPin, Turn, Wish

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
SHAPES = CAM_T_COLUMNS.start - BETAS_COLUMNS.start
AFFINE = SHAPES + 1  # numbers of an affine function of the shape, the constant last
BENDS = 9 * (JOINTS - 1)


class BodyTable(NamedTuple):
    """A KeypointBody without its zeros. Entries E are the pairs of a keypoint and a joint that carries some of it, by
    keypoint: those of keypoint k begin at first[k] (K + 1,).

    joint, weight (E,): c_kj; levers (E, 3, 12): a_kj as an affine function of the shape, its constant last;
    levers_pose (E, 3, 207), or (0, 3, 207) without pose blend shapes. ancestor, ancestor_weight (A,), from
    first_ancestor[k] (K + 1,): the joints that move keypoint k, tips first, and how much of it hangs below each.
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


class PriorTable(NamedTuple):
    """The fields of PosePrior."""

    means: Floats
    factors: Floats
    precisions: Floats
    offsets: Floats
    lower: Floats
    upper: Floats


class Weights(NamedTuple):
    """What multiplies squared residuals. robust: squared; softness: of the prior, 0 for one component at a time."""

    robust: float
    softness: float
    pose_prior: float
    hinges: float
    limits: float
    upright: float
    betas: float
    kid: float
    stay_near: float


class Photo(NamedTuple):
    """The fields of Seen, and previous (B, 86), where `stay_near` pulls to; (0, 86) where it does not."""

    xy: Floats
    confidence: Floats
    focal_length: Floats
    camera_center: Floats
    scale: Floats
    previous: Floats


class WishTable(NamedTuple):
    """Wishes about places as rows axis . (x_one - x_other) - target: keypoints (W, 3) with one, other (-1: none) and
    whether only what is above zero counts; rows (W, 4) with axis and target. Wishes about turns as the unknown that
    each holds (T,), and held (T, 2) with its target and weight."""

    keypoints: Places
    rows: Floats
    unknowns: Places
    held: Floats


class Task(NamedTuple):
    """What stays the same during a run of tries of B people; free (86,): which unknowns may move."""

    body: BodyTable
    prior: PriorTable
    weights: Weights
    photo: Photo
    wishes: WishTable
    free: npt.NDArray[np.bool_]


def task_of(
    body: KeypointBody,
    prior: PosePrior,
    config: FitConfig,
    softness: float,
    places: Mapping[str, int],
    seen: Seen,
    previous: Tensor | None,
    free: Tensor,
) -> Task:
    """What an Objective of the same does. Raises FitInputError for a wish about an unknown name."""
    nowhere = seen.xy.new_empty(0, UNKNOWNS)
    return Task(
        body_table(body),
        _prior_table(prior),
        _weights(config, softness),
        Photo(*(_numbers(part) for part in (*seen, nowhere if previous is None else previous))),
        _wish_table(config.wishes, places),
        free.numpy(),
    )


@lru_cache(maxsize=32)
def body_table(body: KeypointBody) -> BodyTable:
    """Made once for each body, which is kept as long."""
    count = body.k
    constant = _numbers(body.levers).reshape(JOINTS, count, 4)
    by_shape = _numbers(body.levers_shape).reshape(SHAPES, JOINTS, count, 4)
    levers = np.concatenate([by_shape, constant[None]])[..., :3].transpose(2, 1, 3, 0)
    weight = constant[..., 3].T
    by_pose = np.zeros((count, JOINTS, 3, BENDS if body.levers_pose is not None else 0), np.float32)
    if body.levers_pose is not None:
        by_pose[:] = (
            _numbers(body.levers_pose).reshape(BENDS, JOINTS, count, 4)[..., :3].transpose(2, 1, 3, 0)
        )
    carries = levers.any(axis=(2, 3)) | (weight != 0) | by_pose.any(axis=(2, 3))
    keypoint, joint = carries.nonzero()
    moves = carries @ (_numbers(body.subtree).T > 0)  # (K, 24): anything at or below the joint carries it
    moved, tips_first = moves[:, ::-1].nonzero()
    ancestor = JOINTS - 1 - tips_first
    offsets = np.concatenate([_numbers(body.offsets_shape), _numbers(body.offsets)[None]])
    return BodyTable(
        first=np.searchsorted(keypoint, np.arange(count + 1)),
        joint=joint,
        weight=weight[carries],
        levers=np.ascontiguousarray(levers[carries]),
        levers_pose=by_pose[carries] if body.levers_pose is not None else np.zeros((0, 3, BENDS), np.float32),
        first_ancestor=np.searchsorted(moved, np.arange(count + 1)),
        ancestor=ancestor,
        ancestor_weight=_numbers(body.subtree_weights).T[moved, ancestor],
        parents=np.array(PARENTS),
        offsets=np.ascontiguousarray(offsets.T.reshape(JOINTS, 3, AFFINE)),
    )


@lru_cache(maxsize=8)
def _prior_table(prior: PosePrior) -> PriorTable:
    """Made once for each prior."""
    return PriorTable(*(_numbers(getattr(prior, name)) for name in PriorTable._fields))


def _weights(config: FitConfig, softness: float) -> Weights:
    return Weights(
        robust=(config.robust_px / config.keypoint_px) ** 2,
        softness=float(softness),
        pose_prior=float(config.pose_prior**2),
        hinges=float(config.hinges**2),
        limits=float(config.limits**2),
        upright=float(config.upright**2),
        betas=float(config.betas**2),
        kid=float(config.kid**2),
        stay_near=float(config.stay_near**2),
    )


def _wish_table(wishes: Sequence[Wish], places: Mapping[str, int]) -> WishTable:
    """places: name -> keypoint of the body. Raises FitInputError for an unknown name."""
    keypoints: list[tuple[int, int, bool]] = []
    rows: list[npt.ArrayLike] = []
    unknowns: list[int] = []
    held: list[tuple[float, float]] = []
    for wish in wishes:
        if isinstance(wish, Turn):
            first = 3 * _joint(wish.name)
            unknowns += range(first, first + 3)
            held += [(angle, wish.tolerance**-2) for angle in wish.axis_angle]
        elif isinstance(wish, DepthOrder):
            keypoints.append((_place(wish.nearer, places), _place(wish.farther, places), True))
            rows.append(np.array([0, 0, 1, -wish.margin]) / wish.tolerance)
        else:
            some = _rows(wish) / wish.tolerance
            keypoints += [(_place(wish.name, places), -1, False)] * len(some)
            rows += [*some]
    return WishTable(
        np.array(keypoints, np.int64).reshape(-1, 3),
        np.array(rows, np.float32).reshape(-1, 4),
        np.array(unknowns, np.int64),
        np.array(held, np.float32).reshape(-1, 2),
    )


def _rows(wish: Pin | RayPin | GroundContact) -> npt.NDArray[np.float64]:
    """Axis and target of each residual (W, 4), in metres."""
    if isinstance(wish, GroundContact):
        return np.array([[*wish.normal, wish.offset]])
    if isinstance(wish, Pin):
        return np.column_stack([np.eye(3), wish.point])
    ray = np.array(wish.direction) / np.linalg.norm(wish.direction)
    return np.column_stack([np.eye(3) - np.outer(ray, ray), np.zeros(3)])


def _joint(name: str) -> int:
    if name not in JOINT_NAMES:
        raise FitInputError(f"{name!r} does not turn. Choose one of {', '.join(JOINT_NAMES)}.")
    return JOINT_NAMES.index(name)


def _place(name: str, places: Mapping[str, int]) -> int:
    if name not in places:
        raise FitInputError(f"{name!r} cannot be steered. Choose one of {', '.join(sorted(places))}.")
    return places[name]


def _numbers(tensor: Tensor) -> Floats:
    """The tensor's own memory where it is contiguous."""
    return tensor.detach().contiguous().numpy()
