"""Which order of the queue brings the bodies first that are worst in 3D?

python -m tests.benchmarks.choices.orders [--data ../shared/data] [--people 5046]

Captured poses of the test subjects, whom the lifter has not seen, projected, with annotators' differences (as in
tests/benchmarks/choices/weights.py) and with a poor detector's faults (train/methods/lifter/accuracy.py), lifted and
fitted from the guess. The figure of an order is the share of the tenth with the largest PA-MPJPE that is among its
first fifth; by chance it would be 20 %.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body import Body, KeypointBody, load_body
from core.fitting import TRUSTING, fit
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import lift, load_lifter
from core.networks.lifter.network import Lifter
from core.records import Fit, Guess
from core.store.project.rows import disagreement, pose_angle
from tests.benchmarks.choices.weights import annotated
from tests.benchmarks.shared.machine import machine
from train.data.mocap import read_poses
from train.methods.lifter.accuracy import PHOTO, limb_columns, projected_keypoints, projected_people
from train.methods.lifter.scenes import SceneBodies, Scenes
from train.run.parser import CommandLine

LAYOUTS = ("coco17", "openpose25")
WORST, FIRST = 0.1, 0.2
PLACE = (
    np.zeros(10),
    0.0,
    np.zeros(3),
    1.0,
    np.zeros(2),
)  # shape and camera, which the orders do not look at


def orders(
    body: Body, lifter: Lifter, keypoints: Tensor, layout: str, people: SceneBodies
) -> dict[str, Tensor]:
    """Of each person (P,): what the orders go by, and `error_mm`."""
    count = len(keypoints)
    seen = (keypoints, layout, torch.full((count,), PHOTO[0]), torch.full((count, 2), PHOTO[1]))
    lifted = lift(lifter, body, *seen)
    *_, step = fit(body, *seen, guess=lifted.params, config=TRUSTING)
    columns = limb_columns("smpl24")
    joints = KeypointBody.from_body(body, "smpl24").keypoints(step.params)
    said = lifted.hypotheses.pose.view(count, -1, 72).numpy()
    fits, probability = step.params.pose.numpy(), lifted.probability.numpy()
    guesses = [_guess(said[person], probability[person]) for person in range(count)]
    return {
        "score": step.score,
        "angle to the guess": torch.tensor([pose_angle(said[p, 0], fits[p]) for p in range(count)]),
        "disagreement": torch.tensor([disagreement(guesses[p], _fit(fits[p])) for p in range(count)]),
        "error_mm": pa_mpjpe_mm(joints[:, columns], people.joints[:, columns]),
    }


def found(by: Tensor, error_mm: Tensor) -> float:
    """The share of the worst that are among the first by an order."""
    worst, first = error_mm >= error_mm.quantile(1 - WORST), by >= by.quantile(1 - FIRST)
    return float((worst & first).sum() / worst.sum())


def main() -> None:
    parser = CommandLine("tests.benchmarks.choices.orders", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--people", type=int, default=5046)
    options = parser.parse_args()
    body, lifter = load_body(), load_lifter()
    poses = read_poses(options.data / "mocap_poses.npz", "test")
    scenes = Scenes(body, torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))
    people = projected_people(scenes, poses, options.people)
    print(json.dumps({"machine": machine("cpu"), "people": options.people}))
    for faults, layout in product(("annotator", "detector"), LAYOUTS):
        poor = faults == "detector"
        keypoints = (
            projected_keypoints(scenes, people, layout, noisy=True)
            if poor
            else annotated(scenes, people, layout, 1.0, 1.0)
        )
        by = orders(body, lifter, keypoints, layout, people)
        error_mm = by.pop("error_mm")
        row = {name: round(100 * found(values, error_mm)) for name, values in by.items()}
        print(json.dumps({"keypoints": f"{layout}, {faults}'s", **row}), flush=True)


def _guess(poses: NDArray[np.float32], probability: NDArray[np.float32]) -> Guess:
    """The first of them (H, 72), with the others as its alternatives."""
    first, *others = (
        Guess(pose, *PLACE, "lifter", float(sure)) for pose, sure in zip(poses, probability, strict=True)
    )
    return replace(first, alternatives=tuple(others))


def _fit(pose: NDArray[np.float32]) -> Fit:
    return Fit(pose, *PLACE, score=0.0, body="", source="fit")


if __name__ == "__main__":
    main()
