"""Warnings for the curator: fits and keypoints that are probably wrong.

Warnings need the records only, neither torch nor a mesh, so every write can compute them, and they order a queue of
100 000 people. Only `depth_below` takes a mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, get_args

import numpy as np

from core.body.capsules import overlap, overlap_between
from core.body.keypoints import layout
from core.body.mean_skeleton import joints_of, keypoint_weights, project
from core.body.tree import JOINT_NAMES, joint_index
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
    "below_floor",  # if the curator put a foot on a floor
]
WARNINGS: tuple[str, ...] = get_args(Warned)
Posed = dict[int, tuple[np.ndarray, float]]  # id of a body -> joints (24, 3) [m], how far inside itself [m]
PHOTOS_AT_ONCE = 256

LARGE_BETA = 3.0  # standard deviations
BENT_DEG = 15.0  # one in a thousand of 44 000 captured poses bends an elbow or a knee further the wrong way
OVERLAP_M = 0.05
SURE = 0.3  # least confidence of a keypoint that counts here
OUTSIDE = 0.1  # of the box's side
SAME = 0.05  # of the bbox side: people whose points are nearer to each other than this are duplicates
SAME_DEPTH = 1.25  # largest ratio of the depths of duplicates
SWAPPED_GAIN = 0.4  # largest ratio of the distance exchanged to the distance as is
SWAPPED_FROM = 0.05  # of the bbox side: points nearer than this are not exchanged
GUESSED_GAIN, GUESSED_NEAR = 0.01, 0.08  # of the bbox side: least gain with a guess, and largest distance
FORESHORTENED = 0.12  # of the bbox side: a torso shorter than this points at the camera
NEAR = 0.4  # of the bbox side: people farther apart than this are never duplicates
BELOW_FLOOR_M = 0.1  # [m] more than the height between heel and toes
FEWEST = 4  # least number of common keypoints of duplicates
FACE = ("left_eye", "right_eye")
SHOULDERS, HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
ARM, LEG = ("elbow", "wrist", "hand"), ("knee", "ankle", "heel", "toe", "foot")
PAIRS = (SHOULDERS, HIPS, FACE)
# Least width of each pair, in torso lengths, that shows its side: a narrower pair may be seen from the side.
CLEARLY = np.array([0.45, 0.3, 0.07])
BEND = {  # axis and sign of the rotation vector that bends a hinge the wrong way, as SMPLify has it
    "left_knee": (0, -1.0),
    "right_knee": (0, -1.0),
    "left_elbow": (1, 1.0),
    "right_elbow": (1, -1.0),
}
BEND_COLUMNS = np.array([3 * joint_index(name) + axis for name, (axis, _) in BEND.items()])  # of a pose (72,)
BEND_SIGNS = np.array([sign for _, sign in BEND.values()])
# The joints of both sides, and those across which they are compared, as indices (3, 2).
CROSSED = np.array(
    [[joint_index(f"{side}_{part}") for side in ("left", "right")] for part in ("elbow", "knee", "ankle")]
)
ACROSS = np.array([[joint_index(name) for name in pair] for pair in (SHOULDERS, HIPS, HIPS)])


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
                    for body in _bodies(person)
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
        if (
            _contradicts_itself(person)
            or (fitted is not None and _crosses_over(fitted))
            or any(_nearer_exchanged(person, body, posed[id(body)][0]) for body in _bodies(person))
        ):
            names.append("sides_swapped")
        if outside_box(person):
            names.append("outside_box")
        if place in twins:
            names.append("same_as_another")
        elif place in inside:
            names.append("inside_another")
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


def bent_deg(pose: np.ndarray) -> dict[str, float]:
    """Bend of knees and elbows the wrong way [degrees]; negative is the right way. pose (72,)."""
    return dict(zip(BEND, _bends_deg(pose).tolist(), strict=True))


def _bends_deg(pose: np.ndarray) -> np.ndarray:
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


def _of(body: Fit | Guess, person: Person) -> str:
    """Which body a person's fit or guess is of: the fit's if an old guess does not name one."""
    return body.body or ("" if person.fit is None else person.fit.body)


def _contradicts_itself(person: Person) -> bool:
    """True if shoulders face the camera but hips or eyes face away from it."""
    pairs, points = _pairs(person.keypoints.layout), person.keypoints
    seen = (pairs >= 0) & (points.confidence[pairs] > SURE)  # (3, 2): shoulders, hips, eyes
    if not seen[:2].all():
        return False
    at = points.xy[pairs].astype(float)
    down = at[1].mean(axis=0) - at[0].mean(axis=0)
    torso = float(np.linalg.norm(down))
    if torso < FORESHORTENED * person.bbox.side:
        return False
    across = np.array([down[1], -down[0]]) / torso**2
    facing = (at[:, 0] - at[:, 1]) @ across / CLEARLY
    clear = seen.all(axis=1) & (np.abs(facing) > 1)
    return bool(clear[0] and (clear[1:] & (facing[1:] * facing[0] < 0)).any())


def _crosses_over(joints: np.ndarray) -> bool:
    """True if the left elbow is beyond the right one, or if both knees and ankles are. joints (24, 3) [m].

    A body crosses over to reach keypoints whose left and right are exchanged. Of 8 800 captured poses none has such
    elbows, and two in a thousand such legs.
    """
    apart = joints[CROSSED[:, 0]] - joints[CROSSED[:, 1]]
    elbows, knees, ankles = ((apart * (joints[ACROSS[:, 0]] - joints[ACROSS[:, 1]])).sum(axis=1) < 0).tolist()
    return bool(elbows or (knees and ankles))


def _nearer_exchanged(person: Person, body: Fit | Guess, joints: np.ndarray) -> bool:
    """True if exchanging left and right of all keypoints, the arms or the legs brings them much nearer to the body."""
    points, (flip, groups), side = person.keypoints, _sides(person.keypoints.layout), person.bbox.side
    seen = (points.confidence > SURE) & (points.confidence[flip] > SURE) & (flip != np.arange(len(flip)))
    expected = project((keypoint_weights(points.layout) @ joints)[None], [body])[0]
    as_is = np.linalg.norm(points.xy - expected, axis=1)
    exchanged = np.linalg.norm(points.xy[flip] - expected, axis=1)
    for group in groups:
        chosen = group & seen & np.isfinite(as_is)
        if chosen.any():
            one, other = float(as_is[chosen].mean()), float(exchanged[chosen].mean())
            if _exchanged_fits(one / side, other / side, isinstance(body, Guess)):
                return True
    return False


def _exchanged_fits(as_is: float, exchanged: float, guessed: bool) -> bool:
    """True if points are far from a body as they are and near it when exchanged; distances are shares of the bbox side.

    A fit follows exchanged keypoints. A guess does not: the lifter was trained with exchanged limbs and predicts the
    right sides, so a small gain is enough near it. With guesses 80 % of exchanged arms and 61 % of legs are detected,
    and 2.8 % false alarms; without them 73, 52 and 2.4 % (python -m tests.benchmarks.choices.swaps --people 800
    --seed 5).
    """
    clearly = as_is > SWAPPED_FROM and exchanged < SWAPPED_GAIN * as_is
    return clearly or (guessed and exchanged < min(as_is - GUESSED_GAIN, GUESSED_NEAR))


def _below_floor(person: Person, joints: np.ndarray) -> bool:
    """True if a joint is well below the one that was put on the floor. joints (24, 3) [m]."""
    for wish in person.wishes:
        if isinstance(wish, GroundContact) and wish.name in JOINT_NAMES:
            normal = np.array(wish.normal) / np.linalg.norm(wish.normal)
            height = float(joints[joint_index(wish.name)] @ normal)
            if depth_below(joints, normal.tolist(), height) > BELOW_FLOOR_M:
                return True
    return False


@cache
def _sides(layout_name: str) -> tuple[np.ndarray, list[np.ndarray]]:
    """Each keypoint's counterpart (K,), and masks (K,) bool of all keypoints, the arms, the legs."""
    names = layout(layout_name)
    parts = [
        np.array([any(part in name for part in limb) for name in names.keypoints]) for limb in (ARM, LEG)
    ]
    return np.array(names.flip), [np.ones(names.k, bool), *parts]


@cache
def _pairs(layout_name: str) -> np.ndarray:
    """The keypoints of PAIRS (3, 2); -1 for those that the layout has not."""
    names = layout(layout_name).keypoints
    return np.array([[names.index(name) if name in names else -1 for name in pair] for pair in PAIRS])


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
