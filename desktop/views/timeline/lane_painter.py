"""Draws a ruler and lanes of a timeline. A lane's height shows the score, so that it can be read without colours.

All lengths are px of the widget. A place is a photo's position in the sequence.
"""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from desktop.state.lanes import ABSENT, VERDICTS, Lane, columns
from desktop.theme import Theme, mixed
from desktop.views.verdict_marks import PATTERNS, colour_of

RULER_PX, LANE_PX, GAP_PX, NAME_PX = 20, 18, 3, 74
WORST_SCORE_PX = 12.0  # the score [px] of a bar as high as its lane
LEAST_BAR = 0.12  # of a lane's height, so that a perfect fit can be seen
GROUND = 0.72  # share of the background in the ground of a lane
MARK_PX = 4.0  # half the width of the mark of a corrected photo
TICK_PX = 70  # least distance of two numbers in the ruler
ROUND = (1, 2, 5)  # numbers of a ruler are these times a power of ten


@dataclass(frozen=True)
class TimelineRange:
    """The part of a sequence that a width [px] shows: from the place `first` to `last`, both may be fractions."""

    first: float
    last: float
    width: int

    def x(self, place: float) -> float:
        """Where a place begins [px]."""
        return (place - self.first) / (self.last - self.first) * self.width

    def place(self, x: float) -> int:
        """The place at x [px]."""
        return int(np.floor(self.first + x / max(1, self.width) * (self.last - self.first)))

    @property
    def photo_px(self) -> float:
        """The width of one photo."""
        return self.width / (self.last - self.first)


def draw_lane(painter: QPainter, room: QRectF, lane: Lane, shown: TimelineRange, colours: Theme) -> None:
    """Draw a lane: ground and bar in the verdict's colour and pattern, the bar as high as the score is bad; a line
    through gaps, a diamond where a hand corrected."""
    parts = columns(lane, shown.first, shown.last, shown.width)
    _draw_gaps(painter, room, parts.inside & (parts.verdict == ABSENT), colours)
    height = np.nan_to_num(parts.score / WORST_SCORE_PX, nan=0.0).clip(LEAST_BAR, 1) * room.height()
    height = np.where(np.isnan(parts.score), 0.0, height).round(1)
    at = 0
    for (verdict, tall), run in groupby(zip(parts.verdict.tolist(), height.tolist(), strict=True)):
        wide = len(list(run))
        if verdict != ABSENT:
            colour = colour_of(VERDICTS[verdict], colours)
            ground = QColor(mixed(colour.name(), colours.base, GROUND))
            painter.fillRect(QRectF(room.left() + at, room.top(), wide, room.height()), ground)
            if VERDICTS[verdict] in PATTERNS:
                upper = QRectF(room.left() + at, room.top(), wide, room.height() - tall)
                painter.fillRect(upper, QBrush(colour, PATTERNS[VERDICTS[verdict]]))
            painter.fillRect(QRectF(room.left() + at, room.bottom() - tall, wide, tall), colour)
        at += wide
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for run_start, run_end in _runs(parts.corrected):
        middle = room.left() + (run_start + run_end) / 2
        _draw_diamond(painter, QPointF(middle, room.center().y()), colours)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_ruler(painter: QPainter, room: QRectF, shown: TimelineRange, count: int, colours: Theme) -> None:
    """Draw numbers of photos, counted from 1, at round steps."""
    metrics = QFontMetricsF(painter.font())
    step = round_step(TICK_PX / shown.photo_px)
    painter.setPen(QColor(colours.muted))
    first = int(np.ceil(shown.first / step)) * step
    for place in range(first, min(count, int(np.ceil(shown.last))), step):
        x = room.left() + shown.x(place + 0.5)
        painter.drawLine(QPointF(x, room.bottom() - 4), QPointF(x, room.bottom()))
        words = str(place + 1)
        if x + 3 + metrics.horizontalAdvance(words) < room.right():
            painter.drawText(QPointF(x + 3, room.bottom() - 5), words)


def draw_playhead(painter: QPainter, room: QRectF, shown: TimelineRange, place: int, colours: Theme) -> None:
    """Draw a line at the photo shown, with a handle in the ruler."""
    x = room.left() + shown.x(place + 0.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.accent), 2))
    painter.drawLine(QPointF(x, room.top() + 6), QPointF(x, room.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.accent))
    top = room.top()
    painter.drawPolygon(QPolygonF([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 8)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def round_step(least: float) -> int:
    """The least round number from `least` on: 1, 2, 5, 10, 20 …"""
    power = 1
    while True:
        for factor in ROUND:
            if factor * power >= least:
                return factor * power
        power *= 10


def _draw_gaps(painter: QPainter, room: QRectF, gaps: np.ndarray, colours: Theme) -> None:
    pen = QPen(QColor(colours.muted), 1, Qt.PenStyle.DotLine)
    painter.setPen(pen)
    for start, end in _runs(gaps):
        y = room.center().y()
        painter.drawLine(QPointF(room.left() + start, y), QPointF(room.left() + end, y))


def _draw_diamond(painter: QPainter, at: QPointF, colours: Theme) -> None:
    painter.setPen(QPen(QColor(colours.base), 1))
    painter.setBrush(QColor(colours.text))
    reach = MARK_PX
    ends = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
    painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in ends]))


def _runs(flags: np.ndarray) -> np.ndarray:
    """(N, 2) first index and the one after the last of each run of True in flags (W,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)
