"""How many people with exchanged limbs the window warns of, and how many of the others.

python -m tests.benchmarks.choices.swaps [--poses ../shared/data/mocap_poses.npz] [--people 1000] [--seed 0] [--json]

Captured poses of the test subjects, whom the lifter has not seen, with the noise of a detector, guessed by the lifter
and fitted. The photos are not looked at.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body import Body, layout, load_body
from core.body.warnings import warnings_of
from core.fitting import fit
from core.networks.guess import guess_from_keypoints
from core.networks.lifter.lift import load_lifter
from core.records import BBox, Keypoints, Person, Photo
from desktop.state.posed_body import fit_inputs, fit_of_step, params_of_all
from desktop.state.view import FitOptions
from tests.benchmarks.annotator import detected
from tests.benchmarks.shared.machine import machine
from train.data.mocap import read_poses
from train.methods.lifter.accuracy import PHOTO, projected_people
from train.methods.lifter.scenes import Scenes
from train.run.parser import CommandLine

LAYOUT = "coco17"
EXCHANGED = {"none": (), "arms": ("elbow", "wrist"), "legs": ("knee", "ankle")}
APART = 0.05  # of the height: nearer to each other than this, exchanged limbs are as good as right
AT_ONCE = 64


def seen(true: NDArray[np.float64], number: int, parts: tuple[str, ...], rng: np.random.Generator) -> Person:
    """Someone with true keypoints (K, 3) as a detector sees them that exchanges these parts."""
    low, high = true[:, :2].min(axis=0), true[:, :2].max(axis=0)
    found, names = true.copy(), layout(LAYOUT)
    for part in parts:
        pair = [names.index(f"{side}_{part}") for side in ("left", "right")]
        found[pair] = found[pair[::-1]]
    found = detected(found, LAYOUT, rng, swapped=0.0, stolen=0.0)
    return Person(number, BBox.from_xywh([*low, *(high - low)]), Keypoints.from_array(LAYOUT, found))


def apart(true: NDArray[np.float64], parts: tuple[str, ...]) -> float:
    """How far the parts of the two sides are from each other, a share of the height; for none of them 1."""
    names, height = layout(LAYOUT), float(np.ptp(true[:, :2], axis=0).max())
    ends = [[true[names.index(f"{side}_{part}"), :2] for side in ("left", "right")] for part in parts]
    return float(np.mean([np.linalg.norm(left - right) for left, right in ends])) / height if ends else 1.0


def fitted(body: Body, people: list[tuple[Photo, Person]]) -> list[Person]:
    """With the lifter's guess and the fit that begins there, as the window makes them."""
    lifter, options, done = load_lifter(), FitOptions(), []
    for first in range(0, len(people), AT_ONCE):
        batch = people[first : first + AT_ONCE]
        guesses = [
            replace(one, alternatives=tuple(others))
            for one, *others in guess_from_keypoints(batch, lifter, body)
        ]
        inputs = [fit_inputs(photo, person) for photo, person in batch]
        keypoints, focal, center = (torch.cat([one[part] for one in inputs]) for part in (0, 2, 3))
        config = options.config_from_guess()
        *_, step = fit(
            body, keypoints, LAYOUT, focal, center, guess=params_of_all(guesses, body), config=config
        )
        for row, ((photo, person), guess) in enumerate(zip(batch, guesses, strict=True)):
            done.append(person.with_(guess=guess, fit=fit_of_step(step, row, photo, body)))
    return done


def main() -> None:
    parser = CommandLine("tests.benchmarks.choices.swaps", __doc__)
    parser.add_argument("--poses", type=Path, default=Path("../shared/data/mocap_poses.npz"))
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    body, rng = load_body(), np.random.default_rng(options.seed)
    poses = read_poses(options.poses, "test")
    scenes = Scenes(body, torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))
    columns = [scenes.definitions.index(one) for one in layout(LAYOUT).definitions]
    points = projected_people(scenes, poses, options.people).points[:, columns].double().numpy()
    focal, center = PHOTO
    xy = points[..., :2] / points[..., 2:].clip(0.2) * focal + np.asarray(center)
    width, height = (2 * float(value) for value in np.broadcast_to(center, 2))
    result: dict[str, object] = {"machine": machine(), "people": len(xy)}
    for words, parts in EXCHANGED.items():
        true = [np.column_stack([one, np.ones(len(one))]) for one in xy]
        chosen = [one for one in true if apart(one, parts) > APART]
        people = [seen(one, number, parts, rng) for number, one in enumerate(chosen)]
        photos = [Photo("a.jpg", int(width), int(height), (one,), float(focal)) for one in people]
        done = fitted(body, list(zip(photos, people, strict=True)))
        told = ["sides_swapped" in warnings_of([one])[0] for one in done]
        result[f"exchanged {words}"] = {"people": len(told), "warned": round(float(np.mean(told)), 3)}
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
