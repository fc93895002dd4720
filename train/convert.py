"""Convert between file formats and projects: python -m train.convert SOURCE DESTINATION

The format of SOURCE is told from its content, that of DESTINATION from its suffix; --from and --to name
them, --list lists them. What a reader left out is printed, reason by reason. With --detect, SOURCE is a photo or a
folder of photos in which people are found, or annotations in whose boxes keypoints are found anew.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from core.body.model import Body, load_body
from core.detect import DETECTORS
from core.detect.rtmlib import MODES
from core.errors import FitloopError, ProjectError
from core.formats.bodies import (
    agora,
    amass,
    cliff,
    curated,
    eft,
    hmr2,
    parameters,
    pw3d,
    smplifyx,
    spin,
    spin_edited,
    spin_write,
)
from core.formats.bodies.spin_write import with_truth
from core.formats.keypoints import coco, cvat, lsp, mpii, openpose, yolo
from core.formats.meshes import gltf, mesh
from core.formats.recognise import FORMATS, photo_root, recognise
from core.formats.shared.report import Export, Import, LeftOut, grouped
from core.records import Fit, Person, Photo
from core.store.project.project import Project
from train.bulk.detect_photos import DetectorChoice, detect_in_photos, detect_round_people, is_photos
from train.run.parser import CommandLine, check_output, run_to_end

PROJECT = ".fitloop"
SOURCE_FORMATS = (*FORMATS, "project")
WRITERS = {
    "project": "a project, .fitloop",
    "coco": "COCO keypoints JSON",
    "spin": "SPIN data set .npz; with --base a copy of it in which only edited rows change",
    "spin-fits": "SPIN fits .npy (N, 82)",
    "eft": "EFT fits JSON",
    "parameters": "SMPL parameters, .npz or .json",
    "amass": "AMASS-style .npz of one person through the photos",
    "mesh": "a mesh a person: .obj, .ply or .glb",
    "animation": "animated .glb of one person through the photos",
}
BY_SUFFIX = {
    PROJECT: "project", ".json": "coco", ".npz": "spin", ".npy": "spin-fits", ".obj": "mesh", ".ply": "mesh",
    ".glb": "mesh",
}  # fmt: skip


@dataclass(frozen=True)
class ConvertOptions:
    """What the shell gave beside SOURCE and DESTINATION."""

    photos: Path | None = None
    fits: Path | None = None
    base: Path | None = None
    people: Path | None = None
    body: Path | None = None
    layout: str | None = None
    person: int | None = None
    frame_rate: float = 30.0

    def body_or_none(self) -> Body | None:
        """The body that the user named."""
        return None if self.body is None else load_body(self.body)


READERS: dict[str, Callable[[Path, ConvertOptions], Import]] = {
    "coco": lambda path, o: coco.read(path, o.photos),
    "openpose": lambda path, o: openpose.read(path, o.photos, _known(o)),
    "spin": lambda path, o: spin.read(path, o.photos, o.fits, o.body_or_none()),
    "hmr2": lambda path, o: hmr2.read(path, o.photos, o.body_or_none()),
    "cliff": lambda path, o: cliff.read(path, o.photos),
    "eft": lambda path, o: eft.read(path, o.photos, o.body_or_none()),
    "3dpw": lambda path, o: pw3d.read(path, o.photos, o.body_or_none()),
    "agora": lambda path, o: agora.read(path, o.photos, o.body_or_none()),
    "mpii": lambda path, o: mpii.read(path, o.photos),
    "lsp": lambda path, o: lsp.read(path, o.photos),
    "cvat": lambda path, o: cvat.read(path, o.photos),
    "yolo": lambda path, o: yolo.read(path, o.photos, o.layout),
    "smplifyx": lambda path, o: smplifyx.read(path, o.photos, o.body_or_none()),
    "parameters": lambda path, o: parameters.read(path, o.photos),
    "curated": lambda path, o: curated.read(path, o.photos),
}


def _known(options: ConvertOptions) -> tuple[Photo, ...]:
    """The people whose keypoints are to be replaced, if the user named a file of them."""
    return () if options.people is None else read(options.people, None, replace(options, people=None)).photos


def read(source: Path, name: str | None, options: ConvertOptions) -> Import:
    """Photos and people of a file, folder or project. Raises FitloopError."""
    if name == "project" or (name is None and source.suffix == PROJECT):
        if options.photos is not None:
            raise ProjectError(
                f"{source}: --photos is not for a project, which knows where its photos are. Leave it out; photos that "
                "were moved are found in the window: File, Find moved photos."
            )
        with Project.open(source, read_only=True) as project:
            return Import(tuple(project.photos()), format="project")
    return READERS[name or recognise(source)](source, options)


def detected(
    source: Path, name: str | None, options: ConvertOptions, choice: DetectorChoice
) -> tuple[Import, Path]:
    """People as a detector finds them, in photos or in the boxes of annotated people, and the folder that photos'
    paths start from. Raises FitloopError."""
    if name is None and is_photos(source):
        return detect_in_photos(source, choice), source if source.is_dir() else source.parent
    known = read(source, name, options)
    root = root_of(source, options, known.format)
    return detect_round_people(known, root, choice), root


def write(
    destination: Path, name: str, photos: tuple[Photo, ...], root: Path, options: ConvertOptions
) -> str:
    """Write people of photos whose paths are relative to `root`. Returns what was done, in words."""
    if name == "project":
        with Project.create(destination) as project:
            project.add_photos(_moved(photos, root, destination.absolute().parent))
        return f"{destination}: a project of {len(photos)} photo{'s' * (len(photos) != 1)}"
    if name == "mesh":
        return _write_meshes(destination, photos, options)
    if name in ("amass", "animation"):
        return _write_sequence(destination, name, photos, options)
    return f"{destination}: {_write_people(destination, name, photos, root, options).summary()}"


def _write_people(
    destination: Path, name: str, photos: tuple[Photo, ...], root: Path, options: ConvertOptions
) -> Export:
    if name == "coco":
        return coco.write(destination, photos)
    if name == "parameters":
        return parameters.write(destination, photos)
    if name == "eft":
        return eft.write(destination, photos, options.body_or_none())
    if name == "spin-fits":
        return spin_write.write_fits(destination, photos, options.body_or_none())
    if options.base is None:
        return spin_write.write(destination, photos, options.body_or_none())
    fits = None
    if options.fits is not None:
        fits = options.fits, destination.with_name(f"{destination.stem}_fits.npy")
    return spin_edited.write(options.base, photos, destination, fits, options.body_or_none(), root)


def _write_sequence(destination: Path, name: str, photos: Sequence[Photo], options: ConvertOptions) -> str:
    """The fits of one person, in the order of the photos: the one named, else the first of each photo."""
    left_out: list[LeftOut] = []
    of_photo: dict[str, Fit] = {}
    for photo, person in _fitted(photos, left_out):
        if person.fit is not None and options.person in (None, person.id):
            of_photo.setdefault(photo.path, person.fit)
    reason = "nobody here has a fit to write: the sequence goes on without this photo"
    left_out += [LeftOut(photo.path, reason) for photo in photos if photo.path not in of_photo]
    sequence, body = list(of_photo.values()), load_body(options.body)
    if name == "amass":
        left_out += amass.write(destination, sequence, body, options.frame_rate).left_out
    else:
        gltf.write(destination, sequence, body, options.frame_rate)
    return "\n".join(
        [f"{destination}: {len(sequence)} photo{'s' * (len(sequence) != 1)}", *grouped(left_out)]
    )


def _write_meshes(destination: Path, photos: Iterable[Photo], options: ConvertOptions) -> str:
    """NAME.obj for one person, NAME_0001.obj, … for several."""
    left_out: list[LeftOut] = []
    fits = [person.fit for _, person in _fitted(photos, left_out) if person.fit is not None]
    body = load_body(options.body)
    for number, fit in enumerate(fits, start=1):
        several = destination.with_name(f"{destination.stem}_{number:04d}{destination.suffix}")
        mesh.write(destination if len(fits) == 1 else several, fit, body)
    done = (
        f"{destination}: {len(fits)} mesh{'es' * (len(fits) != 1)}"
        if fits
        else "nobody has a fit, so no mesh was written"
    )
    return "\n".join([done, *grouped(left_out)])


def _fitted(photos: Iterable[Photo], left_out: list[LeftOut]) -> list[tuple[Photo, Person]]:
    """Who has a fit that nobody rejected; the others' are said in `left_out`."""
    return with_truth([(photo, person) for photo in photos for person in photo.people], left_out)


