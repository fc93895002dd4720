"""Named keypoint layouts, and the definition of each keypoint.

A *definition* is one point of the body with one identity; a layout is an ordered list of names, each of which
names a definition. Two layouts share a keypoint exactly when both name the same definition: hips, necks and
heads of different data sets lie centimetres apart and are different definitions. All of it is data, in
resources/keypoints.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt

from core.body.tree import JOINT_NAMES, mirror_name
from core.errors import LayoutError
from core.records import Keypoints

if TYPE_CHECKING:
    import torch

Side = Literal["left", "right", "centre"]

LAYOUTS: tuple[str, ...] = (
    "openpose25",
    "coco17",
    "coco18",
    "coco23",
    "halpe26",
    "mediapipe33",
    "humanart21",
    "spin49",
    "h36m17",
    "mpii16",
    "lsp14",
    "aic14",
    "crowdpose14",
    "posetrack17",
    "panoptic19",
    "mpi_inf_3dhp17",
    "jhmdb15",
    "smpl24",
    "openpose25b",
)

# SPIN's own model has other points for two of spin49's names, which its published losses are of. Files have spin49.
SPIN_MODEL_LAYOUT = "spin49_smpl"
FITS_LAYOUT = "spin49"  # the layout of the fits dictionary and of the training data sets
OPENPOSE = 25  # the first of spin49's keypoints; the other 24 are annotated ones
_FOLDER = Path(__file__).parents[2] / "resources" / "keypoints"

Array = TypeVar("Array", "npt.NDArray[Any]", "torch.Tensor")


@dataclass(frozen=True, eq=False)
class Definition:
    """One point of the body, and the ways to compute it when a body has no regressor of its own for it.

    joints: SMPL joint name -> weight, summing to one (some extrapolate). smpl_vertices: the same over the
    6890 vertices of an official mesh; extra, h36m: rows of J_regressor_extra (9) and J_regressor_h36m (17).
    """

    id: str
    words: str
    side: Side
    joints: Mapping[str, float]
    smpl_vertices: Mapping[int, float] | None = None
    extra: int | None = None
    h36m: int | None = None


@dataclass(frozen=True, eq=False)
class Layout:
    """A named order of K keypoints. All tuples but `bones` are K long; `flip` exchanges left and right."""

    name: str
    source: str
    keypoints: tuple[str, ...]
    definitions: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    flip: tuple[int, ...]
    sides: tuple[Side, ...]
    words: tuple[str, ...]

    @property
    def k(self) -> int:
        return len(self.keypoints)

    @property
    def parents(self) -> tuple[int, ...]:
        """For each keypoint the other end of the first bone that leads to it, -1 without one."""
        first = {end: start for start, end in reversed(self.bones)}
        return tuple(first.get(keypoint, -1) for keypoint in range(self.k))

    def index(self, keypoint: str) -> int:
        """Place of a keypoint in the layout. Raises LayoutError, listing the names, if there is none."""
        if keypoint not in self.keypoints:
            raise LayoutError(
                f"Layout {self.name!r} has no keypoint {keypoint!r}. "
                f"Choose one of: {', '.join(self.keypoints)}."
            )
        return self.keypoints.index(keypoint)


def definition(name: str) -> Definition:
    """The definition of that id. Raises LayoutError, listing the ids, if there is none."""
    known = definitions()
    if name not in known:
        raise LayoutError(f"No keypoint definition {name!r}. Choose one of: {', '.join(known)}.")
    return known[name]


@lru_cache
def definitions() -> Mapping[str, Definition]:
    """Every definition by its id, in the file's order."""
    return read_definitions(_FOLDER / "definitions.json")


def read_definitions(path: Path) -> Mapping[str, Definition]:
    """Read and check a file of definitions. Raises LayoutError with the file and its fault."""
    return {name: _parse_definition(name, entry, path) for name, entry in _read(path).items()}


@lru_cache
def layout(name: str) -> Layout:
    """The layout of that name. Raises LayoutError, listing the layouts, if there is none."""
    if name not in (*LAYOUTS, SPIN_MODEL_LAYOUT):
        raise LayoutError(f"No keypoint layout {name!r}. Choose one of: {', '.join(LAYOUTS)}.")
    return read_layout(_FOLDER / f"{name}.json")


def read_layout(path: Path) -> Layout:
    """Read and check one layout file. Raises LayoutError with the file and its fault."""
    entry = _read(path)
    missing = {"name", "source", "keypoints", "bones"} - entry.keys()
    if missing:
        raise LayoutError(f"{path.name}: a layout needs {', '.join(sorted(missing))}.")
    if any({"name", "definition"} - keypoint.keys() for keypoint in entry["keypoints"]):
        raise LayoutError(f"{path.name}: every keypoint needs a name and a definition.")
    names = tuple(keypoint["name"] for keypoint in entry["keypoints"])
    ids = tuple(keypoint["definition"] for keypoint in entry["keypoints"])
    _check_names(path, names, ids, entry["bones"])
    points = [definition(one) for one in ids]
    return Layout(
        name=entry["name"],
        source=entry["source"],
        keypoints=names,
        definitions=ids,
        bones=tuple((names.index(start), names.index(end)) for start, end in entry["bones"]),
        flip=tuple(names.index(mirror_name(name)) for name in names),
        sides=tuple(point.side for point in points),
        words=tuple(point.words for point in points),
    )


@lru_cache
def side_colours(background: Literal["light", "dark"]) -> Mapping[Side, str]:
    """Colours (#rrggbb) of the sides on a light or dark background, told apart by colour-blind eyes too."""
    colours: Mapping[Side, str] = _read(_FOLDER / "colours.json")[background]
    return colours


