"""Fits that know of each other: bodies part, lone ones stay, and bad input is named."""

import numpy as np
import pytest
import torch

from core.body import load_body
from core.body.flesh import flesh_of
from core.body.keypoint_body import KeypointBody, params_to_vector
from core.body.model import BodyParams
from core.errors import FitInputError
from core.fitting import fit_together, penetration
from core.fitting.crowd.contacts import contacts_of, depths, pairs_of
from core.geometry.camera import project
from core.metrics import pa_mpjpe_mm

LAYOUT = "coco17"
FOCAL, MIDDLE = 800.0, 400.0


def standing(*places: tuple[float, float]) -> BodyParams:
    """People who face the camera in the T-pose, arms down, at x and z [m]."""
    count = len(places)
    pose = torch.zeros(count, 72)
    pose[:, 0] = torch.pi
    pose[:, 3 * 16 + 2], pose[:, 3 * 17 + 2] = -1.2, 1.2
    cam_t = torch.tensor([[x, 0.0, z] for x, z in places])
    return BodyParams.from_pose(pose, torch.zeros(count, 10), cam_t)


def seen(people: BodyParams) -> tuple[torch.Tensor, str, torch.Tensor, torch.Tensor]:
    body, count = load_body(), len(people)
    camera = torch.full((count,), FOCAL), torch.full((count, 2), MIDDLE)
    xy = project(body.keypoints(people, LAYOUT), *camera)
    return torch.cat([xy, torch.ones(count, xy.shape[1], 1)], dim=2), LAYOUT, *camera


def test_two_people_inside_each_other_are_parted_along_the_view():
    people = standing((0.0, 5.0), (0.12, 5.05))
    found = fit_together(load_body(), *seen(people), people)
    assert found.before_m.min() > 0.08
    assert found.after_m.max() < 0.25 * found.before_m.max()
    moved = found.params.cam_t - people.cam_t
    assert moved[0, 2] < 0 < moved[1, 2]
    body = load_body()
    joints = [body.keypoints(one, "smpl24") for one in (found.params, people)]
    assert pa_mpjpe_mm(*joints).max() < 15
    off = (project(body.keypoints(found.params, LAYOUT), *seen(people)[2:]) - seen(people)[0][..., :2]).norm(
        dim=-1
    )
    assert off.mean() < 6


def test_people_who_do_not_touch_stay_to_the_last_bit():
    people = standing((-1.0, 5.0), (1.0, 5.0))
    found = fit_together(load_body(), *seen(people), people)
    assert torch.equal(params_to_vector(found.params), params_to_vector(people))
    assert found.before_m.max() == 0


def test_people_of_other_photos_are_not_in_the_way():
    people = standing((0.0, 5.0), (0.1, 5.0))
    found = fit_together(load_body(), *seen(people), people, torch.tensor([0, 1]))
    assert torch.equal(params_to_vector(found.params), params_to_vector(people))


def test_photos_together_come_to_what_each_comes_to_alone():
    people = standing((0.0, 5.0), (0.12, 5.05), (0.3, 4.0), (0.2, 4.1))
    keypoints, layout, focal, center = seen(people)
    whole = fit_together(load_body(), keypoints, layout, focal, center, people, torch.tensor([0, 0, 1, 1]))
    for rows in (slice(0, 2), slice(2, 4)):
        alone = fit_together(load_body(), keypoints[rows], layout, focal[rows], center[rows], people[rows])
        torch.testing.assert_close(
            params_to_vector(alone.params), params_to_vector(whole.params[rows]), rtol=0, atol=2e-2
        )


def test_who_is_fixed_stays_and_the_other_one_gives_way():
    people = standing((0.0, 5.0), (0.12, 5.05))
    found = fit_together(load_body(), *seen(people), people, fixed=torch.tensor([True, False]))
    assert torch.equal(params_to_vector(found.params)[0], params_to_vector(people)[0])
    assert found.after_m.max() < 0.4 * found.before_m.max()


