"""The background of the 3D view: brighter behind the body, as in a photographer's studio."""

from functools import lru_cache

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QRadialGradient

from desktop.theme import DARK, LIGHT, mixed

# Shares of the floor's colour behind the body in the dark theme, of white in the light one, of black at the edges.
INNER, BRIGHT, OUTER = 0.16, 0.75, 0.10
HIGH = 0.42  # of the height, where it is brightest


@lru_cache(maxsize=4)  # of two views, each at its last sizes
def studio(width: int, height: int, dark: bool) -> QBrush:
    """The fill of a view of this size [px], in the dark theme or the light one."""
    colours = DARK if dark else LIGHT
    light = QRadialGradient(QPointF(width / 2, HIGH * height), 0.75 * max(width, height))
    brighter, share = (colours.floor, INNER) if dark else ("#ffffff", BRIGHT)
    light.setColorAt(0.0, mixed(colours.viewport, brighter, share))
    light.setColorAt(1.0, mixed(colours.viewport, "#000000", OUTER))
    return QBrush(light)
