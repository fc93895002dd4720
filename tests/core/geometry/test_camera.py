"""Cameras: projection, the weak camera, and the border between a photo's frame and a crop's."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from core.geometry.camera import (
    CROP_FOCAL_LENGTH,
    CROP_SIZE,
    cam_t_to_weak_camera,
    crop_to_full,
    full_to_crop,
    keypoints_from_crop,
    keypoints_to_crop,
    project,
    weak_camera_to_cam_t,
)
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle

FOCAL_LENGTH, WIDTH, HEIGHT, DISTANCE = 1100.0, 1280.0, 720.0, 4.0  # the camera of the measured table
COUNT = 960


class Scene(NamedTuple):
    """Bodies in a photo's camera frame: rest joints (24, 3), pose matrices (B, 24, 3, 3), the rest as in
    full_to_crop.
    """

    rest: Tensor
    parents: list[int]
    matrices: Tensor
    global_orient: Tensor
    cam_t: Tensor

    @property
    def pelvis(self) -> Tensor:
        return self.rest[:1].expand(len(self.cam_t), 3)

    def joints(self, global_orient: Tensor, cam_t: Tensor) -> Tensor:
        """Forward kinematics, SMPL's way: turned about the pelvis, then moved. Returns (B, 24, 3)."""
        turns, places = [axis_angle_to_matrix(global_orient)], [self.pelvis + cam_t]
        for joint in range(1, 24):
            parent = self.parents[joint]
            places.append(places[parent] + turns[parent] @ (self.rest[joint] - self.rest[parent]))
            turns.append(turns[parent] @ self.matrices[:, joint])
        return torch.stack(places, 1)


class Seen(NamedTuple):
    """What a photo shows of a scene: joints' pixels (B, 24, 2) and the arguments of full_to_crop."""

    pixels: Tensor
    cameras: tuple[Tensor, Tensor, Tensor, Tensor]


@pytest.fixture(scope="module")
def mocap(shared_data: Path) -> dict[str, np.ndarray]:
    with np.load(shared_data / "mocap_poses.npz") as file:
        return {name: file[name] for name in ("poses", "girdle", "parents", "rest_joints_used")}


def scene(
    mocap: dict[str, np.ndarray], offset: tuple[float, float], dtype: torch.dtype = torch.float64
) -> Scene:
    """Natural poses with any heading, their pelvis `offset` px from the photo's centre and 4 m deep."""
    chosen = np.random.default_rng(0).choice(len(mocap["poses"]), COUNT, replace=False)
    pose = mocap["poses"][chosen].reshape(COUNT, 24, 3).copy()
    pose[:, [13, 14, 16, 17]] = mocap["girdle"][chosen]
    matrices = axis_angle_to_matrix(torch.tensor(pose, dtype=dtype))
    heading = torch.rand(COUNT, generator=torch.Generator().manual_seed(0)).to(dtype) * 2 * math.pi
    upright = torch.tensor([math.pi, 0, 0], dtype=dtype)  # SMPL's y is up, a camera's is down
    about_y = torch.stack([torch.zeros_like(heading), heading, torch.zeros_like(heading)], -1)
    orient = axis_angle_to_matrix(upright) @ axis_angle_to_matrix(about_y) @ matrices[:, 0]
    rest = torch.tensor(mocap["rest_joints_used"], dtype=dtype)
    place = torch.tensor([*(np.array(offset) / FOCAL_LENGTH * DISTANCE), DISTANCE], dtype=dtype)
    cam_t = (place - rest[0]).expand(COUNT, 3)
    return Scene(rest, mocap["parents"].tolist(), matrices, matrix_to_axis_angle(orient), cam_t)


def photographed(bodies: Scene) -> Seen:
    count, dtype = len(bodies.cam_t), bodies.cam_t.dtype
    focal_length = torch.full((count,), FOCAL_LENGTH, dtype=dtype)
    camera_center = torch.tensor([WIDTH / 2, HEIGHT / 2], dtype=dtype).expand(count, 2)
    pixels = project(bodies.joints(bodies.global_orient, bodies.cam_t), focal_length, camera_center)
    low, high = pixels.amin(1), pixels.amax(1)
    return Seen(pixels, ((low + high) / 2, 1.2 * (high - low).amax(-1), focal_length, camera_center))


def crop_error_px(bodies: Scene, seen: Seen, global_orient: Tensor, cam_t: Tensor) -> Tensor:
    """Mean distance (B,) in the crop between the photo's keypoints and the crop camera's."""
    focal_length = torch.full((len(cam_t),), CROP_FOCAL_LENGTH, dtype=cam_t.dtype)
    center = torch.full((len(cam_t), 2), CROP_SIZE / 2, dtype=cam_t.dtype)
    of_crop = project(bodies.joints(global_orient, cam_t), focal_length, center)
    of_photo = keypoints_to_crop(seen.pixels, seen.cameras[0], seen.cameras[1])
    return (of_crop - of_photo).norm(dim=-1).mean(1)


