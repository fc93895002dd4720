"""Vector operations and a Cholesky solve, in loops that the compiler turns into vector instructions.

Rows are padded to WIDE numbers, so that a triangle's rows may begin at a multiple of LANES: the entries left of the
diagonal are then computed but never read. Loops over the length of a view that begins at an index are vectorised;
indices that might be negative are not.
"""

from __future__ import annotations

import numpy as np

from core.body.keypoint_body import UNKNOWNS
from core.compute.machine_code import Floats, compiled

LANES = 16
WIDE = -(-(UNKNOWNS + 1) // LANES) * LANES  # the unknowns and a right-hand side
RANK = 4  # rows subtracted at once: fewer loads and stores of the row that they are subtracted from


@compiled
def dot(one: Floats, other: Floats) -> np.float32:
    total = np.float32(0)
    for i in range(one.shape[0]):
        total += one[i] * other[i]
    return total


@compiled
def add_scaled(to: Floats, factor: np.float32, vector: Floats) -> None:
    """to += factor vector."""
    for i in range(to.shape[0]):
        to[i] += factor * vector[i]


@compiled
def add_three(
    to: Floats, a: np.float32, b: np.float32, c: np.float32, one: Floats, two: Floats, three: Floats
) -> None:
    """to += a one + b two + c three."""
    for i in range(to.shape[0]):
        to[i] += a * one[i] + b * two[i] + c * three[i]


@compiled
def fill(to: Floats, value: float) -> None:
    for i in range(to.shape[0]):
        to[i] = value


@compiled
def copy(to: Floats, vector: Floats) -> None:
    for i in range(to.shape[0]):
        to[i] = vector[i]


@compiled
def add_outer(upper: Floats, one: Floats, other: Floats) -> None:
    """Add one oneᵀ + other otherᵀ to a symmetric matrix's upper triangle, all WIDE; most of both rows is zero."""
    for i in range(UNKNOWNS):
        a, b = one[i], other[i]
        if a != 0 or b != 0:
            first = np.uint64(i) & np.uint64(~(LANES - 1))
            to, by_a, by_b = upper[i, first:], one[first:], other[first:]
            for j in range(to.shape[0]):
                to[j] += a * by_a[j] + b * by_b[j]


@compiled
def factorised(matrix: Floats) -> bool:
    """Cholesky: the upper triangle (86, WIDE) becomes U, with UᵀU = matrix; a column 86 becomes U⁻ᵀ times it.

    Returns False if the matrix is not positive definite.
    """
    for i in range(UNKNOWNS):
        first = np.uint64(i) & np.uint64(~(LANES - 1))
        row = matrix[i, first:]
        blocks = i // RANK
        for block in range(blocks):
            k = block * RANK
            a, b, c, d = matrix[k, i], matrix[k + 1, i], matrix[k + 2, i], matrix[k + 3, i]
            if a == 0 and b == 0 and c == 0 and d == 0:
                continue  # frozen unknowns
            one, two = matrix[k, first:], matrix[k + 1, first:]
            three, four = matrix[k + 2, first:], matrix[k + 3, first:]
            for j in range(row.shape[0]):
                row[j] -= a * one[j] + b * two[j] + c * three[j] + d * four[j]
        for k in range(blocks * RANK, i):
            add_scaled(row, -matrix[k, i], matrix[k, first:])
        pivot = matrix[i, i]
        if not pivot > 0:
            return False
        scale = np.float32(1) / np.sqrt(pivot)
        for j in range(row.shape[0]):
            row[j] *= scale
    return True


@compiled
def solve_upper(matrix: Floats, solution: Floats) -> None:
    """U x = column 86, for U as `factorised` leaves it; solution (86,) is written."""
    for back in range(UNKNOWNS):
        i = UNKNOWNS - 1 - back
        known = dot(matrix[i, i + 1 : UNKNOWNS], solution[i + 1 : UNKNOWNS])
        solution[i] = (matrix[i, UNKNOWNS] - known) / matrix[i, i]


@compiled
def take_rows(rows: Floats, upper: Floats) -> None:
    """Add the product JᵀJ of two rows to its upper triangle, then set the rows to zero."""
    add_outer(upper, rows[0], rows[1])
    fill(rows[0], 0.0)
    fill(rows[1], 0.0)
