"""Reads SMPLify-X's results: `results/<photo>/000.pkl`, with the input keypoints in `keypoints/` beside `results/`.

body_pose is read where it holds angles: 69 numbers of SMPL, or 63 of SMPL-X, which has another shape space (body
'smplx-neutral', straight hands). With VPoser, the default of SMPLify-X, body_pose holds 32 latent numbers: then the
fit is left out and the keypoints are read. Poses are in the photo's frame. The focal length is that of conf.yaml, else
the default of 5000 px.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.mean_skeleton import SMPLX_NEUTRAL
from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.errors import ReadError
from core.files.untrusted import decode, finite, read_bytes, read_pickle
from core.files.unusable import Unusable
from core.formats.bodies.spin import MAX_POSE
from core.formats.keypoints import openpose
from core.formats.shared import people
from core.formats.shared.crop_frame import UNSCORED, seen_by, stand_in
from core.formats.shared.glimpse import MAYBE, NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, MAX_PHOTOS, Import, Report
from core.records import BBox, Fit, Keypoints, Person, Photo

FORMAT = "SMPLify-X results"
LAYOUT = "openpose25"
DEFAULT_FOCAL_LENGTH = 5000.0
LATENT, SMPLX_POSE, SMPL_POSE = 32, 63, 69
_FOCAL_LENGTH = re.compile(r"^focal_length:\s*([0-9.eE+-]+)\s*$", re.MULTILINE)
_MAX_CONF_BYTES = 2**20


def recognise(seen: Glimpse) -> int:
    """By the folders of its output, or the key that no other format's pickles have."""
    if seen.has_file("results/*/*.pkl") or seen.has_file("*/[0-9][0-9][0-9].pkl"):
        return SURE
    return MAYBE if "camera_translation" in seen.keys else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read the output folder, its results/ or one .pkl.

    body: an SMPL body, from whose joints a bbox is computed where there are no keypoints; else the open body is used.
    Raises ReadError.
    """
    report = Report(path, FORMAT)
    results, files = _files(path)
    if not files:
        raise report.error("no results/<photo>/000.pkl", "Choose the output folder of SMPLify-X.")
    if len(files) > MAX_PEOPLE:
        raise report.error(f"more than {MAX_PEOPLE} files", "Split the folder.")
    folder = PhotoFolder(photos or photo_root(path), report)
    focal_length = _focal_length(results.parent)
    placer = body or stand_in()
    found: dict[str, Photo] = {}
    for file in files:
        record = f"{file.parent.name}/{file.name}"
        with report.record(record):
            try:
                data = read_pickle(file)
            except ReadError as error:
                if file == path:
                    raise
                raise Unusable(str(error)) from error
            relative = folder.named(file.parent.name)
            if relative not in found:
                found[relative] = Photo(relative, *folder.known_size(relative))
            photo = found[relative]
            number = int(file.stem) if file.stem.isdecimal() and len(file.stem) < 7 else len(photo.people)
            keypoints = _keypoints(results.parent, file.parent.name, number, folder)
            person = _person(data, number, photo, keypoints, (focal_length, placer), record, report)
            if person.fit is not None:
                photo = seen_by(photo, person.fit.focal_length, person.fit.camera_center)
            found[relative] = photo.with_(people=(*photo.people, person))
    return report.done(found.values())


def photo_root(path: Path) -> Path:
    """The default photos' folder: the parent of results/."""
    results, _ = _files(path)
    return results.parent


def _files(path: Path) -> tuple[Path, list[Path]]:
    """The folder results/, and its .pkl files."""
    if not path.is_dir():
        return path.parent.parent, [path]
    results = path / "results" if (path / "results").is_dir() else path
    return results, sorted(results.glob("*/*.pkl"))[: max(MAX_PEOPLE, MAX_PHOTOS) + 1]


