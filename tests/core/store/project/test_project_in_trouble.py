"""Two programs, damaged files, full disks: what is said, and that nothing is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import ProjectError
from core.files.lock import lock_file
from core.store.project import schema
from core.store.project.edits import Edit
from core.store.project.project import Project
from core.store.project.schema import PAGE_SIZE, DamagedProjectError
from tests.core.store.making import random_person, random_photo, same

ROOT = Path(__file__).parents[4]


def note(project: Project, photo_id: int, text: str) -> None:
    before = project.photo(photo_id)
    project.commit(Edit("Note", before, before.with_person(before.people[0].with_(note=text))))


def in_a_program(code: str, *arguments: object, **options) -> subprocess.Popen:
    """Python code in a program of its own, with `Project` and `sys` imported; it reads and writes lines."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from core.store.project.project import Project\n"
    return subprocess.Popen(
        [sys.executable, "-c", start + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture
def big(tmp_path: Path, random: np.random.Generator) -> Path:
    """A closed project of 300 people: a tree of several levels."""
    path = tmp_path / "big.fitloop"
    with Project.create(path) as project:
        project.add_photos(random_photo(random, f"{number:03d}.jpg", 3) for number in range(100))
        for number in range(1, 21):
            note(project, number, f"note {number}")
    return path


class TestTwoPrograms:
    @pytest.mark.slow
    def test_the_second_reads_and_is_told_who_writes(self, project):
        second = in_a_program(
            "p = Project.open(sys.argv[1]); print(p.read_only, p.writer.pid, p.person(1).note, flush=True);"
            "input(); print(p.person(1).note, flush=True)",
            project.path,
        )
        assert second.stdout.readline() == f"True {os.getpid()} \n"
        note(project, 1, "written meanwhile")
        assert second.communicate("\n")[0] == "written meanwhile\n"

    def test_the_second_cannot_write(self, project):
        with Project.open(project.path) as second:
            assert second.read_only
            with pytest.raises(ProjectError, match=rf"process {os.getpid()} writes this project"):
                note(second, 1, "lost")
        assert project.person(1).note == ""

    def test_who_insists_on_writing_is_refused(self, project):
        with pytest.raises(ProjectError, match=r"writes this project\. Close it there"):
            Project.open(project.path, read_only_if_locked=False)

    @pytest.mark.slow
    def test_a_program_that_was_killed_holds_no_lock(self, project):
        project.close()
        first = in_a_program(
            "p = Project.open(sys.argv[1]); print('open', flush=True); input()", project.path
        )
        assert first.stdout.readline() == "open\n"
        with Project.open(project.path) as waiting:
            assert waiting.writer.pid == first.pid
        first.send_signal(signal.SIGKILL)
        first.communicate()
        with Project.open(project.path) as again:
            assert not again.read_only
            note(again, 1, "mine")

    def test_a_closed_project_can_be_written_by_the_next(self, project):
        project.close()
        with Project.open(project.path, read_only_if_locked=False) as again:
            assert not again.read_only

    def test_a_project_opened_for_reading_takes_no_lock(self, project):
        project.close()
        with Project.open(project.path, read_only=True) as reader, Project.open(project.path) as writer:
            note(writer, 1, "seen")
            assert reader.person(1).note == "seen"
            with pytest.raises(ProjectError, match="open for reading only"):
                note(reader, 1, "lost")


class TestOtherFiles:
    def contents(self, folder: Path) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    def refused(self, path: Path, what: str) -> None:
        before = self.contents(path.parent)
        with pytest.raises(ProjectError, match=what):
            Project.open(path)
        assert self.contents(path.parent) == before

    def test_a_newer_project_is_refused_and_not_touched(self, project):
        project.close()
        db = sqlite3.connect(project.path)
        db.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
        db.close()
        self.refused(project.path, "Update Fitloop")

    def test_another_database_is_refused_and_not_touched(self, tmp_path):
        db = sqlite3.connect(tmp_path / "other.fitloop")
        db.execute("CREATE TABLE photo (id INTEGER)")
        db.close()
        self.refused(tmp_path / "other.fitloop", "not a Fitloop project")

    @pytest.mark.parametrize("content", [b"", b"{}", b"\x89PNG" + bytes(9000), bytes(range(256)) * 400])
    def test_what_is_no_database_is_refused_and_not_touched(self, tmp_path, content):
        (tmp_path / "a.fitloop").write_bytes(content)
        self.refused(tmp_path / "a.fitloop", "not a Fitloop project|is empty")

    def test_a_file_that_is_not_there_and_a_folder_are_refused(self, tmp_path):
        for path in (tmp_path / "nowhere.fitloop", tmp_path):
            with pytest.raises(ProjectError, match="is not there, or not a file"):
                Project.open(path)

    def test_a_new_project_does_not_replace_a_file(self, tmp_path):
        (tmp_path / "a.fitloop").write_text("precious")
        with pytest.raises(ProjectError, match="exists already"):
            Project.create(tmp_path / "a.fitloop")
        assert self.contents(tmp_path) == {"a.fitloop": b"precious"}

    def test_a_new_project_in_a_folder_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(ProjectError, match="cannot be written"):
            Project.create(tmp_path / "nowhere" / "a.fitloop")


class TestOlderFiles:
    def test_an_older_project_is_brought_up_to_date(self, project, monkeypatch):
        project.close()
        newer = (*schema.MIGRATIONS, "ALTER TABLE photo ADD COLUMN taken REAL; UPDATE photo SET taken = 5")
        monkeypatch.setattr(schema, "MIGRATIONS", newer)
        monkeypatch.setattr(schema, "SCHEMA_VERSION", len(newer))
        with pytest.raises(ProjectError, match=f"older version {len(newer) - 1}, but cannot be written here"):
            Project.open(project.path, read_only=True)
        with Project.open(project.path) as again, again._session.reading() as db:
            assert schema.version_of(db) == len(newer)
            assert db.execute("SELECT count(*) FROM photo WHERE taken = 5").fetchone()[0] == 10

    def test_an_older_project_whose_tables_are_those_of_now_is_read_as_it_is(self, project, monkeypatch):
        """As train.convert and train.fits read it, and a second window."""
        project.close()
        before = project.path.read_bytes()
        newer = (*schema.MIGRATIONS, "")
        monkeypatch.setattr(schema, "MIGRATIONS", newer)
        monkeypatch.setattr(schema, "SCHEMA_VERSION", len(newer))
        with Project.open(project.path, read_only=True) as again:
            assert sum(1 for _ in again.photos()) == 10
        assert project.path.read_bytes() == before

    def test_a_migration_that_fails_leaves_the_project_as_it_was(self, project, monkeypatch):
        project.close()
        broken = (*schema.MIGRATIONS, "ALTER TABLE photo ADD COLUMN taken REAL; UPDATE nothing SET taken = 5")
        with monkeypatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", broken)
            patch.setattr(schema, "SCHEMA_VERSION", len(broken))
            with pytest.raises(ProjectError):
                Project.open(project.path)
        with Project.open(project.path) as again:
            assert not again.read_only
            assert len(again.photo_ids()) == 10


@pytest.mark.slow
class TestDamage:
    def recovered(self, path: Path) -> Project:
        """Open or read a damaged project; it is kept as it is, and what can be read is in another one."""
        damaged = path.read_bytes()
        with pytest.raises(DamagedProjectError, match="damaged one was not changed") as caught:
            self.read_all(path)
        assert path.read_bytes() == damaged
        return Project.open(caught.value.recovered)

    def read_all(self, path: Path) -> list[object]:
        with Project.open(path) as project:
            return [*project.photos(), *project.history()]

    def scribble(self, path: Path, *pages: int, start: int = 0) -> None:
        content = bytearray(path.read_bytes())
        for page in pages:
            content[page * PAGE_SIZE + start : (page + 1) * PAGE_SIZE] = os.urandom(PAGE_SIZE - start)
        path.write_bytes(content)

    def originals(self, path: Path) -> dict[int, object]:
        intact = shutil.copyfile(path, path.with_name("intact.fitloop"))
        with Project.open(intact) as project:
            return {person.id: person for photo in project.photos() for person in photo.people}

    def root_of(self, path: Path, table: str) -> int:
        db = sqlite3.connect(path)
        root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
        db.close()
        return root - 1

    def check(self, path: Path, originals: dict[int, object], least: int) -> None:
        with self.recovered(path) as project:
            assert project.check() == []
            found = [person for photo in project.photos() for person in photo.people]
            assert len(found) >= least
            assert all(same(person, originals[person.id]) for person in found)
            note(project, next(project.queue()).photo_id, "and goes on")

    def test_without_its_first_page_every_person_is_recovered(self, big):
        originals = self.originals(big)
        self.scribble(big, 0)
        self.check(big, originals, least=300)

    def test_without_the_root_of_its_people_every_person_is_recovered(self, big):
        originals = self.originals(big)
        self.scribble(big, self.root_of(big, "person"))
        self.check(big, originals, least=300)

    def test_with_pages_lost_in_its_middle_the_others_are_recovered(self, big):
        originals = self.originals(big)
        pages = big.stat().st_size // PAGE_SIZE
        self.scribble(big, self.root_of(big, "person"), *range(pages // 3, pages // 3 + 4))
        self.check(big, originals, least=300 - 4 * 9)

    def test_without_its_photos_the_people_are_recovered_into_stand_ins(self, big):
        originals = self.originals(big)
        self.scribble(big, self.root_of(big, "photo"))
        self.check(big, originals, least=300)

    def test_a_file_cut_short_is_recovered_up_to_there(self, big):
        originals = self.originals(big)
        content = big.read_bytes()
        big.write_bytes(content[: len(content) // 2])
        self.check(big, originals, least=70)

    @pytest.mark.slow
    def test_what_was_only_in_the_log_when_a_program_died_is_recovered_too(self, big):
        died = in_a_program(
            "import os; from core.store.project.edits import Edit; p = Project.open(sys.argv[1]); b = p.photo(50)\n"
            "p.commit(Edit('n', b, b.with_person(b.people[0].with_(note='the last word'))))\n"
            "os.kill(os.getpid(), 9)",
            big,
        )
        died.communicate()
        self.scribble(big, 0)
        with self.recovered(big) as project:
            assert project.photo(50).people[0].note == "the last word"
            assert project.photo(20).people[0].note == "note 20"

    def test_the_history_is_recovered_and_can_be_put_back(self, big):
        self.scribble(big, self.root_of(big, "person"))
        with self.recovered(big) as project:
            last = project.history()[0]
            project.revert(last.id)
            assert project.person(last.people[0]).note == ""

    def test_a_second_recovery_does_not_replace_the_first(self, big):
        self.scribble(big, 0)
        self.recovered(big).close()
        self.recovered(big).close()
        assert {"big-recovered.fitloop", "big-recovered-2.fitloop"} <= {f.name for f in big.parent.iterdir()}

    def test_a_scribbled_name_of_a_table_is_damage_too(self, big):
        originals, content = self.originals(big), big.read_bytes()
        big.write_bytes(content.replace(b"CREATE TABLE person (", b"CREATE TABLE \x80\x80rson (", 1))
        self.check(big, originals, least=300)

    def test_scribbles_anywhere_end_in_a_project_error_or_an_intact_read(self, big, random):
        content = big.read_bytes()
        for _ in range(12):
            broken = bytearray(content)
            for at in random.integers(0, len(content), 30):
                broken[at] = random.integers(256)
            big.write_bytes(broken)
            try:
                self.read_all(big)
            except ProjectError:
                assert big.read_bytes() == broken


class TestDisk:
    def test_a_full_disk_is_said_and_the_project_is_as_before(self, project, random):
        before = project.photo(1)
        with project._session.reading() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        huge = before.with_(people=tuple(random_person(random, number) for number in range(21, 400)))
        with pytest.raises(ProjectError, match=r"the disk is full\. Free some space"):
            project.commit(Edit("Add", before, huge))
        assert same(project.photo(1), before)
        with project._session.reading() as db:
            db.execute("PRAGMA max_page_count = 1000000")
        project.commit(Edit("Add", before, huge))
        assert len(project.photo(1).people) == 379

    def test_a_project_deleted_while_open_is_said_and_can_be_saved_elsewhere(self, project, tmp_path):
        note(project, 1, "before")
        project.path.unlink()
        with pytest.raises(ProjectError, match="deleted, moved or replaced while open"):
            note(project, 1, "after")
        project.save_copy(tmp_path / "copy.fitloop")
        with Project.open(tmp_path / "copy.fitloop") as copy:
            assert copy.person(1).note == "before"
            assert copy.check() == []

    def test_a_copy_does_not_replace_a_file(self, project, tmp_path):
        (tmp_path / "copy.fitloop").write_text("precious")
        with pytest.raises(ProjectError, match="exists already"):
            project.save_copy(tmp_path / "copy.fitloop")
        assert (tmp_path / "copy.fitloop").read_text() == "precious"

    @pytest.mark.slow
    @pytest.mark.skipif(sys.platform == "win32", reason="folders of Windows are not read-only in this way")
    def test_a_read_only_folder_can_be_read_and_says_so_when_written(self, random):
        code = (
            "import os; from core.errors import ProjectError; from core.store.project.edits import Edit\n"
            "if os.geteuid() == 0: os.setuid(65534)\n"  # root may write everywhere
            "p = Project.open(sys.argv[1]); b = p.photo(1); print(p.read_only, p.writer, len(b.people))\n"
            "try: p.commit(Edit('n', b, b.with_(focal_length=1.0)))\n"
            "except ProjectError as error: print(error)\n"
        )
        with tempfile.TemporaryDirectory() as name:
            path = Path(name, "a.fitloop")
            with Project.create(path) as project:
                project.add_photos([random_photo(random, "a.jpg")])
            lock_file(path).unlink()
            path.chmod(0o644)
            path.parent.chmod(0o555)
            try:
                said = in_a_program(code, path).communicate()[0].splitlines()
            finally:
                path.parent.chmod(0o755)
        assert said[0] == "True None 2"
        assert "open for reading only. Allow writing in its folder" in said[1]


def test_what_is_read_after_the_damage_was_found_names_the_damage_again(project):
    with pytest.raises(ProjectError) as first, project._session.reading():
        raise DamagedProjectError("its pages are torn")
    with pytest.raises(ProjectError) as later:
        project.queue_ids()
    assert str(later.value) == str(first.value)
