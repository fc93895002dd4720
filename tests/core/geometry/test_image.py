"""Photos are read as they should be seen, and crops are exact, smooth and can be undone."""

import base64
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.errors import ImageError
from core.geometry.camera import keypoints_to_crop
from core.geometry.image import (
    apply_affine,
    contrast_table,
    crop_affine,
    image_size,
    invert_affine,
    normalise,
    read_image,
    warp,
)
from core.geometry.rotation import axis_angle_to_matrix
from core.records import BBox

# 8 × 8 px of pure red, as a CMYK JPEG with Adobe's inverted inks.
CMYK_JPEG = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAoHB4jHhkoIyEjLSsoMDxkQTw3Nzx7WF1JZJGAmZaPgIyKoLTmw6Cq2q2KjMj/y9ru9f//"
    "/5vB////+v/m/f/4/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EABQAAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAAAAAA"
    "AAAA/9oADgRDAE0AWQBLAAA/AGQoUy//2Q=="
)
RED, GREEN, BLUE, GREY = (220, 30, 20), (20, 200, 40), (10, 60, 230), (128, 128, 128)


def four_colours(height: int = 40, width: int = 64) -> np.ndarray:
    """Red and green above, blue and grey below: every orientation looks different."""
    image = np.empty((height, width, 3), dtype=np.uint8)
    image[: height // 2, : width // 2], image[: height // 2, width // 2 :] = RED, GREEN
    image[height // 2 :, : width // 2], image[height // 2 :, width // 2 :] = BLUE, GREY
    return image


def corner_colours(image: np.ndarray) -> list[tuple[int, int, int]]:
    """The nearest of the four colours in each corner: upper left, upper right, lower left, lower right."""
    colours = np.array([RED, GREEN, BLUE, GREY])
    corners = (image[4, 4], image[4, -5], image[-5, 4], image[-5, -5])
    nearest = [abs(colours - corner).sum(axis=1).argmin() for corner in corners]
    return [tuple(colours[one].tolist()) for one in nearest]


def save(path: Path, image: np.ndarray, exif: bytes = b"") -> Path:
    """Write RGB, grey or RGBA through OpenCV; exif goes where the format wants it."""
    order = {2: image, 3: image[..., ::-1]}.get(image.ndim if image.ndim == 2 else image.shape[2])
    if order is None:
        order = image[..., [2, 1, 0, 3]]
    encoded = cv2.imencode(path.suffix, np.ascontiguousarray(order))[1].tobytes()
    if exif and path.suffix == ".jpg":
        body = b"Exif\0\0" + exif
        encoded = encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + encoded[2:]
    path.write_bytes(encoded)
    return path


def exif_block(orientation: int, order: str) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    entries = struct.pack(order + "HHHIHxx", 2, 0x0100, 3, 1, 64) + struct.pack(
        order + "HHIHxx", 0x0112, 3, 1, orientation
    )
    return mark + struct.pack(order + "HI", 42, 8) + entries + bytes(4)


def smooth_image(height: int, width: int) -> np.ndarray:
    """Its red is the x, its green the y of each pixel's centre, over the size, times 255."""
    x = (np.arange(width) + 0.5) / width * 255
    y = (np.arange(height) + 0.5) / height * 255
    red, green = np.meshgrid(x, y)
    return np.stack([red, green, np.full_like(red, 99)], -1).astype(np.float32)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("orientation", "corners"),
    [
        (1, (RED, GREEN, BLUE, GREY)),
        (2, (GREEN, RED, GREY, BLUE)),
        (3, (GREY, BLUE, GREEN, RED)),
        (4, (BLUE, GREY, RED, GREEN)),
        (5, (RED, BLUE, GREEN, GREY)),
        (6, (BLUE, RED, GREY, GREEN)),
        (7, (GREY, GREEN, BLUE, RED)),
        (8, (GREEN, GREY, RED, BLUE)),
    ],
)
def test_a_photo_is_turned_as_its_exif_says_and_its_size_with_it(tmp_path, orientation, corners, order):
    path = save(tmp_path / "photo.jpg", four_colours(), exif_block(orientation, order))
    image = read_image(path)
    assert corner_colours(image) == list(corners)
    assert image_size(path) == (image.shape[1], image.shape[0])


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".tif", ".jpg"])
def test_every_usual_format_gives_rgb_and_its_size(tmp_path, suffix):
    path = save(tmp_path / f"photo{suffix}", four_colours())
    image = read_image(path)
    assert (image.shape, image.dtype) == ((40, 64, 3), np.uint8)
    assert corner_colours(image) == [RED, GREEN, BLUE, GREY]
    assert image_size(path) == (64, 40)


