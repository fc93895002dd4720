"""A disk that lies, and programs that write into the files: found at the next commit or opening, and told."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ProjectError
from core.files import lock
from core.files.lock import lock_file
from core.store.project.edits import Edit
from core.store.project.log_file import FRAME_BYTES, HEADER_BYTES, log_of, read_log
from core.store.project.project import Project
from core.store.project.schema import PAGE_SIZE, DamagedProjectError
from tests.core.store.making import random_photo

COMMITS = 30


def note(project, photo_id, text):
    before = project.photo(photo_id)
    project.commit(Edit("Note", before, before.with_person(before.people[0].with_(note=text))))


def notes_of(path):
    with Project.open(path) as project:
        return [photo.people[0].note for photo in project.photos() if photo.people]


@pytest.fixture
def crashed(project, tmp_path):
    """A project with 30 confirmed commits in its log, as a program left it that was killed; nobody has it open."""
    project.close()
    with Project.open(project.path) as again:
        for number in range(COMMITS):
            note(again, 1 + number % 10, f"commit {number}")
        return as_killed(again, tmp_path)


def as_killed(project, tmp_path):
    """A copy of an open project's files, with the mark that it is open."""
    folder = tmp_path / "after the crash"
    folder.mkdir()
    for ending in ("", "-wal"):
        shutil.copyfile(f"{project.path}{ending}", folder / f"{project.path.name}{ending}")
    left_open = sqlite3.connect(lock_file(folder / project.path.name))
    left_open.execute("PRAGMA user_version = 1")
    left_open.close()
    return folder / project.path.name


def flip(file, at, bit=2):
    data = bytearray(file.read_bytes())
    data[at] ^= 1 << bit
    file.write_bytes(data)


class TestLog:
    def test_a_whole_log_is_read_as_sqlite_reads_it(self, crashed):
        log = read_log(log_of(crashed))
        assert log.begun
        assert log.read == len(log.page)
        assert not log.passed_over
        assert not log.last_is_broken
        assert notes_of(crashed)[:3] == ["commit 20", "commit 21", "commit 22"]

    @pytest.mark.parametrize(
        "place",
        [
            "magic",
            "page size",
            "salt",
            "sum of the header",
            "number of a page",
            "size",
            "salt of a frame",
            "sum",
            "page",
        ],
    )
    def test_a_wrong_bit_in_the_log_is_found_told_and_the_newest_commits_are_recovered(self, crashed, place):
        frame = HEADER_BYTES + 2 * FRAME_BYTES
        at = {
            "magic": 1,
            "page size": 10,
            "salt": 17,
            "sum of the header": 25,
            "number of a page": frame + 3,
            "size": frame + 6,
            "salt of a frame": frame + 9,
            "sum": frame + 18,
            "page": frame + 24 + PAGE_SIZE // 2,
        }[place]
        flip(log_of(crashed), at)
        with pytest.raises(DamagedProjectError, match="confirmed commits") as caught:
            Project.open(crashed)
        found = notes_of(caught.value.recovered)
        assert found == [f"commit {number}" for number in range(20, 30)]

    def test_a_wrong_bit_in_the_last_commit_is_told_and_the_others_are_there(self, crashed):
        flip(log_of(crashed), log_of(crashed).stat().st_size - 100)
        with Project.open(crashed) as project:
            assert "the last commit in its log is not whole" in project.notes[0]
            assert project.photo(9).people[0].note == "commit 28"
            assert project.photo(10).people[0].note == "commit 19"

    def test_a_log_that_is_gone_is_told_and_the_rest_is_recovered(self, crashed):
        log_of(crashed).unlink()
        with pytest.raises(DamagedProjectError, match=r"its log march\.fitloop-wal is gone") as caught:
            Project.open(crashed)
        assert len(notes_of(caught.value.recovered)) == 10

    def test_a_project_that_was_closed_needs_no_log(self, project):
        note(project, 1, "the last")
        project.close()
        assert not log_of(project.path).exists()
        assert notes_of(project.path)[0] == "the last"