def test_a_known_depth_order_is_kept():
    people = standing((-0.6, 5.0), (0.6, 5.2))
    found = fit_together(load_body(), *seen(people), people, in_front=[(1, 0)])
    assert found.params.cam_t[1, 2] < found.params.cam_t[0, 2] - 0.05


@pytest.mark.parametrize("wrong", ["count", "numbers", "photo"])
def test_bad_input_is_named(wrong):
    people = standing((0.0, 5.0), (0.12, 5.05))
    fits, photo = people, None
    if wrong == "count":
        fits = people[:1]
    elif wrong == "numbers":
        fits = BodyParams(
            people.global_orient, people.body_pose, people.betas, people.cam_t * torch.nan, people.kid
        )
    else:
        photo = torch.zeros(3, dtype=torch.long)
    with pytest.raises(FitInputError):
        fit_together(load_body(), *seen(people), fits, photo)


def test_penetration_is_zero_alone_and_deep_inside_another():
    body = load_body()
    assert penetration(body, standing((0.0, 5.0)), torch.zeros(1, dtype=torch.long)).tolist() == [0.0]
    deep = penetration(body, standing((0.0, 5.0), (0.0, 5.01)), torch.zeros(2, dtype=torch.long))
    assert deep.min() > 0.1


def test_derivatives_of_contacts_are_those_of_finite_differences():
    body = load_body().to("cpu", torch.float64)
    flesh, joints = flesh_of(body), KeypointBody.from_body(body, "smpl24")
    people = standing((0.0, 5.0), (0.17, 5.08)).to(torch.float64)
    start = (
        params_to_vector(people)
        + 0.02 * torch.randn(2, 86, generator=torch.Generator().manual_seed(0)).double()
    )
    pairs = pairs_of(torch.zeros(2, dtype=torch.long))

    def deepest(unknowns: torch.Tensor) -> torch.Tensor:
        posed = joints.posed(unknowns)
        return (
            depths(flesh, posed.points, unknowns[:, 72:83] * 0 + start[:, 72:83], pairs)
            .flatten(1)
            .amax(dim=1)
        )

    posed = joints.posed(start)
    contact = contacts_of(flesh, posed, posed.jacobian(), pairs, 0.0, 1)
    torch.testing.assert_close(contact.depth, deepest(start))
    step = 1e-6
    for person, by in enumerate((contact.by_first, contact.by_second)):
        for column in (0, 4, 50, 83, 84, 85):
            ahead, behind = start.clone(), start.clone()
            ahead[person, column] += step
            behind[person, column] -= step
            slope = (deepest(ahead) - deepest(behind)) / (2 * step)
            torch.testing.assert_close(by[:, column], slope, rtol=2e-3, atol=2e-4)


def test_flesh_follows_the_shape_and_its_two_sides_are_alike():
    flesh = flesh_of(load_body())
    trunk, side = 3, 8
    left, right = flesh.radius[trunk : trunk + side], flesh.radius[trunk + side :]
    np.testing.assert_allclose(left, right, rtol=0.1)
    wide = torch.zeros(2, 11)
    wide[1, 0] = 2.0
    radii = flesh.radii(wide)
    assert (radii[1] - radii[0]).abs().max() > 0.005
    assert (radii > 0.01).all()


def test_bodies_inside_each_other_part_in_the_order_that_is_known_not_in_the_one_they_are_in():
    people = standing((0.0, 5.0), (0.02, 5.05))
    found = fit_together(load_body(), *seen(people), people, in_front=[(1, 0)])
    assert found.params.cam_t[1, 2] < found.params.cam_t[0, 2] - 0.12
    assert found.after_m.max() < 0.25 * found.before_m.max()


def test_bodies_part_without_a_change_of_shape_and_hardly_bend():
    people = standing((0.0, 5.0), (0.12, 5.05))
    found = fit_together(load_body(), *seen(people), people).params
    assert torch.equal(found.betas, people.betas)
    assert (found.body_pose - people.body_pose).abs().max() < 0.1
