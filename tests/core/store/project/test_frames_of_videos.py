"""Frames of a video in a project: one file for all of them, found again where it was moved."""

import pytest

from core.records import Photo
from core.store import Project
from core.store.photos import photo_files
from tests.videos import SIZE, write_video

FRAMES = 6


@pytest.fixture
def project(tmp_path):
    write_video(tmp_path / "walk.mp4", FRAMES)
    with Project.create(tmp_path / "p.fitloop") as project:
        project.add_photos(Photo(f"walk.mp4#{n:05d}", *SIZE) for n in range(FRAMES))
        yield project


def test_a_video_is_hashed_once_for_all_its_frames(project, monkeypatch):
    hashed = []
    own = photo_files.hash_of
    monkeypatch.setattr(photo_files, "hash_of", lambda file: (hashed.append(file), own(file))[1])
    assert list(project.hash_photos()) == list(range(FRAMES - 1, -1, -1))
    assert len(hashed) == 1


@pytest.mark.parametrize("hashes", [True, False])
def test_a_moved_video_is_found_for_all_its_frames(project, tmp_path, hashes):
    if hashes:
        assert list(project.hash_photos())[-1] == 0
    there = tmp_path / "elsewhere"
    there.mkdir()
    (tmp_path / "walk.mp4").rename(there / ("renamed.mp4" if hashes else "walk.mp4"))
    found = project.relocate(there)
    name = "elsewhere/renamed.mp4" if hashes else "elsewhere/walk.mp4"
    assert project.photo_paths() == [f"{name}#{n:05d}" for n in range(FRAMES)]
    assert (found.missing, found.ambiguous) == ((), ())


def test_a_video_that_is_nowhere_is_told_for_each_frame(project, tmp_path):
    (tmp_path / "walk.mp4").unlink()
    assert len(project.relocate(tmp_path).missing) == FRAMES


def test_the_extent_of_the_photos_changes_with_each_added(project):
    before = project.photo_extent()
    assert before == (FRAMES, FRAMES)
    project.add_photos([Photo("one.jpg", 4, 4)])
    assert project.photo_extent() == (FRAMES + 1, FRAMES + 1)
