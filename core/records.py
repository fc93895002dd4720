"""Frozen records of numpy arrays, for one person or one photo: they are saved, undone and sent across threads.

Arrays are read-only float32 copies, so threads can share a record. A change makes a new record, so a record
has changed where `old is not new`. Shape letter: K keypoints. Pixel i covers [i, i + 1).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.errors import FitloopError, LayoutError
from core.frozen import freeze, make_floats, set_array
from core.wishes import Wish

Verdict = Literal["todo", "accepted", "rejected", "later"]
Source = Literal["guess", "fit", "curated"]

BBOX_UNIT = 200.0  # px of one unit of scale, as in MPII, SPIN and EFT
BBOX_PADDING = 1.2  # a bbox is a fifth wider than the tight box around the person
LAYOUT_FOLDER = Path(__file__).parents[1] / "resources" / "keypoints"
BODY_SHAPES = {"pose": (72,), "betas": (10,), "cam_t": (3,), "camera_center": (2,)}


@dataclass(frozen=True, eq=False)
class BBox:
    """The square around a person: center (2,) [px], side = 200 * scale [px].

    size (2,) = width, height [px] of the tight box around the same centre that a file or a hand gave; None where
    only the square is known.
    """

    center: np.ndarray
    scale: float
    size: np.ndarray | None = None

    def __post_init__(self) -> None:
        freeze(self, center=(2,))
        if self.size is not None:
            freeze(self, size=(2,))
            if not (self.size > 0).all():
                raise FitloopError("bbox: its width or height is not more than 0. Draw the box again.")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise FitloopError(
                f"bbox: its scale is {self.scale}, but it must be more than 0. Draw the box again."
            )
        make_floats(self, "scale")

    @property
    def side(self) -> float:
        """Width and height of the square [px]."""
        return BBOX_UNIT * self.scale

    @classmethod
    def from_xywh(cls, xywh: Sequence[float] | np.ndarray, padding: float = BBOX_PADDING) -> BBox:
        """The padded square around a tight box: xywh (4,) = left, top, width, height [px]."""
        x, y, width, height = (float(value) for value in xywh)
        scale = padding * max(width, height) / BBOX_UNIT
        return cls(np.array([x + width / 2, y + height / 2]), scale, np.array([width, height]))

    @property
    def xywh(self) -> np.ndarray:
        """The tight box, (4,) = left, top, width, height [px]; where it is not known, the square without its padding.
        `from_xywh` is the inverse."""
        size = np.full(2, self.side / BBOX_PADDING) if self.size is None else self.size
        return np.array([*(self.center - size / 2), *size], dtype=np.float32)

    @property
    def corners(self) -> np.ndarray:
        """(2, 2) [px]: upper left and lower right of the box as a hand edits it: the tight one, else the square."""
        half = np.full(2, self.side) / 2 if self.size is None else self.size / 2
        return np.stack([self.center - half, self.center + half]).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Keypoints:
    """The 2D points of one person: xy (K, 2) [px of the photo], confidence (K,) in 0..1 with 0 = absent.

    A point whose coordinate or confidence is not finite is stored as absent: (0, 0) with confidence 0.
    occluded (K,) bool marks points that are annotated but hidden in the photo.
    """

    layout: str
    xy: np.ndarray
    confidence: np.ndarray
    occluded: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        xy = np.array(self.xy, dtype=np.float32)
        confidence = np.array(self.confidence, dtype=np.float32)
        occluded = np.array(self.occluded, dtype=bool)
        k = xy.shape[:1]
        if not occluded.size:
            occluded = np.zeros(k, dtype=bool)
        if xy.shape != (*k, 2) or confidence.shape != k or occluded.shape != k:
            raise LayoutError(
                f"keypoints of layout '{self.layout}': xy {xy.shape}, confidence {confidence.shape} and "
                f"occluded {occluded.shape} do not belong together. Give (K, 2), (K,) and (K,) with one K."
            )
        absent = ~(np.isfinite(xy).all(axis=1) & np.isfinite(confidence))
        xy[absent], confidence[absent] = 0, 0
        set_array(self, "xy", xy)
        set_array(self, "confidence", confidence.clip(0, 1))
        set_array(self, "occluded", occluded)

    @property
    def k(self) -> int:
        """Number of keypoints."""
        return len(self.xy)

    @property
    def array(self) -> np.ndarray:
        """(K, 3): x, y [px], confidence."""
        return np.concatenate([self.xy, self.confidence[:, None]], axis=1)

    @classmethod
    def from_array(cls, layout: str, array: np.ndarray) -> Keypoints:
        """From array (K, 3): x, y [px], confidence."""
        values = np.asarray(array, dtype=np.float32)
        if values.ndim != 2 or values.shape[1] != 3:
            raise LayoutError(
                f"keypoints of layout '{layout}': the array is {values.shape}. Give (K, 3): x, y, confidence."
            )
        return cls(layout, values[:, :2], values[:, 2])

    @classmethod
    def many(cls, layout: str, array: np.ndarray, occluded: np.ndarray) -> list[Keypoints]:
        """Of N people at once, which takes a fifth of the time: array (N, K, 3) = x, y [px], confidence, and occluded
        (N, K) bool."""
        values = np.array(array, dtype=np.float32)
        values[~np.isfinite(values).all(axis=2)] = 0
        xy, confidence = values[..., :2].copy(), values[..., 2].clip(0, 1)
        hidden = np.array(occluded, dtype=bool)
        if values.shape[2:] != (3,) or hidden.shape != confidence.shape:
            raise LayoutError(
                f"keypoints of layout '{layout}': {values.shape} and {hidden.shape}. Give one N and K."
            )
        found = []
        for parts in zip(xy, confidence, hidden, strict=True):
            one = cls.__new__(cls)
            object.__setattr__(one, "layout", layout)
            for name, part in zip(("xy", "confidence", "occluded"), parts, strict=True):
                set_array(one, name, part)
            found.append(one)
        return found

    def with_keypoint(
        self,
        name_or_index: str | int,
        xy: Sequence[float] | np.ndarray | None = None,
        confidence: float | None = None,
        occluded: bool | None = None,
    ) -> Keypoints:
        """The same keypoints with one of them changed; None leaves a value as it is.

        xy (2,) [px of the photo]. Raises LayoutError where the layout has no such keypoint.
        """
        index = self._index(name_or_index)
        changed: dict[str, Any] = {
            name: np.array(getattr(self, name)) for name in ("xy", "confidence", "occluded")
        }
        for name, value in (("xy", xy), ("confidence", confidence), ("occluded", occluded)):
            if value is not None:
                changed[name][index] = value
        return dataclasses.replace(self, **changed)

    def _index(self, name_or_index: str | int) -> int:
        names: Sequence[str | int] = range(self.k)
        if isinstance(name_or_index, str):
            names = _keypoint_names(self.layout)
        if name_or_index not in names or len(names) != self.k:
            raise LayoutError(
                f"{self.k} keypoints of layout '{self.layout}' have no {name_or_index!r}. "
                f"Choose one of {', '.join(map(str, names))}."
            )
        return names.index(name_or_index)


@dataclass(frozen=True, eq=False)
class Guess:
    """The body that a network proposes for a person, in the photo's camera frame.

    pose (72,) axis-angle [rad], betas (10,) and kid [standard deviations], cam_t (3,) [m], focal_length [px],
    camera_center (2,) [px]. network: its name. probability: of this guess among its alternatives, as the network
    predicts it. body: fingerprint of the body whose parameters these are, or its name where the file has no
    fingerprint, or "" where the body is unknown.
    """

    pose: np.ndarray
    betas: np.ndarray
    kid: float
    cam_t: np.ndarray
    focal_length: float
    camera_center: np.ndarray
    network: str
    probability: float = 1.0
    alternatives: tuple[Guess, ...] = ()
    body: str = ""

    def __post_init__(self) -> None:
        freeze(self, **BODY_SHAPES)
        make_floats(self, "kid", "focal_length", "probability")


@dataclass(frozen=True, eq=False)
class Fit:
    """A body fitted to a person's keypoints, in the photo's camera frame. Shapes and units as in `Guess`.

    score: robust reprojection error [px per visible keypoint], for a person 200 px tall. body: fingerprint of the
    body model. source: guess, fit or curated. weak: True if too few keypoints are visible to trust the fit.
    """

    pose: np.ndarray
    betas: np.ndarray
    kid: float
    cam_t: np.ndarray
    focal_length: float
    camera_center: np.ndarray
    score: float
    body: str
    source: Source
    weak: bool = False

    def __post_init__(self) -> None:
        freeze(self, **BODY_SHAPES)
        make_floats(self, "kid", "focal_length", "score")


@dataclass(frozen=True, eq=False)
class Person:
    """One human in a photo.

    original_keypoints: the keypoints before the first edit by hand, or None without edits. alternatives: other fits
    of this person. wishes: the curator's constraints on the fit in 3D. track: the same integer in every photo of a
    sequence that shows this human, or None where it is not known. trunk: x, y [px] of the trunk as a curator marked
    it, by which networks of crowds distinguish people, or None. origin: the JSON text of this person in its
    file, "" where nothing of it must come back.
    """

    id: int
    bbox: BBox
    keypoints: Keypoints
    original_keypoints: Keypoints | None = None
    guess: Guess | None = None
    fit: Fit | None = None
    alternatives: tuple[Fit, ...] = ()
    verdict: Verdict = "todo"
    locked: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()
    track: int | None = None
    trunk: tuple[float, float] | None = None
    origin: str = ""

    def with_(self, **changes: Any) -> Person:
        """The same person with some fields changed."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False)