@pytest.mark.slow
@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "1 / 0"])
def test_a_program_that_ends_without_closing_leaves_a_project_that_opens_without_a_word(project, end):
    project.close()
    code = (
        "import sys; from core.store.project.edits import Edit; from core.store.project.project import Project\n"
        "p = Project.open(sys.argv[1]); b = p.photo(1)\n"
        f"p.commit(Edit('n', b, b.with_person(b.people[0].with_(note='the last'))))\n{end}\n"
    )
    subprocess.run([sys.executable, "-c", code, str(project.path)], stderr=subprocess.DEVNULL, check=False)
    with Project.open(project.path) as again:
        assert again.notes == ()
        assert again.person(1).note == "the last"


class TestForeignLog:
    """A log that fits another file, whole and with right checksums: SQLite reads it without a word."""

    @pytest.fixture
    def other(self, tmp_path, random):
        """Another project, with all of it in its log: it was made, filled and killed in one sitting."""
        folder = tmp_path / "other"
        folder.mkdir()
        with Project.create(folder / "march.fitloop") as made:
            made.add_photos(random_photo(random, f"b{number}.jpg", 5) for number in range(9))
            note(made, 1, "of the other")
            return as_killed(made, folder)

    def refused(self, path, log):
        """Nothing was changed, and what is in the log was written to a copy."""
        shutil.copyfile(log, log_of(path))
        before = path.read_bytes(), log_of(path).read_bytes()
        with pytest.raises(DamagedProjectError, match=r"march\.fitloop-wal is of another") as caught:
            Project.open(path)
        assert (path.read_bytes(), log_of(path).read_bytes()) == before
        return caught.value

    def test_the_log_of_another_project_is_told_and_both_can_be_had(self, project, other):
        note(project, 1, "of this one")
        project.close()
        error = self.refused(project.path, log_of(other))
        assert notes_of(error.recovered)[0] == "of the other"
        log_of(project.path).rename(other.parent / "elsewhere")  # as the message says
        assert notes_of(project.path)[0] == "of this one"

    def test_a_log_of_an_earlier_state_beside_a_later_file_is_told(self, crashed, tmp_path):
        earlier = shutil.copyfile(log_of(crashed), tmp_path / "earlier")
        with Project.open(crashed) as project:
            for number in range(5):
                note(project, 1, f"later {number}")
        self.refused(crashed, earlier)

    def test_a_log_of_a_later_state_beside_an_earlier_file_is_told(self, project, tmp_path):
        """As where a backup of the file alone was put back after a crash."""
        note(project, 1, "in the backup")
        project.close()
        backup = shutil.copyfile(project.path, tmp_path / "backup")
        with Project.open(project.path) as again:
            for number in range(COMMITS):
                note(again, 1 + number % 10, f"missed {number}")
        with Project.open(project.path) as again:
            note(again, 5, "only in the log")
            crashed = as_killed(again, tmp_path)
        shutil.copyfile(backup, crashed)
        with pytest.raises(DamagedProjectError, match=r"do not fit each other|is of another") as caught:
            Project.open(crashed)
        assert notes_of(caught.value.recovered)[4] == "only in the log"

    def test_a_new_project_does_not_take_up_what_is_left_of_one_of_its_name(self, project, other):
        other.unlink()
        with pytest.raises(ProjectError, match=r"-wal is what is left of an earlier project.*Move it"):
            Project.create(other)
        assert log_of(other).is_file()
        with pytest.raises(ProjectError, match="is what is left of an earlier project"):
            project.save_copy(other)

    @pytest.mark.parametrize("commits", [0, 1, 40])
    def test_the_log_of_this_project_is_read_at_any_time_of_a_crash(
        self, project, tmp_path, monkeypatch, commits
    ):
        monkeypatch.setattr("core.store.project.disk_watch.FRAMES_KEPT", 10)
        for number in range(commits):
            note(project, 1 + number % 10, f"commit {number}")
        crashed = as_killed(project, tmp_path)
        with Project.open(crashed) as again:
            assert again.notes == ()
            assert len(again.history()) == 1 + commits


