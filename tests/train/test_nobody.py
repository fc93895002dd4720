"""Where nobody is read or written, the commands say why, end with 1, and leave no file behind."""

import json
from pathlib import Path

import pytest

from core.errors import ProjectError
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.table import FORMATS
from core.records import Photo
from core.store.project.project import Project
from tests.core.formats.making import coco_document, person, photo_with, samples, write_photos
from train import convert, fits

FIELD = Path(__file__).parents[3] / "shared" / "data" / "field_cases"


def without_people(folder):
    document = coco_document()
    document["annotations"] = []
    (folder / "empty.json").write_text(json.dumps(document))
    return folder / "empty.json", "empty.json: no person could be read from it"


def all_left_out(folder):
    document = coco_document()
    for annotation in document["annotations"]:
        annotation["keypoints"] = annotation["keypoints"][:30]
    (folder / "cut.json").write_text(json.dumps(document))
    return folder / "cut.json", "10 keypoints, but its category names 17"


def without_photos(folder):
    made = samples(folder / "made")["openpose"]
    (folder / "lone").mkdir()
    made.file.rename(folder / "lone" / made.file.name)
    return folder / "lone", "no photo of this name is in the folder"


def other_json(folder):
    (folder / "settings").mkdir()
    (folder / "settings" / "a.json").write_text('{"theme": "dark"}')
    return folder / "settings", "its format is not one of those that are read"


def other_shape(folder):
    document = coco_document()
    write_photos(folder, height=64)
    (folder / "people.json").write_text(json.dumps(document))
    return folder / "people.json", "which is no resizing"


def empty_project(folder):
    Project.create(folder / "empty.fitloop").close()
    return folder / "empty.fitloop", "no person could be read from it"


KINDS = [without_people, all_left_out, without_photos, other_json, other_shape, empty_project]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("name", ["new.fitloop", "new.json", "new.npz"])
def test_nobody_read_is_exit_code_1_with_the_reason_and_no_file(make, name, tmp_path, capsys):
    source, said = make(tmp_path)
    (tmp_path / "out").mkdir()
    to = ("--to", "spin") if name.endswith("npz") else ()
    assert convert.main([str(source), str(tmp_path / "out" / name), *to]) == 1
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("make", KINDS)
def test_nobody_to_fit_is_exit_code_1_with_the_reason_and_no_file(make, tmp_path, capsys):
    source, said = make(tmp_path)
    (tmp_path / "out").mkdir()
    assert fits.main([str(source), "--out", str(tmp_path / "out" / "fits.npz")]) == 1
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(("name", "to"), [("a.json", "eft"), ("a.npz", "parameters"), ("a.obj", "mesh")])
def test_nobody_written_is_exit_code_1_with_the_reason_and_no_file(name, to, tmp_path, capsys):
    write_photos(tmp_path)
    with Project.create(tmp_path / "unfitted.fitloop") as project:
        project.add_photos([photo_with(person())])
    assert convert.main([str(tmp_path / "unfitted.fitloop"), str(tmp_path / name), "--to", to]) == 1
    assert "nobody has" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_a_project_whose_photos_cannot_be_added_is_not_left_behind(tmp_path):
    twice = [Photo("a.png", 64, 48), Photo("a.png", 64, 48)]
    with pytest.raises(ProjectError, match="in the project already"):
        FORMATS["project"].write(tmp_path / "new.fitloop", twice, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not FIELD.exists(), reason="the field's cases are not here")
@pytest.mark.parametrize(
    "name", ["02-category-no-names/a.json", "07-string-ids/a.json", "100-foot-dataset/a.json"]
)
def test_the_fields_files_are_read_or_end_with_1(name, tmp_path):
    status = convert.main([str(FIELD / name), str(tmp_path / "new.fitloop")])
    assert (tmp_path / "new.fitloop").exists() == (status == 0)
    if status == 0:
        assert read_file(tmp_path / "new.fitloop", Beside(), "project").people
