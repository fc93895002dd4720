"""A clip of people who walk past each other, for tests: a video of numbered frames, and a detector's file beside it."""

import json
from functools import cache
from pathlib import Path

from core.records import Photo
from tests.desktop.making import open_body
from tests.videos import numbered_frame, write_video
from train.synthesis.clip import RATE, SIZE_PX, clip_photos

FRAMES = 24


@cache
def clip(name: str, frames: int = FRAMES) -> list[Photo]:
    """Its frames with detected people, without tracks."""
    return clip_photos(open_body(), frames, 0, name)


def write_clip_and_people(folder: Path, frames: int = FRAMES) -> tuple[Path, Path]:
    """The video walk.mp4, and walk.json as MMPose's Inferencer writes it: people by the number of the frame."""
    pictures = (numbered_frame(number, SIZE_PX) for number in range(frames))
    video = write_video(folder / "walk.mp4", pictures, RATE, size=SIZE_PX)
    listed = [
        {
            "frame_id": number,
            "instances": [
                {
                    "keypoints": person.keypoints.xy.tolist(),
                    "keypoint_scores": person.keypoints.confidence.tolist(),
                    "bbox": [person.bbox.corners.reshape(-1).tolist()],
                    "bbox_score": 0.9,
                }
                for person in photo.people
            ],
        }
        for number, photo in enumerate(clip("walk.mp4", frames))
    ]
    people = folder / "walk.json"
    people.write_text(json.dumps(listed))
    return video, people
