"""Penetration of a body with itself and with others, tested with a capsule around each bone; needs joints only.

Capsules are far cheaper than triangles, and thinner than the flesh, so hands on hips and crossed legs are not
reported. Of captured poses 1 % are reported, mostly with hands laid on something.
"""

from functools import cache

import numpy as np

from core.body.tree import JOINT_NAMES

# Bone -> its first and last joint on each side, and its radius [m] on an adult.
TRUNK = {"torso": ("pelvis", "spine3", 0.10), "head": ("neck", "head", 0.085)}
LIMBS = {
    "arm": (
        ("upper_arm", "shoulder", "elbow", 0.045),
        ("forearm", "elbow", "wrist", 0.035),
        ("hand", "wrist", "hand", 0.03),
    ),
    "leg": (
        ("thigh", "hip", "knee", 0.065),
        ("shin", "knee", "ankle", 0.045),
        ("foot", "ankle", "foot", 0.035),
    ),
}
WIDEST = 0.1  # [m] the largest radius
ROOTS = ("upper_arm", "thigh")  # they touch the trunk and each other in every pose


def overlap(joints: np.ndarray) -> np.ndarray:
    """The deepest penetration of two limbs' capsules, or of a limb's and the trunk's.

    joints (P, 24, 3) [m]. Returns (P,) [m], 0 without penetration.
    """
    ends, radii = _pairs()
    apart = _distance(*(joints[:, ends[:, end]] for end in range(4)))
    return np.maximum(radii - apart, 0).max(axis=1)


def overlap_between(joints: np.ndarray) -> np.ndarray:
    """The deepest penetration of each person's capsules with another person's. joints (P, 24, 3) [m] of the people of
    one photo. Returns (P,) [m], 0 apart."""
    found = np.zeros(len(joints))
    one, other = np.triu_indices(len(joints), 1)
    low, high = joints.min(axis=1) - WIDEST, joints.max(axis=1) + WIDEST
    near = ((low[one] < high[other]) & (low[other] < high[one])).all(axis=1)
    one, other = one[near], other[near]
    if len(one):
        ends, radii = _rods()
        sides = [joints[rows][:, ends] for rows in (one, other)]  # (Q, C, 2, 3)
        first, second = sides[0][:, :, None], sides[1][:, None]
        apart = _distance(first[..., 0, :], first[..., 1, :], second[..., 0, :], second[..., 1, :])
        deep = (radii[:, None] + radii - apart).max(axis=(1, 2))
        np.maximum.at(found, one, deep)
        np.maximum.at(found, other, deep)
    return found


@cache
def _rods() -> tuple[np.ndarray, np.ndarray]:
    """Joints at the ends (C, 2) of all capsules of a body, and their radii (C,)."""
    rods = list(TRUNK.values())
    rods += [
        (f"{side}_{start}", f"{side}_{end}", radius)
        for side in ("left", "right")
        for parts in LIMBS.values()
        for _, start, end, radius in parts
    ]
    return np.array([[JOINT_NAMES.index(name) for name in rod[:2]] for rod in rods]), np.array(
        [r[2] for r in rods]
    )


@cache
def _pairs() -> tuple[np.ndarray, np.ndarray]:
    """Joints at the four ends (N, 4) of pairs of capsules that should not touch, and their summed radii (N,)."""
    rods = [("trunk", name, *rod) for name, rod in TRUNK.items()]
    rods += [
        (f"{side}_{limb}", name, f"{side}_{start}", f"{side}_{end}", radius)
        for side in ("left", "right")
        for limb, parts in LIMBS.items()
        for name, start, end, radius in parts
    ]
    pairs = [
        (one, other)
        for place, one in enumerate(rods)
        for other in rods[place + 1 :]
        if one[0] != other[0] and not _touch_always(one[0], one[1], other[0], other[1])
    ]
    ends = [[JOINT_NAMES.index(name) for name in (*one[2:4], *other[2:4])] for one, other in pairs]
    return np.array(ends), np.array([one[4] + other[4] for one, other in pairs])


def _touch_always(limb: str, part: str, other_limb: str, other_part: str) -> bool:
    rooted = part in ROOTS, other_part in ROOTS
    return (part == other_part and all(rooted)) or (limb == "trunk" and rooted[1])


def _distance(p: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Distance between segments pq and rs, each end (..., 3): Ericson, Real-Time Collision Detection, 5.1.9. (...)"""
    first, second, between = q - p, s - r, p - r
    a, e = (np.maximum((side * side).sum(-1), 1e-12) for side in (first, second))
    b, c, f = (first * second).sum(-1), (first * between).sum(-1), (second * between).sum(-1)
    along = np.clip((b * f - c * e) / np.maximum(a * e - b * b, 1e-12), 0, 1)
    along_second = np.clip((b * along + f) / e, 0, 1)
    along = np.clip((b * along_second - c) / a, 0, 1)
    gap = between + along[..., None] * first - along_second[..., None] * second
    return np.linalg.norm(gap, axis=-1)
