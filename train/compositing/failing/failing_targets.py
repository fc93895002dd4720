"""What a target network loses on composed people: the keypoint and pose terms of train.spin, one number a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.body.keypoints import OPENPOSE
from core.body.model import Body
from core.errors import CheckpointError, FitloopError
from core.geometry.image import contrast_table, normalise
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.guess import predicted
from core.networks.load import load_network
from core.networks.spin import SpinOutput
from core.networks.table import kind_of
from core.records import BBox
from core.store.fits.augmented import pose_in_crop
from train.compositing.cutting.staged_people import StagedPeople
from train.data.augment import NOTHING, augment_image, augment_keypoints, augmented_affine
from train.data.rotated_body import RotatedBody
from train.methods.spin.loss import (
    LossWeights,
    keypoints_2d_term,
    keypoints_3d_term,
    pose_term,
    project_to_crop,
    to_unit,
)
from train.run.folder import checkpoint_of

FORWARD_AT_ONCE = 32
_WEIGHTS = LossWeights()


@dataclass(frozen=True, eq=False)
class AskedPerson:
    """One person as the target sees them. image (H, W, 3) uint8 and its people; person: which of them."""

    image: NDArray[np.uint8]
    people: StagedPeople
    person: int


@dataclass(frozen=True, eq=False)
class AskedCrops:
    """B people in crops. images (B, 224, 224, 3) uint8; keypoints (B, 49, 3) [px of the crop]; rotations (B, 24, 3, 3)
    and joints (B, 24, 4) [m] of the truth, in the crop's frame."""

    images: Tensor
    keypoints: Tensor
    rotations: Tensor
    joints: Tensor


Target = Callable[[Sequence[AskedPerson]], NDArray[np.float32]]  # losses (B,)


def spin_target(given: Path, body: Body) -> tuple[nn.Module, Target]:
    """The network of a run or a checkpoint, and its losses. Raises CheckpointError for one that sees no crops."""
    network = load_network(checkpoint_of(given), "cpu")
    if kind_of(network).shown != "crop":
        raise CheckpointError(
            f"{given}: its network sees no photos. Give --target the run or checkpoint of train.spin."
        )
    network.eval()
    stretched = kind_of(network).stretched

    def losses(people: Sequence[AskedPerson]) -> NDArray[np.float32]:
        parts = [people[start : start + FORWARD_AT_ONCE] for start in range(0, len(people), FORWARD_AT_ONCE)]
        found = []
        with torch.no_grad():
            for part in parts:
                crops = crops_of_asked(part, body, stretched)
                found.append(loss_of(network, body, normalise(crops.images), crops).numpy())
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    return network, losses


def loss_of(network: nn.Module, body: Body, pixels: Tensor, crops: AskedCrops) -> Tensor:
    """(B,) of normalised pixels (B, 3, 224, 224), which a gradient may go through. Not finite becomes an error."""
    output = SpinOutput(*predicted(network, pixels))
    points = RotatedBody.of(body).keypoints(output.rotations, output.betas)
    everyone = torch.ones(len(pixels), dtype=torch.bool)
    halves = pixels.new_tensor([[0.0, 1.0]]).expand(len(pixels), 2)
    seen = project_to_crop(points, output.weak_camera)
    terms = (
        _WEIGHTS.keypoints_2d * keypoints_2d_term(seen, to_unit(crops.keypoints), halves).value,
        _WEIGHTS.keypoints_3d * keypoints_3d_term(points[:, OPENPOSE:], crops.joints, everyone).value,
        _WEIGHTS.pose * pose_term(output.rotations, crops.rotations, everyone).value,
    )
    loss = torch.stack(terms).sum(dim=0)
    if not bool(loss.detach().isfinite().all()):
        raise FitloopError("the target's loss is not a finite number. Give another --target.")
    return loss


def crops_of_asked(people: Sequence[AskedPerson], body: Body, stretched: bool) -> AskedCrops:
    """The people's crops, without augmentation."""
    boxes = [bbox_of_person(one) for one in people]
    images, keypoints = [], []
    for one, box in zip(people, boxes, strict=True):
        affine = augmented_affine(box.center, box.scale, NOTHING)
        contrast = contrast_table(one.image, box) if stretched else None
        images.append(augment_image(one.image, affine, NOTHING, contrast))
        keypoints.append(augment_keypoints(one.people.keypoints[one.person], affine, False))
    own = StagedPeople.joined([one.people[[one.person]] for one in people])
    center = torch.tensor(np.stack([box.center for box in boxes]), dtype=torch.float32)
    side = torch.tensor([box.side for box in boxes], dtype=torch.float32)
    camera = torch.from_numpy(own.focal_length), torch.from_numpy(own.camera_center)
    pose = pose_in_crop(torch.from_numpy(own.pose), center, side, *camera)
    rotations = axis_angle_to_matrix(pose.view(-1, 24, 3))
    betas, kid = torch.from_numpy(own.betas), torch.from_numpy(own.kid)
    joints = RotatedBody.of(body).keypoints(rotations, betas, kid)[:, OPENPOSE:]
    joints = torch.cat([joints, torch.ones_like(joints[..., :1])], dim=-1)
    stacked = torch.from_numpy(np.stack(keypoints))
    return AskedCrops(torch.from_numpy(np.stack(images)), stacked, rotations, joints)


def bbox_of_person(one: AskedPerson) -> BBox:
    """The padded box of the part of a person inside the photo, as in the data set."""
    size = one.image.shape[1], one.image.shape[0]
    box = one.people.box_in(size)[one.person]
    return BBox.from_xywh([*box[:2], *np.maximum(box[2:], 1)])