def test_grey_becomes_rgb(tmp_path):
    path = save(tmp_path / "grey.png", np.full((5, 7), 77, dtype=np.uint8))
    assert (read_image(path) == np.full((5, 7, 3), 77)).all()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_become_eight(tmp_path, suffix):
    image = four_colours().astype(np.uint16) * 257
    np.testing.assert_array_equal(read_image(save(tmp_path / f"deep{suffix}", image)), four_colours())


def test_alpha_is_dropped(tmp_path):
    image = np.dstack([four_colours(), np.full((40, 64), 200, dtype=np.uint8)])
    np.testing.assert_array_equal(read_image(save(tmp_path / "cut_out.png", image)), four_colours())


def test_a_cmyk_jpeg_has_its_own_colours(tmp_path):
    path = tmp_path / "print.jpg"
    path.write_bytes(CMYK_JPEG)
    assert abs(read_image(path).astype(int) - (255, 0, 0)).max() < 12
    assert image_size(path) == (8, 8)


def test_a_name_that_is_not_ascii_is_read(tmp_path):
    assert read_image(save(tmp_path / "père 写真.png", four_colours())).shape == (40, 64, 3)


def test_a_file_that_is_not_there_is_named_with_what_to_do(tmp_path):
    for function in (read_image, image_size):
        with pytest.raises(ImageError, match=r"gone\.jpg: cannot be read .*Put the photo back"):
            function(tmp_path / "gone.jpg")
        with pytest.raises(ImageError, match="cannot be read"):
            function(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\x00\x00",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
    ],
)
def test_a_file_that_is_no_picture_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    for function in (read_image, image_size):
        with pytest.raises(ImageError, match=r"broken\.jpg.*JPEG or PNG"):
            function(path)


def test_no_cut_of_a_photo_gives_anything_but_a_picture_or_an_image_error(tmp_path):
    whole = save(tmp_path / "whole.jpg", four_colours(), exif_block(6, ">")).read_bytes()
    path = tmp_path / "cut.jpg"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        for function in (read_image, image_size):
            try:
                function(path)
            except ImageError as error:
                assert "cut.jpg" in str(error)  # noqa: PT017


def test_a_photo_that_is_too_large_is_refused_before_it_is_decoded(tmp_path):
    header = struct.pack(">I4sIIBBBBB", 13, b"IHDR", 60_000, 60_000, 8, 2, 0, 0, 0) + bytes(4)
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I4s", 10, b"IDAT") + bytes(14))
    assert image_size(bomb) == (60_000, 60_000)
    with pytest.raises(ImageError, match=r"bomb\.png: 60000 × 60000 px .*smaller"):
        read_image(bomb)


def test_the_limit_of_pixels_may_be_lower(tmp_path):
    path = save(tmp_path / "photo.bmp", four_colours())
    with pytest.raises(ImageError, match="64 × 40"):
        read_image(path, max_pixels=64 * 40 - 1)
    assert read_image(path, max_pixels=64 * 40).shape == (40, 64, 3)


def test_real_photos_have_the_size_they_decode_to(shared_data):
    for path in sorted((shared_data / "photos" / "images").iterdir()):
        image = read_image(path)
        assert image_size(path) == (image.shape[1], image.shape[0]), path.name


