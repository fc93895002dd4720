"""What the student learns by: the teacher's points, its own keypoints in the photo, and few manners of a body."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.body import Body, BodyParams, KeypointBody
from core.body.kinematics import world_transforms
from core.body.tree import joint_index
from core.body.warnings import BEND
from core.networks.lifter.network import JOINTS, SHAPE, Hypotheses
from core.networks.teacher.body_points import BodyPoints
from train.methods.lifter.loss import shares_of_hypotheses

NEAREST = 0.2  # [m]
# Joints that rest where nothing is seen of them.
RESTING = tuple(
    joint_index(name)
    for name in (
        *("spine1", "spine2", "spine3", "neck", "head"),
        *(f"{side}_{part}" for side in ("left", "right") for part in ("collar", "foot", "wrist", "hand")),
    )
)


@dataclass(frozen=True)
class StudentWeights:
    """distilled: distance from the teacher's points [per m]; directions: of unit vectors along its bones; torso: of the
    pelvis' axes from its torso's; reprojection: of the keypoints, in sizes of the person;
    hinges: elbows and knees bent the wrong way; rest: joints that no keypoint shows; betas; views, pull: when both go
    on together, of the student's own random views, and of the teacher towards the student; choice: of the nearest
    hypothesis, where there are several."""

    distilled: float = 10.0
    directions: float = 2.0
    torso: float = 2.0
    reprojection: float = 2.0
    hinges: float = 0.05
    rest: float = 0.05
    betas: float = 0.02
    views: float = 0.02
    pull: float = 3.0
    choice: float = 0.1


@dataclass(frozen=True, eq=False)
class StudentBody:
    """The keypoints of a layout on posed bodies, with gradients through rotation matrices. torso (3, 3): the
    `torso_frame` of the mean body at rest."""

    levers: Tensor
    levers_shape: Tensor
    offsets: Tensor
    offsets_shape: Tensor
    torso: Tensor

    @classmethod
    def of(cls, body: Body, points: BodyPoints) -> StudentBody:
        found = KeypointBody.from_body(body, points.layout)
        k = found.k
        levers = found.levers.view(JOINTS, k, 4).transpose(0, 1).reshape(-1)
        shaped = found.levers_shape.view(SHAPE, JOINTS, k, 4).transpose(1, 2).reshape(SHAPE, -1)
        nobody = BodyParams.zeros(1, like=body.v_template)
        torso = torso_frame(found.keypoints(nobody)[0, list(points.columns)], points)
        return cls(levers, shaped, found.offsets, found.offsets_shape, torso)

    def keypoints(self, rotations: Tensor, shape: Tensor) -> Tensor:
        """rotations (B, 24, 3, 3), shape (B, 11). Returns (B, K, 3) [m] from the pelvis."""
        count = len(rotations)
        offsets = torch.addmm(self.offsets, shape, self.offsets_shape).view(count, JOINTS, 3)
        turns, joints = world_transforms(rotations, offsets)
        joints = joints - offsets[:, :1]
        levers = torch.addmm(self.levers, shape, self.levers_shape).view(count, -1, 4 * JOINTS)
        world = torch.cat([turns, joints[..., None]], dim=-1).transpose(-1, -2).reshape(count, 4 * JOINTS, 3)
        return levers @ world


@dataclass(frozen=True, eq=False)
class ShownLooks:
    """What the student's photos show. xy (B, K, 2) tangents in the student's turned frame, confidence (B, K), size (B,)
    [tangent]; taught (B,) bool: the teacher lifted the person; points (B, P, 3): its points [m] in the same frame,
    relative to the mid-hip, and anything where it did not."""

    xy: Tensor
    confidence: Tensor
    size: Tensor
    taught: Tensor
    points: Tensor


def student_points(bodies: Hypotheses, body: StudentBody) -> Tensor:
    """Keypoints (B, H, K, 3) [m] of the hypotheses, in the turned camera frame."""
    batch, count = bodies.shape.shape[:2]
    at = body.keypoints(bodies.rotations.flatten(0, 1), bodies.shape.flatten(0, 1))
    return at.unflatten(0, (batch, count)) + bodies.pelvis[:, :, None]


def student_loss(
    bodies: Hypotheses,
    at: Tensor,
    shown: ShownLooks,
    points: BodyPoints,
    body: StudentBody,
    weights: StudentWeights,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum, over the hypotheses by their shares, and its parts. at: their `student_points`.

    Distances of points alone teach slowly: a hand in its place says little of the shoulder's turn. Directions of bones
    and the torso's axes say which way each limb and the body turn.
    """
    taught = shown.taught.float()
    away = apart_m(at[:, :, points.columns], shown.points, points.hips) * taught[:, None]
    astray = directions_off(at[:, :, points.columns], shown.points, points) * taught[:, None]
    turned = torso_turned(bodies.rotations[:, :, 0] @ body.torso, shown.points, points) * taught[:, None]
    depth = at[..., 2].clamp_min(NEAREST)
    off = (at[..., :2] / depth[..., None] - shown.xy[:, None]).abs().sum(-1) / shown.size[:, None, None]
    seen = shown.confidence[:, None]
    reach = (off * seen).sum(-1) / seen.sum(-1).clamp_min(1e-6)
    won = (away + reach).detach().argmin(dim=1)
    share = shares_of_hypotheses(won, away.shape[1])
    resting = 3 - bodies.rotations[:, :, RESTING].diagonal(dim1=-2, dim2=-1).sum(-1)
    parts = {
        "distilled": (away * share).sum() / taught.sum().clamp_min(1),
        "directions": (astray * share).sum() / taught.sum().clamp_min(1),
        "torso": (turned * share).sum() / taught.sum().clamp_min(1),
        "reprojection": (reach * share).sum(1).mean(),
        "hinges": (wrong_bends(bodies.rotations) * share).sum(1).mean(),
        "rest": (resting.sum(-1) * share).sum(1).mean(),
        "betas": (bodies.shape.square().mean(-1) * share).sum(1).mean(),
    }
    loss = torch.stack([getattr(weights, name) * part for name, part in parts.items()]).sum()
    if away.shape[1] > 1:
        loss = loss + weights.choice * torch.nn.functional.cross_entropy(bodies.logits, won)
    return loss, {name: part.detach() for name, part in parts.items()}


