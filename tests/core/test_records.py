"""Records are frozen, share nothing that can change, and refuse what does not hold together."""

import dataclasses

import numpy as np
import pytest

from core.errors import FitloopError, LayoutError
from core.records import BBox, Fit, Guess, Keypoints, Person, Photo


@pytest.fixture
def keypoints() -> Keypoints:
    return Keypoints("coco17", np.arange(34.0).reshape(17, 2), np.linspace(0, 1, 17))


@pytest.fixture
def person(keypoints) -> Person:
    return Person(3, BBox(np.array([50.0, 60.0]), 0.5), keypoints)


def a_guess(**changes) -> Guess:
    values = {
        "pose": np.zeros(72),
        "betas": np.zeros(10),
        "kid": 0.0,
        "cam_t": np.array([0.0, 0.0, 4.0]),
        "focal_length": 1100.0,
        "camera_center": np.array([640.0, 360.0]),
        "network": "spin",
    }
    return Guess(**{**values, **changes})


def test_a_record_and_its_arrays_cannot_be_written_to(keypoints):
    with pytest.raises(ValueError, match="read-only"):
        keypoints.xy[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        keypoints.layout = "openpose25"


def test_a_record_does_not_follow_the_array_it_was_made_from():
    xy = np.zeros((2, 2), dtype=np.float32)
    keypoints = Keypoints("two", xy, np.ones(2))
    xy[0] = 7
    assert keypoints.xy[0].tolist() == [0, 0]
    assert xy.flags.writeable


def test_arrays_become_float32_and_numbers_become_plain():
    guess = a_guess(pose=np.ones(72, dtype=np.float64), focal_length=np.float32(900), kid=np.zeros(()))
    assert guess.pose.dtype == np.float32
    assert type(guess.focal_length) is float
    assert type(guess.kid) is float


def test_a_bbox_around_a_tight_box_is_a_padded_square_and_gives_the_tight_box_back():
    bbox = BBox.from_xywh([10, 20, 30, 100])
    assert bbox.center.tolist() == [25, 70]
    assert bbox.side == pytest.approx(120)
    np.testing.assert_allclose(bbox.xywh, [10, 20, 30, 100], atol=1e-4)
    np.testing.assert_allclose(bbox.corners, [[10, 20], [40, 120]], atol=1e-4)


def test_a_bbox_of_which_only_the_square_is_known_gives_the_square_without_its_padding():
    bbox = BBox(np.array([25.0, 70.0]), 0.6)
    np.testing.assert_allclose(bbox.xywh, [-25, 20, 100, 100], atol=1e-4)
    again = BBox.from_xywh(bbox.xywh)
    assert again.scale == pytest.approx(bbox.scale)
    np.testing.assert_allclose(again.center, bbox.center, atol=1e-4)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_bbox_without_a_size_is_refused(scale):
    with pytest.raises(FitloopError, match="scale"):
        BBox(np.zeros(2), scale)


@pytest.mark.parametrize("size", [(0.0, 5.0), (5.0, -1.0), (np.nan, 5.0)])
def test_a_bbox_of_a_tight_box_without_area_is_refused(size):
    with pytest.raises(FitloopError, match=r"bbox|BBox"):
        BBox(np.zeros(2), 1.0, np.array(size))


def test_keypoints_survive_the_way_through_their_array(keypoints):
    again = Keypoints.from_array("coco17", keypoints.array)
    np.testing.assert_array_equal(again.xy, keypoints.xy)
    np.testing.assert_array_equal(again.confidence, keypoints.confidence)
    assert not again.occluded.any()
    assert again.k == 17


def test_a_keypoint_that_is_not_finite_is_absent():
    keypoints = Keypoints("three", [[1, np.nan], [2, 2], [3, 3]], [1, np.nan, 1.05])
    assert keypoints.confidence.tolist() == [0, 0, 1]
    assert keypoints.xy.tolist() == [[0, 0], [0, 0], [3, 3]]


@pytest.mark.parametrize(
    ("xy", "confidence", "occluded"),
    [
        (np.zeros((3, 3)), np.zeros(3), np.zeros(3, bool)),
        (np.zeros(6), np.zeros(6), np.zeros(6, bool)),
        (np.zeros((3, 2)), np.zeros(4), np.zeros(3, bool)),
        (np.zeros((3, 2)), np.zeros(3), np.zeros(2, bool)),
    ],
)
def test_keypoints_whose_arrays_do_not_belong_together_are_refused(xy, confidence, occluded):
    with pytest.raises(LayoutError, match="do not belong together"):
        Keypoints("some", xy, confidence, occluded)


def test_moving_one_keypoint_by_name_leaves_the_old_record_and_all_other_keypoints(keypoints):
    moved = keypoints.with_keypoint("left_wrist", xy=(100, 200), confidence=1, occluded=True)
    assert moved.xy[9].tolist() == [100, 200]
    assert moved.occluded.nonzero()[0].tolist() == [9]
    assert keypoints.xy[9].tolist() == [18, 19]
    others = np.arange(17) != 9
    np.testing.assert_array_equal(moved.array[others], keypoints.array[others])


def test_hiding_a_keypoint_by_index_keeps_its_place(keypoints):
    hidden = keypoints.with_keypoint(5, confidence=0)
    assert hidden.confidence[5] == 0
    np.testing.assert_array_equal(hidden.xy, keypoints.xy)


@pytest.mark.parametrize(("wrong", "choice"), [("left_antler", "left_wrist"), (17, "16"), (-1, "0")])
def test_an_unknown_keypoint_is_refused_and_the_valid_ones_are_listed(keypoints, wrong, choice):
    with pytest.raises(LayoutError, match=choice):
        keypoints.with_keypoint(wrong, confidence=1)


def test_a_name_in_an_unknown_layout_is_refused_and_the_layouts_are_listed():
    with pytest.raises(LayoutError, match="coco17"):
        Keypoints("cocoa17", np.zeros((17, 2)), np.ones(17)).with_keypoint("nose", confidence=1)


def test_a_guess_of_the_wrong_shape_or_with_nan_is_refused():
    with pytest.raises(FitloopError, match=r"pose is \(69,\)"):
        a_guess(pose=np.zeros(69))
    with pytest.raises(FitloopError, match="cam_t has values that are not finite"):
        a_guess(cam_t=np.array([0, 0, np.nan]))


def test_a_fit_keeps_its_score_source_and_body():
    guess = a_guess()
    fit = Fit(guess.pose, guess.betas, 0, guess.cam_t, 1100, guess.camera_center, 3.5, "open-1", "curated")
    assert (fit.score, fit.body, fit.source, fit.weak) == (3.5, "open-1", "curated", False)


def test_a_person_changes_by_being_replaced(person):
    accepted = person.with_(verdict="accepted", tags=("handstand",))
    assert (person.verdict, person.tags) == ("todo", ())
    assert accepted.verdict == "accepted"
    assert accepted.keypoints is person.keypoints


def test_a_photo_takes_a_new_person_at_the_end_and_a_known_one_in_its_place(person):
    photo = Photo("a.jpg", 640, 480).with_person(person).with_person(person.with_(id=4))
    noted = photo.with_person(person.with_(note="occluded"))
    assert [(one.id, one.note) for one in noted.people] == [(3, "occluded"), (4, "")]
    assert noted.people[1] is photo.people[1]
    assert photo.people[0].note == ""


def test_a_camera_that_nobody_measured_is_as_long_as_the_diagonal_and_looks_at_the_middle():
    assert Photo("a.jpg", 640, 480).camera == (800, (320, 240))
    assert Photo("a.jpg", 640, 480, focal_length=500.0).camera == (500, (320, 240))
    assert Photo("a.jpg", 640, 480, camera_center=(300.0, 200.0)).camera == (800, (300, 200))


def test_keypoints_of_many_people_are_those_of_each():
    random = np.random.default_rng(3)
    array = random.uniform(-0.2, 1.3, (5, 17, 3))
    array[1, 3, 0], array[2, 4, 2] = np.nan, np.inf
    occluded = random.random((5, 17)) < 0.3
    for one, rows, hidden in zip(Keypoints.many("coco17", array, occluded), array, occluded, strict=True):
        alone = Keypoints("coco17", rows[:, :2], rows[:, 2], hidden)
        for name in ("xy", "confidence", "occluded"):
            np.testing.assert_array_equal(getattr(one, name), getattr(alone, name))
            assert getattr(one, name).dtype == getattr(alone, name).dtype
            assert not getattr(one, name).flags.writeable
