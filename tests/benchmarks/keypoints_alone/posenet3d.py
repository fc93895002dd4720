"""What PoseNet3D learns from 2D alone in so many minutes, beside the shipped lifter, which was taught in 3D.

python -m tests.benchmarks.keypoints_alone.posenet3d --poses POSES.npz --folder runs/posenet3d [--minutes 40]
    [--seeds 1] [--more "--width 512"] [--truth PHOTOS] [--ablations] [--rank]

The train subjects' poses are projected to coco17, their 3D is not read (train/methods/posenet3d/projected_looks.py). A
run that is there already is only measured. Measured are all poses of the test subjects, PA-MPJPE [mm] without
reflection over the twelve limb joints: of teachers COCO's, of lifters SMPL's. The teacher needs all points; in the
noisy rows those that a detector missed are shown to it where it would have put them.

--ablations: teachers alone, each without one thing, at equal time. --rank: does the run's density tell which of the
shipped lifter's five hypotheses is nearest? Its weight is chosen on validation poses.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor

from core.body import Body, KeypointBody, load_body
from core.networks.lifter.lift import LifterGuess, lift, load_lifter
from core.networks.lifter.network import Lifter
from core.networks.table import TEACHER_FILE
from core.networks.teacher.likely_bodies import likelihood_of_bodies
from core.networks.teacher.teacher_file import TaughtTeacher, load_teacher
from tests.benchmarks.shared.machine import machine
from train.data.photo_truth import PhotoTruth, read_truth
from train.methods.lifter.accuracy import errors_mm, on_true_people, summary
from train.methods.posenet3d.lifted_accuracy import (
    UnseenPeople,
    cameras,
    flat_errors,
    student_errors,
    teacher_on_true_people,
    teacher_row,
)
from train.run.parser import CommandLine

LAYOUT = "coco17"
TEACHER_ALONE = "--share-student 0 --share-together 0"
ABLATIONS = {
    "density and all else": "",
    "discriminator in its place": "--prior discriminator",
    "no density, no discriminator": "--teacher-likely 0",
    "no self-consistency": "--teacher-same-points 0 --teacher-same-view 0",
    "no bones": "--teacher-bones 0",
    "no face": "--teacher-face 0",
    "knees": "--teacher-knees 1",
    "distance 10": "--distance 10",
    "motion discriminator": "--teacher-motion 0.5",
}
WEIGHTS = (
    0.0,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    100.0,
)  # of a nat of the density, beside a nat of the lifter
RANKED = 1000  # poses of each split


def main() -> None:
    parser = CommandLine("tests.benchmarks.keypoints_alone.posenet3d", __doc__)
    parser.add_argument("--poses", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--more", default="")
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--ablations", action="store_true")
    parser.add_argument("--rank", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    table: dict[str, object] = {"machine": machine(), "minutes": given.minutes, "more": given.more}
    if given.ablations:
        table |= ablated(given)
    else:
        for seed in range(given.seeds):
            run = given.folder / f"seed_{seed}"
            taught(given, run, f"--seed {seed} {given.more}")
            table[run.name] = ranked(run, given) if given.rank else measured(run, given)
    print(json.dumps(table, indent=1))


def taught(given: argparse.Namespace, run: Path, more: str) -> None:
    """Train a run, unless it is there."""
    if (run / TEACHER_FILE).is_file():
        return
    told = f"--poses {given.poses} --run {run} --minutes {given.minutes} --threads {given.threads} {more}"
    command = [sys.executable, "-m", "train.posenet3d", *shlex.split(told), "--log-every", "100"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def ablated(given: argparse.Namespace) -> dict[str, object]:
    """Teachers at equal time, each without one thing."""
    unseen = UnseenPeople.of_split(given.poses, "test", LAYOUT)
    rows: dict[str, object] = {}
    for number, (name, words) in enumerate(ABLATIONS.items()):
        run = given.folder / f"ablation_{number}"
        taught(given, run, f"{TEACHER_ALONE} {words} {given.more}")
        rows[name] = teacher_row(load_teacher(run).teacher, unseen, noisy=False)
        print(name, rows[name], file=sys.stderr, flush=True)
    return rows


def measured(run: Path, given: argparse.Namespace) -> dict[str, object]:
    """Five rows on the test split, exact and noisy, and the people with 3D truth."""
    body, unseen = load_body(), UnseenPeople.of_split(given.poses, "test", LAYOUT)
    rows: dict[str, object] = {"flat": summary(flat_errors(unseen)[:, None])}
    for folder, words in ((run / "before_together", ""), (run, ", together")):
        if not (folder / TEACHER_FILE).is_file():
            continue
        teacher, student = load_teacher(folder).teacher, load_lifter(folder / "lifter", exact=True)
        for noisy, how in ((False, "exact"), (True, "noisy")):
            rows[f"teacher{words} {how}"] = teacher_row(teacher, unseen, noisy)
            rows |= of_lifter(f"student{words} {how}", student, body, unseen, noisy)
        if given.truth is not None:
            found = teacher_on_true_people(teacher, given.truth)
            rows |= {f"teacher{words} {name}": row for name, row in found.items()}
            people = torch.cat(list(on_true_people(student, body, given.truth).values()))
            rows[f"student{words}, people with 3D truth"] = summary(people)
    for noisy, how in ((False, "exact"), (True, "noisy")):
        rows |= of_lifter(f"shipped lifter {how}", load_lifter(exact=True), body, unseen, noisy)
    return rows


def of_lifter(
    name: str, lifter: Lifter, body: Body, unseen: UnseenPeople, noisy: bool
) -> dict[str, dict[str, float]]:
    found = student_errors(lifter, body, unseen, noisy)
    return {f"{name} {layout}": summary(errors) for layout, errors in found.items()}


def ranked(run: Path, given: argparse.Namespace) -> dict[str, object]:
    """First choices of the shipped lifter by its own order, and with the density's word; weights by validation."""
    body, lifter, judge = load_body(), load_lifter(exact=True), load_teacher(run)
    rows: dict[str, object] = {}
    chosen: dict[str, float] = {}
    for split in ("val", "test"):
        unseen = UnseenPeople.of_split(given.poses, split, LAYOUT, RANKED)
        for noisy, how in ((False, "exact"), (True, "noisy")):
            keypoints = unseen.keypoints(noisy)
            guess = lift(lifter, body, keypoints, LAYOUT, *cameras(len(keypoints)))
            errors = errors_mm(guess, body, "smpl24", unseen.people.joints)
            by_weight = first_choices(guess, errors, likelihoods(judge, body, guess))
            if split == "val":
                chosen[how] = min(by_weight, key=by_weight.__getitem__)
            rows[f"{split} {how}"] = as_row(errors, by_weight, chosen[how])
    if given.truth is not None:
        rows |= {
            one.source: of_truth(one, judge, body, lifter, chosen["noisy"]) for one in read_truth(given.truth)
        }
    return rows


