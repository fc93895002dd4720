"""Thumbnails: small pictures of photos, and of people with their bodies, made in the background when they are seen."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import ImageError, ProjectError
from core.records import Fit, Person, Photo
from core.store import Project
from desktop.jobs.files.photos import to_qimage
from desktop.jobs.worker import READER_S, Worker
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.body.model import Body

Picture = QImage | str  # or a message if the photo cannot be read


class Made(NamedTuple):
    """A thumbnail of the row with this id, as that was at `updated`. size_px: its longer side."""

    id: int
    updated: float
    size_px: int
    picture: Picture


# project, times of the last change by id, size [px] → thumbnails
Make = Callable[[Project, dict[int, float], int], Iterator[Made]]

SIZES_PX = (128, 256)  # of thumbnails, for small and for large tiles
CACHED = 1500  # of the small ones: 70 MB
WAITING = 200  # most waiting requests; older ones, which were scrolled past, are dropped
BODY_COLOUR = np.array([134.0, 189.0, 255.0])  # as the themes' bodies
BODY_OPACITY = 0.75
GAP_PX = 5  # in the small size
NEAREST_M = 0.1


class Pictured(Protocol):
    """A row with a thumbnail: its id, and the time of its last change."""

    @property
    def id(self) -> int: ...

    @property
    def updated(self) -> float: ...


class Thumbnails(QObject):
    """Makes and caches thumbnails by id and by time of the row's last change."""

    arrived = Signal(int)  # id

    def __init__(self, make: Make, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._project: Project | None = None
        self._size_px = SIZES_PX[0]
        self._cache: OrderedDict[int, tuple[tuple[float, int], Picture]] = OrderedDict()
        self._wanted: dict[int, float] = {}
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take)
        self._worker.finished.connect(self._go_on)
        self._worker.failed.connect(self._go_on)

    @property
    def busy(self) -> bool:
        """Whether thumbnails are being made."""
        return self._worker.running

    def show(self, project: Project | None) -> None:
        """Show another project: clear the cache."""
        self._worker.stop()
        self._project = project
        self._cache.clear()
        self._wanted.clear()

    def make_for(self, side_px: int) -> None:
        """Make thumbnails for tiles with this side [px of the screen]. Those of another size are shown meanwhile."""
        self._size_px = next((size for size in SIZES_PX if size >= side_px), SIZES_PX[-1])

    def get(self, row: Pictured) -> Picture | None:
        """A row's thumbnail, or an outdated one while a new one is made, or None. `arrived` follows."""
        made = self._cache.get(row.id)
        if made is not None:
            self._cache.move_to_end(row.id)
            if made[0] == (row.updated, self._size_px):
                return made[1]
        self._wanted.pop(row.id, None)
        self._wanted[row.id] = row.updated
        while len(self._wanted) > WAITING:
            self._wanted.pop(next(iter(self._wanted)))
        if not self._worker.running:
            self._go_on()
        return None if made is None else made[1]

    def close(self) -> None:
        """Stop, and wait until no thread is left."""
        self._worker.close(READER_S)

    def _go_on(self, _error: Exception | None = None) -> None:
        if self._wanted and self._project is not None:
            wanted, self._wanted = self._wanted, {}
            self._worker.start(
                self._make(self._project, wanted, self._size_px), name="thumbnails", every=True
            )

    def _take(self, step: Made) -> None:
        if self._wanted.get(step.id) == step.updated and step.size_px == self._size_px:
            self._wanted.pop(step.id, None)
        self._cache[step.id] = ((step.updated, step.size_px), step.picture)
        self._cache.move_to_end(step.id)
        while len(self._cache) > CACHED * (SIZES_PX[0] / self._size_px) ** 2:
            self._cache.popitem(last=False)
        self.arrived.emit(step.id)


def with_a_body(body: "Callable[[], Body | None]") -> Make:
    """Makes thumbnails of people with the body that is there when they are asked for."""
    return lambda project, wanted, size_px: thumbnail_steps(project, wanted, size_px, body())


def thumbnail_steps(
    project: Project, wanted: dict[int, float], size_px: int, body: "Body | None"
) -> Iterator[Made]:
    """Thumbnails of people, in the order of the requests."""
    from core.geometry.image import read_image_as  # here, as it imports torch

    last: tuple[str, np.ndarray] | None = None
    for person_id, updated in wanted.items():
        try:
            photo: Photo = project.photo_of(person_id)
            person = next(person for person in photo.people if person.id == person_id)
            if last is None or last[0] != photo.path:
                size = photo.width, photo.height
                last = (photo.path, read_image_as(project.folder / photo.path, size))
            yield Made(person_id, updated, size_px, thumbnail(last[1], person, size_px, body))
        except ImageError:
            words = _why_none(project.folder / photo.path, (photo.width, photo.height))
            yield Made(person_id, updated, size_px, words)
        except ProjectError:  # the person was deleted meanwhile
            yield Made(person_id, updated, size_px, "")


