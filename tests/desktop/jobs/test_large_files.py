"""Large annotation files are read in a process of their own, and become the same project."""

import pytest

from core.errors import ReadError
from desktop.jobs.files import open_files
from desktop.jobs.files.open_files import open_steps
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
