"""SPIN's data set .npz and fits .npy written: new ones, or copies in which only the edited rows change."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from core.body.keypoints import convert
from core.body.model import Body
from core.errors import FitsError
from core.formats.association import associate_boxes
from core.formats.crop_frame import betas_for_smpl, fits_in_crop, placing_body
from core.formats.report import Export, LeftOut, Report
from core.formats.source import read_array, read_arrays
from core.formats.spin import BETAS, FORMAT, LAYOUT, OPENPOSE, PART, POSE, Table, read_table
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import BBox, Keypoints, Person, Photo
from core.store.whole_file import whole_file

SAME_ANGLE = 1e-4  # rad; to the crop's frame and back costs less, and no hand turns a body by so little
SAME_PLACE = 1e-4  # px


def write(path: Path, photos: Iterable[Photo], body: Body | None = None) -> Export:
    """A data set .npz of all people; their fits as pose and shape with has_smpl = 1, in the crop's frame.

    Keypoints of other layouts are converted to spin49. Raises FitsError where fits need a body and there is
    none.
    """
    people = [(photo, person) for photo in photos for person in photo.people]
    left_out: list[LeftOut] = []
    keypoints = np.zeros((len(people), OPENPOSE + PART, 3), dtype=np.float32)
    for row, (photo, person) in enumerate(people):
        keypoints[row] = spin_keypoints(photo, person, left_out).array
    pose, betas, has_smpl = _fit_rows(people, body, left_out)
    arrays = {
        "imgname": np.array([photo.path for photo, _ in people], dtype=np.str_),
        "center": np.array([person.bbox.center for _, person in people], dtype=np.float64).reshape(-1, 2),
        "scale": np.array([person.bbox.scale for _, person in people], dtype=np.float64),
        "part": keypoints[:, OPENPOSE:],
        "openpose": keypoints[:, :OPENPOSE],
        "pose": pose,
        "shape": betas,
        "has_smpl": has_smpl,
    }
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    return Export(len(people), tuple(left_out))


def write_fits(path: Path, photos: Iterable[Photo], body: Body | None = None) -> Export:
    """A fits .npy (N, 82), row by row as `write`; zeros for a person without a fit."""
    people = [(photo, person) for photo in photos for person in photo.people]
    left_out: list[LeftOut] = []
    pose, betas, _ = _fit_rows(people, body, left_out)
    with whole_file(path) as stream:
        np.save(stream, np.concatenate([pose, betas], axis=1))
    return Export(len(people), tuple(left_out))


def write_edited(
    base: Path,
    photos: Iterable[Photo],
    destination: Path,
    fits: tuple[Path, Path] | None = None,
    body: Body | None = None,
) -> Export:
    """A copy of the data set `base` with only the rows of people that were edited changed, and their number.

    A person is found in it by photo and bbox. fits: (the old .npy, the new one), treated alike. All other
    rows and arrays are those of `base`, byte for byte.
    """
    table = read_table(base, Report(base, FORMAT))
    left_out: list[LeftOut] = []
    matched = _match_rows(table, list(photos), left_out)
    arrays = {name: np.array(values) for name, values in read_arrays(base, tuple(table.arrays)).items()}
    edited = set(_edit_boxes(table, arrays, matched) + _edit_keypoints(table, arrays, matched, left_out))
    if "pose" in arrays and "shape" in arrays:
        has_smpl = table.arrays.get("has_smpl", np.ones(len(table))) > 0
        truths = {row: pair for row, pair in matched.items() if has_smpl[row]}
        old = table.arrays["pose"], table.arrays["shape"]
        edited |= _edit_fits(truths, old, (arrays["pose"], arrays["shape"]), body, left_out)
    if fits is not None:
        rows = np.array(read_array(fits[0]))
        if rows.shape != (len(table), POSE + BETAS):
            raise FitsError(
                f"{fits[0].name}: its shape is {rows.shape}, but {base.name} has {len(table)} rows."
            )
        copy = rows.astype(np.float64)
        old = copy[:, :POSE], copy[:, POSE:]
        edited |= _edit_fits(matched, old, (rows[:, :POSE], rows[:, POSE:]), body, left_out)
        with whole_file(fits[1]) as stream:
            np.save(stream, rows)
    _copy_with(base, arrays, destination)
    return Export(len(edited), tuple(dict.fromkeys(left_out)))


def spin_keypoints(photo: Photo, person: Person, left_out: list[LeftOut]) -> Keypoints:
    """The person's keypoints as spin49; adds to `left_out` where that has no place for all of them."""
    keypoints = person.keypoints
    if keypoints.layout == LAYOUT:
        return keypoints
    converted = convert(keypoints, keypoints.layout, LAYOUT)
    if (convert(converted, LAYOUT, keypoints.layout).confidence < keypoints.confidence).any():
        reason = f"some keypoints of layout '{keypoints.layout}' have no place in {LAYOUT}"
        left_out.append(LeftOut(f"{photo.path}, person {person.id}", reason))
    return converted


