"""Made-up inputs of the kinds that users reported, each read as it is meant. The cases lie beside the project."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import ReadError
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.geometry.rotation import axis_angle_to_matrix
from train.convert import main as convert

CASES = Path(__file__).parents[3] / "shared" / "data" / "field_cases"
NOSE, LEFT_SHOULDER = (320, 100), (360, 150)

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not on this machine")


def only_person(found):
    """The one person of the one photo with people."""
    ((person,),) = [photo.people for photo in found.photos if photo.people]
    return person


def place_of(person, name):
    """Where a keypoint is, and its confidence."""
    index = layout(person.keypoints.layout).index(name)
    return person.keypoints.array[index]


def is_the_usual_person(person):
    """Whether nose and left shoulder are where most of the cases have them."""
    return np.allclose(place_of(person, "nose")[:2], NOSE, atol=0.01) and np.allclose(
        place_of(person, "left_shoulder")[:2], LEFT_SHOULDER, atol=0.01
    )


@pytest.mark.parametrize(
    ("file", "layout_name"),
    [
        ("02-category-no-names/a.json", "coco17"),
        ("07-string-ids/a.json", "coco17"),
        ("100-foot-dataset/a.json", "coco23"),
        ("12-binary-visibility/a.json", "coco17"),
        ("13-nested-keypoints/a.json", "coco17"),
        ("29-coco-results-list/r.json", "coco17"),
        ("28-smplifyx-layout/keypoints", "openpose25"),
        ("32-easymocap/annots", "openpose25"),
        ("40-yolo", "coco17"),
    ],
)
def test_people_of_files_that_other_programs_write_are_read(file, layout_name):
    person = only_person(read_file(CASES / file))
    assert person.keypoints.layout == layout_name
    assert is_the_usual_person(person)


def test_the_layout_of_categories_without_names_can_be_given():
    person = only_person(read_file(CASES / "02-category-no-names/a.json", Beside(layout_name="coco17")))
    assert is_the_usual_person(person)


def test_visibilities_of_0_and_1_alone_mean_labelled_and_not_hidden():
    assert not only_person(read_file(CASES / "12-binary-visibility/a.json")).keypoints.occluded.any()


@pytest.mark.parametrize("file", ["a.json", "b.json", "c.json", "annotations/d.json"])
def test_a_photo_that_another_computer_names_is_found_under_the_chosen_folder(file):
    folder = CASES / "14-windows-path"
    photos = folder if file == "a.json" else folder / "images"
    found = read_file(folder / file, Beside(photos=photos))
    assert is_the_usual_person(only_person(found))
    assert (photos / found.photos[0].path).is_file()


@pytest.mark.parametrize("file", ["a_keypoints.json", "b_keypoints.json"])
def test_fractions_of_a_photo_are_not_taken_as_pixels(file):
    with pytest.raises(ReadError, match="fractions"):
        read_file(CASES / "143-scale" / file)


def test_people_of_a_sequence_are_written_one_track_a_file(tmp_path):
    source = CASES / "160-two-people-sequence"
    assert convert([str(source / "fits.npz"), str(tmp_path / "of.npz"), "--to", "amass"]) in (0, 1)
    written = sorted(tmp_path.glob("*.npz"))
    for file in written:
        with np.load(file) as motion:
            along = motion["trans"][:, 0]
            assert np.abs(along - along[0]).max() < 0.2


def test_fits_of_3dpw_are_written_in_the_frame_of_spins_own_file(tmp_path):  # 161-
    source, target = CASES / "120-3dpw-py2", tmp_path / "y.npz"
    given = [str(source / "made_up_00.pkl"), str(target), "--photos", str(source), "--to", "spin"]
    assert convert(given) == 0
    with np.load(target) as written:
        turn = axis_angle(written["pose"][0, :3])
    assert np.allclose(turn, axis_angle([np.pi, 0, 0]), atol=1e-3)


def axis_angle(values):
    """(3, 3) rotation of an axis-angle (3,)."""
    import torch

    return axis_angle_to_matrix(torch.tensor(np.asarray(values, np.float64))[None])[0].numpy()


def test_cliffs_pseudo_truth_is_in_the_frame_of_the_photo():
    person = only_person(read_file(CASES / "60-cliff-gt/mpii_cliffGT.npz"))
    with np.load(CASES / "60-cliff-gt/mpii_cliffGT.npz") as file:
        pose = file["pose"][0]
    assert np.allclose(axis_angle(person.fit.pose[:3]), axis_angle(pose[:3]), atol=1e-4)
    assert np.allclose(person.fit.cam_t, [2.2, 0.1, 6.0], atol=1e-3)
    assert person.fit.focal_length == pytest.approx(1468.6, abs=0.1)


@pytest.mark.parametrize(("file", "layout_name"), [("halpe26.txt", "halpe26"), ("coco18.txt", "coco18")])
def test_yolo_lines_without_visibilities_are_read_as_they_are(file, layout_name):
    person = only_person(read_file(CASES / "54-yolo-2dim-counts" / file))
    assert person.keypoints.layout == layout_name
    assert (person.keypoints.confidence == 1).all()
    assert is_the_usual_person(person)


def test_points_that_are_numbered_are_read_with_a_given_layout():
    person = only_person(read_file(CASES / "81-cvat-numeric/a.xml", Beside(layout_name="coco17")))
    assert is_the_usual_person(person)


def test_people_of_a_photo_that_was_resized_are_resized_too():
    found = read_file(CASES / "50-resized/a.json")
    person = only_person(found)
    assert (found.photos[0].width, found.photos[0].height) == (320, 240)
    assert np.allclose(place_of(person, "nose")[:2], np.array(NOSE) / 2, atol=0.01)
    assert found.notes


@pytest.mark.parametrize("file", ["raw.json", "ls.json"])
def test_people_of_a_photo_that_exif_turns_stand_upright(file):
    found = read_file(CASES / "49-exif" / file)
    person = only_person(found)
    assert (found.photos[0].width, found.photos[0].height) == (640, 480)
    assert np.allclose(place_of(person, "nose")[:2], NOSE, atol=1.5)
    assert found.notes


def test_every_case_is_tried_here():
    tried = Path(__file__).read_text()
    assert not [
        case.name
        for case in CASES.iterdir()
        if (case / "WHAT.txt").is_file() and case.name.split("-")[0] + "-" not in tried
    ]


def test_nobody_read_is_an_error_of_the_command(tmp_path):
    file = tmp_path / "nobody.json"
    text = {"images": [{"id": 1, "file_name": "a.jpg", "width": 6, "height": 4}], "annotations": []}
    file.write_text(json.dumps(text | {"categories": []}))
    assert convert([str(file), str(tmp_path / "out.fitloop")]) == 1
    assert not (tmp_path / "out.fitloop").exists()
