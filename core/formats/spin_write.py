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
from core.formats.crop_frame import fits_in_crop, stand_in
from core.formats.report import Report
from core.formats.source import read_array, read_arrays
from core.formats.spin import BETAS, FORMAT, LAYOUT, OPENPOSE, PART, POSE, Table, read_table
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import BBox, Person, Photo
from core.store.whole_file import whole_file

SAME_ANGLE = 1e-4  # rad; to the crop's frame and back costs less, and no hand turns a body by so little
SAME_PLACE = 1e-4  # px


def write(path: Path, photos: Iterable[Photo], body: Body | None = None) -> None:
    """A data set .npz of all people, in order; their fits as pose and shape with has_smpl = 1, in the
    crop's frame.

    Keypoints of other layouts are converted to spin49: what it does not define is lost. Raises FitsError
    where fits need a body and there is none.
    """
    people = [(photo, person) for photo in photos for person in photo.people]
    keypoints = np.zeros((len(people), OPENPOSE + PART, 3), dtype=np.float32)
    for row, (_, person) in enumerate(people):
        keypoints[row] = _spin_keypoints(person)
    pose, betas, has_smpl = _fit_rows(people, body)
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


def write_fits(path: Path, photos: Iterable[Photo], body: Body | None = None) -> None:
    """A fits .npy (N, 82), row by row as `write`; zeros for a person without a fit."""
    pose, betas, _ = _fit_rows([(photo, person) for photo in photos for person in photo.people], body)
    with whole_file(path) as stream:
        np.save(stream, np.concatenate([pose, betas], axis=1))


def write_edited(
    base: Path,
    photos: Iterable[Photo],
    destination: Path,
    fits: tuple[Path, Path] | None = None,
    body: Body | None = None,
) -> int:
    """A copy of the data set `base` with only the rows of people that were edited changed.

    Returns their number.

    A person is found in it by photo and bbox. fits: (the old .npy, the new one), treated alike. All other
    rows and arrays are those of `base`, byte for byte.
    """
    table = read_table(base, Report(base, FORMAT))
    matched = _match_rows(table, list(photos))
    arrays = {name: np.array(values) for name, values in read_arrays(base, tuple(table.arrays)).items()}
    edited = set(_edit_boxes(table, arrays, matched) + _edit_keypoints(table, arrays, matched))
    if "pose" in arrays and "shape" in arrays:
        has_smpl = table.arrays.get("has_smpl", np.ones(len(table))) > 0
        truths = {row: pair for row, pair in matched.items() if has_smpl[row]}
        edited |= _edit_fits(
            truths, table.arrays["pose"], table.arrays["shape"], arrays["pose"], arrays["shape"], body
        )
    if fits is not None:
        rows = np.array(read_array(fits[0]))
        if rows.shape != (len(table), POSE + BETAS):
            raise FitsError(
                f"{fits[0].name}: its shape is {rows.shape}, but {base.name} has {len(table)} rows."
            )
        old = rows.astype(np.float64)
        edited |= _edit_fits(matched, old[:, :POSE], old[:, POSE:], rows[:, :POSE], rows[:, POSE:], body)
        with whole_file(fits[1]) as stream:
            np.save(stream, rows)
    _copy_with(base, arrays, destination)
    return len(edited)


def _spin_keypoints(person: Person) -> np.ndarray:
    keypoints = person.keypoints
    return (keypoints if keypoints.layout == LAYOUT else convert(keypoints, keypoints.layout, LAYOUT)).array


def _fit_rows(
    people: Sequence[tuple[Photo, Person]], body: Body | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """pose (N, 72) in the crop's frame, betas (N, 10), has_smpl (N,)."""
    pose = np.zeros((len(people), POSE), dtype=np.float32)
    betas = np.zeros((len(people), BETAS), dtype=np.float32)
    has_smpl = np.array([person.fit is not None for _, person in people], dtype=np.uint8)
    fitted = np.flatnonzero(has_smpl).tolist()
    if fitted:
        pose[fitted], _ = fits_in_crop([people[row] for row in fitted], _body(body))
        betas[fitted] = [fit.betas for _, person in people if (fit := person.fit) is not None]
    return pose, betas, has_smpl


def _body(body: Body | None) -> Body:
    found = body or stand_in()
    if found is None:
        raise FitsError(
            "no body is installed, and poses need one to go into SPIN's frame. Choose an SMPL file."
        )
    return found


def _match_rows(table: Table, photos: list[Photo]) -> dict[int, tuple[Photo, Person]]:
    """Which person stands in which row."""
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(table.imgname):
        rows_of.setdefault(str(name).replace("\\", "/"), []).append(row)
    matched: dict[int, tuple[Photo, Person]] = {}
    for photo in photos:
        rows = [row for row in rows_of.get(photo.path, []) if table.arrays["scale"][row] > 0]
        boxes = [BBox(table.arrays["center"][row], float(table.arrays["scale"][row])) for row in rows]
        for row, place in zip(
            rows, associate_boxes(boxes, [person.bbox for person in photo.people]), strict=True
        ):
            if place is not None:
                matched[row] = photo, photo.people[place]
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
    table: Table, arrays: dict[str, np.ndarray], matched: dict[int, tuple[Photo, Person]]
) -> list[int]:
    edited = []
    for name, first, count in (("openpose", 0, OPENPOSE), ("part", OPENPOSE, PART)):
        for row, (_, person) in matched.items():
            new = _spin_keypoints(person)[first : first + count]
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
    old_pose: np.ndarray,
    old_betas: np.ndarray,
    pose: np.ndarray,
    betas: np.ndarray,
    body: Body | None,
) -> set[int]:
    """Write the fits that are not those of the old rows into the arrays (views). Returns the rows."""
    rows = [row for row, (_, person) in matched.items() if person.fit is not None]
    if not rows:
        return set()
    new_pose, _ = fits_in_crop([matched[row] for row in rows], _body(body))
    edited = set()
    for row, new in zip(rows, new_pose, strict=True):
        fit = matched[row][1].fit
        if fit is not None and not _same_fit(new, fit.betas, old_pose[row], old_betas[row]):
            pose[row], betas[row] = new, fit.betas
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