def photo_thumbnail_steps(project: Project, wanted: dict[int, float], size_px: int) -> Iterator[Made]:
    """Thumbnails of whole photos, in the order of the requests."""
    for photo_id, updated in wanted.items():
        yield Made(photo_id, updated, size_px, _of_photo(project, photo_id, size_px))


def _of_photo(project: Project, photo_id: int, size_px: int) -> Picture:
    from core.geometry.image import read_small_image  # here, as it imports torch

    try:
        row = next(iter(project.photo_rows([photo_id])), None)
    except ProjectError:
        row = None
    if row is None:  # the photo was deleted meanwhile
        return ""
    file = project.folder / row.path
    try:
        return to_qimage(read_small_image(file, size_px))
    except (ImageError, OSError, ValueError):  # no file system has a name like that
        return tr("photo unreadable") if os.path.exists(file) else tr("photo missing")


def thumbnail(image: np.ndarray, person: Person, size_px: int, body: "Body | None") -> QImage:
    """The person's box of a photo (H, W, 3), with the body over it. size_px: its side."""
    from core.geometry.image import crop_affine, warp

    affine = crop_affine(person.bbox, size_px)
    picture = warp(image, affine, size_px)
    if person.fit is not None and body is not None:
        picture = with_body(picture, affine, person.fit, body)
    return to_qimage(picture)


def _why_none(file: Path, size: tuple[int, int]) -> str:
    """Why a photo has no thumbnail, in two or three words. size: that its people were marked in."""
    from core.geometry.image import image_size, one_ratio

    if not file.exists():
        return tr("photo missing")
    try:
        return tr("photo unreadable") if one_ratio(size, image_size(file)) else tr("photo of another size")
    except ImageError:
        return tr("photo unreadable")


def with_body(picture: np.ndarray, affine: np.ndarray, fit: Fit, body: "Body") -> np.ndarray:
    """A crop (S, S, 3) with the body over it, without OpenGL: four dots per triangle leave no gaps at this size."""
    import torch

    from core.geometry.image import apply_affine
    from desktop.state.posed_body import params_of

    with torch.no_grad():
        vertices = body.pose(params_of(fit, body))[0][0].numpy()
    points, facing = _dots(vertices, body.faces)
    seen = (facing > 0) & (points[:, 2] > NEAREST_M)
    order = np.argsort(-points[seen, 2])  # the nearest last
    points, facing = points[seen][order], facing[seen][order]
    xy = fit.focal_length * points[:, :2] / points[:, 2:] + fit.camera_center
    at = np.floor(apply_affine(affine, xy)).astype(int)
    size = len(picture)
    inside = ((at >= 0) & (at < size - 1)).all(axis=1)
    x, y, shade = at[inside, 0], at[inside, 1], facing[inside]
    light = np.full((size, size), np.nan)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        light[y + down, x + right] = shade
    light[y, x] = shade
    light = _closed(light)
    covered = np.isfinite(light)
    light = _without_specks(np.nan_to_num(light).astype(np.float32))
    colour = BODY_COLOUR * (0.35 + 0.65 * light[covered])[:, None]
    result = picture.copy()
    result[covered] = (BODY_OPACITY * colour + (1 - BODY_OPACITY) * picture[covered]).astype(np.uint8)
    return result


def _closed(light: np.ndarray) -> np.ndarray:
    """Fill gaps between dots with the light around them. Gaps appear if the body is larger than the crop."""
    import cv2

    gap = GAP_PX * len(light) // SIZES_PX[0] | 1
    kernel = np.ones((gap, gap), np.uint8)
    known = np.isfinite(light).astype(np.uint8)
    gaps = (cv2.morphologyEx(known, cv2.MORPH_CLOSE, kernel) > 0) & (known == 0)
    around = cv2.dilate(np.nan_to_num(light).astype(np.float32), kernel)
    return np.where(gaps, around, light)


def _without_specks(light: np.ndarray) -> np.ndarray:
    """Smooth single dots of the far side that show through. Edges stay."""
    import cv2

    around = cv2.medianBlur(light, 3)
    return np.where(around > 0, around, light)


def _dots(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The centres of triangles and of their edges (4 F, 3), and the facing of each (4 F,): 1 is toward the camera."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = -across[:, 2] / np.maximum(np.linalg.norm(across, axis=1), 1e-12)
    edges = [(corners[:, one] + corners[:, other]) / 2 for one, other in ((0, 1), (1, 2), (2, 0))]
    return np.concatenate([corners.mean(axis=1), *edges]), np.tile(facing, 4)
