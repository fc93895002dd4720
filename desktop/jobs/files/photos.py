"""Photos for the views, read in the background."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import ImageError
from desktop.jobs.worker import READER_S, Worker
from desktop.text.translate import tr

CACHED_PIXELS = 60_000_000  # of decoded photos: 180 MB
AHEAD_PIXELS = CACHED_PIXELS // 4  # of a photo that is read before it is asked for
SHOWN_PIXELS = 26_000_000  # of one photo: drawing 200 million pixels would block the window for seconds
LARGE_PIXELS = (
    4_000_000  # of a JPEG that is read twice: at first at a fraction of its size, which is there sooner
)
FIRST_PX = 1000  # its longer side then, about that of the canvas


Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Read:
    """A photo as it was read for `size`, or its error. told: a notice. first: at a fraction of its size; all of it
    follows."""

    file: Path
    size: Size
    image: np.ndarray | ImageError
    told: str = ""
    first: bool = False


class Photos(QObject):
    """Reads photos on request, and caches the last few."""

    arrived = Signal(str)  # the path of a photo whose picture or error is in the cache now
    resized = Signal(str)  # a notice: a photo had another size than its people were marked in

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache: OrderedDict[tuple[Path, Size], np.ndarray | ImageError] = OrderedDict()
        self._first: Read | None = None  # the last photo that was read at a fraction of its size
        self._wanted: tuple[Path, Size] | None = None  # what is being read
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether a photo is being read."""
        return self._worker.running

    def get(self, file: Path, size: Size) -> np.ndarray | ImageError | None:
        """A photo (H, W, 3) uint8, or its error. None while it is being read; `arrived` follows. A large photo arrives
        twice, at first smaller.

        size: width and height [px] that its people were marked in; a photo of another shape is an error. A photo of
        more than SHOWN_PIXELS is averaged down to that size.
        """
        if (file, size) in self._cache:
            self._cache.move_to_end((file, size))
            return self._cache[file, size]
        if self._wanted != (file, size):
            self._wanted = file, size
            self._worker.start(_read_steps(file, size), name="read", every=True)
        first = self._first
        return first.image if first is not None and (first.file, first.size) == (file, size) else None

    def read_ahead(self, file: Path, size: Size) -> None:
        """Read the photo that will be shown next, if nothing is being read, and if it leaves others in the cache."""
        if not self.busy and size[0] * size[1] <= AHEAD_PIXELS:
            self.get(file, size)

    def forget(self) -> None:
        """Clear the cache, because files may have changed."""
        self._cache.clear()
        self._first = self._wanted = None

    def close(self) -> None:
        """Stop reading, and wait until no thread is left."""
        self._worker.close(READER_S)

    def _take(self, step: Read) -> None:
        if step.first:
            self._first = step
            self.arrived.emit(str(step.file))
            return
        self._first = self._wanted = None
        self._cache[step.file, step.size] = step.image
        sizes = {key: kept.size // 3 for key, kept in self._cache.items() if isinstance(kept, np.ndarray)}
        while len(self._cache) > 1 and sum(sizes.values()) > CACHED_PIXELS:
            key, _ = self._cache.popitem(last=False)
            sizes.pop(key, None)
        self.arrived.emit(str(step.file))
        if step.told:
            self.resized.emit(step.told)


def to_qimage(image: np.ndarray) -> QImage:
    """A picture (H, W, 3) uint8 as Qt's own copy."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    return QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _read_steps(file: Path, size: Size) -> Iterator[Read]:
    from core.geometry.image import image_size, read_image_as  # here, as it imports torch

    try:
        first = _first_look(file, size)
        if first is not None:
            yield Read(file, size, first, first=True)
        image, now = _reduced(read_image_as(file, size)), image_size(file)
        words = tr(
            "{name} is {width} × {height} px now; its people were marked in {before} × {high} px, and are shown there."
        )
        told = words.format(name=file.name, width=now[0], height=now[1], before=size[0], high=size[1])
        yield Read(file, size, image, "" if now == size else told)
    except ImageError as error:
        yield Read(file, size, error)


def _first_look(file: Path, size: Size) -> np.ndarray | None:
    """A large JPEG of the right shape at a fraction of its size, in a quarter of the time; None for other photos."""
    from core.geometry.image import image_size, one_ratio, read_small_image

    if file.suffix.lower() not in (".jpg", ".jpeg") or not one_ratio(size, image_size(file)):
        return None
    return read_small_image(file, FIRST_PX) if size[0] * size[1] > LARGE_PIXELS else None


def averaged(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 averaged down to a smaller size [px]: by halves as far as they go, which is faster."""
    import cv2  # here, as the window starts without it

    while image.shape[0] % 2 == image.shape[1] % 2 == 0 and image.shape[0] >= 2 * height:
        image = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return cv2.resize(image, (max(1, width), max(1, height)), interpolation=cv2.INTER_AREA)


def _reduced(image: np.ndarray) -> np.ndarray:
    """The picture with at most SHOWN_PIXELS."""
    height, width = image.shape[:2]
    scale = (SHOWN_PIXELS / (height * width)) ** 0.5
    return image if scale >= 1 else averaged(image, int(width * scale), int(height * scale))
