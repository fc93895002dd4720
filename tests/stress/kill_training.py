"""A training that is killed again and again at random moments ends as one that was left alone.

python -m tests.stress.kill_training [--times 10] [--steps 40]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from core.body.model import load_body
from core.store.fits.dictionary import FitsDictionary
from tests.train import making_runs
from train.run.metrics_log import read_metrics
from train.run.parser import CommandLine

PEOPLE = 10
HOW = "--backbone resnet18 --batch 2 --workers 0 --epochs 0 --log-every 1 --picture-every 0"


def command(run: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "train.spin", "--run", str(run), *options]


def killed_at_random(run: Path, options: list[str], times: int, steps: int, rng: random.Random) -> int:
    """Train to the end, killing on the way. Returns how often a process was killed."""
    killed = 0
    while True:
        going_on = ["--resume"] if (run / "config.json").exists() else options
        process = subprocess.Popen(
            command(run, *going_on, "--steps", str(steps)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(rng.uniform(3, 15) if killed < times else None)
            return killed
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        if (run / "fits.npz").exists():
            FitsDictionary.load(run / "fits.npz")  # whole, whenever it was killed


def main() -> int:
    parser = CommandLine("tests.stress.kill_training", __doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        curated = making_runs.write_curated(Path(folder) / "data", load_body(), PEOPLE, locked=(3,))
        options = ["--fits", str(curated), *HOW.split(), "--save-minutes", "0.02"]
        whole, disturbed = Path(folder) / "whole", Path(folder) / "disturbed"
        subprocess.run(command(whole, *options, "--steps", str(given.steps)), check=True)
        killed = killed_at_random(disturbed, options, given.times, given.steps, random.Random(given.seed))
        losses = [[line["loss"] for line in read_metrics(run)] for run in (whole, disturbed)]
        fits = [np.load(run / "fits.npz") for run in (whole, disturbed)]
        same = losses[0] == losses[1] and all(
            fits[0][name].tobytes() == fits[1][name].tobytes() for name in ("betas", "score", "valid_fit")
        )
    verdict = "the same" if same else "NOT the same"
    print(f"killed {killed} times; {len(losses[0])} losses and the dictionary are {verdict}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
