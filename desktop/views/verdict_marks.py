"""Verdicts as marks and bars: a colour and a shape each, so that they differ in grey too."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from core.records import Verdict
from desktop.theme import Theme

ORDER: tuple[Verdict, ...] = ("accepted", "later", "rejected", "todo")  # in bars, from the left
PATTERNS = {
    "later": Qt.BrushStyle.Dense5Pattern,
    "rejected": Qt.BrushStyle.BDiagPattern,
}  # over a bar's colour
LINE, RING = 0.14, 0.12  # widths of lines in sizes of the mark
LEAST_PX = 2.0  # of a bar's part with anybody in it
GAP_PX = 1.0


def colour_of(verdict: Verdict, colours: Theme) -> QColor:
    """The theme's colour of a verdict; of people without one, a quiet colour."""
    named: dict[Verdict, str] = {
        "accepted": colours.accepted,
        "rejected": colours.rejected,
        "later": colours.later,
        "todo": colours.muted,
    }
    return QColor(named[verdict])


def draw_mark(painter: QPainter, room: QRectF, verdict: Verdict, colours: Theme) -> None:
    """Draw a verdict's mark into a square: disc with a tick, square with a cross, diamond with hands, or a ring."""
    size, colour = room.width(), colour_of(verdict, colours)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if verdict == "todo":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, RING * size))
        inset = (0.12 + RING / 2) * size
        painter.drawEllipse(room.adjusted(inset, inset, -inset, -inset))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        _draw_ground(painter, room, verdict)
        line = QPen(QColor(colours.base), LINE * size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        line.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(line)
        for stroke in STROKES[verdict]:
            painter.drawPolyline(QPolygonF([room.topLeft() + QPointF(x * size, y * size) for x, y in stroke]))
    painter.restore()


# Lines in the ground, in sizes of the mark from its upper left corner.
STROKES: dict[Verdict, tuple[tuple[tuple[float, float], ...], ...]] = {
    "accepted": (((0.27, 0.53), (0.44, 0.69), (0.74, 0.34)),),
    "rejected": (((0.32, 0.32), (0.68, 0.68)), ((0.68, 0.32), (0.32, 0.68))),
    "later": (((0.5, 0.27), (0.5, 0.53), (0.66, 0.63)),),
}


def _draw_ground(painter: QPainter, room: QRectF, verdict: Verdict) -> None:
    size = room.width()
    if verdict == "accepted":
        painter.drawEllipse(room)
    elif verdict == "rejected":
        inset = 0.08 * size
        painter.drawRoundedRect(room.adjusted(inset, inset, -inset, -inset), 0.12 * size, 0.12 * size)
    else:
        middle, reach = room.center(), 0.56 * size
        ends = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
        painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in ends]))


def draw_bar(painter: QPainter, room: QRectF, counts: Mapping[Verdict, int], colours: Theme) -> None:
    """Draw the shares of verdicts as one bar in parts. counts: the number of people by verdict."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(room, QColor(colours.border))
    left = room.left()
    for verdict, width in zip(ORDER, part_widths(counts, room.width()), strict=True):
        part = QRectF(left, room.top(), max(0.0, width - GAP_PX), room.height())
        left += width
        if width and verdict != "todo":
            painter.fillRect(part, colour_of(verdict, colours))
            if verdict in PATTERNS:
                painter.fillRect(part, QBrush(QColor(colours.base), PATTERNS[verdict]))
    painter.restore()


def part_widths(counts: Mapping[Verdict, int], width: float) -> list[float]:
    """The widths of a bar's parts in the order of ORDER; together `width`. A part with anybody in it can be seen."""
    people = [counts.get(verdict, 0) for verdict in ORDER]
    if not any(people):
        return [0.0] * len(ORDER)
    raw = [max(LEAST_PX + GAP_PX, width * count / sum(people)) if count else 0.0 for count in people]
    return [width * part / sum(raw) for part in raw]
