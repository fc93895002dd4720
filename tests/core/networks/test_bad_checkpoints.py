"""Checkpoints that are damaged, hostile, too large or something else are refused, and leave no trace."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from core.errors import CheckpointError
from core.networks import checkpoint as checkpoint_file
from core.networks.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from core.networks.spin import load_spin_network
from tests.core.networks.making import few_weights, saved

pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # of torch, about damaged files


def refusal(path: Path) -> str:
    """What reading the file is answered with."""
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(".")
    assert "current network is kept" in message
    return message


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
    assert "is a folder, not a file" in refusal(folder)
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
    assert "more than" in refusal(path)
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
