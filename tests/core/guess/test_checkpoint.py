"""Checkpoints: the public ones load, ours come back exactly, and everything else is refused and leaves no trace."""

import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from core.errors import CheckpointError
from core.guess import checkpoint as checkpoint_file
from core.guess.checkpoint import Checkpoint, load_weights, read_checkpoint, save_checkpoint
from core.guess.spin_network import (
    SpinConfig,
    SpinNetwork,
    load_backbone,
    load_spin_network,
    mean_params,
    spin_checkpoint,
)
from tests.core.guess.making import SMALL, random_network, random_weights, spin_shapes

pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # of torch, about damaged files
REGRESSOR = ("fc1", "fc2", "dec", "init")


@pytest.fixture(scope="module")
def network() -> SpinNetwork:
    return random_network()


def refusal(path: Path) -> str:
    """What reading the file is answered with."""
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(".")
    assert "current network is kept" in message
    return message


def few_weights() -> dict[str, Tensor]:
    return {"fc1.weight": torch.arange(12.0).view(3, 4), "fc1.bias": torch.ones(3)}


def saved(path: Path, contents: object, zipped: bool = True) -> Path:
    torch.save(contents, path, _use_new_zipfile_serialization=zipped)
    return path


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
    with pytest.raises(CheckpointError, match="knows nothing of bodies"):
        load_spin_network(path)


def test_another_networks_weights_start_no_backbone(tmp_path):
    network = SpinNetwork(SMALL)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"missing: .*conv1\.weight.*extra: fc1\.weight, fc1\.bias"):
        load_backbone(network, saved(tmp_path / "other.pth", few_weights()))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


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


@pytest.mark.parametrize("suffix", [".zip.pt", ".old.pt", ".safetensors"])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_checkpoint_cut_short_is_refused(tmp_path, suffix, part):
    path = tmp_path / f"cut{suffix}"
    if suffix == ".safetensors":
        safetensors.torch.save_file(few_weights(), path)
    else:
        saved(path, {"model": few_weights()}, zipped="zip" in suffix)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    assert "cut short or damaged" in refusal(path) or "is no checkpoint" in refusal(path)


@pytest.mark.parametrize("suffix", [".zip.pt", ".old.pt", ".safetensors"])
def test_a_damaged_checkpoint_is_read_or_refused_and_nothing_else(tmp_path, suffix):
    whole, path = tmp_path / f"whole{suffix}", tmp_path / f"damaged{suffix}"
    save_checkpoint(whole, Checkpoint("spin", {"iterations": 3}, few_weights(), 1))
    if "old" in suffix:
        saved(whole, {"model": few_weights()}, zipped=False)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        data = bytearray(whole.read_bytes())
        for place in rng.integers(0, len(data), 4):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            read_checkpoint(path)
        except CheckpointError:
            refused += 1
    assert refused > 5


class _Trap:
    """Touches a file when it is unpickled without care."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("how", ["plain pickle", "zip", "old"])
@pytest.mark.parametrize("place", ["alone", "beside weights", "as a weight"])
def test_a_pickle_with_code_is_refused_and_leaves_no_trace(tmp_path, how, place):
    trap = _Trap(tmp_path / "trace")
    contents = {
        "alone": trap,
        "beside weights": {"model": few_weights(), "args": trap},
        "as a weight": {"model": {**few_weights(), "fc2.bias": trap}},
    }[place]
    path = tmp_path / "evil.pt"
    if how == "plain pickle":
        path.write_bytes(pickle.dumps(contents))
    else:
        saved(path, contents, zipped=how == "zip")
    assert "mkdir" in refusal(path) or how == "plain pickle"
    assert not trap.trace.exists()


def test_a_whole_network_object_is_refused_by_its_name(tmp_path):
    assert "torch.nn.modules.linear.Linear" in refusal(saved(tmp_path / "whole.pt", nn.Linear(2, 2)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_torchscript_program_is_refused_by_name(tmp_path):
    path = tmp_path / "program.pt"
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), path)
    assert "TorchScript program" in refusal(path)


def test_files_that_are_no_checkpoints_are_named(tmp_path):
    page = tmp_path / "page.pt"
    page.write_text("<html>Sign in to download</html>")
    folder = tmp_path / "folder.pt"
    folder.mkdir()
    other = tmp_path / "photos.pt"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("photo.txt", "no weights")
    assert "is no checkpoint" in refusal(page)
    assert "is no file" in refusal(folder)
    assert "is no file" in refusal(tmp_path / "gone.pt")
    assert "is no checkpoint" in refusal(other)
    assert "holds a list" in refusal(saved(tmp_path / "list.pt", [1, 2]))
    assert "no tensors: epoch" in refusal(saved(tmp_path / "numbers.pt", {"epoch": 3}))
    assert "has nothing" in refusal(saved(tmp_path / "empty.pt", {}))
    sparse = {"a": torch.eye(3).to_sparse()}
    assert "no tensors: a" in refusal(saved(tmp_path / "sparse.pt", sparse))


def test_a_file_that_is_too_large_or_unpacks_to_more_is_not_read(tmp_path, monkeypatch):
    path = saved(tmp_path / "large.pt", few_weights())
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(200_000))
    assert bomb.stat().st_size < 2000
    monkeypatch.setattr(checkpoint_file, "MAX_FILE_BYTES", 1000)
    assert "is larger than" in refusal(path)
    monkeypatch.setattr(checkpoint_file, "MAX_FILE_BYTES", 100_000)
    assert "is larger than" in refusal(bomb)


def own(**changes: object) -> dict[str, object]:
    contents: dict[str, object] = {"fitloop_checkpoint": 1, "network": "spin", "config": {}, "step": 0}
    return contents | {"model": few_weights(), "loop": {}} | changes


def test_our_own_checkpoints_of_another_kind_are_refused(tmp_path):
    assert "version 2" in refusal(saved(tmp_path / "newer.pt", own(fitloop_checkpoint=2)))
    assert "without its config, loop" in refusal(saved(tmp_path / "half.pt", own(config=None, loop=3)))
    for contents, words in (
        (own(network="lifter"), "kind 'lifter'"),
        (own(config={"backbone": "vit"}), "no backbone 'vit'"),
        (own(config={"depth": 50}), "cannot be built"),
        (own(config={"iterations": 10**9}), "1 to 16"),
    ):
        with pytest.raises(CheckpointError, match=words):
            load_spin_network(saved(tmp_path / "other.pt", contents))


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
