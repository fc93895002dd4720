"""Reads our own fits dictionary (`curated.npz`) back into photos and people.

Verdicts, locks and sources are restored, and keypoints in SPIN's 49. Tags, notes, wishes, guesses and alternatives are
only in a project. A fit that was too weak to be valid is marked weak again, so that it does not become truth.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from core.body.keypoints import FITS_LAYOUT
from core.errors import FitsError
from core.files.npz import faults_as, read_npz
from core.files.unusable import Unusable
from core.formats.shared.crop_frame import UNSCORED, seen_by
from core.formats.shared.gathered_photos import Tracks
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.people import Ids, make_keypoints
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report
from core.records import BBox, Fit, Person, Photo
from core.store.fits.columns import NUMBERS, OPTIONAL, TEXTS, TRACK, TRUTHS, check_arrays, tracks_of
from core.store.fits.dictionary import VALID_SCORE_PX
from core.store.project.rows import VERDICTS

FORMAT = "fits dictionary"
MAX_SIDE = 100_000  # px
NAMES = (*NUMBERS, *OPTIONAL, *TRUTHS, *TEXTS, "body", "format_version")


def recognise(seen: Glimpse) -> int:
    """By its arrays."""
    return SURE if seen.arrays >= set(NAMES) - set(OPTIONAL) else NO


def read(path: Path, photos: Path | None = None) -> Import:
    """Read photos and people with their fits. Rows of missing photos are left out.

    Raises ReadError.
    """
    report = Report(path, FORMAT)
    try:
        with faults_as(FitsError, path):
            arrays = read_npz(path, (*NAMES, TRACK))
        check_arrays(arrays, path.name)
    except FitsError as error:
        raise report.error(str(error), "Save the fits again in Fitloop.") from error
    report.count_people(len(arrays["imgname"]))
    identities, tracks = tracks_of(arrays, len(arrays["imgname"])).tolist(), Tracks()
    folder, ids = PhotoFolder(photos or path.parent, report), Ids()
    found: dict[str, Photo] = {}
    for row in range(len(arrays["imgname"])):
        with report.record(f"row {row}"):
            relative = folder.relative(str(arrays["imgname"][row]))
            values = {name: arrays[name][row] for name in (*NUMBERS, *TRUTHS, *TEXTS)}
            person = _person(ids.take(), values, str(arrays["body"]), report, f"row {row}")
            track = tracks.take(identities[row], str(arrays["dataset"][row]))  # -1 is none
            photo = found.get(relative) or seen_by(
                Photo(relative, *_size(arrays, row, folder.known_size(relative))),
                float(values["focal_length"]),
                values["camera_center"],
            )
            found[relative] = photo.with_(people=(*photo.people, person.with_(track=track)))
    return report.done(found.values())


def _size(arrays: dict[str, np.ndarray], row: int, now: tuple[int, int]) -> tuple[int, int]:
    """Width and height [px] of the photo that a row refers to; `now` where the file does not have them."""
    width, height = arrays["photo_size"][row].tolist() if "photo_size" in arrays else (0, 0)
    is_known = min(width, height) >= 1 and max(width, height) <= MAX_SIDE
    return (int(width), int(height)) if is_known else now


def _person(person_id: int, row: dict[str, np.ndarray], body: str, report: Report, record: str) -> Person:
    verdict = str(row["verdict"])
    if verdict not in VERDICTS:
        raise Unusable(f"its verdict '{verdict}' is none of {', '.join(VERDICTS)}")
    return Person(
        person_id,
        BBox(row["center"], float(row["scale"])),
        make_keypoints(FITS_LAYOUT, row["keypoints"].astype(np.float64), report, record),
        fit=_fit(row, body),
        verdict=verdict,  # type: ignore[arg-type]
        locked=bool(row["locked"]),
    )


def _fit(row: dict[str, np.ndarray], body: str) -> Fit | None:
    source = str(row["source"])
    if not source:
        return None
    if source not in ("guess", "fit", "curated"):
        raise Unusable(f"its source '{source}' is unknown")
    score = float(row["score"])
    return Fit(
        pose=row["pose"],
        betas=row["betas"],
        cam_t=row["cam_t"],
        camera_center=row["camera_center"],
        kid=float(row["kid"]),
        focal_length=float(row["focal_length"]),
        score=score if math.isfinite(score) else UNSCORED,
        body=body,
        source=source,  # type: ignore[arg-type]
        weak=_was_weak(row),
    )


def _was_weak(row: dict[str, np.ndarray]) -> bool:
    """True if a fit of good score is not valid, and no rejection explains that."""
    return bool(row["score"] <= VALID_SCORE_PX and not row["valid_fit"] and str(row["verdict"]) != "rejected")
