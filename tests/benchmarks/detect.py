"""How well a detector finds annotated keypoints: PCK over every annotated person of a folder, each in its box.

    python -m tests.benchmarks.detect --data ../shared/data [--detector mediapipe|rtmpose] [--sheet sheet.jpg] [--json]

A keypoint counts as found when it is nearer than a share of the longer side of the person's box (PCK@0.05, 0.1, 0.2).
Only keypoints that both layouts define alike are compared. `all` counts people that the detector missed as wrong.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.body.keypoints import convert, layout
from core.detect import DETECTORS, Detector, detect, load_detector
from core.errors import FitloopError, ReadError
from core.formats.keypoints import coco
from core.geometry.image import read_image
from core.records import BBOX_PADDING, Keypoints, Person, Photo
from tests.benchmarks.shared.machine import machine
from train.bulk.detect_photos import photos_of
from train.rendering.sheets import Picture, grid, label, save_picture
from train.run.parser import CommandLine

SHARES = (0.05, 0.1, 0.2)
TILE = 360
SURE = 0.3
SIDE_COLOURS = {"left": (40, 120, 255), "right": (255, 110, 30), "centre": (40, 190, 90)}


@dataclass(frozen=True, eq=False)
class Compared:
    """One person: distance (N,) of the compared keypoints in shares of the box's side; infinite when missed."""

    source: str
    distance: np.ndarray

    @property
    def found(self) -> bool:
        return bool(np.isfinite(self.distance).any())


def annotated(folder: Path) -> Iterator[tuple[str, Photo]]:
    """Photos with annotated people that are there, file by file."""
    for path in sorted(folder.glob("*.json")):
        try:
            imported = coco.read(path)
        except ReadError:
            continue
        for photo in imported.photos:
            if photo.people and (folder / photo.path).is_file():
                yield path.stem, photo


def compare(source: str, truth: Person, found: Person | None) -> Compared | None:
    """None where the layouts have no visible keypoint in common."""
    if found is None:
        # A person that was not found misses all keypoints that detectors and annotators share.
        shared = (
            convert(np.ones((layout("coco17").k, 3), np.float32), "coco17", truth.keypoints.layout)[:, 2] > 0
        )
        number = int((shared & (truth.keypoints.confidence > 0)).sum())
        return Compared(source, np.full(number, np.inf)) if number else None
    every = np.ones((layout(found.keypoints.layout).k, 3), np.float32)
    shared = convert(every, found.keypoints.layout, truth.keypoints.layout)[:, 2] > 0
    both = shared & (truth.keypoints.confidence > 0)
    if not both.any():
        return None
    named = convert(found.keypoints.array, found.keypoints.layout, truth.keypoints.layout)
    distance = np.linalg.norm(named[both, :2] - truth.keypoints.xy[both], axis=1)
    return Compared(source, distance / (truth.bbox.side / BBOX_PADDING))


def measure(folder: Path, detector: Detector) -> tuple[list[Compared], list[float]]:
    """Every annotated person compared, and seconds a person."""
    people: list[Compared] = []
    seconds: list[float] = []
    for source, photo in annotated(folder):
        image = read_image(folder / photo.path)
        began = time.perf_counter()
        found = {person.id: person for person in detect(image, detector, photo)}
        seconds += [(time.perf_counter() - began) / len(photo.people)] * len(photo.people)
        compared = [compare(source, person, found.get(person.id)) for person in photo.people]
        people += [one for one in compared if one is not None]
    return people, seconds


def summarise(people: list[Compared]) -> dict[str, object]:
    """PCK over keypoints, of everyone and of those who were found."""
    every = np.concatenate([one.distance for one in people])
    seen = np.concatenate([one.distance for one in people if one.found] or [np.zeros(0)])
    return {
        "people": len(people),
        "found": sum(one.found for one in people),
        "keypoints": len(every),
        **{f"pck_{share:g}_all": round(float((every < share).mean()), 3) for share in SHARES},
        **{f"pck_{share:g}_found": round(float((seen < share).mean()), 3) for share in SHARES if len(seen)},
    }


def sheet(folder: Path, detector: Detector) -> Picture:
    """Every photo with what the detector finds in it by itself, one tile each."""
    tiles = []
    for name in photos_of(folder):
        image = read_image(folder / name)
        scale = TILE / max(image.shape[:2])
        tile = np.full((TILE, TILE, 3), 255, np.uint8)
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tile[: small.shape[0], : small.shape[1]] = small[:TILE, :TILE]
        for person in detect(image, detector):
            draw(tile, person.keypoints, scale)
        tiles.append(label(tile, Path(name).stem[:40]))
    return grid(tiles, 5, gap=4)


def draw(tile: Picture, keypoints: Keypoints, scale: float) -> None:
    """Bones and points, the person's left blue and right orange."""
    shape = layout(keypoints.layout)
    at = np.rint(keypoints.xy * scale).astype(int)
    for start, end in shape.bones:
        if min(keypoints.confidence[start], keypoints.confidence[end]) >= SURE:
            cv2.line(
                tile, at[start].tolist(), at[end].tolist(), SIDE_COLOURS[shape.sides[end]], 2, cv2.LINE_AA
            )
    for point, side, confidence in zip(at, shape.sides, keypoints.confidence, strict=True):
        if confidence >= SURE:
            cv2.circle(tile, point.tolist(), 3, SIDE_COLOURS[side], -1, cv2.LINE_AA)


def main() -> int:
    parser = CommandLine("tests.benchmarks.detect", __doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder whose photos/ are annotated")
    parser.add_argument("--detector", choices=DETECTORS, default="mediapipe")
    parser.add_argument("--weights", type=Path, nargs=2, metavar="ONNX", help="rtmpose's weights from files")
    parser.add_argument("--sheet", type=Path, help="also draw every photo with what is found in it")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    options = parser.parse_args()
    folder = options.data / "photos"
    weights = None if options.weights is None else (options.weights[0], options.weights[1])
    try:
        with closing(load_detector(options.detector, weights=weights)) as detector:
            people, seconds = measure(folder, detector)
            if options.sheet is not None:
                save_picture(options.sheet, sheet(folder, detector))
    except FitloopError as error:
        print(error, file=sys.stderr)
        return 1
    by_source = {
        name: summarise([p for p in people if p.source == name])
        for name in sorted({p.source for p in people})
    }
    told = {
        "detector": options.detector,
        "machine": machine(),
        "median_ms_a_person": round(1e3 * float(np.median(seconds)), 1),
        "all": summarise(people),
        "by_source": by_source,
    }
    print(json.dumps(told, indent=None if options.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
