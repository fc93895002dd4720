"""Random poses and shapes, and toy bodies to put them on."""

import numpy as np
import torch

from core.body.keypoints import definitions
from core.body.model import Body, BodyParams, body_from_arrays
from core.body.smpl_file import body_arrays
from tests.bodies import toy_arrays


def random_params(count: int, seed: int = 0, kid: bool = False) -> BodyParams:
    """Poses of any orientation, shapes of two standard deviations, some metres before the camera."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    pose = torch.cat([1.5 * normal(count, 3), 0.6 * normal(count, 69)], dim=1)
    cam_t = normal(count, 3) + torch.tensor([0.0, 0.0, 4.0])
    children = torch.rand(count, generator=generator) if kid else None
    return BodyParams.from_pose(pose, 2 * normal(count, 10), cam_t, children)


def toy_body(
    kid: bool = False, surface: bool = False, dtype: torch.dtype = torch.float32, **options: int | bool
) -> Body:
    """A body of toy_arrays(**options).

    kid: with a child direction toward two thirds of its size; surface: with keypoints from its vertices, where a toy
    else takes them all from joints, and then neither skinning nor pose blend shapes would move them.
    """
    arrays = toy_arrays(**options)
    if kid:
        arrays["kid_direction"] = -0.35 * arrays["v_template"]
    if surface:
        arrays |= surface_keypoints(len(arrays["v_template"]))
    return body_from_arrays(body_arrays(arrays, "toy", "toy"), dtype=dtype)


def surface_keypoints(vertices: int, each: int = 4) -> dict[str, np.ndarray]:
    """Every definition as a mean of a few random vertices and one random joint, as the open body's file has them."""
    rng = np.random.default_rng(0)
    names = list(definitions())
    cols = [np.append(rng.choice(vertices, each, replace=False), vertices + rng.integers(24)) for _ in names]
    return {
        "surface_names": np.array(names),
        "surface_rows": np.repeat(np.arange(len(names)), each + 1),
        "surface_cols": np.concatenate(cols),
        "surface_values": rng.dirichlet(np.ones(each + 1), len(names)).ravel(),
    }