class Photo:
    """One image file and its people. path is relative to the project, with forward slashes; width, height
    [px].

    focal_length [px] and camera_center [px] are None where nobody measured them: `camera` has what to assume. origin:
    the JSON text of this photo in its file, "" where nothing of it must come back. document: what that file tells
    beside its photos, such as licences, as JSON text that all its photos share.
    """

    path: str
    width: int
    height: int
    people: tuple[Person, ...] = ()
    focal_length: float | None = None
    camera_center: tuple[float, float] | None = None
    origin: str = ""
    document: str = ""

    @property
    def camera(self) -> tuple[float, tuple[float, float]]:
        """Focal length and centre [px]: as measured, else the diagonal (a field of view of 53 degrees) and middle."""
        return self.focal_length or float(
            np.hypot(self.width, self.height)
        ), self.camera_center or self.middle

    @property
    def middle(self) -> tuple[float, float]:
        """x, y [px]."""
        return self.width / 2, self.height / 2

    def with_person(self, person: Person) -> Photo:
        """The same photo with `person` replacing the person of the same id, or added at the end."""
        ids = [old.id for old in self.people]
        place = ids.index(person.id) if person.id in ids else len(ids)
        return self.with_(people=(*self.people[:place], person, *self.people[place + 1 :]))

    def with_(self, **changes: Any) -> Photo:
        """The same photo with some fields changed."""
        return dataclasses.replace(self, **changes)


@cache
def _keypoint_names(layout: str) -> tuple[str, ...]:
    """The keypoint names of a layout, read from its data file: records must not import `core.body`."""
    try:
        entry = json.loads((LAYOUT_FOLDER / f"{layout}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(path.stem for path in LAYOUT_FOLDER.glob("*[0-9].json")))
        raise LayoutError(f"no keypoint layout '{layout}'. Choose one of {known}.") from None
    return tuple(keypoint["name"] for keypoint in entry["keypoints"])
