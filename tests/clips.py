"""A clip of people who walk past each other, for tests: a video of numbered frames, and a detector's file beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.records import Person, Photo
from tests.desktop.making import open_body
from tests.videos import numbered_frame, write_video
from train.synthesis.clip import RATE, SIZE_PX, clip_photos

FRAMES = 24


@cache
def clip(name: str, frames: int = FRAMES) -> list[Photo]:
    """Its frames with detected people, without tracks."""
    return clip_photos(open_body(), frames, 0, name)


def write_clip_and_people(folder: Path, frames: int = FRAMES) -> tuple[Path, Path]:
    """The video walk.mp4, and a detector's walk.json."""
    pictures = (numbered_frame(number, SIZE_PX) for number in range(frames))
    video = write_video(folder / "walk.mp4", pictures, RATE, size=SIZE_PX)
    return video, write_people(folder / "walk.json", clip("walk.mp4", frames))


def write_people(file: Path, photos: list[Photo]) -> Path:
    """People by the number of the frame, as MMPose's Inferencer writes them."""
    frames = [
        {"frame_id": number, "instances": [_instance(person) for person in photo.people]}
        for number, photo in enumerate(photos)
    ]
    file.write_text(json.dumps(frames))
    return file


def _instance(person: Person) -> dict[str, Any]:
    return {
        "keypoints": np.round(person.keypoints.xy.astype(float), 1).tolist(),
        "keypoint_scores": np.round(person.keypoints.confidence.astype(float), 2).tolist(),
        "bbox": [np.round(person.bbox.corners.reshape(-1), 1).tolist()],
        "bbox_score": 0.9,
    }
