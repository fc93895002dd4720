"""The keypoints of a layout that the teacher lifts, and what they are of the body.

The twelve limb points are always among them: both shoulders, elbows, wrists, hips, knees, ankles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.body.keypoints import layout as keypoint_layout
from core.errors import LayoutError
from core.networks.lifter.network_input import family

SIDES = ("left", "right")
LIMB_PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
LIMB_POINTS = tuple(f"{side}_{part}" for side in SIDES for part in LIMB_PARTS)
FACE = ("nose", "left_ear", "right_ear")
# Bones whose lengths hardly change with the pose.
_ENDS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("shoulder", "hip"))
_RIGID = (
    *((f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in _ENDS),
    *((f"left_{part}", f"right_{part}") for part in ("shoulder", "hip", "eye", "ear")),
    *(("nose", f"{side}_ear") for side in SIDES),
)  # fmt: skip


@dataclass(frozen=True)
class BodyPoints:
    """layout: its name; columns: the chosen keypoints of it. Raises LayoutError where a limb point is missing."""

    layout: str
    columns: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))  # files hold a list
        every = keypoint_layout(self.layout).k
        if any(type(one) is not int or not 0 <= one < every for one in self.columns):
            raise LayoutError(
                f"columns {self.columns}: layout {self.layout!r} has keypoints 0 to {every - 1}."
            )
        missing = [name for name in LIMB_POINTS if name not in self.parts]
        if missing:
            raise LayoutError(
                f"layout {self.layout!r}: lacks {', '.join(missing)}, and depth is learned from all shoulders, "
                "elbows, wrists, hips, knees and ankles. Choose a layout that has them, such as coco17."
            )

    @classmethod
    def of_layout(cls, name: str, left_out: Iterable[int] = ()) -> BodyPoints:
        """All keypoints of a layout but some, each of which is left out with its mirror image."""
        known = keypoint_layout(name)
        gone = {side for one in left_out for side in (one, known.flip[one])}
        return cls(name, tuple(k for k in range(known.k) if k not in gone))

    @property
    def count(self) -> int:
        return len(self.columns)

    @property
    def parts(self) -> tuple[str, ...]:
        """The part of the body of each point, such as left_hip; data sets mark it centimetres apart."""
        names = keypoint_layout(self.layout).definitions
        return tuple(family(names[column]) for column in self.columns)

    @property
    def flip(self) -> tuple[int, ...]:
        """The place of each point's mirror image."""
        mirrored = keypoint_layout(self.layout).flip
        return tuple(self.columns.index(mirrored[column]) for column in self.columns)

    @property
    def has_face(self) -> bool:
        """True if the points tell which way the head looks."""
        return set(FACE) <= set(self.parts)

    @property
    def hips(self) -> tuple[int, int]:
        """The places of left and right hip."""
        return self.place("left_hip"), self.place("right_hip")

    @property
    def limbs(self) -> tuple[int, ...]:
        """The places of the twelve limb points, the person's left first."""
        return tuple(self.place(name) for name in LIMB_POINTS)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """Pairs of places, the ends of each rigid bone."""
        parts = set(self.parts)
        pairs = [(a, b) for a, b in _RIGID if a in parts and b in parts]
        return tuple((self.place(a), self.place(b)) for a, b in pairs)

    def place(self, part: str) -> int:
        """Where a part of the body stands among the points; of a layout's twins the first."""
        return self.parts.index(part)
