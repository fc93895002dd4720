"""What a curator is warned of, on bodies whose keypoints are their own projection and then spoilt."""

from dataclasses import replace

import numpy as np
import pytest

from core.body.capsules import overlap
from core.body.keypoints import layout
from core.body.mean_skeleton import SMPL_PELVIS, joints_of, keypoint_weights, open_fingerprint, project
from core.body.model import SMPL_NEUTRAL, BodyParams, load_body
from core.body.tree import LIMB_JOINTS, joint_index
from core.body.warnings import depth_below, warnings_of
from core.body.warnings.teacher_differs import apart_mm
from core.guesses import TEACHER, behind
from core.records import BBox, Fit, Guess, Keypoints, Person, Photo
from core.store import Edit, Project
from core.wishes import GroundContact

LAYOUT = "coco17"
FOCAL_PX = 600.0


def pose(**turns):
    """(72,) of someone who faces the camera with hanging arms; joints by name, axis-angle [rad]."""
    values = np.zeros((24, 3))
    values[joint_index("pelvis")] = (np.pi, 0, 0)
    values[joint_index("left_shoulder")], values[joint_index("right_shoulder")] = (0, 0, -1.1), (0, 0, 1.1)
    for name, turn in turns.items():
        values[joint_index(name)] = turn
    return values.ravel()


def fit(at=(0.0, 0.2, 4.0), betas=None, weak=False, **turns):
    betas = np.zeros(10) if betas is None else betas
    center = np.array([320.0, 240.0])
    return Fit(
        pose(**turns), betas, 0.0, np.array(at), FOCAL_PX, center, 1.0, open_fingerprint(), "fit", weak
    )


def person(body, person_id=1, **changes):
    """Someone whose keypoints are where this body has them, in a box that fits."""
    places = keypoint_weights(LAYOUT) @ joints_of([body])[0]
    xy = project(places[None], [body])[0]
    low, high = xy.min(axis=0), xy.max(axis=0)
    box = BBox.from_xywh([*low, *(high - low)])
    return Person(person_id, box, Keypoints(LAYOUT, xy, np.ones(len(xy))), fit=body).with_(**changes)


def warned(one):
    return warnings_of([one])[0]


def exchanged(one, names):
    """The person with these keypoints in the place of their counterparts, and the other way round."""
    order, points = np.arange(one.keypoints.k), one.keypoints
    for name in names:
        pair = [layout(LAYOUT).index(f"{side}_{name}") for side in ("left", "right")]
        order[pair] = pair[::-1]
    return one.with_(keypoints=Keypoints(LAYOUT, points.xy[order], points.confidence))


def test_a_person_who_stands_and_is_fitted_well_is_not_warned_of():
    assert warned(person(fit())) == ()


def test_the_mean_skeleton_stands_where_the_mesh_body_has_its_joints():
    import torch

    body = fit(left_knee=(0.8, 0, 0), spine2=(0.3, 0.2, 0.1), neck=(0, 0.5, 0))
    params = BodyParams.from_pose(
        torch.tensor(body.pose)[None], torch.zeros(1, 10), torch.tensor(body.cam_t)[None]
    )
    with torch.no_grad():
        joints = load_body().pose(params)[1][0].numpy()
    assert np.abs(joints_of([body])[0] - joints).max() < 1e-5


@pytest.mark.parametrize("value", [3.2, -3.2])
def test_a_shape_beyond_three_standard_deviations_is_unlikely(value):
    betas = np.zeros(10)
    betas[4] = value
    assert warned(person(fit(betas=betas))) == ("unlikely_shape",)


def test_a_fit_of_which_too_little_is_seen_is_weak():
    assert warned(person(fit(weak=True))) == ("weak_fit",)


@pytest.mark.parametrize(
    ("joint", "wrong", "right"),
    [
        ("left_knee", (-0.6, 0, 0), (0.6, 0, 0)),
        ("right_knee", (-0.6, 0, 0), (0.6, 0, 0)),
        ("left_elbow", (0, 0.6, 0), (0, -0.6, 0)),
        ("right_elbow", (0, -0.6, 0), (0, 0.6, 0)),
    ],
)
def test_a_knee_or_elbow_bent_the_wrong_way_is_told(joint, wrong, right):
    assert warned(person(fit(**{joint: wrong}))) == ("bent_backwards",)
    assert warned(person(fit(**{joint: right}))) == ()


def test_a_leg_through_the_other_leg_is_told_and_legs_side_by_side_are_not():
    assert "passes_through_itself" in warned(person(fit(left_hip=(0, 0, -0.2), right_hip=(0, 0, 0.2))))
    assert overlap(joints_of([fit(left_hip=(0, 0, -0.05), right_hip=(0, 0, 0.05))]))[0] < 0.05


