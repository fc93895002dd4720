"""Random poses and shapes, and toy bodies to put them on."""

import torch

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


def toy_body(kid: bool = False, dtype: torch.dtype = torch.float32, **options: int | bool) -> Body:
    """A body of toy_arrays(**options), with a child direction toward two thirds of its size if asked."""
    arrays = toy_arrays(**options)
    if kid:
        arrays["kid_direction"] = -0.35 * arrays["v_template"]
    return body_from_arrays(body_arrays(arrays, "toy", "toy"), dtype=dtype)
