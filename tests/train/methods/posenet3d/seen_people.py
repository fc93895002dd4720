"""Made-up people before cameras: photos with keypoints, as many as PoseNet3D asks for."""

import torch

from core.body import BodyParams, KeypointBody, load_body
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.records import BBox, Keypoints, Person, Photo
from train.methods.lifter.scenes import camera_turn

WIDTH, HEIGHT, FOCAL = 640, 480, 800.0


def bodies(count: int, seed: int = 0, heading: float | None = None, bend: float = 0.5) -> BodyParams:
    """Bodies of any heading, or of one [rad], with bent limbs, some 4 m away."""
    draw = torch.Generator().manual_seed(seed)
    pose = bend * torch.randn(count, 24, 3, generator=draw) * torch.tensor([0.3, 0.3, 0.3])
    pose[:, 16, 2] -= 1.0
    pose[:, 17, 2] += 1.0
    angles = torch.rand(count, generator=draw) * 2 * torch.pi
    angles = angles if heading is None else torch.full((count,), heading)
    view = camera_turn(angles, 0.1 * torch.randn(count, generator=draw), torch.zeros(count))
    pose[:, 0] = matrix_to_axis_angle(view @ axis_angle_to_matrix(pose[:, 0]))
    place = torch.randn(count, 3, generator=draw) * 0.2 + torch.tensor([0.0, 0.0, 4.0])
    return BodyParams.from_pose(pose.flatten(1), 0.3 * torch.randn(count, 10, generator=draw), place)


def points_of(params: BodyParams, layout: str = "coco17") -> torch.Tensor:
    """(B, K, 3) [m]."""
    return KeypointBody.from_body(load_body(), layout).keypoints(params)


def photos_of(params: BodyParams, layout: str = "coco17", name: str = "walk/{:04d}.jpg") -> list[Photo]:
    """A photo for each body."""
    points = points_of(params, layout)
    xy = points[..., :2] / points[..., 2:] * FOCAL + torch.tensor([WIDTH / 2, HEIGHT / 2])
    photos = []
    for number, one in enumerate(xy.numpy()):
        low, high = one.min(axis=0), one.max(axis=0)
        box = BBox.from_xywh((*low, *(high - low)))
        person = Person(1, box, Keypoints(layout, one, [1.0] * len(one)))
        photos.append(Photo(name.format(number), WIDTH, HEIGHT, (person,), FOCAL))
    return photos