@pytest.mark.slow
def test_captured_poses_seldom_pass_through_themselves_or_bend_the_wrong_way(shared_data):
    poses = np.load(shared_data / "mocap_poses.npz")["poses"][::100]
    bodies = [
        Fit(one, np.zeros(10), 0.0, np.array([0, 0, 4.0]), FOCAL_PX, np.zeros(2), 0.0, "x", "fit")
        for one in poses
    ]
    names = [name for found in warnings_of([person(b) for b in bodies]) for name in found]
    assert names.count("passes_through_itself") < 0.02 * len(bodies)
    assert names.count("bent_backwards") < 0.01 * len(bodies)
    assert names.count("sides_swapped") < 0.02 * len(bodies)


@pytest.mark.parametrize("smpls", [False, True], ids=["the open body", "SMPL"])
@pytest.mark.parametrize("parts", [("elbow", "wrist"), ("knee", "ankle")])
def test_a_limb_on_the_wrong_side_of_the_body_is_told(parts, smpls):
    wide = fit(left_hip=(0, 0, 0.5), right_hip=(0, 0, -0.5))
    said = replace(wide, body=SMPL_NEUTRAL, cam_t=wide.cam_t - np.array(SMPL_PELVIS)) if smpls else wide
    assert warned(person(wide).with_(fit=said)) == ()
    assert "sides_swapped" in warned(exchanged(person(wide), parts).with_(fit=said))


