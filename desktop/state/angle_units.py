"""The units in which panels show angles. Records hold radians."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AngleUnit = Literal["degrees", "radians"]


@dataclass(frozen=True)
class AngleFormat:
    """sign: behind a number. per_radian: numbers a radian. step: of a number field's arrows."""

    sign: str
    per_radian: float
    decimals: int
    step: float

    def shown(self, angle: float) -> float:
        """The number shown for an angle [rad]."""
        return angle * self.per_radian

    def meant(self, number: float) -> float:
        """The angle [rad] that a number means."""
        return number / self.per_radian


ANGLES: Mapping[AngleUnit, AngleFormat] = {
    "degrees": AngleFormat("°", 180 / math.pi, 1, 1.0),
    "radians": AngleFormat(" rad", 1.0, 3, 0.02),
}
