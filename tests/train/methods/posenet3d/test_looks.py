"""What PoseNet3D learns from: keypoints and nothing else, and a refusal where they are not enough."""

import ast
from pathlib import Path

import numpy as np
import pytest

from core.errors import FitloopError, LayoutError
from core.networks.teacher.body_points import BodyPoints
from core.records import Fit
from tests.train.methods.posenet3d.seen_people import FOCAL, bodies, photos_of, points_of
from train.methods.posenet3d import method
from train.methods.posenet3d.enough_looks import check_enough
from train.methods.posenet3d.looks import LAST, Looks, looks_of_photos
from train.methods.posenet3d.projected_looks import projected_looks
from train.posenet3d import main

ROOM = Path(method.__file__).parent
# Rooms and modules that hold 3D: captured poses, scenes of bodies, fits, truth, what captured poses taught.
WITH_3D = ("mocap", "scenes", "photo_truth", "prior", "store", "fitting", "accuracy", "rare_poses")
MAY_READ_3D = {"projected_looks", "lifted_accuracy", "second_opinion"}  # projects it once; two teach nothing
MANY = 520


@pytest.fixture(scope="module")
def many():
    return photos_of(bodies(MANY))


def refusal(looks: Looks, points: BodyPoints | None = None) -> str:
    with pytest.raises(FitloopError) as error:
        check_enough(looks, points or looks.usual_points())
    return str(error.value)


def test_training_reads_no_joints_and_no_poses():
    """No module of the room but two imports anything that holds 3D, and looks have no place for it."""
    for file in ROOM.glob("*.py"):
        if file.stem in MAY_READ_3D:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                named = (node.module or "").split(".")
                assert not set(named) & set(WITH_3D), f"{file.name} imports {node.module}"
    assert set(Looks.__dataclass_fields__) == {"layout", "xy", "confidence", "next", "weight"}


def test_fits_and_guesses_of_a_project_change_nothing(many):
    zero = np.zeros(3, np.float32)
    fit = Fit(np.ones(72), np.ones(10), 0.0, zero, FOCAL, zero[:2], 1.0, "", "curated")
    fitted = [photo.with_(people=(photo.people[0].with_(fit=fit, verdict="accepted"),)) for photo in many]
    plain, other = looks_of_photos(many, None)[0], looks_of_photos(fitted, None)[0]
    for name in ("xy", "confidence", "next", "weight"):
        assert np.array_equal(getattr(plain, name), getattr(other, name))


def test_captured_poses_leave_their_keypoints_alone(tmp_path):
    """Of a clip's camera, frames follow each other and are seen nearly alike."""
    pose = np.zeros((12, 72), np.float32)
    pose[:, 3 * 18 + 1] = np.linspace(0, 0.2, 12)
    clip = np.repeat(["a", "b"], 6)
    np.savez(tmp_path / "poses.npz", poses=pose, clip=clip, frame30=np.tile([0, 1, 2, 3, 9, 10], 2))
    looks = projected_looks(tmp_path / "poses.npz", "coco17", ("train",), seed=0)
    assert looks.xy.shape == (72, 17, 2)
    assert looks.xy.dtype == np.float32
    follows = np.flatnonzero(looks.next != LAST)
    assert len(follows) == 3 * 2 * 4
    assert np.array_equal(looks.next[follows], follows + 1)
    assert np.abs(looks.xy[looks.next[follows]] - looks.xy[follows]).max() < 0.02
    again = projected_looks(tmp_path / "poses.npz", "coco17", ("train",), seed=0)
    assert np.array_equal(again.xy, looks.xy)


def test_a_look_is_the_tangent_of_the_photos_camera(many):
    looks, notices = looks_of_photos(many, None)
    points = points_of(bodies(MANY))
    assert np.allclose(looks.xy, (points[..., :2] / points[..., 2:]).numpy(), atol=1e-5)
    assert notices == ()
    _, told = looks_of_photos([photo.with_(focal_length=None) for photo in many], None)
    assert "no measured camera" in told[0]


