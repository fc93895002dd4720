"""Every format tells its size in its header: a list of photos is not decoded for it, and a huge photo never."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import ImageError
from core.geometry.image import image_size, read_image
from tests.core.geometry.test_image import exif_block, four_colours, save

SUFFIXES = (".jpg", ".png", ".bmp", ".webp", ".tif", ".gif", ".avif", ".ppm", ".pgm", ".pbm")
HUGE = 50_000  # px a side: 7.5 GB once decoded


def tiff(width: int, height: int, orientation: int = 1, order: str = "<", big: bool = False) -> bytes:
    """Black, one strip; where it claims more than 64 × 40 px the strip is not there."""
    strip = bytes(min(width * height, 64 * 40))
    values = {
        256: width,
        257: height,
        258: 8,
        259: 1,
        262: 1,
        273: 0,
        274: orientation,
        277: 1,
        278: height,
        279: len(strip),
    }
    head, entry = (16, "HHQQ") if big else (8, "HHII")
    values[273] = head + 8 + struct.calcsize(order + entry) * len(values) + 8
    mark = {"<": b"II", ">": b"MM"}[order]
    start = struct.pack(order + "HHHQ", 43, 8, 0, head) if big else struct.pack(order + "HI", 42, head)
    count = struct.pack(order + ("Q" if big else "H"), len(values))
    entries = b"".join(
        struct.pack(order + entry, tag, 16 if big else 4, 1, value) for tag, value in values.items()
    )
    return (mark + start + count + entries).ljust(values[273], b"\0") + strip


def webp_extended(inner: bytes, orientation: int, width: int = 64, height: int = 40) -> bytes:
    """A WebP's picture with a canvas and an Exif chunk."""
    sides = b"".join(struct.pack("<I", side - 1)[:3] for side in (width, height))
    exif = exif_block(orientation, "<")
    chunks = (
        b"VP8X"
        + struct.pack("<IB3x", 10, 8)
        + sides
        + inner[12:]
        + b"EXIF"
        + struct.pack("<I", len(exif))
        + exif
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def with_bytes(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_size_of_a_photo_comes_without_decoding_it(suffix, tmp_path, monkeypatch):
    image = four_colours()
    path = save(tmp_path / f"a{suffix}", image[..., 0] if suffix in (".pgm", ".pbm") else image)
    monkeypatch.setattr(cv2, "imdecode", None)
    assert image_size(path) == (64, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["tif", "TIFF of a Mac", "BigTIFF", "webp"])
def test_a_turned_photo_has_the_size_that_it_is_decoded_to(kind, orientation, tmp_path):
    path = tmp_path / "turned"
    if kind == "webp":
        inner = save(tmp_path / "a.webp", four_colours()).read_bytes()
        path.write_bytes(webp_extended(inner, orientation))
    else:
        order = ">" if kind == "TIFF of a Mac" else "<"
        path.write_bytes(tiff(64, 40, orientation, order, kind == "BigTIFF"))
    image = read_image(path)
    assert image_size(path) == (image.shape[1], image.shape[0])
    assert image_size(path) == ((40, 64) if orientation > 4 else (64, 40))


def huge_photos(folder: Path) -> dict[str, bytes]:
    """Small files that claim to be enormous."""
    made = {
        suffix: save(folder / f"a{suffix}", four_colours()).read_bytes()
        for suffix in (".bmp", ".webp", ".jpg", ".gif")
    }
    sides = struct.pack("<ii", HUGE, -HUGE)
    frame = made[".jpg"].index(b"\xff\xc0") + 5
    return {
        "bmp": with_bytes(made[".bmp"], 18, sides),
        "tif": tiff(HUGE, HUGE),
        "BigTIFF": tiff(HUGE, HUGE, big=True),
        "webp": webp_extended(made[".webp"], 1, HUGE, HUGE),
        "webp lossy": with_bytes(save(folder / "b.webp", four_colours()).read_bytes(), 12, b"VP8 ")[:26]
        + b"\xff" * 4,
        "webp lossless": b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + b"\xff" * 4,
        "jpg": with_bytes(made[".jpg"], frame, struct.pack(">HH", HUGE, HUGE)),
        "jpg with a gap": with_bytes(made[".jpg"], frame, struct.pack(">HH", HUGE, HUGE)).replace(
            b"\xff\xdb", b"\0\xff\xdb", 1
        ),
        "gif": with_bytes(made[".gif"], 6, struct.pack("<HH", HUGE, HUGE)),
        "ppm": b"P6 # a comment\n%d\n#another\n%d 255\n" % (HUGE, HUGE),
    }


def test_a_photo_of_any_format_that_is_too_large_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    photos = huge_photos(tmp_path)
    monkeypatch.setattr(cv2, "imdecode", None)
    for name, data in photos.items():
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(data)
        with pytest.raises(
            ImageError, match=r"px is more than the 200 million that are read\. Save it smaller\.$"
        ):
            read_image(path)


@pytest.mark.parametrize("data", [b"#?RADIANCE\n\n-Y 9 +X 9\n", b"P6" + b" " * 4000])
def test_what_tells_no_size_is_refused_with_what_to_do(data, tmp_path):
    (tmp_path / "a.jpg").write_bytes(data)
    for function in (read_image, image_size):
        with pytest.raises(
            ImageError, match=r"a\.jpg: is no JPEG, PNG, TIFF, .* Save it again as JPEG or PNG\.$"
        ):
            function(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_photo_is_a_picture_or_one_clear_error(suffix, tmp_path):
    image = four_colours()
    whole = save(
        tmp_path / f"whole{suffix}", image[..., 0] if suffix in (".pgm", ".pbm") else image
    ).read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / f"damaged{suffix}"
    cuts = [whole[:length] for length in (*range(64), *range(64, len(whole), max(1, len(whole) // 20)))]
    changes = [
        with_bytes(whole, int(place), bytes([value]))
        for place, value in zip(
            random.integers(0, min(len(whole), 200), 100), random.integers(0, 256, 100), strict=True
        )
    ]
    for data in [*cuts, *changes]:
        path.write_bytes(data)
        for function in (image_size, read_image):
            try:
                function(path)
            except ImageError as error:
                words = str(error)
                assert words.startswith(str(path))
                assert "\n" not in words
