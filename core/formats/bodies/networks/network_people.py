"""People of a network's file: each a guess in its photo's frame, with a box round it where the file has none.

Every network here places SMPL, or SMPL-X, by X = smpl(pose, betas) + cam_t in a camera with x right, y down, z forward.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.mean_skeleton import joints_of, project
from core.body.model import SMPL_NEUTRAL
from core.files.untrusted import finite, numbers
from core.files.unusable import Unusable
from core.formats.bodies.spin import MAX_POSE
from core.formats.shared import people
from core.formats.shared.crop_frame import seen_by
from core.formats.shared.gathered_photos import MAX_SIDE, Tracks
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.geometry.image import one_ratio
from core.geometry.rotation import matrix_to_axis_angle
from core.records import BBox, Guess, Keypoints, Person, Photo

LAYOUT = "coco17"
POSE, SMPLX_POSE = 72, 66  # angles; those of SMPL-X without hands and face
_DETERMINANT = 0.05  # by which that of a rotation may differ from 1
_MOST_FOCAL, _FARTHEST = 1e7, 1e5
_MOST_OFF_MIDDLE = 0.05  # of a photo's side, of a principal point; photos of other shapes are farther off


@dataclass(frozen=True)
class NetworkCamera:
    """focal [px] and principal point `center` (2,) [px] of a photo that is `size` = width, height [px] large in the
    file."""

    focal: float
    center: tuple[float, float]
    size: tuple[int, int]

    @classmethod
    def about(cls, center: object, focal: float, photo: tuple[int, int]) -> NetworkCamera:
        """Of a file that gives its centre, for a photo of this width and height [px]. Raises Unusable.

        A centre in the middle of a picture of the photo's shape gives the size of the frames that the network saw. One
        near the photo's middle is the camera's own principal point, in the photo's pixels.
        """
        x, y = finite(center, 2).tolist()
        size = round(2 * x), round(2 * y)
        is_size = all(1 <= side <= MAX_SIDE for side in size)
        if is_size and (one_ratio(size, photo) or one_ratio(size[::-1], photo)):
            return cls(focal, (x, y), size)
        if any(abs(place / side - 0.5) > _MOST_OFF_MIDDLE for place, side in zip((x, y), photo, strict=True)):
            words = f"its camera's centre ({x:g}, {y:g}) px is not near the middle of a photo"
            raise Unusable(f"{words} of {photo[0]} × {photo[1]} px; choose the photos that the network saw")
        return cls(focal, (x, y), photo)

    @classmethod
    def of_photo(cls, size: tuple[int, int], focal: float) -> NetworkCamera:
        """In the middle of a photo."""
        return cls(focal, (size[0] / 2, size[1] / 2), size)


class NetworkPeople:
    """Collects the people of one file. network: its name. body: fingerprint or name of the body of its betas."""

    def __init__(self, report: Report, folder: PhotoFolder, network: str, body: str = SMPL_NEUTRAL) -> None:
        self.report, self.folder = report, folder
        self._network, self._body = network, body
        self._photos: dict[str, Photo] = {}
        self._people: dict[str, list[tuple[Guess, BBox | None, Keypoints | None, int | None]]] = {}
        self._tracks = Tracks()

    def size(self, relative: str) -> tuple[int, int]:
        """Width and height of a photo [px]. Raises Unusable if it is not there."""
        return self.folder.known_size(relative)

    def add(
        self,
        relative: str,
        pose: np.ndarray,
        betas: np.ndarray,
        cam_t: np.ndarray,
        camera: NetworkCamera,
        identity: object = None,
        kid: float = 0.0,
        box: BBox | None = None,
        keypoints: Keypoints | None = None,
    ) -> None:
        """A person of a photo. pose (72,) axis-angle [rad], betas (10,), cam_t (3,) [m]. Raises Unusable."""
        guess = checked_guess(pose, betas, cam_t, camera.focal, camera.center, self._network, kid, self._body)
        if any(abs(place - side / 2) > 1 for place, side in zip(camera.center, camera.size, strict=True)):
            self.report.note(
                "the camera's centre is not the middle of the photo: it is kept as the file has it"
            )
        photo = self._photos.get(relative)
        if photo is None:
            if len(self._photos) >= MAX_PHOTOS:
                raise self.report.error(
                    f"more than {MAX_PHOTOS} photos", "Split the file and read the parts."
                )
            self.folder.known_size(relative)
            photo = seen_by(Photo(relative, *camera.size), camera.focal, guess.camera_center)
            self._photos[relative], self._people[relative] = photo, []
        self._people[relative].append((guess, box, keypoints, self._tracks.take(identity)))

    def done(self) -> Import:
        """The photos with their people."""
        return self.report.done(
            photo.with_(people=tuple(self._persons(path))) for path, photo in self._photos.items()
        )

    def _persons(self, path: str) -> list[Person]:
        each = self._people[path]
        corners = _corners([guess for guess, *_ in each])
        found: list[Person] = []
        for (guess, box, keypoints, track), (low, high) in zip(each, corners, strict=True):
            with self.report.record(f"{path}, person {len(found) + 1}"):
                box = box or people.box_from_xywh(np.concatenate([low, high - low]))
                known = keypoints or Keypoints(LAYOUT, np.zeros((17, 2)), np.zeros(17))
                used = {person.track for person in found}
                person = people.person(len(found) + 1, box, known, None if track in used else track)
                found.append(person.with_(guess=guess))
        return found


def checked_guess(
    pose: np.ndarray,
    betas: np.ndarray,
    cam_t: np.ndarray,
    focal_length: float,
    center: tuple[float, float],
    network: str,
    kid: float = 0.0,
    body: str = SMPL_NEUTRAL,
) -> Guess:
    """A guess of numbers from a file. Raises Unusable for numbers that are no body or no camera."""
    if not all((np.abs(values) <= MAX_POSE).all() for values in (pose, betas, np.array(kid))):
        raise Unusable("its pose or shape is not finite, or too large for a body")
    if not (0 < focal_length < _MOST_FOCAL and (np.abs(cam_t) < _FARTHEST).all() and cam_t[2] > 0):
        raise Unusable("its camera is not valid, or the body is behind it")
    return Guess(pose, betas, kid, cam_t, focal_length, np.array(center), network, body=body)


def row(table: Any, name: str, *shape: int) -> np.ndarray:
    """The array of a name in a dictionary of the file, as float64 of this shape. Raises Unusable."""
    if not isinstance(table, dict) or name not in table:
        raise Unusable(f"it has no '{name}'")
    try:
        return numbers(table[name], *shape)
    except Unusable as reason:
        raise Unusable(f"'{name}': {reason}") from reason


def axis_angles(matrices: np.ndarray) -> np.ndarray:
    """(N, 3 J) [rad] of matrices (N, J, 3, 3), moved to the nearest rotations; nan for rows with one that is none."""
    usable = np.isfinite(matrices).all(axis=(1, 2, 3)) & (np.abs(matrices) <= 2).all(axis=(1, 2, 3))
    safe = np.where(usable[:, None, None, None], matrices, np.eye(3))
    with np.errstate(divide="ignore"):  # of matrices whose rows are all but the same
        usable &= (np.abs(np.linalg.det(safe) - 1) <= _DETERMINANT).all(axis=1)
    left, _, right = np.linalg.svd(np.where(usable[:, None, None, None], safe, np.eye(3)))
    turns = left @ right
    pose = matrix_to_axis_angle(torch.from_numpy(turns)).flatten(1).numpy()
    return np.where(usable[:, None], pose, np.nan)


def smplx_pose(pose: np.ndarray) -> np.ndarray:
    """(N, 72) from SMPL-X's angles (N, 66 or more): SMPL's two hand joints are straight."""
    return np.pad(pose[:, :SMPLX_POSE], ((0, 0), (0, POSE - SMPLX_POSE)))


def frames_of(values: object, count: int) -> list[int]:
    """The numbers (N,) of frames. Raises Unusable unless they are whole and not negative."""
    array = finite(values, count)
    if (array < 0).any() or (array % 1 != 0).any():
        raise Unusable("its frames are not whole numbers")
    return [int(frame) for frame in array.tolist()]


def video_frames(
    folder: PhotoFolder, path: Path, frames: Collection[int], report: Report, first_frame: int | None
) -> NumberedPhotos:
    """The photos of a video's frames, counted from 0, found by number. first_frame: as in `NumberedPhotos`."""
    numbered = NumberedPhotos(folder, path.stem, first_frame)
    numbered.align(set(frames), 0, report)
    return numbered


def _corners(guesses: list[Guess]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Upper left and lower right [px] of each body's joints."""
    seen = project(joints_of(guesses), guesses)
    return [(low, high) for low, high in zip(seen.min(axis=1), seen.max(axis=1), strict=True)]
