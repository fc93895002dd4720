"""Rotations against scipy, their own axioms and autograd; zero and pi are in every sample."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import cos, mp, mpf, sin
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.autograd.functional import jacobian

from core.geometry.rotation import (
    axis_angle_to_matrix,
    axis_angle_to_matrix_and_left_jacobian,
    compose_axis_angle,
    geodesic_angle,
    left_jacobian,
    matrix_to_axis_angle,
    matrix_to_rotation6d,
    rotation6d_to_matrix,
    rotation_ahead,
    rotation_between,
)

# Where formulas switch or end: zero, the series' border at 0.25, pi, a whole turn.
ANGLES = (
    0.0,
    1e-300,
    1e-12,
    1e-8,
    1e-7,
    1e-6,
    1e-4,
    1e-2,
    0.249999999,
    0.25,
    0.250000001,
    0.5,
    1.0,
    2.0,
    3.0,
)
ANGLES += (math.pi - 1e-4, math.pi - 1e-8, math.pi, math.pi + 1e-8, 4.0, 2 * math.pi - 1e-6, 2 * math.pi, 9.0)
TOLERANCE = {torch.float64: 1e-12, torch.float32: 3e-6}
DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32])

component = st.floats(-7, 7, allow_subnormal=False)
vectors = st.tuples(component, component, component).map(lambda v: torch.tensor(v, dtype=torch.float64))


def sample(dtype: torch.dtype = torch.float64) -> Tensor:
    """Axis-angles (N, 3): every angle about random axes and about the coordinate axes."""
    generator = torch.Generator().manual_seed(0)
    axes = torch.randn(9, 3, generator=generator, dtype=torch.float64)
    axes = torch.cat([axes / axes.norm(dim=-1, keepdim=True), torch.eye(3).double(), -torch.eye(3).double()])
    angles = torch.tensor(ANGLES, dtype=torch.float64)
    return (angles[:, None, None] * axes).reshape(-1, 3).to(dtype)


def identity_like(matrix: Tensor) -> Tensor:
    return torch.eye(3, dtype=matrix.dtype).expand_as(matrix)


@DTYPES
def test_matrices_agree_with_scipy(dtype):
    axis_angle = sample(dtype)
    expected = torch.tensor(Rotation.from_rotvec(axis_angle.double().numpy()).as_matrix(), dtype=dtype)
    torch.testing.assert_close(axis_angle_to_matrix(axis_angle), expected, atol=TOLERANCE[dtype], rtol=0)


@DTYPES
def test_matrices_are_rotations(dtype):
    matrix = axis_angle_to_matrix(sample(dtype))
    torch.testing.assert_close(matrix @ matrix.mT, identity_like(matrix), atol=TOLERANCE[dtype], rtol=0)
    torch.testing.assert_close(
        torch.linalg.det(matrix), torch.ones(len(matrix), dtype=dtype), atol=TOLERANCE[dtype], rtol=0
    )


@DTYPES
def test_a_matrix_survives_the_way_through_axis_angle_and_6d(dtype):
    matrix = axis_angle_to_matrix(sample(dtype))
    back = axis_angle_to_matrix(matrix_to_axis_angle(matrix))
    torch.testing.assert_close(back, matrix, atol=TOLERANCE[dtype], rtol=0)
    back = rotation6d_to_matrix(matrix_to_rotation6d(matrix))
    torch.testing.assert_close(back, matrix, atol=TOLERANCE[dtype], rtol=0)


def test_axis_angles_below_pi_survive_the_way_through_matrices():
    axis_angle = sample()
    axis_angle = axis_angle[axis_angle.norm(dim=-1) < math.pi - 1e-9]
    back = matrix_to_axis_angle(axis_angle_to_matrix(axis_angle))
    torch.testing.assert_close(back, axis_angle, atol=1e-10, rtol=0)


@given(vectors, vectors, vectors)
@settings(max_examples=100, deadline=None)
def test_rotations_form_a_group(a, b, c):
    zero = torch.zeros(3, dtype=torch.float64)

    def same(x: Tensor, y: Tensor) -> bool:
        return bool(geodesic_angle(axis_angle_to_matrix(x), axis_angle_to_matrix(y)) < 1e-9)

    assert same(
        compose_axis_angle(compose_axis_angle(a, b), c), compose_axis_angle(a, compose_axis_angle(b, c))
    )
    assert same(compose_axis_angle(a, zero), a)
    assert same(compose_axis_angle(zero, a), a)
    assert same(compose_axis_angle(a, -a), zero)


def test_composing_applies_the_second_rotation_first():
    quarter_x = torch.tensor([math.pi / 2, 0.0, 0.0])
    quarter_y = torch.tensor([0.0, math.pi / 2, 0.0])
    turned = axis_angle_to_matrix(compose_axis_angle(quarter_x, quarter_y)) @ torch.tensor([0.0, 0.0, 1.0])
    torch.testing.assert_close(turned, torch.tensor([1.0, 0.0, 0.0]))


def test_6d_is_the_first_two_columns_row_by_row_as_spin_has_it():
    matrix = torch.arange(9.0).reshape(3, 3)
    assert matrix_to_rotation6d(matrix).tolist() == [0, 1, 3, 4, 6, 7]


def test_6d_of_any_two_columns_gives_a_rotation_with_the_first_ones_direction():
    columns = torch.randn(50, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix = rotation6d_to_matrix(columns)
    torch.testing.assert_close(matrix @ matrix.mT, identity_like(matrix))
    first = columns[:, [0, 2, 4]]
    torch.testing.assert_close(matrix[..., 0], first / first.norm(dim=-1, keepdim=True))


@pytest.mark.slow
def test_the_left_jacobian_agrees_with_autograd_of_the_matrix():
    for axis_angle in sample():
        matrix = axis_angle_to_matrix(axis_angle)
        derivative = jacobian(axis_angle_to_matrix, axis_angle)
        spin = torch.einsum("ijk,lj->ilk", derivative, matrix)  # d R Rᵀ, the skew matrix of what J gives
        expected = torch.stack([spin[2, 1], spin[0, 2], spin[1, 0]])
        torch.testing.assert_close(left_jacobian(axis_angle), expected, atol=1e-9, rtol=0)


@DTYPES
def test_the_left_jacobian_is_accurate_on_both_sides_of_its_series(dtype):
    mp.dps = 50
    for angle in ANGLES[1:]:
        exact = mpf(torch.tensor(angle, dtype=dtype).item())
        if exact == 0:
            continue
        jacobian_ = left_jacobian(torch.tensor([angle, 0.0, 0.0], dtype=dtype))
        expected = [1.0, float(sin(exact) / exact), float((1 - cos(exact)) / exact)]
        found = [jacobian_[0, 0].item(), jacobian_[1, 1].item(), jacobian_[2, 1].item()]
        assert found == pytest.approx(expected, abs=TOLERANCE[dtype] / 10)


@DTYPES
def test_matrix_and_jacobian_together_equal_each_alone(dtype):
    axis_angle = sample(dtype).reshape(-1, 3, 3)
    matrix, left = axis_angle_to_matrix_and_left_jacobian(axis_angle)
    assert torch.equal(matrix, axis_angle_to_matrix(axis_angle))
    assert torch.equal(left, left_jacobian(axis_angle))


@DTYPES
def test_values_and_gradients_are_finite_at_zero_at_pi_and_between(dtype):
    identity = torch.eye(3, dtype=dtype)
    for function in (
        axis_angle_to_matrix,
        left_jacobian,
        lambda a: matrix_to_axis_angle(axis_angle_to_matrix(a)),
        lambda a: rotation6d_to_matrix(matrix_to_rotation6d(axis_angle_to_matrix(a))),
        lambda a: geodesic_angle(axis_angle_to_matrix(a), identity),
        lambda a: geodesic_angle(axis_angle_to_matrix(a), axis_angle_to_matrix(a)),
        lambda a: compose_axis_angle(a, -a),
    ):
        axis_angle = sample(dtype).requires_grad_()
        value = function(axis_angle)
        (gradient,) = torch.autograd.grad(value.sum(), axis_angle)
        assert value.isfinite().all()
        assert gradient.isfinite().all()


def test_huge_and_half_zero_axis_angles_stay_finite():
    for dtype in TOLERANCE:
        axis_angle = torch.tensor([[1e15, 0, 0], [0, 0, -1e4], [0, 0, 0]], dtype=dtype).requires_grad_()
        matrix, left = axis_angle_to_matrix_and_left_jacobian(axis_angle)
        (gradient,) = torch.autograd.grad(matrix[1:].sum() + left[1:].sum(), axis_angle)
        assert matrix.isfinite().all()
        assert left.isfinite().all()
        assert gradient.isfinite().all()


def test_gradients_agree_with_finite_differences_also_at_zero():
    for axis_angle in (torch.zeros(3), torch.tensor([0.1, -0.2, 0.05]), torch.tensor([1.0, 2.0, -0.5])):
        point = axis_angle.double().requires_grad_()
        assert torch.autograd.gradcheck(axis_angle_to_matrix, point)
        assert torch.autograd.gradcheck(left_jacobian, point)
        assert torch.autograd.gradcheck(lambda a: matrix_to_axis_angle(axis_angle_to_matrix(a)), point)


def test_constants_made_under_inference_mode_serve_autograd_later():
    dtype = torch.bfloat16  # no other test has made its constants yet
    with torch.inference_mode():
        axis_angle_to_matrix(torch.ones(3, dtype=dtype))
    axis_angle = torch.ones(3, dtype=dtype, requires_grad=True)
    axis_angle_to_matrix(axis_angle).sum().backward()
    assert axis_angle.grad is not None


@DTYPES
def test_the_geodesic_angle_is_exact_from_zero_to_pi(dtype):
    start = axis_angle_to_matrix(torch.tensor([0.3, -0.8, 0.5], dtype=dtype))
    for angle in (0.0, 1e-5, 0.5, math.pi / 2, 3.0, math.pi - 1e-5, math.pi):
        end = start @ axis_angle_to_matrix(torch.tensor([0.0, angle * 0.6, angle * 0.8], dtype=dtype))
        assert geodesic_angle(start, end).item() == pytest.approx(angle, abs=TOLERANCE[dtype])


@DTYPES
def test_the_rotation_between_directions_is_the_shortest_also_when_they_are_opposite(dtype):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(200, 3, generator=generator, dtype=dtype)
    end = torch.randn(200, 3, generator=generator, dtype=dtype)
    end[:20], end[20:40] = start[:20], -2 * start[20:40]
    for row, nearly in enumerate(torch.logspace(-1, -12, 60)):
        end[40 + row] = -start[40 + row] + nearly * end[40 + row]
    start[100:103], end[100:103] = torch.eye(3, dtype=dtype), -torch.eye(3, dtype=dtype)
    matrix = rotation_between(start, end)
    unit_start, unit_end = (v / v.norm(dim=-1, keepdim=True) for v in (start, end))
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close((matrix @ unit_start[..., None])[..., 0], unit_end, atol=tolerance, rtol=0)
    torch.testing.assert_close(matrix @ matrix.mT, identity_like(matrix), atol=tolerance, rtol=0)
    between = torch.atan2(
        torch.linalg.cross(unit_start, unit_end).norm(dim=-1), (unit_start * unit_end).sum(-1)
    )
    angle = geodesic_angle(matrix, identity_like(matrix))
    torch.testing.assert_close(angle, between, atol=10 * tolerance, rtol=0)


@DTYPES
def test_the_rotation_ahead_is_the_one_between_a_direction_and_the_axis(dtype):
    direction = torch.cat([torch.randn(50, 2, dtype=dtype), torch.ones(50, 1, dtype=dtype)], dim=1)
    direction[0] = torch.tensor([0.0, 0.0, 3.0])
    ahead = torch.tensor([0.0, 0.0, 1.0], dtype=dtype)
    torch.testing.assert_close(rotation_ahead(direction), rotation_between(direction, ahead))


@DTYPES
def test_the_rotation_between_directions_that_rounding_tells_apart_is_none(dtype):
    start = torch.randn(500, 3, generator=torch.Generator().manual_seed(1), dtype=dtype)
    for length in (0.389, 1.0, 7.1):
        matrix = rotation_between(length * start, start)
        torch.testing.assert_close(matrix, identity_like(matrix), atol=TOLERANCE[dtype], rtol=0)


@DTYPES
def test_the_rotation_between_equal_or_opposite_directions_has_finite_gradients(dtype):
    for sign in (1, -1):
        direction = sample(dtype)[-50:].requires_grad_()
        value = rotation_between(direction, sign * direction)
        (gradient,) = torch.autograd.grad((value * torch.randn(3, 3, dtype=dtype)).sum(), direction)
        assert value.isfinite().all()
        assert gradient.isfinite().all()


def test_one_direction_can_be_given_for_a_whole_batch():
    assert rotation_between(torch.randn(4, 5, 3), torch.tensor([0.0, 0.0, 1.0])).shape == (4, 5, 3, 3)
