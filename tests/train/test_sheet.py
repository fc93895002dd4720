"""Contact sheets: bodies drawn without a screen, at the place and size that was asked for."""

import sys

import numpy as np
import pytest

from core.errors import ImageError
from tests.bodies import toy_arrays
from tests.posing import toy_body
from train.rendering.mesh_renderer import Mesh, MeshRenderer, vertex_normals
from train.rendering.sheets import (
    TileFrame,
    TileRenderer,
    grid,
    label,
    overlay,
    save_picture,
    stack,
    to_camera,
)
from train.sheet import shapes_sheet

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drawing offscreen goes through EGL")
WHITE = np.full((20, 30, 3), 255, np.uint8)


@pytest.fixture(scope="module")
def renderer():
    made = MeshRenderer(200, 160)
    yield made
    made.close()


def square(depth: float, color: tuple[float, float, float]) -> Mesh:
    """A square of one metre that faces the camera, its middle on the axis."""
    corners = np.array([[-0.5, -0.5, depth], [0.5, -0.5, depth], [0.5, 0.5, depth], [-0.5, 0.5, depth]])
    return Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]]), np.array(color))


def test_a_mesh_covers_the_pixels_that_the_pinhole_says(renderer):
    _, where = renderer.render([square(4.0, (1, 1, 1))], focal_length=200, camera_center=(80, 70))
    rows, columns = np.nonzero(where)
    assert (columns.min(), columns.max() + 1) == (55, 105)
    assert (rows.min(), rows.max() + 1) == (45, 95)


def test_what_is_nearer_hides_what_is_behind_also_by_a_millimetre(renderer):
    red, green = square(8.0, (1, 0, 0)), square(8.001, (0, 1, 0))
    picture, where = renderer.render([red, green], focal_length=400, camera_center=(100, 80))
    assert where.any()
    assert not picture[where][:, 1].any()
    assert (picture[where][:, 0] > 0).all()


def test_nothing_in_front_of_the_camera_is_an_empty_picture(renderer):
    for meshes in ([], [square(-3.0, (1, 1, 1))]):
        picture, where = renderer.render(meshes, focal_length=200, camera_center=(100, 80))
        assert not where.any()
        assert not picture.any()


def test_what_faces_the_light_is_brightest(renderer):
    mesh = square(4.0, (1, 1, 1))
    lit, where = renderer.render([mesh], 200, (100, 80), light=(0, 0, -1), ambient=0.2)
    aside, _ = renderer.render([mesh], 200, (100, 80), light=(1, 0, -1), ambient=0.2)
    assert lit[where].min() == 255
    assert aside[where].max() < 220


def test_normals_of_a_ball_point_outward():
    arrays = toy_arrays()
    ball = slice(0, 14)
    vertices, faces = arrays["v_template"][ball], arrays["f"][: len(arrays["f"]) // 24].astype(int)
    normals = vertex_normals(vertices, faces)
    outward = vertices - vertices.mean(axis=0)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert ((normals * outward).sum(axis=1) / np.linalg.norm(outward, axis=1) > 0.9).all()


def test_a_body_is_seen_from_its_front_with_its_left_on_the_right_and_from_its_left_with_its_face_on_the_left():
    left, face, up = np.eye(3)[0], np.eye(3)[2], np.eye(3)[1]
    axes = np.stack([left, up, face])
    frame = TileFrame(10, 10, scale=1)
    front = to_camera(axes, frame)
    assert front[0, 0] > 0.9
    assert front[1, 1] < -0.9
    assert front[2, 2] < to_camera(np.zeros((1, 3)), frame)[0, 2]
    assert to_camera(axes, TileFrame(10, 10, scale=1, yaw_deg=90))[2, 0] < -0.9


def test_a_tile_shows_the_body_at_its_scale_on_the_background():
    body = toy_body()
    renderer = TileRenderer(120, 160)
    vertices = body.arrays.v_template
    middle = tuple(0.5 * (vertices.min(axis=0) + vertices.max(axis=0)))
    tile = renderer.tile(vertices, body.faces, TileFrame(120, 160, scale=60, at=middle), background=(1, 1, 1))
    renderer.close()
    assert tile.shape == (160, 120, 3)
    rows, columns = np.nonzero((tile < 250).any(axis=2))
    width, height = np.ptp(vertices[:, 0]), np.ptp(vertices[:, 1])
    assert np.ptp(columns) == pytest.approx(60 * width, abs=3)
    assert np.ptp(rows) == pytest.approx(60 * height, abs=3)


def test_an_overlay_leaves_the_photo_where_no_mesh_is():
    where = np.zeros((20, 30), bool)
    where[5:10] = True
    mixed = overlay(WHITE, np.zeros_like(WHITE), where, opacity=0.6)
    assert (mixed[~where] == 255).all()
    assert (mixed[where] == 102).all()


def test_labels_write_at_the_lower_edge_of_a_copy():
    tile = np.full((60, 90, 3), 255, np.uint8)
    labelled = label(tile, "kid 1")
    assert (tile == 255).all()
    assert (labelled[40:] < 200).any()
    assert (labelled[:35] == 255).all()


def test_tiles_stand_in_rows_and_rows_in_the_middle():
    sheet = grid([WHITE] * 3, columns=2, background=(0, 0, 0), gap=4)
    assert sheet.shape == (44, 64, 3)
    assert not sheet[24:, 34:].any()
    assert (sheet[24:, :30] == 255).all()
    stacked = stack([sheet, WHITE], background=(0, 0, 0))
    assert stacked.shape == (64, 64, 3)
    assert (stacked[44:, 17:47] == 255).all()


def test_a_picture_is_written_as_its_ending_says_or_refused(tmp_path):
    for ending, start in (("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("webp", b"RIFF")):
        save_picture(tmp_path / f"sheet.{ending}", WHITE)
        assert (tmp_path / f"sheet.{ending}").read_bytes().startswith(start)
    with pytest.raises(ImageError, match=r"sheet\.doc: cannot be written"):
        save_picture(tmp_path / "sheet.doc", WHITE)


def test_the_shapes_sheet_has_a_first_row_and_ten_betas_at_both_ends():
    sheet = shapes_sheet(toy_body(kid=True))
    assert sheet.shape == (750, 1200, 3)
    tiles = sheet[250:].reshape(2, 250, 10, 120, 3).swapaxes(1, 2)
    drawn = (tiles != tiles[:, :, :1, :1]).any(axis=-1).mean(axis=(2, 3))
    assert (drawn > 0.01).all()