def of_truth(
    truth: PhotoTruth, judge: TaughtTeacher, body: Body, lifter: Lifter, weight: float
) -> dict[str, float]:
    """A source of people with 3D truth."""
    camera = (torch.from_numpy(truth.focal_length), torch.from_numpy(truth.camera_center))
    guess = lift(lifter, body, torch.from_numpy(truth.keypoints), truth.layout, *camera)
    measured_joints = torch.from_numpy(truth.measured)
    errors = errors_mm(guess, body, truth.layout, torch.from_numpy(truth.joints), measured_joints)
    return as_row(errors, first_choices(guess, errors, likelihoods(judge, body, guess)), weight)


def likelihoods(judge: TaughtTeacher, body: Body, guess: LifterGuess) -> Tensor:
    """(B, H) [nats] of each hypothesis by the density."""
    points = judge.teacher.points
    assert judge.density is not None
    at = KeypointBody.from_body(body, points.layout).keypoints(guess.hypotheses)[:, points.columns]
    return likelihood_of_bodies(judge.density, points, at).view(guess.probability.shape)


def first_choices(guess: LifterGuess, errors: Tensor, likely: Tensor) -> dict[float, float]:
    """Mean error [mm] of the hypothesis that is likeliest by the lifter and so much of the density."""
    own = guess.probability.clamp_min(1e-6).log()
    means = {}
    for weight in WEIGHTS:
        first = (own + weight * likely).argmax(dim=1)
        picked = errors.gather(1, first[:, None])
        means[weight] = round(picked[picked.isfinite()].mean().item(), 2)
    return means


def as_row(errors: Tensor, by_weight: dict[float, float], weight: float) -> dict[str, float]:
    kept = errors[errors.isfinite().all(dim=1)]
    return {
        "people": len(kept),
        "lifter's first choice": round(kept[:, 0].mean().item(), 2),
        "lifter's likeliest": by_weight[0.0],
        f"with {weight:g} of the density": by_weight[weight],
        "density alone": by_weight[WEIGHTS[-1]],
        "best of five": round(kept.amin(dim=1).mean().item(), 2),
    }


if __name__ == "__main__":
    main()
