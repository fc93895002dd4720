"""How good a lifter is: on captured poses it has not seen, and on the people whose joints were measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from core.body import Body, BodyParams, KeypointBody, layout
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import LifterGuess, lift
from core.networks.lifter.network import JOINTS, Lifter
from train.data.mocap import Poses, read_poses
from train.data.photo_truth import LIMBS, read_truth
from train.methods.lifter.scenes import SceneBodies, Scenes, camera_turn

PHOTO = (1000.0, 500.0)  # focal length and centre [px] of the pictures that poses are projected into
NOISE, NOISE_TAIL, TAIL = 0.01, 0.04, 0.05  # of the person's bbox: usual error, the bad ones', their share
MISSING, SWAPPED = 0.2, 0.05
SEED = 20
TABLE = "table.json"


def projected_people(scenes: Scenes, poses: Poses, count: int | None = None) -> SceneBodies:
    """Every pose once (or `count` of them), each before its own camera; always the same ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        pose = torch.from_numpy(poses.pose)
        pose = pose[torch.randperm(len(pose))[:count]]
        n = len(pose)
        shape = torch.randn(n, 11)
        shape[:, 10] = 0.0
        view = camera_turn(torch.rand(n) * 2 * torch.pi, 0.25 * torch.randn(n), 0.12 * torch.randn(n))
        depth = 2.0 * 5.0 ** torch.rand(n)
        beside = torch.randn(n, 2) * 0.1 * depth[:, None]
        rotations = axis_angle_to_matrix(pose.view(n, JOINTS, 3))
        return scenes.place(rotations, shape, view, torch.cat([beside, depth[:, None]], dim=1))


def projected_keypoints(scenes: Scenes, people: SceneBodies, name: str, noisy: bool) -> Tensor:
    """(B, K, 3) of layout `name` in the picture, exact, or as a poor detector gives them."""
    columns = [scenes.definitions.index(one) for one in layout(name).definitions]
    points = people.points[:, columns]
    focal, centre = PHOTO
    xy = points[..., :2] / points[..., 2:].clamp_min(0.2) * focal + centre
    confidence = torch.ones(xy.shape[:2])
    if noisy:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED + 1)
            size = (xy.amax(1) - xy.amin(1)).amax(1)[:, None, None]
            spread = torch.where(torch.rand(xy.shape[:2]) < TAIL, NOISE_TAIL, NOISE)
            xy = xy + torch.randn_like(xy) * spread[..., None] * size
            swap = torch.rand(len(xy), 1, 1) < SWAPPED
            xy = torch.where(swap, xy[:, list(layout(name).flip)], xy)
            confidence = (torch.rand(xy.shape[:2]) > MISSING).float()
            confidence[confidence.sum(1) < 4] = 1.0
    return torch.cat([xy, confidence[..., None]], dim=-1)


def on_projections(lifter: Lifter, body: Body, people: SceneBodies, keypoints: Tensor, name: str) -> Tensor:
    """PA-MPJPE [mm] over the twelve limb joints of SMPL of each person's hypotheses, (B, H)."""
    focal, centre = PHOTO
    batch = len(keypoints)
    guess = lift(lifter, body, keypoints, name, torch.full((batch,), focal), torch.full((batch, 2), centre))
    return errors_mm(guess, body, "smpl24", people.joints)


def errors_mm(
    guess: LifterGuess, body: Body, name: str, joints: Tensor, measured: Tensor | None = None
) -> Tensor:
    """PA-MPJPE [mm] over the limb joints of layout `name`, true `joints` (B, K, 3) [m], per hypothesis (B, H).

    measured (B, 12) bool: the limb joints that are truth, by default all.
    """
    limbs = limb_columns(name)
    found = KeypointBody.from_body(body, name).keypoints(guess.hypotheses)[:, limbs]
    count = guess.probability.shape[1]
    true = joints[:, limbs].repeat_interleave(count, dim=0)
    known = None if measured is None else measured.repeat_interleave(count, dim=0)
    return pa_mpjpe_mm(found, true, known).view(-1, count)


