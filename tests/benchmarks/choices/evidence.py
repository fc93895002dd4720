"""What tells the true body among those that one photo leaves open; `core.fitting.alternatives` has its weights here.

python -m tests.benchmarks.choices.evidence [--seen 5 10 20] [--usual 20 40 80] [--said 0.02 0.03 0.06] [--split test]

Captured poses of the validation subjects, whom the lifter has learned from since the weights were chosen here, or of
the test subjects, whom it has not seen, are projected as tests/benchmarks/choices/weights.py does, lifted, fitted, and
searched for other bodies. Each row says how much more of each clue makes a body e times less likely, and how good the
first body and the best of five then are; the last is the objective alone. PA-MPJPE [mm] over the twelve limb joints.
The people with 3D truth are not looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from core.body import Body, KeypointBody, load_body
from core.body.keypoint_body import vector_to_params
from core.fitting import TRUSTING, fit
from core.fitting.starts.other_bodies import LESS_LIKELY, clues, likelihood, search, spread
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import lift, load_lifter
from tests.benchmarks.choices.weights import FAULTS, LAYOUTS, annotated
from tests.benchmarks.shared.machine import machine
from train.data.mocap import read_poses
from train.evaluate import ALTERNATIVES, joined
from train.methods.lifter.accuracy import PHOTO, limb_columns, projected_people
from train.methods.lifter.scenes import Scenes
from train.run.parser import CommandLine

CLUES = ("seen", "usual", "said")  # of LESS_LIKELY
OBJECTIVE = 4.0  # for comparison: so much more of the whole objective makes a body e times less likely


@dataclass(frozen=True, eq=False)
class Searched:
    """One person's N bodies: clues (N, 3), distances (N, N) [m], the objective (N,), errors (N,) [mm]."""

    clues: Tensor
    apart: Tensor
    loss: Tensor
    errors: Tensor


@torch.no_grad()
def searched(body: Body, poses: Path, split: str, count: int) -> list[Searched]:
    """The bodies found for `count` people, in each layout and with each of the faults."""
    chosen = read_poses(poses, split)
    scenes = Scenes(body, torch.from_numpy(chosen.pose), torch.from_numpy(chosen.weight))
    people, lifter = projected_people(scenes, chosen, count), load_lifter()
    columns, joints = limb_columns("smpl24"), KeypointBody.from_body(body, "smpl24")
    camera = (torch.tensor([PHOTO[0]]), torch.tensor([[PHOTO[1], PHOTO[1]]]))
    every = []
    for name, faults in product(LAYOUTS, FAULTS):
        for person, keypoints in enumerate(annotated(scenes, people, name, *faults).split(1)):
            guess = lift(lifter, body, keypoints, name, *camera)
            *_, step = fit(body, keypoints, name, *camera, guess=guess.params, config=TRUSTING)
            starts = joined(step.params, guess.hypotheses)
            found = search(body, keypoints, name, *camera, starts, TRUSTING)
            ended = joints.keypoints(vector_to_params(found.step.unknowns))[:, columns]
            true = people.joints[person : person + 1, columns].expand_as(ended)
            every.append(Searched(*clues(found), found.step.loss, pa_mpjpe_mm(ended, true)))
    return every


def measured(every: list[Searched], likely: list[Tensor]) -> dict[str, float]:
    """Of the first body and the nearest of five."""
    chosen = [
        each.errors[spread(one, each.apart, ALTERNATIVES)] for each, one in zip(every, likely, strict=True)
    ]
    first = sum(float(errors[0]) for errors in chosen) / len(chosen)
    best = sum(float(errors.min()) for errors in chosen) / len(chosen)
    return {"first_mm": round(first, 1), f"best_of_{ALTERNATIVES}_mm": round(best, 1)}


def main() -> None:
    parser = CommandLine("tests.benchmarks.choices.evidence", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    for name, much in zip(CLUES, LESS_LIKELY, strict=True):
        parser.add_argument(f"--{name}", type=float, nargs="+", default=[much])
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--split", choices=("val", "test"), default="val")
    options = parser.parse_args()
    every = searched(load_body(), options.data / "mocap_poses.npz", options.split, options.people)
    nearest = sum(float(each.errors.min()) for each in every) / len(every)
    told = {"machine": machine("cpu"), "people": len(every), "nearest_of_all_mm": round(nearest, 1)}
    print(json.dumps(told), flush=True)
    for much in product(*(getattr(options, name) for name in CLUES)):
        likely = [likelihood(each.clues, torch.tensor(much)) for each in every]
        print(json.dumps(dict(zip(CLUES, much, strict=True)) | measured(every, likely)), flush=True)
    likely = [(-each.loss / OBJECTIVE).softmax(dim=0) for each in every]
    print(json.dumps({"objective": OBJECTIVE} | measured(every, likely)))


if __name__ == "__main__":
    main()
