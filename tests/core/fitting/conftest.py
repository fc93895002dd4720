"""The body that ships, and poses that people take."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from core.body.model import Body, load_body
from tests.core.fitting.making import Scene, before_camera, prior_poses
from train.data.mocap import read_poses


@pytest.fixture(scope="session")
def body() -> Body:
    return load_body()


@pytest.fixture(scope="session")
def poses(request: pytest.FixtureRequest) -> Tensor:
    """200 body poses (200, 69): captured ones that the prior never saw, or its own where those are not at hand."""
    try:
        folder: Path = request.getfixturevalue("shared_data")
    except pytest.skip.Exception:
        return prior_poses(200)
    captured = read_poses(folder / "mocap_poses.npz", "test").sample(200, np.random.default_rng(0))
    return torch.from_numpy(captured[:, 3:])


@pytest.fixture(scope="session")
def people(body: Body, poses: Tensor) -> Scene:
    """Two hundred captured poses, of any shape, heading and place."""
    return Scene.of(body, before_camera(poses))


@pytest.fixture(scope="session")
def few(people: Scene) -> Scene:
    return replace(people, truth=people.truth[:3], keypoints=people.keypoints[:3])