def test_a_crop_without_rotation_is_what_keypoints_to_crop_says():
    bbox = BBox(np.array([250.25, 100.5]), 1.37)
    xy = np.random.default_rng(0).uniform(-100, 700, (20, 2))
    expected = keypoints_to_crop(xy, bbox.center.astype(float), bbox.side, 224)
    np.testing.assert_allclose(apply_affine(crop_affine(bbox, 224), xy), expected, atol=1e-9)


@pytest.mark.parametrize("rotation_deg", [0.0, 30.0, -170.0])
@pytest.mark.parametrize("flipped", [False, True])
def test_every_crop_can_be_undone(rotation_deg, flipped):
    affine = crop_affine(BBox(np.array([1250.25, 700.5]), 3.7), 224, rotation_deg, flipped)
    xy = np.random.default_rng(0).uniform(-1000, 5000, (20, 2))
    back = apply_affine(invert_affine(affine), apply_affine(affine, xy))
    np.testing.assert_allclose(back, xy, atol=1e-8)
    assert affine.dtype == np.float64


def test_a_rotated_crop_turns_as_the_body_in_it_does():
    """SPIN turns the global orientation by R_z(-rotation): the same turn must move the pixels."""
    bbox, rotation_deg = BBox(np.array([100.0, 100.0]), 1.12), 30.0
    turn = axis_angle_to_matrix(torch.tensor([0.0, 0.0, -np.deg2rad(rotation_deg)])).numpy()
    point = np.array([20.0, -50.0])
    found = apply_affine(crop_affine(bbox, 224, rotation_deg), bbox.center + point)
    np.testing.assert_allclose(found - 112, turn[:2, :2] @ point, atol=1e-5)


def test_a_flipped_crop_mirrors_the_unflipped_one_also_when_rotated():
    bbox, xy = BBox(np.array([100.0, 100.0]), 1.0), np.array([[20.0, 70.0], [130.0, 95.0]])
    plain = apply_affine(crop_affine(bbox, 224, 20.0), xy)
    flipped = apply_affine(crop_affine(bbox, 224, 20.0, flipped=True), xy)
    np.testing.assert_allclose(flipped, np.array([224, 0]) + plain * np.array([-1, 1]))
    image = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    images = [warp(image, crop_affine(bbox, 200, 0, flag), 200).astype(int) for flag in (False, True)]
    assert abs(images[0][:, ::-1] - images[1]).max() <= 1


def test_a_crop_of_the_whole_image_at_its_own_size_is_the_image():
    image = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    np.testing.assert_array_equal(warp(image, crop_affine(BBox(np.array([30, 30]), 0.3), 60), 60), image)


def test_a_crop_may_be_wider_than_high():
    image = four_colours()
    np.testing.assert_array_equal(warp(image, np.eye(2, 3), (64, 40)), image)


@pytest.mark.parametrize("rotation_deg", [0.0, 25.0])
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.7])
def test_pixels_land_where_the_affine_says(scale, rotation_deg):
    """A ramp tells where each pixel of the crop came from; half a pixel off would show."""
    size = 800
    image = smooth_image(size, size)
    bbox = BBox(np.array([402.3, 398.8]), scale)
    affine = crop_affine(bbox, 100, rotation_deg)
    crop = warp(image, affine, 100)
    centres = np.stack(np.meshgrid(np.arange(100) + 0.5, np.arange(100) + 0.5), -1)
    came_from = apply_affine(invert_affine(affine), centres)
    inside = ((came_from > 10) & (came_from < size - 10)).all(-1)
    error = (crop[..., :2] * (size / 255) - came_from)[inside]
    assert abs(error).max() < 0.02 * max(1, 2 * scale)


def test_shrinking_averages_instead_of_skipping():
    image = np.zeros((900, 900, 3), dtype=np.uint8)
    image[:, ::2] = 255  # stripes of one pixel: grey from afar
    crop = warp(image, crop_affine(BBox(np.array([451.3, 450.0]), 4.0), 100, 0), 100)
    assert abs(crop[5:-5, 5:-5].astype(float) - 127.5).max() < 12


