"""Writes one person's sequence as Biovision Hierarchy (.bvh), which Blender, Maya and MotionBuilder import.

Centimetres, y up, SMPL's 24 joints by their names, depth first. Each line of MOTION holds the pelvis's place in the
world and, joint by joint, the angles of R = Rz Ry Rx [degrees], which importers multiply from left to right. Angles go
on from frame to frame without jumps of a whole turn. The shape is the sequence's mean. Blender takes the file's frame
rate only where *Update Scene FPS* or *Scale FPS* is ticked, and metres where its scale is 0.01.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from core.body.model import Body
from core.body.tree import JOINT_NAMES, PARENTS
from core.files.whole_file import whole_file
from core.formats.motion.motion_options import BEFORE_THE_CAMERA, MotionOptions
from core.formats.motion.track import UP, MotionTrack, motion_notes, motion_of, shape_notes
from core.formats.shared.report import Export
from core.records import Fit

CM = 100.0  # of a metre
LEAST_END_CM = 1.0  # importers invent an end where one has no length
TURN = 360.0
POLE = 1e-8  # cosine of y; below it z and x turn about one axis


def write(path: Path, fits: Sequence[Fit], body: Body, motion: MotionOptions = BEFORE_THE_CAMERA) -> Export:
    """Write one person's fits, in the order of the photos.

    Raises FitsError if there are no fits, and OSError.
    """
    track = motion_of(fits, body, motion)
    ends = _ends(track, body.weights.detach().cpu().numpy())
    order = list(_depth_first())
    lines = chain(_hierarchy(track, ends), _frames(track, order, motion.frame_rate))
    with whole_file(path) as stream:
        for line in lines:
            stream.write(f"{line}\n".encode("ascii"))
    return Export(len(fits), unit="photo", notes=shape_notes(fits, body) + motion_notes(motion))


def _children(joint: int) -> list[int]:
    return [child for child, parent in enumerate(PARENTS) if parent == joint]


def _depth_first(joint: int = 0) -> Iterator[int]:
    yield joint
    for child in _children(joint):
        yield from _depth_first(child)


def _ends(track: MotionTrack, weights: np.ndarray) -> dict[int, np.ndarray]:
    """Where the last bones end, (3,) [m] from their joint: as far along the bone as its own vertices go.

    weights (V, 24): of the skin.
    """
    owner = weights.argmax(axis=1)
    ends = {}
    for joint in range(len(JOINT_NAMES)):
        if not _children(joint):
            along = track.rest_joints[joint] - track.rest_joints[PARENTS[joint]]
            along /= np.linalg.norm(along)
            reached = (track.rest_vertices[owner == joint] - track.rest_joints[joint]) @ along
            ends[joint] = along * max(reached.max(initial=0.0), LEAST_END_CM / CM)
    return ends


def _hierarchy(track: MotionTrack, ends: dict[int, np.ndarray]) -> Iterator[str]:
    yield "HIERARCHY"
    yield from _joint_lines(0, 0, track, ends)


def _joint_lines(joint: int, depth: int, track: MotionTrack, ends: dict[int, np.ndarray]) -> Iterator[str]:
    """A joint with all that hangs on it."""
    rest, tab = track.rest_joints, "\t" * depth
    if joint:
        offset = rest[joint] - rest[PARENTS[joint]]
    else:
        offset = np.array([0.0, rest[0, UP] - track.rest_vertices[:, UP].min(), 0.0])
    places = "" if joint else "Xposition Yposition Zposition "
    yield f"{tab}{'JOINT' if joint else 'ROOT'} {JOINT_NAMES[joint]}"
    yield f"{tab}{{"
    yield f"{tab}\tOFFSET {_numbers(offset * CM)}"
    yield f"{tab}\tCHANNELS {3 if joint else 6} {places}Zrotation Yrotation Xrotation"
    for child in _children(joint):
        yield from _joint_lines(child, depth + 1, track, ends)
    if joint in ends:
        yield from (
            f"{tab}\tEnd Site",
            f"{tab}\t{{",
            f"{tab}\t\tOFFSET {_numbers(ends[joint] * CM)}",
            f"{tab}\t}}",
        )
    yield f"{tab}}}"


def _frames(track: MotionTrack, order: list[int], frame_rate: float) -> Iterator[str]:
    yield from ("MOTION", f"Frames: {len(track)}", f"Frame Time: {1 / frame_rate:.9f}")
    angles = euler_zyx(track.rotations)[:, order].reshape(len(track), -1)
    for place, turns in zip(track.pelvis * CM, angles, strict=True):
        yield f"{_numbers(place)} {_numbers(turns)}"


def euler_zyx(rotations: np.ndarray) -> np.ndarray:
    """Angles z, y, x [degrees] of R = Rz Ry Rx, of rotations (T, J, 3, 3). Returns (T, J, 3).

    Of the angles that mean the same rotation, those nearest to the frame before are taken.
    """
    frames, joints = rotations.shape[:2]
    angles = _one_way(rotations)
    for frame in range(1, frames):
        before, same = angles[frame - 1], angles[frame]
        other = np.stack([same[:, 0] + TURN / 2, TURN / 2 - same[:, 1], same[:, 2] + TURN / 2], axis=1)
        ways = np.stack([way + TURN * np.round((before - way) / TURN) for way in (same, other)])
        nearest = np.abs(ways - before).sum(axis=2).argmin(axis=0)
        angles[frame] = ways[nearest, np.arange(joints)]
    return angles


def _one_way(rotations: np.ndarray) -> np.ndarray:
    """Angles (T, J, 3) as for `euler_zyx`, y within a quarter turn; x is 0 where z and x turn about one axis."""
    cosine = np.hypot(rotations[..., 0, 0], rotations[..., 1, 0])
    y = np.arctan2(-rotations[..., 2, 0], cosine)
    free = cosine > POLE
    z = np.arctan2(
        np.where(free, rotations[..., 1, 0], -rotations[..., 0, 1]),
        np.where(free, rotations[..., 0, 0], rotations[..., 1, 1]),
    )
    x = np.where(free, np.arctan2(rotations[..., 2, 1], rotations[..., 2, 2]), 0.0)
    return np.rad2deg(np.stack([z, y, x], axis=-1))


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values.tolist())
