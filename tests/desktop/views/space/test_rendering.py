"""How bodies are rendered: the shadow below them, edges without stairs."""

import numpy as np
from PySide6.QtGui import QImage

from desktop.views.gl.contact_shadow import contact_shadow, reach_of
from desktop.views.gl.smoothing import averaged, softened


def ball(center, radius):
    """Points (V, 3) on a sphere."""
    points = np.random.default_rng(0).normal(size=(1600, 3))
    return (radius * points / np.linalg.norm(points, axis=1, keepdims=True) + center).astype(np.float32)


def test_the_shadow_is_dark_where_a_body_touches_and_faint_below_what_is_high():
    low, high = (ball((0.0, height, 0.0), 0.1) for height in (0.1, 0.9))
    touched, floating = (contact_shadow([body], 1.0) for body in (low, high))
    middle = len(touched) // 2
    assert touched[middle, middle] > 150
    assert 0 < floating[middle, middle] < touched[middle, middle] / 2
    assert touched[2, 2] == 0
    along = touched[middle, middle:].astype(int)
    assert (np.diff(along) <= 1).all()  # it fades out evenly
    assert np.abs(np.diff(along)).max() < 60


def test_the_shadow_is_below_its_body_and_nothing_else():
    vertices = ball((0.4, 0.1, -0.5), 0.1)
    shadow = contact_shadow([vertices], 1.0)
    rows, columns = np.nonzero(shadow > 100)
    assert rows.mean() == np.clip(rows.mean(), len(shadow) * 0.22, len(shadow) * 0.28)  # along z
    assert columns.mean() == np.clip(columns.mean(), len(shadow) * 0.67, len(shadow) * 0.73)  # along x
    assert reach_of([vertices]) > 0.7  # there is room for all of it
    assert not contact_shadow([], 1.0).any()
    assert not contact_shadow([vertices + np.float32(50)], 1.0).any()


def stairs():
    """A picture of a slanted edge without smoothing, and its pixels."""
    y, x = np.mgrid[:64, :64]
    pixels = np.where((x > 10 + 0.4 * y)[..., None], [200, 150, 120, 255], [0, 0, 0, 0]).astype(np.uint8)
    return QImage(pixels.data, 64, 64, 256, QImage.Format.Format_ARGB32_Premultiplied).copy(), pixels


def bytes_of(picture):
    shown = np.frombuffer(picture.constBits(), np.uint8)
    return shown.reshape(picture.height(), picture.width(), 4).copy()  # the picture may not live as long


def test_softened_stairs_have_steps_between_and_the_rest_stays_as_it_was():
    picture, pixels = stairs()
    soft = bytes_of(softened(picture))
    between = (soft[..., 3] > 20) & (soft[..., 3] < 235)
    assert between.any(axis=1).all()
    away = np.abs(np.arange(64)[None, :] - (10 + 0.4 * np.arange(64)[:, None])) > 4
    assert (soft[away] == pixels[away]).all()
    assert (soft[..., :3] <= soft[..., 3:]).all()  # still premultiplied


def test_an_averaged_picture_is_half_as_large_and_as_bright():
    picture, pixels = stairs()
    small = averaged(picture, 2)
    assert (small.width(), small.height()) == (32, 32)
    assert bytes_of(small).mean() == np.clip(bytes_of(small).mean(), pixels.mean() - 1, pixels.mean() + 1)
