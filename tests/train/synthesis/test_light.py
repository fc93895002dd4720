"""Light of panoramas: an even sky lights every side alike, the brightest spot is the sun, and bad files are refused."""

import cv2
import numpy as np
import pytest

from core.errors import FitloopError
from train.synthesis.light.panoramas import Panoramas, behind
from train.synthesis.light.skies import developed, plain_light
from train.synthesis.scene_cameras import Camera

SIDES = np.array([[1, 0, 0, 1], [-1, 0, 0, 1], [0, 1, 0, 1], [0, -1, 0, 1], [0, 0, 1, 1]], np.float32)
LEVEL = Camera(np.diag([1, -1, -1]).astype(np.float32), np.float32([0, 1.6, 0]), 64.0, (32.0, 32.0))


def written(folder, radiance):
    folder.mkdir(exist_ok=True)
    cv2.imwrite(str(folder / "one.hdr"), radiance.astype(np.float32)[..., ::-1])
    return Panoramas(folder)


def test_an_even_panorama_lights_every_side_alike_and_has_no_sun(tmp_path):
    even = written(tmp_path / "even", np.full((32, 64, 3), 0.7)).draw(np.random.default_rng(0))
    for part in even.light.sky:
        np.testing.assert_allclose([n @ part @ n for n in SIDES], 0.7, rtol=0.02)
    assert even.light.sun_color.max() < 1e-3


def test_the_brightest_spot_is_the_sun_and_lights_what_faces_it(tmp_path):
    radiance = np.full((64, 128, 3), 0.2)
    radiance[15:17, 30:32] = 800
    made = written(tmp_path / "sun", radiance).draw(np.random.default_rng(1))
    assert made.light.sun_color.min() > 0.3
    assert made.light.sun[1] == pytest.approx(np.sin(np.pi / 4), abs=0.1)
    seen = behind(made, LEVEL, (64, 64), made.light.exposure, 8.0)
    assert seen.shape == (64, 64, 3)
    assert np.isfinite(seen).all()


def test_the_panorama_is_where_the_camera_looks(tmp_path):
    """The sky is above the horizon, the ground below, and both are developed as a lit surface is."""
    radiance = np.concatenate([np.full((32, 128, 3), 0.9), np.full((32, 128, 3), 0.1)])
    made = written(tmp_path / "halves", radiance).draw(np.random.default_rng(2))
    seen = behind(made, LEVEL, (64, 64), 1.0, 8.0)
    np.testing.assert_allclose(seen[:28], developed(np.float32(0.9), 1.0), rtol=0.02)
    np.testing.assert_allclose(seen[36:], developed(np.float32(0.1), 1.0), rtol=0.02)


def test_the_light_of_the_world_turns_with_the_camera():
    light = plain_light(np.random.default_rng(3))
    turn = cv2.Rodrigues(np.float64([0.4, 1.1, -0.3]))[0].astype(np.float32)
    uniforms = light.uniforms(turn, 1.0)
    normal = np.float32([0.6, 0.64, 0.48])
    seen = np.append(turn @ normal, 1)
    assert seen @ uniforms["u_red"] @ seen == pytest.approx(
        np.append(normal, 1) @ light.sky[0] @ np.append(normal, 1), abs=1e-4
    )
    np.testing.assert_allclose(uniforms["u_light"], turn @ light.sun, atol=1e-5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no panorama", "is no Radiance panorama"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 10000 +X 20000\n", "has 20000 x 10000 px"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 64 +X 32\n", "wider than high"),
    ],
)
def test_a_file_that_is_no_panorama_is_told_in_words(tmp_path, content, words):
    (tmp_path / "one.hdr").write_bytes(content)
    with pytest.raises(FitloopError, match=words):
        Panoramas(tmp_path)


def test_a_panorama_cut_short_and_an_empty_folder_are_told_in_words(tmp_path):
    (tmp_path / "one.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 32 +X 64\nabc")
    with pytest.raises(FitloopError, match=r"one\.hdr"):
        Panoramas(tmp_path).draw(np.random.default_rng(0))
    (tmp_path / "one.hdr").unlink()
    with pytest.raises(FitloopError, match="holds no panoramas"):
        Panoramas(tmp_path)
    with pytest.raises(FitloopError, match="nowhere: is no folder"):
        Panoramas(tmp_path / "nowhere")
