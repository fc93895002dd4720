"""Reads the predictions of Sapiens: MMPose's form without the names of keypoints, of which there are 17, 133 or 308."""

from __future__ import annotations

from pathlib import Path

from core.formats.keypoints.detectors import mmpose
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.report import Import, Report

FORMAT = "Sapiens"


def recognise(seen: Glimpse) -> int:
    """By its words; a folder by its first file."""
    first = seen.first_json
    return SURE if first.has_key("instance_info") and not first.has_key("meta_info") else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read a file, or a folder with one file a photo. Raises ReadError, and LayoutError for an unknown layout_name."""
    return mmpose.read_instances(Report(path, FORMAT), photos, layout_name, first_frame)
