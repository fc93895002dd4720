"""RTMPose through rtmlib: YOLOX finds a box around each person, RTMPose 26 keypoints in it, with feet (Halpe).

The weights are downloaded into rtmlib's cache at the first use, with a progress bar, or given as .onnx files.
"""

from __future__ import annotations

import contextlib
import os
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

import numpy as np

from core.detect.found import Found
from core.errors import DetectorError
from core.records import BBox, Keypoints

LAYOUT_OF_K = {26: "halpe26", 17: "coco17"}
MODES = ("performance", "balanced", "lightweight")
INSTALL = 'pip install -e ".[detect-rtmlib]"'


class RtmLib:
    """The detector. mode: the size of rtmlib's own weights. weights: .onnx files to use instead, of the person detector
    (YOLOX) and of the keypoint network (RTMPose).

    Raises DetectorError where rtmlib is not installed, or where weights are missing and cannot be downloaded.
    """

    def __init__(
        self, device: str = "cpu", mode: str = "balanced", weights: tuple[Path, Path] | None = None
    ) -> None:
        try:
            from rtmlib import YOLOX, BodyWithFeet, RTMPose
        except ImportError as error:
            raise DetectorError(f"rtmlib cannot be used ({error}). Install it with {INSTALL}.") from error
        if mode not in MODES:
            raise DetectorError(f"rtmlib has no mode '{mode}'. Choose one of {', '.join(MODES)}.")
        known = BodyWithFeet.MODE[mode]
        if weights is None:
            self._people, self._pose = (
                _fetched(kind, known[name], known[f"{name}_input_size"], device)
                for kind, name in ((YOLOX, "det"), (RTMPose, "pose"))
            )
        else:
            self._people, self._pose = (
                _local(kind, path, known[f"{name}_input_size"], device)
                for kind, name, path in zip((YOLOX, RTMPose), ("det", "pose"), weights, strict=True)
            )

    def __call__(self, image: np.ndarray, bboxes: Sequence[BBox] | None = None) -> list[Found]:
        """All people in the photo, or one person in each box. image (H, W, 3) uint8 RGB."""
        bgr = np.ascontiguousarray(image[..., ::-1])
        if bboxes is None:
            corners = np.asarray(self._people(bgr), dtype=np.float64).reshape(-1, 4)
            xywh = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        else:
            xywh = np.array([bbox.xywh for bbox in bboxes], dtype=np.float64).reshape(-1, 4)
            corners = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
        if not len(corners):  # without boxes rtmlib treats the whole photo as one person
            return []
        points, confidence = self._pose(bgr, bboxes=corners.tolist())
        return [
            Found(
                _keypoints(points[place], confidence[place]), xywh[place] if bboxes is None else None, place
            )
            for place in range(len(corners))
        ]

    def close(self) -> None:
        """Nothing to do: the garbage collector frees the networks."""


def cache_folder() -> Path:
    """The folder of rtmlib's downloaded weights."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "rtmlib"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def _keypoints(xy: np.ndarray, confidence: np.ndarray) -> Keypoints:
    if len(xy) not in LAYOUT_OF_K:
        raise DetectorError(
            f"These weights find {len(xy)} keypoints, but no known layout has so many. Choose weights of "
            + " or ".join(f"{k} ({layout})" for k, layout in LAYOUT_OF_K.items())
            + "."
        )
    return Keypoints(LAYOUT_OF_K[len(xy)], xy, confidence)


def _fetched(kind: Callable[..., Any], address: str, size: tuple[int, int], device: str) -> Any:
    """A network with rtmlib's own weights, from its cache or else from its server."""
    file = cache_folder() / (PurePosixPath(urlparse(address).path).stem + ".onnx")
    try:
        return _network(kind, str(file) if file.is_file() else address, size, device)
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        raise DetectorError(
            f"The weights of rtmlib are missing and cannot be downloaded ({error}). On a machine with a network, "
            f"download {address}, take end2end.onnx out of it, and put it here as {file}."
        ) from error


def _local(kind: Callable[..., Any], path: Path, size: tuple[int, int], device: str) -> Any:
    """A network from a file of weights; nothing is downloaded."""
    if not path.is_file():
        raise DetectorError(f"{path} does not exist. Choose the .onnx file of the weights.")
    return _network(kind, str(path), size, device)


def _network(kind: Callable[..., Any], where: str, size: tuple[int, int], device: str) -> Any:
    with _its_words_to_stderr():
        try:
            network = kind(where, model_input_size=size, backend="onnxruntime", device=device)
        except Exception as error:
            # onnxruntime's errors share no base class of their own, so the module tells them.
            if type(error).__module__.startswith("onnxruntime"):
                raise DetectorError(f"{where} cannot be run ({error}). Get the file again.") from error
            raise
    height, width = network.session.get_inputs()[0].shape[2:]
    if isinstance(height, int) and isinstance(width, int):  # the file's own input size, where it is fixed
        network.model_input_size = (height, width) if kind.__name__ == "YOLOX" else (width, height)
    return network


@contextlib.contextmanager
def _its_words_to_stderr() -> Iterator[None]:
    """Send rtmlib's notices of loading to stderr: stdout is for results."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
