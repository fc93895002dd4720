"""A body that machine code places is where the whole one is."""

import pytest
import torch

from core.body.compiled import moving, moving_body
from core.body.keypoint_body import params_to_vector
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


@pytest.mark.slow
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("layout", ["coco17", "smpl24"])
def test_a_moving_bodys_surface_joints_and_keypoints_are_where_the_whole_body_has_them(name, layout):
    body = BODIES[name]()
    params = random_params(2)
    vertices, joints = body.pose(params)
    keypoints, moving = body.keypoints(params, layout), moving_body(body, layout)
    for person, unknowns in enumerate(params_to_vector(params).numpy()):
        placed = moving.place(unknowns)
        assert placed.joints == pytest.approx(joints[person].numpy(), abs=1e-5)
        assert placed.keypoints == pytest.approx(keypoints[person].numpy(), abs=1e-5)
        some, whole = torch.from_numpy(placed.vertices), vertices[person]
        away = torch.cdist(some, whole, compute_mode="donot_use_mm_for_euclid_dist")
        assert away.min(dim=1).values.max() < 1e-4


def test_it_is_made_once_and_compiled_once():
    body = load_body()
    assert moving_body(body, "coco17") is moving_body(body, "coco17")
    unknowns = params_to_vector(random_params(1))[0].numpy()
    for other in (body, toy(pose_blend_shapes=True)):
        moving_body(other, "smpl24").place(unknowns)
    assert len(moving._place.signatures) == 1
