"""Ghosts in the 3D view: translucent bodies beside the fit, and their legend. Each is posed once."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from core.records import Fit, Guess
from desktop.model.ghosts import Ghost, ghost_states, pose_ghost
from desktop.model.workbench import Workbench
from desktop.state.floor_frame import FloorFrame
from desktop.state.view import GhostName
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.drawing import GREEN, ORANGE, PURPLE, SKY
from desktop.views.gl.renderer import Solid

# Without the colours of sides.
COLOURS: dict[GhostName, str] = {"guess": PURPLE, "previous": "#7f7f7f", "truth": GREEN}
NETWORKS = (PURPLE, ORANGE, SKY)  # of the guesses of several networks
OPACITY = 0.45
SWATCH_PX, ROW_PX, MARGIN_PX = 9, 17, 8
LEFT_PX = 46  # beside the buttons of the view


class GhostLayer:
    """The selected person's ghosts that the view's flags turn on."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._posed: dict[GhostName, tuple[Ghost, ...]] = {}
        self._states: dict[GhostName, tuple[tuple[object, ...], tuple[Fit | Guess, ...]]] = {}

    def there(self) -> dict[GhostName, tuple[Ghost, ...]]:
        """The ghosts to show that this person has: of the guess, one of each network."""
        body = self._workbench.fits.body
        found: dict[GhostName, tuple[Ghost, ...]] = {}
        if body is None:
            return found
        posed = self._workbench.shown.posed
        for name in self._workbench.view.ghosts:
            states = self._states_of(name)
            if not states:
                continue
            known = self._posed.get(name, ())
            if [id(ghost.state) for ghost in known] != [id(state) for state in states]:
                pelvis = None if posed is None else posed.joints[0]
                known = self._posed[name] = tuple(
                    pose_ghost(
                        body, state, pelvis, state.focal_length if posed is None else posed.fit.focal_length
                    )
                    for state in states
                )
            found[name] = known
        return found

    def _states_of(self, name: GhostName) -> tuple[Fit | Guess, ...]:
        """The bodies of a ghost. The result is cached: it may need the history, which is read once per change."""
        workbench = self._workbench
        person = workbench.person
        what_for = (name, person.fit if person is not None else None, workbench.committed, person)
        known = self._states.get(name)
        if known is None or any(one is not other for one, other in zip(known[0], what_for, strict=True)):
            known = self._states[name] = (what_for, ghost_states(workbench, name))
        return known[1]

    def solids(self, ghosts: dict[GhostName, tuple[Ghost, ...]]) -> list[Solid]:
        """Bodies of ghosts in the viewport's frame: aligned with the current fit, or without a fit each on its feet."""
        posed = self._workbench.shown.posed
        floor = None if posed is None else self._workbench.floor.below(posed)
        return [
            Solid(
                floor.to_floor(ghost.vertices) if floor is not None else self._on_its_feet(ghost),
                ghost.faces,
                _colour(name, place),
                opacity=OPACITY,
            )
            for name, each in ghosts.items()
            for place, ghost in enumerate(each)
        ]

    def _on_its_feet(self, ghost: Ghost) -> np.ndarray:
        pitch_deg = self._workbench.floor.pitch_deg
        return FloorFrame.below(pitch_deg, ghost.vertices, ghost.joints).to_floor(ghost.vertices)

    def paint_legend(
        self, painter: QPainter, colours: Theme, ghosts: dict[GhostName, tuple[Ghost, ...]]
    ) -> None:
        """Draw one line per ghost to show, muted if this person does not have it."""
        lines: list[tuple[str, str, bool]] = []
        for name in self._workbench.view.ghosts:
            each = ghosts.get(name, ())
            if not each:
                lines.append((_words(f"no_{name}"), colours.border, False))
            for place, ghost in enumerate(each):
                words = _words(name)
                if len(each) > 1 and isinstance(ghost.state, Guess):
                    words = f"{words}: {ghost.state.network}"
                lines.append((words, _colour(name, place), True))
        for row, (words, colour, there) in enumerate(lines):
            top = MARGIN_PX + row * ROW_PX
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QRectF(LEFT_PX, top + 3, SWATCH_PX, SWATCH_PX))
            painter.setPen(QColor(colours.text if there else colours.muted))
            painter.drawText(QPointF(LEFT_PX + SWATCH_PX + 6, top + 12), words)


def _colour(name: GhostName, place: int) -> str:
    """Of the guesses of several networks each has its own."""
    return NETWORKS[place % len(NETWORKS)] if name == "guess" else COLOURS[name]


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
