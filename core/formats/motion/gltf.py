"""Writes one person's sequence as an animated .glb: the body is a skin on SMPL's 24 bones.

A skin was chosen over morph targets: a minute takes a few MB, Blender imports it as an armature whose poses can be
edited and transferred, and game engines expect it. A skin cannot hold SMPL's pose blend shapes, so elbows and knees
bend as in plain skinning. (The open body has no pose blend shapes, so nothing is lost with it.) Frame and shape are
those of core.formats.motion.track. Written after the glTF 2.0 specification.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from core.body.model import Body
from core.body.tree import JOINT_NAMES, PARENTS
from core.files.whole_file import whole_file
from core.formats.motion.motion_options import BEFORE_THE_CAMERA, MotionOptions
from core.formats.motion.track import MotionTrack, motion_notes, motion_of, shape_notes
from core.formats.shared.report import Export
from core.records import Fit

BONES_A_SET = 4  # bones per vertex in glTF; SMPL needs no more, other bodies get a second set
LEAST_WEIGHT = 1e-4  # of a bone; smaller weights have no visible effect
_FLOAT, _SHORT, _INT = 5126, 5123, 5125
_ARRAY_BUFFER, _INDEX_BUFFER = 34962, 34963
_MAGIC, _JSON, _BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942
_KINDS = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_COMPONENTS = {"f4": _FLOAT, "u2": _SHORT, "u4": _INT}


def write(path: Path, fits: Sequence[Fit], body: Body, motion: MotionOptions = BEFORE_THE_CAMERA) -> Export:
    """Write one person's fits, in the order of the photos.

    Raises FitsError if there are no fits, and OSError.
    """
    track = motion_of(fits, body, motion)
    rest_joints = track.rest_joints.astype("f4")
    pack = _Pack()
    mesh = _mesh(pack, track.rest_vertices.astype("f4"), body)
    inverse_bind = np.tile(np.eye(4, dtype="f4"), (len(JOINT_NAMES), 1, 1))
    inverse_bind[:, 3, :3] = -rest_joints  # column-major, as glTF stores matrices
    document = {
        "asset": {"version": "2.0", "generator": "fitloop"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(JOINT_NAMES)]}],
        "nodes": [*_bones(rest_joints), {"name": "body", "mesh": 0, "skin": 0}],
        "meshes": [mesh],
        "skins": [
            {
                "joints": list(range(len(JOINT_NAMES))),
                "skeleton": 0,
                "inverseBindMatrices": pack.add(inverse_bind),
            }
        ],
        "animations": [_animation(pack, track, motion.frame_rate)],
    }
    with whole_file(path) as stream:
        stream.write(_glb(document | pack.tables(), pack.data()))
    return Export(len(fits), unit="photo", notes=shape_notes(fits, body) + motion_notes(motion))


class _Pack:
    """A buffer of consecutive arrays, with glTF's tables of their places."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._views: list[dict[str, int]] = []
        self._accessors: list[dict[str, Any]] = []

    def add(self, array: np.ndarray, target: int | None = None) -> int:
        """Append an array, whose first axis counts the elements. Returns the index of its accessor."""
        data = np.ascontiguousarray(array).tobytes()
        view = {"buffer": 0, "byteOffset": sum(map(len, self._parts)), "byteLength": len(data)}
        self._views.append(view | ({"target": target} if target else {}))
        self._parts.append(data + b"\0" * (-len(data) % 4))
        accessor = {
            "bufferView": len(self._views) - 1,
            "componentType": _COMPONENTS[array.dtype.str[1:]],
            "count": len(array),
            "type": _KINDS[array.shape[1:]],
        }
        if array.ndim < 3:
            flat = array.reshape(len(array), -1)
            accessor |= {"min": flat.min(axis=0).tolist(), "max": flat.max(axis=0).tolist()}
        self._accessors.append(accessor)
        return len(self._accessors) - 1

    def data(self) -> bytes:
        """The buffer."""
        return b"".join(self._parts)

    def tables(self) -> dict[str, Any]:
        """The document's tables of the buffer: buffers, bufferViews and accessors."""
        length = sum(map(len, self._parts))
        return {"buffers": [{"byteLength": length}], "bufferViews": self._views, "accessors": self._accessors}


