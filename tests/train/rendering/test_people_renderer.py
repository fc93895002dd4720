"""People are drawn by depth, their masks and shadows agree with it, and what is hidden of them is counted."""

import numpy as np
import pytest

from train.rendering.people_renderer import THING, DressedMesh, PeopleRenderer, Worn

SIDE, FOCAL = 64, 64.0
CENTER = (SIDE / 2, SIDE / 2)
EVEN = np.diag([0, 0, 0, 1]).astype(np.float32)
LIGHT = {
    "u_red": EVEN, "u_green": EVEN, "u_blue": EVEN, "u_exposure": 4.0,
    "u_light": (0.0, -1.0, 0.0), "u_light_color": (1.0, 1.0, 1.0),
}  # fmt: skip
NONE = np.zeros((0, 3), np.float32)
RED, GREEN = (255, 0, 0, 255), (0, 255, 0, 255)


def square(
    x: float, depth: float, size: float = 1.0, color=RED, towards: bool = True, two_sided=False
) -> Worn:
    """An upright square [m] around (x, 0), that faces the camera or turns its back on it."""
    corners = np.float32([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * size / 2 + np.float32(
        [x, 0, depth]
    )
    faces = np.array([[0, 3, 2], [0, 2, 1]])
    texture = np.full((2, 2, 4), color, np.uint8)
    uv = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    normals = np.tile(np.float32([0, 0, -1]), (4, 1))
    return Worn(corners, normals, faces if towards else faces[:, ::-1], uv, texture, two_sided=two_sided)


def person(*layers: Worn) -> DressedMesh:
    return DressedMesh(layers[0].vertices, layers[0].normals, {}, layers)


@pytest.fixture(scope="module")
def renderer():
    return PeopleRenderer(SIDE, SIDE, NONE, np.zeros((0, 3), np.int64), {})


def test_the_nearer_person_hides_the_other_whatever_the_order(renderer):
    near, far = person(square(0, 2, 0.5)), person(square(0, 4, 2, GREEN))
    for people, number in (((near, far), 1), ((far, near), 2)):
        picture = renderer.render(people, FOCAL, CENTER, LIGHT)
        assert picture.number[SIDE // 2, SIDE // 2] == number
        assert picture.depth[SIDE // 2, SIDE // 2] == pytest.approx(2)
        assert picture.color[SIDE // 2, SIDE // 2].argmax() == 0
        hidden = picture.whole - np.bincount(picture.number.ravel(), minlength=3)[1:]
        np.testing.assert_array_equal(sorted(hidden), [0, 16 * 16])
        np.testing.assert_array_equal(sorted(picture.whole), [16 * 16, 32 * 32])


def test_layers_of_one_person_count_once(renderer):
    picture = renderer.render([person(square(0, 2, 0.5), square(0, 1.9, 0.475))], FOCAL, CENTER, LIGHT)
    assert picture.whole.tolist() == [16 * 16]


def test_a_thing_hides_people_and_is_none(renderer):
    picture = renderer.render([person(square(0, 4, 2))], FOCAL, CENTER, LIGHT, (square(0, 2, 0.5, GREEN),))
    assert picture.number[SIDE // 2, SIDE // 2] == THING
    assert picture.whole.tolist() == [32 * 32]


def test_backs_are_seen_of_two_sided_meshes_alone(renderer):
    for two_sided in (False, True):
        back = person(square(0, 2, towards=False, two_sided=two_sided))
        assert (renderer.render([back], FOCAL, CENTER, LIGHT).number > 0).any() == two_sided


def test_holes_of_a_texture_are_neither_drawn_nor_counted(renderer):
    hair = person(square(0, 2, 1, (255, 0, 0, 0)), square(0, 3, 0.5, GREEN))
    picture = renderer.render([hair], FOCAL, CENTER, LIGHT)
    assert picture.color[SIDE // 2, SIDE // 2].argmax() == 1
    assert picture.whole[0] == (picture.number > 0).sum() < 16 * 16


def test_the_ground_is_dark_below_a_person_under_the_sun(renderer):
    lying = square(0, 4, 1, two_sided=True)
    lying.vertices[:, 1:] = np.stack([0 * lying.vertices[:, 1], 4 + lying.vertices[:, 1]], axis=1)
    ground = np.float32([[0, 1, 4]])
    picture = renderer.render([person(lying)], FOCAL, CENTER, LIGHT, ground=ground)
    below = int(FOCAL / 4 + SIDE / 2)
    assert picture.shade[below, SIDE // 2] < 200
    assert picture.shade[below, 2] == 255
    assert (picture.shade[: SIDE // 2] == 255).all()


def test_people_at_and_behind_the_camera_are_left_out(renderer):
    picture = renderer.render([person(square(0, -1)), person(square(0, 0.01))], FOCAL, CENTER, LIGHT)
    assert not picture.number.any()
    assert np.isinf(picture.depth).all()