@overload
def convert(keypoints: Keypoints, source: str, target: str) -> Keypoints: ...
@overload
def convert(keypoints: Array, source: str, target: str) -> Array: ...
def convert(keypoints: Any, source: str, target: str) -> Any:
    """The same keypoints in another layout; those that `source` does not define get confidence 0.

    keypoints: a record in layout `source`, or a numpy or torch array (..., K, C) with the confidence last,
    such as x, y, confidence. Returns the same kind with `target`'s K. If `source` has a definition twice
    (spin49), the more confident keypoint is taken; if `target` has it twice, both are filled. Raises
    LayoutError if the keypoints are not in layout `source`.
    """
    if not isinstance(keypoints, Keypoints):
        return _convert_array(keypoints, source, target)
    if keypoints.layout != source:
        raise LayoutError(f"These keypoints are in layout {keypoints.layout!r}, not in {source!r}.")
    rows = np.column_stack([keypoints.xy, keypoints.occluded, keypoints.confidence])
    rows = _convert_array(rows, source, target)
    return Keypoints(layout=target, xy=rows[:, :2], confidence=rows[:, 3], occluded=rows[:, 2] > 0)


def _convert_array(keypoints: Array, source: str, target: str) -> Array:
    k = layout(source).k
    if keypoints.ndim < 2 or keypoints.shape[-2] != k:
        _refuse_shape(tuple(keypoints.shape), source)
    candidates = _candidates(source, target)
    if isinstance(keypoints, np.ndarray):
        absent = np.zeros_like(keypoints[..., :1, :])
        found = np.concatenate([keypoints, absent], -2)[..., candidates, :]
        best = found[..., -1].argmax(-1)[..., None, None]
        return np.take_along_axis(found, best, -2)[..., 0, :]
    import torch  # here, so that a window that only draws keypoints opens before torch is loaded

    found_t = torch.cat([keypoints, torch.zeros_like(keypoints[..., :1, :])], -2)[..., candidates, :]
    best_t = found_t[..., -1].argmax(-1)[..., None, None]
    return torch.take_along_dim(found_t, best_t, -2)[..., 0, :]


@lru_cache
def _candidates(source: str, target: str) -> npt.NDArray[np.int64]:
    """(K of target, most candidates) places in source, filled up with K of source: the absent keypoint."""
    old, new = layout(source), layout(target)
    places = [[i for i, one in enumerate(old.definitions) if one == wanted] for wanted in new.definitions]
    width = max(1, *map(len, places))
    return np.array([row + [old.k] * (width - len(row)) for row in places])


def _refuse_shape(shape: tuple[int, ...], source: str) -> None:
    fitting = [name for name in LAYOUTS if len(shape) > 1 and layout(name).k == shape[-2]]
    hint = f" Layouts of that many keypoints: {', '.join(fitting)}." if fitting else ""
    raise LayoutError(
        f"An array of shape {shape}, but layout {source!r} needs (..., {layout(source).k}, values).{hint}"
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LayoutError(
            f"{path}: cannot be read ({error}). It comes with the program: install it again."
        ) from error
    if not isinstance(entry, dict):
        raise LayoutError(f"{path}: holds a {type(entry).__name__}, but should hold an object with names.")
    return entry


def _parse_definition(name: str, entry: dict[str, Any], path: Path) -> Definition:
    if {"words", "side", "joints"} - entry.keys() or entry["side"] not in ("left", "right", "centre"):
        raise LayoutError(f"{path.name}: {name!r} needs words, joints, and a side: left, right or centre.")
    vertices = entry.get("smpl_vertices")
    point = Definition(
        id=name,
        words=entry["words"],
        side=entry["side"],
        joints=entry["joints"],
        smpl_vertices=None
        if vertices is None
        else {int(vertex): weight for vertex, weight in vertices.items()},
        extra=entry.get("extra"),
        h36m=entry.get("h36m"),
    )
    unknown = point.joints.keys() - set(JOINT_NAMES)
    if unknown:
        raise LayoutError(
            f"{path.name}: {name!r} uses joints that SMPL does not have: {', '.join(sorted(unknown))}."
        )
    for weights in (point.joints, point.smpl_vertices):
        if weights is not None and abs(sum(weights.values()) - 1) > 1e-6:
            raise LayoutError(
                f"{path.name}: weights of {name!r} sum to {sum(weights.values()):g}, but must sum to 1."
            )
    return point


def _check_names(path: Path, names: tuple[str, ...], ids: tuple[str, ...], bones: list[list[str]]) -> None:
    """Refuse names given twice, unknown definitions, bones to nowhere, sides without their mirror image."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LayoutError(f"{path.name}: keypoints named twice: {', '.join(twice)}.")
    known = definitions()
    for name, one in zip(names, ids, strict=True):
        if one not in known:
            raise LayoutError(
                f"{path.name}: keypoint {name!r} has definition {one!r}, which definitions.json lacks."
            )
        other = mirror_name(name)
        if other not in names:
            raise LayoutError(f"{path.name}: keypoint {name!r} has no {other!r} on the other side.")
        if ids[names.index(other)] != mirror_name(one):
            raise LayoutError(
                f"{path.name}: {name!r} and {other!r} have definitions that do not mirror each other."
            )
    for bone in bones:
        if len(bone) != 2 or not set(bone) <= set(names):
            raise LayoutError(f"{path.name}: bone {bone} does not join two keypoints of this layout.")
