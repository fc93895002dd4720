"""Normals of a surface's vertices."""

import numpy as np

from core.body.normals import vertex_normals


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
