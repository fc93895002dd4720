"""Fits for a whole data set: python -m train.fits SOURCE --out fits.npz [--guess none|lifter|CHECKPOINT]

SOURCE is anything `train.convert` reads; --out becomes a fits dictionary, one row a person. What a human accepted or
locked in a project stays as it is. Batches that are done lie in OUT.parts until all are: killed at any moment, the
same command goes on from there and ends with the same file. Several cores, GPUs or machines on one file system:
torchrun --nproc-per-node N -m -- train.fits …, each process taking its share of the batches.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from core.body.model import Body, load_body
from core.fitting import TRUSTING, FitConfig
from core.formats.bodies import spin
from core.formats.format_row import Beside
from core.formats.motion.track_sightings import PHOTOS_A_SECOND
from core.formats.photos.video_photos import frame_rate
from core.formats.shared.report import Import, Report
from core.formats.table import formats_read
from core.records import Person
from core.store.fits.dictionary import FitsDictionary
from core.store.fits.from_photos import fits_of_photos
from core.store.fits.row_origin import in_row_order
from train import convert
from train.bulk.compile_notice import ready_to_fit
from train.bulk.fit_batches import (
    BatchFits,
    Guesser,
    Member,
    PeopleBatch,
    batches,
    fit_batch,
    fit_of,
    guesser_files,
    guesser_of,
)
from train.bulk.over_time import fit_tracks_of
from train.bulk.parts import Parts, Process, digest, digest_of_people
from train.data.source_rows import in_rows_of
from train.run.devices import device_of
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.progress_line import ProgressLine
from train.run.values import above_zero, from_one

PARTS_VERSION = 1  # changes with what a part holds
FAULTS_SHOWN = 10
STOPPED = "Stopped. What is done is kept; the same command goes on from there."


@dataclass(frozen=True, eq=False)
class Work:
    """Everything that a run knows before its first fit."""

    source: Import
    body: Body
    batches: list[PeopleBatch]
    parts: Parts
    dataset: str
    config: FitConfig
    table: spin.Table | None  # of a SPIN data set, whose rows the dictionary is to have
    photos_a_second: float | None = (
        None  # of sequences, whose tracks are fitted over time; None: they are not
    )

    @property
    def people(self) -> int:
        """How many are to be fitted."""
        return sum(map(len, self.batches))


def prepare(given: argparse.Namespace) -> Work:
    """Read the source and share it out in batches. Raises FitloopError and OSError."""
    device = device_of(given.device)
    beside = Beside(photos=given.photos, body=given.body, fits=given.source_fits, known=given.people)
    source = convert.read(given.source, given.source_format, convert.with_answers(beside, given))
    body = load_body(given.body, device)
    ready_to_fit(device.type)
    work = batches(source.photos, given.batch, lambda person: is_kept(person, body))
    dataset = given.dataset or given.source.stem
    config = FitConfig() if given.guess == "none" else TRUSTING
    key = {
        "people": digest_of_people(source.photos),
        "guess": f"{given.guess} {digest(*guesser_files(given.guess))}",
        "batch": str(given.batch),
        "body": body.fingerprint,
        "device": device.type,
        "config": repr(config),
        "version": str(PARTS_VERSION),
    }
    rows = source.file if source.format == spin.FORMAT else None
    table = None if rows is None else spin.read_table(rows, Report(rows, spin.FORMAT))
    rate = _photos_a_second(source, given) if given.over_time else None
    return Work(source, body, work, Parts.of(given.out.absolute(), key), dataset, config, table, rate)


def _photos_a_second(source: Import, given: argparse.Namespace) -> float:
    """As asked for, else the video's own, else the usual."""
    own = float(frame_rate(source.root, [photo.path for photo in source.photos]))
    return given.frame_rate or own or PHOTOS_A_SECOND


def is_kept(person: Person, body: Body) -> bool:
    """Whether a human's word stands: a fit of this body that was accepted or locked is not made anew."""
    mine = person.fit is not None and person.fit.body == body.fingerprint
    return mine and (person.locked or person.verdict == "accepted")


def fit_share(work: Work, guesser: Guesser | None, process: Process, progress: ProgressLine) -> None:
    """Fit this process's batches that no part is there of, each kept as soon as it is done."""
    sizes = [len(batch) for batch in work.batches]
    done = work.parts.done()
    for batch in work.batches:
        if batch.number in done or batch.number % process.count != process.rank:
            continue
        rows = fit_batch(work.body, work.source.photos, batch, guesser, work.config)
        work.parts.write(batch.number, rows)
        progress.show(sum(sizes[number] for number in work.parts.done()))


def merge(work: Work) -> tuple[FitsDictionary, dict[str, str]]:
    """The dictionary of all parts, in the order of a data set's rows, and the people without a fit: where -> why.

    Raises FitsError when a part is missing or damaged; starting again makes it anew.
    """
    people = [list(photo.people) for photo in work.source.photos]
    faults: dict[str, str] = {}
    for batch in work.batches:
        rows = work.parts.read(batch.number, len(batch))
        for row, member in enumerate(batch.members):
            people[member.photo][member.place] = _fitted(work, member, rows, row)
            if rows.fault[row]:
                where = f"{work.source.photos[member.photo].path}, person {member.person.id}"
                faults[where] = str(rows.fault[row]).removeprefix(f"person {row}").lstrip(":, ")
    photos = [
        photo.with_(people=tuple(members)) for photo, members in zip(work.source.photos, people, strict=True)
    ]
    if work.photos_a_second is not None:
        together = fit_tracks_of(photos, work.body, work.photos_a_second)
        photos, faults = together.photos, faults | together.faults
        print(f"{together.tracks} tracks of {together.people} people fitted over time", file=sys.stderr)
    fits = fits_of_photos(photos, work.body.fingerprint, work.dataset)
    if work.table is not None:
        fits = in_rows_of(work.table, [person.id for _, person in in_row_order(photos)], fits)
    return fits, faults


