"""How well do fits hold when a detector mixes up two people? AP of fits to keypoints of which some are the other's.

python -m tests.benchmarks.crowds.mixed [--data ../shared/data] [--draws 20]

Photos of two people over each other with annotated keypoints, of OCHuman and CrowdPose. A share of each person's
keypoints is replaced by the same keypoint of the other person, fully confident, as a detector does in a crowd. Each
person is fitted alone, as the desk does from keypoints, and the body's projected points are evaluated against the
person's own annotations: COCO's AP, beside that of the mixed keypoints themselves, and *right one*, the share of bodies
whose points are nearer to their own person than to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.model import Body, load_body
from core.fitting import fit
from core.geometry.camera import project
from tests.benchmarks.shared.machine import machine
from train.evaluation.crowds.coco_protocol import LAYOUTS, read_truth_file
from train.evaluation.crowds.oks import Json, average_precision
from train.run.parser import CommandLine

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4)


@dataclass(frozen=True, eq=False)
class Pairs:
    """People (P, K, 3): x, y [px], annotated or not; other (P,): the other one of the photo; camera: focal length (P,)
    and centre (P, 2) [px]; truth: the annotations of one draw."""

    layout: str
    people: NDArray[np.float32]
    other: NDArray[np.int64]
    camera: tuple[torch.Tensor, torch.Tensor]
    truth: Json


def main() -> None:
    parser = CommandLine("tests.benchmarks.crowds.mixed", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    body = load_body()
    print("| photos | the other's | AP of keypoints | AP of fits | right one, keypoints | right one, fits |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, layout in LAYOUTS.items():
        pairs = pairs_of(options.data / "photos" / f"{name}.json", layout)
        for share in SHARES:
            print(row(body, name, pairs, share, options.draws), flush=True)
    print(machine("cpu"))


def pairs_of(path: Path, layout: str) -> Pairs:
    """The photos of a COCO file that show two people."""
    truth = read_truth_file(path, layout)
    people, other, cameras, kept = [], [], [], []
    for image in truth["images"]:
        rows = [one for one in truth["annotations"] if one["image_id"] == image["id"]]
        if len(rows) != 2:
            continue
        other += [len(people) + 1, len(people)]
        points = [np.array(one["keypoints"], np.float32).reshape(-1, 3) for one in rows]
        people += [np.column_stack([one[:, :2], one[:, 2] > 0]) for one in points]
        size = float(image["width"]), float(image["height"])
        cameras += 2 * [[np.hypot(*size), size[0] / 2, size[1] / 2]]
        kept += rows
    camera = torch.tensor(cameras, dtype=torch.float32)
    ids = {one["image_id"] for one in kept}
    truth = {**truth, "annotations": kept, "images": [one for one in truth["images"] if one["id"] in ids]}
    return Pairs(
        layout, np.stack(people).astype(np.float32), np.array(other), (camera[:, 0], camera[:, 1:]), truth
    )


def mixed(pairs: Pairs, share: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """(P, K, 3): a share of the keypoints that both people of a photo have is the other's."""
    theirs = pairs.people[pairs.other]
    both = (pairs.people[..., 2] > 0) & (theirs[..., 2] > 0)
    chosen = both & (rng.random(both.shape) < share)
    return np.where(chosen[..., None], theirs, pairs.people)


def row(body: Body, name: str, pairs: Pairs, share: float, draws: int) -> str:
    """A line of the table: means over the draws."""
    rng = np.random.default_rng(0)
    seen = np.concatenate([mixed(pairs, share, rng) for _ in range(draws if share else 1)])
    times = len(seen) // len(pairs.people)
    camera = pairs.camera[0].repeat(times), pairs.camera[1].repeat(times, 1)
    *_, step = fit(body, torch.from_numpy(seen), pairs.layout, *camera)
    found = project(body.keypoints(step.params, pairs.layout), *camera).numpy()
    each = [points.reshape(times, *pairs.people.shape[:2], -1) for points in (seen[..., :2], found)]
    ap = [np.mean([_ap(pairs, draw) for draw in points]) for points in each]
    right = [np.mean([_right(pairs, draw) for draw in points]) for points in each]
    cells = [name, f"{share:.0%}", *(f"{100 * one:.1f}" for one in ap), *(f"{one:.0%}" for one in right)]
    return f"| {' | '.join(cells)} |"


def _ap(pairs: Pairs, points: NDArray[np.float32]) -> float:
    results = [
        {
            "image_id": one["image_id"],
            "category_id": one["category_id"],
            "keypoints": np.column_stack([xy, np.ones(len(xy))]).ravel().tolist(),
            "score": 1.0,
        }
        for one, xy in zip(pairs.truth["annotations"], points, strict=True)
    ]
    return average_precision(pairs.truth, results, pairs.layout)["ap"]


def _right(pairs: Pairs, points: NDArray[np.float32]) -> float:
    off = []
    for people in (pairs.people, pairs.people[pairs.other]):
        known = people[..., 2] > 0
        away = np.linalg.norm(points - people[..., :2], axis=-1)
        off.append(np.where(known, away, 0).sum(axis=1) / known.sum(axis=1))
    return float((off[0] < off[1]).mean())


if __name__ == "__main__":
    main()
