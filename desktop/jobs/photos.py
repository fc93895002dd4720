"""Photos and thumbnails, read beside the window."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import FitloopError, ImageError
from core.records import Photo
from core.store import Project
from desktop.jobs.worker import Worker

CACHED_PIXELS = 60_000_000  # of decoded photos: 180 MB
THUMBNAIL_PX = 56
CACHED_THUMBNAILS = 2000


class Photos(QObject):
    """Reads the photo that is asked for; the last few stay in memory."""

    arrived = Signal(str)  # the path that was asked for; its picture or its error is there now

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache: OrderedDict[Path, np.ndarray | ImageError] = OrderedDict()
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._worker.running

    def get(self, file: Path) -> np.ndarray | ImageError | None:
        """(H, W, 3) uint8, or why not; None while it is being read, which `arrived` ends."""
        if file in self._cache:
            self._cache.move_to_end(file)
            return self._cache[file]
        self._worker.start(_read_steps(file), name="read photo", every=True)
        return None

    def forget(self) -> None:
        """Read everything anew: the files may have changed."""
        self._cache.clear()

    def close(self) -> None:
        """Stop reading and wait for its end."""
        self._worker.close()

    def _take(self, step: tuple[Path, np.ndarray | ImageError]) -> None:
        file, image = step
        self._cache[file] = image
        sizes = {path: kept.size // 3 for path, kept in self._cache.items() if isinstance(kept, np.ndarray)}
        while len(self._cache) > 1 and sum(sizes.values()) > CACHED_PIXELS:
            path, _ = self._cache.popitem(last=False)
            sizes.pop(path, None)
        self.arrived.emit(str(file))


class Thumbnails(QObject):
    """Small pictures of people, made when somebody looks at them."""

    arrived = Signal(int)  # person id

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._cache: OrderedDict[int, QImage] = OrderedDict()
        self._wanted: list[int] = []
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take)
        self._worker.finished.connect(self._go_on)
        self._worker.failed.connect(self._go_on)

    def show(self, project: Project | None) -> None:
        """Of another project from now on."""
        self._worker.stop()
        self._project = project
        self._cache.clear()
        self._wanted.clear()

    @property
    def busy(self) -> bool:
        """Whether something is being made."""
        return self._worker.running

    def get(self, person_id: int) -> QImage | None:
        """The picture; None while it is being made, which `arrived` ends."""
        if person_id in self._cache:
            self._cache.move_to_end(person_id)
            return self._cache[person_id]
        if person_id not in self._wanted:
            self._wanted.append(person_id)
            del self._wanted[:-100]  # what was scrolled past long ago
        if not self._worker.running:
            self._go_on()
        return None

    def close(self) -> None:
        """Stop and wait for the end."""
        self._worker.close()

    def _go_on(self, _error: Exception | None = None) -> None:
        if self._wanted and self._project is not None:
            wanted, self._wanted = self._wanted, []
            self._worker.start(thumbnail_steps(self._project, wanted), name="thumbnails", every=True)

    def _take(self, step: tuple[int, QImage]) -> None:
        person_id, picture = step
        self._cache[person_id] = picture
        while len(self._cache) > CACHED_THUMBNAILS:
            self._cache.popitem(last=False)
        self.arrived.emit(person_id)


def to_qimage(image: np.ndarray) -> QImage:
    """A picture (H, W, 3) uint8 as Qt's own copy."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    return QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def thumbnail_steps(project: Project, person_ids: list[int]) -> Iterator[tuple[int, QImage]]:
    """Crops of the people, in the order asked for; empty pictures of those whose photo cannot be read."""
    from core.geometry.image import crop_affine, read_image, warp  # here, as it imports torch

    last: tuple[str, np.ndarray] | None = None
    for person_id in person_ids:
        try:
            photo: Photo = project.photo_of(person_id)
            person = next(person for person in photo.people if person.id == person_id)
            if last is None or last[0] != photo.path:
                last = (photo.path, read_image(project.folder / photo.path))
            size = 2 * THUMBNAIL_PX  # also sharp on a screen of double density
            yield person_id, to_qimage(warp(last[1], crop_affine(person.bbox, size), size))
        except FitloopError:
            yield person_id, QImage()


def _read_steps(file: Path) -> Iterator[tuple[Path, np.ndarray | ImageError]]:
    from core.geometry.image import read_image  # here, as it imports torch

    try:
        yield file, read_image(file)
    except ImageError as error:
        yield file, error
