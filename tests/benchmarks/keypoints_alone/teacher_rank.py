"""Does PoseNet3D's teacher tell which of the shipped lifter's hypotheses is right?

python -m tests.benchmarks.keypoints_alone.teacher_rank --poses POSES.npz --run RUN [--truth PHOTOS] [--people 1000]

RUN is a folder of train.posenet3d. Of each person the hypothesis is taken that is nearest to all others by their
probabilities, where the teacher's skeleton is one more with a weight; distances are over the limb joints after
alignment. The weight is chosen on poses of the validation subjects, exact and noisy each; both keypoints have all
points, as the teacher needs them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from core.body import Body, KeypointBody, load_body
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import LifterGuess, lift, load_lifter
from core.networks.lifter.network import Lifter
from core.networks.teacher.teacher import Teacher
from core.networks.teacher.teacher_file import load_teacher
from tests.benchmarks.shared.machine import machine
from train.data.photo_truth import read_truth
from train.methods.lifter.accuracy import errors_mm
from train.methods.posenet3d.lifted_accuracy import UnseenPeople, cameras, keypoints_for
from train.run.parser import CommandLine

WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 100.0)  # of the teacher, beside 1 of all hypotheses together
LAYOUT = "coco17"


def main() -> None:
    parser = CommandLine("tests.benchmarks.keypoints_alone.teacher_rank", __doc__)
    parser.add_argument("--poses", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--people", type=int, default=1000)
    given = parser.parse_args()
    print(json.dumps({"machine": machine(), **table(given)}, indent=1))


def table(given: argparse.Namespace) -> dict[str, object]:
    """Rows of validation, where weights are chosen, of the test subjects, and of the people with 3D truth."""
    body, lifter, teacher = load_body(), load_lifter(exact=True), load_teacher(given.run).teacher
    rows: dict[str, object] = {}
    chosen: dict[str, float] = {}
    for split in ("val", "test"):
        unseen = UnseenPeople.of_split(given.poses, split, LAYOUT, given.people)
        for noisy, how in ((False, "exact"), (True, "noisy")):
            keypoints = unseen.keypoints(noisy).clone()
            keypoints[..., 2] = 1.0
            camera = cameras(len(keypoints))
            guess = lift(lifter, body, keypoints, LAYOUT, *camera)
            errors = errors_mm(guess, body, "smpl24", unseen.people.joints)
            means = first_choices(errors, *distances(teacher.lift(keypoints, *camera), guess, teacher, body))
            if split == "val":
                chosen[how] = min(means, key=means.__getitem__)
            rows[f"{split} {how}"] = as_row(errors, means, chosen[how])
    if given.truth is not None:
        rows |= of_true_people(given.truth, teacher, body, lifter, chosen["noisy"])
    return rows


def of_true_people(
    folder: Path, teacher: Teacher, body: Body, lifter: Lifter, weight: float
) -> dict[str, dict[str, float]]:
    """Sources whose people have all of the teacher's points."""
    rows = {}
    for one in read_truth(folder):
        keypoints = keypoints_for(teacher, one)
        if keypoints is None:
            continue
        whole = (keypoints[:, list(teacher.points.columns), 2] > 0).all(dim=1)
        camera = (torch.from_numpy(one.focal_length)[whole], torch.from_numpy(one.camera_center)[whole])
        guess = lift(lifter, body, torch.from_numpy(one.keypoints)[whole], one.layout, *camera)
        truth, measured = torch.from_numpy(one.joints)[whole], torch.from_numpy(one.measured)[whole]
        errors = errors_mm(guess, body, one.layout, truth, measured)
        apart = distances(teacher.lift(keypoints[whole], *camera), guess, teacher, body)
        rows[one.source] = as_row(errors, first_choices(errors, *apart), weight)
    return rows


def distances(lifted: Tensor, guess: LifterGuess, teacher: Teacher, body: Body) -> tuple[Tensor, Tensor]:
    """Distances [mm] of each hypothesis' limb joints after alignment, (B, H): from all hypotheses, by their
    probabilities, and from the teacher's points (B, P, 3)."""
    limbs, count = list(teacher.points.limbs), guess.probability.shape[1]
    columns = [teacher.points.columns[place] for place in limbs]
    at = KeypointBody.from_body(body, teacher.points.layout).keypoints(guess.hypotheses)[:, columns]
    from_teacher = pa_mpjpe_mm(lifted[:, limbs].repeat_interleave(count, dim=0), at).view(-1, count)
    each = at.view(-1, count, *at.shape[1:])
    from_others = torch.stack(
        [
            pa_mpjpe_mm(each[:, other].repeat_interleave(count, dim=0), at).view(-1, count)
            * guess.probability[:, other, None]
            for other in range(count)
        ]
    ).sum(dim=0)
    return from_others, from_teacher


def first_choices(errors: Tensor, from_others: Tensor, from_teacher: Tensor) -> dict[float, float]:
    """Mean error [mm] of the hypotheses chosen with each weight."""
    means = {}
    for weight in WEIGHTS:
        picked = errors.gather(1, (from_others + weight * from_teacher).argmin(dim=1)[:, None])
        means[weight] = round(picked[picked.isfinite()].mean().item(), 2)
    return means


def as_row(errors: Tensor, means: dict[float, float], weight: float) -> dict[str, float]:
    kept = errors[errors.isfinite().all(dim=1)]
    return {
        "people": len(kept),
        "lifter's first choice": round(kept[:, 0].mean().item(), 2),
        "nearest to all others": means[0.0],
        f"with {weight:g} of the teacher": means[weight],
        "nearest to the teacher": means[WEIGHTS[-1]],
        "best of all": round(kept.amin(dim=1).mean().item(), 2),
    }


if __name__ == "__main__":
    main()
