"""A body file of SMPL's size, made of the open body, with a child's template beside it."""

from pathlib import Path

import numpy as np

from core.body.model import SMPL_VERTICES, Body, load_body
from core.body.tree import PARENTS
from tests.benchmarks.shared.people import smpl_sized
from tests.bodies import write_npz


def smpl_like(folder: Path) -> Body:
    """The body of folder/SMPL_NEUTRAL.npz, written there."""
    arrays = smpl_sized(load_body()).arrays
    file = {
        "v_template": arrays.v_template,
        "shapedirs": arrays.shapedirs,
        "J_regressor": arrays.J_regressor,
        "weights": arrays.weights,
        "f": arrays.faces[(arrays.faces < SMPL_VERTICES).all(axis=1)],
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(24)], np.uint32),
    }
    np.save(folder / "smpl_kid_template.npy", arrays.kid_direction + arrays.v_template)
    return load_body(write_npz(folder / "SMPL_NEUTRAL.npz", file))
