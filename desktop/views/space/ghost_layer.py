"""Ghosts in the 3D view: translucent bodies beside the fit, and their legend. Each is posed once."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from core.records import Fit, Guess
from desktop.model.ghosts import Ghost, ghost_state, pose_ghost
from desktop.model.workbench import Workbench
from desktop.state.floor_frame import FloorFrame
from desktop.state.view import GhostName
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.drawing import GREEN, PURPLE
from desktop.views.gl.renderer import Solid

# Without the colours of sides.
COLOURS: dict[GhostName, str] = {"guess": PURPLE, "previous": "#7f7f7f", "truth": GREEN}
OPACITY = 0.45
SWATCH_PX, ROW_PX, MARGIN_PX = 9, 17, 8


class GhostLayer:
    """The selected person's ghosts that the view's flags turn on."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._posed: dict[GhostName, Ghost] = {}
        self._states: dict[GhostName, tuple[tuple[object, ...], Fit | Guess | None]] = {}

    def there(self) -> dict[GhostName, Ghost]:
        """The ghosts to show that this person has."""
        body = self._workbench.fits.body
        found: dict[GhostName, Ghost] = {}
        if body is None:
            return found
        posed = self._workbench.shown.posed
        for name in self._workbench.view.ghosts:
            state = self._state(name)
            if state is None:
                continue
            known = self._posed.get(name)
            if known is None or known.state is not state:
                pelvis = None if posed is None else posed.joints[0]
                lens = state.focal_length if posed is None else posed.fit.focal_length
                known = self._posed[name] = pose_ghost(body, state, pelvis, lens)
            found[name] = known
        return found

    def _state(self, name: GhostName) -> Fit | Guess | None:
        """The body of a ghost. The result is cached: it may need the history, which is read once per change."""
        workbench = self._workbench
        person = workbench.person
        what_for = (name, person.fit if person is not None else None, workbench.committed, person)
        known = self._states.get(name)
        if known is None or any(one is not other for one, other in zip(known[0], what_for, strict=True)):
            known = self._states[name] = (what_for, ghost_state(workbench, name))
        return known[1]

    def solids(self, ghosts: dict[GhostName, Ghost]) -> list[Solid]:
        """Bodies of ghosts in the viewport's frame: aligned with the current fit, or without a fit each on its feet."""
        posed = self._workbench.shown.posed
        floor = None if posed is None else self._workbench.floor.below(posed)
        return [
            Solid(
                floor.to_floor(ghost.vertices) if floor is not None else self._on_its_feet(ghost),
                ghost.faces,
                COLOURS[name],
                opacity=OPACITY,
            )
            for name, ghost in ghosts.items()
        ]

    def _on_its_feet(self, ghost: Ghost) -> np.ndarray:
        pitch_deg = self._workbench.floor.pitch_deg
        return FloorFrame.below(pitch_deg, ghost.vertices, ghost.joints).to_floor(ghost.vertices)

    def paint_legend(self, painter: QPainter, colours: Theme, ghosts: dict[GhostName, Ghost]) -> None:
        """Draw one line per ghost to show, muted if this person does not have it."""
        for row, name in enumerate(self._workbench.view.ghosts):
            top = MARGIN_PX + row * ROW_PX
            there = name in ghosts
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOURS[name] if there else colours.border))
            painter.drawEllipse(QRectF(MARGIN_PX, top + 3, SWATCH_PX, SWATCH_PX))
            painter.setPen(QColor(colours.text if there else colours.muted))
            words = _words(name) if there else _words(f"no_{name}")
            painter.drawText(QPointF(MARGIN_PX + SWATCH_PX + 6, top + 12), words)


def _words(name: str) -> str:
    words = {
        "guess": tr("guess"),
        "previous": tr("fit before"),
        "truth": tr("truth"),
        "no_guess": tr("no guess: press G"),
        "no_previous": tr("no fit before this one"),
        "no_truth": tr("no truth in this project"),
    }
    return words[name]
