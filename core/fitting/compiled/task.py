"""What the compiled tries read: prior, weights, photo and wishes as plain arrays, mostly views of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core.body.compiled.body_table import BodyTable, body_table, numbers_of
from core.body.keypoint_body import UNKNOWNS, KeypointBody
from core.body.tree import JOINT_NAMES
from core.compute.machine_code import Floats, Places
from core.errors import FitInputError
from core.fitting.config import FitConfig
from core.fitting.prior import PosePrior
from core.fitting.residuals import SeenKeypoints
from core.wishes import DepthOrder, GroundContact, Pin, RayPin, Turn, Wish


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


class PhotoTable(NamedTuple):
    """The fields of Seen, and previous (B, 86), where `stay_near` pulls to; (0, 86) where it does not."""

    xy: Floats
    confidence: Floats
    focal_length: Floats
    camera_center: Floats
    scale: Floats
    previous: Floats


class WishTable(NamedTuple):
    """Wishes about places as rows axis . (x_one - x_other) - target: keypoints (W, 3) with one, other (-1: none) and
    whether only what is above zero counts; rows (W, 4) with axis and target. Wishes about turns as the first of the
    three unknowns that each holds (T,), and held (T, 5) with axis, angle and weight."""

    keypoints: Places
    rows: Floats
    unknowns: Places
    held: Floats


class Task(NamedTuple):
    """What stays the same during a run of tries of B people; free (86,): which unknowns may move."""

    body: BodyTable
    prior: PriorTable
    weights: Weights
    photo: PhotoTable
    wishes: WishTable
    free: npt.NDArray[np.bool_]


def task_of(
    body: KeypointBody,
    prior: PosePrior,
    config: FitConfig,
    softness: float,
    places: Mapping[str, int],
    seen: SeenKeypoints,
    previous: Tensor | None,
    free: Tensor,
) -> Task:
    """What an Objective of the same does. Raises FitInputError for a wish about an unknown name."""
    nowhere = seen.xy.new_empty(0, UNKNOWNS)
    return Task(
        body_table(body),
        _prior_table(prior),
        _weights(config, softness),
        PhotoTable(*(numbers_of(part) for part in (*seen, nowhere if previous is None else previous))),
        _wish_table(config.wishes, places),
        free.numpy(),
    )


@lru_cache(maxsize=8)
def _prior_table(prior: PosePrior) -> PriorTable:
    """Made once for each prior."""
    return PriorTable(*(numbers_of(getattr(prior, name)) for name in PriorTable._fields))


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
    held: list[npt.ArrayLike] = []
    for wish in wishes:
        if isinstance(wish, Turn):
            angle = float(np.linalg.norm(wish.axis_angle))
            axis = np.array(wish.axis_angle) / (angle or 1.0)
            unknowns.append(3 * _joint(wish.name))
            held.append([*axis, angle, wish.tolerance**-2])
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
        np.array(held, np.float32).reshape(-1, 5),
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
