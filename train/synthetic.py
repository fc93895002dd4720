"""Make training photos with exact truth: python -m train.synthetic --out DIR --count 5000

A photo shows one to six open bodies of varied shape, skin and clothes, apart or crowded. Poses are drawn from the pose
prior or from a motion capture file. DIR gets images/, masks/ and synthetic.npz, a SPIN data set
(train/synthesis/writing.py lists its arrays). The same seed gives the same photos for any number of workers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from core.body.model import load_body
from core.errors import FitloopError
from core.store.project.project import Project
from train.run.parser import INTERRUPTED, CommandLine, check_output, run_to_end
from train.run.progress_line import ProgressLine
from train.synthesis.backgrounds import Backgrounds
from train.synthesis.crowd import SCENES
from train.synthesis.light.panoramas import Panoramas
from train.synthesis.photo import StudioConfig, Truth
from train.synthesis.sample import with_plain_error, write_photos
from train.synthesis.scene import KIDS
from train.synthesis.wardrobe.outfit import Wardrobe
from train.synthesis.workers import make_photos
from train.synthesis.writing import DATASET, write_dataset

SIZES = 32, 2048  # least and largest width of a photo [px]
MOST_PEOPLE = 15
MOST_SCENES = 64
PROJECT = ".fitloop"
DATASET_ONLY = (
    "people",
    "poses",
    "backgrounds",
    "crowd",
    "wardrobe",
    "panoramas",
    "occluders",
    "height",
    "agora_cameras",
    "children",
)


def make_dataset(config: StudioConfig, folder: Path, count: int, workers: int) -> tuple[list[Truth], bool]:
    """Write the data set. After an interrupt or an error the finished photos are kept.

    Returns the truths, and True if all photos were made. Raises FitloopError if the data set exists.
    """
    if (folder / DATASET).exists():
        raise FitloopError(f"{folder / DATASET} exists already. Choose another --out, or delete it.")
    folder.mkdir(parents=True, exist_ok=True)
    truths: list[Truth] = []
    # Its rate is counted from the first photos on: before, workers were starting.
    progress: ProgressLine | None = None
    try:
        with closing(make_photos(config, folder, count, workers)) as chunks:
            for chunk in chunks:
                truths += chunk
                progress = progress or ProgressLine(count, len(truths), "photos", speaks=True)
                progress.show(len(truths))
    except KeyboardInterrupt:
        pass
    finally:
        if progress is not None:
            progress.end()
            rate = progress.rate(len(truths))
            speed = f", {rate:.1f} a second" if rate > 0 else ""  # the first photos have no rate
            print(f"{len(truths)} photos{speed}", file=sys.stderr)
        if truths:
            rows = write_dataset(folder, truths, load_body())
            print(f"{folder / DATASET}: {rows} people in {len(truths)} photos")
    return truths, len(truths) == count


def make_project(path: Path, count: int, size: int, seed: int) -> None:
    """Make a project of photos with noisy detections, one of them plainly wrong; the photos are written beside it.

    Raises FitloopError if the project exists.
    """
    if path.exists():
        raise FitloopError(f"{path} exists already. Choose another --out, or delete it.")
    photos = with_plain_error(write_photos(path.parent, count, seed, size))
    with Project.create(path) as project:
        project.add_photos(photos)
    print(f"{path}: {sum(len(photo.people) for photo in photos)} people in {len(photos)} photos")


def people_range(text: str) -> tuple[int, int]:
    """Least and most people of a text like "1..6" or "2"."""
    parts = text.split("..")
    try:
        low, high = int(parts[0]), int(parts[-1])
    except ValueError:
        low, high = 0, 0
    if len(parts) > 2 or not 1 <= low <= high <= MOST_PEOPLE:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of people: give 1..6, or 2")
    return low, high


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # NaN compares false
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1")
    return value


def _parser() -> CommandLine:
    parser = CommandLine("train.synthetic", __doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder to write; with --project, NAME.fitloop"
    )
    parser.add_argument("--count", type=_number(1, 10_000_000), required=True, help="number of photos")
    parser.add_argument("--size", type=_number(*SIZES), default=256, help="width and height [px]")
    parser.add_argument("--height", type=_number(*SIZES), help="height [px], where it is not the width")
    parser.add_argument("--agora-cameras", action="store_true", help="AGORA's lenses, heights and pitches")
    parser.add_argument(
        "--people", type=people_range, default=(1, 6), help="least..most people per photo; by default 1..6"
    )
    parser.add_argument(
        "--poses", type=Path, help=".npz of motion capture, instead of poses from the pose prior"
    )
    parser.add_argument(
        "--backgrounds", type=Path, help="folder of pictures, instead of generated backgrounds"
    )
    parser.add_argument(
        "--crowd",
        type=_number(1, MOST_SCENES),
        nargs="?",
        const=0,
        metavar="K",
        help="people before and behind one another: the most crowded of K scenes; without K, of 1, 4 or 8 in turn",
    )
    parser.add_argument(
        "--wardrobe",
        type=Path,
        help="folder of MakeHuman's clothes, hair and skins, instead of drawn clothes",
    )
    parser.add_argument("--panoramas", type=Path, help="folder of .hdr panoramas: light and background")
    parser.add_argument(
        "--occluders",
        type=_share,
        default=0.25,
        help="share of photos with boxes, poles and furniture among the people",
    )
    parser.add_argument("--children", type=_share, default=KIDS, help="their share of the people")
    parser.add_argument("--workers", type=_number(1, 256), default=2, help="number of processes")
    parser.add_argument("--seed", type=_number(0, 2**31), default=0, help="seed of all random choices")
    parser.add_argument(
        "--project", action="store_true", help="write a project with noisy detections instead of a data set"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.project and given.out.suffix != PROJECT:
        parser.error(f"--out {given.out}: a project ends in {PROJECT}")
    if given.project:
        parser.refuse(given, DATASET_ONLY, "for a data set alone. Leave it out, or leave out --project.")
    return run_to_end(lambda: make(given))


def make(given: argparse.Namespace) -> int:
    """Make the data set or project of the command line. Returns the exit code. Raises FitloopError and OSError."""
    check_output(given.out if given.project else given.out / DATASET)
    if given.project:
        make_project(given.out, given.count, given.size, given.seed)
        return 0
    size = given.size, given.height or given.size
    Backgrounds(size, given.backgrounds)  # these refuse a wrong folder before workers start
    if given.wardrobe:
        Wardrobe(given.wardrobe, load_body())
    if given.panoramas:
        Panoramas(given.panoramas)
    crowd = () if given.crowd is None else (given.crowd,) if given.crowd else SCENES
    config = StudioConfig(
        given.size, given.people, given.seed, given.poses, given.backgrounds, crowd,
        given.wardrobe, given.panoramas, given.occluders, given.height, given.agora_cameras,
        given.children,
    )  # fmt: skip
    _, whole = make_dataset(config, given.out, given.count, given.workers)
    return 0 if whole else INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
