"""Pictures of how a run is doing: the same ten people each time, what is seen of them and what is behind it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoints import layout as keypoint_layout
from core.networks.teacher.body_points import BodyPoints
from train.methods.posenet3d.pupils import Pupils

PEOPLE, HEIGHT, WIDTH = 10, 160, 120  # [px] of one drawing
SIZE = 40.0  # [px] of a person's own size: standing people are three to four sizes tall
BACKGROUND, SEEN = (250, 250, 250), (120, 120, 120)
LEFT, RIGHT, CENTRE = (30, 110, 220), (200, 90, 40), (90, 90, 90)  # RGB
COLOURS = {"left": LEFT, "right": RIGHT, "centre": CENTRE}
PICTURES = "pictures"
Points = NDArray[np.float32]


@torch.no_grad()
def draw_people(folder: Path, step: int, pupils: Pupils, with_student: bool) -> Path:
    """Write pictures/STEP.jpg: a column for each person. From above: keypoints as seen; the teacher's skeleton from the
    camera's left; the student's from ahead and from the left."""
    points = pupils.teacher.points
    batch = pupils.sampler.these(pupils.sampler.spread_rows(PEOPLE))
    random = torch.get_rng_state()
    taught = pupils.taught(batch, 0.0, 0.0)
    torch.set_rng_state(random)
    seen = torch.cat([taught.view.x, torch.zeros_like(taught.view.x[..., :1])], dim=-1).cpu().numpy()
    teacher = _own_size(taught.shown.points @ taught.input.turn @ taught.view.turn.mT)
    rows = [[_drawn(one, points) for one in seen], [_drawn(_from_left(one), points) for one in teacher]]
    if with_student:
        at = taught.at[:, 0][:, list(points.columns)]
        at = at - at[:, points.hips].mean(dim=1, keepdim=True)
        student = _own_size(at)
        rows += [
            [_drawn(one, points) for one in student],
            [_drawn(_from_left(one), points) for one in student],
        ]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in rows])
    path = folder / PICTURES / f"{step:08d}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".jpg", sheet[..., ::-1])[1].tobytes())
    return path


def _own_size(at: torch.Tensor) -> Points:
    """Points (B, P, 3) as large as each other."""
    return np.asarray((at / at.norm(dim=-1).mean(dim=1)[:, None, None]).cpu().numpy(), np.float32)


def _from_left(points: Points) -> Points:
    """Points (P, 3) as a camera at the left sees them: what is near is on its right."""
    return np.stack([-points[:, 2], points[:, 1], points[:, 0]], axis=1)


def _drawn(points: Points, names: BodyPoints) -> NDArray[np.uint8]:
    """A skeleton (P, 3) in sizes of the person, the person's left blue and right red."""
    picture = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
    whole = keypoint_layout(names.layout)
    middle = np.array([WIDTH / 2, HEIGHT / 2])
    places = np.rint(middle + SIZE * np.nan_to_num(points[:, :2]).clip(-9, 9)).astype(int)
    order = sorted(whole.bones, key=lambda bone: -_depth(points, names, bone))
    for bone in order:
        if not set(bone) <= set(names.columns):
            continue
        a, b = (names.columns.index(k) for k in bone)
        sides = {whole.sides[k] for k in bone}
        colour = COLOURS[sides.pop()] if len(sides) == 1 else CENTRE
        cv2.line(picture, places[a].tolist(), places[b].tolist(), colour, 2, cv2.LINE_AA)
    return picture


def _depth(points: Points, names: BodyPoints, bone: tuple[int, int]) -> float:
    """Mean depth of a bone's ends; far ones are drawn first."""
    known = [names.columns.index(k) for k in bone if k in names.columns]
    return float(points[known, 2].mean()) if known else 0.0
