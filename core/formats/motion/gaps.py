"""Frames that a person's sequence lacks between two fits: turned and moved evenly from the one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from core.formats.photos.numbered_names import frame_numbers
from core.records import Fit

MOST_MADE = 300  # frames of one gap; in a longer one nobody knows what happened


@dataclass(frozen=True, eq=False)
class FilledFits:
    """The fits of one person. made: how many of them were made; covered: photos without fit that these stand for."""

    fits: tuple[Fit, ...]
    made: int = 0
    covered: frozenset[str] = frozenset()


def by_frame(fits: dict[str, Fit], paths: Sequence[str]) -> dict[str, Fit]:
    """A person's fits by photo in the order of the photos' numbers: a file may list its photos in any order.

    paths: of all photos. Sequences stay in the order of their first photos, and so do photos without a number.
    """
    frame_of = dict(zip(paths, frame_numbers(paths), strict=True))
    first: dict[str, int] = {}
    for place, (name, _) in enumerate(frame_of.values()):
        first.setdefault(name, place)

    def when(path: str) -> tuple[int, int]:
        name, number = frame_of[path]
        return first[name], number

    return {path: fits[path] for path in sorted(fits, key=when)}


def filled(fits: dict[str, Fit], paths: Sequence[str]) -> FilledFits:
    """A person's fits by photo, with those that lack between two frames of one sequence.

    paths: of all photos. Gaps of more than MOST_MADE frames stay gaps.
    """
    frame_of = dict(zip(paths, frame_numbers(paths), strict=True))
    whole, made, gaps = list(fits.values())[:1], 0, []
    for before, after in pairwise(fits):
        (name, start), (other, end) = frame_of[before], frame_of[after]
        if name == other and 1 < end - start <= MOST_MADE + 1:
            whole += between(fits[before], fits[after], end - start - 1)
            made += end - start - 1
            gaps.append((name, start, end))
        whole.append(fits[after])
    covered = [
        path
        for path, (name, frame) in frame_of.items()
        if path not in fits and any(name == of and start < frame < end for of, start, end in gaps)
    ]
    return FilledFits(tuple(whole), made, frozenset(covered))


def between(first: Fit, last: Fit, count: int) -> list[Fit]:
    """`count` fits between two. Joints turn the shorter way at an even rate, place and shape go straight."""
    shares = np.arange(1, count + 1) / (count + 1)
    pose = np.stack([_turned(first, last, joint, shares) for joint in range(len(first.pose) // 3)], axis=1)
    made = []
    for share, turns in zip(shares.tolist(), pose, strict=True):
        betas, cam_t = (
            (1 - share) * getattr(first, name) + share * getattr(last, name) for name in ("betas", "cam_t")
        )
        kid = (1 - share) * first.kid + share * last.kid
        made.append(replace(first, pose=turns.reshape(-1), betas=betas, cam_t=cam_t, kid=kid))
    return made


def _turned(first: Fit, last: Fit, joint: int, shares: np.ndarray) -> np.ndarray:
    """Axis-angle (S, 3) [rad] of a joint at shares (S,) of the way."""
    ends = np.stack([each.pose[3 * joint : 3 * joint + 3] for each in (first, last)]).astype(np.float64)
    return np.asarray(Slerp([0.0, 1.0], Rotation.from_rotvec(ends))(shares).as_rotvec())
