"""Does a lifter that was taught in 3D without dances become better at dances by their keypoints alone?

python -m tests.benchmarks.keypoints_alone.adaptation --poses POSES.npz --folder runs/adaptation [--minutes 10]
    [--threads 1] [--lifter "--width 384 --blocks 2 --hypotheses 1"] [--more "--student-distilled 10"]

A lifter is taught in 3D by all train subjects' poses whose description names no dance. train.posenet3d then adapts it
to the dances of the train subjects, projected to coco17; their 3D is not read. Measured are dances of a test subject
and the test subjects' other poses. PA-MPJPE [mm] over SMPL's twelve limb joints, of the first hypothesis. Each training
takes so many minutes; a run that is there already is only measured.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body import load_body
from core.files.npz import read_npz
from core.networks.lifter.lift import load_lifter
from tests.benchmarks.shared.machine import machine
from train.methods.lifter.accuracy import summary
from train.methods.posenet3d.lifted_accuracy import UnseenPeople, student_errors
from train.run.parser import CommandLine

LAYOUT = "coco17"
DANCE = "danc"  # of a description
KEPT = ("poses", "girdle", "split", "weight", "clip", "frame30", "license")
MEASURED = 1500  # poses of each kind


def main() -> None:
    parser = CommandLine("tests.benchmarks.keypoints_alone.adaptation", __doc__)
    parser.add_argument("--poses", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lifter", default="--width 384 --blocks 2 --hypotheses 1")
    parser.add_argument("--more", default="")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    others, dances = split_by_dance(given.poses, given.folder)
    before, after = given.folder / "taught", given.folder / "adapted"
    length = f"--minutes {given.minutes} --threads {given.threads} --log-every 100"
    taught(before, f"train.lifter --poses {others} {length} --report-s 100000 --batch 256 {given.lifter}")
    start = before / "lifter"
    taught(after, f"train.posenet3d --poses {dances} --start {start} {length} {given.more}")
    body = load_body()
    table: dict[str, object] = {"machine": machine(), "minutes of each": given.minutes, "more": given.more}
    for name, poses in (("dances", dances), ("other poses", others)):
        unseen = UnseenPeople.of_split(poses, "test", LAYOUT, MEASURED)
        for what, folder in (("taught in 3D without dances", before), ("adapted by 2D", after)):
            lifter = load_lifter(folder / "lifter", exact=True)
            for noisy, how in ((False, "exact"), (True, "noisy")):
                errors = student_errors(lifter, body, unseen, noisy)["smpl24"]
                table[f"{name}, {how}, {what}"] = summary(errors)
    print(json.dumps(table, indent=1))


def split_by_dance(poses: Path, folder: Path) -> tuple[Path, Path]:
    """Two files of poses in the folder: without dances, and dances alone."""
    held = read_npz(poses)
    dance = np.char.find(np.char.lower(held["description"]), DANCE) >= 0
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "without_dances.npz", folder / "dances.npz"
    for file, chosen in zip(files, (~dance, dance), strict=True):
        each = {name: held[name] for name in KEPT if name in held}
        rows: dict[str, Any] = {
            name: value[chosen] if value.shape[:1] == dance.shape else value for name, value in each.items()
        }
        with file.open("wb") as stream:
            np.savez(stream, **rows)
    return files


def taught(run: Path, words: str) -> None:
    """Train a run, unless it is there."""
    if not (run / "lifter").is_dir():
        command = [sys.executable, "-m", *shlex.split(words), "--run", str(run)]
        subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
