"""The photo's place on the canvas: zoom and pan in one frozen record."""

from dataclasses import dataclass, replace

import numpy as np

SMALLEST, LARGEST = 0.02, 64.0  # canvas px per photo px
MARGIN_PX = 12


@dataclass(frozen=True)
class Placing:
    """A point xy of the photo lies at scale * xy + (x, y) on the canvas [px]."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @property
    def offset(self) -> np.ndarray:
        """The photo's upper left corner (2,) [px of the canvas]."""
        return np.array([self.x, self.y])

    def to_canvas(self, xy: np.ndarray) -> np.ndarray:
        """Photo points (..., 2) to canvas points."""
        return np.asarray(xy, dtype=np.float64) * self.scale + (self.x, self.y)

    def to_photo(self, xy: np.ndarray) -> np.ndarray:
        """Canvas points (..., 2) to photo points."""
        return (np.asarray(xy, dtype=np.float64) - (self.x, self.y)) / self.scale

    def zoomed(self, factor: float, at: np.ndarray) -> "Placing":
        """Zoomed by a factor about the canvas point `at` (2,) [px]."""
        scale = float(np.clip(self.scale * factor, SMALLEST, LARGEST))
        x, y = at - (at - self.offset) * (scale / self.scale)
        return Placing(scale, float(x), float(y))

    def panned(self, by: np.ndarray) -> "Placing":
        """Moved by (2,) [px of the canvas]."""
        return replace(self, x=self.x + float(by[0]), y=self.y + float(by[1]))

    @classmethod
    def centred(cls, at: np.ndarray, scale: float, size: np.ndarray) -> "Placing":
        """Shows a point (2,) [px of the photo] in the middle of a canvas of this size (2,) [px]."""
        x, y = size / 2 - scale * at
        return cls(scale, float(x), float(y))

    @classmethod
    def showing(cls, low: np.ndarray, high: np.ndarray, width: int, height: int) -> "Placing":
        """Shows the photo's region from low to high (2,) [px of the photo], centred on a canvas of this size [px]."""
        room = np.maximum([width - 2 * MARGIN_PX, height - 2 * MARGIN_PX], 1)
        scale = float(np.clip((room / np.maximum(high - low, 1e-3)).min(), SMALLEST, LARGEST))
        return cls.centred((low + high) / 2, scale, np.array([width, height]))
