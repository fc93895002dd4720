"""Losses between the people of one square: their values and gradients, and rows that are drawn together."""

from functools import cache

import numpy as np
import torch

from core.body.flesh import Flesh, flesh_of
from core.body.keypoint_body import KeypointBody, params_to_vector
from core.body.model import Body, BodyParams, load_body
from train.data.epoch_order import Order
from train.methods.ochmr.between_people import order, pairs_in, penetration

PAIR = torch.tensor([[0, 1]])


@cache
def body() -> Body:
    return load_body().to("cpu", torch.float64)


def people(x: float, z: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Joints (2, 24, 3) [m] and shapes (2, 11) of two people in float64, the second one aside."""
    pose = torch.zeros(2, 72)
    pose[:, 0] = torch.pi
    pose[:, 3 * 16 + 2], pose[:, 3 * 17 + 2] = -1.2, 1.2
    places = torch.tensor([[0.0, 0.0, 5.0], [x, 0.0, z]])
    unknowns = params_to_vector(BodyParams.from_pose(pose, torch.zeros(2, 10), places).to(torch.float64))
    return KeypointBody.from_body(body(), "smpl24").posed(unknowns).points, unknowns[:, 72:83]


def flesh() -> Flesh:
    return flesh_of(body())


def test_bodies_apart_cost_nothing_and_deeper_ones_more():
    costs = [float(penetration(flesh(), *people(x, 5.02), PAIR)) for x in (1.5, 0.25, 0.1)]
    assert costs[0] == 0 < costs[1] < costs[2]


def test_gradients_of_penetration_are_those_of_finite_differences():
    joints, shape = people(0.17, 5.08)
    noise = torch.randn(joints.shape, generator=torch.Generator().manual_seed(0)).to(joints)
    joints, shape = (joints + 0.01 * noise).requires_grad_(), shape.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda j, s: penetration(flesh(), j, s, PAIR), (joints, shape), atol=1e-6)


def test_a_step_down_the_gradient_parts_two_bodies():
    joints, shape = people(0.1, 5.05)
    joints.requires_grad_()
    before = penetration(flesh(), joints, shape, PAIR).sum()
    (slope,) = torch.autograd.grad(before, joints)
    assert penetration(flesh(), joints - 0.01 * slope, shape, PAIR) < before


def test_gradients_of_order_are_those_of_finite_differences():
    z = torch.tensor([5.0, 5.4], dtype=torch.float64, requires_grad=True)
    truth = torch.tensor([4.0, 3.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda depth: order(depth, truth, PAIR)[0], (z,))


def test_an_order_costs_where_it_is_not_that_of_the_fits_and_counts_where_that_is_known():
    z, truth = torch.tensor([5.0, 5.4]), torch.tensor([4.0, 3.0])
    wrong, known = order(z, truth, PAIR)
    right, _ = order(z, truth.flip(0), PAIR)
    assert wrong > right
    assert known.all()
    assert not order(z, torch.tensor([4.0, 4.05]), PAIR)[1].any()


def test_mates_follow_each_other_and_are_augmented_alike():
    mate = np.array([-1, -1, 3, 2, 5, 4, -1])
    rows = Order(np.arange(7), np.full(7, "a"), 0, mate)
    for number in range(5):
        drawn = rows.epoch(number)
        for place in range(0, 6, 2):
            if mate[drawn[place]] >= 0:
                assert drawn[place + 1] == mate[drawn[place]]
                assert rows.stream(drawn, place + 1) == rows.stream(drawn, place) == place
            else:
                assert rows.stream(drawn, place + 1) == place + 1
        pairs = pairs_in(torch.from_numpy(drawn), torch.from_numpy(mate))
        assert len(pairs) == sum(mate[drawn[place]] >= 0 for place in range(0, 6, 2))


def test_without_mates_an_epoch_is_what_it_was():
    plain = Order(np.arange(7), np.full(7, "a"), 0)
    alone = Order(np.arange(7), np.full(7, "a"), 0, np.full(7, -1))
    np.testing.assert_array_equal(plain.epoch(3), alone.epoch(3))
    assert [plain.stream(plain.epoch(0), place) for place in range(7)] == list(range(7))
