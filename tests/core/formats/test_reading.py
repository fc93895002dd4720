"""Every reader reads a file of its format, and `recognise` finds the reader from the content."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.body.model import SMPL_NEUTRAL
from core.errors import Undecided
from core.formats.bodies import hmr2
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.keypoints import openpose
from core.formats.recognise import recognise
from core.formats.shared.glimpse import Glimpse
from core.formats.table import formats_recognised
from tests.core.formats import making
from tests.core.formats.making import Sample, samples, write_photos

WORDS = [row.word for row in formats_recognised()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return samples(tmp_path_factory.mktemp("formats"))


def test_there_is_a_sample_of_every_format(made):
    assert set(made) == set(WORDS)


@pytest.mark.parametrize("name", WORDS)
def test_a_file_of_each_format_gives_its_people(made, name):
    imported = made[name].read(made[name].path)
    assert imported.people == made[name].people, imported.summary()


@pytest.mark.parametrize("name", WORDS)
def test_the_format_of_a_file_is_known_from_its_content(made, name):
    assert recognise(made[name].path) == name


@pytest.mark.parametrize("name", WORDS)
def test_no_other_format_is_as_sure_of_a_file(made, name):
    seen = Glimpse(made[name].path)
    sure = {row.word: row.recognise(seen) for row in formats_recognised()}
    assert [word for word, how in sure.items() if how >= sure[name]] == [name]


def test_people_with_a_pose_have_a_fit_in_the_photos_frame(made):
    for name in ("spin", "hmr2", "eft", "3dpw", "agora", "smplifyx", "parameters"):
        imported = made[name].read(made[name].path)
        fits = [person.fit for photo in imported.photos for person in photo.people if person.fit]
        assert fits, f"{name}: {imported.summary()}"
        assert all(fit.cam_t[2] > 0 for fit in fits), name


def test_all_annotated_photos_import_and_say_what_they_leave_out(shared_data: Path):
    from core.formats.keypoints import coco, openpose

    readers = {"coco": coco.read, "openpose": openpose.read}
    people = 0
    files = sorted((shared_data / "photos").glob("*.json"))
    for file in files:
        imported = readers[recognise(file)](file)
        assert imported.photos, imported.summary()
        assert not imported.left_out, imported.summary()
        people += imported.people
    assert len(files) == 14
    assert people == 48


@pytest.mark.parametrize(("scale", "side"), [((24.0, 30.0), 32.0), ((21.0, 30.0), 30.0)], ids=str)
def test_a_box_of_4d_humans_is_in_pixels_and_grows_to_192_by_256(scale, side, tmp_path):
    write_photos(tmp_path)
    arrays = making.hmr2_arrays() | {"scale": np.array([scale] * 3)}
    (tmp_path / "data.npz").write_bytes(making.npz_bytes(arrays))
    photos = hmr2.read(tmp_path / "data.npz", frame="crop").photos
    assert [person.bbox.side for photo in photos for person in photo.people] == pytest.approx([side] * 3)


def padded_keypoints(times: float, rows: int = 3) -> np.ndarray:
    """(rows, 25, 3): four points are seen, whose longer extent goes `times` into a box of 30 px."""
    points = np.zeros((rows, 25, 3))
    points[:, :4] = [[10, 10, 1], [12, 10, 1], [11, 15, 1], [13, 10 + 30 / times, 1]]
    return points


@pytest.mark.parametrize("shape", [(3,), (3, 1)], ids=str)
@pytest.mark.parametrize(
    ("more", "box", "side", "why"),
    [
        ({"extra_info": np.zeros(3)}, None, 40.0, "extra_info is 4D-Humans'"),
        ({"gender": np.full(3, "n")}, None, 30.0, "gender is that of ProHMR's scripts"),
        ({}, "square", 30.0, "as was asked for"),
        ({"gender": np.full(3, "n")}, "tall", 40.0, "as was asked for"),
    ],
)
def test_a_box_of_one_number_is_that_of_the_program_that_the_file_is_of(
    more, box, side, why, shape, tmp_path
):
    write_photos(tmp_path)
    arrays = making.hmr2_arrays() | {
        "extra_keypoints_2d": np.zeros((3, 19, 3)),
        "scale": np.full(shape, 30.0),
    }
    (tmp_path / "data.npz").write_bytes(making.npz_bytes(arrays | more))
    found = hmr2.read(tmp_path / "data.npz", frame="crop", box=box)
    assert [person.bbox.side for photo in found.photos for person in photo.people] == pytest.approx(
        [side] * 3
    )
    assert why in found.summary()


def padded_rows(rows: int) -> dict[str, np.ndarray]:
    """So many people of one photo, each in a box 1.2 times their keypoints."""
    each = {name: np.repeat(array[:1], rows, axis=0) for name, array in making.hmr2_arrays().items()}
    extra = np.zeros((rows, 19, 3))
    boxes = {"scale": np.full(rows, 30.0), "body_keypoints_2d": padded_keypoints(1.2, rows)}
    return each | boxes | {"extra_keypoints_2d": extra}


@pytest.mark.parametrize("rows", [19, 20])
def test_boxes_of_many_people_round_their_keypoints_show_their_program_and_few_do_not(rows, tmp_path):
    write_photos(tmp_path)
    path = tmp_path / "data.npz"
    path.write_bytes(making.npz_bytes(padded_rows(rows)))
    if rows < 20:
        with pytest.raises(Undecided):
            hmr2.read(path, frame="crop")
    else:
        assert "1.2 times their keypoints" in hmr2.read(path, frame="crop").summary()


@pytest.mark.parametrize("times", [1.0, 1.6])
def test_a_box_of_one_number_that_nothing_explains_is_asked_about(times, tmp_path):
    write_photos(tmp_path)
    arrays = making.hmr2_arrays() | {
        "extra_keypoints_2d": np.zeros((3, 19, 3)), "scale": np.full(3, 30.0),
        "body_keypoints_2d": padded_keypoints(times),
    }  # fmt: skip
    path = tmp_path / "data.npz"
    path.write_bytes(making.npz_bytes(arrays))
    with pytest.raises(Undecided, match="ProHMR and 4D-Humans take differently") as asked:
        read_file(path, Beside(frame="crop"))
    assert (asked.value.option, [way.value for way in asked.value.ways]) == ("box", ["square", "tall"])
    assert read_file(path, Beside(frame="crop", box="tall")).people == 3


@pytest.mark.parametrize("column", [np.array([1, 0, 1]), None], ids=["has_betas", "no column"])
def test_a_shape_that_4d_humans_does_not_know_is_no_truth(column, tmp_path):
    write_photos(tmp_path)
    arrays = making.hmr2_arrays() | ({} if column is None else {"has_betas": column})
    (tmp_path / "data.npz").write_bytes(making.npz_bytes(arrays))
    found = hmr2.read(tmp_path / "data.npz", frame="crop")
    people = {one.id: one for photo in found.photos for one in photo.people}
    known = np.zeros(3) if column is None else column
    assert [people[row].locked for row in range(3)] == known.astype(bool).tolist()
    assert not people[1].fit.betas.any()
    assert people[1].fit.source == "fit"
    np.testing.assert_allclose(people[1].fit.pose[3:], arrays["body_pose"][1, 3:], atol=1e-6)
    assert f"{3 - int(known.sum())} poses have no known shape" in found.summary()


def test_guesses_of_cliff_are_of_smpl(made):
    photos = made["cliff"].read(made["cliff"].path).photos
    assert [one.guess.body for photo in photos for one in photo.people] == [SMPL_NEUTRAL] * 2


@pytest.mark.parametrize(
    ("column", "tracks"),
    [
        ([4, 7, 4, 7], [4, 7, 4, 7]),
        ([0, 1, 0, 1], [0, 1, 0, 1]),
        ([0, 0, 0, 0], [None] * 4),
        ([4, 4, 4, 7], [None, None, 4, 7]),
        ([4, 2.5, -1, np.nan], [4, None, None, None]),
        ([4, 1e30, 4, np.inf], [4, None, 4, None]),
    ],
)
def test_cliffs_tracks_are_identities_where_a_photo_has_each_once(column, tracks, tmp_path):
    write_photos(tmp_path)
    arrays = making.cliff_arrays()
    rows = np.column_stack([np.tile(arrays["detection_all"][:1], (4, 1)), np.zeros(4), column])
    rows[:, 0] = 0, 0, 1, 1
    arrays = {
        name: array if name == "imgname" else np.concatenate([array] * 2) for name, array in arrays.items()
    }
    (tmp_path / "cliff.npz").write_bytes(making.npz_bytes(arrays | {"detection_all": rows}))
    found = read_file(tmp_path / "cliff.npz")
    assert {one.id: one.track for photo in found.photos for one in photo.people} == dict(enumerate(tracks))


@pytest.mark.parametrize(
    "name", ["agora", "cliff", "curated", "eft", "hmr2", "parameters", "3dpw", "smplifyx", "spin"]
)
def test_a_photo_has_the_camera_that_its_bodies_were_placed_for(made, name):
    """Else a window draws them, and a fit goes on from them, through another lens than theirs."""
    bodies = 0
    for photo in made[name].read(made[name].path).photos:
        focal_length, center = photo.camera
        for body in (body for person in photo.people for body in (person.fit, person.guess) if body):
            bodies += 1
            assert body.focal_length == pytest.approx(focal_length, abs=0.5)
            assert body.camera_center == pytest.approx(center, abs=0.5)
    assert bodies


def test_a_stray_point_of_openpose_does_not_widen_the_box(tmp_path):
    write_photos(tmp_path)
    boxes = []
    for stray in (False, True):
        document = making.openpose_document()
        values = np.array(document["people"][0]["pose_keypoints_2d"]).reshape(-1, 3)
        values[:, :2] = values[:, :2] / 2 + 5
        values[4] = (63.0, 47.0, 0.05) if stray else (0, 0, 0)
        document["people"] = [{"pose_keypoints_2d": values.reshape(-1).tolist()}]
        (tmp_path / "a_keypoints.json").write_text(json.dumps(document))
        (person,) = openpose.read(tmp_path / "a_keypoints.json").photos[0].people
        boxes.append(person.bbox)
        assert (person.keypoints.confidence[4] > 0) == stray
    assert boxes[0].scale == boxes[1].scale
    np.testing.assert_array_equal(boxes[0].center, boxes[1].center)


def test_a_person_of_faint_points_alone_still_has_a_box(tmp_path):
    write_photos(tmp_path)
    document = making.openpose_document()
    values = np.array(document["people"][0]["pose_keypoints_2d"]).reshape(-1, 3)
    values[:, 2] = 0.1
    document["people"] = [{"pose_keypoints_2d": values.reshape(-1).tolist()}]
    (tmp_path / "a_keypoints.json").write_text(json.dumps(document))
    (person,) = openpose.read(tmp_path / "a_keypoints.json").photos[0].people
    assert person.bbox.side == pytest.approx(1.2 * np.ptp(values[:, :2], axis=0).max(), rel=1e-5)
