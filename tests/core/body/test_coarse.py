"""A body with fewer vertices moves as the whole one does."""

import numpy as np
import pytest
import torch

from core.body.coarse import coarse
from core.body.keypoint_body import KeypointBody, params_to_vector
from core.body.model import body_from_arrays, load_body
from core.body.smpl_file import body_arrays
from tests.bodies import toy_arrays
from tests.posing import random_params


def toy(**options):
    return body_from_arrays(body_arrays(toy_arrays(**options), "toy", "toy"))


BODIES = {
    "the open body": load_body,
    "a toy": toy,
    "a toy with pose blend shapes": lambda: toy(pose_blend_shapes=True),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_left_of_the_surface_is_where_the_whole_body_has_it_and_so_are_the_joints(name):
    body = BODIES[name]()
    params = random_params(2)
    vertices, joints = body.pose(params)
    placed = KeypointBody.from_body(body, "smpl24").posed(params_to_vector(params))
    assert placed.joints()[1] == pytest.approx(joints, abs=1e-5)
    for some, whole in zip(coarse(body).surface(placed), vertices, strict=True):
        away = torch.cdist(some, whole, compute_mode="donot_use_mm_for_euclid_dist")
        assert away.min(dim=1).values.max() < 1e-4


def test_the_open_bodys_surface_has_far_fewer_triangles_and_stays_closed():
    body = load_body()
    small = coarse(body)
    assert len(small.faces) < 0.5 * len(body.faces)
    assert small.faces.max() < len(small.weights)
    assert lonely_edges(small.faces) <= lonely_edges(body.faces)


def lonely_edges(faces):
    """How many edges belong to an odd number of triangles: those of a hole."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    return int((count % 2).sum())


def test_it_is_made_once():
    body = load_body()
    assert coarse(body) is coarse(body)
