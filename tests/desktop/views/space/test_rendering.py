"""How bodies are rendered: smooth normals, the shadow below them, edges without stairs."""

import numpy as np
from PySide6.QtGui import QImage

from core.body.normals import vertex_normals
from desktop.views.gl.contact_shadow import contact_shadow, reach_of
from desktop.views.gl.smoothing import averaged, softened


def sphere(center=(0.0, 0.0, 0.0), radius=1.0, parts=24):
    """Vertices and faces of a sphere, counter-clockwise from outside."""
    low, high = np.meshgrid(np.arange(parts), np.arange(parts), indexing="ij")
    polar, around = np.pi * (low + 0.5) / parts, 2 * np.pi * high / parts
    points = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], -1)
    corner = np.arange(parts * parts).reshape(parts, parts)
    below, beside = np.roll(corner, -1, 0), np.roll(corner, -1, 1)
    both = np.roll(below, -1, 1)
    faces = np.concatenate(
        [
            np.stack([corner, beside, both], -1)[:-1].reshape(-1, 3),
            np.stack([corner, both, below], -1)[:-1].reshape(-1, 3),
        ]
    )
    return (radius * points.reshape(-1, 3) + center).astype(np.float32), faces


def test_normals_point_outward_along_a_spheres_radii():
    vertices, faces = sphere()
    normals = vertex_normals(vertices, faces)
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    assert ((unit * vertices).sum(axis=1) > 0.99).all()


def test_a_vertex_without_a_face_has_no_normal():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]], np.float32)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]]))
    np.testing.assert_allclose(normals, [[0, 0, 1]] * 3 + [[0, 0, 0]])


def test_the_shadow_is_dark_where_a_body_touches_and_faint_below_what_is_high():
    low, high = (sphere((0.0, height, 0.0), 0.1, 40)[0] for height in (0.1, 0.9))
    touched, floating = (contact_shadow([body], 1.0) for body in (low, high))
    middle = len(touched) // 2
    assert touched[middle, middle] > 150
    assert 0 < floating[middle, middle] < touched[middle, middle] / 2
    assert touched[2, 2] == 0
    along = touched[middle, middle:].astype(int)
    assert (np.diff(along) <= 1).all()  # it fades out evenly
    assert np.abs(np.diff(along)).max() < 60


def test_the_shadow_is_below_its_body_and_nothing_else():
    vertices, _ = sphere((0.4, 0.1, -0.5), 0.1)
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
