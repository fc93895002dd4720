"""Does a network that is told whose body do better in crowds? SPIN beside OCHMR's maps and blocks, on synthetic pairs.

python -m tests.benchmarks.crowds.crowd --folder runs/crowd [--count 4500] [--alone 500] [--seeds 3] [--epochs 24]
    [--jobs 2] [--size 160] [--only spin --only conorm] [--more "--batch 32 --warm-up 80"]

Photos show two people over each other (`train.synthetic --crowd 4`) or one alone; truth is exact. All networks learn
from the same rows, each person's own box and the square around both, by the same steps; they differ in what they are
told. *Right one*: of the predictions for a square around both, the share that is nearer to the person asked for than to
the other, by joints in 3D and by their places in the crop. Each run is a process and goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.body.model import Body, load_body
from core.geometry.camera import CROP_SIZE
from core.geometry.image import apply_affine, crop_affine
from core.metrics import pa_mpjpe_mm
from core.networks.load import load_network
from core.records import BBox
from tests.benchmarks.learning import HOW
from tests.benchmarks.shared.machine import machine
from train import synthetic
from train.data.batches import Batch, Crops, RowTurn
from train.data.epoch_order import Order
from train.data.rotated_body import RotatedBody
from train.data.samples import Samples
from train.data.sources import SourceOptions, Sources, read_sources
from train.data.trunks import NOBODY, TrunkNoise, Trunks
from train.evaluation.predict import ask
from train.methods.ochmr.rows_of_both import with_rows_of_both
from train.methods.spin.loss import project_to_crop
from train.run.parser import CommandLine

# What each network is shown. Without a map the blocks are SPIN's with more numbers, and the channels are SPIN's alone.
NETWORKS = {
    "spin": "--block channels --maps none",
    "wider": "--block conorm --maps none",
    "channels": "--block channels --maps both",
    "local": "--block conorm --maps local",
    "conorm1": "--block conorm1 --maps both",
    "conorm": "--block conorm --maps both",
}
TOLD = ("own", "other", "none", "noise", "box", "hidden")  # centres that CoNorm is told, in the second table
PAIR_IOU = 0.3
HELD_OUT = 0.15
JOINTS, PELVIS = 14, 14  # of the annotated points: the first are LSP's
HALF = 0.5
CHUNK = 32


class Seen(NamedTuple):
    """Predictions and truth of rows (B,): joints (B, 24, 3) [m] from the pelvis, and their places (B, 24, 2) [px]."""

    joints: Tensor
    pixels: Tensor


@dataclass(frozen=True, eq=False)
class TestSet:
    """sources: own boxes, then squares around both; partner (N,): the row of the other person in the same square."""

    sources: Sources
    trunks: Trunks
    partner: NDArray[np.int64]
    hidden: NDArray[np.float64]

    @property
    def own(self) -> NDArray[np.int64]:
        return np.arange(len(self.sources.samples) - self.sources.made)

    @property
    def both(self) -> NDArray[np.int64]:
        return len(self.own) + np.arange(self.sources.made)


def main() -> None:
    parser = CommandLine("tests.benchmarks.crowds.crowd", __doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=4500)
    parser.add_argument("--alone", type=int, default=500)
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--only", action="append", choices=NETWORKS, help="networks; by default all")
    parser.add_argument("--more", default="", help="options of train.ochmr, in one string, in place of HOW's")
    options = parser.parse_args()
    began = time.monotonic()
    torch.set_num_threads(1)
    data = prepare(options)
    names = options.only or list(NETWORKS)
    wanted = [(name, seed) for seed in range(options.seeds) for name in names]
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(partial(train, data, options), wanted))
    body = load_body()
    tests = {name: test_set(path, body) for name, path in data.items()}
    print(f"{len(tests['crowd'].own)} people of pairs and {len(tests['alone'].own)} alone are measured")
    rows = {one: measures(options.folder / f"{one[0]}-{one[1]}", body, tests) for one in wanted}
    print(table(rows))
    for seed in range(options.seeds):
        if ("conorm", seed) in rows:
            told_table(options.folder / f"conorm-{seed}", body, tests["crowd"], seed)
    print(f"{time.monotonic() - began:.0f} s in all on {machine('cpu')}")


def prepare(options: argparse.Namespace) -> dict[str, Path]:
    """The test files of crowded and lone people; beside each lies its train.npz."""
    kinds = {"crowd": (options.count, "2", ["--crowd", "4"]), "alone": (options.alone, "1", [])}
    found = {}
    for seed, (name, (count, people, more)) in enumerate(kinds.items(), start=1):
        folder = options.folder / name
        size = ["--size", str(options.size), "--people", people, "--seed", str(seed)]
        made = (folder / "synthetic.npz").exists()
        if not made and synthetic.main(["--out", str(folder), "--count", str(count), *size, *more]):
            sys.exit(1)
        found[name] = folder / "test.npz"
        if not found[name].exists():
            _split(folder)
    return found


def _split(folder: Path) -> None:
    """By photo: the last ones are held out."""
    with np.load(folder / "synthetic.npz") as file:
        whole = {name: file[name] for name in file.files}
    photos = np.unique(whole["imgname"])
    held = np.isin(whole["imgname"], photos[-int(HELD_OUT * len(photos)) :])
    for name, chosen in (("train", ~held), ("test", held)):
        arrays = {key: value[chosen] if value.ndim else value for key, value in whole.items()}
        np.savez(folder / f"{name}.npz", **arrays)


def train(data: dict[str, Path], options: argparse.Namespace, wanted: tuple[str, int]) -> None:
    name, seed = wanted
    run = options.folder / f"{name}-{seed}"
    if (run / "done").exists():
        return
    sources = [
        word for key, path in data.items() for word in ("--data", f"{key}={path.with_name('train.npz')}")
    ]
    told = f"--seed {seed} --epochs {options.epochs} --backbone resnet10 --pair-iou {PAIR_IOU} --fits-only"
    going_on = ["--resume"] if (run / "config.json").exists() else []
    how = [*told.split(), *HOW.split(), *options.more.split(), *NETWORKS[name].split()]
    words = [*sources, "--run", str(run), *going_on, *how]
    done = subprocess.run(
        [sys.executable, "-m", "train.ochmr", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{name}, seed {seed}\n{done.stderr}")
    (run / "done").write_text("")


def test_set(path: Path, body: Body) -> TestSet:
    found = read_sources(SourceOptions(data=(("test", path),)), body, (1.0, 1.0), 0)
    sources = with_rows_of_both(found, PAIR_IOU)
    samples = sources.samples
    trunks = Trunks.of(samples)
    count = len(found.samples)
    first = trunks.others[:, 0]
    partner = np.full(len(samples), NOBODY)
    for row in range(count, len(samples)):
        other = samples.keypoints[first[row]]
        same = (samples.photo[count:] == samples.photo[row]) & (samples.keypoints[count:] == other).all(
            axis=(1, 2)
        )
        partner[row] = count + int(np.argmax(same)) if same.any() else NOBODY
    return TestSet(sources, trunks, partner, samples.occluded[:, 25:].mean(axis=1))


def batches(samples: Samples, trunks: Trunks, rows: NDArray[np.int64]) -> list[Batch]:
    crops = Crops(samples, Order(rows, samples.dataset, 0), None, True, trunks)
    turns = [RowTurn(0, place, int(row)) for place, row in enumerate(rows)]
    return [crops[turns[start : start + CHUNK]] for start in range(0, len(turns), CHUNK)]


def seen(network: nn.Module, body: Body, samples: Samples, trunks: Trunks, rows: NDArray[np.int64]) -> Seen:
    """What a network predicts for rows of a table."""
    rotated, joints, pixels = RotatedBody.of(body), [], []
    for batch in batches(samples, trunks, rows):
        found = ask(network, batch)
        points = rotated.keypoints(found.rotations, found.betas)
        pixels.append((project_to_crop(points, found.weak_camera)[:, 25:] + 1) * CROP_SIZE / 2)
        annotated = points[:, 25:]
        joints.append(annotated - annotated[:, PELVIS : PELVIS + 1])
    return Seen(torch.cat(joints), torch.cat(pixels))


def truth(samples: Samples, rows: NDArray[np.int64]) -> Seen:
    joints = torch.from_numpy(samples.joints[rows][..., :3])
    boxes = [BBox(samples.center[row], float(samples.scale[row])) for row in rows]
    pixels = [
        apply_affine(crop_affine(box, CROP_SIZE), samples.keypoints[row, 25:, :2])
        for box, row in zip(boxes, rows, strict=True)
    ]
    return Seen(joints, torch.from_numpy(np.stack(pixels)).float())


def errors(found: Seen, true: Seen) -> dict[str, NDArray[np.float64]]:
    """PA-MPJPE and MPJPE [mm] and pixels of each row."""
    one, other = found.joints[:, :JOINTS], true.joints[:, :JOINTS]
    off = (found.pixels - true.pixels)[:, :JOINTS].norm(dim=-1).mean(dim=1)
    whole = 1000 * (one - other).norm(dim=-1).mean(dim=1)
    return {"PA": pa_mpjpe_mm(one, other).numpy(), "MPJPE": whole.numpy(), "px": off.numpy()}


def right_one(
    found: Seen, samples: Samples, rows: NDArray[np.int64], partner: NDArray[np.int64]
) -> dict[str, float]:
    """Share of rows whose prediction is nearer to its own person than to the partner."""
    paired = partner[rows] != NOBODY
    some = Seen(*(part[torch.from_numpy(paired)] for part in found))
    own, other = (errors(some, truth(samples, chosen[paired])) for chosen in (rows, partner[rows]))
    return {
        f"right {name}": 100 * float((own[key] < other[key]).mean())
        for name, key in (("3D", "MPJPE"), ("2D", "px"))
    }


def measures(run: Path, body: Body, tests: dict[str, TestSet]) -> dict[str, float]:
    """The columns of the first table."""
    network, crowd, alone = load_network(run / "checkpoint.pt"), tests["crowd"], tests["alone"]
    row: dict[str, float] = {}
    for name, test, rows in (
        ("own", crowd, crowd.own),
        ("both", crowd, crowd.both),
        ("alone", alone, alone.own),
    ):
        samples = test.sources.samples
        found = seen(network, body, samples, test.trunks, rows)
        each = errors(found, truth(samples, rows))
        parts = {"": np.ones(len(rows), bool)}
        if name == "both":
            hidden = test.hidden[rows] > HALF
            parts |= {" seen": ~hidden, " hidden": hidden}
            row |= right_one(found, samples, rows, test.partner)
        row |= {
            f"{name}{part} {key}": float(v[some].mean())
            for part, some in parts.items()
            for key, v in each.items()
        }
    print(json.dumps({"run": run.name, **{key: round(value, 1) for key, value in row.items()}}), flush=True)
    return row


def told_table(run: Path, body: Body, test: TestSet, seed: int) -> None:
    """CoNorm told other centres than those it should see, for squares around both."""
    network, samples, rows = load_network(run / "checkpoint.pt"), test.sources.samples, test.both
    for name in TOLD:
        found = seen(network, body, samples, told(name, test), rows)
        line = {key: float(value.mean()) for key, value in errors(found, truth(samples, rows)).items()}
        line |= right_one(found, samples, rows, test.partner)
        print(
            json.dumps({"seed": seed, "told": name, **{key: round(v, 1) for key, v in line.items()}}),
            flush=True,
        )


def told(name: str, test: TestSet) -> Trunks:
    """The centres of a test set, or wrong ones."""
    trunks, samples = test.trunks, test.sources.samples
    others = trunks.others
    if name == "noise":
        return replace(trunks, noise=TrunkNoise(0.05, 0.0))
    if name == "hidden":
        return Trunks.of(replace(samples, occluded=np.zeros_like(samples.occluded)))
    if name == "box":
        unseen = samples.keypoints.copy()
        unseen[..., 2] = 0
        boxes = Trunks.of(replace(samples, keypoints=unseen))
        first = len(test.own)
        by_keypoints = {samples.keypoints[row].tobytes(): row for row in range(first)}
        own = np.array([by_keypoints[samples.keypoints[row].tobytes()] for row in range(len(samples))])
        return replace(trunks, center=boxes.center[own])
    if name == "none":
        return replace(trunks, center=np.full_like(trunks.center, np.nan))
    if name == "other":
        first = others[:, 0]
        center = np.where((first != NOBODY)[:, None], trunks.center[first], trunks.center)
        back = np.where(others == NOBODY, NOBODY, others)
        by_person = {samples.keypoints[row].tobytes(): row for row in range(len(test.own))}
        back[:, 0] = [by_person[samples.keypoints[row].tobytes()] for row in range(len(samples))]
        everybody = np.concatenate([center, trunks.center])
        shifted = np.where(back == NOBODY, NOBODY, back + len(center))
        return Trunks(everybody, np.concatenate([shifted, shifted]))
    return trunks


def table(rows: dict[tuple[str, int], dict[str, float]]) -> str:
    """Markdown, a network a line: means over the seeds."""
    columns = list(next(iter(rows.values())))
    lines = [["network", *columns], ["---"] * (len(columns) + 1)]
    for name in dict.fromkeys(name for name, _ in rows):
        mine = [row for (one, _), row in rows.items() if one == name]
        lines.append([name, *(f"{np.mean([row[column] for row in mine]):.1f}" for column in columns)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
