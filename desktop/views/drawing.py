"""How people are drawn over a photo, with Qt's painter, and what other views draw alike. All in px of the widget."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from core.body.keypoints import Layout, Side, side_colours
from core.records import Keypoints
from desktop.theme import Theme

HALO = QColor(0, 0, 0, 170)
RESIDUAL = QColor("#ffe14d")
SELECTED = QColor("#ffffff")
BOX = QColor("#ffffff")
BONE_PX, POINT_PX, CONFIDENT_PX, RING_PX = 2.6, 3.0, 3.0, 3.5
FOCUS_PX = 2
NOTICE_ALPHA = 225
LABEL_X_PX, LABEL_Y_PX = 7, 18  # how near to the edge a label may begin
OTHERS_OPACITY = 0.45
LABEL_OPACITY = 0.8  # at least: fainter, nobody could read it on a light ground
GHOST_OPACITY = 0.55
HANDLE_PX = 4.0
HEAD_PX, HEAD_FROM_PX = 6.0, 9.0  # of an arrow, and the length from which on it has one


@dataclass(frozen=True)
class Marks:
    """Which keypoints are drawn in a way of their own: selected, under the cursor, disbelieved by the fit."""

    selected: int = -1
    hover: int = -1
    ignored: frozenset[int] = frozenset()


def draw_bones(
    painter: QPainter, names: Layout, keypoints: Keypoints, xy: np.ndarray, alone: bool = False
) -> None:
    """Lines between keypoints that are there; a bone with a doubtful end is dashed. xy (K, 2).

    alone: no points will cover their ends, which then are round; that takes three times as long.
    """
    colours, sides = side_colours("dark"), _sides_of_bones(names)
    for width, halo in ((BONE_PX + 2.0, True), (BONE_PX, False)):
        for start, end in names.bones:
            if min(keypoints.confidence[start], keypoints.confidence[end]) <= 0:
                continue
            pen = QPen(HALO if halo else QColor(colours[sides[start, end]]), width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap if alone else Qt.PenCapStyle.FlatCap)
            if keypoints.occluded[start] or keypoints.occluded[end]:
                pen.setDashPattern([2.0, 2.0] if not halo else [2.0 * BONE_PX / width, 2.0 * BONE_PX / width])
            painter.setPen(pen)
            painter.drawLine(QPointF(*xy[start]), QPointF(*xy[end]))


def draw_points(painter: QPainter, names: Layout, keypoints: Keypoints, xy: np.ndarray, marks: Marks) -> None:
    """Discs, larger the surer; occluded ones are rings, and what the fit disbelieves is crossed out."""
    colours = side_colours("dark")
    for index in range(keypoints.k):
        if keypoints.confidence[index] <= 0:
            continue
        at, radius = QPointF(*xy[index]), POINT_PX + CONFIDENT_PX * float(keypoints.confidence[index])
        colour = QColor(colours[names.sides[index]])
        if index in (marks.selected, marks.hover):
            painter.setPen(QPen(HALO, 4.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, radius + RING_PX, radius + RING_PX)
            painter.setPen(QPen(SELECTED, 2.0 if index == marks.selected else 1.2))
            painter.drawEllipse(at, radius + RING_PX, radius + RING_PX)
        painter.setPen(QPen(HALO, 1.2))
        painter.setBrush(HALO if keypoints.occluded[index] else colour)
        painter.drawEllipse(at, radius, radius)
        if keypoints.occluded[index]:
            painter.setPen(QPen(colour, 2.0))
            painter.drawEllipse(at, radius - 1.0, radius - 1.0)
        if index in marks.ignored:
            _cross(painter, at, radius)


def draw_ghosts(painter: QPainter, names: Layout, keypoints: Keypoints, xy: np.ndarray, marks: Marks) -> None:
    """Absent keypoints where the body has them, xy (K, 2): small dotted rings that can be dragged into being."""
    colours = side_colours("dark")
    painter.save()
    painter.setOpacity(GHOST_OPACITY)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for index in np.flatnonzero(keypoints.confidence <= 0):
        radius = POINT_PX + (RING_PX if int(index) in (marks.selected, marks.hover) else 1.0)
        for width, colour in ((3.0, HALO), (1.4, QColor(colours[names.sides[index]]))):
            pen = QPen(colour, width)
            pen.setDashPattern([3.0 / width, 3.0 / width])
            painter.setPen(pen)
            painter.drawEllipse(QPointF(*xy[index]), radius, radius)
    painter.restore()


def draw_residuals(painter: QPainter, keypoints: Keypoints, xy: np.ndarray, body_xy: np.ndarray) -> None:
    """An arrow from each keypoint to where the body has it; a dot where they are one."""
    for width, colour in ((3.2, HALO), (1.6, RESIDUAL)):
        painter.setPen(QPen(colour, width))
        painter.setBrush(colour)
        for index in np.flatnonzero(keypoints.confidence > 0):
            start, end = xy[index], body_xy[index]
            long = float(np.linalg.norm(end - start))
            if long < HEAD_FROM_PX:
                painter.drawEllipse(QPointF(*end), width / 2 + 0.6, width / 2 + 0.6)
                continue
            along = (end - start) / long
            across = np.array([-along[1], along[0]])
            back = end - HEAD_PX * along
            painter.drawLine(QPointF(*start), QPointF(*back))
            sides = (back + HEAD_PX / 2 * across, back - HEAD_PX / 2 * across)
            painter.drawPolygon(QPolygonF([QPointF(*end), *(QPointF(*corner) for corner in sides)]))


def draw_box(painter: QPainter, corners: np.ndarray, label: str, selected: bool, locked: bool) -> None:
    """The square between corners (2, 2), and who it is of."""
    corners = np.round(corners) + 0.5  # on whole pixels, where lines need no smoothing
    rect = QRectF(QPointF(*corners[0]), QPointF(*corners[1]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(HALO, 3.0))
    painter.drawRect(rect)
    pen = QPen(BOX, 1.4 if selected else 1.0)
    if not selected:
        pen.setDashPattern([4.0, 4.0])
    painter.setPen(pen)
    painter.drawRect(rect)
    if selected and not locked:
        painter.setBrush(BOX)
        painter.setPen(QPen(HALO, 1.0))
        for x in corners[:, 0]:
            for y in corners[:, 1]:
                painter.drawRect(QRectF(x - HANDLE_PX, y - HANDLE_PX, 2 * HANDLE_PX, 2 * HANDLE_PX))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    seen = QRectF(painter.window())
    at = QPointF(rect.left() + 2, rect.top() - 6)
    if rect.intersects(seen):  # of a box that begins beyond the edge, who it is of is read all the same
        at = QPointF(max(at.x(), seen.left() + LABEL_X_PX), max(at.y(), seen.top() + LABEL_Y_PX))
    opacity = painter.opacity()
    painter.setOpacity(max(opacity, LABEL_OPACITY))
    draw_label(painter, label, at)
    painter.setOpacity(opacity)


def draw_label(painter: QPainter, text: str, at: QPointF, colour: QColor = SELECTED) -> None:
    """Small text that can be read on any photo; `at` is the start of its base line."""
    font = QFont(painter.font())
    font.setPointSizeF(9.0)
    painter.setFont(font)
    room = QFontMetricsF(font).boundingRect(text).translated(at).adjusted(-4, -2, 4, 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(HALO)
    painter.drawRoundedRect(room, 3, 3)
    painter.setPen(colour)
    painter.drawText(at, text)


def draw_notice(painter: QPainter, room: QRectF, text: str, colours: Theme) -> None:
    """Words in the middle of a view, on a ground of their own where something is drawn behind them."""
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    ground = QColor(colours.viewport)
    ground.setAlpha(NOTICE_ALPHA)
    around = painter.boundingRect(room, flags, text).adjusted(-8, -6, 8, 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(around, 4, 4)
    painter.setPen(QColor(colours.text))
    painter.drawText(room, flags, text)


def draw_focus(painter: QPainter, rect: QRect, colours: Theme) -> None:
    """A frame inside the edges of what has the keyboard."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.accent), FOCUS_PX))
    painter.drawRect(QRectF(rect).adjusted(FOCUS_PX / 2, FOCUS_PX / 2, -FOCUS_PX / 2, -FOCUS_PX / 2))


@lru_cache
def _sides_of_bones(names: Layout) -> dict[tuple[int, int], Side]:
    """That of its ends; between left and right, or where one end is in the middle, the other's or the middle."""
    found: dict[tuple[int, int], Side] = {}
    for start, end in names.bones:
        sides = {names.sides[start], names.sides[end]} - {"centre"}
        found[start, end] = sides.pop() if len(sides) == 1 else "centre"
    return found


def _cross(painter: QPainter, at: QPointF, radius: float) -> None:
    arm = radius + 3.0
    for width, colour in ((4.0, HALO), (2.0, SELECTED)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(at + QPointF(-arm, -arm), at + QPointF(arm, arm))
        painter.drawLine(at + QPointF(-arm, arm), at + QPointF(arm, -arm))
