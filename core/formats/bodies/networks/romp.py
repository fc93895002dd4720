"""Reads what simple_romp saves of ROMP and BEV: <photo>.npz with `results`, or video_results.npz of a whole video.

Both place the body by its hips: with the posed joints of the file, the pelvis is at joints[0] + cam_trans, whatever the
body's shape. The focal length is 443.4 / 512 · max(W, H). BEV has an eleventh number of shape, the weight of a child's
body; above 0.8 it meant the infants' body, SMIL, which is another one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.files.pickles.containers import read_values
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import NetworkCamera, NetworkPeople, row
from core.formats.shared.crop_frame import placing_body
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "ROMP and BEV"
FOCAL = 443.4 / 512  # per px of the photo's longer side
_INFANT = 0.8
_RESULTS, _SEQUENCES = "results", "sequence_results"


def recognise(seen: Glimpse) -> int:
    """By its arrays and the words of what is in them."""
    if _RESULTS not in seen.arrays or not seen.arrays <= {_RESULTS, _SEQUENCES}:
        return NO
    results = seen.values[_RESULTS]
    photo = results if isinstance(results, dict) and "smpl_thetas" in results else _first(results)
    return SURE if isinstance(photo, dict) and photo.keys() >= {"smpl_thetas", "cam_trans"} else NO


def read(
    path: Path, photos: Path | None = None, body: Body | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people with their guesses. body: an SMPL body for its rest pelvis.

    Raises ReadError, and FitsError where no body is installed.
    """
    report = Report(path, FORMAT)
    data = read_values(path)
    results = data.get(_RESULTS) if isinstance(data, dict) else None
    if not isinstance(results, dict) or len(results) > MAX_PHOTOS:
        raise report.error("no dictionary 'results'", "Choose what romp or bev saved as .npz.")
    folder = PhotoFolder(photos or path.parent, report)
    pelvis = _Pelvis(placing_body(body))
    if "smpl_thetas" in results:
        found = NetworkPeople(report, folder, _network(results))
        with report.record(path.name):
            _add_photo(found, folder.named(path.stem), results, "", pelvis)
        return found.done()
    found = NetworkPeople(report, folder, _network(_first(results)))
    numbered = NumberedPhotos(folder, path.stem, first_frame)
    numbers_there = {number for name in results if (number := _number(name)) is not None}
    numbered.align(numbers_there, 0, report)
    for name, one in results.items():
        with report.record(str(name)[:100]):
            number = _number(name)
            if number is None:
                raise Unusable("it is not the name of a frame")
            _add_photo(found, numbered.frame(number), one, str(name)[:100], pelvis)
    return found.done()


def _first(results: Any) -> Any:
    return next(iter(results.values()), None) if isinstance(results, dict) else None


def _network(results: Any) -> str:
    betas = results.get("smpl_betas") if isinstance(results, dict) else None
    return "BEV" if isinstance(betas, np.ndarray) and betas.shape[-1:] == (11,) else "ROMP"


def _number(name: Any) -> int | None:
    stem = Path(name.replace("\0", "")).stem if isinstance(name, str) else ""
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 18 else None


def _add_photo(found: NetworkPeople, relative: str, results: Any, where: str, pelvis: _Pelvis) -> None:
    """The people of one photo. Raises Unusable."""
    pose = row(results, "smpl_thetas", -1, 72)
    count = len(pose)
    found.report.count_people(count)
    if "joints" not in results:
        raise Unusable(
            "it has no 'joints', without which nothing tells where the bodies are; run romp with --calc_smpl"
        )
    joints, cam_trans = row(results, "joints", count, -1, 3), row(results, "cam_trans", count, 3)
    shapes = row(results, "smpl_betas", count, -1)
    if shapes.shape[1] not in (10, 11) or not joints.shape[1]:
        raise Unusable("it has not ten betas, or no joints")
    ids = results.get("track_ids")
    tracks = ids.tolist() if isinstance(ids, np.ndarray) and ids.shape == (count,) else [None] * count
    size = found.size(relative)
    camera = NetworkCamera.of_photo(size, FOCAL * max(size))
    for index in range(count):
        with found.report.record(f"{where or relative}, person {index}"):
            kid = float(shapes[index, 10]) if shapes.shape[1] == 11 else 0.0
            if kid > _INFANT:
                raise Unusable("it is an infant of the body SMIL, which is another body than SMPL")
            place = joints[index, 0] + cam_trans[index] - pelvis.at_rest(shapes[index, :10], kid)
            found.add(relative, pose[index], shapes[index, :10], place, camera, tracks[index], kid)


class _Pelvis:
    """SMPL's pelvis at rest; with another body installed, that of SMPL's mean adult."""

    def __init__(self, body: Body) -> None:
        self._body = body.to("cpu", torch.float64)

    def at_rest(self, betas: np.ndarray, kid: float) -> np.ndarray:
        """(3,) [m]. Raises Unusable."""
        if not (np.abs(betas) < 1e3).all() or not abs(kid) < 1e3:
            raise Unusable("its pose or shape is not finite, or too large for a body")
        shares = self._body.shares_betas(SMPL_NEUTRAL)
        shape = torch.from_numpy(betas * shares)[None]
        child = shape.new_tensor([kid if self._body.has_kid else 0.0])
        params = BodyParams.from_pose(shape.new_zeros(1, 72), shape, shape.new_zeros(1, 3), child)
        shift = self._body.pelvis_shift(SMPL_NEUTRAL).to("cpu", torch.float64)
        return (self._body.rest_pelvis(params)[0] - shift).numpy()
