"""A detector in a process of its own: what it finds comes back, and its end is an error in words."""

import os
import signal
import sys
import threading
import time
from contextlib import closing

import numpy as np
import pytest

from core.errors import DetectorError
from desktop.jobs import detector_process
from desktop.jobs.detector_process import DetectorProcess
from desktop.jobs.worker import Worker
from tests.waiting import LONGEST_S, wait_until

pytestmark = pytest.mark.slow
POSE = """
import os, time, types
print("a word on the standard output")

class Pose:
    def __init__(self, **options):
        pass
    def process(self, image):
        if image[0, 0, 0] == 1:
            os._exit(3)
        if image[0, 0, 0] == 2:
            raise RuntimeError("no memory")
        if image[0, 0, 0] == 3:
            time.sleep(600)
        if image[0, 0, 0] == 4 or image.shape[1] < 320:
            return types.SimpleNamespace(pose_landmarks=None)
        points = [types.SimpleNamespace(x=n / 40, y=n / 80, visibility=0.9) for n in range(33)]
        return types.SimpleNamespace(pose_landmarks=types.SimpleNamespace(landmark=points))
    def close(self):
        pass
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A package in the place of mediapipe."""
    solutions = tmp_path / "mediapipe" / "python" / "solutions"
    solutions.mkdir(parents=True)
    (solutions / "pose.py").write_text(POSE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def photo(first: int = 0) -> np.ndarray:
    image = np.zeros((240, 320, 3), np.uint8)
    image[0, 0, 0] = first
    return image


@pytest.mark.usefixtures("stand_in")
def test_what_it_finds_comes_back_and_one_fault_is_not_its_end():
    with closing(DetectorProcess("mediapipe")) as detector:
        (found,) = detector(photo())
        assert found.keypoints.layout == "mediapipe33"
        assert found.keypoints.xy[8].tolist() == pytest.approx([64, 24])
        assert detector(photo(4)) == []
        with pytest.raises(DetectorError, match="no memory"):
            detector(photo(2))
        assert len(detector(photo())) == 1


@pytest.mark.usefixtures("stand_in")
def test_its_crash_is_an_error_also_for_the_next_photo():
    with closing(DetectorProcess("mediapipe")) as detector:
        for first in (1, 0):
            with pytest.raises(DetectorError, match="mediapipe ended unexpectedly"):
                detector(photo(first))


@pytest.mark.usefixtures("stand_in")
def test_one_that_does_not_answer_is_given_up(monkeypatch):
    with closing(DetectorProcess("mediapipe")) as detector:
        monkeypatch.setattr(detector_process, "LONGEST_S", 0.2)
        with pytest.raises(DetectorError, match="gave no answer"):
            detector(photo(3))
        child = detector._child
    wait_until(lambda: child.poll() is not None)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("side", [240, 3000])  # the larger one does not fit into the pipe
def test_work_that_waits_for_a_detector_ends_soon_after_its_stop(qtbot, side):
    worker, waits = Worker(), threading.Event()

    def steps():
        with closing(DetectorProcess("mediapipe")) as detector:
            image = np.zeros((side, side + 80, 3), np.uint8)
            image[0, 0, 0] = 3
            if side > 240:
                os.kill(detector._child.pid, signal.SIGSTOP)
            waits.set()
            yield detector(image)

    worker.start(steps())
    assert waits.wait(LONGEST_S)
    time.sleep(0.2)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 10


def test_a_detector_that_cannot_be_loaded_says_why(monkeypatch, tmp_path):
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('libgomp is not there')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(DetectorError, match="libgomp is not there"):
        DetectorProcess("rtmpose")
    assert "onnxruntime" not in sys.modules
