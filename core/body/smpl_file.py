"""SMPL's .pkl and .npz, and the open body's .npz, read as data and checked.

No code in a file is run, and sizes are bounded before arrays are made. Later steps rely on the checks here: shapes
agree, numbers are finite, the tree is SMPL's, faces and regressors stay within the mesh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from core.body.body_folder import neutral_body_in
from core.body.tree import PARENTS
from core.errors import BodyFileError, PickleRefused
from core.files.npz import faults_as, read_npy, read_npz
from core.files.pickles.reader import SparseMatrix, Unevaluated, load_pickle
from core.files.regular import open_regular

JOINTS = len(PARENTS)
POSE_TERMS = 9 * (JOINTS - 1)
BETAS = 10
MAX_VERTICES = 200_000
MAX_SHAPE_DIRECTIONS = 400
MAX_BYTES = 512 * 2**20  # of all its arrays
_WEIGHT_TOLERANCE = 1e-3
_ROOT = 2**32 - 1  # how official files write "no parent"
_REQUIRED = ("v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f")
_OPTIONAL = ("posedirs", "kid_direction", "name", "license")
_SURFACE = ("surface_names", "surface_rows", "surface_cols", "surface_values")
_RIGHT_FILE = (
    "Take an SMPL model file (.pkl or .npz) from smpl.is.tue.mpg.de, or leave it out to use the open body"
)
_KID_TEMPLATE = "smpl_kid_template.npy"

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BodyArrays:
    """A body as read-only arrays, metres, in SMPL's own axes (x the body's left, y up, z forward).

    surface: definition -> (indices, weights) of the keypoints that the file brings with it; index i < V is a
    vertex, V + j is joint j.
    posedirs (V, 3, 207), or (V, 3, 0) for a body without pose blend shapes.
    """

    v_template: Floats  # (V, 3)
    shapedirs: Floats  # (V, 3, S), S >= 10
    posedirs: Floats
    J_regressor: Floats  # (24, V)
    weights: Floats  # (V, 24)
    parents: NDArray[np.int64]  # (24,), -1 at the pelvis
    faces: NDArray[np.int64]  # (F, 3)
    name: str
    fingerprint: str
    kid_direction: Floats | None = None  # (V, 3)
    surface: Mapping[str, tuple[NDArray[np.int64], Floats]] = field(default_factory=dict)
    extra_regressor: Floats | None = None  # (9, V), SPIN's nine joints
    h36m_regressor: Floats | None = None  # (17, V)
    license: str = ""


def read_body_file(path: str | Path, kid_template: Path | None = None) -> BodyArrays:
    """A body from an official .pkl or .npz, a folder with SMPL_NEUTRAL.*, or the open body's .npz.

    J_regressor_extra.npy and J_regressor_h36m.npy beside the file are read too, and smpl_kid_template.npy where no
    kid_template is named. Raises BodyFileError with the file, its fault and the remedy.
    """
    path = Path(path)
    if path.is_dir():
        path = neutral_body_in(path)
    body = body_arrays(_contents(path), str(path), path.stem)
    vertices = len(body.v_template)
    return replace(
        body,
        kid_direction=_kid_direction(path.parent, kid_template, body),
        extra_regressor=_regressor_beside(path.parent / "J_regressor_extra.npy", 9, vertices),
        h36m_regressor=_right_leg_first(
            _regressor_beside(path.parent / "J_regressor_h36m.npy", 17, vertices), body.v_template
        ),
    )


def body_arrays(contents: Mapping[str, Any], where: str, name: str) -> BodyArrays:
    """The checked body of an official file's keys. where: the file's name in errors. Raises BodyFileError."""
    missing = [key for key in _REQUIRED if key not in contents]
    if missing:
        _fail(where, f"holds no {', '.join(missing)}", _RIGHT_FILE)
    _check_tree(_integers(contents, "kintree_table", where), where)
    v_template = _floats(contents, "v_template", (None, 3), where)
    vertices = len(v_template)
    if not 3 <= vertices <= MAX_VERTICES:
        _fail(where, f"has {vertices} vertices", f"A body has between 3 and {MAX_VERTICES}")
    shapedirs = _floats(contents, "shapedirs", (vertices, 3, None), where)
    if not BETAS <= shapedirs.shape[2] <= MAX_SHAPE_DIRECTIONS:
        _fail(where, f"has {shapedirs.shape[2]} shape directions", "Take a file with 10 or 300")
    J_regressor = _floats(contents, "J_regressor", (JOINTS, vertices), where)
    weights = _floats(contents, "weights", (vertices, JOINTS), where)
    _check_sums(weights.min(initial=0) >= -_WEIGHT_TOLERANCE, weights.sum(axis=1), f"{where}, weights")
    no_posedirs = _frozen(np.zeros((vertices, 3, 0), np.float32))
    has_posedirs, has_kid = "posedirs" in contents, "kid_direction" in contents
    return BodyArrays(
        v_template=v_template,
        shapedirs=shapedirs,
        posedirs=_floats(contents, "posedirs", (vertices, 3, POSE_TERMS), where)
        if has_posedirs
        else no_posedirs,
        J_regressor=J_regressor,
        weights=weights,
        parents=_frozen(np.array(PARENTS, np.int64)),
        faces=_faces(contents, vertices, where),
        name=_text(contents, "name", where) or name,
        fingerprint=fingerprint(v_template, shapedirs, J_regressor, weights),
        kid_direction=_floats(contents, "kid_direction", (vertices, 3), where) if has_kid else None,
        surface=_surface(contents, vertices, where),
        license=_text(contents, "license", where),
    )


def fingerprint(v_template: Floats, shapedirs: Floats, J_regressor: Floats, weights: Floats) -> str:
    """16 hex digits of a hash over the arrays that define betas and pose, the same for a body's .pkl and .npz."""
    digest = hashlib.sha256()
    for array in (v_template, shapedirs[..., :BETAS], J_regressor, weights):
        digest.update(repr(array.shape).encode())
        digest.update(
            (np.ascontiguousarray(array, "<f4") + np.float32(0)).tobytes()
        )  # + 0: no negative zeros
    return digest.hexdigest()[:16]