def smpl_betas(people: Sequence[tuple[Photo, Person]], left_out: list[LeftOut]) -> np.ndarray:
    """(N, 10) of people who all have a fit; zeros, and said, where a fit's betas are not SMPL's."""
    betas, others = betas_for_smpl([person.fit for _, person in people if person.fit is not None])
    for place in others:
        photo, person = people[place]
        reason = "its shape is one of the open body, not of SMPL: written as SMPL's mean shape"
        left_out.append(LeftOut(f"{photo.path}, person {person.id}, betas", reason))
    return betas


def with_truth(people: Sequence[tuple[Photo, Person]], left_out: list[LeftOut]) -> list[tuple[Photo, Person]]:
    """Who has a fit that may teach: a rejected one is said in `left_out`."""
    for photo, person in people:
        if person.fit is not None and not _may_teach(person):
            left_out.append(LeftOut(f"{photo.path}, person {person.id}, fit", "it was rejected"))
    return [(photo, person) for photo, person in people if _may_teach(person)]


def _may_teach(person: Person) -> bool:
    return person.fit is not None and person.verdict != "rejected"


def _fit_rows(
    people: Sequence[tuple[Photo, Person]], body: Body | None, left_out: list[LeftOut]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """pose (N, 72) in the crop's frame, betas (N, 10), has_smpl (N,)."""
    pose = np.zeros((len(people), POSE), dtype=np.float32)
    betas = np.zeros((len(people), BETAS), dtype=np.float32)
    chosen = with_truth(people, left_out)
    has_smpl = np.array([_may_teach(person) for _, person in people], dtype=np.uint8)
    fitted = np.flatnonzero(has_smpl).tolist()
    if fitted:
        pose[fitted], _ = fits_in_crop(chosen, placing_body(body))
        betas[fitted] = smpl_betas(chosen, left_out)
    return pose, betas, has_smpl


def _match_rows(
    table: Table, photos: list[Photo], left_out: list[LeftOut]
) -> dict[int, tuple[Photo, Person]]:
    """Which person stands in which row."""
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(table.imgname):
        rows_of.setdefault(str(name).replace("\\", "/"), []).append(row)
    matched: dict[int, tuple[Photo, Person]] = {}
    for photo in photos:
        rows = [row for row in rows_of.get(photo.path, []) if table.arrays["scale"][row] > 0]
        boxes = [BBox(table.arrays["center"][row], float(table.arrays["scale"][row])) for row in rows]
        places = associate_boxes(boxes, [person.bbox for person in photo.people])
        for row, place in zip(rows, places, strict=True):
            if place is not None:
                matched[row] = photo, photo.people[place]
        for place in set(range(len(photo.people))).difference(places):
            record = f"{photo.path}, person {photo.people[place].id}"
            left_out.append(LeftOut(record, "no row of the data set has a box near this person's"))
    return matched


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
                arrays.setdefault(name, np.zeros((len(table), count, 3)))[row][changed] = new[changed]
                edited.append(row)
    return edited


def _edit_fits(
    matched: dict[int, tuple[Photo, Person]],
    old: tuple[np.ndarray, np.ndarray],
    new: tuple[np.ndarray, np.ndarray],
    body: Body | None,
    left_out: list[LeftOut],
) -> set[int]:
    """Write the fits that are not those of the old pose and betas into the new ones (views).

    Returns the rows.
    """
    rows = [row for row, (_, person) in matched.items() if person.fit is not None]
    if not rows:
        return set()
    people = [matched[row] for row in rows]
    pose, _ = fits_in_crop(people, placing_body(body))
    edited = set()
    for row, one, betas in zip(rows, pose, smpl_betas(people, left_out), strict=True):
        if not _same_fit(one, betas, old[0][row], old[1][row]):
            new[0][row], new[1][row] = one, betas
            edited.add(row)
    return edited


def _same_fit(pose: np.ndarray, betas: np.ndarray, old_pose: np.ndarray, old_betas: np.ndarray) -> bool:
    same = np.array_equal(pose[3:], old_pose[3:].astype(np.float32))
    same = same and np.array_equal(betas, old_betas.astype(np.float32))
    turns = axis_angle_to_matrix(torch.from_numpy(np.stack([pose[:3], old_pose[:3]]).astype(np.float64)))
    return bool(same and geodesic_angle(turns[0], turns[1]) < SAME_ANGLE)


def _copy_with(base: Path, arrays: dict[str, np.ndarray], destination: Path) -> None:
    """The archive `base` with some of its arrays in the place of the old ones."""
    with whole_file(destination) as stream, zipfile.ZipFile(base) as old, zipfile.ZipFile(stream, "w") as new:
        left = dict(arrays)
        for member in old.infolist():
            array = left.pop(member.filename.removesuffix(".npy"), None)
            data = old.read(member) if array is None else _npy(array)
            new.writestr(member.filename, data, member.compress_type)
        for name, array in left.items():
            new.writestr(f"{name}.npy", _npy(array), zipfile.ZIP_STORED)


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
