"""A large photo is shown at a fraction of its size while all of it is read."""

import cv2
import numpy as np
import pytest

from desktop.jobs.files import photos as reading
from desktop.jobs.files.photos import Photos, averaged
from tests.waiting import of_the_window, wait_until


@pytest.fixture
def photos(qtbot):
    photos = Photos()
    yield photos
    photos.close()


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LARGE_PIXELS", 10_000)
    monkeypatch.setattr(reading, "FIRST_PX", 80)
    assert cv2.imwrite(str(tmp_path / "a.jpg"), np.full((240, 320, 3), 200, np.uint8))
    return tmp_path / "a.jpg"


def sizes(photos, qtbot, file, size):
    """The widths of the pictures that arrive, until all of the photo is there."""
    found = []
    photos.arrived.connect(lambda path: found.append(photos.get(file, size).shape[1]))
    photos.get(file, size)
    wait_until(lambda: size[0] in found, pause=of_the_window(qtbot))
    return found


def test_a_large_jpeg_comes_small_at_first_and_then_whole(photos, qtbot, file):
    assert sizes(photos, qtbot, file, (320, 240)) == [80, 320]
    assert photos.get(file, (320, 240)).shape == (240, 320, 3)


def test_a_photo_left_before_it_was_whole_is_read_whole_at_the_next_look(photos, qtbot, file, tmp_path):
    other = tmp_path / "b.jpg"
    assert cv2.imwrite(str(other), np.zeros((240, 320, 3), np.uint8))
    photos.arrived.connect(lambda path: photos.get(other, (320, 240)) if path == str(file) else None)
    photos.get(file, (320, 240))
    wait_until(lambda: photos.get(other, (320, 240)) is not None, pause=of_the_window(qtbot))
    photos.arrived.disconnect()
    assert sizes(photos, qtbot, file, (320, 240))[-1] == 320


def test_a_small_photo_or_one_of_another_kind_is_read_once(photos, qtbot, file, tmp_path, monkeypatch):
    assert cv2.imwrite(str(tmp_path / "c.png"), np.zeros((240, 320, 3), np.uint8))
    assert sizes(photos, qtbot, tmp_path / "c.png", (320, 240)) == [320]
    monkeypatch.setattr(reading, "LARGE_PIXELS", 1_000_000)
    assert sizes(photos, qtbot, file, (320, 240)) == [320]


def test_a_photo_read_ahead_is_there_at_once(photos, qtbot, file):
    photos.read_ahead(file, (320, 240))
    wait_until(lambda: not photos.busy, pause=of_the_window(qtbot))
    assert photos.get(file, (320, 240)).shape == (240, 320, 3)
    assert not photos.busy


def test_nothing_is_read_ahead_while_a_photo_is_read_or_if_it_would_fill_the_cache(
    photos, qtbot, file, monkeypatch
):
    photos.get(file, (320, 240))
    photos.read_ahead(file.with_name("b.jpg"), (320, 240))
    assert photos._wanted == (file, (320, 240))
    wait_until(lambda: not photos.busy, pause=of_the_window(qtbot))
    monkeypatch.setattr(reading, "AHEAD_PIXELS", 10)
    photos.read_ahead(file.with_name("b.jpg"), (320, 240))
    assert not photos.busy


@pytest.mark.parametrize("size", [(40, 30), (100, 75), (150, 113), (199, 150)])
def test_a_picture_averaged_by_halves_is_the_one_averaged_at_once(size):
    rough = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
    image = cv2.resize(rough, (400, 300), interpolation=cv2.INTER_CUBIC)
    at_once = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    found = averaged(image, *size)
    assert found.shape == at_once.shape
    assert np.abs(found.astype(int) - at_once).mean() < 2
