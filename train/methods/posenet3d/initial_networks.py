"""The networks as a run begins, and as a stored run goes on."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body import LAYOUTS, Body, KeypointBody, layout
from core.body.tree import joint_index
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d
from core.networks.checkpoint import Checkpoint
from core.networks.lifter.lift import load_lifter
from core.networks.lifter.network import JOINTS, POSE6D, Lifter, LifterConfig
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.pose_density import DIRECTIONS, DensityConfig, PoseDensity
from core.networks.teacher.teacher import Teacher, TeacherConfig
from train.methods.posenet3d.config import Config
from train.methods.posenet3d.discriminators import Discriminator
from train.methods.posenet3d.looks_sampler import LooksSampler

UPRIGHT = math.pi  # [rad] about x: from y up to the camera's y down
ARMS_DOWN = 1.0  # [rad] from the T-pose
ENOUGH_FOR_DIRECTIONS = 20_000  # people


def networks_of(config: Config, teacher: TeacherConfig, student: Lifter, has_pairs: bool) -> nn.ModuleDict:
    """Teacher, student and what tells how likely a view is."""
    count = teacher.points.count
    networks: dict[str, nn.Module] = {"teacher": Teacher(teacher), "student": student}
    if config.prior == "density":
        directions = min(DIRECTIONS, 2 * count - 4)
        networks["density"] = PoseDensity(DensityConfig(2 * count, directions))
    else:
        networks["discriminator"] = Discriminator(count)
    if has_pairs and config.teacher.motion:
        networks["motion"] = Discriminator(2 * count)
    return nn.ModuleDict(networks)


def teacher_config(config: Config, points: BodyPoints) -> TeacherConfig:
    return TeacherConfig(
        points.layout, points.columns, config.teacher_width, config.teacher_blocks, config.distance
    )


def averages_of(networks: nn.ModuleDict) -> nn.ModuleDict:
    """Teacher and student to be averaged into."""
    averaged = nn.ModuleDict({name: copy.deepcopy(networks[name]) for name in ("teacher", "student")})
    return averaged.requires_grad_(False)


def set_directions(networks: nn.ModuleDict, sampler: LooksSampler) -> None:
    """The density's principal directions, of people drawn from the data."""
    if "density" in networks:
        density, teacher = networks["density"], networks["teacher"]
        assert isinstance(density, PoseDensity) and isinstance(teacher, Teacher)
        density.set_directions(teacher.seen(*sampler.whole_people(ENOUGH_FOR_DIRECTIONS)).x)


def student_of(config: Config, body: Body, start: Path | None, stored: Checkpoint | None) -> Lifter:
    """The student: as a run has it, as a lifter that is there, or of random weights."""
    if stored is not None:
        entry = stored.config
        return Lifter(LifterConfig(**{**entry, "definitions": tuple(entry["definitions"])}))
    if start is not None:
        return load_lifter(start, exact=True)
    names = sorted({name for one in LAYOUTS for name in layout(one).definitions})
    size = {"width": config.width, "blocks": config.blocks, "hypotheses": config.hypotheses}
    lifter = Lifter(LifterConfig(definitions=tuple(names), body=body.fingerprint, **size))
    numbers = torch.zeros(lifter.mean.shape)
    numbers[:POSE6D] = matrix_to_rotation6d(axis_angle_to_matrix(torch.from_numpy(standing()))).flatten()
    lifter.set_body(KeypointBody.from_body(body, "coco17"), numbers)
    return lifter


def standing() -> NDArray[np.float32]:
    """Rotations (24, 3) [rad] of a body that stands before the camera with its arms down."""
    pose = np.zeros((JOINTS, 3), np.float32)
    pose[0, 0] = UPRIGHT
    pose[joint_index("left_shoulder"), 2] = -ARMS_DOWN
    pose[joint_index("right_shoulder"), 2] = ARMS_DOWN
    return pose