def limb_columns(name: str) -> list[int]:
    """The twelve limb joints in a layout."""
    names = layout(name).definitions
    return [
        next(k for k, one in enumerate(names) if one.startswith(f"{side}_{limb}"))
        for side in ("left", "right")
        for limb in LIMBS
    ]


def on_true_people(lifter: Lifter, body: Body, folder: Path) -> dict[str, Tensor]:
    """PA-MPJPE [mm] of the hypotheses (P, H) by source: people with 3D truth, from their true keypoints."""
    return {
        truth.source: errors_mm(
            lift(
                lifter,
                body,
                torch.from_numpy(truth.keypoints),
                truth.layout,
                torch.from_numpy(truth.focal_length),
                torch.from_numpy(truth.camera_center),
            ),
            body,
            truth.layout,
            torch.from_numpy(truth.joints),
            torch.from_numpy(truth.measured),
        )
        for truth in read_truth(folder)
    }


def summary(errors: Tensor) -> dict[str, float]:
    """errors (B, H), nan for people without truth: of the first choice, and of the best of all hypotheses."""
    errors = errors[errors.isfinite().all(dim=1)]
    first = errors[:, 0]
    return {
        "people": len(errors),
        "first_choice_mm": round(first.mean().item(), 1),
        "median_mm": round(first.median().item(), 1),
        "worst_tenth_mm": round(first.quantile(0.9).item(), 1),
        f"best_of_{errors.shape[1]}_mm": round(errors.amin(1).mean().item(), 1),
    }


def milliseconds(lifter: Lifter, body: Body, rounds: int = 200) -> float:
    """One person through `lift`: the fastest round, which other work on the machine disturbs least."""
    keypoints = torch.rand(1, 17, 3) * torch.tensor([200.0, 400.0, 1.0])
    camera = (torch.tensor([1000.0]), torch.tensor([[100.0, 200.0]]))
    times = []
    for _ in range(rounds):
        start = perf_counter()
        lift(lifter, body, keypoints, "coco17", *camera)
        times.append(perf_counter() - start)
    return round(1000 * min(times), 2)


def as_params(people: SceneBodies, body: Body) -> BodyParams:
    """The same people as BodyParams of the camera frame."""
    pose = matrix_to_axis_angle(people.rotations).flatten(1)
    rest = BodyParams.from_pose(
        pose, people.shape[:, :10], torch.zeros_like(people.pelvis), people.shape[:, 10]
    )
    return BodyParams.from_pose(pose, rest.betas, people.pelvis - body.rest_pelvis(rest), rest.kid)


@dataclass(frozen=True, eq=False)
class Validation:
    """People of the validation split, clean and noisy."""

    body: Body
    scenes: Scenes
    poses: Poses
    count: int | None = 1500
    layouts: tuple[str, ...] = ("coco17", "h36m17")

    def __call__(self, lifter: Lifter) -> dict[str, dict[str, float]]:
        people = projected_people(self.scenes, self.poses, self.count)
        table = {}
        for name in self.layouts:
            for noisy in (False, True):
                keypoints = projected_keypoints(self.scenes, people, name, noisy)
                errors = on_projections(lifter, self.body, people, keypoints, name)
                table[f"{name} {'noisy' if noisy else 'clean'}"] = summary(errors)
        return table


def evaluate(lifter: Lifter, body: Body, poses: Path, truth: Path | None) -> dict[str, object]:
    """The table: test split by layout, clean and noisy; the measured people by source; time."""
    test = read_poses(poses, "test")
    scenes = Scenes(body, torch.from_numpy(test.pose), torch.from_numpy(test.weight))
    layouts = ("coco17", "openpose25", "h36m17", "mediapipe33")
    table: dict[str, object] = dict(Validation(body, scenes, test, None, layouts)(lifter))
    if truth is not None:
        people = on_true_people(lifter, body, truth)
        table |= {source: summary(errors) for source, errors in people.items()}
        table["all with 3D truth"] = summary(torch.cat(list(people.values())))
    table["ms for one person"] = milliseconds(lifter, body)
    return table
