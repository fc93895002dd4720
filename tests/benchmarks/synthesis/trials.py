"""What do clothes, panoramas, children and things in synthetic photos teach? Networks trained equally on each kind.

python -m tests.benchmarks.synthesis.trials --folder runs/trials --wardrobe FOLDER --panoramas FOLDER
    [--photos FOLDER] [--minutes 5] [--count 1500] [--seeds 1] [--kinds all "no panoramas" …]

The wardrobe's garments and skins and the panoramas are split in two: one part dresses and lights what is learned
from, the other the held-out scenes. All kinds have as many photos, of the same number of people. All networks take as
many steps, from the same random weights of a seed, with exact truth: as many as take --minutes of CPU time by a short
pilot, so that other work on the machine changes nothing. Printed: PA-MPJPE and MPJPE [mm] of everybody held out, of
people hidden for over 20 %, and of children; and of --photos, a folder of real ones: PA-MPJPE where they have 3D truth,
and the distance of projected joints from the annotated keypoints, in percent of the person's size.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.model import Body, load_body
from core.errors import ImageError, ReadError
from core.formats.keypoints import coco
from core.geometry.camera import project
from core.geometry.image import read_image
from core.networks.crop import crop_of
from core.networks.guess import guess_crops
from core.networks.load import load_network
from core.records import Photo
from tests.benchmarks.shared.machine import machine
from train import synthetic
from train.evaluation.photo_protocol import box_around
from train.run.folder import checkpoint_of
from train.run.parser import CommandLine

DRESSED = ("--wardrobe", "{wardrobe}")
LIT = ("--panoramas", "{panoramas}")
KINDS: dict[str, tuple[str, ...]] = {
    "all": (*DRESSED, *LIT),
    "drawn clothes, no panoramas": (),
    "no panoramas": DRESSED,
    "no children": (*DRESSED, *LIT, "--children", "0"),
    "no things": (*DRESSED, *LIT, "--occluders", "0"),
}
SCENES = "--size 256 --people 1..4 --workers 1"
HOW = "--backbone resnet10 --batch 64 --learning-rate 6e-4 --warm-up 150 --last-rate 0.02 --clip 10"
HOW += " --augment-still 0.7 --augment-scale 0.15 --augment-noise 0.3"
HOW += " --threads 1 --workers 0 --log-every 20 --picture-every 0 --save-minutes 10"
PILOT = 24  # steps that tell how long one takes
HELD_OUT_SEED, HIDDEN, EVERY = 77, 20.0, 3  # every third garment, skin and panorama is held out
GROUPS = "held out", "hidden", "children"


@dataclass(frozen=True)
class Trial:
    """kind and seed of a training; pa_mpjpe_mm and mpjpe_mm of each of GROUPS; real_mm: PA-MPJPE of real people with
    3D truth; real_2d: error of projected joints [% of the person's size]; people it was measured on."""

    kind: str
    seed: int
    pa_mpjpe_mm: tuple[float, ...]
    mpjpe_mm: tuple[float, ...]
    people: tuple[int, ...]
    real_mm: float = float("nan")
    real_people: int = 0
    real_2d: float = float("nan")
    real_2d_people: int = 0


def main() -> None:
    parser = CommandLine("tests.benchmarks.synthesis.trials", __doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("--panoramas", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="real photos: COCO-style annotations, and 3D truth")
    parser.add_argument("--minutes", type=float, default=5.0, help="of CPU time a training")
    parser.add_argument("--count", type=int, default=1500, help="photos of each kind")
    parser.add_argument("--held-out", type=int, default=250, help="photos to measure on")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()
    parts = split(options)
    draw(options.folder / "held out", options.held_out, HELD_OUT_SEED, KINDS["all"], parts["held-out"])
    sets = groups(options.folder / "held out")
    trials: list[Trial] = []
    steps = 0
    for seed in range(options.seeds):
        for kind in options.kinds:
            data = options.folder / kind.replace(",", "").replace(" ", "-")
            draw(data, options.count, 0, KINDS[kind], parts["learned"])
            steps = steps or affordable(data, options)
            trials.append(trial(kind, seed, data, steps, sets, options))
            print(json.dumps(vars(trials[-1])), flush=True)
    print(f"{steps} steps each, {options.count} photos of each kind")
    print(table(trials))
    print(f"{time.monotonic() - began:.0f} s by the clock on {machine('cpu')}")


def split(options: argparse.Namespace) -> dict[str, dict[str, Path]]:
    """Folders of wardrobe and panoramas for each part, as copies."""
    parts = {}
    for part in ("learned", "held-out"):
        folder = options.folder / part
        parts[part] = {"wardrobe": folder / "wardrobe", "panoramas": folder / "panoramas"}
        if folder.exists():
            continue
        for place, source in enumerate(_things_of(options.wardrobe)):
            if (place % EVERY == 0) == (part == "held-out"):
                to = folder / "wardrobe" / source.relative_to(options.wardrobe)
                to.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copyfile)(source, to)
        (folder / "panoramas").mkdir(parents=True)
        for place, source in enumerate(sorted(options.panoramas.glob("*.hdr"))):
            if (place % EVERY == 0) == (part == "held-out"):
                shutil.copyfile(source, folder / "panoramas" / source.name)
    return parts


def _things_of(wardrobe: Path) -> list[Path]:
    """Folders of garments, and skins."""
    return sorted({path.parent for path in wardrobe.rglob("*.mhclo")}) + sorted(
        (wardrobe / "skins").iterdir()
    )


def draw(folder: Path, count: int, seed: int, kind: tuple[str, ...], part: dict[str, Path]) -> None:
    """Draw the photos, unless they are there."""
    if (folder / "synthetic.npz").exists():
        return
    own = [word.format(**part) for word in kind]
    told = ["--out", str(folder), "--count", str(count), "--seed", str(seed), *SCENES.split(), *own]
    if synthetic.main(told):
        sys.exit(1)


def groups(folder: Path) -> dict[str, Path]:
    """The data set, and its parts of hidden people and of children."""
    with np.load(folder / "synthetic.npz") as file:
        arrays = {name: file[name] for name in file.files}
    chosen = {"hidden": arrays["occlusion"] > HIDDEN, "children": arrays["kid"] > 0}
    for name, rows in chosen.items():
        part = {key: value[rows] if value.ndim else value for key, value in arrays.items()}
        np.savez(folder / f"{name}.npz", **part)
    return {"held out": folder / "synthetic.npz", **{name: folder / f"{name}.npz" for name in chosen}}


def affordable(data: Path, options: argparse.Namespace) -> int:
    """Steps that take --minutes of CPU time."""
    seconds = []
    for steps in (PILOT // 4, PILOT):
        run = options.folder / f"pilot-{steps}"
        shutil.rmtree(run, ignore_errors=True)
        seconds.append(train(run, data, steps, 0))
    each = (seconds[1] - seconds[0]) / (PILOT - PILOT // 4)
    return max(PILOT, int(60 * options.minutes / each))


def train(run: Path, data: Path, steps: int, seed: int) -> float:
    """Train, unless it is done. Returns the CPU seconds."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    going_on = ["--resume"] if (run / "config.json").exists() else []
    told = ["--run", str(run), "--steps", str(steps), "--seed", str(seed), *HOW.split(), *going_on]
    _run("train.spin", "--data", f"agora={data}", *told)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def trial(
    kind: str, seed: int, data: Path, steps: int, sets: dict[str, Path], options: argparse.Namespace
) -> Trial:
    """Train and measure."""
    run = options.folder / f"run-{data.name}-{seed}"
    train(run, data, steps, seed)
    told = [f"{name.replace(' ', '-')}={path}" for name, path in sets.items()]
    real = ["--data", f"photos={options.photos}"] if options.photos else []
    said = _run(
        "train.evaluate", str(run), "--json", *(part for one in told for part in ("--data", one)), *real
    )
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    own, of_photos = found[: len(sets)], found[len(sets) :]
    trial = Trial(
        kind,
        seed,
        tuple(one["pa_mpjpe_mm"] for one in own),
        tuple(one["mpjpe_mm"] for one in own),
        tuple(one["people"] for one in own),
    )
    if not of_photos:
        return trial
    errors = real_errors(run, options.photos)
    return Trial(
        **{
            **vars(trial),
            "real_mm": of_photos[-1]["pa_mpjpe_mm"],
            "real_people": of_photos[-1]["people"],
            "real_2d": 100 * float(np.mean(errors)),
            "real_2d_people": len(errors),
        }
    )


def real_errors(run: Path, folder: Path) -> list[float]:
    """Of each annotated person of a folder's photos: mean distance of projected joints from the keypoints, as a share
    of the longer side of the box around these."""
    network, body = load_network(checkpoint_of(run)), load_body()
    errors = []
    for path in sorted(folder.glob("*.json")):
        try:
            photos = coco.read(path).photos
        except ReadError:
            continue
        for photo in photos:
            try:
                pixels = read_image(folder / "images" / Path(photo.path).name)
            except ImageError:
                continue
            errors += [error for error in _errors_of(network, body, photo, pixels) if error == error]
    return errors


def _errors_of(network: torch.nn.Module, body: Body, photo: Photo, pixels: NDArray[np.uint8]) -> list[float]:
    height, width = pixels.shape[:2]
    focal, center = float(np.hypot(height, width)), torch.tensor([[width / 2, height / 2]])
    errors = []
    for person in photo.people:
        keypoints = np.asarray(person.keypoints.array, dtype=np.float32)
        if (keypoints[:, 2] > 0).sum() < 6:
            continue
        box = box_around(keypoints)
        guess = guess_crops(
            network, crop_of(network, pixels, box)[None], torch.tensor(box.center, dtype=torch.float32)[None],
            torch.tensor([box.side], dtype=torch.float32), torch.tensor([focal]), center, body,
        )  # fmt: skip
        points = body.keypoints(guess, person.keypoints.layout)
        xy = project(points, torch.tensor([focal]), center)[0].numpy()
        seen = (keypoints[:, 2] > 0) & np.isfinite(xy).all(axis=1)
        size = float(np.ptp(keypoints[seen, :2], axis=0).max())
        errors.append(float(np.linalg.norm(xy[seen] - keypoints[seen, :2], axis=1).mean() / size))
    return errors


def table(trials: list[Trial]) -> str:
    """Markdown, a kind a line: the mean over seeds."""
    heads = [f"{name}: PA-MPJPE / MPJPE mm" for name in GROUPS]
    lines = [["learned from", *heads, "real, 3D: PA-MPJPE mm", "real, 2D: % of size"]]
    lines.append(["---"] * len(lines[0]))
    for kind in dict.fromkeys(trial.kind for trial in trials):
        mine = [trial for trial in trials if trial.kind == kind]
        aligned, plain = (
            np.mean([getattr(one, name) for one in mine], axis=0) for name in ("pa_mpjpe_mm", "mpjpe_mm")
        )
        real = [f"{np.mean([getattr(one, name) for one in mine]):.1f}" for name in ("real_mm", "real_2d")]
        lines.append([kind, *(f"{a:.1f} / {b:.1f}" for a, b in zip(aligned, plain, strict=True)), *real])
    counts = (*trials[0].people, trials[0].real_people, trials[0].real_2d_people)
    lines.append(["people", *(str(count) for count in counts)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _run(module: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{module} {' '.join(arguments)}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
