"""Draws people over a photo with Qt's painter, and marks shared by views. All lengths are px of the widget."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from core.body.keypoints import Layout, Side, side_colours
from core.records import Keypoints
from desktop.theme import Theme

# Colours that colour-blind people can tell apart, on light and on dark (Okabe and Ito): of terms, runs and ghosts.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
GREY = "#999999"
AXIS_COLOURS = (VERMILION, GREEN, "#3f8fd0")  # x, y, z: their ends and rings have letters, too
HALO = QColor(0, 0, 0, 170)
RESIDUAL = QColor("#ffe14d")
SELECTED = QColor("#ffffff")
BOX = QColor("#ffffff")
BONE_PX, POINT_PX, CONFIDENT_PX, RING_PX = 2.6, 3.0, 3.0, 3.5
FOCUS_PX = 2
NOTICE_ALPHA = 225
LABEL_PT = 9.0
LABEL_X_PX, LABEL_Y_PX = 7, 18  # least distance of a label's start from the edge
OTHERS_OPACITY = 0.45
USUAL_SIDE_PX, SMALLEST, LARGEST = 420.0, 0.5, 1.0  # of a box with usual points, and the factors' bounds
OTHER_BODIES_OPACITY = 0.6
LABEL_OPACITY = 0.8  # least opacity: fainter labels cannot be read on a light photo
GHOST_OPACITY = 0.55
TRUNK_RING_PX = 9.0
HANDLE_PX = 4.0
HEAD_PX, HEAD_FROM_PX = 6.0, 9.0  # size of an arrow's head, and the least length of an arrow with a head


@dataclass(frozen=True)
class Marks:
    """Indices of keypoints that are drawn differently: selected, under the cursor, outliers of the fit. size: of all
    points, as `size_of` says."""

    selected: int = -1
    hover: int = -1
    ignored: frozenset[int] = frozenset()
    size: float = 1.0


def size_of(side_px: float) -> float:
    """How large keypoints and bones are drawn on a person whose box has this side [canvas px]; 1 is the usual size.

    Small people stay visible under them, and large people get no thicker ones than they need.
    """
    return float(np.clip(side_px / USUAL_SIDE_PX, SMALLEST, LARGEST))


def draw_bones(
    painter: QPainter,
    names: Layout,
    keypoints: Keypoints,
    xy: np.ndarray,
    size: float = 1.0,
    alone: bool = False,
) -> None:
    """Draw lines between visible keypoints; a bone with an occluded end is dashed. xy (K, 2) [canvas px].

    size: as `size_of` says. alone: True if no points will cover the lines' ends. They are then round, which takes three
    times as long.
    """
    colours, sides = side_colours("dark"), _sides_of_bones(names)
    bone_px = BONE_PX * size
    for width, halo in ((bone_px + 2.0 * size, True), (bone_px, False)):
        for start, end in names.bones:
            if min(keypoints.confidence[start], keypoints.confidence[end]) <= 0:
                continue
            pen = QPen(HALO if halo else QColor(colours[sides[start, end]]), width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap if alone else Qt.PenCapStyle.FlatCap)
            if keypoints.occluded[start] or keypoints.occluded[end]:
                pen.setDashPattern([2.0, 2.0] if not halo else [2.0 * bone_px / width, 2.0 * bone_px / width])
            painter.setPen(pen)
            painter.drawLine(QPointF(*xy[start]), QPointF(*xy[end]))


def draw_points(painter: QPainter, names: Layout, keypoints: Keypoints, xy: np.ndarray, marks: Marks) -> None:
    """Draw keypoints as discs, larger with confidence; occluded ones are rings, outliers of the fit are crossed out."""
    colours = side_colours("dark")
    for index in range(keypoints.k):
        if keypoints.confidence[index] <= 0:
            continue
        at = QPointF(*xy[index])
        radius = (POINT_PX + CONFIDENT_PX * float(keypoints.confidence[index])) * marks.size
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
    """Draw absent keypoints as small dotted rings at the body's keypoints xy (K, 2) [px]; dragging one adds it."""
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
    """Draw an arrow from each keypoint to the body's keypoint; a dot where they agree."""
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
    """Draw the box between corners (2, 2) [canvas px], and a label of its person."""
    corners = np.round(corners) + 0.5  # on whole pixels, where lines need no antialiasing
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
    if rect.intersects(seen):  # keep the label of a box visible if its corner is outside the view
        at = QPointF(max(at.x(), seen.left() + LABEL_X_PX), max(at.y(), seen.top() + LABEL_Y_PX))
    opacity = painter.opacity()
    painter.setOpacity(max(opacity, LABEL_OPACITY))
    draw_label(painter, label, at)
    painter.setOpacity(opacity)


def draw_ring(painter: QPainter, at: np.ndarray, marked: bool) -> None:
    """Draw the ring around a trunk at (2,) [canvas px], dashed unless a curator marked it."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(HALO, 4.0))
    painter.drawEllipse(QPointF(*at), TRUNK_RING_PX, TRUNK_RING_PX)
    pen = QPen(BOX, 1.8)
    if not marked:
        pen.setDashPattern([3.0, 2.0])
    painter.setPen(pen)
    painter.drawEllipse(QPointF(*at), TRUNK_RING_PX, TRUNK_RING_PX)


def draw_label(painter: QPainter, text: str, at: QPointF, ground: QColor = HALO) -> None:
    """Draw small text that is readable on any photo. at: the start of its base line."""
    font = QFont(painter.font())
    font.setPointSizeF(LABEL_PT)
    painter.setFont(font)
    room = QFontMetricsF(font).boundingRect(text).translated(at).adjusted(-4, -2, 4, 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(room, 3, 3)
    painter.setPen(SELECTED)
    painter.drawText(at, text)


def draw_notice(painter: QPainter, room: QRectF, text: str, colours: Theme) -> None:
    """Draw text in the middle of a view, on a background that hides drawings behind it."""
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
    """Draw a frame inside the edges of the widget that has the keyboard focus."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.accent), FOCUS_PX))
    painter.drawRect(QRectF(rect).adjusted(FOCUS_PX / 2, FOCUS_PX / 2, -FOCUS_PX / 2, -FOCUS_PX / 2))


@lru_cache
def _sides_of_bones(names: Layout) -> dict[tuple[int, int], Side]:
    """The side of each bone: the side of its ends. A centre end takes the other's side; left to right is centre."""
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


def duration(seconds: float) -> str:
    """A time as h:mm:ss or m:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
