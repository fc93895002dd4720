"""A photo that another computer named is found by its last parts, under the chosen folder and nowhere else."""

import unicodedata
from pathlib import Path

import pytest

from core.files.unusable import Unusable
from core.formats.photos import photo_index
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Report
from core.records import Photo
from tests.core.formats.making import write_photos

FIELD = Path(__file__).parents[5] / "shared" / "data" / "field_cases" / "14-windows-path"


@pytest.fixture
def folder(tmp_path: Path) -> PhotoFolder:
    write_photos(tmp_path, ("images/a.png", "images/walk é/001.png", "train/x.png", "val/y.png", "IMG_1.PNG"))
    return PhotoFolder(tmp_path, Report(tmp_path / "people.json", "a format"))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("images\\a.png", "images/a.png"),
        ("C:\\data\\images\\a.png", "images/a.png"),
        ("C:/data/images/a.png", "images/a.png"),
        ("d:a.png", "images/a.png"),
        ("\\\\server\\share\\images\\a.png", "images/a.png"),
        ("/home/me/data/images/a.png", "images/a.png"),
        ("../images/a.png", "images/a.png"),
        ("..\\..\\else\\a.png", "images/a.png"),
        ("./images/../images/a.png", "images/a.png"),
        ("a.png", "images/a.png"),
        ("elsewhere/a.png", "images/a.png"),
        ("https://host.org/some/a.png?X-Key=a/b.png&t=1#here", "images/a.png"),
        ("https://host.org/walk%20%C3%A9/001.png", "images/walk é/001.png"),
        ("s3://bucket/images/a.png", "images/a.png"),
        ("file:///C:/data/images/a.png", "images/a.png"),
        ("/data/local-files/?d=deep/images/a.png", "images/a.png"),
        ("http://host:8080/data/local-files/?d=images%2Fa.png", "images/a.png"),
        ("/data/upload/3/ab12cd34-a.png", "images/a.png"),
        ("ab12cd34-a.png", "images/a.png"),
        ("a_png.rf.0123456789abcdef0123456789abcdef.jpg", "images/a.png"),
        ("a.rf.0123456789abcdef0123456789abcdef.png", "images/a.png"),
        ("images/a.jpg", "images/a.png"),
        ("images/A.JPG", "images/a.png"),
        ("img_1.png", "IMG_1.PNG"),
        ("IMG_1.heic", "IMG_1.PNG"),
        (unicodedata.normalize("NFD", "images/walk é/001.png"), "images/walk é/001.png"),
        ("images/walk%20%C3%A9/001.png", "images/walk é/001.png"),
    ],
)
def test_a_name_of_another_computer_is_found_by_its_last_parts(name, path, folder):
    assert folder.relative(name) == path
    assert folder.holds(path)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../secret.png", "C:\\secret.png", "http://host/secret.png", "/"]
)
def test_a_name_that_leads_outside_and_is_nowhere_says_which_folder_was_searched(name, folder):
    with pytest.raises(Unusable, match="leads outside") as raised:
        folder.relative(name)
    assert str(folder.root) in str(raised.value)


def test_nothing_outside_the_folder_is_found_also_through_links(tmp_path):
    write_photos(tmp_path / "outside", ("a.png",))
    (tmp_path / "inside" / "images").mkdir(parents=True)
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "inside" / "images" / "b.png").symlink_to(tmp_path / "outside" / "a.png")
    folder = PhotoFolder(tmp_path / "inside")
    for name in ("C:\\outside\\a.png", "C:\\images\\b.png", "../outside/a.png"):
        with pytest.raises(Unusable, match="leads outside"):
            folder.relative(name)


def test_a_relative_name_that_is_nowhere_stays(folder):
    assert folder.relative("images\\none.png") == "images/none.png"


def test_a_relative_name_that_fits_several_photos_stays_missing_and_is_told(tmp_path):
    write_photos(tmp_path, ("one/a.png", "two/a.png"))
    folder = PhotoFolder(tmp_path, Report(tmp_path / "people.json", "a format"))
    assert folder.relative("a.png") == "a.png"
    assert not folder.holds("a.png")
    assert "a.png: several photos fit its name: one/a.png, two/a.png" in folder.report.done([]).summary()
    with pytest.raises(Unusable, match="several photos fit"):
        folder.known_size("a.png")


def test_the_photo_with_most_folders_in_common_is_taken(tmp_path):
    write_photos(tmp_path, ("one/images/a.png", "two/images/a.png", "two/thumbs/a.png"))
    folder = PhotoFolder(tmp_path)
    assert folder.relative("C:\\data\\two\\images\\a.png") == "two/images/a.png"
    with pytest.raises(Unusable, match=r"several photos fit.*one/images/a\.png, two/images/a\.png"):
        folder.relative("C:\\data\\images\\a.png")


def test_the_chosen_folder_itself_counts_as_a_part(tmp_path):
    write_photos(tmp_path / "images", ("a.png", "small/a.png"))
    folder = PhotoFolder(tmp_path / "images")
    assert folder.relative("C:\\data\\images\\a.png") == "a.png"
    assert folder.relative("D:\\images\\small\\a.png") == "small/a.png"


def test_the_same_name_in_another_share_of_the_data_set_is_another_photo(folder):
    assert folder.relative("train/y.png") == "train/y.png"
    assert not folder.holds("train/y.png")
    assert folder.relative("data/train/x.png") == "train/x.png"


def test_two_uploads_of_one_name_are_two_photos(tmp_path):
    write_photos(tmp_path, ("ab12cd34-a.png",))
    folder = PhotoFolder(tmp_path)
    assert folder.relative("a.png") == "ab12cd34-a.png"
    assert folder.relative("00000000-a.png") == "00000000-a.png"


def test_a_photo_that_two_names_claim_is_left_out_and_both_are_told(folder):
    for name in ("C:\\monday\\a.png", "C:\\tuesday\\a.png", "train/x.png"):
        folder.relative(name)
    photos = [Photo("images/a.png", 64, 48), Photo("train/x.png", 64, 48)]
    done = folder.report.done(photos)
    assert [photo.path for photo in done.photos] == ["train/x.png"]
    assert "C:\\monday\\a.png and C:\\tuesday\\a.png" in done.summary()


def test_photos_that_were_searched_are_told_with_an_example(folder):
    folder.relative("C:\\data\\images\\a.png")
    done = folder.report.done([Photo("images/a.png", 64, 48)])
    assert "by the last parts of their names: 1;" in done.summary()
    assert "C:\\data\\images\\a.png is images/a.png" in done.summary()


def test_a_photo_without_suffix_in_its_name_is_found_under_the_folder(folder):
    assert folder.named("001") == "images/walk é/001.png"
    with pytest.raises(Unusable, match="no photo of this name"):
        folder.named("../../secret")


def test_a_folder_of_too_many_files_is_not_searched(folder, monkeypatch):
    monkeypatch.setattr(photo_index, "MAX_FILES", 3)
    assert folder.relative("images/a.png") == "images/a.png"
    with pytest.raises(Unusable, match="more than 3 files"):
        folder.relative("C:\\a.png")


@pytest.mark.skipif(not FIELD.exists(), reason="the field's cases are not here")
@pytest.mark.parametrize("name", ["a.json", "b.json", "c.json", "d.json", "annotations/d.json"])
def test_the_remedy_to_choose_the_photos_folder_works(name):
    from core.formats.keypoints import coco

    found = coco.read(FIELD / name, FIELD / "images")
    assert [(photo.path, len(photo.people)) for photo in found.photos] == [("a.jpg", 1)]
