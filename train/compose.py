"""Make training photos where a network fails: python -m train.compose --target runs/first --fits people_fits.npz
    --out composed --count 4000

People are cut out of photos with known bodies and pasted before others, at edges, small, or in crowds. By default the
worst of four random composites is kept. DIR gets images/, masks/ and composed.npz, a SPIN data set with exact truth
that train.spin reads by --data. The same command with --resume goes on after a stop.

With --rounds, composites and train.spin take turns. --report tells where the target fails instead.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.body.model import Body, load_body
from core.errors import FitloopError
from core.store.fits.dictionary import FitsDictionary
from train.compositing.compose_options import add_compose_options
from train.compositing.composed_set import DATASET, begin, join, write_composites
from train.compositing.cutting.coco_segments import read_segments
from train.compositing.cutting.cutouts import read_occluders
from train.compositing.cutting.stage import Stage, StagedPhoto, photos_of_dataset, photos_of_fits, scenes_of
from train.compositing.failing.detector_target import PREFIX, detector_target
from train.compositing.failing.failing_targets import Target, spin_target
from train.compositing.failing.reporting import Looked, look, people_to_correct
from train.compositing.failing.weakness import report_lines, write_report
from train.compositing.person_placer import PLACER, PersonPlacer, read_placer, write_placer
from train.compositing.placements import HEIGHTS
from train.compositing.placer_training import PlacerTraining
from train.compositing.proposals import Proposer
from train.compositing.rounds import Rounds, alternate, sources_of
from train.compositing.settling import refused_pictures, settle
from train.run.parser import INTERRUPTED, CommandLine, check_output, run_to_end
from train.run.progress_line import ProgressLine

SETTLED = (
    "target", "fits", "photos", "data", "backgrounds", "occluders", "segments", "kinds", "proposals", "seed", "turn",
    "no_seams",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ComposeTarget:
    """A target: its losses, and its network where it is one."""

    losses: Target | None = None
    network: nn.Module | None = None


def target_of(name: str | Path | None, body: Body) -> ComposeTarget:
    """Raises FitloopError for a target that cannot be used."""
    if name is None:
        return ComposeTarget()
    if str(name).startswith(PREFIX):
        return ComposeTarget(detector_target(str(name).removeprefix(PREFIX)))
    network, losses = spin_target(Path(name), body)
    return ComposeTarget(losses, network)


def stage_of(given: argparse.Namespace, body: Body) -> Stage:
    """Photos, people and things of the command line. Raises FitloopError."""
    photos: list[StagedPhoto] = []
    if given.fits is not None:
        fits = FitsDictionary.load(given.fits, body.fingerprint)
        photos += photos_of_fits(fits, given.photos or given.fits.parent, body)
    for _, path in given.data:
        photos += photos_of_dataset(path, path.parent, body)
    occluders = read_occluders(given.occluders) if given.occluders is not None else []
    if given.segments is not None:
        occluders += read_segments(given.segments, tell)
    scenes = scenes_of(given.backgrounds, int(HEIGHTS[0])) if given.backgrounds is not None else []
    return Stage(photos, occluders, body, tell, scenes)


def tell(line: str) -> None:
    """What was left out."""
    print(line, file=sys.stderr)


def proposer_of(given: argparse.Namespace, body: Body, stage: Stage, asked: ComposeTarget) -> Proposer:
    """Raises FitloopError for proposals that need another target."""
    if given.proposals != "random" and asked.losses is None:
        raise FitloopError(
            f"--proposals {given.proposals} needs --target: a run, a checkpoint or detector:NAME."
        )
    if given.proposals == "learned" and asked.network is None:
        raise FitloopError(
            "--proposals learned needs a network as --target, as no gradient goes through a detector."
        )
    proposer = Proposer(
        stage,
        body,
        asked.losses,
        given.proposals,
        given.seed,
        given.turn,
        tuple(given.kinds),
        seams=not given.no_seams,
    )
    if given.proposals == "learned" and asked.network is not None and asked.losses is not None:
        return replace(proposer, placer=placer_of(given, proposer, asked.network, asked.losses))
    return proposer


def placer_of(
    given: argparse.Namespace, proposer: Proposer, network: nn.Module, losses: Target
) -> PersonPlacer:
    """The synthesizer of --out, taught first where it is not there yet. Raises FitloopError."""
    file = given.out / PLACER
    if file.exists():
        return read_placer(file)
    seed = 1000 * given.seed + given.turn
    unreal = refused_pictures(given.refused) if given.refused is not None else None
    training = PlacerTraining(proposer.stage, proposer.body, network, losses, seed, proposer.kinds, unreal)
    progress = ProgressLine(given.placer_steps, 0, "steps of the synthesizer", speaks=True)
    for step in training.steps(given.placer_steps):
        progress.show(step.step + 1)
        if step.step == given.placer_steps - 1:
            print(f"synthesizer: loss {step.loss:.3g}, {step.fooled:.0%} taken for real", file=sys.stderr)
    progress.end()
    write_placer(file, training.placer)
    return training.placer


def write(given: argparse.Namespace, proposer: Proposer) -> bool:
    """Write the data set. After an interrupt the finished parts are kept. Returns True if all photos were made."""
    folder, count = given.out, given.count
    progress = ProgressLine(count, 0, "composites", speaks=True)
    try:
        with closing(write_composites(folder, proposer, count)) as parts:
            for part in parts:
                progress.show(part.done)
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


def compose_to(given: argparse.Namespace, stage: Stage, body: Body) -> bool:
    """Make --out. Returns True if all photos were made. Raises FitloopError and OSError."""
    check_output(given.out / DATASET)
    if (given.out / DATASET).exists():
        raise FitloopError(f"{given.out / DATASET} exists already. Choose another --out, or delete it.")
    asked = target_of(given.target, body)
    begin(given.out, settings(given), given.resume)
    return write(given, proposer_of(given, body, stage, asked))


def compose_rounds(given: argparse.Namespace, stage: Stage, body: Body) -> bool:
    """--rounds of composites and train.spin. Returns True if all were done."""
    if given.target is None or str(given.target).startswith(PREFIX):
        raise FitloopError("--rounds needs a network as --target: a run or a checkpoint of train.spin.")
    sources = sources_of(given.fits, given.photos, given.data)
    rounds = Rounds(given.run, Path(given.target), sources, tuple(shlex.split(given.spin)))
    each = max(1, given.count // given.rounds)

    def compose(number: int) -> bool:
        changed = {"out": rounds.composed_of(number), "target": str(rounds.target_of(number)), "turn": number}
        part = argparse.Namespace(**{**vars(given), **changed, "count": each, "resume": True})
        return compose_to(part, stage, body)

    return alternate(rounds, given.rounds, compose)


def report(given: argparse.Namespace, stage: Stage, body: Body) -> bool:
    """Where the target fails, to a file. Returns True."""
    check_output(given.report, (".json",))
    asked = target_of(given.target, body)
    if asked.losses is None:
        raise FitloopError("--report needs --target: a run, a checkpoint or detector:NAME.")
    proposer = replace(proposer_of(given, body, stage, ComposeTarget()), target=asked.losses)
    looked, progress = Looked([], []), ProgressLine(given.count, 0, "composites", speaks=True)
    for done in look(proposer, given.count, asked.network, looked):
        progress.show(done)
    progress.end()
    rows = looked.failures()
    people: list[dict[str, Any]] = []
    if not len(rows.loss):
        raise FitloopError(f"{given.target}: has no finite loss on any composite. Give another --target.")
    if given.fits is not None:
        fits = FitsDictionary.load(given.fits, body.fingerprint)
        folder = given.photos or given.fits.parent
        people, told = people_to_correct(fits, folder, asked.network, body, looked.expected())
        print("\n".join(told), end="\n" if told else "", file=sys.stderr)
    write_report(given.report, str(given.target), rows, people)
    print("\n".join(report_lines(given.report, rows)))
    return True


def make(given: argparse.Namespace) -> int:
    """Carry out the command line. Returns the exit code. Raises FitloopError and OSError."""
    torch.set_num_threads(max(1, given.threads))
    if given.settle is not None:
        kept, before = settle(given.settle)
        print(f"{given.settle / DATASET}: {kept} of {before} people are kept")
        return 0
    body = load_body(given.body)
    stage = stage_of(given, body)
    if given.report is not None:
        given.proposals = "random"
        return 0 if report(given, stage, body) else INTERRUPTED
    done = compose_rounds(given, stage, body) if given.rounds else compose_to(given, stage, body)
    return 0 if done else INTERRUPTED


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    parser = CommandLine("train.compose", __doc__)
    add_compose_options(parser)
    given = parser.parse_args(arguments)
    if sum(value is not None for value in (given.out, given.report, given.settle, given.run)) != 1:
        parser.error("give one of --out, --report, --settle, or --run with --rounds")
    if (given.run is not None) != (given.rounds > 0):
        parser.error("--rounds and --run belong together")
    if given.count < 1:
        parser.error(f"--count {given.count}: choose a number from 1 on")
    return run_to_end(lambda: make(given), "Stopped. Go on with --resume.")


if __name__ == "__main__":
    sys.exit(main())
