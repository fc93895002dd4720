"""The networks as a run begins, and as a stored run goes on."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body import LAYOUTS, Body, KeypointBody, layout
from core.body.tree import joint_index
from core.errors import CheckpointError
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d
from core.networks.checkpoint import Checkpoint
from core.networks.lifter.lift import load_lifter
from core.networks.lifter.network import JOINTS, POSE6D, Lifter, LifterConfig
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.pose_density import DIRECTIONS, DensityConfig, PoseDensity
from core.networks.teacher.teacher import Teacher, TeacherConfig
from core.networks.teacher.teacher_file import TaughtTeacher, load_teacher
from train.methods.lifter.method import lifter_of
from train.methods.posenet3d.config import DEFAULT_LAYOUT, Config
from train.methods.posenet3d.discriminators import Discriminator
from train.methods.posenet3d.looks_sampler import LooksSampler

UPRIGHT = math.pi  # [rad] about x: from y up to the camera's y down
ARMS_DOWN = 1.0  # [rad] from the T-pose
ENOUGH_FOR_DIRECTIONS = 20_000  # people


@dataclass(frozen=True, eq=False)
class PoseNetworks:
    """The networks of a run, and the averages of teacher and student, which are the result. None: this run has none."""

    teacher: Teacher
    student: Lifter
    averaged_teacher: Teacher
    averaged_student: Lifter
    density: PoseDensity | None = None
    discriminator: Discriminator | None = None
    motion: Discriminator | None = None

    @property
    def learning(self) -> nn.ModuleDict:
        """Those with gradients, by name."""
        found = {
            name: getattr(self, name) for name in ("teacher", "student", "density", "discriminator", "motion")
        }
        return nn.ModuleDict({name: network for name, network in found.items() if network is not None})


def networks_of(
    config: Config, sampler: LooksSampler, student: Lifter, taught: TaughtTeacher | None = None
) -> PoseNetworks:
    """Teacher, student, and the density or the discriminator of views, on the sampler's device. taught: a teacher that
    learned before, with its density."""
    points, device = sampler.points, sampler.device
    if taught is None:
        teacher = Teacher(
            TeacherConfig(
                points.layout, points.columns, config.teacher_width, config.teacher_blocks, config.distance
            )
        )
    else:
        teacher = taught.teacher
    teacher, student = teacher.to(device), student.to(device)
    averaged_teacher = copy.deepcopy(teacher).requires_grad_(False)
    averaged_student = copy.deepcopy(student).requires_grad_(False)
    both = (teacher, student, averaged_teacher, averaged_student)
    frames = sampler.has_pairs and config.teacher.motion > 0
    motion = Discriminator(2 * points.count).to(device) if frames else None
    if config.prior == "discriminator":
        judge = Discriminator(points.count).to(device)
        return PoseNetworks(*both, discriminator=judge, motion=motion)
    if taught is not None:
        return PoseNetworks(*both, density=taught.density, motion=motion)
    density = PoseDensity(DensityConfig(2 * points.count, min(DIRECTIONS, 2 * points.count - 4))).to(device)
    density.set_directions(teacher.seen(*sampler.whole_people(ENOUGH_FOR_DIRECTIONS)).x)
    return PoseNetworks(*both, density=density, motion=motion)


def taught_before(run: Path, points: BodyPoints, config: Config) -> TaughtTeacher:
    """The teacher of a run's folder, with the density that it learned by. Raises CheckpointError where it was taught
    other points than these people have, or has no density to judge the student's views by."""
    taught = load_teacher(run)
    if taught.teacher.points != points:
        raise CheckpointError(
            f"{run}: its teacher lifts {taught.teacher.points.count} points of {taught.teacher.points.layout}, and "
            f"these people have {points.count} of {points.layout}. Choose a run of the same keypoints."
        )
    if config.prior == "density" and taught.density is None:
        raise CheckpointError(
            f"{run}: its teacher learned by a discriminator, which is not kept. Add --prior discriminator, or choose "
            "a run with a density."
        )
    return taught


def student_of(config: Config, body: Body, start: Path | None, stored: Checkpoint | None) -> Lifter:
    """The student: as a run has it, as a lifter that is there, or of random weights."""
    if stored is not None:
        return lifter_of(stored)
    if start is not None:
        return load_lifter(start, exact=True)
    names = sorted({name for one in LAYOUTS for name in layout(one).definitions})
    size = {"width": config.width, "blocks": config.blocks, "hypotheses": config.hypotheses}
    lifter = Lifter(LifterConfig(definitions=tuple(names), body=body.fingerprint, **size))
    numbers = torch.zeros(lifter.mean.shape)
    numbers[:POSE6D] = matrix_to_rotation6d(axis_angle_to_matrix(torch.from_numpy(standing()))).flatten()
    lifter.set_body(KeypointBody.from_body(body, DEFAULT_LAYOUT), numbers)
    return lifter


def standing() -> NDArray[np.float32]:
    """Rotations (24, 3) [rad] of a body that stands before the camera with its arms down."""
    pose = np.zeros((JOINTS, 3), np.float32)
    pose[0, 0] = UPRIGHT
    pose[joint_index("left_shoulder"), 2] = -ARMS_DOWN
    pose[joint_index("right_shoulder"), 2] = ARMS_DOWN
    return pose