def _contents(path: Path) -> Mapping[str, Any]:
    try:
        with open_regular(path, MAX_BYTES) as file:
            start = file.read(4)
    except OSError as error:
        _fail(str(path), f"cannot be read ({error.strerror})", "Check the path and its permissions")
    if start[:2] == b"PK":
        with faults_as(BodyFileError, path):
            return read_npz(path, (*_REQUIRED, *_OPTIONAL, *_SURFACE), MAX_BYTES)
    if start[:1] not in (b"\x80", b"(", b"}", b"c"):  # how pickles of a dict begin
        what = "is empty" if not start else "is neither a pickle nor an .npz"
        _fail(str(path), what, _RIGHT_FILE)
    try:
        contents = load_pickle(path)
    except PickleRefused as refused:
        raise BodyFileError(str(refused)) from None
    if not isinstance(contents, dict):
        _fail(str(path), f"holds a {type(contents).__name__} and no body", _RIGHT_FILE)
    return contents


def _regressor_beside(path: Path, rows: int, vertices: int) -> Floats | None:
    if not path.is_file():
        return None
    with faults_as(BodyFileError, path):
        found = {path.name: read_npy(path, MAX_BYTES)}
    return _floats(found, path.name, (rows, vertices), str(path.parent))


def _kid_direction(folder: Path, named: Path | None, body: BodyArrays) -> Floats | None:
    """The file's own, or from the template of a child (V, 3) to the mean adult, as AGORA has it (Patel et al., CVPR
    2021): the template is centred, the adult is not."""
    path = named or folder / _KID_TEMPLATE
    if named is None and (body.kid_direction is not None or not path.is_file()):
        return body.kid_direction
    with faults_as(BodyFileError, path):
        found = {path.name: read_npy(path, MAX_BYTES)}
    child = _floats(found, path.name, (len(body.v_template), 3), str(path.parent)).astype(np.float64)
    return _frozen((child - child.mean(axis=0) - body.v_template).astype(np.float32))  # type: ignore[no-any-return]


def _right_leg_first(h36m: Floats | None, v_template: Floats) -> Floats | None:
    """Human3.6M's order has the right leg in rows 1 to 3; SPIN's copy of the file has the left one there.

    The hips' x tells which: x is the body's left.
    """
    if h36m is None or h36m[1] @ v_template[:, 0] <= h36m[4] @ v_template[:, 0]:
        return h36m
    return _frozen(h36m[[0, 4, 5, 6, 1, 2, 3, *range(7, 17)]])  # type: ignore[no-any-return]


def _fail(where: str, wrong: str, right: str) -> NoReturn:
    raise BodyFileError(f"{where}: {wrong}. {right}.")


def _array(contents: Mapping[str, Any], key: str, where: str) -> NDArray[np.generic]:
    value = contents[key]
    if isinstance(value, Unevaluated):
        wrong = f"{key} is an operation of chumpy ({value.name}) and not numbers"
        _fail(where, wrong, "Export the file with plain arrays")
    if isinstance(value, SparseMatrix):
        if value.shape[0] * value.shape[1] > JOINTS * MAX_VERTICES:
            _fail(where, f"{key} has shape {value.shape}", f"At most ({JOINTS}, {MAX_VERTICES}) is expected")
        value = value.toarray()
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        _fail(where, f"{key} is no array of numbers", _RIGHT_FILE)
    return value


