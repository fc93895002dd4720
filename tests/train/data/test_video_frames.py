"""Frames of a video are photos for a training."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import FitsError
from tests.videos import write_video
from train.data.photos_present import present


def test_frames_are_there_where_their_video_is(tmp_path):
    video = write_video(tmp_path / "walk.mp4", 4)
    samples = SimpleNamespace(photo=np.array([f"{video}#{n:05d}" for n in range(4)]))
    rows, absent = present(samples)
    assert rows.tolist() == [0, 1, 2, 3]
    assert absent.people == 0
    video.unlink()
    with pytest.raises(FitsError, match="4 of 4 photos are not there"):
        present(samples)
