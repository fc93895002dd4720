"""What is opened for pictures of the window stays as it is."""

from core.store import Edit
from desktop.jobs.files.open_files import open_steps
from tests.desktop.making import write_coco
from tests.pictures.sources import copy_of


def test_a_file_opened_for_pictures_gets_no_project_beside_it_and_finds_its_photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    file = write_coco(folder)
    before = sorted(folder.iterdir())
    *_, opened = open_steps(copy_of(file, tmp_path / "copy"))
    with opened.project as project:
        assert all((project.folder / photo.path).is_file() for photo in project.photos())
        assert not project.read_only
        assert "are not in" not in opened.notes
    assert sorted(folder.iterdir()) == before


def test_a_project_opened_for_pictures_stays_as_it_is(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    *_, opened = open_steps(write_coco(folder))
    opened.project.close()
    file = opened.project.path
    before = file.read_bytes()
    *_, copy = open_steps(copy_of(file, tmp_path / "copy"))
    with copy.project as project:
        person = project.person(1)
        photo = project.photo_of(1)
        project.commit(Edit("Note", photo, photo.with_person(person.with_(note="here"))))
    assert file.read_bytes() == before
