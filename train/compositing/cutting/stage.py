"""Where composites come from: photos with people whose bodies are known, their masks, and further backgrounds.

A data set as train.synthetic writes them has masks; accepted people of a fits dictionary are cut out by GrabCut. What
cannot be cut out is named once and left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.keypoint_body import KeypointBody
from core.body.model import Body
from core.errors import FitloopError, ImageError, ReadError
from core.files.untrusted import read_arrays
from core.geometry.image import image_size, one_ratio, read_image, read_image_as
from core.store.fits.dictionary import FitsDictionary
from train.compositing.cutting.cutouts import Cutout, cut_out
from train.compositing.cutting.silhouettes import cut_by_grabcut, silhouette
from train.compositing.cutting.staged_people import LAYOUT, Similarity, StagedPeople, moved, with_points
from train.data.trunks import rows_by_photo
from train.synthesis.figure import Figure

PHOTO_CACHE = 64
LARGEST_PX = 1024  # longer side: larger photos are reduced with their people
COARSE_CELL = 0.015  # [m] of the body's mesh whose silhouette is drawn
_TRUTH = ("pose_photo", "shape", "kid", "cam_t", "focal_length", "camera_center", "mask", "mask_value")
_ROWS = ("imgname", "openpose", "part", "occluded", "body", *_TRUTH)


@dataclass(frozen=True, eq=False)
class StagedPhoto:
    """A photo and its people; masks: for each a PNG and its value there, None where they are cut out by GrabCut;
    size: width and height [px] that the people's pixels are of, None for the file's own."""

    path: Path
    people: StagedPeople
    masks: tuple[tuple[Path, int], ...] | None
    size: tuple[int, int] | None = None


@dataclass(eq=False)
class Stage:
    """Photos to compose on and people to paste. told: what was left out, a line each."""

    photos: list[StagedPhoto]
    occluders: list[Cutout]
    body: Body
    told: Callable[[str], object]
    scenes: list[StagedPhoto] = field(default_factory=list)  # of --backgrounds; else those of the people
    _refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places = [(p, q) for p, photo in enumerate(self.photos) for q in range(len(photo.people))]
        if not self.places:
            raise FitloopError(
                "nobody is there to compose with. Give accepted fits, or a data set with masks."
            )
        self._figure = Figure.from_body(self.body, COARSE_CELL)
        self._scene = lru_cache(maxsize=PHOTO_CACHE)(self._reduced)
        self.masks = lru_cache(maxsize=PHOTO_CACHE)(self._masks)
        self.cutout = lru_cache(maxsize=2 * PHOTO_CACHE)(self._cutout)

    def image(self, photo: StagedPhoto) -> NDArray[np.uint8]:
        """(H, W, 3) as it is composed on. Raises ImageError."""
        return self._scene(photo)[0]

    def people(self, photo: StagedPhoto) -> StagedPeople:
        """In the pixels of `image`. Raises ImageError."""
        return self._scene(photo)[1]

    def _reduced(self, photo: StagedPhoto) -> tuple[NDArray[np.uint8], StagedPeople]:
        image = _image(photo)
        share = LARGEST_PX / max(image.shape[:2])
        if share >= 1:
            return image, photo.people
        size = max(1, round(share * image.shape[1])), max(1, round(share * image.shape[0]))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        return small, moved(photo.people, Similarity(scale=share), self.body)

    def _masks(self, number: int) -> tuple[NDArray[np.bool_] | None, ...]:
        """Of each person of a photo of people, (H, W); None where it cannot be cut out."""
        photo = self.photos[number]
        image = self.image(photo)
        found: list[NDArray[np.bool_] | None] = []
        for q in range(len(photo.people)):
            try:
                found.append(self._mask(photo, image, q))
            except (FitloopError, ImageError) as error:
                self.leave_out(error)
                found.append(None)
        return tuple(found)

    def _mask(self, photo: StagedPhoto, image: NDArray[np.uint8], q: int) -> NDArray[np.bool_]:
        name = f"{photo.path}, person {int(photo.people.of_row[q])}"
        size = image.shape[1], image.shape[0]
        if photo.masks is not None:
            file, value = photo.masks[q]
            mask = read_mask(file)
            if not one_ratio((mask.shape[1], mask.shape[0]), size):
                raise FitloopError(
                    f"{name}: its mask is {mask.shape[1]} × {mask.shape[0]} px, its photo {size[0]} × {size[1]} px. "
                    "Give the mask of this photo."
                )
            own = (mask == value).astype(np.uint8)
            return np.asarray(cv2.resize(own, size, interpolation=cv2.INTER_NEAREST) > 0)
        inside = silhouette(self.people(photo)[[q]], self._figure, size)
        return cut_by_grabcut(image, inside, name)

    def _cutout(self, place: tuple[int, int]) -> Cutout | None:
        """Of a person of a photo; None where it cannot be cut out."""
        photo, mask = self.photos[place[0]], self.masks(place[0])[place[1]]
        name = f"{photo.path}, person {int(photo.people.of_row[place[1]])}"
        if mask is None:
            return None
        try:
            return cut_out(self.image(photo), mask, self.people(photo)[[place[1]]], name, self.body)
        except FitloopError as error:
            self.leave_out(error)
            return None

    def leave_out(self, error: FitloopError) -> None:
        """Name once what cannot be used."""
        if str(error) not in self._refused:
            self._refused.add(str(error))
            self.told(str(error))

    @property
    def refused(self) -> int:
        """How many people could not be cut out so far."""
        return len(self._refused)


def read_mask(file: Path) -> NDArray[np.uint8]:
    """A mask (H, W). Raises ImageError."""
    image_size(file)
    mask = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ImageError(f"{file}: cannot be read. Make the masks again.")
    return np.asarray(mask, np.uint8)


def photos_of_dataset(path: Path, folder: Path, body: Body) -> list[StagedPhoto]:
    """The photos of a data set with masks. Raises ReadError for one without what a composite needs."""
    arrays = read_arrays(path, _ROWS)
    missing = [name for name in _ROWS if name not in arrays]
    if missing:
        raise ReadError(f"{path}: has no {', '.join(missing)}. Choose a data set of train.synthetic.")
    if not body.shares_betas(str(arrays["body"])):
        raise ReadError(f"{path}: its people are of another body. Give that body's file: --body.")
    count = len(arrays["imgname"])
    wrong = [name for name in _ROWS if name != "body" and len(arrays[name]) != count]
    if wrong:
        raise ReadError(
            f"{path}, {wrong[0]}: it has not {count} rows as imgname has. Make the data set again."
        )
    people = StagedPeople(
        pose=arrays["pose_photo"].astype(np.float32),
        betas=arrays["shape"].astype(np.float32),
        kid=arrays["kid"].astype(np.float32),
        cam_t=arrays["cam_t"].astype(np.float32),
        focal_length=arrays["focal_length"].astype(np.float32),
        camera_center=arrays["camera_center"].astype(np.float32),
        keypoints=np.concatenate([arrays["openpose"], arrays["part"]], axis=1).astype(np.float32),
        occluded=arrays["occluded"].astype(bool),
        points=np.zeros((count, 49, 2), np.float32),
        of_row=np.arange(count),
    )
    people = with_points(people, KeypointBody.from_body(body, LAYOUT))
    masks = [
        (folder / str(name), int(value))
        for name, value in zip(arrays["mask"], arrays["mask_value"], strict=True)
    ]
    return [
        StagedPhoto(folder / str(name), people[rows], tuple(masks[row] for row in rows.tolist()))
        for name, rows in rows_by_photo(arrays["imgname"])
    ]


def photos_of_fits(fits: FitsDictionary, folder: Path, body: Body) -> list[StagedPhoto]:
    """The photos of a dictionary with the people that a human accepted or locked."""
    accepted = (fits.verdict == "accepted") | fits.locked.numpy()
    keypoints = fits.keypoints.numpy().copy()
    keypoints[..., 2] = keypoints[..., 2] > 0
    people = StagedPeople(
        pose=fits.pose.numpy(),
        betas=fits.betas.numpy(),
        kid=fits.kid.numpy(),
        cam_t=fits.cam_t.numpy(),
        focal_length=fits.focal_length.numpy(),
        camera_center=fits.camera_center.numpy(),
        keypoints=keypoints,
        occluded=np.zeros(keypoints.shape[:2], bool),
        points=np.zeros((len(fits), 49, 2), np.float32),
        of_row=np.arange(len(fits)),
    )[accepted]
    people = with_points(people, KeypointBody.from_body(body, LAYOUT))
    names, sizes = fits.imgname[accepted], fits.photo_size[accepted].astype(int)
    found = []
    for name, rows in rows_by_photo(names):
        width, height = sizes[rows[0]].tolist()
        size = (width, height) if width > 0 and height > 0 else None
        found.append(StagedPhoto(folder / name, people[rows], None, size))
    return found


def scenes_of(folder: Path, least: int) -> list[StagedPhoto]:
    """Photos without people. least: shorter side [px] that a background must have. Raises FitloopError."""
    if not folder.is_dir():
        raise FitloopError(f"{folder}: is no folder. Give --backgrounds a folder of pictures.")
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            size = image_size(file)
        except ImageError:
            continue  # a folder holds other files as well
        if min(size) >= least:
            found.append(StagedPhoto(file, nobody(), ()))
    if not found:
        raise FitloopError(
            f"{folder}: holds no picture of at least {least} px a side, the least that a person fits in. Choose "
            "another folder for --backgrounds."
        )
    return found


def nobody() -> StagedPeople:
    floats = {
        "pose": (72,), "betas": (10,), "kid": (), "cam_t": (3,), "focal_length": (), "camera_center": (2,),
        "keypoints": (49, 3), "points": (49, 2),
    }  # fmt: skip
    empty = {name: np.zeros((0, *shape), np.float32) for name, shape in floats.items()}
    return StagedPeople(**empty, occluded=np.zeros((0, 49), bool), of_row=np.zeros(0, np.int64))


def _image(photo: StagedPhoto) -> NDArray[np.uint8]:
    """(H, W, 3) in the pixels of its people. Raises ImageError."""
    image = read_image(photo.path) if photo.size is None else read_image_as(photo.path, photo.size)
    return np.asarray(image, np.uint8)
