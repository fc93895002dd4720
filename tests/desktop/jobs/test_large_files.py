"""Large annotation files are read in a process of their own, and become the same project."""

import pytest

from core.errors import ReadError
from core.formats import exchange
from core.formats.question import LOOK_PX
from core.store import Project
from desktop.jobs.files import open_files
from desktop.jobs.files.open_files import add_steps, open_steps
from tests.core.formats.making import write_unnamed
from tests.desktop.making import same_people, write_coco

pytestmark = pytest.mark.slow


@pytest.fixture
def large(monkeypatch):
    """Every file counts as large."""
    monkeypatch.setattr(open_files, "LARGE_BYTES", 0)


def opened(path):
    *_, last = open_steps(path)
    return last


def test_a_large_file_becomes_the_same_project_as_a_small_one(tmp_path, monkeypatch):
    for name in ("small", "large"):
        (tmp_path / name).mkdir()
    small = opened(write_coco(tmp_path / "small"))
    monkeypatch.setattr(open_files, "LARGE_BYTES", 0)
    large = opened(write_coco(tmp_path / "large"))
    assert large.project.path == tmp_path / "large" / "people.fitloop"
    assert large.notes == small.notes
    for one, other in zip(small.project.photos(), large.project.photos(), strict=True):
        assert one.path == other.path
        assert same_people(one, other)
    small.project.close()
    large.project.close()
    names = {file.name for file in (tmp_path / "large").iterdir()}
    assert not {name for name in names if "part" in name}


def test_what_cannot_be_read_says_so_and_leaves_nothing_behind(tmp_path, large):
    (tmp_path / "letter.json").write_text('{"dear": "reader"}')
    with pytest.raises(ReadError, match=r"letter\.json"):
        opened(tmp_path / "letter.json")
    (tmp_path / "empty.json").write_text('{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(ReadError):
        opened(tmp_path / "empty.json")
    assert {file.name for file in tmp_path.iterdir()} == {"letter.json", "empty.json"}


def test_an_import_that_is_stopped_leaves_nothing_behind(tmp_path, large):
    file = write_coco(tmp_path)
    before = {file.name for file in tmp_path.iterdir()}
    steps = open_steps(file)
    next(steps)
    next(steps)
    steps.close()
    assert {file.name for file in tmp_path.iterdir()} == before


def test_a_question_of_a_large_file_has_its_pictures_and_is_never_read_in_the_windows_process(
    tmp_path, large, monkeypatch
):
    file = write_unnamed(tmp_path)
    before = {one.name for one in tmp_path.iterdir()}
    monkeypatch.setattr(exchange, "read_file", lambda *_: pytest.fail("read in the window's process"))
    asked = opened(file).question
    assert asked.option == "layout_name"
    assert {way.value for way in asked.ways[:3]} == set(list(asked.looks)[:3])
    assert all(look.picture.shape == (LOOK_PX, LOOK_PX, 3) for look in asked.looks.values())
    assert {one.name for one in tmp_path.iterdir()} == before
    *_, last = open_steps(file, answers={"layout_name": "aic14"})
    (photo,) = last.project.photos()
    assert photo.people[0].keypoints.layout == "aic14"
    last.project.close()
    assert not [one for one in tmp_path.iterdir() if "part" in one.name]


def test_a_large_file_is_added_from_a_process_of_its_own_as_a_small_one_is(tmp_path, monkeypatch):
    file = write_coco(tmp_path)
    with (
        Project.create(tmp_path / "small.fitloop") as small,
        Project.create(tmp_path / "large.fitloop") as large,
    ):
        *_, expected = add_steps(small, file)
        monkeypatch.setattr(open_files, "LARGE_BYTES", 0)
        monkeypatch.setattr(exchange, "read_file", lambda *_: pytest.fail("read in the window's process"))
        *_, last = add_steps(large, file)
        assert last.notes == expected.notes
        for one, other in zip(small.photos(), large.photos(), strict=True):
            assert one.path == other.path
            assert same_people(one, other)
        *_, again = add_steps(large, file)
        assert "there already" in again.notes
    assert not [one for one in tmp_path.iterdir() if "adding" in one.name]
