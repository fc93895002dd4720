"""Whether the right pixels are covered: SPIN's evaluation on LSP, with the masks and six body parts of UP-3D.

A data set .npz names them as `maskname` (foreground) and `partname` (0 background, then PARTS; 255 is unknown). The
guess is drawn into the photo, and pixels of all photos are counted together: accuracy, and F1 as the mean over classes.
As in SPIN's evaluation, F1 leaves unknown pixels out, and accuracy takes them as background; a mask is foreground
where it is not 0.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from core.body.model import Body
from core.body.tree import JOINT_NAMES
from core.errors import ReadError
from core.files.untrusted import read_arrays
from core.geometry.camera import CROP_SIZE
from core.geometry.image import apply_affine, crop_affine, invert_affine
from core.networks.spin import SpinOutput
from core.networks.table import kind_of
from core.records import BBox
from train.data.photos_present import present
from train.data.samples import Samples, read_dataset
from train.evaluation.predict import ask, body_of, crops_of, left_out, params_of
from train.evaluation.results import Result
from train.methods.spin.loss import project_to_crop

WORDS = "LSP part segmentation: foreground, and 6 parts with background, F1 as the mean over classes"
PARTS = ("head", "torso", "right_arm", "left_arm", "right_leg", "left_leg")  # UP-3D's numbers, from 1 on
UNKNOWN = 255
_PARTS_OF = {
    "head": ("head",),
    "leg": ("hip", "knee", "ankle", "foot"),
    "arm": ("shoulder", "elbow", "wrist", "hand"),
}
_SUBPIXEL = 4  # bits


def evaluate_parts(
    network: nn.Module, body: Body, name: str, path: Path, photos: Path, masks: Path
) -> Result:
    """A network on a data set with masks, whose names start from a folder. body: as in `evaluate`. Raises ReadError,
    FitsError, CheckpointError."""
    body = body_of(network, body)
    names = read_arrays(path, ("maskname", "partname"))
    if set(names) != {"maskname", "partname"}:
        raise ReadError(f"{path}: protocol '{name}' needs maskname and partname of every photo. Export them.")
    samples, _ = read_dataset(name, path, photos, body, (1.0, 1.0))
    rows, absent = present(samples)
    measured, unreadable = 0, list[str]()
    front, parts = np.zeros((2, 2), np.int64), np.zeros((len(PARTS) + 1,) * 2, np.int64)
    unknown = np.zeros_like(parts)
    face_parts = parts_of_faces(body)
    for batch in crops_of(samples, rows, kind_of(network)):
        measured, unreadable = measured + len(batch), [*unreadable, *batch.unreadable]
        if not len(batch):
            continue
        predicted = ask(network, batch)
        for place, row in enumerate(batch.views.indices.tolist()):
            mask = read_labels(masks / str(names["maskname"][row]))
            drawn = draw(
                body,
                SpinOutput(*(part[place : place + 1] for part in predicted)),
                samples,
                row,
                mask.shape,
                face_parts,
            )
            front += confusion((mask > 0).astype(np.uint8), (drawn > 0).astype(np.uint8), 2)
            labels = read_labels(masks / str(names["partname"][row]))
            parts += confusion(labels, drawn, len(parts), str(names["partname"][row]))
            unknown += confusion_of_unknown(labels, drawn, len(parts))
    return Result(
        name, WORDS, measured,
        front_accuracy=accuracy(front), front_f1=f1(front),
        parts_accuracy=accuracy(parts + unknown), parts_f1=f1(parts),
        left_out=left_out(absent, unreadable),
    )  # fmt: skip


def draw(
    body: Body,
    predicted: SpinOutput,
    samples: Samples,
    row: int,
    size: tuple[int, ...],
    face_parts: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """Part numbers (H, W) of one guess in its photo, 0 where nobody is."""
    vertices = body.pose(params_of(predicted))[0]
    unit = project_to_crop(vertices, predicted.weak_camera)[0].numpy()
    box = BBox(samples.center[row], float(samples.scale[row]))
    photo = apply_affine(invert_affine(crop_affine(box, CROP_SIZE)), (unit + 1) * (CROP_SIZE / 2))
    return painted(photo, vertices[0, :, 2].numpy(), body.faces, face_parts, (size[0], size[1]))


def painted(
    xy: NDArray[np.floating],
    depth: NDArray[np.floating],
    faces: NDArray[np.int64],
    labels: NDArray[np.uint8],
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """Faces (F, 3) of points xy (V, 2) [px] drawn from the farthest to the nearest, each in its label (F,)."""
    image = np.zeros(size, np.uint8)
    near = np.nan_to_num(xy, nan=-1e4).clip(-1e4, 1e4)
    corners = np.rint((near - 0.5)[faces] * 2**_SUBPIXEL).astype(
        np.int32
    )  # OpenCV's pixels have whole numbers
    for face in np.argsort(-depth[faces].mean(axis=1), kind="stable"):
        cv2.fillConvexPoly(image, corners[face], int(labels[face]), shift=_SUBPIXEL)
    return image


def parts_of_faces(body: Body) -> NDArray[np.uint8]:
    """(F,) the number of each face's part: that of the joint which moves it most."""
    numbers = np.array([part_of(name) for name in JOINT_NAMES], np.uint8)
    weights = body.weights.cpu().numpy()
    return numbers[weights[body.faces].sum(axis=1).argmax(axis=1)]


def part_of(joint: str) -> int:
    """Of PARTS, from 1 on; what is neither head nor limb is torso, neck and collars too."""
    side, _, where = joint.rpartition("_")
    for part, joints in _PARTS_OF.items():
        if where in joints:
            return 1 + PARTS.index(f"{side}_{part}" if side else part)
    return 1 + PARTS.index("torso")


def read_labels(path: Path) -> NDArray[np.uint8]:
    """A picture of labels, or of a mask. Raises ReadError."""
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if labels is None:
        raise ReadError(
            f"{path}: cannot be read. Give the folder that mask names start from: --data-masks NAME=FOLDER."
        )
    return np.asarray(labels if labels.ndim == 2 else labels[..., 0]).astype(np.uint8)


def confusion(
    truth: NDArray[np.uint8], predicted: NDArray[np.uint8], classes: int, where: str = ""
) -> NDArray[np.int64]:
    """(classes, classes) counts of known pixels by true and predicted class. Raises ReadError for an unknown class."""
    known = truth != UNKNOWN
    if truth.shape != predicted.shape or truth[known].max(initial=0) >= classes:
        raise ReadError(
            f"{where}: is {truth.shape} with labels up to {truth.max(initial=0)}, but the photo is {predicted.shape} "
            f"and labels end at {classes - 1}. Use the masks of these photos."
        )
    places = truth[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(places, minlength=classes**2).reshape(classes, classes)


def confusion_of_unknown(
    truth: NDArray[np.uint8], predicted: NDArray[np.uint8], classes: int
) -> NDArray[np.int64]:
    """(classes, classes) counts of the unknown pixels, as if background were true there."""
    counts = np.zeros((classes, classes), np.int64)
    counts[0] = np.bincount(predicted[truth == UNKNOWN], minlength=classes)
    return counts


def accuracy(counts: NDArray[np.int64]) -> float:
    """Share of pixels of the right class."""
    return float(np.trace(counts) / max(1, counts.sum()))


def f1(counts: NDArray[np.int64]) -> float:
    """Mean over true or predicted classes of 2 tp / (2 tp + fp + fn)."""
    both = counts.sum(axis=0) + counts.sum(axis=1)
    return float((2 * np.diag(counts)[both > 0] / both[both > 0]).mean())
