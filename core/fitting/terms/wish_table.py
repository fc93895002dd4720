"""A curator's wishes as plain numbers: one form for tensors and machine code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.body.tree import JOINT_NAMES
from core.compute.per_device import held
from core.errors import FitInputError
from core.wishes import DepthOrder, GroundContact, PersonOrder, Pin, RayPin, Turn, Wish


class WishTable(NamedTuple):
    """Wishes about places as rows axis . (x_one - x_other) - target: keypoints (W, 3) with one, other (-1: none) and
    one-sidedness (1: only a positive residual counts); rows (W, 4) with axis and target. Wishes about rotations as the
    first of the three unknowns that each holds (T,), and held (T, 5) with axis, angle and weight."""

    keypoints: Tensor
    rows: Tensor
    unknowns: Tensor
    held: Tensor


def wish_table(wishes: Sequence[Wish], places: Mapping[str, int], like: Tensor) -> WishTable:
    """places: name -> keypoint of the body. Raises FitInputError for an unknown name."""
    if not wishes:
        return no_wishes(like.dtype, like.device)
    keypoints: list[tuple[int, int, bool]] = []
    rows: list[npt.ArrayLike] = []
    unknowns: list[int] = []
    turns: list[npt.ArrayLike] = []
    for wish in wishes:
        if isinstance(wish, PersonOrder):
            continue  # it counts where bodies are moved apart: core/fitting/crowd
        if isinstance(wish, Turn):
            angle = float(np.linalg.norm(wish.axis_angle))
            axis = np.array(wish.axis_angle) / (angle or 1.0)
            unknowns.append(3 * _joint(wish.name))
            turns.append([*axis, angle, wish.tolerance**-2])
        elif isinstance(wish, DepthOrder):
            keypoints.append((_place(wish.nearer, places), _place(wish.farther, places), True))
            rows.append(np.array([0, 0, 1, -wish.margin]) / wish.tolerance)
        else:
            some = _rows(wish) / wish.tolerance
            keypoints += [(_place(wish.name, places), -1, False)] * len(some)
            rows += [*some]
    return WishTable(
        torch.from_numpy(np.array(keypoints, np.int64).reshape(-1, 3)).to(like.device),
        torch.from_numpy(np.array(rows, np.float64).reshape(-1, 4)).to(like),
        torch.from_numpy(np.array(unknowns, np.int64)).to(like.device),
        torch.from_numpy(np.array(turns, np.float64).reshape(-1, 5)).to(like),
    )


@held
def no_wishes(dtype: torch.dtype, device: torch.device) -> WishTable:
    """Most fits have none: made once."""
    with torch.inference_mode(False):
        return WishTable(
            torch.empty((0, 3), dtype=torch.int64, device=device),
            torch.empty((0, 4), dtype=dtype, device=device),
            torch.empty((0,), dtype=torch.int64, device=device),
            torch.empty((0, 5), dtype=dtype, device=device),
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
