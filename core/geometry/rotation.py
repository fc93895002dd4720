"""Rotations: axis-angle, matrices and the 6D form, batched, differentiable, finite at zero and at pi.

roma's functions are used where they are safe for all inputs. Added here: the left Jacobian, an exponential whose
derivative is exact through zero (roma's is first order below 1e-6), and an angle whose gradient is finite at
pi. All angles are radians; every leading dimension is a batch; dtype and device follow the inputs.
"""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import roma
import torch
from torch import Tensor

from core.compute.per_device import held

# Squared angle [rad²]; there the error of six terms is 1e-17, of the closed form 2e-15.
_SERIES_BELOW = 0.0625
_SERIES = [[(-1) ** k / factorial(2 * k + n) for n in (1, 2, 3)] for k in range(6)]
_SKEW = [[0, 0, 0, 0, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 0, -1, 0, 0], [0, -1, 0, 1, 0, 0, 0, 0, 0]]
_GRAM_SCHMIDT_EPSILON = 1e-8  # least length of a column that still gives a direction


def axis_angle_to_matrix(axis_angle: Tensor) -> Tensor:
    """Rodrigues' formula. axis_angle (..., 3) [rad]. Returns (..., 3, 3)."""
    (sine, cosine, _), skew, outer, squared = _rodrigues_terms(axis_angle)
    return _combine(1 - cosine * squared, sine, cosine, skew, outer)


def left_jacobian(axis_angle: Tensor) -> Tensor:
    """Left Jacobian of SO(3) at axis_angle (..., 3) [rad]. Returns J (..., 3, 3).

    exp(a + d) = exp(J d) exp(a) to first order in d, J = I + (1 - cos t)/t² [a]x + (t - sin t)/t³ [a]x²
    (Solà, Deray and Atchuthan, "A micro Lie theory", eq. 145).
    """
    (_, cosine, cubic), skew, outer, squared = _rodrigues_terms(axis_angle)
    return _combine(1 - cubic * squared, cosine, cubic, skew, outer)


def axis_angle_to_matrix_and_left_jacobian(axis_angle: Tensor) -> tuple[Tensor, Tensor]:
    """The matrix and the left Jacobian in one pass, for little more than the cost of one.

    axis_angle (..., 3) [rad]. Returns two (..., 3, 3).
    """
    (sine, cosine, cubic), skew, outer, squared = _rodrigues_terms(axis_angle)
    matrix = _combine(1 - cosine * squared, sine, cosine, skew, outer)
    return matrix, _combine(1 - cubic * squared, cosine, cubic, skew, outer)


def matrix_to_axis_angle(matrix: Tensor) -> Tensor:
    """The logarithm of rotations. matrix (..., 3, 3). Returns (..., 3) [rad] of length 0..pi; at pi one of two axes.

    The quaternion q is found first: 4 q qᵀ is linear in the matrix, and its row with the largest diagonal entry is a
    multiple of q (Shepperd, "Quaternion from rotation matrix", 1978). roma finds that row with `nonzero`, which waits
    for the GPU, and needs 100 operations more.
    """
    weights, constant = _constants(matrix.dtype, matrix.device).outer
    outer = torch.addmm(constant, matrix.reshape(-1, 9), weights).view(-1, 4, 4)
    largest = outer.diagonal(dim1=1, dim2=2).argmax(dim=1)
    row = outer[torch.arange(len(outer), device=outer.device), largest]
    return roma.unitquat_to_rotvec(_unit(row)).view(*matrix.shape[:-2], 3)


def matrix_to_rotation6d(matrix: Tensor) -> Tensor:
    """The first two columns of rotations, flattened row by row as in SPIN. matrix (..., 3, 3). Returns (..., 6)."""
    return matrix[..., :2].flatten(-2)


def rotation6d_to_matrix(rotation6d: Tensor) -> Tensor:
    """Gram-Schmidt on two columns (Zhou et al., CVPR 2019). rotation6d (..., 6). Returns (..., 3, 3).

    Columns that are zero or parallel give finite values, but no rotation.
    """
    return roma.special_gramschmidt(rotation6d.unflatten(-1, (3, 2)), epsilon=_GRAM_SCHMIDT_EPSILON)


def geodesic_angle(first: Tensor, second: Tensor) -> Tensor:
    """Angle between rotations (..., 3, 3). Returns (...) [rad] in 0..pi, accurate at both ends."""
    relative = first.transpose(-1, -2) @ second
    twice_sine = torch.stack(
        [relative[..., i, j] - relative[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0))], -1
    )
    twice_cosine = relative.diagonal(dim1=-2, dim2=-1).sum(-1) - 1
    return torch.atan2(torch.linalg.vector_norm(twice_sine, dim=-1), twice_cosine)


def compose_axis_angle(first: Tensor, second: Tensor) -> Tensor:
    """Axis-angle of R(first) R(second): second is applied before first. All (..., 3) [rad]."""
    return matrix_to_axis_angle(axis_angle_to_matrix(first) @ axis_angle_to_matrix(second))


