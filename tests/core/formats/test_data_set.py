"""Data sets are read from their root as their programs lay them out, with the photos where they are."""

import json
import zipfile
from pathlib import Path

import pytest

from core.errors import ReadError
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from tests.core.formats.making import coco_document, openpose_document, samples, write_photos

FIELD = Path(__file__).parents[4] / "shared" / "data" / "field_cases"


def paths(found: Import) -> list[str]:
    """Of all photos, from the root of the data set on; each is a file."""
    assert all((found.root / photo.path).is_file() for photo in found.photos)
    return sorted(photo.path for photo in found.photos)


def label(folder: Path) -> str:
    return samples(folder / "made")["yolo"].file.read_text()


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def coco_of(*names: str) -> str:
    document = coco_document()
    document["images"] = [dict(document["images"][0], id=n, file_name=name) for n, name in enumerate(names)]
    document["annotations"] = [
        dict(document["annotations"][0], id=n, image_id=n) for n in range(len(names))
    ]  # fmt: skip
    return json.dumps(document)


@pytest.mark.parametrize("given", ["", "labels"])
def test_yolos_root_has_the_people_of_all_shares(given, tmp_path):
    text, root = label(tmp_path), tmp_path / "root"
    for share, name in (("train", "a"), ("val", "a"), ("val", "b")):
        write_photos(root / "images" / share, (f"{name}.png",))
        put(root / "labels" / share / f"{name}.txt", text)
    put(root / "data.yaml", "kpt_shape: [17, 3]\n")
    put(root / "README.dataset.txt", "Exported one day\n")
    found = read_file(root / given)
    assert paths(found) == ["train/a.png", "val/a.png", "val/b.png"]
    assert all(photo.people for photo in found.photos)


def test_roboflows_root_of_yolo_has_images_and_labels_in_each_share(tmp_path):
    text, root = label(tmp_path), tmp_path / "root"
    for share in ("train", "valid", "test"):
        write_photos(root / share / "images", (f"{share}_jpg.rf.0123456789abcdef.png",))
        put(root / share / "labels" / f"{share}_jpg.rf.0123456789abcdef.txt", text)
    put(root / "data.yaml", "kpt_shape: [17, 3]\n")
    found = read_file(root)
    assert [path.split("/")[:2] for path in paths(found)] == [
        ["test", "images"],
        ["train", "images"],
        ["valid", "images"],
    ]


def test_roboflows_root_of_coco_has_a_file_in_each_share(tmp_path):
    for share, name in (("train", "a.png"), ("valid", "b.png")):
        write_photos(tmp_path / share, (name,))
        put(tmp_path / share / "_annotations.coco.json", coco_of(name))
    found = read_file(tmp_path)
    assert paths(found) == ["train/a.png", "valid/b.png"]
    assert found.people == 2


def test_cocos_root_has_its_annotations_beside_the_photos(tmp_path):
    write_photos(tmp_path / "val2017", ("a.png", "b.png"))
    put(tmp_path / "annotations" / "person_keypoints_val2017.json", coco_of("a.png", "b.png"))
    put(tmp_path / "annotations" / "captions_val2017.json", '{"images": [], "annotations": []}')
    assert paths(read_file(tmp_path)) == ["val2017/a.png", "val2017/b.png"]
    file = tmp_path / "annotations" / "person_keypoints_val2017.json"
    assert paths(read_file(file)) == ["val2017/a.png", "val2017/b.png"]


def test_cvats_export_is_read_from_its_folder_and_its_zip(tmp_path):
    made = samples(tmp_path / "made")["cvat"]
    write_photos(tmp_path / "task" / "images")
    put(tmp_path / "task" / "annotations.xml", made.file.read_text())
    with zipfile.ZipFile(tmp_path / "job.zip", "w") as archive:
        for file in (tmp_path / "task").rglob("*.*"):
            archive.write(file, Path("wrapped") / file.relative_to(tmp_path / "task"))
    for path in (tmp_path / "task", tmp_path / "job.zip"):
        found = read_file(path)
        assert found.people == made.people
        assert all(path.startswith("images/") for path in paths(found))


def zip_of(folder: Path) -> Path:
    file = folder.with_suffix(".zip")
    with zipfile.ZipFile(file, "w") as archive:
        for each in folder.rglob("*.*"):
            archive.write(each, each.relative_to(folder))
    return file


