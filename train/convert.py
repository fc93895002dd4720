"""Convert between file formats and projects: python -m train.convert SOURCE DESTINATION

The format of SOURCE is told from its content, that of DESTINATION from its suffix; --from and --to name
them, --list lists them. What a reader left out is printed, reason by reason. With --detect, SOURCE is a
photo, a video or a folder of photos in which people are found, or annotations: keypoints are then detected anew in
their boxes. A video without --detect becomes a project of its frames.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from core.body.keypoints import LAYOUTS
from core.body.model import load_body
from core.detect import DETECTORS
from core.errors import FitloopError, Undecided
from core.formats.bodies import spin
from core.formats.bodies.spin_write import with_truth
from core.formats.exchange import read_file, write_file
from core.formats.format_row import Beside, Format
from core.formats.motion.motion_options import MotionOptions
from core.formats.motion.sequence_files import SequenceChoice, write_sequences
from core.formats.photos.shifted_frames import shifted
from core.formats.photos.video_photos import frame_rate, is_video
from core.formats.question import question_of
from core.formats.question_file import save_question
from core.formats.shared.report import Export, Import, LeftOut, grouped
from core.formats.table import FORMATS, formats_read, formats_written, written_with
from core.records import Person, Photo
from train.bulk.detect_photos import (
    DetectorChoice,
    detect_in_photos,
    detect_round_people,
    frames_of,
    is_photos,
)
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.values import above_zero, count

PROJECT = FORMATS["project"]
USUAL_RATE = 30.0  # photos a second
ROWS_KEPT = ("spin", "spin-fits")  # formats in which a SPIN data set keeps all its rows in their order


def read(source: Path, word: str | None, beside: Beside) -> Import:
    """Photos and people of a file, folder or project. word: of its format, where it is named. Raises FitloopError."""
    if word is None and source.suffix in PROJECT.suffixes:
        word = PROJECT.word
    return read_file(source, beside, word)


def detected(
    source: Path, word: str | None, beside: Beside, choice: DetectorChoice, frames: str | None = None
) -> Import:
    """People as a detector finds them, in photos, in a video's frames, or in the boxes of annotated people. Raises
    FitloopError."""
    if word is None and is_photos(source):
        return detect_in_photos(source, choice, frames)
    return detect_round_people(read(source, word, beside), choice)


def write(
    destination: Path, row: Format, photos: tuple[Photo, ...], beside: Beside, choice: SequenceChoice
) -> str:
    """Write people in a format. Returns lines for the user."""
    if row.holds == "fit":
        return _write_each(destination, row, photos, _with_body(beside))
    if row.holds == "sequence":
        return _write_sequences(destination, row, photos, _with_body(beside), choice)
    return f"{destination}: {write_file(row, destination, photos, beside).summary()}"


def _with_body(beside: Beside) -> Beside:
    """Single fits are always posed: by the open body where no other is given."""
    return replace(beside, body=load_body(beside.body if isinstance(beside.body, Path) else None))


def _write_sequences(
    destination: Path, row: Format, photos: Sequence[Photo], beside: Beside, choice: SequenceChoice
) -> str:
    left_out: list[LeftOut] = []
    lines = []
    for one in write_sequences(row, destination, photos, beside, choice, left_out):
        made = f", {one.made} of them made from the frames around them" if one.made else ""
        lines.append(f"{one.file}: {one.export.summary()}{made}")
    return "\n".join([*lines, *grouped(left_out)])


def _write_each(destination: Path, row: Format, photos: Iterable[Photo], beside: Beside) -> str:
    """NAME.obj for one person, NAME_0001.obj, … for several."""
    left_out: list[LeftOut] = []
    fits = [person.fit for _, person in _fitted(photos, left_out) if person.fit is not None]
    done: Export | None = None
    for number, fit in enumerate(fits, start=1):
        several = destination.with_name(f"{destination.stem}_{number:04d}{destination.suffix}")
        done = write_file(row, destination if len(fits) == 1 else several, fit, beside)
    if done is None:
        raise FitloopError("\n".join([f"nobody has a fit, so no {row.word} was written", *grouped(left_out)]))
    return f"{destination}: {replace(done, written=len(fits), left_out=tuple(left_out)).summary()}"


def _fitted(photos: Iterable[Photo], left_out: list[LeftOut]) -> list[tuple[Photo, Person]]:
    """People with a fit that was not rejected. The rejected fits are listed in `left_out`."""
    return with_truth([(photo, person) for photo in photos for person in photo.people], left_out)


def _parser() -> CommandLine:
    parser = CommandLine("train.convert", __doc__)
    parser.add_argument("source", type=Path, nargs="?", help="a file, a folder or a project")
    parser.add_argument("destination", type=Path, nargs="?", help="the file to write")
    parser.add_argument("--list", action="store_true", help="list the formats and stop")
    parser.add_argument(
        "--from", dest="source_format", choices=words_of(formats_read()), help="format of SOURCE"
    )
    parser.add_argument(
        "--to", dest="destination_format", choices=words_of(formats_written()), help="format of DESTINATION"
    )
    parser.add_argument("--photos", type=Path, help="folder that the names of photos are relative to")
    parser.add_argument("--fits", type=Path, help="SPIN's fits (.npy or final fits .npz) of the data set")
    parser.add_argument(
        "--people", type=Path, help="people that OpenPose's detections belong to: any file or project"
    )
    parser.add_argument("--base", type=Path, help="SPIN's .npz to write a copy of, changed only where edited")
    parser.add_argument(
        "--body", type=Path, help="SMPL file (.pkl, .npz or folder) in place of the open body"
    )
    _add_detection(parser)
    add_answers(parser)
    parser.add_argument(
        "--write-layout",
        choices=LAYOUTS,
        help="layout of COCO's keypoints in DESTINATION; else each one's own",
    )
    parser.add_argument(
        "--question", type=Path, help="also write an open question to this file, for programs"
    )
    _add_motion(parser)
    return parser


def _add_detection(parser: CommandLine) -> None:
    parser.add_argument("--detect", choices=DETECTORS, help="find people, or keypoints in people's boxes")
    parser.add_argument(
        "--weights",
        type=Path,
        nargs=2,
        metavar="ONNX",
        help="rtmpose's weights from files: of boxes, of keypoints",
    )
    parser.add_argument("--device", default="cpu", help="of rtmpose: cpu, cuda, cuda:1 …")


def add_answers(parser: CommandLine) -> None:
    """Options that answer what a file leaves open."""
    parser.add_argument("--layout", help="layout of keypoints that do not tell it by names")
    parser.add_argument(
        "--frame", choices=("photo", "crop"), help="camera frame of poses whose file does not tell it"
    )
    parser.add_argument(
        "--box",
        choices=("square", "tall"),
        help="what one number of ProHMR's and 4D-Humans' .npz says of a box, where the file does not tell it",
    )
    parser.add_argument("--frames", help="frames of a video: all, every 5, 120-480, 120-480 every 2")
    parser.add_argument(
        "--shift-frames",
        type=int,
        default=0,
        help="move people by so many frames, where numbers are off by one",
    )
    parser.add_argument(
        "--first-frame",
        type=count,
        metavar="N",
        help="the number, mostly 0 or 1, that the file gives the frame of the first photo, where nothing shows it",
    )


def with_answers(beside: Beside, given: argparse.Namespace) -> Beside:
    """With the answers of `add_answers`."""
    return replace(
        beside, layout_name=given.layout, frame=given.frame, box=given.box, first_frame=given.first_frame
    )


def _add_motion(parser: CommandLine) -> None:
    parser.add_argument(
        "--person", type=int, help="write only the motion of this person, by the id in one of the photos"
    )
    parser.add_argument("--track", type=int, help="write only the motion of this track")
    parser.add_argument(
        "--frame-rate", type=above_zero, help="photos a second of a sequence; else the video's own, or 30"
    )
    for name, words in (
        ("--floor", "the lowest point of a sequence is at height 0"),
        ("--start-at-origin", "a sequence begins above the world's origin"),
        ("--in-place", "the person of a sequence stays where it begins"),
        ("--t-pose", "a sequence begins with one more frame, a T-pose"),
    ):
        parser.add_argument(name, action="store_true", help=words)
    parser.add_argument(
        "--gaps",
        choices=("fill", "skip"),
        default="fill",
        help="photos without fit inside a sequence: made from their neighbours, or skipped",
    )


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code: 1 for input that cannot be used, 2 for a wrong command."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        print(_listing())
        return 0
    if given.source is None or given.destination is None:
        parser.error("SOURCE and DESTINATION are needed; --list lists the formats")
    word = given.destination_format
    row = FORMATS[word] if word else written_with(given.destination.suffix)
    if row is None:
        parser.error(f"no format has the suffix '{given.destination.suffix}'; choose one with --to")
    beside = Beside(
        photos=given.photos,
        body=given.body,
        fits=given.fits,
        known=given.people,
        written_layout=given.write_layout,
        base=given.base,
        motion=MotionOptions(
            given.frame_rate or USUAL_RATE, given.floor, given.start_at_origin, given.in_place, given.t_pose
        ),
    )
    return run_to_end(lambda: convert(given, row, with_answers(beside, given)))


def convert(given: argparse.Namespace, row: Format, beside: Beside) -> int:
    """Read, find people where asked, and write the format. Raises FitloopError and OSError."""
    check_output(given.destination, makes_folder=False)
    if row.keeps and given.destination.exists():
        raise FitloopError(f"{given.destination} is there already. Choose another name, or delete it.")
    if given.detect is None:
        found = _read_or_ask(given, beside)
    else:
        weights = None if given.weights is None else tuple(given.weights)
        choice = DetectorChoice(given.detect, given.device, weights)
        found = detected(given.source, given.source_format, beside, choice, given.frames)
    if given.shift_frames:
        found = shifted(found, given.shift_frames)
    print(found.summary())
    beside = replace(_with_base(found, row, beside), root=found.root)
    own_rate = float(frame_rate(found.root, [photo.path for photo in found.photos]))
    if given.frame_rate is None and own_rate:
        beside = replace(beside, motion=replace(beside.motion, frame_rate=own_rate))
    whose = SequenceChoice(given.person, given.track, given.gaps == "fill")
    print(write(given.destination, row, found.photos, beside, whose))
    return 0


def _read_or_ask(given: argparse.Namespace, beside: Beside) -> Import:
    """What is read. A question that the source leaves open goes into the file that --question names, and is raised."""
    if given.source_format is None and is_video(given.source):
        video = frames_of(given.source, given.frames)
        return Import(video.photos, notes=video.notes, format="video", root=given.source.parent)
    try:
        return read(given.source, given.source_format, beside)
    except Undecided as error:
        if given.question is not None:
            save_question(question_of(error, given.source, beside), given.question)
        raise


def _with_base(found: Import, row: Format, beside: Beside) -> Beside:
    """A SPIN data set that is written as one is its own base: rows that nobody was read from stay rows."""
    if found.format != spin.FORMAT or row.word not in ROWS_KEPT or beside.base or found.file is None:
        return beside
    return replace(beside, base=found.file, fits=beside.fits if row.word == "spin-fits" else None)


def words_of(rows: Iterable[Format]) -> tuple[str, ...]:
    """What the shell calls these formats."""
    return tuple(row.word for row in rows)


def _listing() -> str:
    lines = [("reads", "")] + [(f"  {row.word}", row.reads) for row in formats_read()]
    lines += [("writes", "")] + [(f"  {row.word}", row.writes) for row in formats_written()]
    width = max(len(word) for word, _ in lines) + 2
    return "\n".join(f"{word:{width}}{words}".rstrip() for word, words in lines)


if __name__ == "__main__":
    sys.exit(main())
