"""WCAG's contrast: of colours, and of the words that a widget has drawn."""

import numpy as np
from PySide6.QtGui import QImage

TEXT, GRAPHICS = 4.5, 3.0  # least contrast (WCAG 2.2, 1.4.3 and 1.4.11)
EDGE_PX = 3  # a frame around words is no words


def luminance(rgb):
    """Relative luminance of WCAG 2 of colours (..., 3) in 0..255."""
    share = np.asarray(rgb, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast(first, second):
    """WCAG's contrast of colours."""
    high, low = (
        np.maximum(luminance(first), luminance(second)),
        np.minimum(luminance(first), luminance(second)),
    )
    return (high + 0.05) / (low + 0.05)


def of_names(first, second):
    """Contrast of colours as #rrggbb."""
    return float(contrast(*(tuple(bytes.fromhex(name[1:])) for name in (first, second))))


def drawn(widget):
    """(H, W, 3) uint8: a widget as it is drawn, without its edge."""
    picture = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    height, width = picture.height(), picture.width()
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(height, picture.bytesPerLine())
    return rows[:, : 3 * width].reshape(height, width, 3)[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX].copy()


def of_words(picture):
    """The contrast of words with what they stand on, in a picture (H, W, 3).

    It is that of the commonest colour with the one that stands out most. Thin strokes are blended with the ground, so
    the strongest pixel is nearest to the words' colour.
    """
    colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    return float(contrast(colours, colours[counts.argmax()]).max())
