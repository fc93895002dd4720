"""The interface of a term of a fit's objective, in tensors and as machine code.

The plain version runs on any device, in any precision and for a batch; the machine code runs on the CPU for one person
at a time. Tests compare the two. Losses are sums of squares; with a loss come half its gradient, J'r, and
half its Hessian, J'J.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from core.body.compiled.body_table import BodyTable
from core.body.compiled.posing import Posed
from core.body.keypoint_body import POSE, PosedKeypoints
from core.compute.machine_code import Floats, compiled
from core.fitting.config import FitConfig
from core.fitting.prior import PosePrior
from core.fitting.terms.wish_table import WishTable

BODY_POSE_START = 3  # among the unknowns; machine code knows no slices as constants
BODY_POSE = slice(BODY_POSE_START, POSE)

Number = float | np.float32


class SeenKeypoints(NamedTuple):
    """The visible keypoints of each person. xy (B, K, 2) [px]; confidence (B, K); focal_length (B,) [px];
    camera_center (B, 2) [px]; scale (B,) [1/px]: residual units per pixel."""

    xy: Tensor
    confidence: Tensor
    focal_length: Tensor
    camera_center: Tensor
    scale: Tensor


class Observation(NamedTuple):
    """The data that differs from fit to fit. previous (B, 86): the target of `stay_near`, None without that term."""

    seen: SeenKeypoints
    wishes: WishTable
    previous: Tensor | None = None

    def tensors(self) -> tuple[Tensor, ...]:
        """All parts as tensors, for recorded and compiled functions; those at SHARED have no row per person."""
        own = () if self.previous is None else (self.previous,)
        return (*self.seen, *self.wishes, *own)

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> Observation:
        """Inverse of tensors."""
        previous = tensors[SHARED.stop] if len(tensors) > SHARED.stop else None
        return cls(SeenKeypoints(*tensors[: SHARED.start]), WishTable(*tensors[SHARED]), previous)


SHARED = slice(len(SeenKeypoints._fields), len(SeenKeypoints._fields) + len(WishTable._fields))


class FitGoal(NamedTuple):
    """The goal that a fit minimises. softness: width of the pose prior's blend; 0: one component at a time."""

    terms: tuple[FitTerm, ...]
    config: FitConfig
    prior: PosePrior
    softness: float = 0.0


class ComparedBodies(NamedTuple):
    """Bodies whose loss is computed, at unknowns (B, 86). offset_px (B, K, 2): from each keypoint of the photo to the
    body's."""

    unknowns: Tensor
    posed: PosedKeypoints
    observation: Observation
    offset_px: Tensor

    @classmethod
    def of(cls, posed: PosedKeypoints, observation: Observation) -> ComparedBodies:
        """The photo's keypoints are the first of the body's."""
        seen = observation.seen
        points = posed.points[:, : seen.xy.shape[1]]
        shown = points[..., :2] / points[..., 2:] * seen.focal_length[:, None, None]
        return cls(posed.unknowns, posed, observation, shown + seen.camera_center[:, None] - seen.xy)

    def no_loss(self) -> TermShare:
        """The share of a term with weight zero."""
        return TermShare(self.unknowns.new_zeros(len(self.unknowns)))


class TermRows(NamedTuple):
    """residual (B, R), whitened: divided by the tolerance; jacobian (B, R, 86)."""

    residual: Tensor
    jacobian: Tensor


class NormalEquations(NamedTuple):
    """Half gradient (B, 86), half Hessian (B, 86, 86), and the Hessian's diagonal (B, 86), a view of it."""

    gradient: Tensor
    hessian: Tensor
    diagonal: Tensor


class TermShare(NamedTuple):
    """A term's loss (B,), and a function for its derivatives: a term of residuals returns their rows, any other term
    adds its part to the normal equations in place."""

    loss: Tensor
    rows: Callable[[], TermRows] | None = None
    pull: Callable[[NormalEquations], None] | None = None


class BodyPosePull(NamedTuple):
    """A term over body poses: loss (B,), half gradient (B, 69) and half Hessian (B, 69, 69) or its diagonal (B, 69).

    A Gaussian's J is constant, so rows would only make the product J'J longer.
    """

    loss: Tensor
    gradient: Tensor
    hessian: Tensor


class TermWorkspace(NamedTuple):
    """Arrays in which machine code computes one person. body: its table; posed: the body at the current unknowns; rows
    (2, WIDE) of a Jacobian, all zero between uses; distance_px (K,): of each keypoint, from the body's."""

    body: BodyTable
    posed: Posed
    rows: Floats
    distance_px: Floats


class FitTerm(NamedTuple):
    """name: in the loss by term, words joined by underscores.

    plain(goal, bodies): the term's share for a batch.
    numbers(goal, observation): the input of the machine code, a NamedTuple of arrays and floats whose types never
    change. workspace(numbers): the term's own arrays for one person, a NamedTuple or an empty tuple.
    lose(numbers, own, at, person, unknowns): the loss of one person at unknowns (86,).
    slope(numbers, own, at, person, unknowns, gradient, hessian): adds J'r (86,) and the upper triangle of J'J
    (86, WIDE) at the unknowns of the last `lose`. A rejected try does not call it.
    """

    name: str
    plain: Callable[[FitGoal, ComparedBodies], TermShare]
    numbers: Callable[[FitGoal, Observation], Any]
    workspace: Callable[[Any], Any]
    lose: Callable[[Any, Any, TermWorkspace, int, Floats], Number]
    slope: Callable[[Any, Any, TermWorkspace, int, Floats, Floats, Floats], None]


def no_workspace(numbers: object) -> tuple[()]:
    """The workspace of a term that needs none."""
    return ()


@compiled
def pull_one(i: int, gradient: Number, hessian: Number, gradients: Floats, hessians: Floats) -> None:
    """Add to one unknown's half gradient and half Hessian."""
    gradients[i] += gradient
    hessians[i, i] += hessian
