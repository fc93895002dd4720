"""What is opened for pictures of the window stays as it is."""

from core.store import Edit
from desktop.jobs.files.open_files import open_steps
from tests.desktop.making import write_coco
from tests.pictures.__main__ import with_needs
from tests.pictures.scenes import scenes
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


def test_a_scene_is_taken_after_the_one_that_opens_what_it_shows(tmp_path):
    everything = scenes(tmp_path)
    assert len({scene.name for scene in everything}) == len(everything)
    assert [scene.name for scene in with_needs(everything, ["sheet", "crowd"])] == [
        "sample",
        "sheet",
        "crowd",
    ]
    assert with_needs(everything, None) == everything


def test_scenes_of_real_photos_are_left_out_where_there_are_none(tmp_path):
    without = {scene.name for scene in scenes(tmp_path)}
    (tmp_path / "photos").mkdir()
    assert {scene.name for scene in scenes(tmp_path)} - without == {"own_photos", "lying"}