def _fitted(work: Work, member: Member, rows: BatchFits, row: int) -> Person:
    """The person with its new fit. A verdict on a fit of another body is dropped with that fit."""
    found = fit_of(rows, row, work.source.photos[member.photo], work.body)
    verdict = "todo" if member.person.verdict == "accepted" else member.person.verdict
    return member.person.with_(fit=found, locked=False, verdict=verdict)


def summary(
    work: Work, fits: FitsDictionary, faults: dict[str, str], progress: ProgressLine
) -> dict[str, object]:
    """What the run did, in numbers."""
    scores = fits.score[fits.score.isfinite()]
    fitted = work.people - progress.before
    return {
        "people": work.source.people,
        "photos": len(work.source.photos),
        "fitted": work.people - len(faults),
        "kept": work.source.people - work.people,
        "valid": int(fits.valid_fit.sum()),
        "not_fitted": faults,
        "left_out": len(work.source.left_out),
        "median_score_px": round(float(scores.median()), 3) if len(scores) else None,
        "from_an_earlier_start": progress.before,
        "seconds": round(progress.seconds, 2),
        "fits_per_second": round(fitted / progress.seconds, 1) if fitted else None,
        "body": work.body.fingerprint,
    }


def _print_counts(
    work: Work, given: argparse.Namespace, counts: dict[str, object], faults: dict[str, str]
) -> None:
    """The summary in words: records left out, people without a fit, the folder that photo names start from."""
    print(work.source.summary(), file=sys.stderr)
    for where, why in list(faults.items())[:FAULTS_SHOWN]:
        print(f"not fitted: {where}: {why}", file=sys.stderr)
    if len(faults) > FAULTS_SHOWN:
        print(f"not fitted: {len(faults) - FAULTS_SHOWN} more; --json names them", file=sys.stderr)
    root = work.source.root.absolute()
    if root != given.out.absolute().parent:
        print(f"Names of photos start from {root}: tell train.spin with --photos.", file=sys.stderr)
    if given.json:
        print(json.dumps({"out": str(given.out), **counts}))
    else:
        median = counts["median_score_px"]
        scored = "none has a score" if median is None else f"median score {median} px"
        print(
            f"{given.out}: {counts['people']} people, {counts['valid']} with a valid fit, {counts['kept']} kept as "
            f"they were; {scored}; {counts['seconds']} s"
        )


def run(given: argparse.Namespace, process: Process) -> int:
    """The whole command in one of its processes. Returns its exit code. Raises FitloopError and OSError."""
    check_output(given.out, (".npz",))
    work = prepare(given)
    # A wrong --guess ends the command before anything is written.
    guesser = guesser_of(given.guess, work.body, work.source.root)
    lock = work.parts.hold() if process.first else None
    try:
        process.wait()
        done = work.parts.done()
        before = sum(len(batch) for batch in work.batches if batch.number in done)
        progress = ProgressLine(work.people, before, "people", process.first)
        try:
            fit_share(work, guesser, process, progress)
        finally:
            progress.end()
        process.wait()
        if process.first:
            fits, faults = merge(work)
            fits.save(given.out)
            work.parts.remove()
            _print_counts(work, given, summary(work, fits, faults, progress), faults)
        return 0
    finally:
        if lock is not None:
            lock.release()


def _parser() -> CommandLine:
    parser = CommandLine("train.fits", __doc__)
    parser.add_argument("source", type=Path, help="a file, a folder or a project")
    parser.add_argument("--out", type=Path, required=True, help="the fits dictionary to write, .npz")
    parser.add_argument(
        "--guess",
        default="lifter",
        help="where fits start: lifter (the default), none, a lifter's folder, a checkpoint or its run's folder",
    )
    parser.add_argument("--batch", type=from_one, default=64, metavar="N", help="people fitted together")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 …")
    parser.add_argument(
        "--threads",
        type=from_one,
        default=1,
        metavar="N",
        help="of torch; to use more cores start more processes, which share the work better than threads",
    )
    parser.add_argument("--body", type=Path, help="SMPL file in place of the open body")
    parser.add_argument("--dataset", help="name of the rows' data set; by default SOURCE's")
    words = convert.words_of(formats_read())
    parser.add_argument("--from", dest="source_format", choices=words, help="format of SOURCE")
    parser.add_argument("--photos", type=Path, help="folder that the names of photos are relative to")
    parser.add_argument("--people", type=Path, help="people that OpenPose's detections belong to")
    parser.add_argument("--source-fits", type=Path, help="SPIN's fits beside SOURCE")
    convert.add_answers(parser)
    parser.add_argument(
        "--over-time",
        action="store_true",
        help="then fit each track of numbered photos as one motion of one shape",
    )
    parser.add_argument(
        "--frame-rate",
        type=above_zero,
        metavar="N",
        help=f"--over-time: photos a second of a sequence; else the video's own, or {PHOTOS_A_SECOND:g}",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one line of JSON")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code: 1 for input that cannot be used, 130 when it was stopped."""
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    process = Process.join()
    try:
        return run_to_end(lambda: run(given, process), STOPPED if process.first else "")
    finally:
        process.leave()


if __name__ == "__main__":
    sys.exit(main())
