"""Whom should a curator correct first? 200 corrections by expected loss, by the largest error in 2D, and at random.

python -m tests.benchmarks.composites.corrections --folder runs/composing [--photos 1000] [--seeds 3]

A small network (tests/benchmarks/shared/small_regressor.py) has learned 150 corrected people. Of 600 others, half are
in composites (hidden, cut, small, in crowds); all have keypoints of a detector, with noise, strays and gaps, and no
bodies. The simulated curator gives the true body of the 200 that come first in an order:

expected  by the loss that a regression expects from what is known without a body: size, cut, hidden keypoints, boxes
          that overlap, error of the prediction in 2D; learned on composites of the 150 (train.compose --report)
worst     by the error of the network's prediction in 2D alone
random    by lot

The network goes on with the 350. Printed: PA-MPJPE [mm] on held-out people, half of them plain and half in composites.
Uses the photos of tests.benchmarks.composites.composing in the same folder.
"""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoints import convert
from core.body.model import Body, load_body
from core.records import Keypoints
from tests.benchmarks.composites.composing import prepared, stage
from tests.benchmarks.shared.machine import machine
from tests.benchmarks.shared.small_regressor import SmallCrops, SmallRegressor, error_mm, learn, small_target
from train.compositing.cutting.stage import Stage
from train.compositing.cutting.staged_people import LAYOUT
from train.compositing.failing.failing_targets import AskedPerson
from train.compositing.failing.reporting import keypoint_losses
from train.compositing.failing.weakness import ExpectedLoss, features_of
from train.compositing.proposals import Proposer
from train.run.parser import CommandLine
from train.synthesis.sample import DetectionErrors, detected

ORDERS = ("random", "worst", "expected")
CORRECTED, POOL, TESTED, CORRECTIONS, LOOKED_AT = 150, 600, 300, 200, 150
FIRST_STEPS, MORE_STEPS = 300, 150
DETECTED = "coco17"


def mixed(of: Stage, count: int, seed: int) -> list[AskedPerson]:
    """People, half of them as they are and half in composites at random."""
    own = [AskedPerson(of.image(one), of.people(one), 0) for one in of.photos[: count // 2]]
    made = Proposer(of, of.body, None, "random", seed).composites(range(count - len(own)))
    return own + [AskedPerson(one.image, one.people, one.asked) for one, _ in made]


def as_detected(one: AskedPerson, seed: int) -> AskedPerson:
    """The same person with a detector's keypoints in place of the true ones."""
    people, q = one.people, one.person
    exact = Keypoints(LAYOUT, people.keypoints[q, :, :2], people.keypoints[q, :, 2], people.occluded[q])
    rng = np.random.default_rng([7, seed])
    size = float(people.box[q, 2:].max())
    found = convert(detected(exact, size, DETECTED, DetectionErrors(), rng), DETECTED, LAYOUT).array
    keypoints = people.keypoints.copy()
    keypoints[q] = np.concatenate([found[:, :2], found[:, 2:] > 0], axis=1)
    hidden = people.occluded.copy()
    hidden[q] = False
    return replace(one, people=replace(people, keypoints=keypoints, occluded=hidden))


def features(people: list[AskedPerson], errors: NDArray[np.floating]) -> NDArray[np.floating]:
    """(N, F) of what is known without a body."""
    rows = [
        features_of(one.people, (one.image.shape[1], one.image.shape[0]), np.full(len(one.people), error))[
            one.person
        ]
        for one, error in zip(people, errors, strict=True)
    ]
    return np.stack(rows)


def order(
    name: str, network: SmallRegressor, pool: list[AskedPerson], corrected: Stage, body: Body, seed: int
) -> NDArray[np.int64]:
    """Places (POOL,) in the pool, those to correct first at the front."""
    if name == "random":
        return np.random.default_rng(seed).permutation(len(pool))
    seen = [as_detected(one, place) for place, one in enumerate(pool)]
    errors = keypoint_losses(network, body, seen)
    if name == "worst":
        return np.argsort(-errors)
    looked = mixed(corrected, LOOKED_AT, 500 + seed)
    losses = small_target(network, body)(looked)
    known = [as_detected(one, 5000 + place) for place, one in enumerate(looked)]
    expected = ExpectedLoss.learned(features(known, keypoint_losses(network, body, known)), losses)
    return np.argsort(-expected.of(features(seen, errors)))


def main() -> None:
    parser = CommandLine("tests.benchmarks.composites.corrections", __doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    began, body = time.monotonic(), load_body()
    photos = prepared(given.folder, given.photos)
    parts = np.split(np.arange(len(photos)), [CORRECTED, CORRECTED + POOL // 2])
    corrected, others, held = (stage([photos[i] for i in part], body) for part in parts)
    pool, tested = mixed(others, POOL, 1), SmallCrops.of(mixed(held, TESTED, 2), body)
    pool_crops = SmallCrops.of(pool, body)
    known = SmallCrops.of(
        [AskedPerson(corrected.image(one), corrected.people(one), 0) for one in corrected.photos], body
    )
    print(f"people are there after {time.monotonic() - began:.0f} s", flush=True)
    errors: dict[str, list[float]] = {"before": [], **{name: [] for name in ORDERS}}
    for seed in range(given.seeds):
        torch.manual_seed(seed)
        first = SmallRegressor()
        learn(first, body, known, FIRST_STEPS, seed)
        errors["before"].append(error_mm(first, body, tested))
        for name in ORDERS:
            rows = order(name, first, pool, corrected, body, seed)[:CORRECTIONS]
            network = copy.deepcopy(first)
            learned_from = SmallCrops.joined([known, pool_crops[torch.from_numpy(rows.copy())]])
            learn(network, body, learned_from, MORE_STEPS, 100 + seed)
            errors[name].append(error_mm(network, body, tested))
        print({name: round(values[-1], 2) for name, values in errors.items()}, flush=True)
    print("| order | mean | seeds |\n| --- | --- | --- |")
    for name, values in errors.items():
        print(f"| {name} | {np.mean(values):.1f} | {', '.join(f'{value:.1f}' for value in values)} |")
    print(f"{time.monotonic() - began:.0f} s on {machine()}")


if __name__ == "__main__":
    main()
