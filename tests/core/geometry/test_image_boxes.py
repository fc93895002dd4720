"""AVIF and HEIC tell size and orientation in boxes, and what no photo is, is called by its name."""

import base64
import struct
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import ImageError
from core.geometry.image import image_size, read_image
from core.geometry.orientation import sensor_to_shown, upright
from tests.core.geometry.test_image import corner_colours, exif_block, four_colours

AVIF = "AVIF" in cv2.getBuildInformation()
QUARTER_TURNS = {0: 1, 1: 8, 2: 3, 3: 6}  # irot -> orientation of Exif
# 64 × 40 px, red and green above blue and white, coded as 64 × 64 and cut, to be turned a quarter to the right.
HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAVkAAgAAAAADRQABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAA"
    "kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh"
    "cAAAAEAAAAABAAAAKAAAAAEAAAAAAAAAAv///+gAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEA"
    "AQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAYVtZGF0AAABVSgBrwT47Xl0S1v+jOv//5W/3/8e25beJaBn/qs2"
    "mXRLO3GVdZM2oOG5/XN/e8/hNbsZ87H9Yz9hwhS0R//DaYkoN7OFM4qTs7hlD1WnGz1osN/bFcna5uL2N9199nDj/8e///5Rnz/E"
    "uH2FtxdOdZqlQ5ehCvAC3IyI3/xX/Q/+nDZTPeFTlyU4/2R5rt+5yRADFPzmH3pT4yt///SJAfmMskag5dwjwwO0idgBuUQWjBVZ"
    "S57HWkaEPkn/tj/wF+QUBhYFJlQqmXfUkVsiGsJOzSVLXm2zKP3TUQ5ojTgvRswOLZ2uSKzBqY3rNgLPh/S4cWVT8eXwVfv/bFi2"
    "dzNA40310I/Y9AkSt5nH65NyC66baMoimgYA6nfIqnPhRjz9Ub5pmO+d10Fr9ZYm+Jbl2iwhB+/azPYpHooqs09PEq/q+BN9WgvH"
    "vi3j3IqdGBn6liY7AAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"
)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def with_property(avif: bytes, kind: bytes, value: int) -> bytes:
    """An AVIF of OpenCV with one more property of its only item."""
    added = box(kind, bytes([value]))
    at = avif.index(b"ipma") - 4
    (length,) = struct.unpack_from(">I", avif, at)
    ipma = bytearray(avif[at : at + length])
    many = ipma[18]
    index = 1 + sum(
        1 for name in (b"ispe", b"pixi", b"av1C", b"colr", b"auxC") for _ in range(avif.count(name))
    )
    ipma[18] = many + 1
    ipma += bytes([0x80 | index])
    ipma[:4] = struct.pack(">I", len(ipma))
    data = bytearray(avif[:at] + added + bytes(ipma) + avif[at + length :])
    more = len(added) + 1
    for name, by in ((b"meta", more), (b"iprp", more), (b"ipco", len(added))):
        place = data.index(name) - 4
        data[place : place + 4] = struct.pack(">I", struct.unpack_from(">I", data, place)[0] + by)
    old = struct.pack(">I", avif.index(b"mdat") + 4)
    place = data.index(old, data.index(b"iloc"))
    data[place : place + 4] = struct.pack(">I", data.index(b"mdat") + 4)
    return bytes(data)


def avif(image: np.ndarray) -> bytes:
    return cv2.imencode(".avif", image[..., ::-1], [cv2.IMWRITE_AVIF_QUALITY, 100])[1].tobytes()


