"""Draws the body's joints as discs over the 3D picture."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.body.tree import JOINT_NAMES
from desktop.text.translate import part
from desktop.theme import Theme, side_of
from desktop.views.drawing import HALO, SELECTED, draw_label

SIDES = {name: side_of(name) for name in JOINT_NAMES}
JOINT_PX, HANDLE_PX, RING_PX, FRAME_PX = 6.0, 2.5, 4.0, 8.0


def draw_joints(
    painter: QPainter,
    at: np.ndarray,
    colours: Theme,
    chosen: str,
    hovered: str,
    held: frozenset[str],
    all_of_them: bool,
) -> None:
    """Draw joints. at (24, 2) [px of the widget], NaN for joints behind the camera.

    The hovered joint gets a ring and its name, held joints (those with a wish) a frame. all_of_them: False to draw only
    the chosen, hovered and held ones.
    """
    for name, xy in zip(JOINT_NAMES, at, strict=True):
        if not np.isfinite(xy).all() or (
            name not in (chosen, hovered) and name not in held and not all_of_them
        ):
            continue
        radius = JOINT_PX if name in (chosen, hovered) else HANDLE_PX
        if name == hovered:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for width, colour in ((4.0, HALO), (2.0, SELECTED)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(QPointF(*xy), radius + RING_PX, radius + RING_PX)
        if name in held:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = QRectF(xy[0] - FRAME_PX, xy[1] - FRAME_PX, 2 * FRAME_PX, 2 * FRAME_PX)
            for width, colour in ((4.0, HALO), (2.0, QColor(colours.accent))):
                painter.setPen(QPen(colour, width))
                painter.drawRect(frame)
        painter.setPen(QPen(SELECTED, 2.0 if name == chosen else 1.0))
        painter.setBrush(QColor(colours.sides[SIDES[name]]))
        painter.drawEllipse(QPointF(*xy), radius, radius)
    if hovered in JOINT_NAMES:
        x, y = at[JOINT_NAMES.index(hovered)]
        if np.isfinite([x, y]).all():
            draw_label(painter, part(hovered), QPointF(x + 14, y - 8))
