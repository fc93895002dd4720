"""Other programs' folders are opened as they lie, with the photos where each program puts them."""

import os
import sys
from pathlib import Path

import pytest

from core.store.project.project import Project
from desktop.jobs.files.open_files import add_steps, open_steps
from tests.core.formats import making_keypoints
from tests.core.formats.making import samples
from tests.desktop.making import write_coco, write_photo


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A data set of YOLO: images/a.png and labels/a.txt."""
    file = samples(tmp_path)["yolo"].path
    home = file.parent
    (home / "labels").mkdir()
    file.rename(home / "labels" / file.name)
    (home / "a.png").rename(home / "images" / "a.png")
    return home / "labels"


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """One .pkl in the output of SMPLify-X."""
    return samples(tmp_path)["smplifyx"].file


@pytest.mark.parametrize("kind", ["labels", "result"])
def test_photos_that_lie_beside_the_folder_opened_are_found(kind, request):
    path = request.getfixturevalue(kind)
    *_, opened = open_steps(path)
    with opened.project as project:
        photos = list(project.photos())
        assert photos
        assert all((project.folder / photo.path).is_file() for photo in photos)


def test_photos_that_lie_beside_the_folder_added_are_found(labels, tmp_path):
    with Project.create(tmp_path / "mine.fitloop") as project:
        list(add_steps(project, labels))
        (photo,) = project.photos()
        assert (tmp_path / photo.path).is_file()


@pytest.mark.parametrize("word", making_keypoints.DOCUMENTS)
def test_files_of_detectors_and_annotation_tools_open_with_their_photos(word, tmp_path):
    *_, opened = open_steps(samples(tmp_path)[word].path)
    with opened.project as project:
        photos = list(project.photos())
        assert sum(len(photo.people) for photo in photos) == making_keypoints.DOCUMENTS[word][3]
        assert all((project.folder / photo.path).is_file() for photo in photos if photo.people)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are Unicode")
def test_a_photo_whose_name_is_latin_1_is_named_and_the_others_are_opened(tmp_path):
    write_photo(tmp_path / "plain.jpg", 1)
    os.rename(tmp_path / "plain.jpg", os.fsencode(tmp_path) + b"/caf\xe9.jpg")
    write_photo(tmp_path / "café.jpg", 2)
    *_, opened = open_steps(tmp_path)
    with opened.project as project:
        assert [photo.path for photo in project.photos()] == ["café.jpg"]
    assert "caf?.jpg: its name is not UTF-8. Rename the file." in opened.notes


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are Unicode")
def test_a_latin_1_name_beside_annotations_keeps_nobody_out(tmp_path):
    file = write_coco(tmp_path)
    (tmp_path / "photo_0.jpg").replace(os.fsdecode(os.fsencode(tmp_path) + b"/photo_\xe9.jpg"))
    *_, opened = open_steps(file)
    with opened.project as project:
        assert len(project.queue_ids()) == 4
        assert list(project.relocate(tmp_path).missing) == ["photo_0.jpg"]
