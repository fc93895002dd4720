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

__all__ = [
    "BEND",
    "BENT_DEG",
    "LARGE_BETA",
    "WARNINGS",
    "Warned",
    "depth_below",
    "warnings_of",
    "warnings_of_photos",
]
