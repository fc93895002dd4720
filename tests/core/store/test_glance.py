"""A look at a project that is not opened: true numbers, nothing written, hostile files refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import ProjectError
from core.store.glance import glance
from core.store.project.edits import Edit
from core.store.project.project import Project
from tests.core.store.hostile_projects import KINDS
from tests.core.store.making import random_photo


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> Path:
    """A closed project of ten photos, with two people decided."""
    random = np.random.default_rng(3)
    path = tmp_path_factory.mktemp("intact") / "a.fitloop"
    with Project.create(path) as project:
        project.add_photos(random_photo(random, f"{number}.jpg") for number in range(10))
        for photo_id, verdict in ((1, "accepted"), (2, "rejected")):
            decide(project, photo_id, verdict)
    return path


def decide(project: Project, photo_id: int, verdict: str) -> None:
    photo = project.photo(photo_id)
    person = photo.people[0].with_(verdict=verdict)
    project.commit(Edit("Verdict", photo, photo.with_person(person)))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_glance_has_the_numbers_and_the_person_changed_last_and_writes_nothing(intact):
    before = contents(intact.parent)
    found = glance(intact)
    assert contents(intact.parent) == before
    with Project.open(intact, read_only=True) as project:
        counts, photo = project.counts(), project.photo(2)
    assert found.people == sum(counts.values())
    assert (found.decided, found.photos) == (2, 10)
    assert found.last is not None
    assert found.last.path == photo.path
    assert [person.id for person in found.last.people] == [photo.people[0].id]
    assert found.changed > 0


def test_a_glance_sees_what_another_program_has_committed_and_hinders_it_not(intact, tmp_path):
    path = tmp_path / "open.fitloop"
    shutil.copy(intact, path)
    with Project.open(path) as project:
        decide(project, 3, "later")
        assert glance(path).decided == 3
        decide(project, 4, "accepted")
        assert glance(path).decided == 4


@pytest.mark.parametrize("name", ["missing.fitloop", "folder", "text.fitloop"])
def test_what_is_no_project_is_refused_by_name(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.fitloop").write_text("people")
    with pytest.raises(ProjectError, match=name):
        glance(tmp_path / name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_project_gives_numbers_or_one_refusal_and_gets_nothing_beside_it(intact, tmp_path, kind):
    path = tmp_path / "a.fitloop"
    shutil.copy(intact, path)
    KINDS[kind](path)
    before = sorted(file.name for file in tmp_path.iterdir())
    try:
        found, refusal = glance(path), ""
    except ProjectError as error:
        found, refusal = None, str(error)
    assert found is None or 0 <= found.decided <= found.people
    assert found or refusal
    added = {file.name for file in tmp_path.iterdir()} - set(before)
    assert added <= {"a.fitloop-shm"}  # with a log there, SQLite shares its index in memory
