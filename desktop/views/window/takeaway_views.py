"""Draws the window's views for files: the photo with its people, the body in 3D, and the body turned about."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from desktop.model.workbench import Workbench
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.photo.canvas import Canvas
from desktop.views.space.viewport import Viewport

LARGEST_PX = 4096  # of a picture's side
SHARPER = 2  # picture px per px of the view
TURN_PX = (480, 600)  # of a film: even, as video asks
START_M = 0.5  # the film's camera goes back from here until the whole body is seen
EDGES = 24  # of the circle around the body that stays in the picture


class TakeawayViews:
    """Pictures of what the window shows now. renderer: None without OpenGL."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, viewport: Viewport, renderer: Renderer | None
    ) -> None:
        self._workbench, self._canvas, self._viewport = workbench, canvas, viewport
        self._renderer = renderer

    def photo(self) -> QImage:
        """The photo view as it is, twice as sharp."""
        return self._canvas.picture(_sharpness(self._canvas.size()))

    def body(self, clear: bool) -> QImage | None:
        """The 3D view's body as the view shows it, twice as sharp. clear: on a transparent ground, without the floor.

        None without OpenGL.
        """
        size = self._viewport.size() * _sharpness(self._viewport.size())
        return self._drawn(self._viewport.orbit, size, clear)

    def turning_body(self) -> Callable[[float], np.ndarray] | None:
        """What draws the body turned by an angle [degrees], (H, W, 3) uint8 RGB. The body stays the one shown now.

        None without OpenGL or a body.
        """
        surface, size = self._viewport.surface, QSize(*TURN_PX)
        solid, colours = self._solid(), self._workbench.view.colours
        renderer = self._renderer
        if renderer is None or surface is None or solid is None:
            return None
        look = Backdrop(colours.floor if self._workbench.view.floor else None, colours.viewport)
        orbit = around_all_sides(self._viewport.orbit, surface[0], size)

        def draw(angle_deg: float) -> np.ndarray:
            turned = replace(orbit, azimuth_deg=orbit.azimuth_deg + angle_deg)
            return as_pixels(renderer.draw([solid], turned.camera(size), size, look))

        return draw

    def _drawn(self, orbit: Orbit, size: QSize, clear: bool) -> QImage | None:
        solid, view = self._solid(), self._workbench.view
        if self._renderer is None or solid is None:
            return None
        floor = view.colours.floor if view.floor and not clear else None
        look = Backdrop(floor, None if clear else view.colours.viewport)
        return self._renderer.draw([solid], orbit.camera(size), size, look)

    def _solid(self) -> Solid | None:
        surface, body, posed = (
            self._viewport.surface,
            self._workbench.fits.body,
            self._workbench.shown.posed,
        )
        if surface is None or body is None:
            return None
        view = self._workbench.view
        edges = view.colours.wire if view.wireframe else None
        return Solid(surface[0], body.faces if posed is None else posed.faces, view.colours.body, edges)


def around_all_sides(orbit: Orbit, vertices: np.ndarray, size: QSize) -> Orbit:
    """The camera moved such that vertices (V, 3) [m] stay in a picture of this size [px] from all sides."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    radius = float(np.linalg.norm((vertices - middle)[:, [0, 2]], axis=1).max())
    angles = np.linspace(0, 2 * np.pi, EDGES, endpoint=False)
    circle = np.stack([np.sin(angles), np.zeros(EDGES), np.cos(angles)], axis=1) * radius + middle
    rims = [circle + np.array([0.0, height - middle[1], 0.0]) for height in (low[1], high[1])]
    near = replace(orbit, center=tuple(middle.tolist()), distance=START_M)
    return near.around(np.concatenate(rims), size)


def as_pixels(picture: QImage) -> np.ndarray:
    """A picture as (H, W, 3) uint8 RGB."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def _sharpness(size: QSize) -> int:
    return SHARPER if SHARPER * max(size.width(), size.height()) <= LARGEST_PX else 1
