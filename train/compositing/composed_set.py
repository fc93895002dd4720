"""The data set of composites: photos and masks as train.synthetic writes them, one row a person, and how each failed.

Rows are kept in parts of CHUNK photos, so that a killed run goes on where it was, and joined at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from core.errors import FitloopError
from core.files.npz import write_arrays
from core.files.untrusted import read_arrays, read_json
from core.files.whole_file import whole_file
from train.compositing.composites import Composite
from train.compositing.cutting.staged_people import StagedPeople
from train.compositing.placements import FEWEST_SEEN, NUMBERS
from train.compositing.proposals import Proposer
from train.synthesis.photo import Truth
from train.synthesis.writing import dataset_arrays, image_name, mask_name, save_image

DATASET, SETTINGS, PARTS = "composed.npz", "compose.json", "parts"
CHUNK = 8  # photos between two parts
NOT_ASKED = np.float32("nan")
Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class ComposedPart:
    """Photos done so far, of how many, and the mean loss of the last ones' asked people."""

    done: int
    count: int
    loss: float


def begin(folder: Path, settings: dict[str, Any], goes_on: bool) -> None:
    """Make the folder, or check that the same settings go on in it. Raises FitloopError."""
    file = folder / SETTINGS
    if file.exists():
        before = read_json(file)
        differ = sorted(
            name for name in settings if not isinstance(before, dict) or before.get(name) != settings[name]
        )
        if not goes_on:
            raise FitloopError(
                f"{folder}: has composites already. Go on with --resume, or choose another --out."
            )
        if differ:
            raise FitloopError(
                f"{folder}: was begun with another --{differ[0].replace('_', '-')}. Go on with the same options."
            )
        return
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    for name in (image_name(0), mask_name(0)):
        (folder / name).parent.mkdir(exist_ok=True)
    with whole_file(file) as stream:
        stream.write((json.dumps(settings, indent=1) + "\n").encode())


def write_composites(folder: Path, proposer: Proposer, count: int) -> Generator[ComposedPart, None, None]:
    """Make the composites that are not there yet, part by part. Raises FitloopError and OSError."""
    for start in range(0, count, CHUNK):
        part = folder / PARTS / f"{start:08d}.npz"
        if part.exists():
            continue
        numbers = range(start, min(start + CHUNK, count))
        made = proposer.composites(numbers)
        for number, (composite, _) in zip(numbers, made, strict=True):
            _save(folder, number, composite)
        arrays = rows_of(list(zip(numbers, made, strict=True)), proposer.body)
        write_arrays(part, arrays)
        yield ComposedPart(numbers[-1] + 1, count, float(np.mean([loss for _, loss in made])))


def join(folder: Path) -> int:
    """Write DATASET from the parts. Returns the number of rows."""
    parts = [read_arrays(file) for file in sorted((folder / PARTS).glob("*.npz"))]
    if not parts:
        return 0
    first = parts[0]
    arrays = {
        name: np.concatenate([part[name] for part in parts]) if value.ndim else value
        for name, value in first.items()
    }
    write_arrays(folder / DATASET, arrays)
    return len(arrays["imgname"])


def keep_rows(folder: Path, keep: Callable[[str], bool]) -> tuple[int, int]:
    """Leave the photos out of DATASET that are not to be kept. Returns rows kept, and rows before."""
    arrays = read_arrays(folder / DATASET)
    kept = np.array([keep(str(name)) for name in arrays["imgname"]], bool)
    write_arrays(
        folder / DATASET, {name: value[kept] if value.ndim else value for name, value in arrays.items()}
    )
    return int(kept.sum()), len(kept)


def rows_of(made: list[tuple[int, tuple[Composite, float]]], body: Body) -> Arrays:
    """The arrays of photos and their losses; people with fewer than FEWEST_SEEN visible keypoints are no rows.

    Beside train.synthetic's arrays: kind, of_row (row of the source), numbers (N, 4) of the photo's proposal,
    target_loss, of the person that the target was asked about, else NaN; covered and cut of that person, else NaN.
    """
    truths, photos, more = [], [], []
    for number, (composite, loss) in made:
        for q in range(len(composite.people)):
            if composite.people.seen[q] < FEWEST_SEEN:
                continue
            asked = q == composite.asked
            hidden = float(100 * composite.covered if asked else NOT_ASKED)
            truths.append(truth_of(composite.people[[q]], q + 1, composite.plan.size, hidden))
            photos.append(number)
            more.append((composite, asked, loss if asked else NOT_ASKED, int(composite.people.of_row[q])))
    arrays = dataset_arrays(truths, body, photos)
    arrays["kind"] = np.array([one.plan.kind for one, *_ in more], np.str_)
    arrays["of_row"] = np.array([row for *_, row in more], np.int64)
    arrays["numbers"] = np.array([one.plan.pastes[0].numbers for one, *_ in more], np.float32).reshape(
        -1, NUMBERS
    )
    arrays["target_loss"] = np.array([loss for _, _, loss, _ in more], np.float32)
    for name in ("covered", "cut"):
        values = [getattr(one, name) if asked else NOT_ASKED for one, asked, *_ in more]
        arrays[name] = np.array(values, np.float32)
    return arrays


def truth_of(person: StagedPeople, number: int, size: tuple[int, int], hidden: float) -> Truth:
    """One person as train.synthetic has them. number: in the mask; hidden [%]: NaN where it was not measured."""
    return Truth(
        pose=person.pose,
        betas=person.betas,
        kid=person.kid,
        cam_t=person.cam_t,
        focal_length=float(person.focal_length[0]),
        camera_center=(float(person.camera_center[0, 0]), float(person.camera_center[0, 1])),
        keypoints=person.keypoints,
        occluded=person.occluded,
        box=person.box_in(size),
        number=np.array([number], np.uint8),
        occlusion=np.array([hidden], np.float32),
        overlap=np.full(1, np.nan, np.float32),
        garments=("",),
    )


def _save(folder: Path, number: int, composite: Composite) -> None:
    quality = [cv2.IMWRITE_JPEG_QUALITY, composite.plan.quality]
    save_image(folder / image_name(number), composite.image[..., ::-1], quality)
    save_image(folder / mask_name(number), composite.mask, [cv2.IMWRITE_PNG_COMPRESSION, 1])
