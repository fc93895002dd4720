"""Data sets are opened by their root or .zip; what holds nobody is an error that leaves no project behind."""

import json
import zipfile

import pytest

from core.errors import FitloopError
from desktop.jobs.files import open_files
from desktop.jobs.files.open_files import add_steps, open_steps
from tests.core.formats.making import coco_document, samples, write_photos


def opened(path):
    *_, last = open_steps(path)
    return last


def photos_there(last):
    with last.project as project:
        photos = list(project.photos())
        assert all((project.folder / photo.path).is_file() for photo in photos)
        return photos


@pytest.fixture
def root(tmp_path):
    """CVAT's and Roboflow's way: annotations beside images/."""
    write_photos(tmp_path / "task" / "images")
    (tmp_path / "task" / "annotations.json").write_text(json.dumps(coco_document()))
    return tmp_path / "task"


def test_a_root_of_annotations_and_images_is_opened_with_its_people(root):
    photos = photos_there(opened(root))
    assert sum(len(photo.people) for photo in photos) == 3


def test_a_zip_is_unpacked_beside_itself_and_opened(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for file in root.rglob("*.*"):
            archive.write(file, file.relative_to(root))
    photos = photos_there(opened(tmp_path / "packed.zip"))
    assert {photo.path for photo in photos} == {"packed/images/a.png", "packed/images/b.png"}
    assert sum(len(photo.people) for photo in photos) == 3


def test_yolos_root_is_opened_with_its_people_and_not_as_a_folder_of_photos(tmp_path):
    file = samples(tmp_path / "made")["yolo"].path
    for name in ("images/train", "labels/train"):
        (tmp_path / "root" / name).mkdir(parents=True)
    file.rename(tmp_path / "root" / "labels" / "train" / "a.txt")
    write_photos(tmp_path / "root" / "images" / "train", ("a.png",))
    (tmp_path / "root" / "data.yaml").write_text("kpt_shape: [17, 3]\n")
    (photo,) = photos_there(opened(tmp_path / "root"))
    assert photo.path == "root/images/train/a.png"
    assert photo.people


def test_photos_in_folders_are_still_opened_as_photos(tmp_path):
    write_photos(tmp_path / "trip", ("monday/a.png", "tuesday/b.png"))
    (tmp_path / "trip" / "notes.txt").write_text("Five days in the hills.\n")
    last = opened(tmp_path / "trip")
    assert [photo.path for photo in photos_there(last)] == ["monday/a.png", "tuesday/b.png"]


def test_people_beside_photos_are_told_when_the_folder_of_photos_is_opened(root):
    (root / "images" / "people.json").write_text((root / "annotations.json").read_text())
    last = opened(root / "images")
    assert "People in people.json are not read" in last.notes
    last.project.close()


def empty(folder):
    document = coco_document()
    document["annotations"] = []
    (folder / "empty.json").write_text(json.dumps(document))
    return folder / "empty.json"


def other_json(folder):
    (folder / "settings").mkdir()
    for name in ("one.json", "two.json"):
        (folder / "settings" / name).write_text('{"theme": "dark"}')
    return folder / "settings"


def broken_photos(folder):
    (folder / "broken").mkdir()
    (folder / "broken" / "a.jpg").write_bytes(b"no photo")
    return folder / "broken"


def all_left_out(folder):
    document = coco_document()
    for annotation in document["annotations"]:
        annotation["keypoints"] = annotation["keypoints"][:30]
    (folder / "cut.json").write_text(json.dumps(document))
    return folder / "cut.json"


@pytest.mark.parametrize("large", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (empty, "no person could be read"),
        (other_json, "its format is not one of those that are read"),
        (broken_photos, "no photo in it can be read"),
        (all_left_out, "10 keypoints, but its category names 17"),
    ],
)
def test_what_holds_nobody_is_an_error_and_leaves_no_project(make, said, large, tmp_path, monkeypatch):
    if large:
        monkeypatch.setattr(open_files, "LARGE_BYTES", 1)
    path = make(tmp_path)
    with pytest.raises(FitloopError, match=said):
        opened(path)
    assert not list(tmp_path.rglob("*.fitloop*"))
    assert not list(tmp_path.rglob(".*"))


def test_what_holds_nobody_adds_nothing_and_is_an_error(root, tmp_path):
    with opened(root).project as project:
        count = len(project.photo_ids())
        with pytest.raises(FitloopError, match="no person could be read"):
            list(add_steps(project, empty(tmp_path)))
        assert len(project.photo_ids()) == count


def test_opening_broken_photos_again_after_one_was_mended_works(tmp_path):
    folder = broken_photos(tmp_path)
    with pytest.raises(FitloopError):
        opened(folder)
    write_photos(folder, ("b.png",))
    assert [photo.path for photo in photos_there(opened(folder))] == ["b.png"]
