"""Writes new SPIN data sets .npz and fits .npy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from core.body.keypoints import OPENPOSE, convert
from core.body.model import SMPL_NEUTRAL, Body
from core.files.whole_file import whole_file
from core.formats.bodies.spin import BETAS, FORMAT, LAYOUT, POSE, read_table
from core.formats.bodies.spin_matched import match_rows, read_final_rows
from core.formats.bodies.spin_table import PART
from core.formats.shared.crop_frame import SAME_PX, betas_for_smpl, fits_in_crop, placing_body
from core.formats.shared.genders import COLUMN as GENDER
from core.formats.shared.genders import column_of, is_gendered
from core.formats.shared.pose_rows import Frame
from core.formats.shared.report import Export, LeftOut, Report
from core.formats.shared.row_frame import COLUMN as FRAME
from core.formats.shared.row_frame import frame_named, is_3dpw
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import Keypoints, Person, Photo
from core.store.fits.dictionary import VALID_SCORE_PX
from core.store.fits.row_origin import in_row_order, places_in_rows, rows_of_one_file

SAME_ANGLE = 1e-4  # rad; a round trip through the crop's frame changes less, any edit by hand more


def write(path: Path, photos: Iterable[Photo], body: Body | None = None, frame: str | None = None) -> Export:
    """Write a data set .npz of all people. Fits become pose and shape with has_smpl = 1.

    frame: "crop" as in SPIN's training data, or "photo"; by default that of SPIN's own file of these photos, which is
    the photo's for 3DPW. In the photo's frame global_t, focal_l and, off the photo's middle, camera_center go with it.
    SPIN treats has_smpl = 1 as truth and never refits it, so a doubtful fit (`doubtful`) gets 0. Keypoints of other
    layouts are converted to spin49. The column gender is written if a shape is of SMPL's male or female body. Raises
    FitsError if there are fits but no body, and OSError. People of a data set stay in the order of its rows.
    """
    left_out: list[LeftOut] = []
    people = _in_row_order(photos, left_out)
    keypoints = np.zeros((len(people), OPENPOSE + PART, 3), dtype=np.float32)
    for row, (photo, person) in enumerate(people):
        keypoints[row] = spin_keypoints(photo, person, left_out).array
    chosen = _frame_to_write(frame, [photo.path for photo, _ in people])
    pose, betas, has_smpl = _fit_rows(people, body, left_out, genders=True, frame=chosen)
    has_smpl[doubtful(people, left_out)] = 0
    genders = column_of(person.fit.body if person.fit else "" for _, person in people)
    arrays = {
        "imgname": np.array([photo.path for photo, _ in people], dtype=np.str_),
        "center": np.array([person.bbox.center for _, person in people], dtype=np.float64).reshape(-1, 2),
        "scale": np.array([person.bbox.scale for _, person in people], dtype=np.float64),
        "part": keypoints[:, OPENPOSE:],
        "openpose": keypoints[:, :OPENPOSE],
        "pose": pose,
        "shape": betas,
        "has_smpl": has_smpl,
        FRAME: np.array(chosen),
    }
    if chosen == "photo":
        arrays |= camera_columns(people, body)
    if (genders != "n").any():
        arrays[GENDER] = genders
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    notes = (f"poses are written in the frame of the {chosen}",) if chosen == "photo" else ()
    return Export(len(people), tuple(left_out), notes=notes)


def write_fits(
    path: Path,
    photos: Iterable[Photo],
    body: Body | None = None,
    base: Path | None = None,
    fits: Path | None = None,
    root: Path | None = None,
) -> Export:
    """Write a fits .npy (N, 82): the rows of the data set that people were read from, in its order; else of `write`.

    base: the data set, whose rows people are matched to as in `match_rows`; fits: its fits. Rows that nobody was read
    from come from `fits`, and so do rows that nobody edited, bit for bit; without it they are zeros, as SPIN marks a
    row without a fit. Raises as `write`, and ReadError.
    """
    left_out: list[LeftOut] = []
    chosen = list(photos)
    if base is not None:
        table = read_table(base, Report(base, FORMAT))
        rows = np.zeros((len(table), POSE + BETAS), np.float32)
        rows = rows if fits is None else read_final_rows(fits, base, len(table))
        matched = match_rows(table, chosen, base, root, left_out)
        places, people = list(matched), list(matched.values())
        others = sorted(set(range(len(table))) - set(places))
        reason = "nobody was read from this row: " + ("it is zeros" if fits is None else "it stays as it was")
    else:
        people = [(photo, person) for photo in chosen for person in photo.people]
        places, count = places_in_rows([person for _, person in people])
        rows = np.zeros((count, POSE + BETAS), np.float32)
        others = sorted(set(range(count)) - set(places))
        reason = "nobody was read from this row: it is zeros; --base and --fits keep it"
    left_out += [LeftOut(f"row {row}", reason) for row in others]
    pose, betas, has_smpl = _fit_rows(people, body, left_out, genders=False)
    for place, fit, has in zip(places, np.concatenate([pose, betas], axis=1), has_smpl, strict=True):
        if not has or not same_fit(fit, rows[place]):
            rows[place] = fit
    with whole_file(path) as stream:
        np.save(stream, rows)
    return Export(len(people), tuple(left_out))


def _in_row_order(photos: Iterable[Photo], left_out: list[LeftOut]) -> list[tuple[Photo, Person]]:
    """All people, those of a data set in the order of its rows. Rows that nobody was read from are told."""
    people = in_row_order(photos)
    rows, total = rows_of_one_file(person for _, person in people)
    lacking = sorted(set(range(total)) - {row for row in rows if row is not None})
    reason = "nobody was read from this row, so later rows have other numbers; --base keeps all rows"
    left_out += [LeftOut(f"row {row}", reason) for row in lacking]
    return people


def same_fit(fit: np.ndarray, old: np.ndarray) -> bool:
    """True if two rows (72 or more,) have the same numbers and turn the body alike."""
    same = np.array_equal(fit[3:], old[3:].astype(np.float32))
    turns = axis_angle_to_matrix(torch.from_numpy(np.stack([fit[:3], old[:3]]).astype(np.float64)))
    return bool(same and geodesic_angle(turns[0], turns[1]) < SAME_ANGLE)


def camera_columns(people: Sequence[tuple[Photo, Person]], body: Body | None = None) -> dict[str, np.ndarray]:
    """CLIFF's columns: global_t (N, 3) [m] of SMPL's body and focal_l (N,) [px]; camera_center (N, 2) where one is not
    its photo's middle. People without a fit have zeros, and the camera of their photo."""
    cameras = [
        photo.camera if person.fit is None else (person.fit.focal_length, tuple(person.fit.camera_center))
        for photo, person in people
    ]
    centers = np.array([center for _, center in cameras], np.float64).reshape(-1, 2)
    columns = {
        "global_t": np.array([cam_t_of_smpl(person, body) for _, person in people]).reshape(-1, 3),
        "focal_l": np.array([focal_length for focal_length, _ in cameras], np.float64),
    }
    middles = np.array([photo.middle for photo, _ in people], np.float64).reshape(-1, 2)
    if (np.abs(centers - middles) > SAME_PX).any():
        columns["camera_center"] = centers
    return columns


