"""Does the loop teach more than static fits, and those more than keypoints alone? SPIN's ablation on synthetic photos.

python -m tests.benchmarks.learning --folder runs/learning [--count 5000] [--seeds 3] [--epochs 6] [--device cuda]

Photos whose truth is kept from training: keypoints with a detector's noise, from which `train.fits` makes the first
dictionary. Each run is a process of its own and goes on where it was; a table of PA-MPJPE [mm] on held-out photos at
the end. The paper's ratio of loop and static fits is 59.2 / 66.3 on 3DPW.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from train import synthetic

MODES = {"in the loop": (), "static fits": ("--fits-only",), "2D only": ("--no-fits",)}
NOISE = 0.01  # of the person's bbox
TRUTH = ("pose", "shape", "S", "has_smpl", "pose_photo", "kid", "cam_t")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--held-out", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--backbone-weights", type=Path, help="ImageNet weights, to begin with eyes that see")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    data = options.folder / "data"
    fits = prepare(data, options.count, options.held_out)
    errors: dict[str, list[float]] = {mode: [] for mode in MODES}
    for seed in range(options.seeds):
        for mode, flags in MODES.items():
            run = options.folder / f"{mode.replace(' ', '-')}-{seed}"
            train(run, fits, data, seed, flags, options)
            errors[mode].append(measure(run, data / "held_out.npz", options.device))
            print(json.dumps({"mode": mode, "seed": seed, "pa_mpjpe_mm": errors[mode][-1]}), flush=True)
    print(f"\n| {' | '.join(['', *(f'seed {seed}' for seed in range(options.seeds)), 'mean'])} |")
    print("| --- " * (options.seeds + 2) + "|")
    for mode, values in errors.items():
        print(f"| {mode} | {' | '.join(f'{v:.1f}' for v in values)} | {np.mean(values):.1f} |")


def prepare(data: Path, count: int, held_out: int) -> Path:
    """Photos, a blind and noisy part to train on, a true part to measure with, and the first fits."""
    if not (data / "synthetic.npz").exists():
        synthetic.main(["--out", str(data), "--count", str(count), "--people", "1"])
    with np.load(data / "synthetic.npz") as file:
        whole = {name: file[name] for name in file.files}
    rows = len(whole["imgname"])
    training, held = np.arange(rows - held_out), np.arange(rows - held_out, rows)
    np.savez(data / "held_out.npz", **_part(whole, held))
    blind = {name: array for name, array in _part(whole, training).items() if name not in TRUTH}
    noise = np.random.default_rng(0)
    for half in ("openpose", "part"):
        spread = NOISE * 200 * blind["scale"][:, None, None]
        blind[half][..., :2] += spread * noise.standard_normal((*blind[half].shape[:2], 2))
    np.savez(data / "blind.npz", **blind)
    fits = data / "fits.npz"
    if not fits.exists():
        _run(
            "train.fits",
            str(data / "blind.npz"),
            "--out",
            str(fits),
            "--photos",
            str(data),
            "--guess",
            "none",
        )
    return fits


def train(
    run: Path, fits: Path, data: Path, seed: int, flags: tuple[str, ...], options: argparse.Namespace
) -> None:
    if (run / "config.json").exists():
        _run("train.spin", "--run", str(run), "--resume")
        return
    how = {
        "epochs": options.epochs, "batch": options.batch, "learning-rate": options.learning_rate, "seed": seed,
        "backbone": options.backbone, "device": options.device, "workers": options.workers,
    }  # fmt: skip
    if options.backbone_weights:
        how["backbone-weights"] = options.backbone_weights
    told = [part for name, value in how.items() for part in (f"--{name}", str(value))]
    _run("train.spin", "--fits", str(fits), "--photos", str(data), "--run", str(run), *told, *flags)


def measure(run: Path, held_out: Path, device: str) -> float:
    """PA-MPJPE [mm] on photos that were not trained on."""
    command = [sys.executable, "-m", "train.evaluate", str(run), "--data", f"synthetic={held_out}", "--json"]
    said = subprocess.run([*command, "--device", device], check=True, capture_output=True, text=True).stdout
    return float(json.loads(said)["pa_mpjpe_mm"])


def _part(arrays: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array[rows] if array.ndim else array for name, array in arrays.items()}


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
