"""A body's picture over the photo: translucent, with a dark and a light rim, so that it stands out from any photo."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.state.view import BodyStyle

# Inner and outer line. One of them contrasts with any colour of the photo by at least 3 : 1.
RIM_COLOURS = ("#0b1a2e", "#f2f8ff")
RIM_PX = (2.0, 1.0)  # their widths on the canvas; at least a pixel each

FIRM = 3.0  # how much more than their smooth edge rims cover


@dataclass(frozen=True, eq=False)
class BodyPicture:
    """body: as rendered, on a transparent ground, opaque unless it is an x-ray; place: of the picture [canvas px];
    share: picture px per canvas px."""

    body: QImage
    place: QRectF
    share: float
    style: BodyStyle = "fill"
    _rimmed: dict[float, QImage] = field(default_factory=dict)

    @classmethod
    def at(cls, body: QImage, rect: QRect, share: float, style: BodyStyle = "fill") -> "BodyPicture":
        """The picture of a part `rect` of the canvas [px of the picture]."""
        place = QRectF(rect.x() / share, rect.y() / share, rect.width() / share, rect.height() / share)
        return cls(body, place, share, style)

    def moved(self, by: np.ndarray) -> "BodyPicture":
        """The same picture elsewhere: moved by (2,) [canvas px]."""
        return replace(self, place=self.place.translated(*by.tolist()))

    def covers(self, at: np.ndarray) -> bool:
        """Whether the body is drawn at a canvas point (2,) [px]."""
        x, y = np.floor((at - (self.place.x(), self.place.y())) * self.share).astype(int).tolist()
        inside = 0 <= x < self.body.width() and 0 <= y < self.body.height()
        return inside and self.body.pixelColor(x, y).alpha() > 0

    def draw(self, painter: QPainter, opacity: float, smooth: bool = True) -> None:
        """Draw it with its rim. opacity: of the body; the rim is as opaque as the painter."""
        opacity = 0.0 if self.style == "rim" else opacity
        if opacity not in self._rimmed:
            self._rimmed.clear()
            self._rimmed[opacity] = rimmed(self.body, opacity, self.share, self.style == "xray")
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(self.place, self._rimmed[opacity])


def rimmed(body: QImage, opacity: float, px: float, hollow: bool = False) -> QImage:
    """The picture of a body made translucent, with an opaque rim around it. px: picture px per canvas px.

    hollow: True if the body itself is translucent.
    """
    height, width = body.height(), body.width()
    pixels = np.frombuffer(body.constBits(), np.uint8).reshape(height, -1, 4)[:, :width]
    solid = np.ascontiguousarray(pixels[..., 3])
    if hollow:
        solid = cv2.threshold(solid, 0, 255, cv2.THRESH_BINARY)[1]
    inner = cv2.dilate(solid, _disc(RIM_PX[0] * px))
    outer = cv2.dilate(inner, _disc(RIM_PX[1] * px))
    drawn = cv2.convertScaleAbs(pixels, alpha=opacity)
    edge = np.nonzero((outer > 0) & (solid < 255))
    uncovered = 1 - solid[edge] / 255
    dark = uncovered * _firm(inner[edge])
    light = (uncovered - dark) * _firm(outer[edge])
    rim = dark[:, None] * _pixel(body, RIM_COLOURS[0]) + light[:, None] * _pixel(body, RIM_COLOURS[1])
    drawn[edge] = (drawn[edge] + rim).clip(0, 255)
    return QImage(drawn.data, width, height, 4 * width, body.format()).copy()


def _firm(cover: np.ndarray) -> np.ndarray:
    """Cover (N,) 0..255 as shares, those of lines firmer: a fine line that is all half covered would not be seen."""
    return np.minimum(cover * (FIRM / 255), 1.0)


def _pixel(picture: QImage, colour: str) -> np.ndarray:
    """The four bytes of a colour in the picture's format."""
    one = QImage(1, 1, picture.format())
    one.fill(QColor(colour))
    return np.frombuffer(one.constBits(), np.uint8)[:4].astype(np.float64)


@lru_cache(maxsize=32)
def _disc(radius: float) -> np.ndarray:
    size = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE if size > 3 else cv2.MORPH_RECT, (size, size))