def _floats(contents: Mapping[str, Any], key: str, shape: tuple[int | None, ...], where: str) -> Floats:
    """float32 of this shape (None: any), finite, read-only."""
    array = _array(contents, key, where)
    agrees = len(array.shape) == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if not agrees:
        wanted = "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
        _fail(where, f"{key} has shape {array.shape}", f"It must be {wanted}, as the file's other arrays say")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32, order="C")
    if not np.isfinite(numbers).all():
        _fail(where, f"{key} has numbers that are not finite", "Download or export the file again")
    return _frozen(numbers)


def _integers(contents: Mapping[str, Any], key: str, where: str) -> NDArray[np.int64]:
    array = _array(contents, key, where)
    if array.dtype.kind not in "iu":
        _fail(where, f"{key} has numbers of type {array.dtype}", "It must have whole numbers")
    return array.astype(np.int64)


def _check_tree(kintree_table: NDArray[np.int64], where: str) -> None:
    """Row 0 the parents, the root's 4294967295 or -1; row 1 the joints 0 to 23 themselves."""
    if kintree_table.ndim != 2 or kintree_table.shape[0] != 2:
        wrong = f"kintree_table has shape {kintree_table.shape}"
        _fail(where, wrong, f"It must be (2, {JOINTS})")
    if kintree_table.shape[1] != JOINTS:
        wrong = f"has {kintree_table.shape[1]} joints"
        _fail(where, wrong, f"Take SMPL's file with {JOINTS}, not SMPL-H's or SMPL-X's")
    parents = [-1 if parent == _ROOT else parent for parent in kintree_table[0].tolist()]
    if parents != list(PARENTS) or kintree_table[1].tolist() != list(range(JOINTS)):
        _fail(where, "kintree_table is another tree than SMPL's", _RIGHT_FILE)


def _faces(contents: Mapping[str, Any], vertices: int, where: str) -> NDArray[np.int64]:
    faces = _integers(contents, "f", where)
    if faces.ndim != 2 or faces.shape[1] != 3 or len(faces) == 0:
        _fail(where, f"f has shape {faces.shape}", "It must be (F, 3): triangles")
    if faces.min() < 0 or faces.max() >= vertices:
        wrong = f"f names vertex {faces.min() if faces.min() < 0 else faces.max()}"
        _fail(where, wrong, f"The mesh has vertices 0 to {vertices - 1}")
    return _frozen(faces)


def _check_sums(positive: bool | np.bool_, sums: NDArray[Any], where: str) -> None:
    if not positive or np.any(np.abs(sums - 1) > _WEIGHT_TOLERANCE):
        worst = sums[np.argmax(np.abs(sums - 1))]
        _fail(where, f"a row sums to {worst:.4g} or has negative weights", "Each row must sum to 1")


def _surface(
    contents: Mapping[str, Any], vertices: int, where: str
) -> dict[str, tuple[NDArray[np.int64], Floats]]:
    """The file's own keypoints, stored as (keypoint, vertex or V + joint, weight) triples."""
    if not any(key in contents for key in _SURFACE):
        return {}
    missing = [key for key in _SURFACE if key not in contents]
    if missing:
        _fail(where, f"holds no {', '.join(missing)}", "Bake the body again: python -m train.body")
    names = contents["surface_names"]
    if not isinstance(names, np.ndarray) or names.dtype.kind != "U" or names.ndim != 1 or len(names) > 1000:
        _fail(where, "surface_names is no list of texts", "Bake the body again: python -m train.body")
    rows, cols = (_integers(contents, key, where) for key in ("surface_rows", "surface_cols"))
    values = _floats(contents, "surface_values", (None,), where)
    if rows.shape != values.shape or cols.shape != values.shape:
        _fail(where, "surface_rows, _cols and _values differ in length", "They must be of one length")
    for key, index, size in (("surface_rows", rows, len(names)), ("surface_cols", cols, vertices + JOINTS)):
        if np.any((index < 0) | (index >= size)):
            _fail(where, f"{key} reaches outside", f"It must stay within 0 to {size - 1}")
    _check_sums(True, np.bincount(rows, values, len(names)), f"{where}, surface keypoints")
    of_row = [rows == row for row in range(len(names))]
    return {
        str(name): (_frozen(cols[own]), _frozen(values[own])) for name, own in zip(names, of_row, strict=True)
    }


def _text(contents: Mapping[str, Any], key: str, where: str) -> str:
    value = contents.get(key, "")
    if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.ndim == 0:
        return str(value)
    return value if isinstance(value, str) else ""


def _frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array
