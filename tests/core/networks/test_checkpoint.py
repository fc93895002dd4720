"""Checkpoints: the public ones load, ours come back exactly, and another network's are told apart."""

import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from core.errors import CheckpointError
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint, save_checkpoint
from core.networks.spin import (
    SpinConfig,
    SpinNetwork,
    load_backbone,
    load_spin_network,
    mean_params,
    spin_checkpoint,
)
from tests.core.networks.making import SMALL, few_weights, random_network, random_weights, saved, spin_shapes

REGRESSOR = ("fc1", "fc2", "dec", "init")


@pytest.fixture(scope="module")
def network() -> SpinNetwork:
    return random_network()


@pytest.mark.slow
@pytest.mark.parametrize("zipped", [True, False], ids=["today's torch", "torch of 2019"])
def test_spins_public_checkpoint_loads(tmp_path, zipped):
    weights = OrderedDict(random_weights(spin_shapes()))
    optimiser = {"state": {0: {"step": 5, "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 5e-5}]}
    contents = {"model": weights, "optimizer": optimiser, "epoch": 3, "total_step_count": 1234}
    contents["dataset_perm"] = [2, 0, 1]
    contents["best"] = np.float64(51.9)  # numbers of numpy beside the weights do no harm
    contents["order"] = np.arange(4)
    path = saved(tmp_path / "model_checkpoint.pt", contents, zipped)
    network = load_spin_network(path)
    assert not network.training
    assert network.config == SpinConfig()
    for name, value in network.state_dict().items():
        assert torch.equal(value, weights[name]), name
    assert read_checkpoint(path).step == 1234


def test_weights_that_several_gpus_trained_load(tmp_path, network):
    weights = {f"module.{name}": value for name, value in network.state_dict().items()}
    loaded = load_spin_network(saved(tmp_path / "parallel.pt", {"state_dict": weights}))
    assert torch.equal(loaded.fc2.weight, network.fc2.weight)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_imagenet_weights_of_torchvision_start_the_backbone(tmp_path, suffix):
    weights = {
        name: value
        for name, value in random_weights(spin_shapes(), seed=5).items()
        if not name.startswith(REGRESSOR)
        and "num_batches_tracked" not in name  # older files have no counters
    }
    weights |= {"fc.weight": torch.randn(1000, 2048), "fc.bias": torch.zeros(1000)}
    path = tmp_path / f"resnet50{suffix}"
    safetensors.torch.save_file(weights, path) if suffix == ".safetensors" else torch.save(weights, path)
    network = SpinNetwork()
    before = network.fc1.weight.clone()
    load_backbone(network, path)
    state = network.state_dict()
    assert all(torch.equal(state[name], value) for name, value in weights.items() if name in state)
    assert torch.equal(network.fc1.weight, before)
    with pytest.raises(CheckpointError, match="without the layers of a body"):
        load_spin_network(path)


def test_another_networks_weights_start_no_backbone(tmp_path):
    network = SpinNetwork(SMALL)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"missing: .*conv1\.weight.*extra: fc1\.weight, fc1\.bias"):
        load_backbone(network, saved(tmp_path / "other.pth", few_weights()))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.slow
def test_our_own_checkpoint_comes_back_with_everything_a_training_needs(tmp_path):
    torch.manual_seed(1)
    config = SpinConfig("resnet18", iterations=2, body="a body's fingerprint")
    network = SpinNetwork(config, mean_params(torch.randn(69)))
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-5)
    network(torch.randn(2, 3, 64, 64)).betas.square().sum().backward()
    optimiser.step()
    loop = {
        "optimizer": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "epoch": 4,
        "order": [3, 1, 2],
    }
    save_checkpoint(tmp_path / "checkpoint.pt", spin_checkpoint(network, 77, loop))

    again = read_checkpoint(tmp_path / "checkpoint.pt")
    assert (again.network, again.step, again.loop["epoch"], again.loop["order"]) == ("spin", 77, 4, [3, 1, 2])
    assert torch.equal(again.loop["random"], torch.get_rng_state())
    loaded = load_spin_network(tmp_path / "checkpoint.pt")
    assert loaded.config == config
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in loaded.state_dict().items())
    fresh = torch.optim.Adam(loaded.parameters())
    fresh.load_state_dict(again.loop["optimizer"])
    moments = optimiser.state_dict()["state"]
    assert all(torch.equal(fresh.state_dict()["state"][i]["exp_avg"], moments[i]["exp_avg"]) for i in moments)


def test_safetensors_hold_a_network_without_its_training(tmp_path, network):
    path = tmp_path / "published.safetensors"
    save_checkpoint(path, spin_checkpoint(network, step=9))
    assert load_spin_network(path).config == network.config
    assert read_checkpoint(path).step == 9
    with pytest.raises(CheckpointError, match="no loop state"):
        save_checkpoint(path, spin_checkpoint(network, 9, {"epoch": 1}))


def test_weights_of_another_network_are_listed_and_none_is_taken(tmp_path, network):
    weights = dict(network.state_dict())
    weights["fc1.weight"] = torch.zeros(1024, 2200)
    del weights["deccam.bias"], weights["bn1.bias"]
    weights["head.smpl.faces"] = torch.zeros(3)
    weights["fc2.bias"] = torch.full((1024,), torch.nan)
    with pytest.raises(CheckpointError) as error:
        load_spin_network(saved(tmp_path / "pymaf.pt", {"model": weights}))
    for words in (
        "2 missing: bn1.bias, deccam.bias",
        "1 extra: head.smpl.faces",
        "1 of another shape: fc1.weight (1024, 2200) in place of (1024, 669)",
        "1 not finite: fc2.bias",
        "the current one is kept",
    ):
        assert words in str(error.value)

    current = SpinNetwork(SMALL)
    before = {name: value.clone() for name, value in current.state_dict().items()}
    with pytest.raises(CheckpointError):
        load_weights(current, weights, "pymaf.pt")
    assert all(torch.equal(value, before[name]) for name, value in current.state_dict().items())


def test_a_long_list_of_differences_is_cut(tmp_path):
    with pytest.raises(CheckpointError, match=r"276 missing: .*conv1\.weight.* and \d+ more") as error:
        load_spin_network(saved(tmp_path / "other.pt", few_weights()))
    assert len(str(error.value)) < 800


def test_a_save_that_fails_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, Checkpoint("spin", {}, few_weights(), 1))

    def full(handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(path, Checkpoint("spin", {}, few_weights(), 2))
    assert read_checkpoint(path).step == 1
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


@pytest.mark.parametrize("value", [np.float64(1), np.zeros(3), {1, 2}, Path("x"), nn.Linear(1, 1)])
def test_loop_state_that_could_not_be_read_again_is_not_written(tmp_path, value):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(CheckpointError, match=r"loop\.sampler\[0\] is a .*Make it a tensor or a plain value"):
        save_checkpoint(path, Checkpoint("spin", {}, few_weights(), 1, {"sampler": [value]}))
    assert not path.exists()
