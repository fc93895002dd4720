"""Whether left and right are exchanged in a person's keypoints, or in a fit that followed them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from core.body.keypoints import layout
from core.body.mean_skeleton import keypoint_weights, project
from core.body.tree import joint_index
from core.records import Fit, Guess, Person

SURE = 0.3  # least confidence of a keypoint that counts in warnings
SWAPPED_GAIN = 0.4  # largest ratio of the distance exchanged to the distance as is
SWAPPED_FROM = 0.05  # of the bbox side: points nearer than this are not exchanged
GUESSED_GAIN, GUESSED_NEAR = 0.01, 0.08  # of the bbox side: least gain with a guess, and largest distance
FORESHORTENED = 0.12  # of the bbox side: a torso shorter than this points at the camera
FACE = ("left_eye", "right_eye")
SHOULDERS, HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
ARM, LEG = ("elbow", "wrist", "hand"), ("knee", "ankle", "heel", "toe", "foot")
PAIRS = (SHOULDERS, HIPS, FACE)
# Least width of each pair, in torso lengths, that shows its side: a narrower pair may be seen from the side.
CLEARLY = np.array([0.45, 0.3, 0.07])
# The joints of both sides, and those across which they are compared, as indices (3, 2).
CROSSED = np.array(
    [[joint_index(f"{side}_{part}") for side in ("left", "right")] for part in ("elbow", "knee", "ankle")]
)
ACROSS = np.array([[joint_index(name) for name in pair] for pair in (SHOULDERS, HIPS, HIPS)])


def sides_swapped(person: Person, bodies: Sequence[tuple[Fit | Guess, np.ndarray]]) -> bool:
    """True if a person's sides are probably exchanged. bodies: its fit and guess, each with joints (24, 3) [m]."""
    return (
        _contradicts_itself(person)
        or any(_crosses_over(joints) for body, joints in bodies if isinstance(body, Fit))
        or any(_nearer_exchanged(person, body, joints) for body, joints in bodies)
    )


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
