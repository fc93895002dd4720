"""What the teacher learns by: its points must look like somebody's from any side, and have a body's proportions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.metric_points import bone_lengths, metres_of
from core.networks.teacher.teacher import Teacher
from core.networks.teacher.turned_views import (
    TurnedView,
    points_at,
    random_turns,
    seen_anew,
    seen_from_here,
)

FACES = 0.3  # least cosine of the head's front to the torso's that costs nothing
KNEE = -0.05  # least bend of a knee that costs nothing
MOST_UNLIKELY = 200.0  # [nats] beyond it a view teaches nothing
BONES_FROM, BONES_TO = 0.05, 0.25  # of the stage: over it the weight of the bones rises from nothing
Unlikely = Callable[[Tensor], Tensor]  # of points (B, P, 2): what a view costs (B,)


@dataclass(frozen=True)
class TeacherWeights:
    """likely: of random views, per nat; same_points, same_view: what is lifted again from a random view, turned back,
    against the points, and against where they were seen; bones: ratios of their lengths; face, knees; motion: of two
    frames turned alike. knees is 1 where the layout has no face, as mirrored depths are nearly as likely."""

    likely: float = 0.1
    same_points: float = 0.5
    same_view: float = 2.0
    bones: float = 5.0
    face: float = 1.0
    knees: float = 0.0
    motion: float = 0.0


def bone_ratios(lengths: Tensor) -> Tensor:
    """Lengths (..., bones) over their mean."""
    return lengths / lengths.mean(dim=-1, keepdim=True)


@dataclass(frozen=True, eq=False)
class TeacherLoss:
    """The sum and its parts, of a batch. bones: the mean body's lengths (bones,) [m]; unlikely: what a view costs, by
    a density or a discriminator."""

    points: BodyPoints
    bones: Tensor
    weights: TeacherWeights

    def in_metres(self, at: Tensor) -> Tensor:
        """Points (B, P, 3) with the mean body's mean bone length; no gradient goes through that scale."""
        return at * metres_of(at, self.points, self.bones)[:, None, None]

    def __call__(
        self, teacher: Teacher, seen: TurnedView, unlikely: Unlikely, gone: float
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """gone: share of the stage that is over. Returns loss, parts, and the random views y (B, P, 2)."""
        at = points_at(seen.x, seen.size, teacher(seen.x, seen.size, seen.confidence))
        turn = random_turns(len(at), at.device)
        view, larger = seen_anew(at @ turn.mT, seen.size, self.points.hips)
        size = seen.size if teacher.config.distance else seen.size * larger
        again = points_at(view, size, teacher(view, size, seen.confidence))
        back = larger[:, None, None] * again @ turn
        there = seen_from_here(back, seen.size)
        parts = {
            "likely": unlikely(view).clamp_max(MOST_UNLIKELY).mean(),
            "same_points": (back - at).abs().sum(-1).mean(),
            "same_view": (there - seen.x).abs().sum(-1).mean(),
            "bones": (bone_ratios(bone_lengths(at, self.points)) - bone_ratios(self.bones))
            .square()
            .sum(-1)
            .mean(),
            "knees": knees_bent_back(at, self.points).mean(),
        }
        if self.points.has_face:
            parts["face"] = face_behind(at, self.points).mean()
        rising = min(1.0, max(0.0, (gone - BONES_FROM) / (BONES_TO - BONES_FROM)))
        factors = {name: getattr(self.weights, name) for name in parts}
        factors["bones"] = factors["bones"] * rising
        if not self.points.has_face:
            factors["knees"] = max(1.0, factors["knees"])
        loss = torch.stack([factors[name] * part for name, part in parts.items()]).sum()
        return loss, {name: part.detach() for name, part in parts.items()}, view


def face_behind(at: Tensor, points: BodyPoints) -> Tensor:
    """(B,) how far the nose is from where the torso faces, of points (B, P, 3): 0 below about 73 degrees."""
    place = points.place
    across = at[:, place("left_shoulder")] - at[:, place("right_shoulder")]
    up = (at[:, place("left_shoulder")] + at[:, place("right_shoulder")]) / 2 - at[:, points.hips].mean(dim=1)
    front = torch.linalg.cross(across, up, dim=-1)
    looks = at[:, place("nose")] - (at[:, place("left_ear")] + at[:, place("right_ear")]) / 2
    return (FACES - torch.nn.functional.cosine_similarity(front, looks, dim=-1, eps=1e-4)).relu()


def knees_bent_back(at: Tensor, points: BodyPoints) -> Tensor:
    """(B,) how far both knees bend the wrong way, of points (B, P, 3); directions are unit vectors."""
    across = _unit(at[:, points.place("left_hip")] - at[:, points.place("right_hip")])
    total = at.new_zeros(len(at))
    for side in ("left", "right"):
        hip, knee, ankle = (at[:, points.place(f"{side}_{part}")] for part in ("hip", "knee", "ankle"))
        axis = torch.linalg.cross(_unit(knee - hip), _unit(ankle - knee), dim=-1)
        total = total + (KNEE - (axis * across).sum(-1)).relu()
    return total


def _unit(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1, eps=1e-4)
