"""What the error of fits from 2D keypoints is made of, on the people with 3D truth.

python -m tests.benchmarks.remaining_error [--data ../shared/data] [--json]

Each column gives the fit one more thing that a photo does not show, and the difference to the column before is that
thing's part: which way every limb points (what a curator marks with "nearer" and "farther"), the body's shape, and at
last all joints in 3D, that is how far each limb leans. What is left then no fit could mend: where the body's joints
are defined, and how it bends.
PA-MPJPE [mm] over the twelve limb joints, from the lifter's guess.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch

from core.body import Body, layout, load_body
from core.body.model import BodyParams
from core.fitting import TRUSTING, DepthOrder, FitConfig, Pin, fit
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import lift, load_lifter
from tests.benchmarks.shared.machine import machine
from train.data.photo_truth import LIMBS, PhotoTruth, read_truth
from train.run.parser import CommandLine

LIMB_NAMES = [f"{side}_{limb}" for side in ("left", "right") for limb in LIMBS]
BONES = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
PINNED = 0.005  # [m] how near to the truth the pins hold
FREE = FitConfig(stay_near=0.0, soft_iterations=0, iterations=60, tolerance=1e-5)


def errors(body: Body, people: PhotoTruth, person: int, guess: BodyParams) -> dict[str, float]:
    """One person's error by what the fit is told; guess: the lifter's first choice."""
    one = slice(person, person + 1)
    joints = torch.from_numpy(people.joints[one])
    seen = (
        torch.from_numpy(people.keypoints[one]),
        people.layout,
        torch.from_numpy(people.focal_length[one]),
        torch.from_numpy(people.camera_center[one]),
    )

    def ended(start: BodyParams, config: FitConfig) -> BodyParams:
        *_, step = fit(body, *seen, guess=start, config=config)
        return step.params

    def error(params: BodyParams) -> float:
        points = body.keypoints(params, people.layout)[:, people.limbs]
        measured = torch.from_numpy(people.measured[one])
        return float(pa_mpjpe_mm(points, joints[:, people.limbs], measured)[0])

    pinned = ended(guess, replace(FREE, wishes=pins(people, person)))
    orders = depth_orders(people, person)
    found = {
        "fit": ended(guess, TRUSTING),
        "limbs' directions": ended(guess, replace(TRUSTING, wishes=orders)),
        "and the shape": ended(
            replace(guess, betas=pinned.betas),
            replace(TRUSTING, wishes=orders, free_betas=False),
        ),
        "and 3D joints": pinned,
    }
    return {name: error(params) for name, params in found.items()}


def pins(people: PhotoTruth, person: int) -> tuple[Pin, ...]:
    """Every limb joint where it truly is."""
    names = layout(people.layout).keypoints
    at = people.joints[person].tolist()
    return tuple(Pin(names[k], (at[k][0], at[k][1], at[k][2]), PINNED) for k in people.limbs)


def depth_orders(people: PhotoTruth, person: int) -> tuple[DepthOrder, ...]:
    """For both ends of every limb bone, which is nearer, where that can be told apart."""
    names = layout(people.layout).keypoints
    place = {one: k for k, one in zip(people.limbs, LIMB_NAMES, strict=True)}
    orders = []
    for side in ("left", "right"):
        for start, end in BONES:
            first, last = place[f"{side}_{start}"], place[f"{side}_{end}"]
            apart = float(people.joints[person, last, 2] - people.joints[person, first, 2])
            if abs(apart) > DepthOrder.margin:
                near, far = (first, last) if apart > 0 else (last, first)
                orders.append(DepthOrder(names[near], names[far]))
    return tuple(orders)


def main() -> None:
    parser = CommandLine("tests.benchmarks.remaining_error", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    body, lifter = load_body(), load_lifter()
    found: list[dict[str, float]] = []
    for people in read_truth(options.data / "photos"):
        for person in range(len(people.keypoints)):
            one = slice(person, person + 1)
            seen = (torch.from_numpy(part[one]) for part in (people.focal_length, people.camera_center))
            guess = lift(lifter, body, torch.from_numpy(people.keypoints[one]), people.layout, *seen).params
            found.append(errors(body, people, person, guess))
    means = {name: round(sum(each[name] for each in found) / len(found), 1) for name in found[0]}
    result = {"machine": machine("cpu"), "people": len(found), "pa_mpjpe_mm_given": means}
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
