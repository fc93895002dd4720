"""Photos are opened as they are: one, several, or a folder, each with the project that it makes."""

import pytest

from core.errors import ReadError
from desktop.jobs.files.open_files import open_steps
from desktop.jobs.files.open_photos import open_photos
from desktop.views.window.drops import take_drop
from tests.desktop.making import write_photo


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "trip"
    (folder / "monday").mkdir(parents=True)
    for name in ("b.jpg", "a.jpg", "monday/c.jpg"):
        write_photo(folder / name, 1)
    return folder


def opened(steps):
    """Name of the project's file, its photos, and those that are new in it."""
    *_, last = steps
    with last.project as project:
        names = [photo.path for photo in project.photos()]
        new = [project.photo(photo_id).path for photo_id in last.added]
        return project.path.name, names, new


def test_one_photo_becomes_a_project_of_its_name(folder):
    assert opened(open_steps(folder / "a.jpg")) == ("a.fitloop", ["a.jpg"], ["a.jpg"])
    assert opened(open_steps(folder / "a.jpg")) == ("a.fitloop", ["a.jpg"], [])


def test_several_photos_become_a_project_of_their_folder_and_the_others_are_added_with_it(folder):
    first = open_photos([folder / "monday" / "c.jpg", folder / "a.jpg"])
    assert opened(first) == ("trip.fitloop", ["a.jpg", "monday/c.jpg"], ["a.jpg", "monday/c.jpg"])
    assert opened(open_steps(folder))[2] == ["b.jpg"]


def test_a_photo_that_cannot_be_read_is_an_error_and_leaves_no_project(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    with pytest.raises(ReadError, match=r"broken\.jpg"):
        opened(open_steps(tmp_path / "broken.jpg"))
    assert list(tmp_path.glob("*.fitloop")) == []


def test_dropped_photos_are_opened_together(desk, folder):
    photos = sorted(folder.glob("*.jpg"))
    take_drop(desk.workbench, photos)
    desk.wait(lambda: desk.workbench.project is not None and not desk.window.waiting)
    assert [photo.path for photo in desk.workbench.project.photos()] == ["a.jpg", "b.jpg"]
