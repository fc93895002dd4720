"""How good an image network is, by the protocols of the field, from the user's own SPIN-style .npz of each data set.

As SPIN evaluates (eval.py of its public code): the bbox's crop without augmentation, joints in the crop's frame, pelvis
on pelvis (MPJPE) or after the best similarity (PA-MPJPE). Joints are named, so left and right do not depend on anyone's
numbering.

MPI-INF-3DHP's errors are SPIN's, over 17 joints, the pelvis among them. Its PCK and AUC are those of the data set's own
authors (Mehta et al., 3DV 2017; mpii_get_pck_auc_joint_groups.m beside the test set): over 14 joints, top of the head,
neck, shoulders, elbows, wrists, hips, knees and ankles, without the pelvis, which lies on itself. SPIN's files have the
top of the head as `head`.

3DPW's truth is in the photo's frame and predictions are in the crop's; they are compared as they are, as SPIN does.
The truth is of SMPL's male and female bodies, also in what is published. Where these are not given it is posed on the
neutral one, and its figures are to be compared among themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.body.keypoints import OPENPOSE, layout
from core.body.model import Body, BodyParams
from core.errors import ReadError
from core.formats.shared.genders import genders_of
from core.metrics import auc, mpjpe_mm, pa_mpjpe_mm, pck, pve_mm
from core.networks.spin import SpinOutput
from core.networks.table import kind_of
from core.store.fits.dictionary import FitsDictionary
from train.data.photos_present import present
from train.data.rotated_body import LAYOUT
from train.data.samples import Samples, other_body, read_dataset
from train.evaluation.crowds.pw3d_crowds import is_crowded
from train.evaluation.gendered_bodies import check_bodies, each_on_its_own, measured_alike
from train.evaluation.keypoint_recall import recall
from train.evaluation.predict import ask, body_of, crops_of, left_out, params_of
from train.evaluation.results import Result

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
_AS_NEUTRAL = "3DPW test, 14 joints of the true body taken as neutral (published: of its gender)"


@dataclass(frozen=True)
class Protocol:
    """words: what is measured. joints: names in the annotated half of spin49, whose truth is `S` or, with from_smpl,
    the body of `pose` and `shape`. root: joints; their middle is moved onto the truth's. h36m: predictions are
    of Human3.6M's joints. crowded: only 3DPW's crowded frames. published: SPIN's PA-MPJPE [mm]."""

    words: str
    joints: tuple[str, ...] = ()
    root: tuple[str, ...] = ("pelvis",)
    h36m: bool = False
    from_smpl: bool = False
    camera: str = ""
    crowded: bool = False
    published: float | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The joints, and the root's where they are none of them."""
        return tuple(dict.fromkeys((*self.joints, *self.root)))


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
        "3DPW test, 14 joints of the true body, of its gender",
        JOINTS_14,
        h36m=True,
        from_smpl=True,
        published=59.2,
    ),
    "3dpw-pc": Protocol(
        "3DPW-PC, its crowded frames, 14 joints of the true body, of its gender",
        JOINTS_14,
        h36m=True,
        from_smpl=True,
        crowded=True,
    ),
    "mpi-inf-3dhp": Protocol(
        "MPI-INF-3DHP test, 17 joints (PCK, AUC: 14, without pelvis, spine, jaw)",
        JOINTS_17,
        h36m=True,
        published=67.5,
    ),
    "joints": Protocol(
        "joints `S` of the data set, 14 of SPIN's 24", JOINTS_14, root=("right_hip", "left_hip")
    ),
    "coco": Protocol(
        "COCO keypoints AR of projected joints (no scores, hence no AP), true boxes, one person a box"
    ),
}


def evaluate(
    network: nn.Module,
    body: Body,
    name: str,
    path: Path,
    photos: Path | None = None,
    gendered: Mapping[str, Body] | None = None,
) -> Result:
    """A network on one data set. body: of the data set's betas, and of the network's where these are not of the open
    body; gendered: the male and female bodies, by 'm' and 'f'. name: of PROTOCOLS, 'joints' for any other. Raises
    ReadError, FitsError, CheckpointError."""
    protocol, own = PROTOCOLS.get(name, PROTOCOLS["joints"]), body_of(network, body)
    folder = photos or path.parent
    samples, fits = read_dataset(name, path, folder, body, (1.0, 1.0), of_gender=True, turned=False)
    rows, absent = present(samples)
    rows = rows[_of_camera(samples, rows, protocol.camera)]
    if protocol.crowded:
        rows = rows[is_crowded(samples.photo[rows])]
    if not len(rows):
        raise ReadError(f"{path}: nobody is left to evaluate on. Choose the data set's test split.")
    if protocol.from_smpl and (other := other_body(path, body)):
        raise ReadError(other)
    if protocol.joints and not _has_truth(protocol, samples, fits)[rows].all():
        needed = "pose and shape" if protocol.from_smpl else "S"
        raise ReadError(
            f"{path}: protocol '{name}' needs {needed} of every person, and it is not there. Export it."
        )
    truth = _Truth.of(body, gendered or {}, samples, fits, path)
    if protocol.from_smpl and truth.as_neutral:
        protocol = replace(protocol, words=_AS_NEUTRAL, published=None)
    parts: list[dict[str, Tensor]] = []
    unreadable: list[str] = []
    for batch in crops_of(samples, rows, kind_of(network)):
        unreadable += batch.unreadable
        if not len(batch):
            continue
        predicted = ask(network, batch)
        if protocol.joints:
            parts.append(_errors(own, protocol, predicted, truth, batch.views.indices.numpy()))
        else:
            parts.append({"ar": recall(own, predicted, batch)})
    found = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    if not len(next(iter(found.values()))):
        raise ReadError(
            f"{path}: protocol '{name}' needs `part`, and nobody has an annotated keypoint. Export it."
        )
    result = Result.of_people(name, protocol.words, found)
    missing = left_out(absent, unreadable)
    return replace(result, published_pa_mpjpe_mm=protocol.published, left_out=missing)


