"""Looks: how people are seen, and nothing else. All that PoseNet3D learns from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import layout as keypoint_layout
from core.errors import FitloopError
from core.formats.exchange import PROJECT, read_file
from core.formats.shared.report import Import
from core.formats.table import FORMATS
from core.networks.teacher.body_points import LIMB_POINTS, BodyPoints
from core.records import Person, Photo

LAST = -1  # of next: nobody follows
OFTEN = 0.8  # share of the people with all limbs; a point that fewer of them have is left out


@dataclass(frozen=True, eq=False)
class Looks:
    """N people of one layout. xy (N, K, 2): tangents of the photo's camera; confidence (N, K), 0 = absent, and xy then
    0; next (N,): the row of the same person in the following frame, or LAST; weight (N,): how often each is drawn.
    """

    layout: str
    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    next: NDArray[np.int64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.xy)

    def with_all(self, columns: Sequence[int]) -> NDArray[np.bool_]:
        """(N,) True where all these keypoints are seen."""
        return np.asarray((self.confidence[:, list(columns)] > 0).all(axis=1))

    def usual_points(self) -> BodyPoints:
        """The points that most people with all limbs have. Raises LayoutError for a layout without a limb point."""
        every = BodyPoints.of_layout(self.layout)
        limbs = [every.columns[place] for place in every.limbs]
        shown = self.confidence[self.with_all(limbs)] > 0
        rare = shown.mean(axis=0) < OFTEN if len(shown) else np.zeros(keypoint_layout(self.layout).k, bool)
        gone = [int(k) for k in np.flatnonzero(rare) if k not in limbs]
        return BodyPoints.of_layout(self.layout, gone)


def read_looks(paths: Sequence[Path], layout: str | None) -> tuple[Looks, tuple[str, ...]]:
    """Looks of projects and annotation files, and notices for the user.

    layout: the one to learn from; None where all people have the same. Raises FitloopError.
    """
    photos = [photo for path in paths for photo in read_people(path).photos]
    return looks_of_photos(photos, layout)


def read_people(path: Path) -> Import:
    """A project or a file of any format that is read. Raises FitloopError."""
    return read_file(path, word=PROJECT if path.suffix in FORMATS[PROJECT].suffixes else None)


def looks_of_photos(photos: Iterable[Photo], layout: str | None) -> tuple[Looks, tuple[str, ...]]:
    """Their keypoints alone: neither guesses nor fits are looked at. Raises FitloopError for layouts that are mixed."""
    people = [(photo, person) for photo in photos for person in photo.people]
    counts = Counter(person.keypoints.layout for _, person in people if person.keypoints.confidence.any())
    chosen = layout or _only(counts)
    kept = [(photo, person) for photo, person in people if person.keypoints.layout == chosen]
    notices = []
    if others := sum(count for name, count in counts.items() if name != chosen):
        notices.append(f"{others} people of other layouts than {chosen} are left out")
    if assumed := sum(photo.focal_length is None for photo, _ in kept):
        notices.append(
            f"{assumed} of {len(kept)} people have no measured camera: the photo's diagonal is assumed"
        )
    points = keypoint_layout(chosen)
    xy = np.zeros((len(kept), points.k, 2), np.float32)
    confidence = np.zeros((len(kept), points.k), np.float32)
    for row, (photo, person) in enumerate(kept):
        focal_length, center = photo.camera
        xy[row] = (person.keypoints.xy - np.array(center)) / focal_length
        confidence[row] = person.keypoints.confidence
    xy[confidence <= 0] = 0
    return Looks(chosen, xy, confidence, _following(kept), np.ones(len(kept))), tuple(notices)


def _only(counts: Counter[str]) -> str:
    if not counts:
        raise FitloopError(
            f"nobody has a keypoint. PoseNet3D learns from people with {', '.join(LIMB_POINTS)}: detect or place them."
        )
    if len(counts) > 1:
        told = ", ".join(f"{name} ({count} people)" for name, count in counts.most_common())
        usual = counts.most_common(1)[0][0]
        raise FitloopError(
            f"the people have {len(counts)} layouts: {told}. One density needs one layout: choose it, as in "
            f"--layout {usual}, or detect all anew with train.convert --detect."
        )
    return next(iter(counts))


def _following(people: Sequence[tuple[Photo, Person]]) -> NDArray[np.int64]:
    """(N,) the same person in the photo whose number is one higher, by track, or else by id."""
    place = {}
    for row, (photo, person) in enumerate(people):
        stem, number = _numbered(photo.path)
        if number is not None:
            place[stem, _who(person), number] = row
    found = np.full(len(people), LAST, np.int64)
    for (stem, who, number), row in place.items():
        found[row] = place.get((stem, who, number + 1), LAST)
    return found


def _who(person: Person) -> tuple[str, int]:
    return ("id", person.id) if person.track is None else ("track", person.track)


def _numbered(path: str) -> tuple[str, int | None]:
    """walk/0012.jpg: walk/ and 12. None where the name ends in no number."""
    found = re.fullmatch(r"(.*?)(\d{1,15})(\.\w+)?", path)
    return (path, None) if found is None else (found[1], int(found[2]))
