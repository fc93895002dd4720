"""Wishes: a curator's constraints on one person's fit in 3D, as frozen records that are saved with the person.

What they add to a fit is in core/fitting/terms/wish_residuals.py. Names are of joints, or of the person's keypoints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import FitInputError


@dataclass(frozen=True)
class Pin:
    """A joint or keypoint held at a point of the camera frame (3,) [m], to within `tolerance` [m]."""

    name: str
    point: tuple[float, float, float]
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        _check(self, self.tolerance, *self.point)


@dataclass(frozen=True)
class RayPin:
    """A joint or keypoint held on the ray from the camera along `direction` (3,), to within `tolerance` [m]."""

    name: str
    direction: tuple[float, float, float]
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        _check(self, self.tolerance, *self.direction, math.hypot(*self.direction) or math.nan)


@dataclass(frozen=True)
class DepthOrder:
    """`nearer` is at least `margin` [m] nearer to the camera than `farther`; the residual is zero once it is."""

    nearer: str
    farther: str
    margin: float = 0.05
    tolerance: float = 0.02

    def __post_init__(self) -> None:
        _check(self, self.tolerance, self.margin)


@dataclass(frozen=True)
class GroundContact:
    """A joint or keypoint on the plane normal . x = offset (camera frame, unit normal, [m])."""

    name: str
    normal: tuple[float, float, float]
    offset: float
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        _check(self, self.tolerance, self.offset, *self.normal, math.hypot(*self.normal) or math.nan)


@dataclass(frozen=True)
class Turn:
    """A joint whose own rotation is held at axis_angle (3,) [rad], to within `tolerance` [rad]."""

    name: str
    axis_angle: tuple[float, float, float]
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        _check(self, self.tolerance, *self.axis_angle)


@dataclass(frozen=True)
class PersonOrder:
    """The person stands nearer to the camera than the person of id `other` in the photo, or farther. It counts where
    the bodies of a photo are moved apart, and not in a fit of one person."""

    other: int
    nearer: bool = True

    def __post_init__(self) -> None:
        if type(self.other) is not int or type(self.nearer) is not bool:
            raise FitInputError(f"{self}: needs the number of a person, and true or false.")


Wish = Pin | RayPin | DepthOrder | GroundContact | Turn | PersonOrder
KINDS: dict[str, type[Wish]] = {
    "pin": Pin,
    "ray_pin": RayPin,
    "depth_order": DepthOrder,
    "ground_contact": GroundContact,
    "turn": Turn,
    "person_order": PersonOrder,
}


def names_of(wish: Wish) -> tuple[str, ...]:
    """Names of the joints and keypoints that a wish constrains; none for an order of people."""
    if isinstance(wish, PersonOrder):
        return ()
    return (wish.nearer, wish.farther) if isinstance(wish, DepthOrder) else (wish.name,)


def with_wish(wishes: tuple[Wish, ...], wish: Wish) -> tuple[Wish, ...]:
    """Add a wish. It replaces a wish of the same kind on the same joints."""
    return (*(other for other in wishes if kind_and_names(other) != kind_and_names(wish)), wish)


def kind_and_names(wish: Wish) -> tuple[object, ...]:
    """Key of a wish: a person has at most one wish per key."""
    if isinstance(wish, PersonOrder):
        return type(wish), wish.other
    return type(wish), *sorted(names_of(wish))


def orders_of(wishes: Mapping[int, Sequence[Wish]]) -> list[tuple[int, int]]:
    """Pairs of people, the first nearer to the camera than the second. wishes: of each person, by its id. Orders of
    people who are not among them are left out."""
    pairs = [
        (person, wish.other) if wish.nearer else (wish.other, person)
        for person, own in wishes.items()
        for wish in own
        if isinstance(wish, PersonOrder) and wish.other in wishes and wish.other != person
    ]
    return list(dict.fromkeys(pairs))


def shifted(wish: Wish, by: tuple[float, float, float]) -> Wish:
    """The same wish after the whole body was moved by (3,) [m]."""
    if isinstance(wish, Pin):
        return replace(wish, point=_sum(wish.point, by))
    if isinstance(wish, GroundContact):
        along = sum(n * part for n, part in zip(wish.normal, by, strict=True))
        return replace(wish, offset=wish.offset + along)
    return wish


def to_plain(wish: Wish) -> dict[str, Any]:
    """A wish as text, numbers and lists, for JSON."""
    kind = next(name for name, kind in KINDS.items() if type(wish) is kind)
    return {"kind": kind, **asdict(wish)}


def from_plain(fields: dict[str, Any]) -> Wish:
    """Inverse of to_plain. Raises FitInputError where the fields are not those of a wish."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    kind = KINDS.get(str(values.pop("kind", None)))
    try:
        if kind is None:
            raise TypeError(f"its kind is none of {', '.join(KINDS)}")
        if any(isinstance(value, tuple) and len(value) != 3 for value in values.values()):
            raise TypeError("places, directions and turns have three numbers")
        return kind(**values)
    except TypeError as error:
        raise FitInputError(f"{fields} is no wish ({error}). Steer this person again.") from error


def _sum(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float, float]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _check(wish: Wish, tolerance: float, *numbers: float) -> None:
    """Raise FitInputError for unusable numbers, and convert those of numpy and torch to Python's own.

    Wishes are compared and written to JSON, which needs Python's own numbers."""
    if not (tolerance > 0 and all(math.isfinite(number) for number in (tolerance, *numbers))):
        raise FitInputError(
            f"{wish}: needs finite numbers, a direction that is not zero, a tolerance above zero."
        )
    for name, value in vars(wish).copy().items():
        if not isinstance(value, str):
            one = not hasattr(value, "__len__") or getattr(value, "ndim", 1) == 0
            own = float(value) if one else tuple(map(float, value))
            object.__setattr__(wish, name, own)
            if isinstance(own, tuple) and len(own) != 3:
                raise FitInputError(f"{wish}: places, directions and turns have three numbers.")