def cam_t_of_smpl(person: Person, body: Body | None) -> np.ndarray:
    """(3,) [m] translation of SMPL's body where the person's stands; zeros without a fit."""
    fit = person.fit
    if fit is None:
        return np.zeros(3)
    if fit.body == SMPL_NEUTRAL or is_gendered(fit.body):
        return fit.cam_t.astype(np.float64)
    placer = placing_body(body)
    shift = placer.pelvis_shift(fit.body) - placer.pelvis_shift(SMPL_NEUTRAL)
    return np.asarray(fit.cam_t + shift.cpu().numpy(), np.float64)


def spin_keypoints(photo: Photo, person: Person, left_out: list[LeftOut]) -> Keypoints:
    """The person's keypoints converted to spin49; adds to `left_out` if some have no place in it."""
    keypoints = person.keypoints
    if keypoints.layout == LAYOUT:
        return keypoints
    converted = convert(keypoints, keypoints.layout, LAYOUT)
    if (convert(converted, LAYOUT, keypoints.layout).confidence < keypoints.confidence).any():
        reason = f"some keypoints of layout '{keypoints.layout}' have no place in {LAYOUT}"
        left_out.append(LeftOut(f"{photo.path}, person {person.id}", reason))
    return converted


def smpl_betas(
    people: Sequence[tuple[Photo, Person]], left_out: list[LeftOut], genders: bool = False
) -> np.ndarray:
    """(N, 10) betas of people with fits; zeros for betas of another body, which `left_out` lists.

    genders: True if the file has a gender column; without it, betas of SMPL's male and female body become zeros too.
    """
    fits = [person.fit for _, person in people if person.fit is not None]
    betas, others = betas_for_smpl(fits)
    reasons = dict.fromkeys(others, "its shape is of the open body, not of SMPL")
    if not genders:
        gendered = [place for place, fit in enumerate(fits) if is_gendered(fit.body)]
        betas[gendered] = 0
        reasons |= dict.fromkeys(
            gendered, "its shape is of SMPL's male or female body, not of the neutral one"
        )
    for place, reason in reasons.items():
        photo, person = people[place]
        record = f"{photo.path}, person {person.id}, betas"
        left_out.append(LeftOut(record, f"{reason}: written as SMPL's mean shape"))
    return betas


