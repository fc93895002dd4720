"""A body with fewer vertices is closed where the whole one is."""

import numpy as np

from core.body.coarse import coarse
from core.body.model import load_body


def test_the_open_bodys_surface_has_far_fewer_triangles_and_stays_closed():
    body = load_body()
    small = coarse(body)
    assert len(small.faces) < 0.5 * len(body.faces)
    assert small.faces.max() < len(small.vertices)
    assert lonely_edges(small.faces) <= lonely_edges(body.faces)


def lonely_edges(faces):
    """How many edges belong to an odd number of triangles: those of a hole."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    return int((count % 2).sum())


def test_it_is_made_once():
    body = load_body()
    assert coarse(body) is coarse(body)


def test_triangles_look_outward_as_the_3d_view_leaves_out_those_that_look_away():
    body = load_body()
    small = coarse(body)
    for vertices, faces in ((body.arrays.v_template, body.faces), (small.vertices[..., -1], small.faces)):
        corners = vertices[faces].astype(float)
        volume_m3 = np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
        assert 0.04 < volume_m3 < 0.1
