"""Capsules that fill a body's flesh, to keep two bodies out of each other; the capsules of one body against itself
(`core.body.capsules`) are thinner.

Each capsule lies between two means of joints. Its radius is the mean distance of the skin around it, an affine function
of the shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoint_body import SHAPES
from core.body.model import Body
from core.body.tree import JOINT_NAMES

Mean = dict[str, float]  # joint -> weight, summing to one
FULL = 0.97  # of the skin's mean distance: a limb is no circle, and its capsule should not stand out
_TRUNK: tuple[tuple[Mean, Mean], ...] = (
    ({"pelvis": 1}, {"spine2": 1}),
    ({"spine2": 1}, {"neck": 1}),
    ({"neck": 1}, {"head": 2.0, "neck": -1.0}),
)
_SIDE: tuple[tuple[Mean, Mean], ...] = (
    ({"hip": 0.8, "pelvis": 0.2}, {"shoulder": 0.6, "spine3": 0.4}),
    ({"shoulder": 0.5, "spine3": 0.5}, {"shoulder": 1}),
    ({"shoulder": 1}, {"elbow": 1}),
    ({"elbow": 1}, {"wrist": 1}),
    ({"wrist": 1}, {"hand": 1.8, "wrist": -0.8}),
    ({"hip": 1}, {"knee": 1}),
    ({"knee": 1}, {"ankle": 1}),
    ({"ankle": 1}, {"foot": 1.2, "ankle": -0.2}),
)
_CENTRAL = {name for first, second in _TRUNK for name in (*first, *second)} | {"spine3", "pelvis"}


@dataclass(frozen=True, eq=False)
class Flesh:
    """C capsules. ends (C, 2, 24): weights of the joints; radius (C,) [m] and radius_shape (11, C): by the shape, ten
    betas and kid."""

    ends: Tensor
    radius: Tensor
    radius_shape: Tensor

    def radii(self, shape: Tensor) -> Tensor:
        """(B, C) [m] of shapes (B, 11)."""
        return torch.addmm(self.radius, shape, self.radius_shape).clamp_min(0.005)


@lru_cache(maxsize=4)
def flesh_of(body: Body) -> Flesh:
    """The capsules of a body, made once."""
    template, shapes = body.v_template.double().cpu(), body.shapedirs.double().cpu()
    regressor = body.J_regressor.double().cpu()
    ends = torch.from_numpy(_ends())
    rest = regressor @ template
    axis, away = _nearest(template.numpy(), torch.einsum("cej,jx->cex", ends, rest).numpy())
    near = [np.flatnonzero((axis == capsule) & (away < 0.3)) for capsule in range(len(ends))]

    def radii(vertices: Tensor) -> NDArray[np.float64]:
        places = torch.einsum("cej,jx->cex", ends, regressor @ vertices).numpy()
        distance = _distances(vertices.numpy(), places)
        return FULL * np.array([distance[chosen, c].mean() for c, chosen in enumerate(near)])

    radius = radii(template)
    by_shape = np.zeros((SHAPES, len(ends)))
    for number in range(shapes.shape[2]):
        by_shape[number] = radii(template + shapes[..., number]) - radius
    like = body.v_template
    return Flesh(*(torch.as_tensor(part).to(like) for part in (ends, radius, by_shape)))


def _ends() -> NDArray[np.float64]:
    capsules = list(_TRUNK)
    for side in ("left_", "right_"):
        capsules += [(_sided(first, side), _sided(second, side)) for first, second in _SIDE]
    weights = np.zeros((len(capsules), 2, len(JOINT_NAMES)))
    for number, ends in enumerate(capsules):
        for end, mean in enumerate(ends):
            for name, weight in mean.items():
                weights[number, end, JOINT_NAMES.index(name)] = weight
    return weights


def _sided(mean: Mean, side: str) -> Mean:
    return {name if name in _CENTRAL else side + name: weight for name, weight in mean.items()}


def _nearest(
    points: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    distance = _distances(points, ends)
    nearest = distance.argmin(axis=1)
    return nearest, distance[np.arange(len(points)), nearest]


def _distances(points: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """(V, C) [m]: from points (V, 3) to the segments between ends (C, 2, 3)."""
    start, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    share = ((points[:, None] - start) * along).sum(-1) / np.square(along).sum(-1)
    nearest = start + share.clip(0, 1)[..., None] * along
    return np.asarray(np.linalg.norm(points[:, None] - nearest, axis=-1))
