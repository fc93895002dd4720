"""Writes synthetic photos: JPEG images, PNG masks, and a SPIN data set .npz with additional arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoint_body import KeypointBody
from core.body.keypoints import OPENPOSE, layout
from core.body.model import Body, BodyParams
from core.files.whole_file import whole_file
from core.formats.shared.row_frame import COLUMN as FRAME
from core.geometry.camera import full_to_crop
from core.records import BBox
from train.synthesis.photo import SyntheticPhoto, Truth
from train.synthesis.visibility import LAYOUT

DATASET = "synthetic.npz"
_CHUNK = 4096


def image_name(index: int) -> str:
    return f"images/{index:06d}.jpg"


def mask_name(index: int) -> str:
    return f"masks/{index:06d}.png"


def save_photo(photo: SyntheticPhoto, folder: Path, index: int) -> None:
    """Write image and mask, each wholly or not at all. Raises OSError."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, photo.quality]
    save_image(folder / image_name(index), photo.image[..., ::-1], quality)
    save_image(folder / mask_name(index), photo.mask, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def save_image(path: Path, image: NDArray[np.uint8], options: Sequence[int]) -> None:
    """Write an image, BGR or grey. Raises OSError. It is not synced to the disk: a data set is remade in minutes."""
    with whole_file(path, lasting=False) as stream:
        stream.write(cv2.imencode(path.suffix, image, list(options))[1].tobytes())


def bbox_of(box: NDArray[np.float32]) -> BBox:
    """The padded bbox of box (4,) = left, top, width, height [px]."""
    return BBox.from_xywh(box)


def write_dataset(folder: Path, truths: Sequence[Truth], body: Body) -> int:
    """Write DATASET into the folder, one row per person. Photo i is truths[i]. Returns the number of rows.

    As in SPIN's files, `imgname, center, scale, part, openpose, pose, shape, has_smpl` and `S` (root-centred, m)
    are in the crop's frame, which has no cam_t and kid. `pose_photo, shape, kid, cam_t, focal_length, camera_center`
    are in the photo's camera frame, where the body projects exactly onto the keypoints. `occluded` (N, 49) marks
    hidden keypoints; their confidence is 1 too, as in COCO. `mask`: a PNG in which the person's visible pixels have
    the value `mask_value`, and those of things 255. `occlusion` [%]: the hidden share of the person's pixels. `box`
    (N, 4) [px]: left, top, width and height of the whole body inside the photo; `overlap`: its highest IoU with
    another's. `garments`: names of what the person wears. `body`: the body's fingerprint. Raises OSError.
    """
    arrays = dataset_arrays(truths, body)
    with whole_file(folder / DATASET) as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    return len(arrays["imgname"])


def dataset_arrays(
    truths: Sequence[Truth], body: Body, photos: Sequence[int] | None = None
) -> dict[str, NDArray[np.generic]]:
    """The arrays of `write_dataset` by name. photos: the photo of each truth, by default the truth's own number."""
    counts = [len(truth) for truth in truths]
    of_truth = np.repeat(np.arange(len(truths)), counts).tolist()
    photo_of = np.repeat(np.arange(len(truths)) if photos is None else photos, counts).astype(int).tolist()
    bboxes = [bbox_of(box) for truth in truths for box in truth.box]
    keypoints = _stack([truth.keypoints for truth in truths], (len(layout(LAYOUT).keypoints), 3))
    arrays: dict[str, NDArray[np.generic]] = {
        "imgname": np.array([image_name(index) for index in photo_of], dtype=np.str_),
        "center": np.array([bbox.center for bbox in bboxes], dtype=np.float64).reshape(-1, 2),
        "scale": np.array([bbox.scale for bbox in bboxes], dtype=np.float64),
        "openpose": keypoints[:, :OPENPOSE],
        "part": keypoints[:, OPENPOSE:],
        "shape": _stack([truth.betas for truth in truths], (10,)),
        "has_smpl": np.ones(len(bboxes), dtype=np.uint8),
        "pose_photo": _stack([truth.pose for truth in truths], (72,)),
        "kid": _stack([truth.kid for truth in truths], ()),
        "cam_t": _stack([truth.cam_t for truth in truths], (3,)),
        "focal_length": np.array([truths[i].focal_length for i in of_truth], dtype=np.float64),
        "camera_center": np.array([truths[i].camera_center for i in of_truth], dtype=np.float64).reshape(
            -1, 2
        ),
        "occluded": _stack([truth.occluded for truth in truths], (len(layout(LAYOUT).keypoints),)).astype(
            bool
        ),
        "mask": np.array([mask_name(index) for index in photo_of], dtype=np.str_),
        "mask_value": _stack([truth.number for truth in truths], ()).astype(np.uint8),
        "occlusion": _stack([truth.occlusion for truth in truths], ()),
        "overlap": _stack([truth.overlap for truth in truths], ()),
        "box": _stack([truth.box for truth in truths], (4,)),
        "garments": np.array([name for truth in truths for name in truth.garments], dtype=np.str_),
        "body": np.array(body.fingerprint),
        FRAME: np.array("crop"),
    }
    arrays["pose"], arrays["S"] = _crop_frame(arrays, body)
    return arrays


def _crop_frame(
    arrays: dict[str, NDArray[np.generic]], body: Body
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """pose (N, 72) [rad] and S (N, 24, 4) [m, confidence] in the crop camera's frame."""
    collapsed = KeypointBody.from_body(body, LAYOUT)
    root = layout(LAYOUT).index("pelvis")
    poses, joints = [np.zeros((0, 72), np.float32)], [np.zeros((0, 24, 4), np.float32)]
    for start in range(0, len(arrays["imgname"]), _CHUNK):
        part = {name: array[start : start + _CHUNK] for name, array in arrays.items() if array.ndim}
        pose, params = _crop_params(part, body)
        points = collapsed.keypoints(params).numpy()
        centred = points[:, OPENPOSE:] - points[:, root : root + 1]
        poses.append(pose.numpy())
        joints.append(np.concatenate([centred, np.ones_like(centred[..., :1])], axis=-1))
    return np.concatenate(poses), np.concatenate(joints)


def _crop_params(rows: dict[str, NDArray[np.generic]], body: Body) -> tuple[Tensor, BodyParams]:
    """The rows' pose (N, 72) [rad] and body parameters in the crop's frame."""

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(np.asarray(rows[name], dtype=np.float32))

    pose, betas, kid = tensor("pose_photo"), tensor("shape"), tensor("kid")
    pelvis = body.rest_pelvis(BodyParams.from_pose(pose, betas, torch.zeros_like(pose[:, :3]), kid))
    orient, cam_t = full_to_crop(
        pose[:, :3],
        tensor("cam_t"),
        pelvis,
        tensor("center"),
        200 * tensor("scale"),
        tensor("focal_length"),
        tensor("camera_center"),
    )
    pose = torch.cat([orient, pose[:, 3:]], dim=1)
    return pose, BodyParams.from_pose(pose, betas, cam_t, kid)


def _stack(parts: Sequence[NDArray[np.generic]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The parts (P, *shape) concatenated; (0, *shape) if there are none."""
    return np.concatenate([np.zeros((0, *shape), np.float32), *parts]).astype(np.float32)
