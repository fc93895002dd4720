"""The program's icon: drawn for each size, seen on light and on dark desktops."""

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from desktop.views.tools.icons import APPLICATION_SIZES_PX, application_icon
from tests.desktop.contrast import GRAPHICS, contrast

SIZES = [size for sizes in APPLICATION_SIZES_PX.values() for size in sizes]


def pixels(size):
    picture = application_icon().pixmap(QSize(size, size)).toImage()
    picture = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    assert picture.size() == QSize(size, size)
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(size, picture.bytesPerLine())
    return rows[:, : 4 * size].reshape(size, size, 4).copy()  # the picture goes


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ground", [(255, 255, 255), (23, 25, 28), (0, 0, 0)])
def test_its_edge_stands_out_from_light_and_dark_desktops(qapp, size, ground):
    found = pixels(size)
    assert found[0, 0, 3] < 60
    across = found[size // 2]
    edge = across[across[:, 3] > 200][: max(size // 12, 2), :3]
    assert contrast(edge, ground).max() >= GRAPHICS


@pytest.mark.parametrize("size", SIZES)
def test_the_figure_stands_out_from_its_ground(qapp, size):
    colours = pixels(size)[size // 4 : -size // 4, size // 4 : -size // 4, :3].reshape(-1, 3)
    assert contrast(colours, (11, 79, 138)).max() >= GRAPHICS
