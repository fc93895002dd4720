"""How good an image network is, by the protocols of the field, from the user's own SPIN-style .npz of each data set.

As SPIN evaluates: the bbox's crop without augmentation, joints in the crop's frame, pelvis on pelvis (MPJPE) or after
the best similarity (PA-MPJPE). Joints are named, so left and right do not depend on anyone's numbering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoints import layout
from core.body.model import Body, BodyParams
from core.errors import ReadError
from core.geometry.image import normalise
from core.geometry.rotation import matrix_to_axis_angle
from core.guess.spin_network import SpinNetwork, SpinOutput
from core.metrics import auc, mpjpe_mm, pa_mpjpe_mm, pck, pve_mm
from core.store.fits import FitsDictionary
from train.learning.datasets import Crops, Order, Turn
from train.learning.losses import OPENPOSE, project_to_crop, to_unit
from train.learning.posing import LAYOUT
from train.learning.samples import Samples, other_body, present, read_dataset

CHUNK = 32
_LIMBS = tuple(
    f"{side}_{joint}"
    for side, joints in (
        ("right", ("ankle", "knee", "hip")),
        ("left", ("hip", "knee", "ankle")),
        ("right", ("wrist", "elbow", "shoulder")),
        ("left", ("shoulder", "elbow", "wrist")),
    )
    for joint in joints
)
JOINTS_14 = (*_LIMBS, "neck", "head")  # of the annotated half of spin49
JOINTS_17 = (*JOINTS_14, "pelvis", "spine", "jaw")
_IN_H36M = {
    "neck": "thorax",
    "pelvis": "root",
    "jaw": "neck_base",
    "right_ankle": "right_foot",
    "left_ankle": "left_foot",
}
# OKS: how far annotators differ, as a share of the person's size (COCO's keypoint evaluation).
_SIGMAS = {"nose": 0.026, "eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072, "wrist": 0.062, "hip": 0.107,
           "knee": 0.087, "ankle": 0.089}  # fmt: skip
_OKS_THRESHOLDS = np.arange(0.5, 1.0, 0.05)
_BOX_TO_AREA = (
    0.53  # a person's own area in the box around them, as COCO's tools take it where nobody measured it
)


@dataclass(frozen=True)
class Protocol:
    """words: what is measured. joints: names in the annotated half of spin49, whose truth is `S` or, with from_smpl,
    the body of `pose` and `shape`. h36m: predictions are of Human3.6M's joints. published: SPIN's PA-MPJPE [mm]."""

    words: str
    joints: tuple[str, ...] = ()
    h36m: bool = False
    from_smpl: bool = False
    camera: str = ""
    published: float | None = None


PROTOCOLS = {
    "h36m-p1": Protocol("Human3.6M P1: S9, S11, all cameras, 14 joints", JOINTS_14, h36m=True),
    "h36m-p2": Protocol(
        "Human3.6M P2: S9, S11, the frontal camera, 14 joints",
        JOINTS_14,
        h36m=True,
        camera="60457274",
        published=41.1,
    ),
    "3dpw": Protocol(
        "3DPW test, 14 joints of the true body", JOINTS_14, h36m=True, from_smpl=True, published=59.2
    ),
    "mpi-inf-3dhp": Protocol("MPI-INF-3DHP test, 17 joints", JOINTS_17, h36m=True, published=67.5),
    "joints": Protocol("joints `S` of the data set, 14 of SPIN's 24", JOINTS_14),
    "coco": Protocol(
        "COCO keypoints AR of projected joints (no scores, hence no AP), true boxes, one person a box"
    ),
}


@dataclass(frozen=True)
class Result:
    """Means over people: errors in mm, shares in 0..1; None where the data set cannot tell."""

    protocol: str
    words: str
    people: int
    mpjpe_mm: float | None = None
    pa_mpjpe_mm: float | None = None
    pve_mm: float | None = None
    pck: float | None = None
    auc: float | None = None
    ar: float | None = None
    front_accuracy: float | None = None
    front_f1: float | None = None
    parts_accuracy: float | None = None
    parts_f1: float | None = None
    published_pa_mpjpe_mm: float | None = None


def evaluate(network: SpinNetwork, body: Body, name: str, path: Path, photos: Path | None = None) -> Result:
    """A network on one data set. name: of PROTOCOLS, 'joints' for any other. Raises ReadError, FitsError."""
    protocol = PROTOCOLS.get(name, PROTOCOLS["joints"])
    samples, fits = read_dataset(name, path, photos or path.parent, body, (1.0, 1.0))
    rows, _ = present(samples)
    rows = rows[_of_camera(samples, rows, protocol.camera)]
    if not len(rows):
        raise ReadError(f"{path}: nobody is left to evaluate on. Choose the data set's test split.")
    if not protocol.joints:
        scores = [_oks(network, body, samples, batch_rows) for batch_rows in chunks(rows)]
        oks = np.concatenate(scores)
        ar = float((oks[:, None] >= _OKS_THRESHOLDS).mean())
        return Result(name, protocol.words, len(oks), ar=ar)
    if protocol.from_smpl and (other := other_body(path, body)):
        raise ReadError(other)
    truth_3d = fits.locked.numpy() if protocol.from_smpl else samples.has_joints
    if not truth_3d[rows].all():
        needed = "pose and shape" if protocol.from_smpl else "S"
        raise ReadError(
            f"{path}: protocol '{name}' needs {needed} of every person, and it is not there. Export it."
        )
    parts = [_errors(network, body, protocol, samples, fits, r) for r in chunks(rows)]
    means = {key: float(torch.cat([part[key] for part in parts]).mean()) for key in parts[0]}
    return Result(name, protocol.words, len(rows), **means, published_pa_mpjpe_mm=protocol.published)


def _errors(
    network: SpinNetwork,
    body: Body,
    protocol: Protocol,
    samples: Samples,
    fits: FitsDictionary,
    rows: NDArray[np.int64],
) -> dict[str, Tensor]:
    said = ask(network, samples, rows)
    guess = params_of(said)
    predicted = named_joints(body, guess, protocol.joints, protocol.h36m)
    nowhere = torch.zeros(len(rows), 3)
    true = BodyParams.from_pose(fits.crop_pose[rows], fits.betas[rows], nowhere, fits.kid[rows])
    errors = {}
    if protocol.from_smpl:
        truth = named_joints(body, true, protocol.joints, protocol.h36m)
        root = body.pose(guess)[1][:, 0], body.pose(true)[1][:, 0]
        errors["pve_mm"] = pve_mm(body.pose(guess)[0], body.pose(true)[0], *root)
    else:
        annotated = layout(LAYOUT).keypoints[OPENPOSE:]
        places = [annotated.index(name) for name in protocol.joints]
        truth = torch.from_numpy(samples.joints[rows][:, places, :3])
    centre = ("pelvis",) if "pelvis" in protocol.joints else ("right_hip", "left_hip")
    root_places = [protocol.joints.index(name) for name in centre]
    return errors | {
        "mpjpe_mm": mpjpe_mm(predicted, truth, root_places),
        "pa_mpjpe_mm": pa_mpjpe_mm(predicted, truth),
        "pck": pck(predicted, truth, root=root_places),
        "auc": auc(predicted, truth, root=root_places),
    }


@torch.no_grad()
def ask(network: SpinNetwork, samples: Samples, rows: NDArray[np.int64]) -> SpinOutput:
    """What the network says of people as they are, on the CPU."""
    network.eval()
    crops = _crops(samples)
    images = crops[[Turn(0, 0, int(row)) for row in rows]].images.to(network.init_pose.device)
    return SpinOutput(*(part.float().cpu() for part in network(normalise(images))))


def named_joints(body: Body, params: BodyParams, joints: tuple[str, ...], h36m: bool) -> Tensor:
    """(B, J, 3) [m] joints by the names of spin49's annotated half, of Human3.6M's skeleton or as annotated."""
    if not h36m:
        places = [layout(LAYOUT).keypoints.index(name) for name in joints]
        return body.keypoints(params, LAYOUT)[:, places]
    names = layout("h36m17").keypoints
    return h36m_joints(body, params)[:, [names.index(_IN_H36M.get(name, name)) for name in joints]]


def h36m_joints(body: Body, params: BodyParams) -> Tensor:
    """(B, 17, 3) [m] in layout h36m17: by the body's H36M regressor, where one lies beside its file, else from its own
    keypoints."""
    regressor = body.arrays.h36m_regressor
    if regressor is None:
        return body.keypoints(params, "h36m17")
    rows = torch.from_numpy(np.array(regressor)).to(body.v_template)
    return (rows / rows.sum(dim=1, keepdim=True)) @ body.pose(params)[0]


@torch.no_grad()
def _oks(network: SpinNetwork, body: Body, samples: Samples, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Object keypoint similarity of each person who has annotated COCO keypoints."""
    said = ask(network, samples, rows)
    points = project_to_crop(body.keypoints(params_of(said), LAYOUT), said.weak_camera).numpy()
    crop = _crops(samples)[[Turn(0, 0, int(row)) for row in rows]].keypoints_crop
    seen = to_unit(crop).numpy()
    names = layout(LAYOUT).keypoints
    sigma = np.array([_sigma(name) for name in names])
    used = np.isfinite(sigma) & (np.arange(len(names)) >= OPENPOSE)
    visible = (seen[..., 2] > 0) & used
    squared = ((points - seen[..., :2]) ** 2).sum(axis=-1)
    area = _BOX_TO_AREA * _box_area(seen[..., :2], visible)[:, None]
    similar = np.exp(-squared / (2 * area * (2 * np.where(used, sigma, 1.0)) ** 2))
    known = visible.any(axis=1)
    return np.asarray((similar * visible).sum(axis=1)[known] / visible.sum(axis=1)[known])


