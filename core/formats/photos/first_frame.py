"""Which photo a file's frame is, where the file has numbers only: some programs count frames from 0, others from 1.

The photos' own numbers may begin at either too, so that a frame can be the photo of its number or a neighbour. What
shows it: a frame whose photo is not there, and the first and the last frame being the first and the last photo.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass


@dataclass(frozen=True)
class FrameShift:
    """Frame n is photo n + shift. others: shifts that the numbers allow as well, the likeliest first."""

    shift: int
    others: tuple[int, ...] = ()


def frame_shift(frames: Collection[int], photos: Set[int], first: int) -> FrameShift:
    """How frames (at least one) lie on photos of these numbers (at least one). first: the number that the program
    gives a video's first frame, 0 or 1."""
    frames, begin = set(frames), min(photos)
    usual = begin - first
    if begin > 1:
        return _of_later_photos(frames, photos, first)
    other = begin - (1 - first)
    evidence = {shift: _evidence(frames, photos, shift) for shift in (usual, other)}
    if (
        usual == 0
    ):  # photos are counted as the program counts: only photos that are not there speak against it
        return FrameShift(other, (0,)) if evidence[other][0] > evidence[0][0] else FrameShift(0)
    if evidence[usual] == evidence[other]:
        return FrameShift(usual, (other,))
    return FrameShift(max(evidence, key=lambda shift: evidence[shift]))


def _of_later_photos(frames: Set[int], photos: Set[int], first: int) -> FrameShift:
    """Of photos that begin later than 1: a part of a video under its own numbers, or one that was counted anew."""
    shifts = tuple(dict.fromkeys((0, 1 - 2 * first, min(photos) - first)))
    found = {shift: sum(frame + shift in photos for frame in frames) for shift in shifts}
    if found[0] == len(frames):
        return FrameShift(0)
    best = max(found.values())
    likely = tuple(shift for shift in shifts if found[shift] == best)
    return FrameShift(likely[0], () if 0 in likely else likely[1:])


def _evidence(frames: Set[int], photos: Set[int], shift: int) -> tuple[int, bool, int]:
    """How many frames have a photo, whether none comes before the photos, and how many of the first and the last frame
    are the first and the last photo."""
    there = sum(frame + shift in photos for frame in frames)
    low, high = min(frames) + shift, max(frames) + shift
    return there, low >= min(photos), (low == min(photos)) + (high == max(photos))