def _moved(photos: Iterable[Photo], root: Path, folder: Path) -> Iterator[Photo]:
    """Photos with paths relative to another folder."""
    start = os.path.relpath(root.absolute(), folder)
    for photo in photos:
        yield photo.with_(path=os.path.normpath(str(PurePosixPath(start, photo.path))).replace(os.sep, "/"))


def root_of(source: Path, options: ConvertOptions, format: str) -> Path:
    """The folder that photos' paths start from. format: as an Import tells it."""
    return photo_root(source, format) if options.photos is None else options.photos


def _parser() -> CommandLine:
    parser = CommandLine("train.convert", __doc__)
    parser.add_argument("source", type=Path, nargs="?", help="a file, a folder or a project")
    parser.add_argument("destination", type=Path, nargs="?", help="the file to write")
    parser.add_argument("--list", action="store_true", help="list the formats and stop")
    parser.add_argument("--from", dest="source_format", choices=SOURCE_FORMATS, help="format of SOURCE")
    parser.add_argument("--to", dest="destination_format", choices=WRITERS, help="format of DESTINATION")
    parser.add_argument("--photos", type=Path, help="folder that the names of photos are relative to")
    parser.add_argument("--fits", type=Path, help="SPIN's fits (.npy or final fits .npz) of the data set")
    parser.add_argument(
        "--people", type=Path, help="people that OpenPose's detections belong to: any file or project"
    )
    parser.add_argument("--base", type=Path, help="SPIN's .npz to write a copy of, changed only where edited")
    parser.add_argument(
        "--body", type=Path, help="SMPL file (.pkl, .npz or folder) in place of the open body"
    )
    parser.add_argument("--detect", choices=DETECTORS, help="find people, or keypoints in people's boxes")
    parser.add_argument("--mode", choices=MODES, default="balanced", help="which of rtmlib's weights")
    parser.add_argument(
        "--weights",
        type=Path,
        nargs=2,
        metavar="ONNX",
        help="rtmlib's weights from files: of boxes, of keypoints",
    )
    parser.add_argument("--device", default="cpu", help="of rtmlib: cpu, cuda, cuda:1 …")
    parser.add_argument("--layout", help="layout of YOLO's keypoints")
    parser.add_argument("--person", type=int, help="which person a sequence is of, by id")
    parser.add_argument("--frame-rate", type=_rate, default=30.0, help="photos a second of a sequence")
    return parser


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code: 1 for input that cannot be used, 2 for a wrong command."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        print(_listing())
        return 0
    if given.source is None or given.destination is None:
        parser.error("SOURCE and DESTINATION are needed; --list lists the formats")
    name = given.destination_format or BY_SUFFIX.get(given.destination.suffix)
    if name is None:
        parser.error(f"no format has the suffix '{given.destination.suffix}'; choose one with --to")
    options = ConvertOptions(
        given.photos,
        given.fits,
        given.base,
        given.people,
        given.body,
        given.layout,
        given.person,
        given.frame_rate,
    )
    return run_to_end(lambda: convert(given, name, options))


def convert(given: argparse.Namespace, name: str, options: ConvertOptions) -> int:
    """Read, find people where asked, and write the format of this name. Raises FitloopError and OSError."""
    check_output(given.destination, makes_folder=False)
    if name == "project" and given.destination.exists():
        raise FitloopError(f"{given.destination} is there already. Choose another name, or delete it.")
    if given.detect is None:
        imported = read(given.source, given.source_format, options)
        root = root_of(given.source, options, imported.format)
    else:
        weights = None if given.weights is None else tuple(given.weights)
        choice = DetectorChoice(given.detect, given.device, given.mode, weights)
        imported, root = detected(given.source, given.source_format, options, choice)
    print(imported.summary())
    print(write(given.destination, name, imported.photos, root, options))
    return 0


def _listing() -> str:
    rows = [("reads", "")] + [(f"  {name}", words) for name, words in FORMATS.items()]
    rows += [("writes", "")] + [(f"  {name}", words) for name, words in WRITERS.items()]
    return "\n".join(f"{name:14}{words}".rstrip() for name, words in rows)


if __name__ == "__main__":
    sys.exit(main())
