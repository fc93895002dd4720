"""Warnings for the curator: fits and keypoints that are probably wrong.

Warnings need the records only, neither torch nor a mesh, so every write can compute them, and they order a queue of
100 000 people. Only `depth_below` takes a mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from core.body.capsules import overlap, overlap_between
from core.body.mean_skeleton import joints_of, project
from core.body.tree import JOINT_NAMES, joint_index
from core.body.warnings.swapped_sides import SURE, sides_swapped
from core.body.warnings.teacher_differs import DIFFERS_MM, apart_mm, teachers_guess
from core.records import Fit, Guess, Person
from core.wishes import GroundContact

Warned = Literal[
    "weak_fit",
    "unlikely_shape",
    "bent_backwards",
    "passes_through_itself",
    "sides_swapped",
    "outside_box",
    "same_as_another",
    "inside_another",
    "teacher_differs",  # if PoseNet3D's teacher was asked
    "below_floor",  # if the curator put a foot on a floor
]
WARNINGS: tuple[str, ...] = get_args(Warned)
Posed = dict[int, tuple[np.ndarray, float]]  # id of a body -> joints (24, 3) [m], how far inside itself [m]
PHOTOS_AT_ONCE = 256

LARGE_BETA = 3.0  # standard deviations
BENT_DEG = 15.0  # one in a thousand of 44 000 captured poses bends an elbow or a knee further the wrong way
OVERLAP_M = 0.05
OUTSIDE = 0.1  # of the box's side
SAME = 0.05  # of the bbox side: people whose points are nearer to each other than this are duplicates
SAME_DEPTH = 1.25  # largest ratio of the depths of duplicates
NEAR = 0.4  # of the bbox side: people farther apart than this are never duplicates
BELOW_FLOOR_M = 0.1  # [m] more than the height between heel and toes
FEWEST = 4  # least number of common keypoints of duplicates
BEND = {  # axis and sign of the rotation vector that bends a hinge the wrong way, as SMPLify has it
    "left_knee": (0, -1.0),
    "right_knee": (0, -1.0),
    "left_elbow": (1, 1.0),
    "right_elbow": (1, -1.0),
}
BEND_COLUMNS = np.array([3 * joint_index(name) + axis for name, (axis, _) in BEND.items()])  # of a pose (72,)
BEND_SIGNS = np.array([sign for _, sign in BEND.values()])


def warnings_of(people: Sequence[Person]) -> list[tuple[Warned, ...]]:
    """Warnings for each of the people of one photo."""
    return warnings_of_photos([people])[0]


def warnings_of_photos(photos: Sequence[Sequence[Person]]) -> list[list[tuple[Warned, ...]]]:
    """Warnings for the people of each photo; skeletons of many photos are posed at once."""
    found = []
    with np.errstate(over="ignore", invalid="ignore"):  # absurd numbers get no special treatment
        for first in range(0, len(photos), PHOTOS_AT_ONCE):
            some = photos[first : first + PHOTOS_AT_ONCE]
            posed = _pose(
                [
                    (body, _of(body, person))
                    for people in some
                    for person in people
                    for body in _to_pose(person)
                ]
            )
            found += [_of_photo(people, posed) for people in some]
    return found


def _pose(people: list[tuple[Fit | Guess, str]]) -> Posed:
    """Joints (24, 3) [m] and overlap [m] of each record, by its id(); each comes with the body that it is of."""
    if not people:
        return {}
    bodies = [body for body, _ in people]
    joints = joints_of(bodies, [of for _, of in people])
    inside = overlap(joints).tolist()
    return {id(body): (at, deep) for body, at, deep in zip(bodies, joints, inside, strict=True)}


def _of_photo(people: Sequence[Person], posed: Posed) -> list[tuple[Warned, ...]]:
    twins, inside = _twins(people, posed), _inside(people, posed)
    found = []
    for place, person in enumerate(people):
        names = [] if person.fit is None else _of_fit(person.fit, posed[id(person.fit)][1])
        fitted = None if person.fit is None else posed[id(person.fit)][0]
        bodies = [(body, posed[id(body)][0]) for body in _bodies(person)]
        if sides_swapped(person, bodies):
            names.append("sides_swapped")
        if outside_box(person):
            names.append("outside_box")
        if place in twins:
            names.append("same_as_another")
        elif place in inside:
            names.append("inside_another")
        teacher = teachers_guess(person)
        if (
            fitted is not None
            and teacher is not None
            and apart_mm(fitted, posed[id(teacher)][0]) > DIFFERS_MM
        ):
            names.append("teacher_differs")
        if fitted is not None and _below_floor(person, fitted):
            names.append("below_floor")
        found.append(tuple(names))
    return found


def _of_fit(fit: Fit, inside_m: float) -> list[Warned]:
    """Warnings of a fit alone. inside_m: depth of its self-penetration [m]."""
    names: list[Warned] = []
    if fit.weak:
        names.append("weak_fit")
    if np.abs(fit.betas).max() > LARGE_BETA:
        names.append("unlikely_shape")
    if (_bends_deg(fit.pose) > BENT_DEG).any():
        names.append("bent_backwards")
    if inside_m > OVERLAP_M:
        names.append("passes_through_itself")
    return names


def _bends_deg(pose: np.ndarray) -> np.ndarray:
    """Bend of the hinges of BEND the wrong way [degrees]; negative is the right way. pose (72,)."""
    return BEND_SIGNS * np.degrees(pose[BEND_COLUMNS])


def outside_box(person: Person) -> bool:
    """True if a keypoint of the person is well outside its bbox."""
    points = person.keypoints
    away = np.abs(points.xy - person.bbox.center).max(axis=1)
    return bool((away[points.confidence > SURE] > (0.5 + OUTSIDE) * person.bbox.side).any())


def depth_below(vertices: np.ndarray, normal: Sequence[float], offset: float) -> float:
    """Depth [m] of a mesh (V, 3) [m] below the floor normal · x = offset, whose normal points either way.

    The camera frame's y is down, so up is where the normal's y is negative.
    """
    up = np.array(normal) * (-1.0 if normal[1] > 0 else 1.0)
    height = offset * (-1.0 if normal[1] > 0 else 1.0)
    return max(0.0, float(height - (vertices @ up).min()))


def _bodies(person: Person) -> list[Fit | Guess]:
    return [body for body in (person.fit, person.guess) if body is not None]


def _to_pose(person: Person) -> list[Fit | Guess]:
    """The bodies of a person whose joints warnings need."""
    bodies, teacher = _bodies(person), teachers_guess(person)
    return bodies if teacher is None or teacher is person.guess else [*bodies, teacher]


def _of(body: Fit | Guess, person: Person) -> str:
    """Which body a person's fit or guess is of: the fit's if an old guess does not name one."""
    return body.body or ("" if person.fit is None else person.fit.body)


def _below_floor(person: Person, joints: np.ndarray) -> bool:
    """True if a joint is well below the one that was put on the floor. joints (24, 3) [m]."""
    for wish in person.wishes:
        if isinstance(wish, GroundContact) and wish.name in JOINT_NAMES:
            normal = np.array(wish.normal) / np.linalg.norm(wish.normal)
            height = float(joints[joint_index(wish.name)] @ normal)
            if depth_below(joints, normal.tolist(), height) > BELOW_FLOOR_M:
                return True
    return False


def _twins(people: Sequence[Person], posed: Posed) -> set[int]:
    """Indices of people that duplicate another one."""
    if len(people) < 2:
        return set()
    centers = np.stack([_middle(person, posed) for person in people])
    sides = np.array([person.bbox.side for person in people])
    apart = np.linalg.norm(centers[:, None] - centers, axis=-1)
    near = np.argwhere(np.triu(apart < NEAR * np.minimum(sides[:, None], sides), k=1))
    twins: set[int] = set()
    for one, other in near.tolist():
        pair = people[one], people[other]
        if _same_body(*pair, posed) if all(person.fit for person in pair) else _same_points(*pair):
            twins |= {one, other}
    return twins


def _inside(people: Sequence[Person], posed: Posed) -> set[int]:
    """Indices of people whose fits run into another person's."""
    places = [place for place, person in enumerate(people) if person.fit is not None]
    joints = [posed[id(people[place].fit)][0] for place in places]
    deep = overlap_between(np.stack(joints)).tolist() if joints else []
    return {place for place, by in zip(places, deep, strict=True) if by > OVERLAP_M}


def _middle(person: Person, posed: Posed) -> np.ndarray:
    """Centre of a person in the photo (2,) [px]."""
    if person.fit is None:
        return person.bbox.center
    return np.nan_to_num(project(posed[id(person.fit)][0][None, :1], [person.fit])[0, 0], nan=np.inf)


def _same_body(one: Person, other: Person, posed: Posed) -> bool:
    assert one.fit is not None
    assert other.fit is not None
    places = np.stack([posed[id(one.fit)][0], posed[id(other.fit)][0]])
    seen = project(places, [one.fit, other.fit])
    nearest, farthest = sorted(places[:, 0, 2].tolist())
    return _apart(*seen) < SAME * min(one.bbox.side, other.bbox.side) and farthest < SAME_DEPTH * nearest


def _same_points(one: Person, other: Person) -> bool:
    if one.keypoints.layout != other.keypoints.layout:
        return False
    both = (one.keypoints.confidence > SURE) & (other.keypoints.confidence > SURE)
    away = _apart(one.keypoints.xy[both], other.keypoints.xy[both])
    return bool(both.sum() >= FEWEST) and away < SAME * min(one.bbox.side, other.bbox.side)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one - other, axis=-1).mean()) if len(one) else np.inf