def test_a_point_on_the_axis_projects_to_the_centre_and_others_by_their_tangent():
    points = torch.tensor([[[0.0, 0.0, 2.0], [1.0, -0.5, 2.0]]])
    pixels = project(points, torch.tensor([1000.0]), torch.tensor([[640.0, 360.0]]))
    assert pixels.tolist() == [[[640, 360], [1140, 110]]]


def test_the_weak_camera_survives_the_way_through_cam_t():
    weak_camera = torch.tensor([[0.9, 0.1, -0.2], [0.3, 0.0, 0.5]], dtype=torch.float64)
    cam_t = weak_camera_to_cam_t(weak_camera)
    assert cam_t[0].tolist() == pytest.approx([0.1, -0.2, 2 * 5000 / (224 * 0.9)])
    torch.testing.assert_close(cam_t_to_weak_camera(cam_t), weak_camera)


def test_the_weak_camera_takes_a_focal_length_for_each_sample():
    weak_camera = torch.tensor([[0.9, 0.1, -0.2], [0.9, 0.1, -0.2]])
    focal_length = torch.tensor([1000.0, 2000.0])
    cam_t = weak_camera_to_cam_t(weak_camera, focal_length, crop_size=256)
    torch.testing.assert_close(cam_t[1, 2], 2 * cam_t[0, 2])
    torch.testing.assert_close(cam_t_to_weak_camera(cam_t, focal_length, crop_size=256), weak_camera)


def test_a_weak_camera_of_scale_zero_stays_finite():
    assert weak_camera_to_cam_t(torch.zeros(1, 3)).isfinite().all()


def test_a_crop_maps_the_corners_of_the_bbox_to_its_own_corners():
    corners = np.array([[100.0, 50.0], [400.0, 350.0], [250.0, 200.0]])
    crop = keypoints_to_crop(corners, np.array([250.0, 200.0]), 300.0)
    np.testing.assert_allclose(crop, [[0, 0], [224, 224], [112, 112]])


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_keypoints_survive_the_way_through_the_crop(kind):
    rng = np.random.default_rng(0)
    xy, center = kind(rng.uniform(-500, 4000, (7, 17, 2))), kind(rng.uniform(0, 4000, (7, 2)))
    side = kind(rng.uniform(3, 3000, 7))
    back = keypoints_from_crop(keypoints_to_crop(xy, center, side), center, side)
    assert type(back) is type(xy)
    assert float(abs(back - xy).max()) < 1e-9


def test_a_move_of_a_tenth_of_a_pixel_is_a_tenth_of_a_pixel_in_the_crop():
    xy = np.array([[100.0, 50.0], [100.1, 50.0]])
    crop = keypoints_to_crop(xy, np.array([120.0, 60.0]), 224.0)
    np.testing.assert_allclose(crop[1] - crop[0], [0.1, 0])


@pytest.mark.parametrize(
    ("offset", "turned_px", "worst_px", "copied_px"),
    [
        ((0, 0), 2.1, 7, 2.2),
        ((WIDTH / 4, 0), 2.4, 8, 5.2),
        ((WIDTH / 2, 0), 3.6, 10, 9.6),
        ((0, WIDTH / 2), 3.6, 12, 9.6),
        ((-WIDTH / 4, 0), 2.4, 8, 5.2),
    ],
)
def test_the_crop_camera_sees_the_body_that_the_photo_saw(mocap, offset, turned_px, worst_px, copied_px):
    """The table measured beforehand; its figures are the limits, and copying the orientation is as bad as it
    says.
    """
    bodies = scene(mocap, offset)
    seen = photographed(bodies)
    global_orient, cam_t = full_to_crop(bodies.global_orient, bodies.cam_t, bodies.pelvis, *seen.cameras)
    turned = crop_error_px(bodies, seen, global_orient, cam_t)
    assert turned.mean() < turned_px
    assert turned.max() < worst_px
    copied = crop_error_px(bodies, seen, bodies.global_orient, cam_t)
    if any(offset):
        assert copied.mean() > 0.75 * copied_px