def apart_m(at: Tensor, points: Tensor, hips: tuple[int, int]) -> Tensor:
    """(B, H) mean distance [m] of the student's points (B, H, P, 3) [m] from the teacher's (B, P, 3) [m], both from
    their mid-hips. The teacher's scale is the mean body's, not the student's own: bodies would shrink to lie nearer."""
    at = at - at[:, :, hips].mean(dim=2, keepdim=True)
    points = (points - points[:, hips].mean(dim=1, keepdim=True))[:, None]
    return ((at - points).square().sum(-1) + 1e-8).sqrt().mean(-1)


def directions_off(at: Tensor, points: Tensor, names: BodyPoints) -> Tensor:
    """(B, H) mean distance between unit vectors along the bones of the student's points (B, H, P, 3) and along those of
    the teacher's (B, P, 3)."""
    starts, ends = (list(side) for side in zip(*names.bones, strict=True))
    own, other = (_unit(each[..., starts, :] - each[..., ends, :]) for each in (at, points[:, None]))
    return ((own - other).square().sum(-1) + 1e-6).sqrt().mean(-1)


def torso_turned(torso: Tensor, points: Tensor, names: BodyPoints) -> Tensor:
    """(B, H) distance of the axes (B, H, 3, 3) of the student's torsos from those of the teacher's points (B, P, 3)."""
    return ((torso - torso_frame(points, names)[:, None]).square().sum((-2, -1)) + 1e-6).sqrt()


def torso_frame(at: Tensor, names: BodyPoints) -> Tensor:
    """Axes (..., 3, 3), in columns: to the person's left, from the hips to the shoulders, and ahead; of points
    (..., P, 3)."""
    corners = (names.place(f"{side}_{part}") for part in ("shoulder", "hip") for side in ("left", "right"))
    left_shoulder, right_shoulder, left_hip, right_hip = (at[..., place, :] for place in corners)
    left = _unit(_unit(left_shoulder - right_shoulder) + _unit(left_hip - right_hip))
    up = left_shoulder + right_shoulder - left_hip - right_hip
    up = _unit(up - (up * left).sum(-1, keepdim=True) * left)
    return torch.stack([left, up, torch.linalg.cross(left, up, dim=-1)], dim=-1)


def _unit(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1, eps=1e-4)


def wrong_bends(rotations: Tensor) -> Tensor:
    """Sines (B, H) of elbows and knees that bend the wrong way, summed; rotations (B, H, 24, 3, 3)."""
    total = rotations.new_zeros(rotations.shape[:2])
    for name, (axis, sign) in BEND.items():
        turn = rotations[:, :, joint_index(name)]
        first, second = (axis + 1) % 3, (axis + 2) % 3
        sine = (turn[..., second, first] - turn[..., first, second]) / 2
        total = total + (sign * sine).relu()
    return total
