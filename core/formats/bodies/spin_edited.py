"""Writes copies of SPIN's data set .npz and fits .npy in which only the rows of edited people change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.body.keypoints import OPENPOSE
from core.body.model import SMPL_NEUTRAL, Body
from core.errors import FitsError
from core.files.npz import copy_with
from core.files.untrusted import read_arrays
from core.files.whole_file import whole_file
from core.formats.bodies import spin_write
from core.formats.bodies.spin import BETAS, FORMAT, POSE, read_table
from core.formats.bodies.spin_base import base_frame, put_cameras, same_camera
from core.formats.bodies.spin_matched import match_rows, read_rows
from core.formats.bodies.spin_table import PART, Table
from core.formats.bodies.spin_write import doubtful, may_teach, poses_in, same_fit, smpl_betas, spin_keypoints
from core.formats.shared.genders import COLUMN as GENDER
from core.formats.shared.genders import column_of, genders_in, is_gendered
from core.formats.shared.pose_rows import Frame
from core.formats.shared.report import Export, LeftOut, Report
from core.records import BBox, Person, Photo

SAME_PLACE = 1e-4  # px
_TRUTH = {"pose": POSE, "shape": BETAS}


def write_new_or_edited(
    path: Path,
    photos: Iterable[Photo],
    body: Body | None = None,
    base: Path | None = None,
    fits: Path | None = None,
    root: Path | None = None,
    frame: str | None = None,
) -> Export:
    """A new data set of all people; with base a copy of that one, edited as `write` does, and one of its fits beside
    it as NAME_fits.npy. frame: of the poses written, with base of those that it has."""
    if base is None:
        return spin_write.write(path, photos, body, frame)
    both = None if fits is None else (fits, path.with_name(f"{path.stem}_fits.npy"))
    return write(base, photos, path, both, body, root, frame)


def write(
    base: Path,
    photos: Iterable[Photo],
    destination: Path,
    fits: tuple[Path, Path] | None = None,
    body: Body | None = None,
    root: Path | None = None,
    frame: str | None = None,
) -> Export:
    """Write a copy of the data set `base` in which only the rows of edited people change.

    A person's row is found as `match_rows` tells. root: the folder that the photos' paths are relative to, by default
    that of `base`. fits: paths of the old and the new fits .npy. A fit is written where its row keeps one: into the
    row's own truth, else into `fits`, else it becomes the row's truth. A rejected fit sets has_smpl = 0, or zeros in
    `fits`; a doubtful fit (`doubtful`) sets has_smpl = 0. All other rows and arrays are copied byte for byte. The
    result counts the changed rows. Poses are written in the frame of the base's own; frame: "photo" or "crop" where
    nothing tells it, else Undecided is raised. Raises FitsError, ReadError and OSError.
    """
    if fits is not None and fits[0].resolve() == fits[1].resolve():
        raise FitsError(
            f"{fits[0]} would be replaced by the edited fits. Choose another name for the data set."
        )
    report = Report(base, FORMAT)
    table = read_table(base, report)
    left_out: list[LeftOut] = []
    matched = match_rows(table, list(photos), base, root, left_out)
    arrays = {
        name: np.array(values, order="C") for name, values in read_arrays(base, tuple(table.arrays)).items()
    }
    edited = set(_edit_boxes(table, arrays, matched) + _edit_keypoints(table, arrays, matched, left_out))
    own = _has_truth(table)
    with_own = {row: pair for row, pair in matched.items() if own[row]}
    others = {row: pair for row, pair in matched.items() if not own[row]}
    rejected = _rejected(matched, own, left_out)
    kept = base_frame(table, with_own, frame, body, report)
    changed = _changed_fits(table, with_own, _truths(table), body, left_out, genders=True, frame=kept)
    truth = dict(changed)
    if fits is None:
        truth |= _changed_fits(table, others, None, body, left_out, genders=True, frame=kept)
    else:
        rows = read_rows(fits[0], base, len(table))
        changed |= _changed_fits(table, others, rows.astype(np.float64), body, left_out, genders=False)
        changed |= {row: np.zeros(POSE + BETAS) for row in rejected if row in others and rows[row].any()}
        for row, fit in changed.items():
            rows[row] = fit
        with whole_file(fits[1]) as stream:
            np.save(stream, rows)
    refused = [row for row in rejected if own[row]]
    unsure = doubtful([matched[row] for row in truth], left_out)
    _put_truth(arrays, own, truth, [*refused, *(list(truth)[place] for place in unsure)])
    put_cameras(arrays, {row: matched[row] for row in truth}, body)
    teachers = {row: matched[row][1] for row in truth}
    _put_ages(arrays, table.body, teachers)
    _put_genders(arrays, base, teachers)
    copy_with(base, destination, arrays)
    edited.update(changed, truth, refused)
    note = f"{len(matched)} of its {len(table)} rows are of these people"
    return Export(len(edited), tuple(dict.fromkeys(left_out)), "person changed", (note,))


def _edit_boxes(
    table: Table, arrays: dict[str, np.ndarray], matched: dict[int, tuple[Photo, Person]]
) -> list[int]:
    edited = []
    for row, (_, person) in matched.items():
        old = BBox(table.arrays["center"][row], float(table.arrays["scale"][row]))
        moved = np.abs(person.bbox.center - old.center).max() > SAME_PLACE
        if moved or abs(person.bbox.side - old.side) > SAME_PLACE:
            arrays["center"][row] = person.bbox.center
            arrays["scale"][row] = person.bbox.scale
            edited.append(row)
    return edited


def _edit_keypoints(
    table: Table,
    arrays: dict[str, np.ndarray],
    matched: dict[int, tuple[Photo, Person]],
    left_out: list[LeftOut],
) -> list[int]:
    edited = []
    keypoints = {row: spin_keypoints(*pair, left_out).array for row, pair in matched.items()}
    for name, first, count in (("openpose", 0, OPENPOSE), ("part", OPENPOSE, PART)):
        for row, array in keypoints.items():
            new = array[first : first + count]
            old = table.arrays[name][row].astype(np.float32) if name in arrays else np.zeros_like(new)
            old = np.where(np.isfinite(old).all(axis=1, keepdims=True), old, 0)
            old[:, 2] = old[:, 2].clip(0, 1)
            changed = (new != old).any(axis=1)
            if changed.any():
                whole = arrays.setdefault(name, np.zeros((len(table), count, 3)))
                whole[row].reshape(count, 3)[changed] = new[changed]
                edited.append(row)
    return edited


def _has_truth(table: Table) -> np.ndarray:
    """(N,) bool: rows with a pose, a shape and has_smpl = 1. Without the column has_smpl, 1 is assumed."""
    there = "pose" in table.arrays and "shape" in table.arrays
    return (table.arrays.get("has_smpl", np.ones(len(table))) > 0) & there


def _truths(table: Table) -> np.ndarray:
    """(N, 82): pose and shape of each row; zeros for arrays that the file lacks."""
    parts = (table.arrays.get(name, np.zeros((len(table), size))) for name, size in _TRUTH.items())
    return np.concatenate([*parts], axis=1)


def _rejected(
    matched: dict[int, tuple[Photo, Person]], own: np.ndarray, left_out: list[LeftOut]
) -> list[int]:
    """Rows of rejected people that have a truth or a fit. Each is added to `left_out`."""
    rows = []
    for row, (photo, person) in matched.items():
        if person.verdict == "rejected" and (own[row] or person.fit is not None):
            reason = "it was rejected" + ", so the row's has_smpl is 0 now" * bool(own[row])
            left_out.append(LeftOut(f"{photo.path}, person {person.id}, fit", reason))
            rows.append(row)
    return rows


def _changed_fits(
    table: Table,
    matched: dict[int, tuple[Photo, Person]],
    old: np.ndarray | None,
    body: Body | None,
    left_out: list[LeftOut],
    genders: bool,
    frame: Frame = "crop",
) -> dict[int, np.ndarray]:
    """Row -> pose and betas (82,) of each fit that may become truth and differs from `old` (N, 82) or None."""
    rows = [row for row, (_, person) in matched.items() if may_teach(person)]
    if not rows:
        return {}
    people = [matched[row] for row in rows]
    pose = poses_in(frame, people, body)
    if table.body == SMPL_NEUTRAL:
        betas = smpl_betas(people, left_out, genders)
    else:
        betas = _betas_of(table.body, people, left_out)
    fits = np.concatenate([pose, betas], axis=1)
    return {
        row: fit
        for row, fit in zip(rows, fits, strict=True)
        if old is None
        or not same_fit(fit, old[row])
        or not _same_age(table, row, matched[row][1])
        or (frame == "photo" and not same_camera(table, row, matched[row], body))
    }


def _betas_of(body: str, people: list[tuple[Photo, Person]], left_out: list[LeftOut]) -> np.ndarray:
    """(N, 10) betas for a data set of the body `body`; zeros for fits of other bodies, which `left_out` lists."""
    betas = np.zeros((len(people), BETAS), np.float32)
    for place, (photo, person) in enumerate(people):
        if person.fit is not None and person.fit.body == body:
            betas[place] = person.fit.betas
        else:
            reason = f"its shape is not of '{body}', the data set's body: written as the mean shape"
            left_out.append(LeftOut(f"{photo.path}, person {person.id}, betas", reason))
    return betas


def _age(body: str, person: Person) -> float:
    """The fit's kid, 0 for a fit of another body than the data set's `body`."""
    return person.fit.kid if person.fit is not None and person.fit.body == body != SMPL_NEUTRAL else 0.0


def _same_age(table: Table, row: int, person: Person) -> bool:
    told = table.arrays["kid"][row] if "kid" in table.arrays and table.body != SMPL_NEUTRAL else 0.0
    return bool(np.isclose(told, _age(table.body, person)))


def _put_truth(
    arrays: dict[str, np.ndarray], own: np.ndarray, truth: dict[int, np.ndarray], without: list[int]
) -> None:
    """Write rows (82,) as truth, and has_smpl = 0 for the rows of `without`. Missing arrays are added if needed."""
    if truth or without:
        arrays.setdefault("has_smpl", own.astype(np.uint8))
    for row, fit in truth.items():
        for name, values in zip(_TRUTH, (fit[:POSE], fit[POSE:]), strict=True):
            whole = arrays.setdefault(name, np.zeros((len(own), len(values)), np.float32))
            whole[row] = values.reshape(whole[row].shape)
        arrays["has_smpl"][row] = 1
    if without:
        arrays["has_smpl"][without] = 0


def _put_ages(arrays: dict[str, np.ndarray], body: str, people: dict[int, Person]) -> None:
    """Write the column `kid` for the fits that became truth, by row. It is added only if a fit needs it."""
    ages = {row: _age(body, person) for row, person in people.items()}
    if "kid" in arrays or any(ages.values()):
        whole = arrays.setdefault("kid", np.zeros(len(arrays["center"]), np.float32))
        for row, age in ages.items():
            whole[row] = age


def _put_genders(arrays: dict[str, np.ndarray], base: Path, people: dict[int, Person]) -> None:
    """Write the column `gender` for the fits that became truth, by row. It is added only if a fit needs it."""
    bodies = {row: person.fit.body for row, person in people.items() if person.fit is not None}
    count, told = len(arrays["center"]), read_arrays(base, (GENDER,)).get(GENDER)
    if not bodies or (told is None and not any(map(is_gendered, bodies.values()))):
        return
    if told is not None:
        genders_in(told, base, count)
    arrays[GENDER] = np.full(count, "n") if told is None else told.copy()
    arrays[GENDER][list(bodies)] = column_of(bodies.values())
