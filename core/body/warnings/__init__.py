"""Warnings for the curator: fits and keypoints that are probably wrong."""

from core.body.warnings.of_people import (
    BEND,
    BENT_DEG,
    LARGE_BETA,
    WARNINGS,
    Warned,
    depth_below,
    warnings_of,
    warnings_of_photos,
)
from core.body.warnings.teacher_differs import DIFFERS_MM

__all__ = [
    "BEND",
    "BENT_DEG",
    "DIFFERS_MM",
    "LARGE_BETA",
    "WARNINGS",
    "Warned",
    "depth_below",
    "warnings_of",
    "warnings_of_photos",
]