def test_spins_npz_in_a_zip_is_read_and_the_file_that_was_read_is_told(tmp_path):
    (tmp_path / "set").mkdir()
    made = samples(tmp_path / "set")["spin"]
    pack = tmp_path / "pack"
    write_photos(pack)
    (pack / "train.npz").write_bytes(made.file.read_bytes())
    found = read_file(zip_of(pack), Beside(frame="crop"))
    assert found.people == made.people
    assert found.file is not None
    assert found.file.name == "train.npz"


def test_several_npz_in_a_zip_are_named_and_none_is_guessed(tmp_path):
    made = samples(tmp_path / "made")["spin"]
    for name in ("one.npz", "two.npz"):
        (tmp_path / "pack").mkdir(exist_ok=True)
        (tmp_path / "pack" / name).write_bytes(made.file.read_bytes())
    with pytest.raises(ReadError, match=r"one\.npz, two\.npz. Give the one that you mean"):
        read_file(zip_of(tmp_path / "pack"))


@pytest.mark.parametrize("given", ["", "keypoints"])
def test_smplifyxs_input_has_images_and_keypoints(given, tmp_path):
    write_photos(tmp_path / "images", ("a.png",))
    put(tmp_path / "keypoints" / "a_keypoints.json", json.dumps(openpose_document()))
    assert paths(read_file(tmp_path / given)) == ["images/a.png"]


def test_several_data_sets_in_one_folder_are_named_and_none_is_guessed(tmp_path):
    for name in ("one.json", "two.json"):
        put(tmp_path / name, coco_of("a.png"))
    with pytest.raises(ReadError, match=r"one\.json, two\.json. Give the one that you mean"):
        read_file(tmp_path)


def test_one_data_set_among_other_json_is_read(tmp_path):
    write_photos(tmp_path)
    put(tmp_path / "people.json", json.dumps(coco_document()))
    put(tmp_path / "settings.json", '{"theme": "dark"}')
    assert read_file(tmp_path).people == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{}"),
        ("a.json", '{"theme": "dark"}'),
        ("a.json", "no json"),
        ("readme.txt", "Five days in the hills.\n"),
        ("a.xml", "<svg/>"),
        ("a.csv", "1,2,3"),
    ],
)
def test_a_folder_of_other_files_is_of_no_format(name, text, tmp_path):
    put(tmp_path / name, text)
    for function in (recognise, read_file):
        with pytest.raises(ReadError, match="its format is not one of those that are read"):
            function(tmp_path)


def test_a_packed_file_says_to_unpack_it_first(tmp_path):
    (tmp_path / "data.tar.gz").write_bytes(b"\x1f\x8b\x08" + bytes(100))
    with pytest.raises(ReadError, match=r"packed as gzip\. Unpack it first"):
        read_file(tmp_path / "data.tar.gz")


def test_labels_of_which_the_first_show_nobody_are_still_yolos(tmp_path):
    text = label(tmp_path)
    write_photos(tmp_path / "root" / "images", ("a.png", "b.png"))
    put(tmp_path / "root" / "labels" / "a.txt", "")
    put(tmp_path / "root" / "labels" / "b.txt", text)
    assert read_file(tmp_path / "root" / "labels").people > 0


def test_photos_of_one_name_in_two_shares_are_two_photos(tmp_path):
    for share in ("train", "valid"):
        write_photos(tmp_path / share, ("a.png",))
        put(tmp_path / share / "_annotations.coco.json", coco_of("a.png"))
    assert paths(read_file(tmp_path)) == ["train/a.png", "valid/a.png"]


def test_a_photo_in_two_files_of_a_data_set_stays_with_the_first_and_that_is_told(tmp_path):
    write_photos(tmp_path / "images", ("a.png",))
    for share in ("train", "valid"):
        put(tmp_path / share / "_annotations.coco.json", coco_of("a.png"))
    found = read_file(tmp_path)
    assert found.people == 1
    assert "images/a.png: its people of a second file are not read" in found.summary()


@pytest.mark.skipif(not FIELD.exists(), reason="the field's cases are not here")
@pytest.mark.parametrize("name", ["40-yolo", "28-smplifyx-layout", "28-smplifyx-layout/keypoints"])
def test_the_fields_roots_are_read(name):
    found = read_file(FIELD / name)
    assert found.people == 1
    paths(found)
