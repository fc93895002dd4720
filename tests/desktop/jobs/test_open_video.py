"""A video is opened as its frames: with progress, a question for a long one, and nothing left behind by a stop."""

import pytest

from core.errors import ImageError
from core.files.video.frame_cache import cache_folder
from core.formats.photos import video_photos
from desktop.commands.people import finding_people
from desktop.jobs.files.dropped import what_is
from desktop.jobs.files.open_files import open_steps
from desktop.views.window.drops import take_drop
from desktop.views.window.question_dialog import QuestionDialog
from tests.desktop.making import write_photo
from tests.videos import write_gif, write_video


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def long_video(tmp_path, monkeypatch):
    monkeypatch.setattr(video_photos, "ASKED_FROM", 20)
    return write_video(tmp_path / "long.mp4", 40)


def opened(steps):
    *_, last = steps
    with last.project as project:
        return project.path.name, project.photo_paths(), last.notes


@pytest.mark.parametrize("name", ["walk.mp4", "walk.MOV", "walk.avi"])
def test_a_video_becomes_a_project_of_its_frames(tmp_path, name):
    suffix = name[4:].lower()
    video = write_video(tmp_path / f"made{suffix}", 12).rename(tmp_path / name)
    file, paths, notes = opened(open_steps(video))
    assert file == "walk.fitloop"
    assert paths == [f"{name}#{n:05d}" for n in range(12)]
    assert f"{name}: 12 frames at 30 a second (30), numbered from 0" in notes
    assert opened(open_steps(video))[1] == paths


def test_progress_is_told_in_frames(tmp_path):
    steps = list(open_steps(write_video(tmp_path / "a.mp4", 35)))
    steps[-1].project.close()
    assert [(step.done, step.total) for step in steps[1:-1]] == [(0, 35), (10, 35), (20, 35), (30, 35)]


def test_a_moving_gif_is_a_video_and_a_still_one_a_photo(tmp_path):
    moving, still = write_gif(tmp_path / "m.gif", 3), write_gif(tmp_path / "s.gif", 1)
    assert (what_is(moving), what_is(still)) == ("video", "photo")
    assert opened(open_steps(moving))[1] == [f"m.gif#{n:05d}" for n in range(3)]
    assert opened(open_steps(still))[1] == ["s.gif"]


def test_a_stopped_opening_leaves_no_project_and_its_frames_are_used_by_the_next(tmp_path):
    video = write_video(tmp_path / "a.mp4", 30)
    steps = open_steps(video)
    for _ in range(3):
        next(steps)
    steps.close()
    assert not (tmp_path / "a.fitloop").exists()
    assert len(list(cache_folder().rglob("*.jpg"))) == 11
    assert len(opened(open_steps(video))[1]) == 30


def test_a_file_that_is_no_video_is_one_clear_error_and_leaves_no_project(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(300))
    with pytest.raises(ImageError, match="no frame of this video can be read"):
        list(open_steps(tmp_path / "a.mp4"))
    assert not (tmp_path / "a.fitloop").exists()


def test_a_long_video_asks_which_frames_and_takes_an_answer_in_words(desk, long_video):
    desk.open(long_video)
    (dialog,) = desk.window.findChildren(QuestionDialog)
    assert dialog.ways.item(1).text() == "every 2"
    dialog.own.setText("10-30 every 10")
    dialog.read.click()
    desk.wait(lambda: desk.workbench.project is not None)
    assert desk.workbench.project.photo_paths() == [f"long.mp4#{n:05d}" for n in (10, 20, 30)]
    assert desk.workbench.sequence.rate == 3


def test_a_folder_that_holds_a_video_alone_is_opened_as_that(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    write_video(folder / "a.mp4", 4)
    assert opened(open_steps(folder))[1] == [f"a.mp4#{n:05d}" for n in range(4)]


def test_a_dropped_video_is_opened(desk, tmp_path):
    take_drop(desk.workbench, [write_video(tmp_path / "a.mp4", 4)])
    desk.wait(lambda: desk.workbench.project is not None)
    assert len(desk.workbench.project.photo_ids()) == 4


def test_people_found_in_a_video_have_tracks_at_once_and_those_in_photos_have_none(
    desk, tmp_path, monkeypatch
):
    from tests.clips import clip
    from tests.videos import numbered_frame
    from train.synthesis.clip import RATE, SIZE_PX

    frames = clip("walk.mp4")
    found = {photo.path: photo.people for photo in frames}

    def detect_steps(project, ids, then, wanted=""):
        for done, photo_id in enumerate(ids, start=1):
            photo = project.photo(photo_id)
            people = found.get(photo.path, frames[0].people)
            after, faults = then(photo.with_(people=people))
            yield finding_people.Detected(done, len(ids), photo, after.people, faults)

    monkeypatch.setattr(finding_people, "detect_steps", detect_steps)
    pictures = (numbered_frame(n, SIZE_PX) for n in range(len(frames)))
    desk.open(write_video(tmp_path / "walk.mp4", pictures, RATE, size=SIZE_PX))
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    lanes = desk.workbench.sequence.lanes
    assert 3 <= len(lanes) <= 4
    assert all(lane.track is not None for lane in lanes)
    desk.do("edit.undo")
    assert desk.workbench.person is None
    write_photo(tmp_path / "one.jpg", 1)
    desk.open(tmp_path / "one.jpg")
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    assert {person.track for person in desk.workbench.photo.people} == {None}
