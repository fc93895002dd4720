"""Does the loop teach more than static fits, and those more than keypoints alone? SPIN's ablation on synthetic photos.

python -m tests.benchmarks.learning --folder runs/learning [--count 5000] [--seeds 3] [--epochs 24] [--jobs 2]
    [--more "--precision bfloat16"] [--backbone resnet18 --device cuda]

What is trained on is photos and what a detector would have found in them (train/synthesis/sample.py): COCO's keypoints
with noise, strays, gaps and swapped limbs; truth is kept aside. The three modes start from the same network and the
same fits: those of SMPLify from the mean body facing the camera, once. Static fits stay so; the loop betters them, by
the same fit from what the network says. Each run is a process of its own with one thread and goes on where it was.

Printed: PA-MPJPE [mm] over 14 joints on held-out photos, on as many of those that the networks learned from, and of
the fits that taught them. The paper's ratio of loop and static fits is 59.2 / 66.3 on 3DPW.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoints import convert
from core.body.model import Body, BodyParams, load_body
from core.formats.bodies import spin as spin_format
from core.geometry.rotation import rotation6d_to_matrix
from core.metrics import pa_mpjpe_mm
from core.networks.spin import SpinOutput
from core.records import Keypoints
from core.store.fits.dictionary import FitsDictionary
from core.store.fits.from_photos import fits_of_photos
from tests.benchmarks.shared.machine import machine
from train import synthetic
from train.data.augmented_views import Views
from train.data.compare_fits import LOOP_FIT
from train.data.samples import samples_of_fits
from train.evaluation.protocols import JOINTS_14, named_joints
from train.methods.spin.mean_params import mean_body
from train.methods.spin.refit import refit
from train.run.parser import CommandLine
from train.synthesis.sample import DetectionErrors, detected

MODES = {"in the loop": (), "static fits": ("--fits-only",), "2D only": ("--no-fits",)}
TRUTH = ("pose", "shape", "S", "has_smpl", "pose_photo", "kid", "cam_t")
DETECTED = "coco17"
PHOTO_SIZE = 128
PERSON_IN_BOX = 1 / 1.2
FITTED_AT_ONCE = 64
# From random weights: a rate that rises, then falls; gradients cut where a camera turns over; SPIN's augmentation, a
# little milder, as without any the networks learn their few photos by heart.
HOW = "--batch 64 --learning-rate 6e-4 --warm-up 300 --last-rate 0.02 --clip 10"
HOW += " --augment-still 0.7 --augment-scale 0.15 --augment-noise 0.3"
HOW += " --threads 1 --workers 0 --log-every 20 --picture-every 0 --save-minutes 10"


@dataclass(frozen=True)
class Outcome:
    """PA-MPJPE [mm] of a network on held-out photos and on photos it learned from, and of the fits that it was trained
    on at the end."""

    mode: str
    seed: int
    network_mm: float
    learned_mm: float
    fits_mm: float


def main() -> None:
    parser = CommandLine("tests.benchmarks.learning", __doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--held-out", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--backbone", default="resnet10")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--more", default="", help="options of train.spin, in one string, in place of HOW's")
    options = parser.parse_args()
    began = time.monotonic()
    torch.set_num_threads(1)
    data = options.folder / "data"
    prepare(data, options.count, options.held_out)
    print(f"photos and first fits after {time.monotonic() - began:.0f} s", flush=True)
    wanted = [(mode, seed) for seed in range(options.seeds) for mode in MODES]
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(partial(outcome, data, options), wanted))
    print(table(outcomes, data))
    print(f"{time.monotonic() - began:.0f} s in all on {machine(options.device)}")


def prepare(data: Path, count: int, held_out: int) -> None:
    """In the folder: photos, blind.npz to train on, held_out.npz and learned.npz to measure with, and the first fits,
    static.npz."""
    if not (data / "synthetic.npz").exists():
        size = ["--size", str(PHOTO_SIZE), "--people", "1"]
        if synthetic.main(["--out", str(data), "--count", str(count), *size]):
            sys.exit(1)
    if (data / "static.npz").exists():
        return
    with np.load(data / "synthetic.npz") as file:
        whole = {name: file[name] for name in file.files}
    rows = np.arange(len(whole["imgname"]))
    np.savez(data / "held_out.npz", **_part(whole, rows[-held_out:]))
    np.savez(data / "learned.npz", **_part(whole, rows[:held_out]))
    training = _part(whole, rows[:-held_out])
    np.savez(data / "train.npz", **training)
    keypoints = seen_by_a_detector(training)
    blind = {name: array for name, array in training.items() if name not in TRUTH}
    np.savez(data / "blind.npz", **{**blind, "openpose": keypoints[:, :25], "part": keypoints[:, 25:]})
    first_fits(data).save(data / "static.npz")


def seen_by_a_detector(rows: dict[str, NDArray[np.generic]]) -> NDArray[np.float32]:
    """(N, 49, 3) what a detector of COCO's keypoints would have found."""
    exact = np.concatenate([rows["openpose"], rows["part"]], axis=1)
    size = 200 * rows["scale"].astype(np.float64) * PERSON_IN_BOX
    found = []
    for row, points in enumerate(exact):
        person = Keypoints("spin49", points[:, :2], points[:, 2], rows["occluded"][row])
        rng = np.random.default_rng([0, row])
        seen = detected(person, float(size[row]), DETECTED, DetectionErrors(), rng)
        found.append(convert(seen, DETECTED, "spin49").array)
    return np.stack(found)