def _has_truth(protocol: Protocol, samples: Samples, fits: FitsDictionary) -> NDArray[np.bool_]:
    """(N,) rows with truth for this protocol."""
    if protocol.from_smpl:
        return np.asarray(fits.locked.numpy())
    root = samples.joints[:, _annotated(protocol.root), 3] > 0
    return samples.has_joints & root.all(axis=1)


@dataclass(frozen=True, eq=False)
class _Truth:
    """Of N people: their joints in samples, their bodies in fits, which are of `body`, or of one of `gendered` by
    genders (N,)."""

    body: Body
    gendered: Mapping[str, Body]
    genders: NDArray[np.str_]
    samples: Samples
    fits: FitsDictionary

    @classmethod
    def of(
        cls, body: Body, gendered: Mapping[str, Body], samples: Samples, fits: FitsDictionary, path: Path
    ) -> _Truth:
        """Raises ReadError for a gender that is none, or bodies that do not go together."""
        check_bodies(gendered, body)
        alike = measured_alike(gendered, body)
        return cls(body, alike, genders_of(path, len(samples)), samples, fits)

    @property
    def as_neutral(self) -> bool:
        """Whether anybody's own body is not known or not given."""
        return not np.isin(self.genders, list(self.gendered)).all()

    def joints(self, rows: NDArray[np.int64], names: Sequence[str]) -> tuple[Tensor, Tensor]:
        """(B, J, 3) [m] as annotated, and which are known (B, J)."""
        joints = torch.from_numpy(self.samples.joints[rows][:, _annotated(names)])
        return joints[..., :3], joints[..., 3] > 0

    def bodies(
        self, rows: NDArray[np.int64], names: tuple[str, ...], h36m: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Of the true bodies: joints (B, J, 3), vertices (B, V, 3), pelvis (B, 3) [m]."""
        fits, nowhere = self.fits, torch.zeros(len(rows), 3)
        true = BodyParams.from_pose(fits.crop_pose[rows], fits.betas[rows], nowhere, fits.kid[rows])
        joints = torch.zeros(len(rows), len(names), 3)
        vertices = torch.zeros(len(rows), len(self.body.v_template), 3)
        pelvis = torch.zeros_like(nowhere)
        for body, own in each_on_its_own(self.gendered, self.body, self.genders[rows]):
            joints[own] = named_joints(body, true[own], names, h36m)
            vertices[own], posed = body.pose(true[own])
            pelvis[own] = posed[:, 0]
        return joints, vertices, pelvis


def _errors(
    own: Body, protocol: Protocol, predicted: SpinOutput, true: _Truth, rows: NDArray[np.int64]
) -> dict[str, Tensor]:
    """Errors (B,) by name. own: the body of the predictions."""
    guess, names, errors = params_of(predicted), protocol.named, {}
    predicted = named_joints(own, guess, names, protocol.h36m)
    if protocol.from_smpl:
        truth, vertices, pelvis = true.bodies(rows, names, protocol.h36m)
        known = torch.ones_like(truth[..., 0], dtype=torch.bool)
        if own is true.body:
            mesh, posed = own.pose(guess)
            errors["pve_mm"] = pve_mm(mesh, vertices, posed[:, 0], pelvis)
    else:
        truth, known = true.joints(rows, names)
    visible = known & torch.tensor([name in protocol.joints for name in names])
    near = known & torch.tensor([name in JOINTS_14 for name in names])
    centre = [names.index(name) for name in protocol.root]
    return errors | {
        "mpjpe_mm": mpjpe_mm(predicted, truth, centre, visible),
        "pa_mpjpe_mm": pa_mpjpe_mm(predicted, truth, visible),
        "pck": pck(predicted, truth, root=centre, visible=near),
        "auc": auc(predicted, truth, root=centre, visible=near),
    }


def _annotated(names: Sequence[str]) -> list[int]:
    """Places of joints among the 24 of `S`, the annotated half of spin49."""
    return [layout(LAYOUT).keypoints.index(name, OPENPOSE) - OPENPOSE for name in names]


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


def _of_camera(samples: Samples, rows: NDArray[np.int64], camera: str) -> NDArray[np.bool_]:
    return np.array([camera in str(path) for path in samples.photo[rows]], dtype=bool)
