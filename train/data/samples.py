"""The people to train on, from a fits dictionary and SPIN's data sets, as one table of N rows.

Row i of the table is row i of the run's fits dictionary. A data set's own SMPL parameters become locked rows: truth.
Poses mean the same on every body of SMPL's tree, betas do not: those of another body, or of SMPL's male and female one,
are left out, and the shape of such a row is not known.
A data set .npz tells no camera, so its rows are kept in the camera of their own crop, where both frames are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import FITS_LAYOUT, OPENPOSE, layout
from core.body.model import Body
from core.errors import FitsError, ReadError
from core.files.untrusted import array_names, read_arrays
from core.formats.bodies.spin import FORMAT, body_named, read_table
from core.formats.bodies.spin_table import Table
from core.formats.shared.genders import NEUTRAL, genders_of
from core.formats.shared.pose_rows import Frame
from core.formats.shared.report import Report
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE
from core.records import BBOX_UNIT
from core.store.fits.columns import FORMAT_VERSION
from core.store.fits.dictionary import FitsDictionary
from train.data.compare_fits import placed
from train.data.row_poses import in_crop_frame

_JOINTS = (24, 4)
KEYPOINTS = layout(FITS_LAYOUT).k


@dataclass(frozen=True, eq=False)
class Samples:
    """photo (N,) paths; center (N, 2), scale (N,) of the bbox, keypoints (N, 49, 3) [px of the photo]; joints
    (N, 24, 4) [m, crop's frame] and has_joints (N,); half_weights (N, 2) of openpose and annotated keypoints in the
    2D loss; dataset (N,) names; photo_size (N, 2) = width and height [px] of the photo that all this refers to, zeros
    where they are unknown; occluded (N, 49): keypoints that are known to be hidden."""

    photo: NDArray[np.str_]
    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    keypoints: NDArray[np.float32]
    joints: NDArray[np.float32]
    has_joints: NDArray[np.bool_]
    half_weights: NDArray[np.float32]
    dataset: NDArray[np.str_]
    photo_size: NDArray[np.float32]
    occluded: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.photo)

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """One table after the other."""
        names = cls.__dataclass_fields__
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def samples_of_fits(fits: FitsDictionary, photos: Path) -> Samples:
    """The people of a dictionary, whose photos lie under a folder. Each point counts once: what the curator's layout
    fills in both halves of the 49 is taken from the annotated one."""
    count = len(fits)
    return Samples(
        photo=_under(photos, fits.imgname),
        center=fits.center.cpu().numpy(),
        scale=fits.scale.cpu().numpy(),
        keypoints=each_once(fits.keypoints.cpu().numpy()),
        joints=np.zeros((count, *_JOINTS), np.float32),
        has_joints=np.zeros(count, bool),
        half_weights=np.ones((count, 2), np.float32),
        dataset=fits.dataset,
        photo_size=fits.photo_size,
        occluded=np.zeros((count, KEYPOINTS), bool),
    )


def read_dataset(
    name: str,
    path: Path,
    photos: Path,
    body: Body,
    halves: tuple[float, float],
    truth: bool = True,
    of_gender: bool = False,
    turned: bool = True,
    frame: Frame | None = None,
    tell: Callable[[str], object] = lambda line: None,
) -> tuple[Samples, FitsDictionary]:
    """A data set .npz and the dictionary rows that it starts with: its own SMPL parameters locked, others empty.

    halves: weights of openpose and annotated keypoints; truth False leaves SMPL parameters and 3D joints aside;
    of_gender: shapes of SMPL's male and female bodies are wanted too; turned: poses that the file has in the photo's
    frame come in the crop's, False leaves them as they are; frame: of poses whose file does not tell it; tell: gets
    one line about the frame that was taken.
    Raises ReadError for a file that is none, or that holds nobody.
    """
    report = Report(path, FORMAT)
    table = read_table(path, report)
    joints = _read_joints(path, len(table)) if truth else None
    names = np.array([name or "" for name in table.imgname], np.str_)
    count = len(table)
    if not count:
        raise ReadError(f"{path}: nobody is in it. Choose a data set that has people.")
    samples = Samples(
        photo=_under(photos, names),
        center=table.arrays["center"].astype(np.float32),
        scale=table.arrays["scale"].astype(np.float32),
        keypoints=table.keypoints().astype(np.float32),
        joints=np.zeros((count, *_JOINTS), np.float32) if joints is None else joints,
        has_joints=np.full(count, joints is not None),
        half_weights=np.tile(np.array(halves, np.float32), (count, 1)),
        dataset=np.full(count, name),
        photo_size=np.zeros((count, 2), np.float32),
        occluded=_read_occluded(path, count),
    )
    _check_finite(samples, path)
    if truth and turned:
        table = in_crop_frame(table, samples.photo, frame, tell)
    shaped = np.full(count, truth and not other_body(path, body))
    if shaped.any() and not of_gender:
        shaped &= genders_of(path, count) == NEUTRAL
    kid = _checked_kid(table, path, body) if shaped.any() else np.zeros(count, np.float32)
    return samples, _rows_of(samples, names, table, shaped, kid, body, truth)


def other_body(path: Path, body: Body) -> str:
    """Why the betas of a data set .npz say nothing of this body, in one line; '' where they do. Raises ReadError.

    A file tells its body's fingerprint as `body`. SPIN's own tell none, and are of SMPL.
    """
    named = body_named(path, Report(path, FORMAT))
    if "shape" not in array_names(path) or body.shares_betas(named):
        return ""
    return f"{path}: its betas are of body '{named}', not of '{body.name}'. To use them, give that body's file: --body."


def with_fits(rows: FitsDictionary, fits: FitsDictionary, name: str, where: str) -> FitsDictionary:
    """A data set's rows with the fits that a dictionary has of it. Raises FitsError when they are of other photos.

    The data set's own truth stays where the dictionary has no locked fit, but not where a human rejected it.
    """
    chosen = np.flatnonzero(fits.dataset == name)
    if not len(chosen):
        return rows
    arrays = {key: value[chosen] if value.ndim else value for key, value in fits.arrays().items()}
    known = FitsDictionary.from_arrays(arrays, where)
    try:
        known.check_images(rows.imgname, f"data set '{name}'")
    except FitsError as error:
        raise FitsError(f"{where} is not of these photos: {error}") from None
    truth = rows.locked & ~known.locked & ~known.rejected
    if not bool(truth.any()):
        return known
    own = rows.arrays()
    kept = truth.numpy()
    for key, value in arrays.items():
        if value.ndim:
            value[kept] = own[key][kept]
    return FitsDictionary.from_arrays(arrays, where)


def as_corrected(samples: Samples, rows: FitsDictionary, truth: NDArray[np.bool_]) -> Samples:
    """The same people with the boxes and keypoints of the dictionary rows beside them, which a human may have moved.

    truth (N,): rows with a body in the data set. Where a human rejected it, its 3D joints do not teach either.
    """
    return replace(
        samples,
        center=rows.center.cpu().numpy().copy(),
        scale=rows.scale.cpu().numpy().copy(),
        keypoints=rows.keypoints.cpu().numpy().copy(),
        photo_size=rows.photo_size,
        has_joints=samples.has_joints & ~(truth & rows.rejected.cpu().numpy()),
    )


def joined_fits(parts: Sequence[FitsDictionary]) -> FitsDictionary:
    """Dictionaries one after the other. Raises FitsError when they are of different bodies."""
    for part in parts[1:]:
        part.check_body(parts[0].body)
    every = [part.arrays() for part in parts]
    return FitsDictionary.from_arrays(
        {
            name: np.concatenate([arrays[name] for arrays in every]) if value.ndim else value
            for name, value in every[0].items()
        }
    )


def each_once(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """keypoints (N, 49, 3) without a point of the openpose half where the annotated half has the same of that person:
    a data set may have filled one half alone."""
    definitions, keypoints = layout("spin49").definitions, keypoints.copy()
    for place in range(OPENPOSE):
        if definitions[place] in definitions[OPENPOSE:]:
            twin = definitions.index(definitions[place], OPENPOSE)
            keypoints[keypoints[:, twin, 2] > 0, place, 2] = 0
    return keypoints


def _rows_of(
    samples: Samples,
    names: NDArray[np.str_],
    table: Table,
    shaped: NDArray[np.bool_],
    kid: NDArray[np.float32],
    body: Body,
    truth: bool,
) -> FitsDictionary:
    """shaped (N,): rows with a shape of this body; kid (N,): how much of a child each is."""
    count = len(samples)
    side = BBOX_UNIT * samples.scale
    known = np.zeros(count, bool)
    pose, betas = np.zeros((count, 72), np.float32), np.zeros((count, 10), np.float32)
    child = np.zeros(count, np.float32)
    if truth and "pose" in table.arrays and "shape" in table.arrays:
        known = table.arrays.get("has_smpl", np.ones(count)) > 0
        pose[known] = table.arrays["pose"][known]
        own = known & shaped
        betas[own], child[own] = table.arrays["shape"][own], kid[own]
    focal_length = (CROP_FOCAL_LENGTH * side / CROP_SIZE).astype(np.float32)
    cam_t, score = np.zeros((count, 3), np.float32), np.full(count, np.nan, np.float32)
    for rows in np.array_split(np.flatnonzero(known), max(1, int(known.sum()) // 4096)):
        if len(rows):
            cam_t[rows], score[rows] = placed(
                body,
                pose[rows],
                betas[rows],
                child[rows],
                samples.keypoints[rows],
                focal_length[rows],
                samples.center[rows],
            )
    texts = {"imgname": names, "dataset": samples.dataset, "verdict": np.full(count, "todo")}
    return FitsDictionary.from_arrays(
        {
            **texts,
            "source": np.where(known, "curated", ""),
            "pose": pose, "betas": betas, "kid": child, "cam_t": cam_t,
            "focal_length": focal_length, "camera_center": samples.center, "center": samples.center,
            "scale": samples.scale, "keypoints": samples.keypoints, "score": score,
            "valid_fit": known, "locked": known,
            "body": np.array(body.fingerprint), "format_version": np.array(FORMAT_VERSION),
        }
    )  # fmt: skip


def _read_joints(path: Path, count: int) -> NDArray[np.float32] | None:
    """S (N, 24, 4) of a data set .npz, None where it has none."""
    joints = read_arrays(path, ("S",)).get("S")
    if joints is None:
        return None
    if joints.shape != (count, *_JOINTS) or joints.dtype.kind != "f":
        raise ReadError(f"{path}, S: it is {joints.shape}, but must be {(count, *_JOINTS)}. Export it again.")
    return joints.astype(np.float32)


def _read_occluded(path: Path, count: int) -> NDArray[np.bool_]:
    """occluded (N, 49) of a data set .npz that synthetic photos have; nothing is hidden where it has none."""
    occluded = read_arrays(path, ("occluded",)).get("occluded")
    if occluded is None:
        return np.zeros((count, KEYPOINTS), bool)
    if occluded.shape != (count, KEYPOINTS) or occluded.dtype.kind not in "bu":
        wanted = (count, KEYPOINTS)
        raise ReadError(f"{path}, occluded: it is {occluded.shape}, but must be {wanted}. Export it again.")
    return occluded > 0


def _checked_kid(table: Table, path: Path, body: Body) -> NDArray[np.float32]:
    """kid (N,) of a data set .npz: how much of a child each is, zeros where it does not say."""
    kid = table.arrays.get("kid", np.zeros(len(table)))
    for bad, words in (
        (~np.isfinite(kid), "a number is not finite. Mend or remove this row."),
        ((kid != 0) & (not body.has_kid), f"{body.name} has no child direction. Use the open body."),
    ):
        if bad.any():
            raise ReadError(f"{path}, kid, row {int(np.argmax(bad))}: {words}")
    return np.asarray(kid, np.float32)


def _check_finite(samples: Samples, path: Path) -> None:
    for name in ("center", "scale", "keypoints", "joints"):
        values = getattr(samples, name)
        bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if name == "scale":
            bad |= values <= 0
        if bad.any():
            words = "a number is not finite" if name != "scale" else "it must be more than 0"
            raise ReadError(f"{path}, {name}, row {int(np.argmax(bad))}: {words}. Mend or remove this row.")


def _under(folder: Path, names: Iterable[str]) -> NDArray[np.str_]:
    return np.array([str(folder / str(name)) for name in names], np.str_)
