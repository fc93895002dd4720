"""Renders the 3D view's picture: bodies, ghosts and floor. It is cached until something changes."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, QSize, QTimer
from PySide6.QtGui import QImage

from desktop.model.ghosts import Ghost
from desktop.model.workbench import Workbench
from desktop.state.floor_frame import FloorFrame
from desktop.state.posed_body import PosedBody, Surface, rest_surface
from desktop.state.view import GhostName
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.opengl import OpenGL
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.gl.smoothing import softened
from desktop.views.space.ghost_layer import GhostLayer
from desktop.views.space.people_layer import PeopleLayer

REST_MS = 140  # after the last change, until the picture is rendered with smooth edges where that takes long
FINEST_PX = 800_000  # larger pictures would take too long with smooth edges, in software
FLOOR_M = 4.0  # radius of the floor around one person


class _Picture(NamedTuple):
    """A rendered picture, what it was made of, and whether its edges are as smooth as they can be."""

    scene: object
    image: QImage
    fine: bool


class BodyPainter(QTimer):
    """Renders the selected person's fit, or the body at rest if no person is selected. Times out when the view should
    be painted again, with smooth edges.
    """

    def __init__(
        self, workbench: Workbench, opengl: OpenGL, renderer: Renderer | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.ghosts, self.people = GhostLayer(workbench), PeopleLayer(workbench)
        self._workbench, self._renderer, self._software = workbench, renderer, opengl.software
        self._surface: tuple[tuple[PosedBody, FloorFrame], Surface] | None = None
        self._rest: tuple[object, Surface] | None = None
        self._picture: _Picture | None = None
        self._due = False  # whether the picture on show is to be made anew with smooth edges
        self.setSingleShot(True)
        self.setInterval(REST_MS)
        self.timeout.connect(self._now)

    @property
    def surface(self) -> Surface | None:
        """Vertices and joints to show, on the floor; None if there is no body to show."""
        posed, body = self._workbench.shown.posed, self._workbench.fits.body
        if posed is not None:
            floor = self._workbench.floor.below(posed)
            if self._surface is None or self._surface[0] != (posed, floor):
                there = floor.to_floor(posed.vertices), floor.to_floor(posed.joints)
                self._surface = ((posed, floor), there)
            return self._surface[1]
        if body is None or self._workbench.person is not None:
            return None
        if self._rest is None or self._rest[0] is not body:
            self._rest = (body, rest_surface(body))
        return self._rest[1]

    def draw(
        self, orbit: Orbit, size: QSize, moving: bool, ghosts: dict[GhostName, tuple[Ghost, ...]]
    ) -> QImage | None:
        """A picture of this size [screen px], transparent beside the floor; None without OpenGL.

        moving: True while the mouse turns the view.
        """
        if self._renderer is None:
            return None
        view, body, posed = self._workbench.view, self._workbench.fits.body, self._workbench.shown.posed
        others = self.people.there() if view.everyone else {}
        surface, floor = self.surface, None if posed is None else self._workbench.floor.below(posed)
        shown = (posed or surface is not None, floor, body, *ghosts.values(), *others.values())
        colours = (view.theme, view.wireframe, view.floor)
        scene = (shown, orbit, size, colours)
        moves = moving or self._workbench.previewing
        known = self._picture
        if known is None or known.scene != scene:
            self._due = False
            slow = self._software and not view.antialiased
            known = self._render(scene, orbit, size, ghosts, fine=not (slow or (self._software and moves)))
        elif self._due and not known.fine and not moves:
            known = self._render(scene, orbit, size, ghosts, fine=True)
        self._picture = known
        if not (known.fine or moves or self.isActive()) and size.width() * size.height() <= FINEST_PX:
            self.start()
        return known.image

    def _render(
        self, scene: object, orbit: Orbit, size: QSize, ghosts: dict[GhostName, tuple[Ghost, ...]], fine: bool
    ) -> _Picture:
        assert self._renderer is not None
        view = self._workbench.view
        others = self.people.solids() if view.everyone else []
        solids = [*self._selected(), *(self.ghosts.solids(ghosts) if ghosts else []), *others]
        radius = max(FLOOR_M, *(self.people.reach(one) for one in others)) if others else FLOOR_M
        look = Backdrop(view.colours.floor if view.floor else None, None, fine, radius)
        image = self._renderer.draw(solids, orbit.camera(size), size, look)
        return _Picture(scene, image if fine else softened(image), fine)

    def _selected(self) -> Sequence[Solid]:
        """The selected person's body, or the one at rest."""
        surface, body = self.surface, self._workbench.fits.body
        if surface is None or body is None:
            return ()
        posed, view = self._workbench.shown.posed, self._workbench.view
        faces = body.faces if posed is None else posed.faces
        return (Solid(surface[0], faces, view.colours.body, view.colours.wire if view.wireframe else None),)

    def _now(self) -> None:
        self._due = True
