"""Bodies made up for tests, and the ways official files store one: no licence, no chumpy, no scipy.

`toy_arrays()` has the keys of an official file. `write_pickle` writes them as Python 2 with chumpy and
scipy.sparse would have, opcode by opcode; `write_npz` and `write_folder` as their names say.
"""

import pickle
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.body.smpl_file import read_body_file
from core.body.tree import PARENTS
from core.errors import BodyFileError

JOINTS = len(PARENTS)
# Rest joints [m] in SMPL's axes, x the body's left, y up, z forward; right_* mirror left_*.
_REST = np.array(
    [
        [0.00, -0.24, 0.02], [0.06, -0.33, 0.01], [-0.06, -0.33, 0.01], [0.00, -0.13, -0.01],
        [0.10, -0.72, 0.01], [-0.10, -0.72, 0.01], [0.00, 0.01, -0.01], [0.09, -1.15, -0.03],
        [-0.09, -1.15, -0.03], [0.00, 0.07, 0.02], [0.11, -1.21, 0.09], [-0.11, -1.21, 0.09],
        [0.00, 0.28, -0.02], [0.08, 0.18, -0.01], [-0.08, 0.18, -0.01], [0.00, 0.37, 0.03],
        [0.18, 0.21, -0.02], [-0.18, 0.21, -0.02], [0.43, 0.20, -0.04], [-0.43, 0.20, -0.04],
        [0.69, 0.21, -0.04], [-0.69, 0.21, -0.04], [0.77, 0.20, -0.05], [-0.77, 0.20, -0.05],
    ]
)  # fmt: skip


def toy_arrays(
    directions: int = 10, ring: int = 12, pose_blend_shapes: bool = False, seed: int = 0
) -> dict[str, np.ndarray]:
    """A body of 24 balls of `ring` + 2 vertices, one around each joint, with the keys of an official file.

    The joint regressor averages a ball, so it gives the joint exactly. Shape directions are smooth over the
    body (betas 0 and 1 stretch and widen it), skin weights blend each ball with its parent's.
    """
    rng = np.random.default_rng(seed)
    ball, triangles = _ball(ring)
    size = len(ball)
    v_template = (_REST[:, None] + ball).reshape(-1, 3)
    vertices = len(v_template)
    own = np.repeat(np.arange(JOINTS), size)
    weights = np.zeros((vertices, JOINTS))
    weights[np.arange(vertices), own] += 0.8
    weights[np.arange(vertices), np.maximum(np.array(PARENTS)[own], 0)] += 0.2
    regressor = np.zeros((JOINTS, vertices))
    regressor[own, np.arange(vertices)] = 1 / size
    posedirs = {"posedirs": rng.normal(0, 1e-3, (vertices, 3, 207))} if pose_blend_shapes else {}
    return {
        "v_template": v_template,
        "shapedirs": _shape_directions(v_template, directions, rng),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(JOINTS)], np.uint32),
        "f": (triangles + size * np.arange(JOINTS)[:, None, None]).reshape(-1, 3).astype(np.uint32),
        **posedirs,
    }


def _ball(ring: int) -> tuple[np.ndarray, np.ndarray]:
    """Two poles and a ring around them: vertices (ring + 2, 3), radius 5 cm, and triangles."""
    angle = 2 * np.pi * np.arange(ring) / ring
    points = np.column_stack([np.cos(angle), np.zeros(ring), np.sin(angle)])
    poles = np.array([[0, 1, 0], [0, -1, 0]])
    here, following = np.arange(ring), (np.arange(ring) + 1) % ring
    top = np.column_stack([following, here, np.full(ring, ring)])
    bottom = np.column_stack([here, following, np.full(ring, ring + 1)])
    return 0.05 * np.vstack([points, poles]), np.vstack([top, bottom])


