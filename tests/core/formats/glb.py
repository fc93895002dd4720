"""A plain reading of an animated .glb, to hold the writer against: nodes, skin and one animation."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

_TYPES = {"SCALAR": (), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}
_COMPONENTS = {5126: "<f4", 5123: "<u2", 5125: "<u4"}


def read_glb(path: Path) -> tuple[dict[str, Any], np.ndarray, list[np.ndarray]]:
    """The document, the animation's times (T,) [s] and all arrays."""
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    document = json.loads(data[20 : 20 + size])
    binary = data[28 + size :]
    assert struct.unpack_from("<I4s", data, 20 + size) == (len(binary), b"BIN\0")
    arrays = [_array(document, binary, accessor) for accessor in document["accessors"]]
    times = arrays[document["animations"][0]["samplers"][0]["input"]]
    return document, times, arrays


def skinned_vertices(document: dict[str, Any], arrays: list[np.ndarray], frame: int) -> np.ndarray:
    """(V, 3) of one frame, as the specification's skinning has it."""
    local = [_matrix(node.get("translation", [0, 0, 0]), [0, 0, 0, 1]) for node in document["nodes"]]
    places = {index: node.get("translation", [0, 0, 0]) for index, node in enumerate(document["nodes"])}
    turns: dict[int, Any] = {}
    animation = document["animations"][0]
    for channel in animation["channels"]:
        values = arrays[animation["samplers"][channel["sampler"]]["output"]][frame]
        (turns if channel["target"]["path"] == "rotation" else places)[channel["target"]["node"]] = values
    for index in range(len(local)):
        local[index] = _matrix(places[index], turns.get(index, [0, 0, 0, 1]))
    world = {0: local[0]}
    for index, node in enumerate(document["nodes"]):
        for child in node.get("children", []):
            world[child] = world[index] @ local[child]
    skin = document["skins"][0]
    inverse_bind = arrays[skin["inverseBindMatrices"]].transpose(0, 2, 1)
    bones = np.stack([world[joint] @ inverse_bind[place] for place, joint in enumerate(skin["joints"])])
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    points = np.pad(arrays[attributes["POSITION"]], ((0, 0), (0, 1)), constant_values=1)
    sets = range(sum(name.startswith("JOINTS_") for name in attributes))
    joints = np.concatenate([arrays[attributes[f"JOINTS_{number}"]] for number in sets], axis=1)
    weights = np.concatenate([arrays[attributes[f"WEIGHTS_{number}"]] for number in sets], axis=1)
    return np.einsum("vb,vbij,vj->vi", weights, bones[joints], points)[:, :3]


def _array(document: dict[str, Any], binary: bytes, accessor: dict[str, Any]) -> np.ndarray:
    view = document["bufferViews"][accessor["bufferView"]]
    assert view["byteOffset"] % 4 == 0
    raw = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    array = np.frombuffer(raw, _COMPONENTS[accessor["componentType"]])
    return array.reshape(accessor["count"], *_TYPES[accessor["type"]])


def _matrix(translation: Any, quaternion: Any) -> np.ndarray:
    x, y, z, w = np.asarray(quaternion, dtype=np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = translation
    return matrix
