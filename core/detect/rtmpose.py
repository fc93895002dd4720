"""RTMPose (Jiang et al., 2023): YOLOX finds a box around each person, RTMPose 26 keypoints in it, with feet (Halpe).

Both networks run through onnxruntime alone. The package rtmlib runs them too, but it requires opencv-contrib-python,
whose files replace those of opencv-python: cv2 changes its version, and is gone when either of them is uninstalled.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.detect.found import Found
from core.detect.installs import words_of
from core.detect.weights import checked_weights
from core.errors import DetectorError
from core.geometry.image import apply_affine, invert_affine, warp
from core.records import BBox, Keypoints

LAYOUT_OF_K = {26: "halpe26", 17: "coco17"}
PERSON = 0  # the class of people
SURE_BOX = 0.3  # least score of a person's box
PADDING = 1.25  # of a box, as in RTMPose's training
GREY = 114  # around a photo of another shape, as in YOLOX's training
BOXES_SIZE, KEYPOINTS_SIZE = (640, 640), (192, 256)  # width, height [px] of inputs that a file leaves open
MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # of RGB, in RTMPose's training
STD = np.array([58.395, 57.12, 57.375], np.float32)


class RtmPose:
    """The detector. weights: .onnx files to use instead of the known ones, of YOLOX and of RTMPose.

    Raises DetectorError where onnxruntime is not installed, or where weights are missing or damaged.
    """

    def __init__(self, device: str = "cpu", weights: tuple[Path, Path] | None = None) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise DetectorError(f"RTMPose cannot be used ({error}). {words_of('rtmpose')}") from error
        boxes, keypoints = weights or checked_weights()
        self._boxes = _Network(onnxruntime, boxes, device, BOXES_SIZE)
        self._keypoints = _Network(onnxruntime, keypoints, device, KEYPOINTS_SIZE)

    def __call__(self, image: np.ndarray, bboxes: Sequence[BBox] | None = None) -> list[Found]:
        """All people in the photo, or one person in each box. image (H, W, 3) uint8 RGB."""
        if bboxes is not None:
            return [Found(self._keypoints_in(image, bbox.xywh), None, i) for i, bbox in enumerate(bboxes)]
        boxes = self._boxes_in(image)
        return [Found(self._keypoints_in(image, xywh), xywh, i) for i, xywh in enumerate(boxes)]

    def close(self) -> None:
        """Nothing to do: the garbage collector frees the networks."""

    def _boxes_in(self, image: np.ndarray) -> np.ndarray:
        """Boxes of people (P, 4) = left, top, width, height [px]."""
        width, height = self._boxes.size
        scale = min(width / image.shape[1], height / image.shape[0])
        seen = max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale))
        padded = np.full((height, width, 3), GREY, np.uint8)
        padded[: seen[1], : seen[0]] = cv2.resize(image, seen, interpolation=cv2.INTER_AREA)
        rows, labels = self._boxes.run(padded[..., ::-1])[:2]  # YOLOX sees blue first, in 0 … 255
        if rows.ndim != 3 or rows.shape[2] != 5 or labels.shape != rows.shape[:2]:
            raise DetectorError(f"{self._boxes.file} gives no boxes with scores. Choose a YOLOX of MMDeploy.")
        people = rows[0][(labels[0] == PERSON) & (rows[0, :, 4] >= SURE_BOX)].astype(np.float64)
        low, high = people[:, :2] / scale, people[:, 2:4] / scale
        return np.concatenate([low, high - low], axis=1)[(high > low).all(axis=1)]

    def _keypoints_in(self, image: np.ndarray, xywh: np.ndarray) -> Keypoints:
        """Keypoints of the person in a box (4,) = left, top, width, height [px]."""
        size = np.array(self._keypoints.size, np.float64)
        left_top, tight = np.asarray(xywh[:2], np.float64), np.maximum(np.asarray(xywh[2:], np.float64), 1)
        scale = float((size / (PADDING * tight)).min())
        to_crop = np.hstack([scale * np.eye(2), (size / 2 - scale * (left_top + tight / 2))[:, None]])
        crop = warp(image, to_crop, self._keypoints.size)
        along_x, along_y = self._keypoints.run((crop - MEAN) / STD)[:2]
        xy, confidence = peaks(along_x, along_y, self._keypoints.size)
        if len(xy) not in LAYOUT_OF_K:
            known = " or ".join(f"{k} ({layout})" for k, layout in LAYOUT_OF_K.items())
            raise DetectorError(
                f"{self._keypoints.file} finds {len(xy)} keypoints, but no known layout has so many. Choose "
                f"weights of {known}."
            )
        return Keypoints(LAYOUT_OF_K[len(xy)], apply_affine(invert_affine(to_crop), xy), confidence)


def peaks(along_x: np.ndarray, along_y: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (K, 2) [px of the crop] and confidences (K,) from SimCC's responses (1, K, bins) along each axis.

    The confidence is the lower of the two highest responses (MMPose). size: width and height of the crop [px].
    """
    both = along_x[0], along_y[0]
    xy = [one.argmax(axis=1) * (side / one.shape[1]) for one, side in zip(both, size, strict=True)]
    confidence = np.minimum(*(one.max(axis=1) for one in both))
    return np.stack(xy, axis=1).astype(np.float64), np.clip(confidence, 0, 1).astype(np.float64)


class _Network:
    """An .onnx file with one picture as its input. size: its width and height [px], where the file leaves it open."""

    def __init__(self, onnxruntime: Any, file: Path, device: str, size: tuple[int, int]) -> None:
        if not file.is_file():
            raise DetectorError(f"{file} does not exist. Choose the .onnx file of the weights.")
        try:
            self._session = onnxruntime.InferenceSession(str(file), providers=_providers(device))
            (node,) = self._session.get_inputs()
        except Exception as error:  # onnxruntime's errors share no base class of their own
            raise DetectorError(f"{file} cannot be run ({error}). Get the file again.") from error
        self.file, self._input = file, node.name
        height, width = node.shape[2:]
        fixed = isinstance(height, int) and isinstance(width, int)
        self.size = (width, height) if fixed else size

    def run(self, picture: np.ndarray) -> list[np.ndarray]:
        """The outputs for a picture (H, W, 3)."""
        whole = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32)
        try:
            return self._session.run(None, {self._input: whole})
        except Exception as error:  # see above
            raise DetectorError(f"{self.file} failed ({error}).") from error


def _providers(device: str) -> list[Any]:
    """onnxruntime's providers for cpu, cuda or cuda:1 …"""
    kind, _, number = device.partition(":")
    if kind == "cuda":
        return [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]
    return ["CPUExecutionProvider"]
