"""Photos as they come: one pixel, grey, 16 bits, print colours, alpha, turned by Exif."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.body import Body, load_body
from core.errors import ImageError
from core.geometry.image import read_image
from core.networks.guess import guess
from core.networks.spin import SpinNetwork
from core.records import Photo
from tests.core.geometry.test_image import CMYK_JPEG, exif_block, save
from tests.core.networks.making import assert_same, noise, person, random_network


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()


@pytest.fixture(scope="module")
def network() -> SpinNetwork:
    return random_network()


def written(folder: Path, kind: str) -> Path:
    """Photos as they come: the kinds of core/geometry/image.py."""
    grey = noise(60, 80)[..., 0]
    if kind == "cmyk":
        path = folder / "print.jpg"
        path.write_bytes(CMYK_JPEG)
        return path
    images = {
        "one pixel": noise(1, 1),
        "grey": grey,
        "16 bit": grey.astype(np.uint16) * 257,
        "rgba": np.dstack([noise(60, 80), grey]),
        "exif": noise(60, 80),
    }
    if kind == "exif":
        return save(folder / "turned.jpg", images[kind], exif_block(6, "<"))
    return save(folder / "photo.png", images[kind])


@pytest.mark.parametrize("kind", ["one pixel", "grey", "16 bit", "cmyk", "rgba", "exif"])
def test_photos_of_every_kind_are_guessed(tmp_path, body, network, kind):
    image = read_image(written(tmp_path, kind))
    height, width = image.shape[:2]
    photo = Photo(kind, width, height)
    someone = person(center=(width / 2, height / 2), side=float(max(width, height)))
    answer = guess(image, [someone], photo, network, body)[0]
    assert np.isfinite(answer.pose).all()
    assert np.isfinite(answer.cam_t).all()
    assert answer.cam_t[2] > 0


def test_a_photo_turned_by_exif_gives_the_guess_of_the_upright_one(tmp_path, body, network):
    lying = cv2.GaussianBlur(noise(60, 80), (0, 0), 5)
    turned = read_image(save(tmp_path / "turned.jpg", lying, exif_block(6, "<")))
    plain = read_image(save(tmp_path / "plain.jpg", lying))
    upright = np.ascontiguousarray(np.rot90(plain, -1))
    photo, someone = Photo("turned.jpg", 60, 80), person(center=(30, 40), side=80.0)
    answers = [guess(image, [someone], photo, network, body)[0] for image in (turned, upright)]
    assert_same(*answers)
    with pytest.raises(ImageError, match="60 × 80 px in the project"):
        guess(plain, [someone], photo, network, body)
