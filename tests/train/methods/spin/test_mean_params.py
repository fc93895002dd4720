"""The image network starts at a body that someone could have."""

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.errors import CheckpointError
from core.fitting.prior import PRIOR_FILE, load_prior
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d
from core.networks.spin import SpinConfig, SpinNetwork
from tests.benchmarks.shared.people import smpl_sized
from train.methods.spin.config import SpinOptions
from train.methods.spin.initial_weights import start_from
from train.methods.spin.mean_params import mean_body


def test_without_a_file_the_network_starts_at_the_priors_likeliest_pose():
    mean = mean_body()
    prior = load_prior(PRIOR_FILE).mean_pose.float().view(23, 3)
    expected = matrix_to_rotation6d(axis_angle_to_matrix(prior)).flatten()
    torch.testing.assert_close(mean.pose[6:], expected)
    assert mean.pose.shape == (144,)
    assert not mean.betas.any()


def test_spins_own_mean_body_is_taken_when_it_is_given(tmp_path):
    np.savez(tmp_path / "mean.npz", pose=np.arange(144.0), shape=np.ones(10), cam=np.ones(3))
    np.testing.assert_array_equal(mean_body(tmp_path / "mean.npz").pose, np.arange(144.0))
    with pytest.raises(CheckpointError, match="gone"):
        mean_body(tmp_path / "gone.npz")


def test_betas_of_smpls_mean_body_start_no_other_bodys(tmp_path):
    path = tmp_path / "mean.npz"
    np.savez(path, pose=np.arange(144.0), shape=np.ones(10), cam=np.ones(3))
    for body, start in ((load_body(), 0.0), (smpl_sized(load_body()), 1.0)):
        network = SpinNetwork(SpinConfig("resnet18"))
        told = start_from(network, SpinOptions(mean_params=path), body)
        assert (network.init_shape == start).all()
        assert (network.init_cam == 1).all()
        assert len(told) == (start == 0)