def _shape_directions(v_template: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(V, 3, count) [m per standard deviation]: taller, wider, deeper, then ever smaller waves."""
    stretches = [np.diag(axis) for axis in ([0, 0.04, 0], [0.04, 0, 0], [0, 0, 0.04])]
    directions = [v_template @ stretch for stretch in stretches]
    for index in range(3, count):
        frequency, phase = rng.normal(0, 3, (3, 3)), rng.uniform(0, 2 * np.pi, 3)
        directions.append(0.03 / index * np.sin(v_template @ frequency + phase))
    return np.stack(directions[:count], axis=-1)


def write_npz(path: Path, arrays: dict[str, Any] | None = None) -> Path:
    """An .npz with plain arrays, under exactly this name."""
    with path.open("wb") as file:
        np.savez(file, **(toy_arrays() if arrays is None else arrays))
    return path


def write_pickle(path: Path, arrays: dict[str, Any] | None = None, **kinds: str) -> Path:
    """An official-looking .pkl: chumpy for what SMPL keeps in chumpy, a sparse J_regressor.

    kinds: of a key, 'array', 'ch', 'select' or 'csc', 'csr', 'coo' in place of what it usually is.
    """
    arrays = toy_arrays() if arrays is None else arrays
    kinds = {
        "shapedirs": "ch",
        "v_template": "ch",
        "posedirs": "ch",
        "weights": "ch",
        "J_regressor": "csc",
    } | kinds
    contents: dict[str, Any] = {
        "bs_type": "lrotmin",
        "bs_style": "lbs",
        "pose_training_info": {"gender": "none"},
    }
    for key, value in arrays.items():
        contents[key] = _STORED[kinds.get(key, "array")](value)
    path.write_bytes(python2_pickle(contents))
    return path


def write_folder(folder: Path, suffix: str = ".pkl", arrays: dict[str, Any] | None = None) -> Path:
    """A folder with SMPL_NEUTRAL.pkl or .npz."""
    folder.mkdir(parents=True, exist_ok=True)
    (write_pickle if suffix == ".pkl" else write_npz)(folder / f"SMPL_NEUTRAL{suffix}", arrays)
    return folder


def refusal(path: Path) -> str:
    """What reading the file says is wrong."""
    with pytest.raises(BodyFileError) as error:
        read_body_file(path)
    message = str(error.value)
    assert str(path) in message or str(path.parent) in message
    assert message.endswith(".")
    return message


@dataclass(frozen=True)
class Instance:
    """An object of a class that need not be installed."""

    module: str
    name: str
    state: dict[str, Any]


def chumpy_array(value: np.ndarray) -> Instance:
    """A chumpy.ch.Ch as it pickles itself: its numbers beside bookkeeping."""
    return Instance("chumpy.ch", "Ch", {"x": value, "_dirty_vars": {"x"}, "_itr": None, "_status": "new"})


def chumpy_select(value: np.ndarray) -> Instance:
    """What `body[:, :, :10]` leaves in chumpy: the indices into a larger array."""
    larger = np.concatenate([value, np.full_like(value, 7.0)], axis=-1)
    chosen = np.arange(larger.size).reshape(larger.shape)[..., : value.shape[-1]]
    state = {"a": chumpy_array(larger), "idxs": chosen.ravel(), "preferred_shape": value.shape}
    return Instance("chumpy.reordering", "Select", state)


def sparse(value: np.ndarray, kind: str = "csc") -> Instance:
    """A scipy.sparse matrix: csc, csr or coo."""
    transposed = value.T if kind == "csc" else value
    rows, columns = (part.astype(np.int32) for part in np.nonzero(transposed))
    state: dict[str, Any] = {"_shape": value.shape, "data": transposed[rows, columns], "maxprint": 50}
    if kind == "coo":
        state |= {"row": rows, "col": columns}
    else:
        starts = np.searchsorted(rows, np.arange(len(transposed) + 1)).astype(np.int32)
        state |= {"indices": columns, "indptr": starts}
    return Instance(f"scipy.sparse.{kind}", f"{kind}_matrix", state)


_STORED = {
    "array": lambda value: value,
    "ch": chumpy_array,
    "select": chumpy_select,
    "csc": lambda value: sparse(value, "csc"),
    "csr": lambda value: sparse(value, "csr"),
    "coo": lambda value: sparse(value, "coo"),
}


def python2_pickle(value: Any, protocol: int = 2) -> bytes:
    """Bytes as Python 2's cPickle writes them: text and array data as old strings, py2's module names."""
    start = b"\x80\x02" if protocol == 2 else b""
    return start + _opcodes(value, protocol) + pickle.STOP


def _opcodes(value: Any, protocol: int) -> bytes:
    def several(*items: Any) -> bytes:
        return b"".join(_opcodes(item, protocol) for item in items)

    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"I01\n", False: b"I00\n"}[value]
    if isinstance(value, int):
        return pickle.LONG1 + b"\x08" + value.to_bytes(8, "little", signed=True)
    if isinstance(value, float):
        return pickle.BINFLOAT + struct.pack(">d", value)
    if isinstance(value, str | bytes):
        return _old_string(value.encode("latin-1") if isinstance(value, str) else value, protocol)
    if isinstance(value, tuple):
        return b"(" + several(*value) + b"t"
    if isinstance(value, list):
        return b"](" + several(*value) + b"e"
    if isinstance(value, set):
        return _global("__builtin__", "set") + several((list(value),)) + b"R"
    if isinstance(value, dict):
        return b"}(" + several(*(part for pair in value.items() for part in pair)) + b"u"
    if isinstance(value, Instance):
        return _old_instance(value, protocol) + several(value.state) + b"b"
    return _array(value, several)


def _old_string(data: bytes, protocol: int) -> bytes:
    if protocol == 0:
        quoted = repr(data)[1:].encode("ascii")
        return b"S" + quoted + b"\n"
    return pickle.BINSTRING + struct.pack("<i", len(data)) + data


def _old_instance(value: Instance, protocol: int) -> bytes:
    if protocol == 2:
        return _global(value.module, value.name) + b")\x81"
    rebuild, base = _global("copy_reg", "_reconstructor"), _global("__builtin__", "object")
    return rebuild + b"(" + _global(value.module, value.name) + base + b"NtR"


def _array(value: np.ndarray, several: Any) -> bytes:
    fortran = value.flags.f_contiguous and not value.flags.c_contiguous
    code, order = value.dtype.str[1:], value.dtype.str[0]
    dtype = _global("numpy", "dtype") + several((code, 0, 1)) + b"R"
    dtype += several((3, order, None, None, None, -1, -1, 0)) + b"b"
    rebuild = _global("numpy.core.multiarray", "_reconstruct")
    rebuild += b"(" + _global("numpy", "ndarray") + several((0,), "b") + b"tR"
    raw = several(value.tobytes("F" if fortran else "C"))
    return rebuild + b"(" + several(1, value.shape) + dtype + several(bool(fortran)) + raw + b"tb"


def _global(module: str, name: str) -> bytes:
    return b"c" + f"{module}\n{name}\n".encode()
