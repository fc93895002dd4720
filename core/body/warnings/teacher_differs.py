"""Whether a fit differs from what PoseNet3D's teacher sees: a second opinion that no captured pose has biased."""

from __future__ import annotations

import numpy as np

from core.body.tree import LIMB_JOINTS
from core.guesses import TEACHER, of_networks
from core.records import Guess, Person

DIFFERS_MM = 100.0  # over the limb joints after alignment: more than the teacher is usually off


def teachers_guess(person: Person) -> Guess | None:
    """What the teacher made of the person's keypoints; None where it was not asked."""
    return next((one for one in of_networks(person.guess) if one.network == TEACHER), None)


def apart_mm(joints: np.ndarray, others: np.ndarray) -> float:
    """Mean distance [mm] between the limb joints of two bodies, joints (24, 3) [m], the first turned, moved and scaled
    onto the second.

    As `core.metrics.pa_mpjpe_mm`, in numpy: warnings are computed at every write, without torch.
    """
    limbs = list(LIMB_JOINTS)
    one, other = (at[limbs].astype(float) - at[limbs].mean(axis=0) for at in (joints, others))
    left, stretch, right = np.linalg.svd(one.T @ other)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right)) or 1.0])
    scale = (stretch * sign).sum() / max(float((one**2).sum()), 1e-9)
    return float(1000 * np.linalg.norm(scale * one @ (left * sign) @ right - other, axis=1).mean())