def rotation_between(start: Tensor, end: Tensor) -> Tensor:
    """The shortest rotation that takes one direction to another. start, end (..., 3), of any length. Returns
    (..., 3, 3).

    It is composed of two half turns: about `start`, which leaves `start` in place, then about the middle of both,
    which takes `start` to `end`. For opposite directions the middle is any direction at right angles.
    """
    start, end = torch.broadcast_tensors(_unit(start), _unit(end))
    across, middle = _unit(start - end), start + end
    # Rounding leaves a part of the middle along `across`, which matters for nearly opposite directions, so it is
    # removed there. For nearly equal directions `across` itself is rounding and must not be removed.
    apart = (start * end).sum(-1, keepdim=True) < 0
    middle = torch.where(apart, middle - (middle * across).sum(-1, keepdim=True) * across, middle)
    opposite = torch.linalg.vector_norm(middle, dim=-1, keepdim=True) < 8 * torch.finfo(start.dtype).eps
    middle = _unit(torch.where(opposite, _perpendicular(start), middle))
    return _half_turn(middle) @ _half_turn(start)


def rotation_ahead(direction: Tensor) -> Tensor:
    """The shortest rotation of directions (..., 3) with z > 0 onto the z axis. Returns (..., 3, 3).

    A case of `rotation_between` in fewer operations. It is composed of two half turns: about the middle of both,
    which takes the direction to the axis, and about the axis, which leaves it there.
    """
    identity = _constants(direction.dtype, direction.device).identity
    middle = _unit(_unit(direction) + identity[2])
    half_turn = 2 * middle[..., :, None] * middle[..., None, :] - identity
    return half_turn * (2 * identity[2] - 1)[:, None]


def _rodrigues_terms(axis_angle: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor, Tensor]:
    """The terms that exponential and Jacobian share, in few large operations.

    axis_angle (..., 3) [rad], its length t. Returns (sin t/t, (1 - cos t)/t², (t - sin t)/t³), each (..., 1, 1);
    the skew matrix (..., 3, 3), the outer product (..., 3, 3) and t² (..., 1, 1).
    """
    squared = (axis_angle * axis_angle).sum(-1, keepdim=True)
    small = squared < _SERIES_BELOW
    constants = _constants(axis_angle.dtype, axis_angle.device)
    near, series = torch.where(small, squared, 0), constants.series[-1]
    for coefficient in constants.series[-2::-1]:
        series = torch.addcmul(coefficient, near, series)
    far = torch.where(small, 1, squared)
    angle = far.sqrt()
    sine, half_sine = angle.sin(), (angle / 2).sin()
    closed = torch.cat([sine / angle, 2 * half_sine * half_sine / far, (angle - sine) / (angle * far)], -1)
    terms = torch.where(small, series, closed)[..., None, None].unbind(-3)
    skew = (axis_angle @ constants.skew).unflatten(-1, (3, 3))
    outer = axis_angle[..., :, None] * axis_angle[..., None, :]
    return (terms[0], terms[1], terms[2]), skew, outer, squared[..., None]


def _combine(
    diagonal: Tensor, skew_factor: Tensor, outer_factor: Tensor, skew: Tensor, outer: Tensor
) -> Tensor:
    """diagonal I + skew_factor skew + outer_factor outer; factors (..., 1, 1), matrices (..., 3, 3)."""
    identity = _constants(skew.dtype, skew.device).identity
    return torch.addcmul(torch.addcmul(diagonal * identity, skew_factor, skew), outer_factor, outer)


class _Constants(NamedTuple):
    series: tuple[Tensor, ...]
    skew: Tensor
    identity: Tensor
    outer: tuple[Tensor, Tensor]


@held
def _constants(dtype: torch.dtype, device: torch.device) -> _Constants:
    """Constants, made once per dtype and device: copying them to a GPU at each call would slow hot loops."""
    with torch.inference_mode(False):
        series = torch.tensor(_SERIES, dtype=dtype, device=device)
        skew = torch.tensor(_SKEW, dtype=dtype, device=device)
        identity = torch.eye(3, dtype=dtype, device=device)
        outer = (torch.tensor(part, dtype=dtype, device=device) for part in _quaternion_products())
        return _Constants(series.unbind(), skew, identity, (next(outer), next(outer)))


def _quaternion_products() -> tuple[list[list[float]], list[float]]:
    """weights (9, 16) and constant (16,) of the linear map from a rotation matrix to 4 q qᵀ, q = (x, y, z, w)."""
    weights, constant = [[0.0] * 16 for _ in range(9)], [0.0] * 16
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        for row in range(4):
            constant[5 * row] = 1.0
            weights[4 * i][5 * row] = 1.0 if row in (i, 3) else -1.0
        for one, other in ((i, j), (j, i)):
            weights[3 * i + j][4 * one + other] = weights[3 * j + i][4 * one + other] = 1.0
        for place in (4 * i + 3, 12 + i):
            weights[3 * k + j][place], weights[3 * j + k][place] = 1.0, -1.0
    return weights, constant


def _unit(vector: Tensor) -> Tensor:
    """vector (..., 3) scaled to length one; zero stays zero."""
    length = torch.linalg.vector_norm(vector, dim=-1, keepdim=True)
    return vector / length.clamp_min(torch.finfo(vector.dtype).tiny)


def _perpendicular(direction: Tensor) -> Tensor:
    """A unit vector at right angles to each unit direction (..., 3)."""
    least = torch.nn.functional.one_hot(direction.abs().argmin(-1), 3).to(direction.dtype)
    return _unit(torch.linalg.cross(direction, least, dim=-1))


def _half_turn(axis: Tensor) -> Tensor:
    """The rotation by pi about each unit axis (..., 3): 2 a aᵀ - I. Returns (..., 3, 3)."""
    return 2 * axis[..., :, None] * axis[..., None, :] - torch.eye(3, dtype=axis.dtype, device=axis.device)
