"""AGORA's rules as its evaluation is described, step by step, with nothing of the program that it is compared with."""

import math
from typing import Any

import numpy as np


def cost(p: np.ndarray, g: np.ndarray) -> float:
    """The largest singular value of the 24 × 2 difference."""
    return float(np.linalg.svd(p[:24] - g[:24], compute_uv=False).max())


def iou(p: np.ndarray, g: np.ndarray) -> float:
    """Of boxes round all points, widths and heights plus one pixel."""
    sides = []
    for axis in (0, 1):
        low, high = max(p[:, axis].min(), g[:, axis].min()), min(p[:, axis].max(), g[:, axis].max())
        sides.append(max(0.0, high - low + 1))
    both = sides[0] * sides[1]
    area_p = (np.ptp(p[:, 0]) + 1) * (np.ptp(p[:, 1]) + 1)
    area_g = (np.ptp(g[:, 0]) + 1) * (np.ptp(g[:, 1]) + 1)
    return float(both / (area_p + area_g - both))


def matching(predicted: list, truth: list, valid: list) -> dict[int, int]:
    """Truth -> prediction."""
    pairs = sorted((cost(p, g), i, j) for i, p in enumerate(predicted) for j, g in enumerate(truth))
    matched: dict[int, int] = {}
    done: set[int] = set()
    apart = place = 0
    while len(done) < len(truth) and len(matched) + apart < len(predicted):
        while True:
            _, p, g = pairs[place]
            place += 1
            near = iou(predicted[p], truth[g]) >= 0.1
            if not near or (p not in matched.values() and g not in done):
                break
        if not near:
            apart += 1
        if not valid[g]:
            done.add(g)
        elif near:
            matched[g] = p
            done.add(g)
    return matched


def summary(truth: dict[str, list], files: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The fourteen numbers."""
    counted, false_positives = [], 0
    for row, name in enumerate(truth["imgPath"]):
        names = sorted(file for file in files if "_".join(file.split("_")[:-2]) + ".png" == name)
        predicted = [files[file]["joints"].squeeze() for file in names]
        people = truth["gt_joints_2d"][row]
        valid = [
            ok and 0 <= occlusion <= 90
            for ok, occlusion in zip(truth["isValid"][row], truth["occlusion"][row], strict=True)
        ]
        matched = matching(predicted, people, valid)
        false_positives += len(predicted) - len(matched)
        for person, ok in enumerate(truth["isValid"][row]):
            if ok:
                errors = None
                if person in matched:
                    one = files[names[matched[person]]]
                    errors = (
                        error(one, truth, row, person, "allSmplJoints3d", "gt_joints_3d", 24),
                        error(one, truth, row, person, "verts", "gt_verts", None),
                    )
                counted.append((truth["kid"][row][person], errors))
    result = {}
    for prefix, dash, people in (
        ("", "", [errors for _, errors in counted]),
        ("kid_", "kid-", [errors for kid, errors in counted if kid]),
    ):
        hits = [errors for errors in people if errors is not None]
        tp, fn, fp = len(hits), len(people) - len(hits), false_positives
        result[f"{prefix}precision"] = round(tp / (tp + fp), 2)
        result[f"{prefix}recall"] = round(tp / (tp + fn), 2)
        f1 = result[f"{prefix}f1"] = round(tp / (tp + (fp + fn) / 2), 2)
        for place, name in enumerate(("MPJPE", "MVE")):
            mean = result[f"{dash}body-{name}"] = round(np.mean([errors[place] for errors in hits]), 1)
            result[f"{dash}body-{'NMJE' if name == 'MPJPE' else 'NMVE'}"] = round(mean / f1, 1)
    return result


def error(
    one: dict, truth: dict, row: int, person: int, predicted_key: str, truth_key: str, count: int | None
) -> float:
    """Mean distance [mm] of points from their own hips' middle."""
    points, goal = one[predicted_key].squeeze()[:count], truth[truth_key][row][person][:count]
    joints, goal_joints = one["allSmplJoints3d"].squeeze(), truth["gt_joints_3d"][row][person]
    total = 0.0
    for point, end in zip(points, goal, strict=True):
        away = [
            (point[axis] - (joints[1][axis] + joints[2][axis]) / 2)
            - (end[axis] - (goal_joints[1][axis] + goal_joints[2][axis]) / 2)
            for axis in range(3)
        ]
        total += math.sqrt(sum(float(value) ** 2 for value in away))
    return 1000 * total / len(points)
