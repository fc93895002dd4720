"""Verdicts as marks and bars: told apart by shape alone, in both themes."""

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.theme import DARK, LIGHT
from desktop.views.verdict_marks import ORDER, colour_of, draw_bar, draw_mark, part_widths

SIZE = 12


def drawn(draw, size, ground):
    """A picture (H, W, 3) of what is drawn on a ground."""
    image = QImage(*size, QImage.Format.Format_RGB888)
    image.fill(QColor(ground))
    with QPainter(image) as painter:
        draw(painter, QRectF(0, 0, *size))
    data = np.frombuffer(image.constBits(), np.uint8).reshape(size[1], image.bytesPerLine())
    return data[:, : 3 * size[0]].reshape(size[1], size[0], 3).astype(int)


def mark(verdict, theme, ground):
    return drawn(lambda painter, room: draw_mark(painter, room, verdict, theme), (SIZE, SIZE), ground)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_differ_in_shape_where_all_colours_are_one(theme):
    shapes = {}
    for verdict in ORDER:
        grey = mark(verdict, theme, theme.base).mean(axis=2)
        shapes[verdict] = np.abs(grey - grey[0, 0]) > 25  # the ground is the corner
    for one, other in combinations(ORDER, 2):
        assert (shapes[one] != shapes[other]).mean() > 0.1, (one, other)


def luminance(colour):
    channels = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("verdict", ORDER)
def test_words_and_marks_of_a_verdict_are_read_on_every_ground_of_the_lists(theme, verdict):
    tint, base = np.array(QColor(theme.accent).getRgb()[:3]), np.array(QColor(theme.base).getRgb()[:3])
    selected = QColor(*(base + (tint - base) * 56 / 255).astype(int).tolist())
    assert contrast(colour_of(verdict, theme), theme.base) >= 4.5
    assert contrast(colour_of(verdict, theme), selected) >= 3.0  # with its mark beside the word
    assert contrast(theme.text, selected) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_parts_of_a_bar_differ_also_in_grey(theme):
    counts = dict.fromkeys(ORDER, 5)
    bar = drawn(lambda painter, room: draw_bar(painter, room, counts, theme), (160, 8), theme.base)
    grey = bar.mean(axis=2)
    looks = [(part.mean(), part.std()) for part in np.split(grey[:, :160], 4, axis=1)]
    for (mean, spread), (other_mean, other_spread) in combinations(looks, 2):
        assert abs(mean - other_mean) + abs(spread - other_spread) > 12


def test_a_single_person_among_many_is_seen_in_the_bar():
    widths = part_widths({"accepted": 100_000, "rejected": 1}, 200.0)
    assert sum(widths) == pytest.approx(200)
    assert widths[ORDER.index("rejected")] > 2
    assert widths[ORDER.index("later")] == 0
    assert part_widths({}, 200.0) == [0, 0, 0, 0]