@pytest.mark.skipif(not AVIF, reason="this OpenCV has no AVIF")
@pytest.mark.parametrize(("kind", "value", "orientation"), [
    *((b"irot", turns, orientation) for turns, orientation in QUARTER_TURNS.items()), (b"imir", 0, 4), (b"imir", 1, 2),
])  # fmt: skip
def test_an_avif_is_turned_as_its_boxes_say(kind, value, orientation, tmp_path):
    (tmp_path / "a.avif").write_bytes(with_property(avif(four_colours()), kind, value))
    image = read_image(tmp_path / "a.avif")
    assert image_size(tmp_path / "a.avif") == (image.shape[1], image.shape[0])
    assert corner_colours(image) == corner_colours(upright(four_colours(), orientation))


def test_a_heic_tells_its_size_without_a_decoder(tmp_path):
    (tmp_path / "a.heic").write_bytes(base64.b64decode(HEIC))
    assert image_size(tmp_path / "a.heic") == (40, 64)


def test_a_heic_without_its_decoder_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    (tmp_path / "IMG_1.jpg").write_bytes(base64.b64decode(HEIC))
    with pytest.raises(
        ImageError, match=r"is HEIC\. Install its decoder, pip install 'fitloop\[heic\]', or save it"
    ):
        read_image(tmp_path / "IMG_1.jpg")


def test_a_heic_is_read_upright_by_its_decoder(tmp_path):
    pytest.importorskip("pi_heif")
    (tmp_path / "a.heic").write_bytes(base64.b64decode(HEIC))
    image = read_image(tmp_path / "a.heic")
    assert image.shape == (64, 40, 3)
    np.testing.assert_allclose(image[8, 8], (0, 0, 255), atol=12)
    np.testing.assert_allclose(image[8, 32], (255, 0, 0), atol=12)


@pytest.mark.slow
def test_a_damaged_heic_or_avif_is_a_picture_or_one_clear_error(tmp_path):
    wholes = [base64.b64decode(HEIC)] + ([avif(four_colours())] if AVIF else [])
    random = np.random.default_rng(0)
    path = tmp_path / "a.heic"
    for whole in wholes:
        cuts = [whole[:length] for length in range(0, len(whole), 7)]
        for place, value in zip(
            random.integers(0, len(whole), 300), random.integers(0, 256, 300), strict=True
        ):
            cuts.append(whole[: int(place)] + bytes([value]) + whole[int(place) + 1 :])
        for data in cuts:
            path.write_bytes(data)
            for function in (image_size, read_image):
                try:
                    function(path)
                except ImageError as error:
                    words = str(error)
                    assert words.startswith(str(path))


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "a video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "a camera's raw file"),
        (b"%PDF-1.7", "a PDF"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"<!DOCTYPE html>", "a web page"),
    ],
)
def test_what_is_no_photo_is_called_by_its_name(start, name, tmp_path):
    (tmp_path / "a.jpg").write_bytes(start)
    with pytest.raises(ImageError, match=rf"a\.jpg: is {name}.*, which is not read\. Save it again"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_map_from_the_sensor_to_the_photo_follows_the_decoder(orientation, tmp_path):
    sensor = np.full((40, 64, 3), 128, np.uint8)
    sensor[6:10, 12:16] = (255, 255, 255)
    encoded = cv2.imencode(".jpg", sensor)[1].tobytes()
    body = b"Exif\0\0" + exif_block(orientation, "<")
    (tmp_path / "a.jpg").write_bytes(
        encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + encoded[2:]
    )
    shown = read_image(tmp_path / "a.jpg")
    np.testing.assert_allclose(upright(sensor, orientation).astype(float), shown, atol=40)
    rows, columns = np.nonzero(shown[..., 0] > 220)
    spot = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    affine = sensor_to_shown(orientation, 64, 40)
    np.testing.assert_allclose(affine[:, :2] @ (14, 8) + affine[:, 2], spot, atol=0.6)


def test_a_file_of_nothing_but_boxes_ends(tmp_path: Path):
    (tmp_path / "a.heic").write_bytes(box(b"ftyp", b"heic\0\0\0\0heic") + box(b"free", b"") * 20_000)
    with pytest.raises(ImageError, match="is HEIC, which is not read"):
        image_size(tmp_path / "a.heic")
