"""Random people seen by random cameras, and their keypoints as detectors and annotators give them.

All in tangents of a camera at the origin with focal length one (x right, y down, z ahead).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.body import LAYOUTS, Body, KeypointBody, layout
from core.body.keypoint_body import JOINTS
from core.body.kinematics import world_transforms
from core.body.tree import LIMBS, flip_pose, joint_index, mirror_name
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.lifter.network import SHAPE
from core.networks.lifter.network_input import LifterInput, family, see
from train.methods.lifter.scene_config import SceneConfig

UPPER = tuple(j in (3, 6, 9) or j >= 12 for j in range(JOINTS))
# Layouts people bring most often are drawn most often.
OFTEN = {"coco17": 3.0, "openpose25": 3.0, "halpe26": 2.0, "spin49": 2.0, "h36m17": 2.0, "mediapipe33": 1.5}


# How far annotators' ideas of a point differ from one data set to the next [m].
DIFFERENCE = {"hip": 0.025, "pelvis": 0.025, "neck": 0.025, "head": 0.03, "spine": 0.03, "shoulder": 0.015}
OTHER_DIFFERENCE = 0.008


@dataclass(frozen=True, eq=False)
class SceneBodies:
    """Bodies in the camera frame. rotations (B, 24, 3, 3), the first the camera's; shape (B, 11); joints (B, 24, 3) [m]
    from the pelvis; pelvis (B, 3) [m]; points (B, N, 3) [m], the definitions'."""

    rotations: Tensor
    shape: Tensor
    joints: Tensor
    pelvis: Tensor
    points: Tensor

    def turned(self, turn: Tensor) -> SceneBodies:
        """In a frame turned by `turn` (B, 3, 3)."""
        first = (turn @ self.rotations[:, 0])[:, None]
        return SceneBodies(
            torch.cat([first, self.rotations[:, 1:]], dim=1),
            self.shape,
            self.joints @ turn.mT,
            (turn @ self.pelvis[..., None])[..., 0],
            self.points @ turn.mT,
        )


