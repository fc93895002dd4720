"""A video's story through `main`: people and tracks, fits, a corrected frame, undo, swapped tracks, motion."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from desktop.jobs.files.save_motion import MotionChoice
from tests.clips import FRAMES, write_clip_and_people
from tests.journeys.program import in_the_program
from tests.videos import number_in

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_from_a_video_to_motion(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    _, people = write_clip_and_people(folder)

    def story(desk):
        workbench, sequence = desk.workbench, desk.workbench.sequence
        assert sequence.there
        assert desk.window.timeline.isVisible()
        assert workbench.project.photo_paths() == [f"walk.mp4#{n:05d}" for n in range(FRAMES)]
        assert "frame 0 is walk.mp4#00000" in "\n".join(desk.told)
        one, other = [lane.track for lane in sequence.lanes][:2]
        desk.do("fit.queue")
        desk.wait(lambda: not workbench.busy)
        assert all(np.isfinite(lane.score).all() for lane in sequence.lanes)

        sequence.show(20, one)
        desk.wait(lambda: not desk.window.waiting)
        assert number_in(desk.window.canvas.image.pixels) == 20
        fitted = workbench.person
        start = desk.place_of("left_wrist")
        desk.drag(start, start + QPointF(0, -30))
        desk.wait(lambda: not workbench.fits.running)
        assert workbench.person.original_keypoints is not None
        assert sequence.lane_of(one).corrected.sum() == 1
        desk.do("edit.undo")
        assert workbench.person.keypoints.array.tolist() == fitted.keypoints.array.tolist()

        ids = {track: sequence.lane_of(track).person_at(21) for track in (one, other)}
        sequence.mark(other)
        desk.do("sequence.swap")
        desk.wait(lambda: not workbench.busy)
        assert sequence.lane_of(one).person_at(21) == ids[other]
        assert sequence.lane_of(one).person_at(19) not in (None, ids[other])

        file = folder / "walk.bvh"
        desk.window.ask_for_motion = lambda track, take: take(MotionChoice(kind="bvh", track=one))
        desk.window.ask_for_new_file = lambda kind: file
        desk.do("file.export_motion")
        desk.wait(lambda: not workbench.busy)
        places = sequence.lane_of(one).places
        return file.read_text(), int(places[-1] - places[0]) + 1

    text, frames = in_the_program(people, story, tmp_path)
    assert text.startswith("HIERARCHY")
    assert f"Frames: {frames}\n" in text


def test_a_video_opens_as_its_frames_and_takes_people_from_a_file(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    video, people = write_clip_and_people(folder)

    def story(desk):
        workbench = desk.workbench
        assert len(workbench.project.photo_ids()) == FRAMES
        assert workbench.person is None
        assert f"{FRAMES} frames at 30 a second (30), numbered from 0" in "\n".join(desk.told)
        desk.window.ask_for_file = lambda kind: people
        desk.do("file.add")
        desk.wait(lambda: not workbench.busy)
        assert workbench.person is not None
        return [lane.track for lane in workbench.sequence.lanes]

    tracks = in_the_program(video, story, tmp_path)
    assert 3 <= len(tracks) <= 4
    assert None not in tracks