def _box_area(xy: NDArray[np.floating], visible: NDArray[np.bool_]) -> NDArray[np.floating]:
    """(B,) area of the box around the visible points (B, K, 2): a data set of SPIN tells no person's own."""
    high = np.where(visible[..., None], xy, -np.inf).max(axis=1)
    low = np.where(visible[..., None], xy, np.inf).min(axis=1)
    return np.asarray(np.prod(np.clip(high - low, 0.05, 4.0), axis=1))


def _sigma(name: str) -> float:
    return next((value for part, value in _SIGMAS.items() if name.endswith(part)), np.inf)


def params_of(said: SpinOutput) -> BodyParams:
    """The bodies in the crop's frame, at its origin."""
    pose = matrix_to_axis_angle(said.rotations).flatten(1)
    return BodyParams.from_pose(pose, said.betas, torch.zeros_like(pose[:, :3]))


def _crops(samples: Samples) -> Crops:
    return Crops(samples, Order(np.arange(len(samples)), samples.dataset, 0), None)


def _of_camera(samples: Samples, rows: NDArray[np.int64], camera: str) -> NDArray[np.bool_]:
    return np.array([camera in str(path) for path in samples.photo[rows]], dtype=bool)


def chunks(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Rows that are asked about together."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


COLUMNS = {
    "MPJPE mm": ("mpjpe_mm", 1),
    "PA-MPJPE mm": ("pa_mpjpe_mm", 1),
    "SPIN's PA-MPJPE mm": ("published_pa_mpjpe_mm", 1),
    "PVE mm": ("pve_mm", 1),
    "PCK %": ("pck", 100),
    "AUC %": ("auc", 100),
    "AR %": ("ar", 100),
    "foreground accuracy %": ("front_accuracy", 100),
    "foreground F1 %": ("front_f1", 100),
    "parts accuracy %": ("parts_accuracy", 100),
    "parts F1 %": ("parts_f1", 100),
}


def table(results: list[Result]) -> str:
    """A markdown table, with what SPIN's authors published beside it; without columns that nobody fills."""

    def shown(result: Result, name: str, factor: int) -> str:
        value = getattr(result, name)
        return "" if value is None else f"{value * factor:.1f}"

    columns = {
        title: [shown(result, *column) for result in results]
        for title, column in COLUMNS.items()
        if any(getattr(result, column[0]) is not None for result in results)
    }
    lines = [["protocol", "people", *columns], ["---"] * (2 + len(columns))]
    lines += [
        [result.words, str(result.people), *(column[place] for column in columns.values())]
        for place, result in enumerate(results)
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
