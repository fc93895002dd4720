"""Photos for the views, read in the background."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import ImageError
from desktop.jobs.worker import Worker

CACHED_PIXELS = 60_000_000  # of decoded photos: 180 MB
SHOWN_PIXELS = 26_000_000  # of one photo: drawing 200 million pixels would block the window for seconds


class Photos(QObject):
    """Reads photos on request, and caches the last few."""

    arrived = Signal(str)  # the path of a photo whose picture or error is in the cache now

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache: OrderedDict[Path, np.ndarray | ImageError] = OrderedDict()
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether a photo is being read."""
        return self._worker.running

    def get(self, file: Path) -> np.ndarray | ImageError | None:
        """A photo (H, W, 3) uint8, or its error. None while it is being read; `arrived` follows.

        A photo of more than SHOWN_PIXELS is averaged down to that size.
        """
        if file in self._cache:
            self._cache.move_to_end(file)
            return self._cache[file]
        self._worker.start(_read_steps(file), name="read", every=True)
        return None

    def forget(self) -> None:
        """Clear the cache, because files may have changed."""
        self._cache.clear()

    def close(self) -> None:
        """Stop reading, and wait until no thread is left."""
        self._worker.close()

    def _take(self, step: tuple[Path, np.ndarray | ImageError]) -> None:
        file, image = step
        self._cache[file] = image
        sizes = {path: kept.size // 3 for path, kept in self._cache.items() if isinstance(kept, np.ndarray)}
        while len(self._cache) > 1 and sum(sizes.values()) > CACHED_PIXELS:
            path, _ = self._cache.popitem(last=False)
            sizes.pop(path, None)
        self.arrived.emit(str(file))


def to_qimage(image: np.ndarray) -> QImage:
    """A picture (H, W, 3) uint8 as Qt's own copy."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    return QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _read_steps(file: Path) -> Iterator[tuple[Path, np.ndarray | ImageError]]:
    from core.geometry.image import read_image  # here, as it imports torch

    try:
        yield file, _reduced(read_image(file))
    except ImageError as error:
        yield file, error


def _reduced(image: np.ndarray) -> np.ndarray:
    """The picture with at most SHOWN_PIXELS."""
    import cv2

    height, width = image.shape[:2]
    scale = (SHOWN_PIXELS / (height * width)) ** 0.5
    if scale >= 1:
        return image
    small = max(1, int(width * scale)), max(1, int(height * scale))
    return cv2.resize(image, small, interpolation=cv2.INTER_AREA)