def first_fits(data: Path) -> FitsDictionary:
    """Everybody fitted once from the mean body, as the loop fits from what a network says."""
    body = load_body()
    photos = spin_format.read(data / "blind.npz", data).photos
    fits = fits_of_photos(photos, body.fingerprint, "synthetic")
    keypoints = torch.from_numpy(samples_of_fits(fits, data).keypoints)
    mean = mean_body()
    rotations = rotation6d_to_matrix(mean.pose.view(24, 6))
    for rows in torch.arange(len(fits)).split(FITTED_AT_ONCE):
        count = len(rows)
        parts = (rotations, mean.betas, mean.weak_camera)
        said = SpinOutput(*(part.expand(count, *part.shape) for part in parts))
        still = torch.zeros(count)
        views = Views(rows, still, still > 0, still + 1, keypoints[rows])
        refit(body, said, views, fits, LOOP_FIT).keep_better(fits)
    return fits


def outcome(data: Path, options: argparse.Namespace, wanted: tuple[str, int]) -> Outcome:
    """Train and measure."""
    mode, seed = wanted
    run = options.folder / f"{mode.replace(' ', '-')}-{seed}"
    told = f"--seed {seed} --epochs {options.epochs} --backbone {options.backbone} --device {options.device}"
    source = ["--fits", str(data / "static.npz"), "--photos", str(data), "--run", str(run)]
    going_on = ["--resume"] if (run / "config.json").exists() else []  # refused where it was begun otherwise
    _run("train.spin", *source, *going_on, *told.split(), *HOW.split(), *options.more.split(), *MODES[mode])
    errors = [error_mm(run, data / name, options.device) for name in ("held_out.npz", "learned.npz")]
    found = Outcome(mode, seed, *errors, fits_error_mm(run / "fits.npz", data))
    print(json.dumps(vars(found)), flush=True)
    return found


def error_mm(run: Path, photos: Path, device: str) -> float:
    """PA-MPJPE [mm] of a run's network on photos whose truth is known."""
    said = _run("train.evaluate", str(run), "--data", f"synthetic={photos}", "--json", "--device", device)
    return float(json.loads(said)["pa_mpjpe_mm"])


def fits_error_mm(fits: Path, data: Path) -> float:
    """PA-MPJPE [mm] of a dictionary against the truth that was kept aside."""
    body, found = load_body(), FitsDictionary.load(fits)
    with np.load(data / "train.npz") as file:
        parts = [
            torch.from_numpy(file[name].astype(np.float32))
            for name in ("pose_photo", "shape", "cam_t", "kid")
        ]
    truth = _joints(body, BodyParams.from_pose(*parts))
    said = _joints(body, BodyParams.from_pose(found.pose, found.betas, found.cam_t, found.kid))
    return float(pa_mpjpe_mm(said, truth).mean())


def table(outcomes: list[Outcome], data: Path) -> str:
    """Markdown, a mode a line: held-out photos by seed and mean, then the means of photos learned from and of fits."""
    seeds = sorted({one.seed for one in outcomes})
    lines = [["PA-MPJPE mm", *(f"seed {seed}" for seed in seeds), "mean", "learned from", "its fits"]]
    lines.append(["---"] * len(lines[0]))
    for mode in MODES:
        mine = sorted((one for one in outcomes if one.mode == mode), key=lambda one: one.seed)
        errors = [one.network_mm for one in mine]
        learned, fits = (np.mean([getattr(one, name) for one in mine]) for name in ("learned_mm", "fits_mm"))
        shown = f"{fits:.1f}" if mode != "2D only" else ""
        lines.append(
            [mode, *(f"{value:.1f}" for value in errors), f"{np.mean(errors):.1f}", f"{learned:.1f}", shown]
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _joints(body: Body, params: BodyParams) -> torch.Tensor:
    """(N, 14, 3) of the joints that the networks are measured by."""
    rows = torch.arange(len(params)).split(FITTED_AT_ONCE)
    return torch.cat([named_joints(body, params[some], JOINTS_14, False) for some in rows])


def _part(arrays: dict[str, NDArray[np.generic]], rows: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    return {name: array[rows] if array.ndim else array for name, array in arrays.items()}


def _run(module: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{module} {' '.join(arguments)}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
