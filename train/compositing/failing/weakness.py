"""Where a target fails: its loss over occlusion, size and cut, and the loss to be expected of people without truth.

The expected loss is a ridge regression of log loss on what is known without truth: size, cut, hidden keypoints, boxes
that overlap, and the keypoint error of the target's own prediction. It is learned on composites, whose truth is known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.files.whole_file import whole_file
from train.compositing.cutting.staged_people import StagedPeople
from train.synthesis.crowd import box_overlap

BINS = {
    "occlusion": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0),
    "size": (0.0, 40.0, 60.0, 90.0, 135.0, 200.0, 300.0, 450.0, 1e5),
    "cut": (0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 1.0),
}
RIDGE = 1.0
LEAST_LOSS = 1e-6
REPORT_VERSION = 1


@dataclass(frozen=True, eq=False)
class FailureRows:
    """N people and their losses (N,), occlusion and cut from 0 to 1, size [px] of their box's height."""

    loss: NDArray[np.floating]
    occlusion: NDArray[np.floating]
    size: NDArray[np.floating]
    cut: NDArray[np.floating]

    def curve(self, name: str) -> list[dict[str, float]]:
        """The mean loss in each bin that has people: low, high, loss, people."""
        values, edges = getattr(self, name), BINS[name]
        place = np.digitize(values, edges[1:-1])
        bins = [(k, place == k) for k in range(len(edges) - 1)]
        return [
            {
                "low": edges[k],
                "high": edges[k + 1],
                "loss": float(self.loss[own].mean()),
                "people": int(own.sum()),
            }
            for k, own in bins
            if own.any()
        ]


@dataclass(frozen=True, eq=False)
class ExpectedLoss:
    """A ridge regression of log loss on features (N, F), standardised."""

    mean: NDArray[np.floating]
    spread: NDArray[np.floating]
    weights: NDArray[np.floating]
    base: float

    @classmethod
    def learned(cls, features: NDArray[np.floating], losses: NDArray[np.floating]) -> ExpectedLoss:
        mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
        x, y = (features - mean) / spread, np.log(np.maximum(losses, LEAST_LOSS))
        square = x.T @ x + RIDGE * np.eye(x.shape[1])
        return cls(mean, spread, np.linalg.solve(square, x.T @ (y - y.mean())), float(y.mean()))

    def of(self, features: NDArray[np.floating]) -> NDArray[np.floating]:
        """The loss (N,) to be expected."""
        return np.asarray(np.exp(self.base + (features - self.mean) / self.spread @ self.weights))


def features_of(
    people: StagedPeople, size: tuple[int, int], keypoint_losses: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(P, 5) of a photo's people: log height, cut, hidden or absent keypoints, largest overlap of boxes, log of the
    keypoint loss (P,) of the target's prediction. size: width and height [px] of the photo."""
    boxes = people.box
    inside = people.box_in(size)
    cut = 1 - inside[:, 2] * inside[:, 3] / np.maximum(boxes[:, 2] * boxes[:, 3], 1e-6)
    absent = ((people.keypoints[..., 2] <= 0) | people.occluded).mean(axis=1)
    height = np.log(np.maximum(boxes[:, 3], 1.0))
    loss = np.log(np.maximum(keypoint_losses, LEAST_LOSS))
    return np.stack([height, cut, absent, box_overlap(boxes), loss], axis=1, dtype=np.float64)


def write_report(path: Path, target: str, rows: FailureRows, people: Sequence[dict[str, Any]]) -> None:
    """JSON: the target, curves by name, and people with imgname, center [px], scale and expected loss, worst first."""
    report = {
        "version": REPORT_VERSION,
        "target": target,
        "composites": len(rows.loss),
        "loss": float(rows.loss.mean()),
        "curves": {name: rows.curve(name) for name in BINS},
        "people": sorted(people, key=lambda one: -float(one["expected_loss"])),
    }
    with whole_file(path) as stream:
        stream.write((json.dumps(report, indent=1) + "\n").encode())


def report_lines(path: Path, rows: FailureRows) -> list[str]:
    """The curves as text."""
    lines = [f"{path}: mean loss {rows.loss.mean():.3g} on {len(rows.loss)} composites"]
    for name in BINS:
        cells = [
            f"{one['low']:g}–{one['high']:g}: {one['loss']:.3g} ({one['people']})" for one in rows.curve(name)
        ]
        lines.append(f"{name}: " + ", ".join(cells))
    return lines
