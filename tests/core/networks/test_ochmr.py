"""OCHMR's network: SPIN's to the last bit before it has learned, then another body for another person's centre."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.body import load_body
from core.errors import CheckpointError
from core.networks.checkpoint import Checkpoint, save_checkpoint
from core.networks.guess import centres_for, guess
from core.networks.load import load_network
from core.networks.ochmr import (
    NEAREST,
    OchmrConfig,
    OchmrNetwork,
    centre_maps,
    load_ochmr_network,
    shown_centres,
    told_apart,
)
from core.networks.spin import SpinConfig, load_spin_network, spin_checkpoint
from core.records import Photo
from tests.core.networks.making import noise, person, random_network, random_weights

SMALL = SpinConfig("resnet10")


def crops(count: int) -> torch.Tensor:
    return torch.randn(count, 3, 224, 224, generator=torch.Generator().manual_seed(1))


def taught(block: str = "conorm", maps: str = "both") -> OchmrNetwork:
    """A network whose blocks do something."""
    network = told_apart(random_network(SMALL), block, maps)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.startswith(("conorm", "maps_conv")):
                value += 0.1 * torch.randn(value.shape, generator=torch.Generator().manual_seed(len(name)))
    return network.eval()


def centres_at(*points: tuple[float, float]) -> torch.Tensor:
    own, *others = np.array(points, np.float32)
    return torch.from_numpy(shown_centres(own, np.array(others, np.float32).reshape(-1, 2)))[None]


@pytest.mark.parametrize("backbone", ["resnet10", pytest.param("resnet18", marks=pytest.mark.slow)])
@pytest.mark.parametrize("block", ["conorm", "conorm1", "channels"])
def test_blocks_of_zeros_leave_every_number_of_spins_answer_as_it_is(backbone, block):
    spin = random_network(SpinConfig(backbone)).to(memory_format=torch.channels_last)
    ours = told_apart(spin, block)
    pictures = crops(3)
    where = torch.cat(
        [centres_at((112, 112)), centres_at((30, 90), (112, 80)), centres_at((-50, 500), (9, 9))]
    )
    with torch.no_grad():
        for mine, theirs in zip(ours(pictures, where), spin(pictures), strict=True):
            assert torch.equal(mine, theirs)


def test_a_network_that_was_started_from_spins_file_guesses_as_spin_does(tmp_path):
    save_checkpoint(tmp_path / "spin.pt", spin_checkpoint(random_network(SMALL)))
    spin, ours = load_network(tmp_path / "spin.pt"), load_ochmr_network(tmp_path / "spin.pt")
    people = (person(1), person(2, (350, 250)))
    photo, body = Photo("a.jpg", 640, 480, people), load_body()
    for mine, theirs in zip(
        guess(noise(), people, photo, ours, body), guess(noise(), people, photo, spin, body), strict=True
    ):
        for name in ("pose", "betas", "cam_t"):
            assert np.array_equal(getattr(mine, name), getattr(theirs, name))
        assert (mine.network, theirs.network) == ("ochmr", "spin")


def test_a_checkpoint_comes_back_with_its_blocks(tmp_path):
    network = taught("conorm1", "local")
    save_checkpoint(tmp_path / "own.pt", spin_checkpoint(network))
    for loaded in (load_network(tmp_path / "own.pt"), load_ochmr_network(tmp_path / "own.pt")):
        assert loaded.config == network.config
        state = network.state_dict()
        assert all(torch.equal(value, state[name]) for name, value in loaded.state_dict().items())


def test_the_same_crop_shows_another_person_where_another_centre_is_meant():
    network, pictures = taught(), crops(1)
    with torch.no_grad():
        left, right, again = (
            network(pictures, where).rotations
            for where in (
                centres_at((60, 100), (160, 100)),
                centres_at((160, 100), (60, 100)),
                centres_at((60, 100), (160, 100)),
            )
        )
    assert torch.equal(left, again)
    assert (left - right).abs().max() > 1e-3


@pytest.mark.parametrize(("maps", "matters"), [("both", True), ("local", False), ("none", False)])
def test_others_matter_by_the_global_map_alone(maps, matters):
    network, pictures = taught(maps=maps), crops(1)
    with torch.no_grad():
        alone = network(pictures, centres_at((112, 112))).rotations
        beside = network(pictures, centres_at((112, 112), (40, 112))).rotations
    assert torch.equal(alone, beside) != matters


def test_maps_equal_a_plain_reading_of_their_formula():
    points = [(50.0, 70.0), (130.0, 71.0), (-6.0, 220.0)]
    (maps,) = centre_maps(centres_at(*points))
    assert maps.shape == (2, 56, 56)
    for u, v in ((12, 17), (32, 17), (0, 54), (20, 30)):
        x, y = 4 * u + 2, 4 * v + 2
        bells = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * 10**2)) for a, b in points]
        assert maps[0, v, u] == pytest.approx(bells[0], abs=1e-6)
        assert maps[1, v, u] == pytest.approx(max(bells), abs=1e-6)


def test_of_three_hundred_people_the_eight_nearest_are_shown():
    draw = np.random.default_rng(0)
    own, others = np.array([100.0, 100.0]), draw.uniform(-4000, 4000, (299, 2))
    shown = shown_centres(own, others)
    assert shown.shape == (NEAREST, 2)
    np.testing.assert_array_equal(shown[0], own.astype(np.float32))
    away = np.linalg.norm(others - own, axis=1)
    np.testing.assert_allclose(np.linalg.norm(shown[1:] - own, axis=1), np.sort(away)[:7], rtol=1e-4)


def test_a_photo_of_three_hundred_people_is_guessed():
    people = tuple(person(number, (40 + 2 * number, 240), 120) for number in range(1, 301))
    photo = Photo("a.jpg", 640, 480, people)
    found = guess(noise(), people[:3], photo, taught(), load_body())
    assert len(found) == 3
    assert all(np.isfinite(one.pose).all() for one in found)
    assert centres_for(taught(), [(people[0], photo)]).isfinite().all()


def test_two_people_of_one_centre_and_people_without_a_keypoint_are_guessed():
    twins = (person(1, seen=False), person(2, seen=False))
    photo = Photo("a.jpg", 640, 480, twins)
    first, second = guess(noise(), twins, photo, taught(), load_body())
    np.testing.assert_allclose(first.pose, second.pose, atol=1e-4)
    centres = centres_for(taught(), [(twins[0], photo)])
    torch.testing.assert_close(centres[0, 0], centres[0, 1])


def test_one_person_of_a_photo_is_shown_everybody_but_those_rejected():
    people = (person(1), person(2, (420, 240)), person(3, (200, 240)).with_(verdict="rejected"))
    photo, network, body = Photo("a.jpg", 640, 480, people), taught(), load_body()
    (alone,) = guess(noise(), people[:1], photo, network, body)
    together = guess(noise(), people, photo, network, body)
    np.testing.assert_allclose(alone.pose, together[0].pose, atol=1e-5)
    left_out = photo.with_(people=people[:2])
    np.testing.assert_array_equal(guess(noise(), people[:1], left_out, network, body)[0].pose, alone.pose)
    only = photo.with_(people=people[:1])
    assert np.abs(guess(noise(), people[:1], only, network, body)[0].pose - alone.pose).max() > 1e-4


def test_files_of_the_other_kind_are_refused_in_words(tmp_path):
    save_checkpoint(tmp_path / "ochmr.pt", spin_checkpoint(taught()))
    with pytest.raises(CheckpointError, match=r"kind 'ochmr', not 'spin'\. Its blocks need .* train\.ochmr"):
        load_spin_network(tmp_path / "ochmr.pt")
    save_checkpoint(tmp_path / "other.pt", Checkpoint("lifter", {}, {"a": torch.zeros(1)}))
    with pytest.raises(CheckpointError, match=r"kind 'lifter'\. Choose one of kind 'ochmr' or 'spin'"):
        load_ochmr_network(tmp_path / "other.pt")
    bare = Checkpoint("ochmr", {}, random_weights({"conv1.weight": (1, 1)}))
    save_checkpoint(tmp_path / "bare.pt", bare)
    with pytest.raises(CheckpointError, match="has no config"):
        load_network(tmp_path / "bare.pt")
    half = replace(spin_checkpoint(random_network(SMALL)), network="ochmr")
    save_checkpoint(tmp_path / "half.pt", half)
    with pytest.raises(CheckpointError, match=r"missing: conorm\.1"):
        load_network(tmp_path / "half.pt")


@pytest.mark.parametrize("wrong", [{"block": "attention"}, {"maps": "none of them"}])
def test_a_config_that_cannot_be_built_is_refused(wrong):
    with pytest.raises(CheckpointError, match="choose one of"):
        OchmrConfig(**wrong)
