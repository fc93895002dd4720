"""PoseNet3D's teacher as a second opinion on fits: its skeletons as bodies, which are ghosts and give a warning."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import CheckpointError
from core.guesses import TEACHER
from core.networks.table import TEACHER_FILE
from core.records import Guess, Person, Photo
from desktop.jobs.fitting_many import PEOPLE_A_STEP, to_leave_out
from desktop.jobs.guessing_many import Guessed, batches_of
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.body.model import Body
    from core.networks.teacher.teacher import Teacher
    from core.store import Project

AT_ONCE = 64  # people lifted together


def teacher_of(checkpoint: Path | None) -> Path | None:
    """The teacher's file of the run that a checkpoint is of; None where there is none."""
    file = None if checkpoint is None else checkpoint.parent / TEACHER_FILE
    return file if file is not None and file.is_file() else None


def teacher_steps(
    body: "Body", project: "Project", person_ids: Iterable[int], file: Path
) -> Iterator[Guessed]:
    """The bodies that a teacher sees for people of its layout with all of its points. Raises CheckpointError.

    Locked people and people without all points stay unchanged.
    """
    from core.networks.teacher.teacher_file import load_teacher

    teacher, ids = load_teacher(file).teacher, [int(person_id) for person_id in person_ids]
    done, asked = 0, 0
    for batch in batches_of(project, ids, AT_ONCE):
        free = [pair for pair in batch if not to_leave_out(pair[1]) and _is_whole(pair[1], teacher)]
        asked += len(free)
        guesses = dict(zip((person.id for _, person in free), bodies_of(free, teacher, body), strict=True))
        for first in range(0, len(batch), PEOPLE_A_STEP):
            part = [person for _, person in batch[first : first + PEOPLE_A_STEP]]
            done += len(part)
            found = {person.id: guesses[person.id] for person in part if person.id in guesses}
            left_out = tuple(to_leave_out(person) or "unseen" for person in part if person.id not in found)
            yield Guessed(done, len(ids), found, left_out=left_out)
    if ids and not asked:
        words = tr(
            "{file}: this teacher needs {count} keypoints of {layout}, and nobody here has all of them."
        )
        points = teacher.points
        raise CheckpointError(words.format(file=file, count=points.count, layout=points.layout))


def bodies_of(people: Sequence[tuple[Photo, Person]], teacher: "Teacher", body: "Body") -> list[Guess]:
    """The teacher's skeletons of people with all of its points, as guesses: each the body that lies nearest to the
    points, of the mean body's size, in the photo's camera frame."""
    import torch

    from core.fitting import fit_to_joints
    from core.networks.teacher.metric_points import body_bones, placed_points

    if not people:
        return []
    points, cameras = teacher.points, [photo.camera for photo, _ in people]
    keypoints = torch.from_numpy(np.stack([person.keypoints.array for _, person in people]))
    focal_length = torch.tensor([focal for focal, _ in cameras])
    camera_center = torch.tensor([center for _, center in cameras])
    lifted = placed_points(teacher, body_bones(body, points), keypoints, focal_length, camera_center)
    at = torch.full((*keypoints.shape[:2], 3), torch.nan)
    at[:, list(points.columns)] = lifted
    params = fit_to_joints(body, at, torch.ones(at.shape[:2]), points.layout).params
    values = (part.float().cpu().numpy() for part in (params.pose, params.betas, params.kid, params.cam_t))
    return [
        Guess(pose, betas, float(kid), cam_t, focal, np.array(center), TEACHER, body=body.fingerprint)
        for pose, betas, kid, cam_t, (focal, center) in zip(*values, cameras, strict=True)
    ]


def _is_whole(person: Person, teacher: "Teacher") -> bool:
    keypoints, points = person.keypoints, teacher.points
    return keypoints.layout == points.layout and bool((keypoints.confidence[list(points.columns)] > 0).all())
