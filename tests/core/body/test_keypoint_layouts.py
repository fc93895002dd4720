"""The layouts and definitions that come with the program, against the field's own files and against SPIN."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body import keypoints as module
from core.body.keypoints import LAYOUTS, SPIN_MODEL_LAYOUT, definition, definitions, layout, side_colours
from core.body.model import BodyParams, load_body
from core.body.tree import JOINT_NAMES, PARENTS, joint_index, mirror_name

RESOURCES = Path(module.__file__).parents[2] / "resources" / "keypoints"

NAMES_IN_PHOTOS = {
    "aic": "aic14",
    "coco": "coco17",
    "coco_body_feet23": "coco23",
    "crowdpose": "crowdpose14",
    "h36m": "h36m17",
    "humanart": "humanart21",
    "jhmdb": "jhmdb15",
    "mhp": "mpii16",
    "mpi_inf_3dhp": "mpi_inf_3dhp17",
    "mpii": "mpii16",
    "ochuman": "coco17",
    "posetrack18": "posetrack17",
    "spin": "openpose25",
}

# SPIN's keypoint -> joint of its 54: 24 joints, then vertices and regressed points (None here).
# fmt: off
SPIN_JOINTS = (
    None, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, *[None] * 10,
    8, 5, None, None, 4, 7, 21, 19, 17, 16, 18, 20, *[None] * 12,
)
SPIN_FLIP_OPENPOSE = (
    0, 1, 5, 6, 7, 2, 3, 4, 8, 12, 13, 14, 9, 10, 11, 16, 15, 18, 17, 22, 23, 24, 19, 20, 21,
)
SPIN_FLIP_ANNOTATED = (
    5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13, 14, 15, 16, 17, 18, 19, 21, 20, 23, 22,
)
# fmt: on
SPIN_EXTRA_ROWS = {27: 0, 28: 1, 37: 2, 38: 3, 39: 4, 40: 5, 41: 6, 42: 7, 43: 8}
# SPIN puts its neck and pelvis here; they are middles of two points, as OpenPose makes them.
MADE_OF_TWO = {"neck_openpose", "mid_hip"}


def test_every_file_of_the_folder_is_a_known_layout_or_known_by_name():
    files = {path.stem for path in RESOURCES.glob("*.json")}
    assert files == {*LAYOUTS, SPIN_MODEL_LAYOUT, "definitions", "colours"}


def test_spins_own_model_has_smpls_joints_for_openposes_neck_and_middle_of_the_hips():
    own, files = layout(SPIN_MODEL_LAYOUT), layout("spin49")
    assert own.keypoints == files.keypoints
    assert (own.flip, own.bones) == (files.flip, files.bones)
    pairs = zip(own.keypoints, own.definitions, files.definitions, strict=True)
    others = {name: one for name, one, other in pairs if one != other}
    assert others == {"openpose_neck": "neck", "openpose_mid_hip": "pelvis"}
    body = load_body()
    params = BodyParams.zeros(1, like=body.v_template)
    points, joints = body.keypoints(params, SPIN_MODEL_LAYOUT)[0], body.pose(params)[1][0]
    torch.testing.assert_close(points[1], joints[12], rtol=0, atol=1e-6)
    torch.testing.assert_close(points[8], joints[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_complete_and_its_own_mirror_image(name):
    one = layout(name)
    assert one.name == name
    assert one.name.rstrip("b").endswith(str(one.k))  # openpose25b is the other one of 25
    assert one.source
    assert all(
        len(field) == one.k for field in (one.definitions, one.flip, one.sides, one.words, one.parents)
    )
    assert [one.flip[place] for place in one.flip] == list(range(one.k))
    bones = {frozenset(bone) for bone in one.bones}
    assert len(bones) == len(one.bones)
    assert {frozenset(one.flip[end] for end in bone) for bone in bones} == bones


@pytest.mark.parametrize("name", LAYOUTS)
def test_sides_of_a_layout_agree_with_its_names_and_change_places_in_the_flip(name):
    one = layout(name)
    other = {"left": "right", "right": "left", "centre": "centre"}
    for place, (keypoint, side) in enumerate(zip(one.keypoints, one.sides, strict=True)):
        assert (side == "centre") == (mirror_name(keypoint) == keypoint)
        assert side == "centre" or side in keypoint.split("_")
        assert one.sides[one.flip[place]] == other[side]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_keypoint_of_a_layout_hangs_on_a_bone(name):
    one = layout(name)
    assert {end for bone in one.bones for end in bone} == set(range(one.k))


def test_parents_follow_the_bones_of_smpl():
    assert layout("smpl24").parents == PARENTS
    assert layout("smpl24").keypoints == JOINT_NAMES


def test_definitions_mirror_each_other():
    for name, one in definitions().items():
        other = definition(mirror_name(name))
        assert {mirror_name(joint): weight for joint, weight in one.joints.items()} == other.joints
        assert (one.side == "centre") == (other is one)
        assert one.words.replace("left", "right") == other.words.replace("left", "right")
        assert (one.extra is None, one.h36m is None, one.smpl_vertices is None) == (
            other.extra is None,
            other.h36m is None,
            other.smpl_vertices is None,
        )
        if one.smpl_vertices and other.smpl_vertices:
            assert sorted(one.smpl_vertices.values()) == sorted(other.smpl_vertices.values())


def test_every_definition_is_used_and_no_two_share_a_regressor_row():
    used = {one for name in LAYOUTS for one in layout(name).definitions}
    assert used == set(definitions())
    for rows in (
        [one.extra for one in definitions().values() if one.extra is not None],
        [one.h36m for one in definitions().values() if one.h36m is not None],
    ):
        assert len(rows) == len(set(rows))
    assert {one.extra for one in definitions().values()} == {None, *range(9)}


def test_smpl_joints_are_their_own_definitions():
    for joint in JOINT_NAMES:
        assert definition(joint).joints == {joint: 1}


def test_names_of_the_layouts_are_those_of_real_annotation_files(shared_data):
    for file, name in NAMES_IN_PHOTOS.items():
        entry = json.loads((shared_data / "photos" / f"{file}.json").read_text(encoding="utf-8"))
        assert tuple(entry["categories"][0]["keypoints"]) == layout(name).keypoints, file
    with np.load(shared_data / "photos" / "panoptic_3d_noimages.npz") as panoptic:
        assert tuple(panoptic["joint_names"]) == layout("panoptic19").keypoints


def test_panoptics_neck_and_hip_middle_lie_where_their_definitions_say(shared_data):
    with np.load(shared_data / "photos" / "panoptic_3d_noimages.npz") as panoptic:
        joints = panoptic["joints3d_cam"]
    one = layout("panoptic19")
    for middle, ends in (("neck", "shoulder"), ("mid_hip", "hip")):
        pair = joints[:, [one.index(f"left_{ends}"), one.index(f"right_{ends}")]]
        distance = np.linalg.norm(pair.mean(1) - joints[:, one.index(middle)], axis=-1)
        assert distance.max() < 0.015


def test_side_colours_exist_on_both_backgrounds_and_differ():
    for background in ("light", "dark"):
        colours = side_colours(background)
        assert set(colours) == {"left", "right", "centre"}
        assert len(set(colours.values())) == 3
        assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours.values())


# ---- SPIN's 49


def test_spin49_flips_as_spin_does():
    assert layout("spin49").flip == (*SPIN_FLIP_OPENPOSE, *(25 + place for place in SPIN_FLIP_ANNOTATED))


def test_spin49_names_the_joints_and_regressor_rows_that_spin_uses():
    one = layout("spin49")
    for place, (name, joint) in enumerate(zip(one.definitions, SPIN_JOINTS, strict=True)):
        point = definition(name)
        assert point.extra == SPIN_EXTRA_ROWS.get(place)
        if name in MADE_OF_TWO:
            assert sorted(point.joints.values()) == [0.5, 0.5]
        elif joint is not None:
            assert point.joints == {JOINT_NAMES[joint]: 1}
        elif point.extra is None:
            assert point.smpl_vertices is not None
            assert len(point.smpl_vertices) == 1


def test_spin49_begins_with_openpose25_in_its_order():
    assert layout("spin49").definitions[:25] == layout("openpose25").definitions


def test_spin49_left_and_right_are_where_spin_has_them():
    one = layout("spin49")
    left = {5, 6, 7, 12, 13, 14, 16, 18, 19, 20, 21, 28, 29, 30, 34, 35, 36, 45, 47}
    right = {2, 3, 4, 9, 10, 11, 15, 17, 22, 23, 24, 25, 26, 27, 31, 32, 33, 46, 48}
    assert {place for place, side in enumerate(one.sides) if side == "left"} == left
    assert {place for place, side in enumerate(one.sides) if side == "right"} == right


def test_fallbacks_put_every_keypoint_near_the_body_that_it_belongs_to():
    places = upright_joints()
    for name, one in definitions().items():
        point = sum(weight * places[joint_index(joint)] for joint, weight in one.joints.items())
        if one.side != "centre":
            assert (point[0] > 0.005) == (one.side == "left"), name
        else:
            assert abs(point[0]) < 0.03, name
        assert np.linalg.norm(places - point, axis=1).min() < 0.25, name


def upright_joints() -> np.ndarray:
    """(24, 3) [m], x to the body's left, y up: round figures of a person in the T-pose."""
    left = {
        "hip": (0.07, -0.09),
        "knee": (0.10, -0.47),
        "ankle": (0.09, -0.87),
        "foot": (0.11, -0.92),
        "collar": (0.08, 0.42),
        "shoulder": (0.17, 0.45),
        "elbow": (0.43, 0.44),
        "wrist": (0.68, 0.44),
        "hand": (0.77, 0.44),
    }
    centre = {"spine1": 0.11, "spine2": 0.24, "spine3": 0.30, "neck": 0.51, "head": 0.58}
    depth = {"left_foot": 0.12, "right_foot": 0.12, "head": 0.05}
    places = np.zeros((24, 3))
    for name, (x, y) in left.items():
        places[joint_index(f"left_{name}"), :2] = x, y
        places[joint_index(f"right_{name}"), :2] = -x, y
    for name, y in centre.items():
        places[joint_index(name), 1] = y
    for name, z in depth.items():
        places[joint_index(name), 2] = z
    return places
