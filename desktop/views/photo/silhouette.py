"""The body's outline over the photo, computed from the rendered picture of the body."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from desktop.views.drawing import HALO

COLOUR = QColor("#ff6ad5")  # differs from the colours of sides and residuals
LINE_PX = 1.8
SMALLEST_PX = 4  # least number of corners of an outline that is drawn


def outline(picture: QImage) -> list[np.ndarray]:
    """Closed lines (N, 2) [px of the picture] around its opaque parts."""
    import cv2  # here, as it loads slowly; reading the photo has loaded it by then

    alpha = picture.convertToFormat(QImage.Format.Format_Alpha8)
    rows = np.frombuffer(alpha.constBits(), np.uint8).reshape(alpha.height(), alpha.bytesPerLine())
    mask = np.ascontiguousarray(rows[:, : alpha.width()] > 127).astype(np.uint8)
    lines, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_TC89_L1)
    return [line[:, 0] + 0.5 for line in lines if len(line) >= SMALLEST_PX]


def draw_outline(painter: QPainter, lines: list[np.ndarray], place: QRectF, share: float) -> None:
    """Draw an outline. place: of the picture [canvas px]; share: picture px per canvas px."""
    corner = np.array([place.x(), place.y()])
    shapes = [QPolygonF([QPointF(*point) for point in line / share + corner]) for line in lines]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, colour in ((LINE_PX + 2.0, HALO), (LINE_PX, COLOUR)):
        painter.setPen(QPen(colour, width))
        for shape in shapes:
            painter.drawPolygon(shape)