def test_shoulders_that_are_turned_away_under_a_face_that_is_not_are_told():
    front = person(fit())
    points = front.keypoints
    for name, to_the_right in (("left_eye", 5.0), ("right_eye", -5.0)):
        points = points.with_keypoint(name, xy=points.xy[0] + (to_the_right, -5.0))
    whole = exchanged(front.with_(keypoints=points), ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
    assert warned(front.with_(keypoints=points, fit=None)) == ()
    assert warned(whole.with_(fit=None)) == ("sides_swapped",)
    assert warned(exchanged(whole, ("eye", "ear")).with_(fit=None)) == ()  # someone seen from behind


def test_a_body_that_crosses_its_elbows_or_its_legs_to_reach_its_keypoints_is_told():
    legs = fit(left_hip=(0, 0, -0.4), right_hip=(0, 0, 0.4))
    assert "sides_swapped" in warned(person(legs))
    one_leg_before_the_other = fit(left_hip=(0, 0, -0.15), left_knee=(0.3, 0, 0.2))
    assert "sides_swapped" not in warned(person(one_leg_before_the_other))


def test_a_keypoint_outside_the_box_is_told_unless_it_is_absent():
    one = person(fit())
    away = one.keypoints.with_keypoint("left_wrist", xy=one.bbox.center + one.bbox.side)
    names = warned(one.with_(keypoints=away, fit=None))
    assert "outside_box" in names
    absent = away.with_keypoint("left_wrist", confidence=0.0)
    assert warned(one.with_(keypoints=absent)) == ()


def test_two_people_with_one_body_are_both_told_and_neighbours_are_not():
    one, twin = person(fit(), 1), person(fit(at=(0.02, 0.2, 4.05)), 2)
    beside = person(fit(at=(2.0, 0.2, 4.0)), 3)
    behind = person(fit(at=(0.0, 0.25, 6.0)), 4)
    assert warnings_of([one, twin, beside, behind]) == [("same_as_another",), ("same_as_another",), (), ()]


def test_two_people_who_run_into_each_other_are_both_told():
    one, into = person(fit(), 1), person(fit(at=(0.15, 0.2, 4.02)), 2)
    beside = person(fit(at=(1.6, 0.2, 4.0)), 3)
    assert warnings_of([one, into, beside]) == [("inside_another",), ("inside_another",), ()]


def test_two_people_with_the_same_keypoints_are_told_before_anybody_is_fitted():
    people = [person(fit(), number, fit=None) for number in (1, 2)]
    assert warnings_of(people) == [("same_as_another",)] * 2


def test_how_far_a_mesh_is_below_the_floor_does_not_depend_on_the_normals_direction():
    vertices = np.array([[0.0, 0.0, 3.0], [0.0, 1.03, 3.0]])  # y points down
    assert depth_below(vertices, (0, 1, 0), 1.0) == pytest.approx(0.03)
    assert depth_below(vertices, (0, -1, 0), -1.0) == pytest.approx(0.03)
    assert depth_below(vertices, (0, 1, 0), 1.5) == 0.0


def test_a_leg_that_reaches_below_the_foot_on_the_floor_is_told():
    contact = GroundContact("left_foot", (0.0, 1.0, 0.0), 1.2)
    standing = person(fit(), wishes=(contact,))
    kneeling_on_nothing = person(fit(left_hip=(0.9, 0, 0), left_knee=(0.9, 0, 0)), wishes=(contact,))
    assert warned(standing) == ()
    assert "below_floor" in warned(kneeling_on_nothing)


@pytest.fixture
def project_of_two(tmp_path):
    with Project.create(tmp_path / "a.fitloop") as project:
        project.add_photos([Photo("a.jpg", 640, 480, (person(fit()), person(fit(at=(2.4, 0.2, 4.0)))))])
        yield project


def test_the_queue_is_filtered_and_ordered_by_warnings_as_they_come_and_go(project_of_two):
    project = project_of_two
    photo = project.photo(1)
    first, second = photo.people
    betas = np.full(10, 4.0)
    changed = photo.with_person(second.with_(fit=fit(at=(2.4, 0.2, 4.0), betas=betas, weak=True)))
    project.commit(Edit("Change", photo, changed))
    assert project.queue_ids(warning="any").tolist() == [second.id]
    assert project.queue_ids(warning="unlikely_shape").tolist() == [second.id]
    assert project.queue_ids(warning="bent_backwards").tolist() == []
    assert project.queue_ids(order="warnings").tolist() == [second.id, first.id]
    (row,) = project.queue_rows([second.id])
    assert set(row.warned.split()) == {"weak_fit", "unlikely_shape"}
    assert project.warned() == {"unlikely_shape": 1, "weak_fit": 1}
    project.commit(Edit("Change back", changed, photo))
    assert project.warned() == {}


def test_someone_is_no_longer_a_twin_when_the_other_one_is_deleted(project_of_two):
    project = project_of_two
    photo = project.photo(1)
    first, second = photo.people
    twins = photo.with_person(second.with_(fit=first.fit))
    project.commit(Edit("Copy", photo, twins))
    assert project.queue_ids(warning="same_as_another").tolist() == [first.id, second.id]
    project.commit(Edit("Delete", twins, twins.with_(people=twins.people[:1])))
    assert project.warned() == {}


def test_an_import_knows_its_warnings_at_once(tmp_path):
    with Project.create(tmp_path / "b.fitloop") as project:
        project.add_photos([Photo("a.jpg", 640, 480, (person(fit(weak=True)),))])
        assert project.warned() == {"weak_fit": 1}


def guessed(body):
    """What a network says of somebody whom it sees as this fit."""
    names = ("pose", "betas", "kid", "cam_t", "focal_length", "camera_center")
    return Guess(**{name: getattr(body, name) for name in names}, network="lifter")


CLOSE = {"left_hip": (0, 0, -0.12), "right_hip": (0, 0, 0.12)}


def test_exchanged_legs_that_stand_close_are_told_by_a_guess_that_is_only_about_right():
    about = guessed(fit(at=(0.09, 0.2, 4.0), **CLOSE))
    right = person(fit(**CLOSE)).with_(fit=None, guess=about)
    assert warned(right) == ()
    assert warned(exchanged(right, ("knee", "ankle"))) == ("sides_swapped",)


def test_exchanged_legs_are_told_by_a_guess_of_smpl_too():
    about = guessed(fit(at=(0.09, 0.2, 4.0), **CLOSE))
    about = replace(about, cam_t=about.cam_t - np.float32(SMPL_PELVIS), body=SMPL_NEUTRAL)
    right = person(fit(**CLOSE)).with_(fit=None, guess=about)
    assert warned(right) == ()
    assert warned(exchanged(right, ("knee", "ankle"))) == ("sides_swapped",)


def test_a_guess_that_is_far_off_says_nothing_about_sides():
    off = guessed(fit(at=(0.5, 0.2, 4.0), **CLOSE))
    right = person(fit(**CLOSE)).with_(fit=None, guess=off)
    assert warned(right) == ()
    assert warned(exchanged(right, ("knee", "ankle"))) == ()


def test_a_fit_far_from_what_the_teacher_sees_is_warned_of_however_the_teacher_stands():
    """Turned, moved and scaled bodies are the same body; another pose is not."""
    body = fit(left_shoulder=(0, 0, 1.2), right_hip=(-1.0, 0, 0))

    def opinion(network=TEACHER, at=(0.5, 0, 9.0), **turns):
        turned = pose(**turns)
        turned[:3] = (0, 0.7, 0)
        return Guess(turned, np.zeros(10), 0.0, np.array(at), FOCAL_PX, (320, 240), network, body=body.body)

    same = opinion(left_shoulder=(0, 0, 1.2), right_hip=(-1.0, 0, 0))
    other = opinion(left_shoulder=(0, 0, -1.2), right_hip=(1.4, 0, 0), left_hip=(-1.2, 0, 0))
    assert warned(person(body, guess=same)) == ()
    assert warned(person(body, guess=other)) == ("teacher_differs",)
    lifter = opinion("lifter", left_shoulder=(0, 0, 1.2))
    assert "teacher_differs" in warned(person(body, guess=behind(lifter, other)))
    assert "teacher_differs" not in warned(person(body, guess=replace(other, network="WHAM")))
    assert "teacher_differs" not in warned(person(body, guess=other, fit=None))


def test_the_distance_from_the_teacher_is_the_fields_aligned_error():
    import torch

    from core.metrics import pa_mpjpe_mm

    one, other = np.random.default_rng(2).normal(0, 0.3, (2, 24, 3))
    limbs = list(LIMB_JOINTS)
    expected = pa_mpjpe_mm(torch.tensor(one[None, limbs]), torch.tensor(other[None, limbs])).item()
    assert apart_mm(one, other) == pytest.approx(expected, abs=0.01)