class TestWhileOpen:
    def test_a_log_removed_while_open_is_told_at_the_next_commit_and_nothing_is_lost(self, project):
        note(project, 1, "before")
        log_of(project.path).unlink()
        with pytest.raises(
            ProjectError, match=r"-wal was deleted or replaced while open\. Everything up to now was"
        ):
            note(project, 1, "after")
        project.close()
        assert notes_of(project.path)[0] == "before"

    def test_a_log_replaced_while_open_is_told_at_the_next_commit(self, project):
        note(project, 1, "before")
        log = log_of(project.path)
        log.with_name("other").write_bytes(log.read_bytes())
        log.with_name("other").replace(log)
        with pytest.raises(ProjectError, match="was deleted or replaced while open"):
            note(project, 1, "after")

    @pytest.mark.parametrize(
        "how", ["by another project", "with zeros", "by another database", "in its middle"]
    )
    def test_a_file_written_over_while_open_is_told_and_its_log_is_recovered(
        self, project, tmp_path, random, how
    ):
        project.close()
        with Project.open(project.path) as again:
            note(again, 1, "only in the log")
            other = tmp_path / "other.fitloop"
            if how == "by another project":
                with Project.create(other) as made:
                    made.add_photos(random_photo(random, f"b{number}.jpg", 5) for number in range(9))
            elif how == "by another database":
                db = sqlite3.connect(other)
                db.execute("CREATE TABLE other (id INTEGER)")
                db.close()
            elif how == "with zeros":
                other.write_bytes(bytes(project.path.stat().st_size))
            else:
                data = bytearray(project.path.read_bytes())
                data[3 * PAGE_SIZE : 20 * PAGE_SIZE] = os.urandom(17 * PAGE_SIZE)
                other.write_bytes(data)
            with project.path.open("rb+") as file:
                file.write(other.read_bytes())
                file.truncate()
            with pytest.raises(DamagedProjectError, match="wrote over it while it was open") as caught:
                note(again, 1, "after")
        assert "only in the log" in notes_of(caught.value.recovered)

    def test_a_file_that_was_only_touched_goes_on(self, project):
        note(project, 1, "before")
        os.utime(project.path, (1, 1))
        note(project, 1, "after")
        assert project.person(1).note == "after"

    def test_a_program_that_took_over_is_named(self, project):
        with project._session.reading() as db:
            db.execute("UPDATE writer SET user = 'eve', host = 'elsewhere', pid = 7")
        with pytest.raises(ProjectError, match="eve on elsewhere, process 7 writes this project now"):
            note(project, 1, "lost")
        assert project.person(1).note == ""

    def test_a_long_log_goes_into_the_file(self, project, monkeypatch):
        monkeypatch.setattr("core.store.project.disk_watch.FRAMES_KEPT", 5)
        for number in range(20):
            note(project, 1, str(number))
        assert log_of(project.path).stat().st_size < HEADER_BYTES + 60 * FRAME_BYTES

    def test_a_wrong_bit_in_a_long_log_is_told_before_it_goes_into_the_file(self, project, monkeypatch):
        for number in range(COMMITS):
            note(project, 1 + number % 10, f"commit {number}")
        with log_of(project.path).open("rb+") as file:
            file.seek(HEADER_BYTES + 24 + PAGE_SIZE // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 4]))
        monkeypatch.setattr("core.store.project.disk_watch.FRAMES_KEPT", 5)
        with pytest.raises(DamagedProjectError, match="a wrong bit in its log") as caught:
            note(project, 1, "one more")
        assert "one more" in notes_of(caught.value.recovered)

    def test_a_wrong_bit_before_the_project_is_closed_is_found_at_the_next_opening(self, project):
        for number in range(COMMITS):
            note(project, 1 + number % 10, f"commit {number}")
        flip_in_place(log_of(project.path), HEADER_BYTES + 24 + PAGE_SIZE // 2)
        project.close()
        with pytest.raises(DamagedProjectError, match="confirmed commits"):
            Project.open(project.path)


def flip_in_place(file, at):
    with file.open("rb+") as stream:
        stream.seek(at)
        byte = stream.read(1)[0]
        stream.seek(at)
        stream.write(bytes([byte ^ 4]))


class TestTwoNames:
    def test_a_link_to_an_open_project_is_the_same_project(self, project, tmp_path):
        link = tmp_path / "elsewhere" / "link.fitloop"
        link.parent.mkdir()
        link.symlink_to(project.path)
        with Project.open(link) as second:
            assert second.read_only
            assert second.writer.pid == os.getpid()
            with pytest.raises(ProjectError, match="writes this project"):
                note(second, 1, "lost")
            note(project, 1, "kept")
            assert second.person(1).note == "kept"
            assert second.folder == project.folder

    def test_through_a_link_alone_a_project_is_written(self, project, tmp_path):
        project.close()
        link = tmp_path / "link.fitloop"
        link.symlink_to(project.path)
        with Project.open(link) as second:
            note(second, 1, "through the link")
        assert notes_of(project.path)[0] == "through the link"
        assert not lock_file(link).exists()

    def test_a_file_of_two_names_is_only_read(self, project, tmp_path):
        project.close()
        os.link(project.path, tmp_path / "second.fitloop")
        for path in (project.path, tmp_path / "second.fitloop"):
            with Project.open(path) as opened:
                assert opened.read_only
                assert "2 names (hard links)" in opened.notes[0]
                with pytest.raises(ProjectError, match="open for reading only"):
                    note(opened, 1, "lost")

    def test_a_name_that_a_kill_left_half_given_goes(self, project):
        project.close()
        os.link(project.path, project.path.with_name(f".{project.path.name}.1.tmp"))
        with Project.open(project.path) as opened:
            assert not opened.read_only

    def test_a_loop_of_links_is_no_project(self, tmp_path):
        (tmp_path / "a.fitloop").symlink_to(tmp_path / "b.fitloop")
        (tmp_path / "b.fitloop").symlink_to(tmp_path / "a.fitloop")
        with pytest.raises(ProjectError, match="is not there, or not a file"):
            Project.open(tmp_path / "a.fitloop")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")
class TestPlanted:
    @pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal", "-lock"])
    @pytest.mark.parametrize("what", ["pipe", "link", "folder"])
    def test_what_stands_under_the_name_of_a_file_of_sqlite_is_named(self, project, tmp_path, ending, what):
        project.close()
        beside = Path(f"{project.path}{ending}")
        beside.unlink(missing_ok=True)
        target = tmp_path / "precious"
        target.write_text("precious")
        {"pipe": os.mkfifo, "link": lambda path: path.symlink_to(target), "folder": Path.mkdir}[what](beside)
        with pytest.raises(ProjectError, match=rf"{ending} is a link, a pipe or a folder.*Remove it"):
            Project.open(project.path)
        assert target.read_text() == "precious"

    def test_a_disk_without_locks_is_told(self, project, monkeypatch):
        import fcntl

        def no_locks(*_):
            raise OSError(37, "No locks available")

        monkeypatch.setattr(fcntl, "lockf", no_locks)
        with pytest.raises(ProjectError, match=r"cannot lock files \(No locks available\).*another disk"):
            Project.open(project.path)
        assert lock.WriterLock is not None

    @pytest.mark.slow
    def test_a_kill_leaves_a_project_that_opens_without_a_word(self, project):
        project.close()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            other = Project.open(project.path)
            note(other, 1, "confirmed")
            os.write(writing, b".")
            signal.pause()
        os.read(reading, 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
        with Project.open(project.path) as again:
            assert again.notes == ()
            assert again.person(1).note == "confirmed"
