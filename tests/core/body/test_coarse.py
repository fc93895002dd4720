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
