"""Bodies from joints in 3D."""

import pytest
import torch

from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.errors import FitInputError
from core.fitting import fit_to_joints
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle

LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")


def people(count: int = 8) -> tuple[BodyParams, torch.Tensor, torch.Tensor]:
    """Bodies that stand turned about, their joints (B, 24, 3) [m], and a confidence for those of the limbs."""
    random = torch.Generator().manual_seed(0)
    pose = 0.2 * torch.randn(count, 72, generator=random)
    pose[:, :3] = torch.tensor([3.0, 0.0, 0.0]) + 0.3 * torch.randn(count, 3, generator=random)
    cam_t = torch.randn(count, 3, generator=random) * 0.3 + torch.tensor([0.0, 0.0, 4.0])
    params = BodyParams.from_pose(pose, 0.8 * torch.randn(count, 10, generator=random), cam_t)
    names = layout("smpl24").keypoints
    confidence = torch.tensor([float(name.split("_")[-1] in LIMBS) for name in names]).expand(count, -1)
    return params, load_body().keypoints(params, "smpl24"), confidence.clone()


def test_bodies_are_recovered_from_joints_of_their_limbs():
    params, joints, confidence = people()
    fitted = fit_to_joints(load_body(), joints, confidence, "smpl24", params.global_orient)
    found = load_body().keypoints(fitted.params, "smpl24")
    assert ((found - joints).norm(dim=2)[confidence > 0]).median() < 0.005
    assert float(fitted.distance.max()) < 0.02
    turns = [axis_angle_to_matrix(one.global_orient) for one in (params, fitted.params)]
    assert float(geodesic_angle(*turns).rad2deg().max()) < 1


def test_without_an_orientation_the_points_tell_it():
    _, joints, confidence = people()
    confidence[:, :] = 1
    fitted = fit_to_joints(load_body(), joints, confidence, "smpl24")
    found = load_body().keypoints(fitted.params, "smpl24")
    assert (found - joints).norm(dim=2).median() < 0.01


def test_absent_points_count_for_nothing():
    params, joints, confidence = people(2)
    confidence[:, 20] = 0
    spoilt = joints.clone()
    spoilt[:, 20] = torch.nan
    here, there = (
        fit_to_joints(load_body(), points, confidence, "smpl24", params.global_orient)
        for points in (joints, spoilt)
    )
    assert torch.equal(here.params.pose, there.params.pose)


def test_points_that_are_none_are_refused():
    _, joints, confidence = people(2)
    with pytest.raises(FitInputError, match="three points"):
        fit_to_joints(load_body(), joints, torch.zeros_like(confidence), "smpl24")
    with pytest.raises(FitInputError, match="coco17"):
        fit_to_joints(load_body(), joints, confidence, "coco17")


def test_nobody_is_nobody():
    fitted = fit_to_joints(load_body(), torch.zeros(0, 24, 3), torch.zeros(0, 24), "smpl24")
    assert len(fitted.params) == 0
