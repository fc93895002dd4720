"""How good a teacher and its student are: on captured poses they have not seen, and on people with 3D truth.

Only this module compares with 3D; nothing here teaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.body import Body, layout, load_body
from core.errors import FitloopError
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import lift, load_lifter
from core.networks.lifter.network import Lifter
from core.networks.lifter.network_input import family
from core.networks.teacher.teacher import Teacher
from core.networks.teacher.teacher_file import load_teacher
from train.data.mocap import read_poses
from train.data.photo_truth import PhotoTruth, read_truth
from train.methods.lifter.accuracy import (
    PHOTO,
    errors_mm,
    limb_columns,
    on_true_people,
    projected_keypoints,
    projected_people,
    summary,
)
from train.methods.lifter.scenes import SceneBodies, Scenes
from train.methods.posenet3d.config import LIFTER_FOLDER_NAME

MIRRORED = torch.tensor([1.0, 1.0, -1.0])


@dataclass(frozen=True, eq=False)
class UnseenPeople:
    """Captured people, each once before a camera: their bodies, and their keypoints in one layout."""

    layout: str
    people: SceneBodies
    points: Tensor
    exact: Tensor
    noisy: Tensor

    @classmethod
    def of_split(cls, path: Path, split: str, name: str, count: int | None = None) -> UnseenPeople:
        poses = read_poses(path, split)
        scenes = Scenes(load_body(), torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))
        people = projected_people(scenes, poses, count)
        columns = [scenes.definitions.index(one) for one in layout(name).definitions]
        kinds = (projected_keypoints(scenes, people, name, noisy) for noisy in (False, True))
        return cls(name, people, people.points[:, columns], *kinds)

    def keypoints(self, noisy: bool) -> Tensor:
        return self.noisy if noisy else self.exact


def cameras(count: int) -> tuple[Tensor, Tensor]:
    """Focal length (B,) and centre (B, 2) [px] of the pictures that poses are projected into."""
    return torch.full((count,), PHOTO[0]), torch.full((count, 2), PHOTO[1])


def teacher_errors(teacher: Teacher, unseen: UnseenPeople, noisy: bool) -> tuple[Tensor, Tensor]:
    """PA-MPJPE [mm] (B,) over the layout's twelve limb joints, and the same with all depths mirrored.

    The teacher needs all points: those that the noisy keypoints lack are shown to it where they were marked."""
    keypoints = unseen.keypoints(noisy).clone()
    keypoints[..., 2] = 1.0
    at = teacher.lift(keypoints, *cameras(len(keypoints)))[:, teacher.points.limbs]
    true = unseen.points[:, limb_columns(unseen.layout)]
    return pa_mpjpe_mm(at, true), pa_mpjpe_mm(at * MIRRORED, true)


def flat_errors(unseen: UnseenPeople) -> Tensor:
    """PA-MPJPE [mm] (B,) of depths that are all zero."""
    true = unseen.points[:, limb_columns(unseen.layout)]
    flat = unseen.exact[:, limb_columns(unseen.layout)].clone()
    flat[..., 2] = 0.0
    return pa_mpjpe_mm(flat, true)


def student_errors(lifter: Lifter, body: Body, unseen: UnseenPeople, noisy: bool) -> dict[str, Tensor]:
    """PA-MPJPE [mm] (B, H) over SMPL's twelve limb joints, and over the layout's."""
    keypoints = unseen.keypoints(noisy)
    guess = lift(lifter, body, keypoints, unseen.layout, *cameras(len(keypoints)))
    return {
        "smpl24": errors_mm(guess, body, "smpl24", unseen.people.joints),
        unseen.layout: errors_mm(guess, body, unseen.layout, unseen.points),
    }


def teacher_row(teacher: Teacher, unseen: UnseenPeople, noisy: bool) -> dict[str, float]:
    """The teacher's errors, and the share of the people whose error is smaller with mirrored depths."""
    errors, mirrored = teacher_errors(teacher, unseen, noisy)
    flips = 100 * (mirrored < errors).float().mean().item()
    return {**summary(errors[:, None]), "flips_percent": round(flips, 2)}


def measure(run: Path, poses: Path | None, truth: Path | None) -> dict[str, object]:
    """The table of a run: test split, exact and noisy; people with 3D truth by source. Raises FitloopError."""
    if poses is None and truth is None:
        raise FitloopError("nothing to measure against. Give --poses POSES.npz, --truth FOLDER, or both.")
    body, teacher = load_body(), load_teacher(run).teacher
    folder = run / LIFTER_FOLDER_NAME
    student = load_lifter(folder, exact=True) if folder.is_dir() else None
    table: dict[str, object] = {}
    if poses is not None:
        table |= on_split(UnseenPeople.of_split(poses, "test", teacher.points.layout), body, teacher, student)
    if truth is not None:
        table |= {f"teacher {name}": row for name, row in teacher_on_true_people(teacher, truth).items()}
    if truth is not None and student is not None:
        found = on_true_people(student, body, truth)
        table |= {f"student {name}": summary(errors) for name, errors in found.items()}
        table["student all with 3D truth"] = summary(torch.cat(list(found.values())))
    return table


def on_split(
    unseen: UnseenPeople, body: Body, teacher: Teacher, student: Lifter | None
) -> dict[str, dict[str, float]]:
    """Rows of one split."""
    table = {"flat": summary(flat_errors(unseen)[:, None])}
    for noisy in (False, True):
        how = "noisy" if noisy else "exact"
        table[f"teacher {how}"] = teacher_row(teacher, unseen, noisy)
        if student is not None:
            found = student_errors(student, body, unseen, noisy)
            table |= {f"student {how} {name}": summary(errors) for name, errors in found.items()}
    return table


def teacher_on_true_people(teacher: Teacher, folder: Path) -> dict[str, dict[str, float]]:
    """The teacher on people with 3D truth, by source. Points of another layout stand in for those of the same part of
    the body; sources that lack one have no row."""
    rows = {}
    for one in read_truth(folder):
        keypoints = keypoints_for(teacher, one)
        if keypoints is None:
            continue
        whole = (keypoints[:, list(teacher.points.columns), 2] > 0).all(dim=1)
        if not whole.any():
            continue
        camera = (torch.from_numpy(one.focal_length)[whole], torch.from_numpy(one.camera_center)[whole])
        at = teacher.lift(keypoints[whole], *camera)[:, list(teacher.points.limbs)]
        true = torch.from_numpy(one.joints)[whole][:, one.limbs]
        rows[one.source] = summary(pa_mpjpe_mm(at, true, torch.from_numpy(one.measured)[whole])[:, None])
    return rows


def keypoints_for(teacher: Teacher, people: PhotoTruth) -> Tensor | None:
    """The people's keypoints (B, K, 3) in the teacher's layout; None where their own layout lacks one of its points."""
    parts = [family(name) for name in layout(people.layout).definitions]
    if not set(teacher.points.parts) <= set(parts):
        return None
    keypoints = torch.zeros(len(people.keypoints), layout(teacher.points.layout).k, 3)
    for column, part in zip(teacher.points.columns, teacher.points.parts, strict=True):
        keypoints[:, column] = torch.from_numpy(people.keypoints)[:, parts.index(part)]
    return keypoints
