"""Each hostile project ends in ProjectErrors or in records; none hangs, and none runs what the file holds."""

import shutil
import time
from pathlib import Path

import pytest

from core.errors import FitloopError, ProjectError
from core.records import Person
from core.store.project.edits import Edit
from core.store.project.project import Project
from core.store.project.review_queue import ORDERS, QueueRow
from tests.core.store.hostile_projects import KINDS, make_intact

LONGEST_S = 10.0  # of processor; most take hundredths


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> Path:
    return make_intact(tmp_path_factory.mktemp("intact") / "a.fitloop")


def use(path: Path) -> int:
    """Read and write all of a project. Returns the number of refusals."""
    refused = 0

    def tried(act) -> None:
        nonlocal refused
        try:
            act()
        except FitloopError:
            refused += 1

    with Project.open(path) as project:
        ids = project.queue_ids()
        for order in ORDERS:
            tried(lambda order=order: list(project.queue(order)))
        for row in project.queue_rows(ids):
            assert row.score is None or isinstance(row.score, float)
            assert isinstance(row, QueueRow)
            assert isinstance(row.path, str)
            tried(lambda row=row: project.photo(row.photo_id))
            tried(lambda row=row: project.photo_of(row.id))
            tried(lambda row=row: touch(project, row))
        for act in (project.counts, project.tags, project.warned, project.new_person_id, project.history):
            tried(act)
        tried(lambda: project.changed_since(0.0))
        tried(lambda: [project.revert(logged.id) for logged in project.history()])
        tried(lambda: project.relocate(path.parent))
        tried(lambda: list(project.photos()))
        tried(lambda: project.people(ids.tolist()))
    return refused


def refusal(path: Path) -> str:
    """What is told when the project is opened; '' if it opens."""
    try:
        use(path)
    except ProjectError as error:
        return str(error)
    return ""


def touch(project: Project, row: QueueRow) -> None:
    photo = project.photo(row.photo_id)
    person: Person = photo.people[0]
    project.commit(Edit("Note", photo, photo.with_person(person.with_(note="touched"))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_project_ends_in_project_errors(intact, tmp_path, kind):
    path = Path(shutil.copyfile(intact, tmp_path / "a.fitloop"))
    KINDS[kind](path)
    start = time.process_time()
    told = refusal(path)
    assert not told or ("a.fitloop" in told and told.endswith(".")) or "/dev/zero is not there" in told
    assert len(told) < 3000
    assert time.process_time() - start < LONGEST_S


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("a view", "it holds a view 'v'"),
        ("a trigger at each change", "it holds a trigger 't'"),
        ("a generated column", "it holds another table person"),
        ("an index over an expression", "it holds a index 'i'"),
        ("a virtual table", "it holds a table 'f"),
        ("version -5", "of version -5, which Fitloop never wrote"),
        ("version 0", "of version 0, which Fitloop never wrote"),
        ("another program's mark", "is not a Fitloop project"),
        ("a pipe", "not there, or not a file"),
        ("a log that is a pipe", "-wal is a link, a pipe or a folder"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written_beside(intact, tmp_path, kind, words):
    path = Path(shutil.copyfile(intact, tmp_path / "a.fitloop"))
    KINDS[kind](path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ProjectError, match=words):
        Project.open(path)
    assert sorted(tmp_path.iterdir()) == before


def test_one_unreadable_person_leaves_the_others_as_they_were(intact, tmp_path):
    path = Path(shutil.copyfile(intact, tmp_path / "a.fitloop"))
    KINDS["a fit whose source is none"](path)
    with Project.open(path) as project:
        with pytest.raises(ProjectError, match="person 1 cannot be read"):
            project.person(1)
        assert len(project.queue_ids()) == 20


def test_there_are_enough_kinds():
    assert len(KINDS) >= 80
