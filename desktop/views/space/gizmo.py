"""The axes of the 3D view, in its corner: six ends with names; a click on one shows the body from that side."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.drawing import AXIS_COLOURS, SELECTED, draw_label
from desktop.views.gl.cameras import SIDES, Orbit

REACH_PX, END_PX, MARGIN_PX = 30.0, 9.5, 18.0
NEAR_PX = 11.0
COLOURS = {
    side: colour
    for sides, colour in zip(
        (("left", "right"), ("top", "below"), ("front", "back")), AXIS_COLOURS, strict=True
    )
    for side in sides
}
LETTER_PX = 11
FILLED_ENDS = ("left", "top", "front")
OPPOSITE = {
    "front": "back",
    "left": "right",
    "top": "below",
    "back": "front",
    "right": "left",
    "below": "top",
}
FADED = 0.55  # opacity of ends that point away from the eye


@dataclass(frozen=True)
class Gizmo:
    """The axes of a body that faces heading_deg, seen by a camera, in a view of this size [px]."""

    orbit: Orbit
    heading_deg: float
    size: QSize

    @property
    def center(self) -> np.ndarray:
        """The place of the axes' middle (2,) [px]."""
        inset = MARGIN_PX + REACH_PX + END_PX / 2
        return np.array([self.size.width() - inset, inset])

    def ends(self) -> dict[str, np.ndarray]:
        """Where each end is (3,): right, down [px], and how far it points to the eye, -1 to 1. The farthest first."""
        directions = {side: Orbit.at(side, self.heading_deg).axes[2] for side in SIDES}
        seen = {side: self.orbit.axes @ direction for side, direction in directions.items()}
        placed = {
            side: np.array([*(self.center + REACH_PX * np.array([right, -up])), back])
            for side, (right, up, back) in seen.items()
        }
        return dict(sorted(placed.items(), key=lambda end: float(end[1][2])))

    def hit(self, at: np.ndarray) -> str | None:
        """The side whose end is at a point (2,) [px] of the view; the nearest to the eye of several."""
        found = None
        for side, end in self.ends().items():
            if np.linalg.norm(end[:2] - at) <= NEAR_PX:
                found = side
        return found

    def draw(self, painter: QPainter, colours: Theme, hovered: str | None) -> None:
        """Draw axes and ends, with the name of the hovered one."""
        ground = QColor(colours.viewport)
        font = QFont(painter.font())
        font.setPixelSize(LETTER_PX)
        font.setBold(True)
        painter.save()
        painter.setFont(font)
        middle = QPointF(*self.center)
        for side, end in self.ends().items():
            colour, at = QColor(COLOURS[side]), QPointF(*end[:2])
            painter.setOpacity(1.0 if end[2] > -0.3 or side == hovered else FADED)
            if side in FILLED_ENDS:
                painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(middle, at)
            chosen = side == hovered
            painter.setPen(QPen(QColor(colours.text) if chosen else colour, 1.6))
            painter.setBrush(colour if side in FILLED_ENDS or chosen else ground)
            radius = END_PX if side in FILLED_ENDS or chosen else END_PX - 2.0
            painter.drawEllipse(at, radius, radius)
            if side in FILLED_ENDS or chosen:
                painter.setPen(SELECTED)
                room = painter.fontMetrics().boundingRect(letter := side_name(side)[:1].upper())
                painter.drawText(at - QPointF(room.center()), letter)
        painter.restore()
        if hovered is not None:
            x, y = self.ends()[hovered][:2]
            words = side_name(hovered)
            wide = painter.fontMetrics().horizontalAdvance(words)
            draw_label(painter, words, QPointF(min(x + 14, self.size.width() - wide - 8), y + END_PX + 16))


def side_name(side: str) -> str:
    """The name of a side for the user."""
    names = {
        "front": tr("front"),
        "back": tr("back"),
        "left": tr("left side"),
        "right": tr("right side"),
        "top": tr("top"),
        "below": tr("from below"),
    }
    return names[side]
