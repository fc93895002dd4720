"""The background of the 3D view: brighter behind the body, as in a photographer's studio."""

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter, QRadialGradient

from desktop.theme import Theme, mixed

INNER, OUTER = 0.16, 0.10  # share of the floor's colour behind the body, and of black at the edges
HIGH = 0.42  # of the height, where it is brightest


def paint_studio(painter: QPainter, rect: QRect, colours: Theme) -> None:
    """Fill a view."""
    middle = QPointF(rect.center().x(), rect.top() + HIGH * rect.height())
    light = QRadialGradient(middle, 0.75 * max(rect.width(), rect.height()))
    brighter = "#ffffff" if colours.name == "light" else colours.floor
    light.setColorAt(0.0, mixed(colours.viewport, brighter, INNER if colours.name == "dark" else 0.75))
    light.setColorAt(1.0, mixed(colours.viewport, "#000000", OUTER))
    painter.fillRect(rect, light)