def _mesh(pack: _Pack, vertices: np.ndarray, body: Body) -> dict[str, Any]:
    attributes = {
        "POSITION": pack.add(vertices, _ARRAY_BUFFER),
        "NORMAL": pack.add(_normals(vertices, body.faces), _ARRAY_BUFFER),
    }
    for number, (bones, weights) in enumerate(_skin_sets(body.weights.detach().cpu().numpy())):
        attributes[f"JOINTS_{number}"] = pack.add(bones, _ARRAY_BUFFER)
        attributes[f"WEIGHTS_{number}"] = pack.add(weights, _ARRAY_BUFFER)
    indices = pack.add(np.asarray(body.faces).reshape(-1).astype("u4"), _INDEX_BUFFER)
    return {"name": "body", "primitives": [{"attributes": attributes, "indices": indices}]}


def _skin_sets(weights: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split weights (V, 24) into sets of four bones (V, 4) and their weights (V, 4), the largest first."""
    most = int((weights > LEAST_WEIGHT).sum(axis=1).max())
    order = np.argsort(-weights, axis=1, kind="stable")[:, : -(-most // BONES_A_SET) * BONES_A_SET]
    chosen = np.take_along_axis(weights, order, axis=1)
    chosen = np.where(chosen > LEAST_WEIGHT, chosen, 0)
    chosen = chosen / chosen.sum(axis=1, keepdims=True)
    bones = np.where(chosen > 0, order, 0)
    starts = range(0, bones.shape[1], BONES_A_SET)
    return [
        (
            bones[:, start : start + BONES_A_SET].astype("u2"),
            chosen[:, start : start + BONES_A_SET].astype("f4"),
        )
        for start in starts
    ]


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals: the mean of the faces' normals, weighted by area; (0, 1, 0) for a vertex without faces."""
    corners = vertices[faces].astype(np.float64)
    of_faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.zeros(vertices.shape)
    for corner in range(3):
        np.add.at(sums, faces[:, corner], of_faces)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(length > 0, sums / np.maximum(length, 1e-30), [0.0, 1.0, 0.0]).astype("f4")


def _bones(joints: np.ndarray) -> list[dict[str, Any]]:
    """A node for each joint, translated relative to its parent [m]. joints (24, 3)."""
    nodes = []
    for index, (name, parent) in enumerate(zip(JOINT_NAMES, PARENTS, strict=True)):
        beside = joints[index] - joints[parent] if parent >= 0 else joints[index]
        children = [child for child, above in enumerate(PARENTS) if above == index]
        node: dict[str, Any] = {"name": name, "translation": beside.tolist()}
        nodes.append(node | ({"children": children} if children else {}))
    return nodes


def _animation(pack: _Pack, track: MotionTrack, frame_rate: float) -> dict[str, Any]:
    times = pack.add((np.arange(len(track)) / frame_rate).astype("f4"))
    outputs = [("translation", 0, pack.add(track.pelvis.astype("f4")))]
    turns = _quaternions(track.rotations)
    outputs += [("rotation", joint, pack.add(turns[:, joint])) for joint in range(len(JOINT_NAMES))]
    samplers = [{"input": times, "output": output, "interpolation": "LINEAR"} for _, _, output in outputs]
    channels = [
        {"sampler": index, "target": {"node": node, "path": path}}
        for index, (path, node, _) in enumerate(outputs)
    ]
    return {"name": "fit", "samplers": samplers, "channels": channels}


def _quaternions(rotations: np.ndarray) -> np.ndarray:
    """Quaternions (T, J, 4) x, y, z, w of rotations (T, J, 3, 3). Signs are chosen such that interpolation takes the
    shorter way."""
    turns = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_quat().reshape(*rotations.shape[:2], 4)
    away = (turns[1:] * turns[:-1]).sum(-1) < 0
    turns[1:] *= np.where(np.cumsum(away, axis=0) % 2, -1.0, 1.0)[..., None]
    return np.asarray(turns.astype("f4"))


def _glb(document: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(data)
    header = struct.pack("<III", _MAGIC, 2, length) + struct.pack("<II", len(text), _JSON)
    return header + text + struct.pack("<II", len(data), _BINARY) + data
