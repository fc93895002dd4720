"""Three rings around a joint, one per axis. Dragging a ring turns the joint about its axis."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from desktop.views.drawing import AXIS_COLOURS, HALO, draw_label
from desktop.views.gl.cameras import Orbit

AXES = ("x", "y", "z")
GROUNDS = tuple(QColor(colour).darker(190) for colour in AXIS_COLOURS)  # of the letters, which are white
RADIUS_PX, NEAR_PX = 62.0, 7.0
SHARE = 0.24  # largest radius as a share of a small view
POINTS = 72
BEHIND_OPACITY = 0.35
SLOWEST = 0.35  # least pull of a ring seen edge-on, in radii [px per radian]


@dataclass(frozen=True, eq=False)
class Rings:
    """center (3,) [m] and axes (3, 3), one unit vector per row, in the viewport's frame; radius [m]."""

    center: np.ndarray
    axes: np.ndarray
    radius: float

    @classmethod
    def around(cls, center: np.ndarray, axes: np.ndarray, orbit: Orbit, size: QSize) -> "Rings":
        """Rings around a joint, of the same size on the screen at any depth."""
        radius_px = min(RADIUS_PX, SHARE * min(size.width(), size.height()))
        sideways = orbit.moved(center, np.array([radius_px, 0.0]), size) - center
        return cls(np.asarray(center, dtype=float), axes, float(np.linalg.norm(sideways)))

    def points(self, axis: int) -> np.ndarray:
        """A ring as a closed line (POINTS, 3) [m]."""
        angle = np.linspace(0, 2 * np.pi, POINTS)
        first, second = self.axes[axis - 2], self.axes[axis - 1]
        return self.center + self.radius * (np.outer(np.cos(angle), first) + np.outer(np.sin(angle), second))

    def hit(self, at: np.ndarray, orbit: Orbit, size: QSize) -> "Grip | None":
        """The ring under a point (2,) [px] of the view. The half in front of the joint has priority."""
        best: tuple[bool, float, Grip] | None = None
        for axis in range(len(AXES)):
            points = self.points(axis)
            away = np.linalg.norm(orbit.project(points, size) - at, axis=1)
            for behind in (False, True):
                half = np.where(self._behind(points, orbit) == behind, away, np.inf)
                index = int(np.argmin(half))
                if half[index] <= NEAR_PX:
                    found = (
                        behind,
                        float(half[index]),
                        Grip(axis, self._pull(axis, points[index], orbit, size)),
                    )
                    if best is None or found[:2] < best[:2]:
                        best = found
        return best[2] if best is not None else None

    def _pull(self, axis: int, point: np.ndarray, orbit: Orbit, size: QSize) -> np.ndarray:
        """The motion (2,) [px per radian] of a ring's point on the screen when the joint turns."""
        step = 1e-3
        moved = point + step * np.cross(self.axes[axis], point - self.center)
        one, other = orbit.project(np.stack([point, moved]), size)
        return (other - one) / step

    def _behind(self, points: np.ndarray, orbit: Orbit) -> np.ndarray:
        return (points - self.center) @ orbit.axes[2] < 0

    def draw(
        self, painter: QPainter, orbit: Orbit, size: QSize, grip: "Grip | None", turned: float = 0.0
    ) -> None:
        """Draw all rings; the half behind the joint is fainter. grip: the held or hovered ring; turned: angle [rad]."""
        held = grip.axis if grip is not None else None
        letters: dict[int, np.ndarray] = {}
        for axis in range(len(AXES)):
            points = self.points(axis)
            at, behind = orbit.project(points, size), self._behind(points, orbit)
            for far in (True, False):
                painter.setOpacity(BEHIND_OPACITY if far else 1.0)
                for width, colour in (
                    (5.0, HALO),
                    (4.0 if axis == held else 2.2, QColor(AXIS_COLOURS[axis])),
                ):
                    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    for part in _runs(behind == far):
                        painter.drawPolyline(QPolygonF([QPointF(*at[index]) for index in part]))
            front = np.flatnonzero(~behind)
            if len(front):
                letters[axis] = at[front[len(front) // 2]]
        painter.setOpacity(1.0)
        for axis, (x, y) in letters.items():  # after all rings, which would cross them out
            draw_label(painter, AXES[axis], QPointF(x - 3, y + 4), GROUNDS[axis])
        if turned:
            x, y = orbit.project(self.center[None], size)[0]
            draw_label(painter, f"{np.degrees(turned):+.0f}°", QPointF(x + 12, y + 5))


@dataclass(frozen=True, eq=False)
class Grip:
    """A grabbed ring: its axis, and the pull (2,) [px per radian] of the grabbed point on the screen."""

    axis: int
    pull: np.ndarray

    def angle(self, by_px: np.ndarray) -> float:
        """The joint's turn [rad] for a drag of by_px (2,)."""
        speed = max(float(np.linalg.norm(self.pull)), SLOWEST * RADIUS_PX)
        along = self.pull / max(float(np.linalg.norm(self.pull)), 1e-6)
        return float(by_px @ along) / speed


def _runs(chosen: np.ndarray) -> list[np.ndarray]:
    """Indices of each run of consecutive true values in chosen (N,) bool."""
    indices = np.flatnonzero(chosen)
    return [run for run in np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1) if len(run) > 1]