@pytest.mark.parametrize("offset", [(WIDTH / 2, 0), (0, WIDTH / 2), (WIDTH / 3, WIDTH / 3)])
def test_no_other_depth_shows_the_bodies_much_better(mocap, offset):
    bodies = scene(mocap, offset)
    seen = photographed(bodies)
    global_orient, cam_t = full_to_crop(bodies.global_orient, bodies.cam_t, bodies.pelvis, *seen.cameras)
    ours = crop_error_px(bodies, seen, global_orient, cam_t).mean()
    position = bodies.pelvis + cam_t
    for factor in (0.85, 0.9, 0.95, 1.05, 1.1, 1.15):
        other = crop_error_px(bodies, seen, global_orient, factor * position - bodies.pelvis).mean()
        assert ours < other + 0.2


def test_the_pelvis_keeps_its_pixel(mocap):
    bodies = scene(mocap, (WIDTH / 2, 100))
    seen = photographed(bodies)
    _, cam_t = full_to_crop(bodies.global_orient, bodies.cam_t, bodies.pelvis, *seen.cameras)
    position = bodies.pelvis + cam_t
    of_crop = position[:, :2] / position[:, 2:] * CROP_FOCAL_LENGTH + CROP_SIZE / 2
    of_photo = keypoints_to_crop(seen.pixels, *seen.cameras[:2])[:, 0]
    torch.testing.assert_close(of_crop, of_photo, atol=1e-8, rtol=0)


def random_bodies(dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Arguments of full_to_crop: any orientation, up to 60 degrees off the axis, the pelvis off the bbox's
    centre.
    """
    generator = torch.Generator().manual_seed(0)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(500, *shape, generator=generator, dtype=torch.float64) * (high - low) + low

    axis = uniform(-1, 1, 3)
    orient = axis / axis.norm(dim=-1, keepdim=True) * uniform(0, math.pi, 1)
    orient[:3], orient[3] = torch.eye(3) * math.pi, 0
    focal_length, camera_center = uniform(300, 6000), uniform(200, 2000, 2)
    side = uniform(30, 1500)
    slope = uniform(-1.2, 1.2, 2)
    slope[:5] = 0
    bbox_center = camera_center + slope * focal_length[:, None]
    depth = uniform(0.5, 60, 1)
    pixel = bbox_center + uniform(-0.3, 0.3, 2) * torch.minimum(side, 0.5 * focal_length)[:, None]
    place = torch.cat([(pixel - camera_center) / focal_length[:, None] * depth, depth], -1)
    pelvis = uniform(-0.4, 0.4, 3)
    arguments = (orient, place - pelvis, pelvis, bbox_center, side, focal_length, camera_center)
    return tuple(argument.to(dtype) for argument in arguments)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_a_body_survives_the_way_into_the_crop_and_back(dtype, tolerance):
    global_orient, cam_t, *rest = random_bodies(dtype)
    back_orient, back_cam_t = crop_to_full(*full_to_crop(global_orient, cam_t, *rest), *rest)
    turned = geodesic_angle(axis_angle_to_matrix(global_orient), axis_angle_to_matrix(back_orient))
    assert turned.max() < tolerance
    distance = (cam_t + rest[0]).norm(dim=-1)
    assert ((back_cam_t - cam_t).norm(dim=-1) / distance.clamp_min(1)).max() < tolerance


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_a_body_of_the_crop_survives_the_way_into_the_photo_and_back(dtype, tolerance):
    global_orient, _, *rest = random_bodies(dtype)
    cam_t = weak_camera_to_cam_t(torch.tensor([[0.9, 0.1, -0.2]], dtype=dtype)).expand(500, 3)
    back_orient, back_cam_t = full_to_crop(*crop_to_full(global_orient, cam_t, *rest), *rest)
    turned = geodesic_angle(axis_angle_to_matrix(global_orient), axis_angle_to_matrix(back_orient))
    assert turned.max() < tolerance
    assert ((back_cam_t - cam_t).norm(dim=-1) / cam_t.norm(dim=-1)).max() < tolerance


def test_in_the_middle_of_a_photo_taken_by_the_crop_camera_nothing_changes():
    global_orient, cam_t, pelvis, *_ = random_bodies(torch.float64)
    center = torch.full((500, 2), 112.0, dtype=torch.float64)
    side, focal_length = torch.full((500,), 224.0).double(), torch.full((500,), CROP_FOCAL_LENGTH).double()
    crop = full_to_crop(global_orient, cam_t, pelvis, center, side, focal_length, center)
    torch.testing.assert_close(crop[1], cam_t)
    torch.testing.assert_close(axis_angle_to_matrix(crop[0]), axis_angle_to_matrix(global_orient))


def test_the_border_has_finite_gradients_on_and_off_the_axis():
    arguments = [argument.requires_grad_() for argument in random_bodies(torch.float32)]
    global_orient, cam_t = full_to_crop(*arguments)
    gradients = torch.autograd.grad(global_orient.sum() + cam_t.sum(), arguments)
    assert all(gradient.isfinite().all() for gradient in gradients)
