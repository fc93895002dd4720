"""Renders the 3D view's picture: body, ghosts and floor. It is cached until something changes."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from desktop.model.ghosts import Ghost
from desktop.model.workbench import Workbench
from desktop.state.posed_body import Surface, rest_surface
from desktop.state.view import GhostName
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.opengl import OpenGL
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.space.ghost_layer import GhostLayer


class BodyPainter:
    """Renders the selected person's fit, or the body at rest if no person is selected."""

    def __init__(self, workbench: Workbench, opengl: OpenGL, renderer: Renderer | None) -> None:
        self.ghosts = GhostLayer(workbench)
        self._workbench, self._renderer = workbench, renderer
        antialiased = workbench.view.antialiased
        self._fine = not opengl.software if antialiased is None else antialiased
        self._rest: tuple[object, Surface] | None = None
        self._picture: tuple[object, QImage] | None = None  # cache, with the inputs that it was made from

    @property
    def surface(self) -> Surface | None:
        """Vertices and joints to show; None if there is no body to show."""
        posed, body = self._workbench.shown.posed, self._workbench.fits.body
        if posed is not None:
            return posed.upright
        if body is None or self._workbench.person is not None:
            return None
        if self._rest is None or self._rest[0] is not body:
            self._rest = (body, rest_surface(body))
        return self._rest[1]

    def draw(self, orbit: Orbit, size: QSize, moving: bool, ghosts: dict[GhostName, Ghost]) -> QImage | None:
        """A picture of this size [screen px]; None without OpenGL. moving: True to render faster and coarser."""
        if self._renderer is None:
            return None
        view, body, posed = self._workbench.view, self._workbench.fits.body, self._workbench.shown.posed
        fine, surface = self._fine and not (self._workbench.previewing or moving), self.surface
        shown = (posed or surface is not None, body, *ghosts.values())
        what_for = (shown, orbit, size, view.theme, view.wireframe, view.floor, fine)
        if self._picture is None or self._picture[0] != what_for:
            colours, solids = view.colours, self.ghosts.solids(ghosts) if ghosts else []
            if surface is not None and body is not None:
                faces = body.faces if posed is None else posed.faces
                edges = colours.wire if view.wireframe else None
                solids.append(Solid(surface[0], faces, colours.body, edges))
            look = Backdrop(colours.floor if view.floor else None, colours.viewport, fine)
            self._picture = (what_for, self._renderer.draw(solids, orbit.camera(size), size, look))
        return self._picture[1]
