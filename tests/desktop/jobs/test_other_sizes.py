"""A photo that has another size than its people were marked in is shown where they are, or not at all, and told."""

import cv2
import numpy as np
import pytest

from core.records import BBox, Keypoints, Person, Photo
from core.store.project.project import Project
from desktop.jobs.files.photos import Photos
from desktop.jobs.files.thumbnails import thumbnail_steps
from desktop.jobs.guessing import guess_photo
from tests.waiting import of_the_window, wait_until

WIDTH, HEIGHT = 320, 240
BOX = BBox([240.0, 60.0], 0.5)  # in the upper right quarter, which is white


def write_quarters(path, width, height):
    """White at the upper right, black elsewhere."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, width // 2 :] = 255
    assert cv2.imwrite(str(path), picture)


@pytest.fixture
def project(tmp_path):
    person = Person(1, BOX, Keypoints("coco17", np.zeros((17, 2)), np.zeros(17)))
    with Project.create(tmp_path / "mine.fitloop") as project:
        project.add_photos([Photo("a.png", WIDTH, HEIGHT, (person,))])
        yield project


def thumbnail(project):
    ((_, _, _, picture),) = thumbnail_steps(project, {1: 0.0}, 128, None)
    return picture


@pytest.mark.parametrize(("width", "height"), [(320, 240), (160, 120), (640, 480), (161, 121)])
def test_a_thumbnail_shows_the_same_part_of_a_resized_photo(project, width, height):
    write_quarters(project.folder / "a.png", width, height)
    picture = thumbnail(project)
    middle = [picture.pixelColor(x, y).lightness() for x in (32, 64, 96) for y in (32, 64, 96)]
    assert min(middle) > 250


@pytest.mark.parametrize(("width", "height"), [(240, 320), (320, 200)])
def test_a_photo_of_another_shape_has_no_thumbnail_and_says_so(project, width, height):
    write_quarters(project.folder / "a.png", width, height)
    assert thumbnail(project) == "photo of another size"


@pytest.fixture
def photos(qtbot):
    photos = Photos()
    photos.said = []
    photos.resized.connect(photos.said.append)
    yield photos
    photos.close()


def shown(photos, qtbot, file):
    photos.get(file, (WIDTH, HEIGHT))
    wait_until(lambda: photos.get(file, (WIDTH, HEIGHT)) is not None, pause=of_the_window(qtbot))
    return photos.get(file, (WIDTH, HEIGHT))


def test_the_canvas_gets_a_resized_photo_in_the_size_of_its_people_and_a_notice(photos, qtbot, tmp_path):
    write_quarters(tmp_path / "a.png", 160, 120)
    image = shown(photos, qtbot, tmp_path / "a.png")
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image[60, 240].min() > 250
    assert image[180, 240].max() < 5
    wait_until(lambda: photos.said, pause=of_the_window(qtbot))
    assert photos.said == [
        "a.png is 160 × 120 px now; its people were marked in 320 × 240 px, and are shown there."
    ]


def test_the_canvas_gets_no_photo_of_another_shape_but_the_two_sizes(photos, qtbot, tmp_path):
    write_quarters(tmp_path / "a.png", 240, 320)
    error = shown(photos, qtbot, tmp_path / "a.png")
    assert "is 240 × 320 px, but its people were marked in 320 × 240 px" in str(error)


def test_a_photo_of_the_right_size_has_no_notice(photos, qtbot, tmp_path):
    write_quarters(tmp_path / "a.png", WIDTH, HEIGHT)
    assert shown(photos, qtbot, tmp_path / "a.png").shape == (HEIGHT, WIDTH, 3)
    assert photos.said == []


def test_a_network_sees_the_part_of_a_resized_photo_that_the_box_shows(project, monkeypatch):
    from core.networks import guess

    write_quarters(project.folder / "a.png", 160, 120)
    (photo,) = project.photos()
    seen = []
    monkeypatch.setattr(guess, "guess", lambda image, *rest: seen.append(image.shape) or [])

    class Here:
        def run(self, work):
            return work(None, "cpu")

    monkeypatch.setattr("desktop.jobs.guessing.network_on", lambda network, where: network)
    guess_photo(photo, photo.people, project.folder / "a.png", None, Here())
    assert seen == [(HEIGHT, WIDTH, 3)]
