"""The table of networks: one file and one row make a kind that opens and guesses like the others."""

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body import load_body
from core.compute.late import Late
from core.errors import CheckpointError
from core.networks.checkpoint import Checkpoint, save_checkpoint
from core.networks.guess import guess, predicted
from core.networks.lifter.lift import load_lifter, network_entry
from core.networks.load import load_keypoints_network, load_network, place_of
from core.networks.spin import SpinNetwork, load_spin_network, spin_checkpoint
from core.networks.table import KINDS, LIFTER_FOLDER, NetworkKind, kind_of
from core.records import Photo
from tests.core.networks import toy_network
from tests.core.networks.making import noise, person, random_network

ROOT = Path(__file__).parents[3]
ROWS = (toy_network.ROW, toy_network.CROWD_ROW, toy_network.LIFTER_ROW)


@pytest.fixture
def _toys(monkeypatch):
    for row in ROWS:
        monkeypatch.setitem(KINDS, row.kind, row)


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_and_function_that_a_row_names_is_there(kind):
    row = KINDS[kind]
    assert row.kind == kind
    for field in fields(NetworkKind):
        value = getattr(row, field.name)
        assert not isinstance(value, Late) or callable(value.found())


@pytest.mark.slow
def test_the_table_is_at_hand_without_torch():
    code = "import sys, core.networks.table; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_file_that_names_no_kind_is_read_as_spins(tmp_path):
    network = random_network()
    torch.save({"model": network.state_dict()}, tmp_path / "public.pt")
    save_checkpoint(tmp_path / "own.pt", spin_checkpoint(network))
    for name in ("public.pt", "own.pt"):
        loaded = load_network(tmp_path / name)
        assert isinstance(loaded, SpinNetwork)
        assert not loaded.training
        state = network.state_dict()
        assert all(torch.equal(value, state[key]) for key, value in loaded.state_dict().items())


def test_the_lifter_opens_by_name_from_its_folder_and_from_a_checkpoint(tmp_path):
    lifter = load_lifter(exact=True)
    entry = network_entry(lifter.config)
    save_checkpoint(tmp_path / "run.pt", Checkpoint("lifter", entry, lifter.state_dict()))
    assert place_of("lifter") == LIFTER_FOLDER
    for where in (place_of("lifter"), LIFTER_FOLDER, tmp_path / "run.pt"):
        loaded = load_network(where)
        assert kind_of(loaded) is KINDS["lifter"]
        assert loaded.config == lifter.config
    state = lifter.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize(
    "wrong",
    [{"width": 10**9}, {"blocks": 0}, {"definitions": [1]}, {"definitions": ["left_no"]}, {"depth": 1}],
)
def test_a_lifter_that_cannot_be_built_is_refused_in_words(tmp_path, wrong):
    entry = {"definitions": ["nose", "left_hip", "right_hip"]} | wrong
    save_checkpoint(tmp_path / "odd.pt", Checkpoint("lifter", entry, {"a": torch.zeros(1)}))
    with pytest.raises(CheckpointError, match=r"odd\.pt: its config .* cannot be built"):
        load_network(tmp_path / "odd.pt")


def test_a_kind_that_nobody_knows_is_refused_with_those_that_are(tmp_path):
    save_checkpoint(tmp_path / "new.pt", Checkpoint("newest", {}, {"a": torch.zeros(1)}))
    with pytest.raises(
        CheckpointError, match="of kind 'newest', and the kinds that are known are spin, lifter"
    ):
        load_network(tmp_path / "new.pt")
    with pytest.raises(CheckpointError, match="of kind 'newest', not 'spin'"):
        load_spin_network(tmp_path / "new.pt")


@pytest.mark.usefixtures("_toys")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.shown)
def test_one_file_and_one_row_make_a_kind_that_opens_and_guesses(tmp_path, row):
    network = load_network(toy_network.write(tmp_path / "toy.pt", row))
    assert network.config.scale == 0.7
    people = (person(1), person(2, (300, 200)), person(3, (100, 300)))
    photo = Photo("a.jpg", 640, 480, people)
    image = None if row.shown == "keypoints" else noise()
    found = guess(image, people[:2], photo, network, load_body())
    assert [one.network for one in found] == [row.kind] * 2
    assert [len(one.alternatives) for one in found] == [1 if row.shown == "keypoints" else 0] * 2
    for one, answer in zip(people, found, strict=False):
        x, y = photo.camera[0] * answer.cam_t[:2] / answer.cam_t[2] + np.array([320, 240])
        assert abs(x - one.bbox.center[0]) < 60
        assert abs(y - one.bbox.center[1]) < 120


@pytest.mark.usefixtures("_toys")
def test_a_network_that_is_shown_everybodys_centres_gets_them_in_the_crop(tmp_path, monkeypatch):
    shown = []

    def forward(network, images, centres):
        shown.append(centres)
        return network(images, centres)

    monkeypatch.setitem(KINDS, "toy-crowd", replace(toy_network.CROWD_ROW, forward=forward))
    network = load_network(toy_network.write(tmp_path / "toy.pt", toy_network.CROWD_ROW))
    people = (person(1, side=200.0, seen=False), person(2, (420, 240), side=100.0, seen=False))
    guess(noise(), people[1:], Photo("a.jpg", 640, 480, people), network, load_body())
    ((centres,),) = shown
    # Without keypoints: the middle across, 0.35 of the tight box's height down; its side is 1 / 1.2 of the square's.
    up = 0.15 / 1.2
    expected = [[112.0, 112 - up * 224], [-112.0, 112 - up * 448]]
    torch.testing.assert_close(centres[:2], torch.tensor(expected), rtol=0, atol=0.1)
    assert centres[2:].isnan().all()
    with pytest.raises(CheckpointError, match="needs everybody's trunk centres"):
        predicted(network, torch.zeros(1, 3, 224, 224))


@pytest.mark.usefixtures("_toys")
def test_a_network_of_photos_is_refused_where_only_keypoints_are(tmp_path):
    path = toy_network.write(tmp_path / "toy.pt", toy_network.ROW)
    with pytest.raises(CheckpointError, match=r"toy\.pt: is a network of kind 'toy', which sees photos"):
        load_keypoints_network(path)
    assert kind_of(load_keypoints_network(LIFTER_FOLDER)) is KINDS["lifter"]
    with pytest.raises(CheckpointError, match="needs keypoints, and here are crops alone"):
        predicted(load_keypoints_network(LIFTER_FOLDER), torch.zeros(1, 3, 224, 224))
