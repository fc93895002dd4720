"""The command that trains the network of crowds: from SPIN's weights, killed and resumed, its run as any other."""

import json

import pytest
import torch

from core.body.model import load_body
from core.networks.checkpoint import read_checkpoint, save_checkpoint
from core.networks.load import load_network
from core.networks.ochmr import OchmrNetwork
from core.networks.spin import SpinConfig, spin_checkpoint
from core.store.fits.dictionary import FitsDictionary
from tests.core.networks.making import random_network
from tests.train.methods.ochmr import making_crowds
from train import ochmr
from train.run.metrics_log import read_metrics

PAIRS = 4
QUICK = "--backbone resnet10 --batch 4 --workers 0 --picture-every 0 --log-every 1 --save-minutes 0 --pair-iou 0.05"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowd")
    making_crowds.write_crowds(folder, load_body(), PAIRS, locked=(0, 3))
    body = load_body().fingerprint
    save_checkpoint(folder / "spin.pt", spin_checkpoint(random_network(SpinConfig("resnet10", 3, body))))
    return folder


def train(folder, name, *more):
    told = ["--fits", str(folder / "curated.npz"), "--run", str(folder / name), *QUICK.split(), *more]
    return ochmr.main(told)


def test_a_run_goes_on_exactly_and_its_files_have_each_person_once(folder):
    start = ["--guess", str(folder / "spin.pt")]
    assert train(folder, "whole", *start, "--steps", "5") == 0
    assert train(folder, "parts", *start, "--steps", "2") == 0
    assert train(folder, "parts", "--resume", "--steps", "5") == 0
    whole, parts = ([line["loss"] for line in read_metrics(folder / name)] for name in ("whole", "parts"))
    assert len(whole) == 5
    assert parts == whole
    assert len(FitsDictionary.load(folder / "whole/fits.npz")) == 2 * PAIRS
    network = load_network(folder / "whole/checkpoint.pt")
    assert isinstance(network, OchmrNetwork)
    assert network.conorm["4"].shift.weight.abs().max() > 0
    assert json.loads((folder / "whole/config.json").read_text())["method"] == "ochmr"


def test_losses_between_people_are_off_unless_they_are_asked_for_and_then_count(folder):
    start = ["--guess", str(folder / "spin.pt"), "--steps", "3"]
    assert train(folder, "apart", *start) == 0
    assert train(folder, "between", *start, "--loss-penetration", "0.01", "--loss-order", "1") == 0
    assert "loss_penetration" not in read_metrics(folder / "apart")[-1]
    found = read_metrics(folder / "between")
    assert all(line["loss_penetration"] >= 0 for line in found), "bodies of random weights need not touch"
    assert sum(line["loss_order"] for line in found) > 0


def test_a_run_starts_at_what_spins_network_says(folder):
    assert train(folder, "start", "--guess", str(folder / "spin.pt"), "--steps", "0") == 0
    known = read_checkpoint(folder / "spin.pt").weights
    started = read_checkpoint(folder / "start/checkpoint.pt").weights
    assert all(torch.equal(started[name], value) for name, value in known.items())
    assert {name.split(".")[0] for name in started.keys() - known.keys()} == {"conorm"}


def test_a_checkpoint_with_other_blocks_is_no_start(folder, capsys):
    assert train(folder, "channels", "--block", "channels", "--steps", "1") == 0
    assert train(folder, "other", "--guess", str(folder / "channels"), "--steps", "1") == 1
    assert "missing: conorm" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["--pair-iou 1.5", "--trunks-left-out 1.1"])
def test_shares_that_are_none_are_refused(folder, wrong, capsys):
    assert train(folder, "wrong", *wrong.split()) == 1
    assert "is a share" in capsys.readouterr().err
