"""Cameras for rendering bodies: the photo's own camera, and an orbit camera that the mouse turns."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QMatrix4x4

from desktop.views.gl.renderer import ViewCamera

NEAR_M, FAR_M = 0.05, 100.0
BLOCK_PX = 64  # pictures grow in steps of this size, so that a moving body rarely needs a new buffer
MARGIN_PX = 8  # for the rim around the body
FIELD_OF_VIEW_DEG = 30.0
STEEPEST_DEG = 89.0
NEAREST_M, FARTHEST_M = 0.3, 40.0
NARROW = 1.4
WIDEST_DEG = 120.0
TURN_DEG_A_PX = 0.5
FILLED = 0.84  # share of a view that a whole body fills
TOOLS_PX = (
    44  # at the left of a view, where tools lie; the same at the right, so that the body is in the middle
)
BAR_PX = 40  # at the lower edge of a view with tools, where the bar lies
HOME = (25.0, 8.0)  # azimuth and elevation [degrees] of the first look; the photo's camera is at azimuth 0
# Azimuth and elevation [degrees] from which a body that faces azimuth 0 shows its front, back, own left and right …
SIDES = {
    "front": (0.0, 0.0),
    "back": (180.0, 0.0),
    "left": (90.0, 0.0),
    "right": (-90.0, 0.0),
    "top": (0.0, STEEPEST_DEG),
    "below": (0.0, -STEEPEST_DEG),
}


@dataclass(frozen=True)
class Orbit:
    """A camera that looks at `center` (x, y up, z) [m] from `distance` [m], with a vertical field of view."""

    azimuth_deg: float = HOME[0]
    elevation_deg: float = HOME[1]
    distance: float = 4.0
    center: tuple[float, float, float] = (0.0, 0.92, 0.0)
    field_of_view_deg: float = FIELD_OF_VIEW_DEG

    @classmethod
    def at(cls, side: str, heading_deg: float = 0.0) -> "Orbit":
        """A camera that shows one of SIDES of a body that faces this azimuth."""
        azimuth_deg, elevation_deg = SIDES[side]
        return cls(azimuth_deg + heading_deg, elevation_deg)

    @classmethod
    def from_eye(cls, eye: np.ndarray, points: np.ndarray, size: QSize) -> "Orbit":
        """A camera at eye (3,) [m] that looks at points (N, 3) [m]. Its field of view is such that they just fill a
        picture of this size [px], with a margin.
        """
        center = (points.min(axis=0) + points.max(axis=0)) / 2
        back = eye - center
        distance = float(np.clip(np.linalg.norm(back), NEAREST_M, FAR_M / 2))
        azimuth_deg = float(np.degrees(np.arctan2(back[0], back[2])))
        elevation_deg = float(np.degrees(np.arcsin(np.clip(back[1] / distance, -1, 1))))
        looks = cls(azimuth_deg, elevation_deg, distance, tuple(center.tolist()))
        seen = (points - looks.eye) @ looks.axes.T
        tangents = np.abs(seen[:, :2]).max(axis=0) / max(float(-seen[:, 2].max()), NEAREST_M)
        focal_px = float((_room(size, TOOLS_PX) / np.maximum(tangents, 1e-6)).min())
        half = np.arctan(_least_side(size) / 2 / focal_px)
        return replace(looks, field_of_view_deg=float(np.clip(2 * np.degrees(half), 1.0, WIDEST_DEG)))

    def shows(self, points: np.ndarray, size: QSize) -> bool:
        """Whether all points (N, 3) [m] are inside a picture of this size [px]."""
        at = self.project(points, size)
        return bool(((at >= 0) & (at <= [size.width(), size.height()])).all())

    def around(self, points: np.ndarray, size: QSize) -> "Orbit":
        """The same camera, or a farther one if points (N, 3) [m] are outside a picture of this size [px]."""
        return self if self.shows(points, size) else self.framing(points, size)

    def framing(self, points: np.ndarray, size: QSize, tools_px: int = TOOLS_PX) -> "Orbit":
        """The same direction, from where points (N, 3) [m] fill a picture of this size [px], with a margin.

        tools_px: kept free at the left and the right, and with it the height of a bar below.
        """
        above = _room(size, tools_px) / self._focal_px(
            size
        )  # tangents of half angles, to the right and above …
        below = above.copy()  # … and to the left and below
        if tools_px:
            below[1] = min(below[1], (size.height() / 2 - BAR_PX) / self._focal_px(size))
        seen = points @ self.axes.T
        flat, back = seen[:, :2], seen[:, 2:]
        # Lines of sight that graze the points at the right and above, and at the left and below. The eye is where both
        # meet, or farther behind in their middle.
        high, low = (flat + above * back).max(axis=0), (-flat + below * back).max(axis=0)
        middle = (back.min() + back.max()) / 2
        eye = max(float(((high + low) / (above + below)).max()), float(back.max()) + NEAREST_M)
        away = eye - float(middle)
        x, y = (high - low - (above - below) * eye) / 2
        center = np.array([x, y, middle]) @ self.axes
        return replace(self, center=tuple(center.tolist()), distance=min(away, FAR_M / 2))

    @cached_property
    def axes(self) -> np.ndarray:
        """The camera's axes as rows (3, 3): right, up and backward."""
        azimuth, elevation = np.radians([self.azimuth_deg, self.elevation_deg])
        back = np.array(
            [np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)]
        )
        right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
        return np.stack([right, np.cross(back, right), back])

    @cached_property
    def eye(self) -> np.ndarray:
        """The camera's position (3,) [m]."""
        return np.array(self.center) + self.distance * self.axes[2]

    def turned(self, by_px: np.ndarray) -> "Orbit":
        """Turned by a drag of by_px (2,)."""
        elevation_deg = float(
            np.clip(self.elevation_deg + TURN_DEG_A_PX * by_px[1], -STEEPEST_DEG, STEEPEST_DEG)
        )
        return replace(
            self, azimuth_deg=self.azimuth_deg - TURN_DEG_A_PX * float(by_px[0]), elevation_deg=elevation_deg
        )

    def panned(self, by_px: np.ndarray, size: QSize) -> "Orbit":
        """Panned by a drag of by_px (2,): points at the centre's depth stay under the cursor."""
        metres = self.distance / self._focal_px(size)
        right, up, _ = self.axes
        moved = np.array(self.center) - metres * (right * by_px[0] - up * by_px[1])
        return replace(self, center=tuple(moved.tolist()))

    def moved(self, point: np.ndarray, by_px: np.ndarray, size: QSize) -> np.ndarray:
        """A point (3,) [m] moved parallel to the picture by by_px (2,), at its own depth. Returns (3,) [m]."""
        depth = float((self.eye - point) @ self.axes[2])
        right, up, _ = self.axes
        return point + depth / self._focal_px(size) * (right * by_px[0] - up * by_px[1])

    def zoomed(self, factor: float) -> "Orbit":
        """The same camera, nearer by a factor."""
        return replace(self, distance=float(np.clip(self.distance / factor, NEAREST_M, FARTHEST_M)))

    def project(self, points: np.ndarray, size: QSize) -> np.ndarray:
        """Project points (N, 3) [m] to (N, 2) [px]; NaN for points behind the camera."""
        seen = (points - self.eye) @ self.axes.T
        depth = np.where(seen[:, 2] < -NEAR_M, -seen[:, 2], np.nan)
        flat = self._focal_px(size) * seen[:, :2] / depth[:, None]
        return np.column_stack([size.width() / 2 + flat[:, 0], size.height() / 2 - flat[:, 1]])

    def camera(self, size: QSize) -> ViewCamera:
        """The OpenGL camera for a picture of this size [px]."""
        axes, eye, focal = self.axes, self.eye, self._focal_px(size)
        matrix = np.zeros((4, 4))
        matrix[:3, :3], matrix[:3, 3], matrix[3, 3] = axes, -axes @ eye, 1.0
        lens = np.zeros((4, 4))
        lens[0, 0], lens[1, 1] = 2 * focal / size.width(), 2 * focal / size.height()
        lens[2, 2], lens[2, 3] = -(FAR_M + NEAR_M) / (FAR_M - NEAR_M), -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)
        lens[3, 2] = -1.0
        return ViewCamera(QMatrix4x4((lens @ matrix).ravel().tolist()), eye, np.array([0.0, 1.0, 0.0]))

    def _focal_px(self, size: QSize) -> float:
        """The focal length [px] for the field of view. In a narrow view it is limited by the width."""
        half = np.radians(self.field_of_view_deg) / 2
        return float(_least_side(size) / 2 / np.tan(half))


