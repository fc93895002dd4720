"""Checks a baked body: errors of its joint regressor and shape space on held-out people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.body.smpl_file import BodyArrays
from core.body.tree import JOINT_NAMES
from core.errors import BodyFileError
from train.baking.random_people import Population, RandomPeople
from train.baking.tpose import to_tpose

HELD_OUT_SEED = 7_001  # differs from the small seeds of bakes
LIMIT_MM = 5.0  # mean error allowed at any joint
CHUNK = 100  # people in memory at once: 14 000 vertices each


@dataclass(frozen=True, eq=False)
class Findings:
    """Mean errors over held-out people: joint_mm (24,) of the regressed joints, shape_mm of the vertices of the
    nearest body in the shape space (ten betas and kid)."""

    joint_mm: NDArray[np.float64]
    shape_mm: float

    @property
    def failing(self) -> tuple[str, ...]:
        """Names of the joints whose mean error exceeds the limit or is nan."""
        return tuple(name for name, mm in zip(JOINT_NAMES, self.joint_mm, strict=True) if not mm <= LIMIT_MM)

    def report(self) -> str:
        lines = [f"{name:<16}{mm:6.2f} mm" for name, mm in zip(JOINT_NAMES, self.joint_mm, strict=True)]
        lines.append(f"{'all joints':<16}{self.joint_mm.mean():6.2f} mm (at most {LIMIT_MM:g} each)")
        return "\n".join([*lines, f"{'shape space':<16}{self.shape_mm:6.2f} mm mean over the vertices"])


def held_out(body: BodyArrays, population: Population, count: int) -> tuple[Findings, Findings]:
    """Findings of a body on `count` adults, and on a tenth as many children."""
    adults = (population.adults(min(CHUNK, count - done)) for done in range(0, count, CHUNK))
    return findings(body, adults), findings(body, [population.children(max(1, count // 10))])


def findings(body: BodyArrays, groups: Iterable[RandomPeople]) -> Findings:
    """Compare a body with people in anny's resting pose. Raises BodyFileError if the meshes differ."""
    joint_mm, shape_mm = [], []
    for people in groups:
        if people.vertices.shape[1] != len(body.v_template):
            wrong = (
                f"{body.name} has {len(body.v_template)} vertices, anny's bodies {people.vertices.shape[1]}"
            )
            raise BodyFileError(f"{wrong}. Only a file that train.body baked can be checked.")
        vertices, joints = to_tpose(people.vertices, people.joints, people.weights)
        regressed = np.einsum("jv,nvc->njc", body.J_regressor, vertices, optimize=True)
        joint_mm.append(1000 * np.linalg.norm(regressed - joints, axis=-1))
        shape_mm.append(1000 * _beside_the_shape_space(body, vertices))
    return Findings(np.concatenate(joint_mm).mean(axis=0), float(np.concatenate(shape_mm).mean()))


def _beside_the_shape_space(body: BodyArrays, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance (N, V) [m] of T-posed vertices (N, V, 3) [m] from the nearest body in the file's shape space."""
    directions = [body.shapedirs[..., :10]]
    if body.kid_direction is not None:
        directions.append(body.kid_direction[..., None])
    basis, _ = np.linalg.qr(
        np.concatenate(directions, axis=-1).reshape(vertices[0].size, -1).astype(np.float64)
    )
    beside = (vertices - body.v_template).reshape(len(vertices), -1)
    beside -= (beside @ basis) @ basis.T
    return np.linalg.norm(beside.reshape(vertices.shape), axis=-1)
