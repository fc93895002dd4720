"""Makes a fits dictionary of a project: accepted, corrected and locked people become rows to train on."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from core.body.keypoints import FITS_LAYOUT, convert
from core.errors import FitsError
from core.records import Person, Photo
from core.store.fits.columns import (
    FORMAT_VERSION,
    NO_TRACK,
    NUMBERS,
    OPTIONAL,
    TEXTS,
    TRACK,
    TRUTHS,
    fault_of,
)
from core.store.fits.dictionary import VALID_SCORE_PX, FitsDictionary
from core.store.fits.row_origin import in_row_order


def fits_of_photos(photos: Iterable[Photo], body: str, dataset: str = "project") -> FitsDictionary:
    """One row for each person, in the order of `in_row_order`: row i of a data set's people is its row i.

    A person without a fit gets an empty row that a training run may fill.
    body: fingerprint of the body of the fits. Raises FitsError if a fit is of another body.
    """
    rows = []
    for photo, person in in_row_order(photos):
        _check_body(photo, person, body)
        rows.append({**_row(photo, person), "dataset": dataset})
    arrays = {
        name: np.array([row[name] for row in rows], np.float32).reshape(len(rows), *shape)
        for name, shape in (NUMBERS | OPTIONAL).items()
    }
    arrays |= {name: np.array([row[name] for row in rows], bool) for name in TRUTHS}
    arrays |= {name: np.array([row[name] for row in rows], np.str_) for name in TEXTS}
    arrays[TRACK] = np.array([row[TRACK] for row in rows], np.int64)
    return FitsDictionary.from_arrays(
        {**arrays, "body": np.array(body), "format_version": np.array(FORMAT_VERSION)}, "the project"
    )


def without_impossible(photos: Iterable[Photo]) -> tuple[list[Photo], tuple[str, ...]]:
    """The photos without people whose numbers no row can have, and for each such person what is wrong.

    One box of no size would otherwise keep all other people from being written.
    """
    kept, faults = [], []
    for photo in photos:
        found = {person.id: fault_of(_row(photo, person)) for person in photo.people}
        faults += [f"{photo.path}, person {one}: {fault}" for one, fault in found.items() if fault]
        kept.append(photo.with_(people=tuple(one for one in photo.people if not found[one.id])))
    return kept, tuple(faults)


def is_valid(person: Person) -> bool:
    """True if the fit counts as truth: locked or accepted, or of a good score and not rejected."""
    fit = person.fit
    if fit is None or person.verdict == "rejected":
        return False
    return person.locked or person.verdict == "accepted" or (not fit.weak and fit.score <= VALID_SCORE_PX)


def _check_body(photo: Photo, person: Person, body: str) -> None:
    if person.fit is not None and person.fit.body != body:
        raise FitsError(
            f"{photo.path}, person {person.id}: the fit is of body '{person.fit.body}', the fits dictionary of body "
            f"'{body}'. Fit this person again, or choose that body."
        )


def _row(photo: Photo, person: Person) -> dict[str, object]:
    fit, keypoints = person.fit, person.keypoints
    is_as_kept = keypoints.layout == FITS_LAYOUT
    known = keypoints if is_as_kept else convert(keypoints, keypoints.layout, FITS_LAYOUT)
    focal_length, center = photo.camera
    return {
        "pose": fit.pose if fit else np.zeros(72),
        "betas": fit.betas if fit else np.zeros(10),
        "kid": fit.kid if fit else 0.0,
        "cam_t": fit.cam_t if fit else np.zeros(3),
        "focal_length": fit.focal_length if fit else focal_length,
        "camera_center": fit.camera_center if fit else center,
        "center": person.bbox.center,
        "scale": person.bbox.scale,
        "photo_size": (photo.width, photo.height),
        "keypoints": known.array,
        "score": fit.score if fit and math.isfinite(fit.score) else math.inf if fit else math.nan,
        "valid_fit": is_valid(person),
        "locked": person.locked,
        "imgname": photo.path,
        "verdict": person.verdict,
        "source": fit.source if fit else "",
        TRACK: NO_TRACK if person.track is None else person.track,
    }