def _room(size: QSize, tools_px: int) -> np.ndarray:
    """Half of the width and height (2,) [px] that a whole body fills in a view of this size, between its tools."""
    wide = max(size.width() - 2 * tools_px, FILLED * size.width() / 2)
    return np.array([min(wide, FILLED * size.width()), FILLED * size.height()]) / 2


def _least_side(size: QSize) -> float:
    """The side [px] that the field of view refers to."""
    return min(NARROW * size.width(), size.height())


@dataclass(frozen=True, eq=False)
class PhotoCamera:
    """The photo's pinhole camera on a canvas: a point xy of the photo is at scale * xy + offset [px of the canvas].

    focal_length, center (2,) [px of the photo]. Vertices are in its frame: x right, y down, z forward.
    """

    focal_length: float
    center: np.ndarray
    scale: float
    offset: np.ndarray

    def covered(self, vertices: np.ndarray, size: QSize) -> QRect | None:
        """The part of a canvas of this size that vertices (V, 3) [m] cover, in whole blocks; None if not visible."""
        whole = QRect(0, 0, size.width(), size.height())
        depth = vertices[:, 2]
        if depth.min() > NEAR_M:
            toward = vertices[:, :2].T / depth  # one row per axis, as minimum and maximum of rows are faster
            low, high = (
                self.scale * (self.focal_length * end + self.center) + self.offset
                for end in (toward.min(axis=1), toward.max(axis=1))
            )
            low = np.clip(low - MARGIN_PX, -1e6, 1e6).astype(int) // BLOCK_PX * BLOCK_PX
            high = -(-np.clip(high + MARGIN_PX, -1e6, 1e6).astype(int) // BLOCK_PX) * BLOCK_PX
            whole = whole.intersected(QRect(*low.tolist(), *(high - low).tolist()))
        return None if whole.isEmpty() or depth.max() <= NEAR_M else whole

    def camera(self, rect: QRect, vertices: np.ndarray) -> ViewCamera:
        """The OpenGL camera for a picture of this part of the canvas. Its depth range covers vertices (V, 3) [m]."""
        near = max(NEAR_M, 0.9 * float(vertices[:, 2].min()))
        far = max(1.1 * float(vertices[:, 2].max()), near + 1.0)
        middle = self.scale * self.center + self.offset - np.array([rect.x(), rect.y()])
        width, height, focal = rect.width(), rect.height(), self.scale * self.focal_length
        matrix = QMatrix4x4(
            *(2 * focal / width, 0.0, 2 * float(middle[0]) / width - 1, 0.0),
            *(0.0, -2 * focal / height, 1 - 2 * float(middle[1]) / height, 0.0),
            *(0.0, 0.0, (far + near) / (far - near), -2 * far * near / (far - near)),
            *(0.0, 0.0, 1.0, 0.0),
        )
        return ViewCamera(matrix, np.zeros(3), np.array([0.0, -1.0, 0.0]))