def test_the_next_frame_is_the_same_person_or_track_one_number_on(many):
    kept = [many[0], many[1], many[3]]
    assert looks_of_photos(kept, None)[0].next.tolist() == [1, LAST, LAST]
    tracked = [
        photo.with_(people=(photo.people[0].with_(id=10 + number, track=7),))
        for number, photo in enumerate(kept)
    ]
    assert looks_of_photos(tracked, None)[0].next.tolist() == [1, LAST, LAST]
    others = [photo.with_(people=(photo.people[0].with_(id=number),)) for number, photo in enumerate(kept)]
    assert looks_of_photos(others, None)[0].next.tolist() == [LAST] * 3


def test_enough_people_are_taken_and_rare_points_are_left_out(many):
    looks, _ = looks_of_photos(many, None)
    assert len(check_enough(looks, looks.usual_points())) == MANY
    ear = looks.confidence.copy()
    ear[: MANY // 2, 3] = 0
    points = Looks(looks.layout, looks.xy, ear, looks.next, looks.weight).usual_points()
    assert "left_ear" not in points.parts
    assert "right_ear" not in points.parts
    assert not points.has_face


def test_few_people_are_refused_with_how_many_would_be_enough(many):
    looks, _ = looks_of_photos(many[:100], None)
    assert "100 of 100" in refusal(looks)
    assert "500" in refusal(looks)


def test_people_without_body_points_are_refused(many):
    heads = [
        photo.with_(
            people=(
                photo.people[0].with_(
                    keypoints=type(photo.people[0].keypoints)(
                        "coco17", photo.people[0].keypoints.xy, [1.0] * 5 + [0.0] * 12
                    )
                ),
            )
        )
        for photo in many
    ]
    assert "0 of 520 people" in refusal(looks_of_photos(heads, None)[0])
    with pytest.raises(LayoutError, match="left_shoulder"):
        BodyPoints("coco17", (0, 1, 2, 3, 4))


def test_mixed_layouts_are_refused_with_the_choice_and_one_may_be_chosen(many):
    mixed = [*many, *photos_of(bodies(3), "h36m17", "other/{:04d}.jpg")]
    with pytest.raises(FitloopError, match=r"coco17 \(520 people\), h36m17 \(3 people\).*--layout coco17"):
        looks_of_photos(mixed, None)
    looks, notices = looks_of_photos(mixed, "coco17")
    assert len(looks) == MANY
    assert "3 people of other layouts" in notices[0]


def test_people_whom_one_camera_sees_from_ahead_are_refused():
    looks, _ = looks_of_photos(photos_of(bodies(MANY, heading=0.0)), None)
    assert "from behind" in refusal(looks)
    assert "at least 3 %" in refusal(looks)


def test_people_who_are_all_alike_are_refused():
    looks, _ = looks_of_photos(photos_of(bodies(MANY, heading=0.3, bend=0.02)), None)
    assert "one pose" in refusal(looks)


def test_numbers_that_are_none_are_refused_and_keypoints_without_numbers_are_absent(many):
    looks, _ = looks_of_photos(many, None)
    xy = looks.xy.copy()
    xy[3, 2, 0] = np.nan
    assert "1 of 520 people" in refusal(Looks(looks.layout, xy, looks.confidence, looks.next, looks.weight))
    person = many[0].people[0]
    points = np.array(person.keypoints.xy)
    points[5] = np.nan
    odd = many[0].with_(
        people=(person.with_(keypoints=type(person.keypoints)("coco17", points, [1.0] * 17)),)
    )
    assert looks_of_photos([odd], None)[0].confidence[0, 5] == 0


def test_nobody_at_all_is_refused():
    with pytest.raises(FitloopError, match="nobody has a keypoint"):
        looks_of_photos([], None)


@pytest.mark.parametrize("words", [[], ["--data", "a.json", "--poses", "b.npz"]])
def test_keypoints_must_come_from_one_kind_of_source(words, tmp_path, capsys):
    assert main(["--run", str(tmp_path / "run"), *words]) == 1
    assert "--data with projects or annotation files, or --poses" in capsys.readouterr().err
