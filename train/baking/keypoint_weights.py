"""The open body's own keypoint definitions: one row of weights over its vertices and joints for each.

The definitions in resources/keypoints are made for SMPL's proportions. The open body's hips are wider and its spine
joints are lower, so the definitions that extrapolate are given here again, under the same names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.body.tree import JOINT_NAMES, joint_index, mirror_name
from train.baking.random_people import RandomPeople
from train.baking.regressors import around, crown, point_regressor, symmetric

# Definition -> weights of joints, or of definitions before it. Left definitions also make the right ones.
MIXED: dict[str, dict[str, float]] = {
    "left_hip_h36m": {"left_hip": 1.08, "right_hip": -0.08},
    "left_hip_3dhp": {"left_hip": 1.08, "right_hip": -0.08},
    "left_hip_panoptic": {"left_hip": 0.925, "right_hip": 0.075},
    "left_hip_lsp": {"left_hip": 0.7, "right_hip": -0.2, "pelvis": 0.5},
    "left_finger_humanart": {"left_hand": 1.8, "left_wrist": -0.8},
    "left_toe_humanart": {"left_foot_index": 1.0},
    "mid_hip": {"left_hip_coco": 0.5, "right_hip_coco": 0.5},
    "pelvis_h36m": {"left_hip": 0.5, "right_hip": 0.5},
    "pelvis_3dhp": {"left_hip": 0.5, "right_hip": 0.5},
    "spine_h36m": {"spine3": 0.87, "neck": 0.13},
    "spine_3dhp": {"spine3": 0.87, "neck": 0.13},
    "belly_jhmdb": {"spine1": 0.5, "spine2": 0.5},
    "neck_base_h36m": {"head": 1.25, "neck": -0.25},
    "head_h36m": {"head_top": 0.75, "left_ear": 0.125, "right_ear": 0.125},
    "head_top_3dhp": {"head_top": 1.0},
    "head_jhmdb": {"nose": 0.5, "left_eye": 0.25, "right_eye": 0.25},
}


def keypoint_rows(
    people: RandomPeople, mean: NDArray[np.float64], resting: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Definition -> weights (V + 24,) over vertices, then joints.

    mean (V, 3) [m]: the mean shape in T-pose. resting (N, V, 3) [m]: people in anny's resting pose, in which keypoints
    at bones are regressed.
    """
    rows = _surface(people, mean, resting)
    rows = {name: np.append(row, np.zeros(len(JOINT_NAMES))) for name, row in rows.items()}
    for name, parts in MIXED.items():
        rows[name] = _mixed(rows, parts)
        if mirror_name(name) != name:
            rows[mirror_name(name)] = _mixed(rows, {mirror_name(part): w for part, w in parts.items()})
    return rows


def _mixed(rows: dict[str, NDArray[np.float64]], parts: dict[str, float]) -> NDArray[np.float64]:
    total = np.zeros_like(rows["nose"])
    for part, weight in parts.items():
        total += weight * _row(rows, part)
    return total


def _row(rows: dict[str, NDArray[np.float64]], part: str) -> NDArray[np.float64]:
    if part in rows:
        return rows[part]
    row = np.zeros_like(rows["nose"])
    row[joint_index(part) - len(JOINT_NAMES)] = 1.0
    return row


def _surface(
    people: RandomPeople, mean: NDArray[np.float64], resting: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Definition -> weights (V,): anny's keypoints where they exist, else the heads of bones or chosen points."""
    rows = {
        f"left_{part}": people.surface[f"left_{part}"]
        for part in ("eye", "ear", "big_toe", "small_toe", "heel")
    }
    rows["left_hip_coco"] = people.surface["left_hip"]
    for name in ("left_index", "left_pinky", "left_thumb", "left_foot_index"):
        rows[name] = point_regressor(resting, people.extra_points[name][: len(resting)])
    eye, nose = rows["left_eye"] @ mean, people.surface["nose"] @ mean
    rows["left_eye_inner"] = around(mean, eye - np.array([0.015, 0, 0]), 12)
    rows["left_eye_outer"] = around(mean, eye + np.array([0.018, 0, -0.005]), 12)
    rows["left_mouth"] = around(mean, nose + np.array([0.025, -0.055, -0.02]), 12)
    mirrored = {mirror_name(name): row[people.mirror] for name, row in rows.items()}
    centre = {"nose": people.surface["nose"], "head_top": crown(mean)}
    return {**rows, **mirrored, **{name: symmetric(row, people.mirror) for name, row in centre.items()}}