def test_the_mean_of_a_photo_survives_any_shrinking():
    image = np.random.default_rng(0).integers(0, 255, (733, 733, 3), dtype=np.uint8)
    for size in (300, 97, 20, 3, 1):
        small = warp(image, np.eye(2, 3) * size / 733, size)
        assert small.mean() == pytest.approx(image.mean(), abs=2.5)


@pytest.mark.parametrize("center", [(-500, 50), (5000, 5000), (30, -201), (1e7, -1e7)])
def test_a_crop_entirely_outside_the_photo_is_black(center):
    crop = warp(four_colours(), crop_affine(BBox(np.array(center), 1.0), 64), 64)
    assert (crop.shape, crop.max()) == ((64, 64, 3), 0)


def test_what_lies_beyond_the_edge_of_the_photo_is_black():
    image = np.full((100, 100, 3), 255, dtype=np.uint8)
    crop = warp(image, crop_affine(BBox(np.array([0.0, 50.0]), 0.5), 100), 100)
    assert crop[:, :49].max() == 0
    assert crop[:, 51:].min() == 255


@pytest.mark.parametrize("side_px", [0.01, 1e6])
def test_absurd_boxes_give_a_crop_and_no_exception(side_px):
    crop = warp(four_colours(), crop_affine(BBox(np.array([20.0, 10.0]), side_px / 200), 64), 64)
    assert crop.shape == (64, 64, 3)


def test_warping_leaves_the_photo_as_it_was():
    image = four_colours()
    image.flags.writeable = False
    warp(image, crop_affine(BBox(np.array([20.0, 10.0]), 1.0), 64, 10.0), 64)
    np.testing.assert_array_equal(image, four_colours())


def test_normalising_gives_channels_first_with_imagenets_mean_at_zero():
    mean = np.round(np.array([0.485, 0.456, 0.406]) * 255).astype(np.uint8)
    image = np.broadcast_to(mean, (2, 6, 5, 3))
    batch = normalise(image)
    assert (tuple(batch.shape), batch.dtype) == ((2, 3, 6, 5), torch.float32)
    assert batch.abs().max() < 0.01
    white = normalise(np.full((4, 4, 3), 255, dtype=np.uint8))
    torch.testing.assert_close(white[:, 0, 0], torch.tensor([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225]))
    torch.testing.assert_close(normalise(torch.tensor(image.copy())), batch)


def test_a_crops_contrast_is_stretched_from_its_darkest_to_its_brightest_value():
    image = np.full((60, 80, 3), 90, np.uint8)
    image[20:30, 30:40] = (40, 60, 110)
    image[0, 0] = 255  # outside the box
    table = contrast_table(image, BBox(np.array([40.0, 30.0]), 0.1))
    assert (table[40], table[110], table[20], table[200]) == (0, 255, 0, 255)
    assert table[75] == round(35 * 255 / 70)
    assert np.array_equal(np.diff(table.astype(int)) >= 0, np.ones(255, bool))


@pytest.mark.parametrize("center", [(40.0, 2.0), (79.0, 30.0)])
def test_a_box_that_leaves_its_photo_has_black_in_it(center):
    image = np.full((60, 80, 3), 90, np.uint8)
    image[::2] = 110
    table = contrast_table(image, BBox(np.array(center), 0.1))
    assert (table[0], table[110]) == (0, 255)
    assert table[90] == round(90 * 255 / 110)


def test_a_turned_box_sees_the_square_round_it():
    image = np.full((60, 80, 3), 90, np.uint8)
    image[30, 52] = 200
    box = BBox(np.array([40.0, 30.0]), 0.1)
    assert contrast_table(image, box)[90] == 0
    assert contrast_table(image, box, turned=True)[200] == 255
    assert contrast_table(image, BBox(np.array([400.0, 30.0]), 0.1)).max() == 0
