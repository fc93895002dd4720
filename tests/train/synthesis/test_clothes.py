"""Garments of synthetic people: they stand off the skin, and no skin shows through them."""

from contextlib import closing

import numpy as np
import pytest

from core.body.model import load_body
from core.body.tree import joint_index
from train.rendering.people_renderer import DressedMesh, PeopleRenderer, Picture
from train.rendering.sheets import Picture as Pixels
from train.synthesis.appearance import LOOSEST, draw_look, landmarks
from train.synthesis.figure import Figure
from train.synthesis.people_sheet import COLUMNS, PHOTOS, SIZE, people_sheet
from train.synthesis.wardrobe.drawn_garments import DrawnGarments

WIDTH, FOCAL = 320, 400.0
_FULL = np.diag([0, 0, 0, 1]).astype(np.float32)
EVEN = {
    "u_red": _FULL, "u_green": _FULL, "u_blue": _FULL, "u_exposure": 6.0,
    "u_light": (0.0, 0.0, -1.0), "u_light_color": (0.0, 0.0, 0.0),
}  # fmt: skip
RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
NONE = (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def body():
    return load_body()


def drawn(body, **changed) -> tuple[Picture, np.ndarray]:
    """A person in T-pose from the front in a red top, green trousers and blue skin, and the joints (24, 2) [px]."""
    figure, marks = Figure.from_body(body), landmarks(body)
    look = dict(draw_look(float(np.asarray(marks["u_neck"])), np.random.default_rng(0)))
    look |= {
        "u_skin": BLUE, "u_hair": BLUE, "u_eyes": BLUE, "u_shoes": BLUE, "u_top": RED, "u_top_accent": RED,
        "u_bottom": GREEN, "u_bottom_accent": GREEN, "u_top_pattern": NONE, "u_bottom_pattern": NONE,
        "u_sleeve": 0.97, "u_hem": 0.95, "u_details": (0.0, 0.0, 0.0), "u_loose": LOOSEST,
    }  # fmt: skip
    turn = np.diag([1, -1, -1]).astype(np.float32)
    place = np.array([0, 0, 3], np.float32)
    mesh = DressedMesh(figure.template @ turn.T + place, figure.normals @ turn.T, {**look, **changed})
    renderer = PeopleRenderer(WIDTH, WIDTH, figure.template, figure.faces, marks)
    with closing(renderer):
        picture = renderer.render([mesh], FOCAL, (WIDTH / 2, WIDTH / 2), EVEN)
    joints = figure.joints @ turn.T + place
    return picture, joints[:, :2] / joints[:, 2:] * FOCAL + WIDTH / 2


def test_loose_clothes_hair_and_shoes_make_a_person_wider(body):
    loose, _ = drawn(body)
    tight, _ = drawn(body, u_loose=(0.0, 0.0, 0.0, 0.0))
    assert (loose.number > 0).sum() > 1.08 * (tight.number > 0).sum()
    assert ((tight.number > 0) & (loose.number == 0)).sum() < 0.01 * (tight.number > 0).sum()


def test_no_skin_shows_inside_a_top_with_sleeves_and_trousers(body):
    picture, joints = drawn(body)
    for ends, color in (
        (("spine1", "spine3"), 0),
        (("left_shoulder", "left_elbow"), 0),
        (("right_elbow", "right_wrist"), 0),
        (("left_hip", "left_knee"), 1),
        (("right_knee", "right_ankle"), 1),
    ):
        start, end = (joints[joint_index(name)] for name in ends)
        for share in np.linspace(0.05, 0.85, 30):
            column, row = np.floor(start + share * (end - start)).astype(int)
            around = picture.color[row - 2 : row + 3, column - 2 : column + 3].reshape(-1, 3)
            assert (around.argmax(axis=1) == color).all(), (ends, share)


def test_the_sheet_of_people_is_the_same_for_a_seed(body):
    first: Pixels = people_sheet(body, None, 3)
    assert first.shape[0] >= PHOTOS // COLUMNS * SIZE
    np.testing.assert_array_equal(first, people_sheet(body, None, 3))


def test_long_hair_leaves_the_face_free(body):
    hair = DrawnGarments(body)._hair
    nose_to_eye = np.abs(np.asarray(landmarks(body)["u_eye"]))
    middle = hair.template[hair.faces].mean(axis=1)
    beside, above = np.abs(middle[:, 0]) > 2 * nose_to_eye[0], middle[:, 1] > nose_to_eye[1] + 0.03
    assert (beside | above | (middle[:, 2] < nose_to_eye[2] - 0.03)).all()
