"""A network sees a person as its kind was taught to."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from core.body import load_body
from core.geometry.camera import CROP_SIZE
from core.geometry.image import crop_affine, warp
from core.networks import table
from core.networks.crop import crop_of
from core.networks.guess import guess
from core.records import BBox, Photo
from tests.core.networks.making import noise, person, random_network

WIDTH, HEIGHT = 640, 480


def dim_photo() -> np.ndarray:
    """Values of 30 to 80, as in a room at night."""
    return (30 + cv2.resize(noise(), (WIDTH, HEIGHT)).astype(float) * 50 / 255).astype(np.uint8)


@pytest.fixture(scope="module")
def network():
    return random_network()


def plain_kind(monkeypatch: pytest.MonkeyPatch, network: torch.nn.Module) -> None:
    row = table.kind_of(network)
    monkeypatch.setitem(table.KINDS, row.kind, dataclasses.replace(row, stretched=False))


def test_spins_network_sees_a_dim_photo_in_full_contrast(network, monkeypatch):
    box = BBox(np.array([300.0, 220.0]), 0.9)
    seen = crop_of(network, dim_photo(), box)
    plain_kind(monkeypatch, network)
    plain = crop_of(network, dim_photo(), box)
    assert np.array_equal(plain, warp(dim_photo(), crop_affine(box, CROP_SIZE), CROP_SIZE))
    assert plain.max() <= 80
    assert (seen.min(), seen.max()) >= (0, 200)
    assert np.abs(seen.astype(int) - plain).mean() > 50


def test_a_photo_of_full_contrast_is_seen_as_it_is(network, monkeypatch):
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    box = BBox(np.array([300.0, 220.0]), 0.9)
    seen = crop_of(network, image, box)
    plain_kind(monkeypatch, network)
    assert np.array_equal(seen, crop_of(network, image, box))


def test_a_guess_does_not_depend_on_how_dim_the_photo_is(network):
    bright = np.random.default_rng(1).integers(0, 251, (12, 16, 3)).astype(np.uint8) // 5 * 5
    bright[0, 0], bright[0, 1] = 0, 250
    bright = cv2.resize(bright, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    photo, someone = Photo("a.jpg", WIDTH, HEIGHT), person(1)
    someone = someone.with_(bbox=BBox(np.array([320.0, 240.0]), 3.4))
    told = [
        guess(image, [someone], photo, network, load_body(), exact=True)[0] for image in (bright, bright // 5)
    ]
    assert np.abs(told[0].pose - told[1].pose).max() < 0.02
