"""Make training photos where a network fails: python -m train.compose --target runs/first --fits people_fits.npz
    --out composed --count 4000

People are cut out of photos with known bodies and pasted before others, at edges, small, or in crowds. By default the
worst of four random composites is kept. DIR gets images/, masks/ and composed.npz, a SPIN data set with exact truth
that train.spin reads by --data. The same command with --resume goes on after a stop.

With --rounds, composites and train.spin take turns. --report tells where the target fails instead.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from core.body.model import Body, load_body
from core.errors import FitloopError
from core.store.fits.dictionary import FitsDictionary
from train.compositing.composed_set import DATASET, begin, join, write_composites
from train.compositing.cutouts import read_occluders
from train.compositing.failing_targets import Target, spin_target
from train.compositing.placements import HEIGHTS, KINDS
from train.compositing.proposals import PROPOSALS, Proposer
from train.compositing.stage import Stage, StagedPhoto, photos_of_dataset, photos_of_fits, scenes_of
from train.run.parser import INTERRUPTED, CommandLine, check_output, run_to_end
from train.run.progress_line import ProgressLine
from train.run.values import named_path

DEFAULT_PROPOSALS = "hard"
SETTLED = ("target", "fits", "photos", "data", "backgrounds", "occluders", "kinds", "proposals", "seed")


def stage_of(given: argparse.Namespace, body: Body) -> Stage:
    """Photos, people and things of the command line. Raises FitloopError."""
    photos: list[StagedPhoto] = []
    if given.fits is not None:
        fits = FitsDictionary.load(given.fits, body.fingerprint)
        photos += photos_of_fits(fits, given.photos or given.fits.parent, body)
    for _, path in given.data:
        photos += photos_of_dataset(path, path.parent, body)
    occluders = read_occluders(given.occluders) if given.occluders is not None else []
    scenes = scenes_of(given.backgrounds, int(HEIGHTS[0])) if given.backgrounds is not None else []
    return Stage(photos, occluders, body, lambda line: print(line, file=sys.stderr), scenes)


def proposer_of(given: argparse.Namespace, body: Body, stage: Stage, target: Target | None) -> Proposer:
    return Proposer(stage, body, target, given.proposals, given.seed, kinds=tuple(given.kinds))


def write(given: argparse.Namespace, proposer: Proposer) -> bool:
    """Write the data set. After an interrupt the finished parts are kept. Returns True if all photos were made."""
    folder, count = given.out, given.count
    begin(folder, settings(given), given.resume)
    done, progress = 0, ProgressLine(count, 0, "composites", speaks=True)
    try:
        with closing(write_composites(folder, proposer, count)) as parts:
            for part in parts:
                done = part.done
                progress.show(done)
    except KeyboardInterrupt:
        return False
    finally:
        progress.end()
    rows = join(folder)
    print(f"{folder / DATASET}: {rows} people in {count} photos")
    return True


def settings(given: argparse.Namespace) -> dict[str, Any]:
    """What must be the same when a stopped command goes on."""
    return {name: _plain(getattr(given, name)) for name in SETTLED}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def make(given: argparse.Namespace) -> int:
    """Carry out the command line. Returns the exit code. Raises FitloopError and OSError."""
    torch.set_num_threads(max(1, given.threads))
    check_output(given.out / DATASET)
    if (given.out / DATASET).exists():
        raise FitloopError(f"{given.out / DATASET} exists already. Choose another --out, or delete it.")
    body = load_body(given.body)
    target = spin_target(Path(given.target), body)[1] if given.target else None
    if target is None and given.proposals != "random":
        raise FitloopError(f"--proposals {given.proposals} needs --target: a run, or a checkpoint.")
    proposer = proposer_of(given, body, stage_of(given, body), target)
    return 0 if write(given, proposer) else INTERRUPTED


def _parser() -> CommandLine:
    parser = CommandLine("train.compose", __doc__)
    parser.add_argument("--target", help="run or checkpoint of train.spin that the composites are hard for")
    parser.add_argument(
        "--fits", type=Path, help="fits dictionary; its accepted people are cut out by GrabCut"
    )
    parser.add_argument("--photos", type=Path, help="folder of its photos; by default the dictionary's own")
    parser.add_argument(
        "--data",
        type=named_path,
        action="append",
        default=[],
        help="NAME=FILE: a data set of train.synthetic",
    )
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without people")
    parser.add_argument("--occluders", type=Path, help="folder of PNGs with alpha to hide people behind")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--count", type=int, default=1000, help="number of composites")
    parser.add_argument(
        "--kinds", nargs="+", default=list(KINDS), choices=KINDS, help="where the target is tried"
    )
    parser.add_argument(
        "--proposals", default=DEFAULT_PROPOSALS, choices=PROPOSALS, help="how they are chosen"
    )
    parser.add_argument("--body", type=Path, help="SMPL file; by default the open body")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--resume", action="store_true", help="go on with the composites in --out")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    given = _parser().parse_args(arguments)
    return run_to_end(lambda: make(given), "Stopped. Go on with --resume.")


if __name__ == "__main__":
    sys.exit(main())