def poses_in(frame: Frame, fitted: list[tuple[Photo, Person]], body: Body | None) -> np.ndarray:
    """pose (N, 72) [rad] of people who all have a fit."""
    if frame == "crop":
        return fits_in_crop(fitted, placing_body(body))[0]
    return np.array([person.fit.pose for _, person in fitted if person.fit is not None]).reshape(-1, POSE)


def with_truth(people: Sequence[tuple[Photo, Person]], left_out: list[LeftOut]) -> list[tuple[Photo, Person]]:
    """People whose fit may become truth. Rejected fits are added to `left_out`."""
    for photo, person in people:
        if person.fit is not None and not may_teach(person):
            left_out.append(LeftOut(f"{photo.path}, person {person.id}, fit", "it was rejected"))
    return [(photo, person) for photo, person in people if may_teach(person)]


def may_teach(person: Person) -> bool:
    """True if the person has a fit that was not rejected."""
    return person.fit is not None and person.verdict != "rejected"


def doubtful(people: Sequence[tuple[Photo, Person]], left_out: list[LeftOut]) -> list[int]:
    """Indices of fits that need a human's verdict to become truth: weak, or of a high score. Adds to `left_out`."""
    places = []
    for place, (photo, person) in enumerate(people):
        fit, decided = person.fit, person.locked or person.verdict in ("accepted", "rejected")
        if fit is not None and not decided and (fit.weak or fit.score > VALID_SCORE_PX):
            reason = "too few keypoints are seen" if fit.weak else f"its score is over {VALID_SCORE_PX:g} px"
            record = f"{photo.path}, person {person.id}, has_smpl"
            left_out.append(LeftOut(record, f"{reason}, and nobody accepted it: 0, so it is no truth"))
            places.append(place)
    return places


def _frame_to_write(frame: str | None, names: list[str]) -> Frame:
    """The frame asked for, or that of SPIN's own file of these photos. Raises FitloopError for another word."""
    if frame is not None:
        return frame_named(frame)
    return "photo" if is_3dpw(names) else "crop"


def _fit_rows(
    people: Sequence[tuple[Photo, Person]],
    body: Body | None,
    left_out: list[LeftOut],
    genders: bool,
    frame: Frame = "crop",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """pose (N, 72) in the frame, betas (N, 10), has_smpl (N,)."""
    pose = np.zeros((len(people), POSE), dtype=np.float32)
    betas = np.zeros((len(people), BETAS), dtype=np.float32)
    chosen = with_truth(people, left_out)
    has_smpl = np.array([may_teach(person) for _, person in people], dtype=np.uint8)
    fitted = np.flatnonzero(has_smpl).tolist()
    if fitted:
        pose[fitted] = poses_in(frame, chosen, body)
        betas[fitted] = smpl_betas(chosen, left_out, genders)
    return pose, betas, has_smpl