def _person(
    data: Any,
    number: int,
    photo: Photo,
    keypoints: Keypoints | None,
    lens: tuple[float, Body | None],
    record: str,
    report: Report,
) -> Person:
    fit = None
    try:
        fit = _fit(data, photo, lens[0])
    except Unusable as problem:
        if keypoints is None:
            raise
        report.leave_out(f"{record}, pose", str(problem))
    if keypoints is not None:
        return Person(number, people.box_round(keypoints), keypoints, fit=fit)
    if fit is None or lens[1] is None:
        raise Unusable("it has neither keypoints nor a body to compute a box from")
    absent = Keypoints(LAYOUT, np.zeros((25, 2)), np.zeros(25))
    return Person(number, _box(fit, lens[1]), absent, fit=fit)


def _fit(data: Any, photo: Photo, focal_length: float) -> Fit:
    if not isinstance(data, dict):
        raise Unusable("it is not a dictionary of a result")
    body_pose = _flat(data.get("body_pose"))
    if len(body_pose) == LATENT:
        raise Unusable(
            f"its body_pose is VPoser's {LATENT} latent numbers, not angles; decode it with VPoser first"
        )
    if len(body_pose) not in (SMPLX_POSE, SMPL_POSE):
        raise Unusable(
            f"its body_pose has {len(body_pose)} numbers, not SMPL's {SMPL_POSE} or SMPL-X's {SMPLX_POSE}"
        )
    orient, betas = _flat(data.get("global_orient")), _flat(data.get("betas"))
    cam_t, turn = _flat(data.get("camera_translation")), _flat(data.get("camera_rotation"))
    if len(orient) != 3 or len(betas) < 10 or len(cam_t) != 3 or len(turn) != 9:
        raise Unusable("a part of the result has the wrong size")
    if np.abs(turn.reshape(3, 3) - np.eye(3)).max() > 1e-6:
        raise Unusable("its camera is rotated, but SMPLify-X's own results never are")
    pose = np.concatenate([orient, body_pose, np.zeros(SMPL_POSE - len(body_pose))])
    if np.abs(pose).max() > MAX_POSE or np.abs(betas[:10]).max() > MAX_POSE or cam_t[2] <= 0:
        raise Unusable("its body is behind the camera, or its numbers are too large for a body")
    name = SMPL_NEUTRAL if len(body_pose) == SMPL_POSE else SMPLX_NEUTRAL
    center = np.array(photo.middle)
    return Fit(pose, betas[:10], 0.0, cam_t, focal_length, center, UNSCORED, name, "fit")


def _box(fit: Fit, body: Body) -> BBox:
    """The bbox around the body's projected joints."""
    shape = fit.betas if body.is_smpl else np.zeros(10)
    rows = [
        torch.from_numpy(np.asarray(values, dtype=np.float64))[None]
        for values in (fit.pose, shape, fit.cam_t + body.pelvis_shift(fit.body).cpu().numpy())
    ]
    points = body.to("cpu", torch.float64).pose(BodyParams.from_pose(*rows))[1][0].numpy()
    if points[:, 2].min() <= 0:
        raise Unusable("its body reaches behind the camera")
    pixels = finite(points[:, :2] / points[:, 2:] * fit.focal_length + fit.camera_center)
    return people.box_round(Keypoints("smpl24", pixels, np.ones(len(pixels))))


def _keypoints(output: Path, name: str, number: int, folder: PhotoFolder) -> Keypoints | None:
    """OpenPose's keypoints of this person: entry `number` of keypoints/<photo>_keypoints.json, or None."""
    file = output / "keypoints" / f"{name}_keypoints.json"
    if not file.is_file():
        return None
    return openpose.read_one(file, number, folder)


def _focal_length(output: Path) -> float:
    conf = output / "conf.yaml"
    if not conf.is_file():
        return DEFAULT_FOCAL_LENGTH
    found = _FOCAL_LENGTH.search(decode(conf, read_bytes(conf, _MAX_CONF_BYTES)))
    try:
        value = float(found[1]) if found else DEFAULT_FOCAL_LENGTH
    except ValueError:
        return DEFAULT_FOCAL_LENGTH
    return value if 0 < value < 1e6 else DEFAULT_FOCAL_LENGTH


def _flat(value: Any) -> np.ndarray:
    if not isinstance(value, np.ndarray):
        raise Unusable("a part of the result is missing")
    return finite(value.reshape(-1))