class Scenes:
    """Draws people and what is seen of them, on the device of the body. Every draw takes its numbers from torch's
    global generator."""

    def __init__(self, body: Body, pose: Tensor, weight: Tensor, config: SceneConfig | None = None) -> None:
        """pose (N, 72) axis-angle, y-up world; weight (N,): how often each is drawn."""
        self.device = body.v_template.device
        with self.device:
            self._set_up(body, pose.to(self.device), weight.to(self.device), config or SceneConfig())

    def _set_up(self, body: Body, pose: Tensor, weight: Tensor, config: SceneConfig) -> None:
        self.config = config
        self.pose, self.mirrored = pose, flip_pose(pose)
        self.reached = weight.double().cumsum(0) / weight.double().sum()
        every = KeypointBody.from_body(body, *LAYOUTS)
        names = [name for one in LAYOUTS for name in layout(one).definitions]
        self.definitions = tuple(sorted(set(names)))
        first = [names.index(name) for name in self.definitions]
        count = len(first)
        self.keypoint_body = every
        self.levers = every.levers.view(JOINTS, every.k, 4)[:, first].transpose(0, 1).reshape(-1)
        shaped = every.levers_shape.view(SHAPE, JOINTS, every.k, 4)[:, :, first]
        self.levers_shape = shaped.transpose(1, 2).reshape(SHAPE, -1).contiguous()
        self.offsets = every.offsets.view(JOINTS, 3)
        self.flip = torch.tensor([self.definitions.index(mirror_name(name)) for name in self.definitions])
        self.layouts = torch.zeros(len(LAYOUTS), count, dtype=torch.bool)
        for row, one in enumerate(LAYOUTS):
            self.layouts[row, [self.definitions.index(name) for name in layout(one).definitions]] = True
        often = torch.tensor([OFTEN.get(one, 1.0) for one in LAYOUTS], dtype=torch.float64)
        self.layouts_reached = often.cumsum(0) / often.sum()
        self.limbs = torch.stack([self._having(parts) for parts in _limbs()])
        self.difference = torch.tensor([_difference(name) for name in self.definitions])
        self.upper = torch.tensor(UPPER)[:, None]
        self.limb_joints = torch.tensor([[float(j in limb) for j in range(JOINTS)] for limb in LIMBS])
        self.joint_spread = torch.ones(JOINTS, 1)
        for parts, factor in ((("wrist",), 3.0), (("hand", "foot"), 1.5)):
            self.joint_spread[
                [joint_index(f"{side}_{one}") for side in ("left", "right") for one in parts]
            ] = factor

    def _having(self, parts: tuple[str, ...]) -> Tensor:
        return torch.tensor([family(name) in parts for name in self.definitions])

    def draw(self, count: int) -> tuple[LifterInput, SceneBodies]:
        """What a lifter is taught: the input, and the truth in the input's turned frame."""
        with self.device:
            people = self._people(count)
            seen = self.observe(people)
        return seen, people.turned(seen.turn)

    def people(self, count: int) -> SceneBodies:
        """Bodies drawn, varied and put in front of a camera."""
        with self.device:
            return self._people(count)

    def _people(self, count: int) -> SceneBodies:
        c = self.config
        pose = self._varied(count)
        shape = torch.randn(count, SHAPE)
        shape[:, 10] = torch.where(torch.rand(count) < c.child, torch.rand(count), 0.0)
        rotations = axis_angle_to_matrix(pose.view(count, JOINTS, 3))
        view = camera_turn(
            torch.rand(count) * 2 * torch.pi,
            torch.where(
                torch.rand(count) < c.high_camera,
                torch.empty(count).uniform_(*c.high_pitch),
                c.pitch[0] + c.pitch[1] * torch.randn(count),
            ),
            torch.where(torch.rand(count) < c.any_roll, 0.8, c.roll) * torch.randn(count),
        )
        low, high = c.distance
        depth = low * (high / low) ** torch.rand(count)
        beside = torch.randn(count, 2) * c.off_axis * depth[:, None]
        return self.place(rotations, shape, view, torch.cat([beside, depth[:, None]], dim=1))

    def place(self, rotations: Tensor, shape: Tensor, view: Tensor, pelvis: Tensor) -> SceneBodies:
        """rotations (B, 24, 3, 3) in a y-up world, view (B, 3, 3) the world in the camera, pelvis (B, 3) [m]."""
        count = len(rotations)
        rotations = torch.cat([(view @ rotations[:, 0])[:, None], rotations[:, 1:]], dim=1)
        offsets = torch.addmm(self.keypoint_body.offsets, shape, self.keypoint_body.offsets_shape).view(
            count, JOINTS, 3
        )
        turns, joints = world_transforms(rotations, offsets)
        joints = joints - offsets[:, :1]
        levers = torch.addmm(self.levers, shape, self.levers_shape).view(count, -1, 4 * JOINTS)
        world = torch.cat([turns, joints[..., None]], dim=-1).transpose(-1, -2).reshape(count, 4 * JOINTS, 3)
        return SceneBodies(rotations, shape, joints, pelvis, levers @ world + pelvis[:, None])

    def _drawn(self, count: int) -> Tensor:
        chosen = _chosen(self.reached, count)
        return torch.where(
            torch.rand(count, 1) < self.config.mirrored, self.mirrored[chosen], self.pose[chosen]
        )

    def _varied(self, count: int) -> Tensor:
        c, pose, other = self.config, self._drawn(count), self._drawn(count)
        mixed = torch.where(self.upper, other.view(count, JOINTS, 3), pose.view(count, JOINTS, 3))
        share = torch.rand(count, 1)
        blended = torch.lerp(pose, other, share * 0.5)
        blended[:, :3] = pose[:, :3]  # a mean of headings is none
        kind = torch.rand(count, 1)
        varied = torch.where(kind < c.halves_swapped, mixed.view(count, -1), pose)
        varied = torch.where(kind > 1 - c.between, blended, varied)
        some = torch.rand(count, 1) < c.limbs_swapped
        chosen = ((torch.rand(count, len(LIMBS)) < 0.5) & some).float() @ self.limb_joints > 0
        varied = torch.where(
            chosen[..., None], self._drawn(count).view(count, JOINTS, 3), varied.view(count, JOINTS, 3)
        )
        noise = torch.randn(count, JOINTS, 3) * self.joint_spread * c.joint_noise * torch.rand(count, 1, 1)
        return (varied + noise).view(count, -1)

    def observe(self, people: SceneBodies) -> LifterInput:
        """Keypoints of some layout, with the faults of detectors and annotators, in that person's turned frame."""
        c, count = self.config, len(people.points)
        points = people.points + self._annotators(people)
        depth = points[..., 2:].clamp_min(0.2)
        xy = points[..., :2] / depth
        ahead = points[..., 2] > 0.2
        present = self.layouts[_chosen(self.layouts_reached, count)] & ahead
        size = (xy.amax(1) - xy.amin(1)).amax(1)[:, None, None]
        xy, confidence = self._noisy(xy, size)
        xy = self._swapped(xy)
        shown = present & ~self._hidden(xy, count)
        enough = (shown.sum(1) >= c.fewest)[:, None]
        confidence = confidence * torch.where(enough, shown, present)
        wrong = torch.where(torch.rand(count) < c.wrong_focal, 0.3 * torch.randn(count), 0.0).exp()
        return see(torch.cat([xy, confidence[..., None]], dim=-1), wrong, xy.new_zeros(count, 2))

    def _annotators(self, people: SceneBodies) -> Tensor:
        """(B, N, 3) [m]: what each definition is off by, alike on both sides of the body."""
        off = (
            torch.randn_like(people.points) * self.difference[:, None] * torch.rand(len(people.points), 1, 1)
        )
        mirrored = off[:, self.flip]
        mirrored[..., 0] = -mirrored[..., 0]
        alike = (off + mirrored) * 0.5**0.5
        return alike @ people.rotations[:, 0].mT

    def _noisy(self, xy: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
        c, (count, n) = self.config, xy.shape[:2]
        low, high = c.noise
        level = low * (high / low) ** torch.rand(count, 1)
        level = torch.where(torch.rand(count, 1) < c.clean, 0.1 * low, level)
        far = torch.where(torch.rand(count, n) < c.tail, 1 + 7 * torch.rand(count, n), 1.0)
        error = torch.randn(count, n, 2) * (level * far)[..., None]
        doubt = (error.norm(dim=-1) * (2 + 8 * torch.rand(count, 1)) + 0.1 * torch.rand(count, n)).clamp(
            0, 0.9
        )
        certain = torch.rand(count, 1) < c.certain
        return xy + error * size, torch.where(certain, 1.0, 1 - doubt)

    def _swapped(self, xy: Tensor) -> Tensor:
        c, count = self.config, len(xy)
        whole = torch.rand(count, 1) < c.person_swapped
        limb = torch.randint(2, (count,))
        pairs = torch.stack([self.limbs[0] | self.limbs[1], self.limbs[2] | self.limbs[3]])
        swap = whole | (pairs[limb] & (torch.rand(count, 1) < c.limb_swapped))
        return torch.where(swap[..., None], xy[:, self.flip], xy)

    def _hidden(self, xy: Tensor, count: int) -> Tensor:
        """(B, N): dropped one by one, a limb at a time, or beyond the photo's edge."""
        c, n = self.config, xy.shape[1]
        rate = torch.where(torch.rand(count, 1) < c.dropped, c.most_dropped * torch.rand(count, 1), 0.0)
        hidden = torch.rand(count, n) < rate
        limb = self.limbs[torch.randint(len(self.limbs), (count,))]
        hidden = hidden | (limb & (torch.rand(count, 1) < c.limb_hidden))
        direction = torch.randn(count, 2)
        direction[:, 0] *= 0.5  # photos end below more often than beside
        direction = torch.nn.functional.normalize(direction, dim=1)
        across = (xy * direction[:, None]).sum(dim=-1)
        low, high = across.amin(1, keepdim=True), across.amax(1, keepdim=True)
        edge = low + (high - low) * (0.35 + 0.6 * torch.rand(count, 1))
        return hidden | ((across > edge) & (torch.rand(count, 1) < c.cut))


def camera_turn(heading: Tensor, pitch: Tensor, roll: Tensor) -> Tensor:
    """A y-up world in the camera frame, all angles (B,) [rad]; pitch is how far down the camera looks. (B, 3, 3)."""
    zero = torch.zeros_like(heading)
    about_y, about_x, about_z = (
        axis_angle_to_matrix(torch.stack(parts, dim=-1))
        for parts in ((zero, heading, zero), (pitch, zero, zero), (zero, zero, roll))
    )
    upright = torch.diag(1.0 - 2.0 * (torch.arange(3) > 0)).to(
        heading
    )  # y up and z back become y down and z ahead
    return about_z @ about_x @ upright @ about_y


def _chosen(reached: Tensor, count: int) -> Tensor:
    """Places (count,) drawn by lot; reached (N,): the sum of all shares up to and with each place's, float64."""
    chosen = torch.searchsorted(reached, torch.rand(count, dtype=reached.dtype, device=reached.device))
    return chosen.clamp_max(len(reached) - 1)


def _limbs() -> list[tuple[str, ...]]:
    """Families that are hidden together; the first four are arms and legs, left and right."""
    arm, leg = ("elbow", "wrist", "hand"), ("knee", "ankle", "toe", "small_toe", "heel")
    sides = ("left", "right")
    arms = [tuple(f"{side}_{part}" for part in arm) for side in sides]
    legs = [tuple(f"{side}_{part}" for part in leg) for side in sides]
    hands = [tuple(f"{side}_{part}" for part in arm[1:]) for side in sides]
    feet = [tuple(f"{side}_{part}" for part in leg[1:]) for side in sides]
    face = tuple(
        f"{side}_{part}" for side in sides for part in ("eye", "eye_inner", "eye_outer", "ear", "mouth")
    )
    return [
        *arms,
        *legs,
        *hands,
        *feet,
        legs[0] + legs[1],
        feet[0] + feet[1],
        (*face, "nose", "head", "neck"),
    ]


def _difference(name: str) -> float:
    part = family(name).removeprefix("left_").removeprefix("right_")
    return DIFFERENCE.get(part, OTHER_DIFFERENCE)
