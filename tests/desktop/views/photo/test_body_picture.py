"""The body over the photo: its rim stands out from whatever the photo shows, and what is behind it is found."""

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.theme import DARK, LIGHT
from desktop.views.drawing import size_of
from desktop.views.photo.body_picture import BodyPicture
from tests.desktop.contrast import GRAPHICS, contrast, luminance

SIDE, RADIUS = 120, 40
GROUNDS = {
    "skin": "#c58c6b",
    "pale skin": "#f0cdb4",
    "dark skin": "#5c3a28",
    "white shirt": "#f6f6f4",
    "denim": "#4a6484",
    "grass": "#5d8a3a",
    "night": "#08090c",
    "grey": "#777777",
}


def disc(colour):
    """A body's picture: a disc."""
    picture = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(SIDE // 2 - RADIUS, SIDE // 2 - RADIUS, 2 * RADIUS, 2 * RADIUS)
    return BodyPicture.at(picture, QRect(0, 0, SIDE, SIDE), 1.0)


def drawn_on(ground, opacity):
    """(SIDE, SIDE, 3) uint8: the disc drawn on a ground."""
    picture = QImage(SIDE, SIDE, QImage.Format.Format_RGB888)
    picture.fill(QColor(ground))
    with QPainter(picture) as painter:
        disc(LIGHT.body).draw(painter, opacity)
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(SIDE, picture.bytesPerLine())
    return rows[:, : 3 * SIDE].reshape(SIDE, SIDE, 3).copy()


@pytest.mark.parametrize("name", GROUNDS)
@pytest.mark.parametrize("opacity", [0.1, 0.7, 1.0])
def test_the_rim_contrasts_with_what_is_beside_the_body(name, opacity):
    picture = drawn_on(GROUNDS[name], opacity)
    ground = np.array(QColor(GROUNDS[name]).getRgb()[:3])
    for angle in np.linspace(0, 2 * np.pi, 48, endpoint=False):
        along = np.arange(RADIUS - 3, RADIUS + 8, 0.5)
        x, y = (SIDE / 2 + along * np.cos(angle)).astype(int), (SIDE / 2 + along * np.sin(angle)).astype(int)
        assert contrast(picture[y, x], ground).max() >= GRAPHICS


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_body_has_neither_the_hue_of_skin_nor_the_darkness_of_denim(theme):
    hue = QColor(theme.body).hue()
    assert 180 <= hue <= 270
    assert luminance(QColor(theme.body).getRgb()[:3]) > 2 * luminance(QColor(GROUNDS["denim"]).getRgb()[:3])


def test_a_translucent_body_lets_the_photo_through_and_its_rim_does_not():
    clear, dense = drawn_on("#ff0000", 0.2), drawn_on("#ff0000", 0.9)
    middle = SIDE // 2
    assert clear[middle, middle, 0] > dense[middle, middle, 0]
    rim = np.s_[middle, middle + RADIUS + 1 : middle + RADIUS + 4]
    assert np.abs(clear[rim].astype(int) - dense[rim]).max() < 5
    assert (contrast(clear[rim], (255, 0, 0)) > GRAPHICS).any()


def test_a_picture_knows_where_its_body_is_also_after_a_pan():
    picture = disc(LIGHT.body).moved(np.array([100.0, -20.0]))
    assert picture.covers(np.array([100 + SIDE / 2, -20 + SIDE / 2]))
    assert not picture.covers(np.array([SIDE / 2, SIDE / 2]))
    assert not picture.covers(np.array([101.0, -19.0]))


def test_points_of_small_people_are_drawn_smaller():
    assert size_of(20) == size_of(40) < size_of(300) < size_of(420) == size_of(4000) == 1.0
