"""Other programs' folders are opened as they lie, with the photos where each program puts them."""

from pathlib import Path

import pytest

from core.store.project.project import Project
from desktop.jobs.files.open_files import add_steps, open_steps
from tests.core.formats import making_keypoints
from tests.core.formats.making import samples


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
