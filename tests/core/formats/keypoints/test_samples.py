"""The samples of detectors' and annotation tools' files: each is known as its format and gives its people."""

import shutil
from pathlib import Path

import pytest

from core.body.keypoints import layout
from core.formats.exchange import read_file
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.records import Person
from tests.core.formats.making import write_photos

PHOTOS = ("0.jpg", "1.jpg", "2.jpg", "photo.jpg", "000000000042.jpg", "images/0/000000.jpg")
SHOULDER = (375.5, 187.5)

# The sample, the name it is read under, its format, and (photo, track, x of the left shoulder) of each person.
SAMPLES = [
    ("alphapose-results.json", "", "alphapose", [("0.jpg", 1, 0), ("0.jpg", 2, 120), ("1.jpg", 1, 5)]),
    ("alphapose-halpe26.json", "", "alphapose", [("0.jpg", 0, 0)]),
    ("coco_results.json", "", "coco-results", [("000000000042.jpg", None, 0)]),
    ("openpose_write_coco.json", "", "coco-results", [("000000000042.jpg", None, 0)]),
    ("mmpose_inferencer_photo.json", "photo.json", "mmpose", [("photo.jpg", None, 0), ("photo.jpg", None, 120)]),
    ("mmpose_demo_photo.json", "results_photo.json", "mmpose", [("photo.jpg", None, 0), ("photo.jpg", None, 120)]),
    ("mmpose_inferencer_video.json", "", "mmpose", [("0.jpg", None, 0), ("1.jpg", None, 3), ("1.jpg", None, 120)]),
    ("mmpose_demo_video.json", "", "mmpose", [("0.jpg", None, 0), ("1.jpg", None, 3)]),
    ("easymocap_000000.json", "", "easymocap", [("images/0/000000.jpg", 0, 0)]),
    ("labelme_0.json", "", "labelme", [("0.jpg", None, 0)]),
    ("xanylabeling_0.json", "", "labelme", [("0.jpg", None, 0)]),
    ("labelstudio_export.json", "", "label-studio", [("0.jpg", None, 0)]),
    ("supervisely_0.jpg.json", "0.jpg.json", "supervisely", [("0.jpg", None, 0)]),
    ("darwin_video.json", "", "darwin", [("0.jpg", 14, 0), ("1.jpg", 14, 3), ("2.jpg", 14, 6)]),
    ("cvat_video.xml", "", "cvat-video",
     [("0.jpg", 0, 0), ("0.jpg", 1, 100), ("1.jpg", 0, 2), ("1.jpg", 1, 102), ("2.jpg", 0, 4), ("2.jpg", 1, 104)]),
    ("dlc_multi_el.csv", "", "deeplabcut",
     [("0.jpg", 0, 0), ("1.jpg", 0, 0), ("1.jpg", 1, 100), ("2.jpg", 0, 0), ("2.jpg", 1, 100)]),
    ("sleap.analysis.h5", "", "sleap",
     [("0.jpg", 0, 0.5), ("1.jpg", 0, 2.5), ("1.jpg", 1, 102.5), ("2.jpg", 0, 4.5), ("2.jpg", 1, 104.5)]),
]  # fmt: skip


def placed(shared_data: Path, folder: Path, sample: str, name: str) -> Path:
    """The sample in a folder with photos of its size."""
    write_photos(folder, PHOTOS, height=480, width=640)
    target = folder / (name or sample)
    shutil.copyfile(shared_data / "output_samples" / sample, target)
    if sample.startswith("supervisely"):
        shutil.copyfile(shared_data / "output_samples" / "supervisely_meta.json", folder / "meta.json")
    return target


def point(person: Person, name: str) -> int:
    return layout(person.keypoints.layout).keypoints.index(name)


def people(imported: Import) -> list[tuple[str, Person]]:
    return [(photo.path, person) for photo in imported.photos for person in photo.people]


@pytest.mark.parametrize(("sample", "name", "word", "expected"), SAMPLES)
def test_a_sample_gives_its_people_with_their_photos_and_tracks(
    shared_data, tmp_path, sample, name, word, expected
):
    file = placed(shared_data, tmp_path, sample, name)
    assert recognise(file) == word
    imported = read_file(file)
    assert not imported.left_out, imported.summary()
    found = people(imported)
    assert [(path, one.track) for path, one in found] == [(path, track) for path, track, _ in expected]
    for (_, one), (_, _, shift) in zip(found, expected, strict=True):
        xy = one.keypoints.xy[point(one, "left_shoulder")]
        up = 0.5 if word == "sleap" else 0
        assert xy == pytest.approx((SHOULDER[0] + shift, SHOULDER[1] + up), abs=0.01)
        assert 0 < one.keypoints.confidence.max() <= 1


@pytest.mark.parametrize(
    "sample", ["xanylabeling_0.json", "supervisely_0.jpg.json", "darwin_video.json", "cvat_video.xml"]
)
def test_what_a_tool_calls_difficult_disabled_or_occluded_is_occluded(shared_data, tmp_path, sample):
    file = placed(shared_data, tmp_path, sample, sample.removeprefix("supervisely_"))
    _, one = people(read_file(file))[0]
    assert one.keypoints.occluded.nonzero()[0].tolist() == [point(one, "left_wrist")]
    assert one.keypoints.confidence[point(one, "left_wrist")] == 1


def test_a_point_that_is_outside_throughout_a_track_is_absent(shared_data, tmp_path):
    for _, one in people(read_file(placed(shared_data, tmp_path, "cvat_video.xml", ""))):
        assert one.keypoints.layout == "coco17"
        assert one.keypoints.confidence[point(one, "left_ear")] == 0


def test_the_points_of_sapiens_are_those_that_sam_3d_names_as_such(shared_data, tmp_path):
    file = placed(shared_data, tmp_path, "sapiens_lite_308.json", "photo.json")
    assert recognise(file) == "sapiens"
    ((_, one),) = people(read_file(file))
    assert one.keypoints.layout == "openpose25"
    expected = {
        "left_shoulder": (429.16, 152.24), "right_wrist": (229.19, 153.43), "left_wrist": (545.16, 157.55),
        "neck": (384.53, 141.57), "mid_hip": (386.265, 278.3), "right_heel": (368.04, 454.17),
    }  # fmt: skip
    for name, xy in expected.items():
        assert one.keypoints.xy[point(one, name)] == pytest.approx(xy, abs=0.01), name


@pytest.mark.parametrize(("case", "file", "word"), [
    ("29-coco-results-list", "r.json", "coco-results"), ("32-easymocap", "annots/000000.json", "easymocap"),
    ("32-easymocap", "annots", "easymocap"), ("32-easymocap", ".", "easymocap"),
])  # fmt: skip
def test_a_field_case_gives_its_person(shared_data, case, file, word):
    path = shared_data / "field_cases" / case / file
    assert recognise(path) == word
    imported = read_file(path)
    ((photo, one),) = people(imported)
    assert Path(photo).name in ("000000000001.jpg", "000000.jpg")
    assert one.keypoints.xy[point(one, "left_shoulder")] == pytest.approx((360, 150))
    assert (one.track == 0) == (word == "easymocap")
