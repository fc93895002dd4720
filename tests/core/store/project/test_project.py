"""What goes into a project is in it, in the words of those who edit it."""

import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import ProjectError
from core.store.project.edits import Edit
from core.store.project.project import Project
from core.store.project.schema import DamagedProjectError
from tests.core.store.making import full_person, random_fit, random_guess, random_person, random_photo, same


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.path)


def test_people_who_were_added_are_there_after_reopening(tmp_path, random):
    photo = random_photo(random, "a.jpg", 0, focal_length=900.5, camera_center=(1.5, 2.5))
    people = (full_person(random, 1), random_person(random, 2, fit=None))
    with Project.create(tmp_path / "a.fitloop") as project:
        (photo_id,) = project.add_photos([photo.with_(people=people)])
        with reopened(project) as again:
            assert same(again.photo(photo_id), photo.with_(people=people))
            assert same(again.photo("a.jpg"), again.photo_of(2))
            assert (again.photo_id("a.jpg"), again.photo_id("b.jpg")) == (photo_id, None)
            assert same(again.person(1), people[0])


def test_people_get_ids_of_the_project_whatever_ids_they_came_with(project):
    people = [person.id for photo in project.photos() for person in photo.people]
    assert people == list(range(1, 21))


def test_a_photo_is_asked_for_by_any_whole_number(project):
    assert same(project.photo(np.int64(3)), project.photo(3))


def test_a_committed_edit_is_there_after_reopening(project):
    before = project.photo(3)
    person = before.people[0]
    moved = person.keypoints.with_keypoint(4, xy=(12.5, 13.25), occluded=True)
    edited = person.with_(
        keypoints=moved, original_keypoints=person.keypoints, verdict="accepted", locked=True
    )
    project.commit(Edit("Move left wrist", before, before.with_person(edited)))
    with reopened(project) as again:
        assert same(again.photo(3), before.with_person(edited))


def test_undo_restores_a_photo_bit_for_bit(project, random):
    before = project.photo(1)
    after = before.with_(focal_length=777.0, people=(full_person(random, before.people[1].id),))
    project.commit(Edit("Delete one, change the other", before, after))
    assert same(project.photo(1), after)
    project.commit(Edit("Undo", after, before))
    assert same(project.photo(1), before)


def test_a_person_and_a_photo_can_be_added_and_removed(project, random):
    new = random_photo(random, "new.jpg", 0).with_person(random_person(random, project.new_person_id()))
    project.commit(Edit("Add photo", None, new))
    assert same(project.photo("new.jpg"), new)
    project.commit(Edit("Remove photo", new, None))
    with pytest.raises(ProjectError, match=r"no photo 'new.jpg'"):
        project.photo("new.jpg")
    with pytest.raises(ProjectError, match="no person 21"):
        project.person(21)


def test_ids_of_people_are_never_given_twice(project):
    before = project.photo(10)
    project.commit(Edit("Delete", before, before.with_(people=())))
    with reopened(project) as again:
        assert again.new_person_id() == 21
        assert again.new_person_id() == 22


def test_several_edits_are_one_of_the_history_and_are_written_together_or_not_at_all(project, random):
    photos = [project.photo(number) for number in (1, 2, 3)]
    accepted = [photo.with_person(photo.people[0].with_(verdict="accepted")) for photo in photos]
    edit = project.commit(*(Edit("Accept", *pair) for pair in zip(photos, accepted, strict=True)))
    assert project.history()[0].people == (1, 3, 5)
    project.revert(edit)
    assert project.counts() == {"todo": 20}
    wrong = Edit("Accept", photos[1], photos[1].with_person(random_person(random, 20)))
    with pytest.raises(ProjectError, match="in another photo"):
        project.commit(Edit("Accept", photos[0], accepted[0]), wrong)
    assert project.counts() == {"todo": 20}


def test_an_id_of_another_photo_is_refused_and_nothing_is_written(project, random):
    before = project.photo(1)
    after = before.with_person(random_person(random, 20)).with_(focal_length=5.0)
    with pytest.raises(ProjectError, match="person 20 is in another photo"):
        project.commit(Edit("Add person", before, after))
    assert same(project.photo(1), before)


def test_an_edit_that_changes_nothing_leaves_no_trace(project):
    before = project.photo(1)
    assert project.commit(Edit("Nothing", before, before.with_(people=before.people))) is None
    assert [logged.label for logged in project.history()] == ["Import"]


@pytest.mark.parametrize("path", ["/etc/passwd", "C:\\photos\\a.jpg", "", "\\\\server\\a.jpg"])
def test_a_photo_path_that_is_not_relative_is_refused(project, random, path):
    with pytest.raises(ProjectError, match="not relative"):
        project.add_photos([random_photo(random, path)])
    assert len(project.photo_ids()) == 10


def test_a_photo_is_in_the_project_once(project, random):
    with pytest.raises(ProjectError, match="in the project already"):
        project.add_photos([random_photo(random, "photos/03.jpg")])
    assert project.counts() == {"todo": 20}


def test_a_verdict_that_there_is_not_is_refused(project, random):
    wrong = random_photo(random, "new.jpg", 0).with_person(random_person(random, 1, verdict="perhaps"))
    with pytest.raises(ProjectError, match=r"no verdict 'perhaps'.*'accepted'"):
        project.add_photos([wrong])


def test_texts_that_no_file_can_hold_are_refused_and_nothing_is_written(project):
    before = project.photo(1)
    after = before.with_person(before.people[0].with_(note="\ud800"))
    with pytest.raises(ProjectError, match="cannot be stored"):
        project.commit(Edit("Note", before, after))
    assert same(project.photo(1), before)


class TestHistory:
    def test_it_says_who_did_what_when_and_to_whom(self, project):
        before = project.photo(1)
        start = time.time()
        project.commit(Edit("Reject", before, before.with_person(before.people[1].with_(verdict="rejected"))))
        last = project.history()[0]
        assert (last.user, last.label, last.people) == ("ada", "Reject", (2,))
        assert start <= last.time <= time.time()
        assert [logged.label for logged in project.history(person_id=2)] == ["Reject"]
        assert project.history(person_id=1) == []

    def test_any_edit_can_be_put_back_and_that_is_an_edit_too(self, project, random):
        before = project.photo(1)
        changed = before.people[0].with_(verdict="rejected", fit=random_fit(random), tags=("odd",))
        edit = project.commit(Edit("Reject", before, before.with_person(changed)))
        for_later = changed.with_(note="look again")
        project.commit(Edit("Note", before.with_person(changed), before.with_person(for_later)))

        undone = project.revert(edit)
        assert same(project.person(1), before.people[0].with_(note="look again"))
        assert list(project.queue(tag="odd")) == []
        assert project.history()[0].label == "Put back: Reject"

        project.revert(undone)
        assert same(project.person(1), for_later)
        assert [row.id for row in project.queue(tag="odd")] == [1]

    def test_a_deleted_photo_comes_back_with_its_people(self, project):
        before = project.photo(4)
        edit = project.commit(Edit("Remove photo", before, None))
        project.revert(edit)
        assert same(project.photo(4), before)

    def test_an_added_photo_goes_again(self, project, random):
        new = random_photo(random, "new.jpg", 0).with_person(random_person(random, 21))
        project.revert(project.commit(Edit("Add", None, new)))
        assert len(project.photo_ids()) == 10
        assert project.counts() == {"todo": 20}

    def test_an_added_photo_does_not_go_with_people_who_came_later(self, project, random):
        new = random_photo(random, "new.jpg", 0)
        edit = project.commit(Edit("Add", None, new))
        project.commit(Edit("Person", new, new.with_person(random_person(random, 21))))
        with pytest.raises(ProjectError, match="person 21 was added to photo 11 since"):
            project.revert(edit)
        assert len(project.photo("new.jpg").people) == 1

    def test_two_people_of_one_id_are_refused_as_one_would_be_lost(self, project, random):
        twins = random_person(random, 21), random_person(random, 21)
        new = random_photo(random, "new.jpg", 0).with_(people=twins)
        with pytest.raises(ProjectError, match="two people have the id 21"):
            project.commit(Edit("Add", None, new))
        assert len(project.photo_ids()) == 10

    def test_what_hangs_on_a_deleted_row_is_not_put_back_in_part(self, project):
        before = project.photo(4)
        edit = project.commit(Edit("Note", before, before.with_person(before.people[0].with_(note="x"))))
        noted = project.photo(4)
        project.commit(Edit("Remove photo", noted, None))
        with pytest.raises(ProjectError, match="was deleted since"):
            project.revert(edit)

    def test_an_import_cannot_be_put_back(self, project):
        with pytest.raises(ProjectError, match="no changes that could be put back"):
            project.revert(project.history()[0].id)


class TestClockSetBack:
    @pytest.fixture
    def set_back(self, project, monkeypatch):
        """Some edits, and then a clock an hour before them."""
        for number in range(3):
            photo = project.photo(1)
            person = photo.people[0].with_(note=f"before {number}")
            project.commit(Edit("Note", photo, photo.with_person(person)))
        hour_ago = time.time() - 3600
        monkeypatch.setattr("core.store.project.edits.time.time", lambda: hour_ago)
        return project

    def note(self, project, person_id, text):
        photo = project.photo_of(person_id)
        person = next(one for one in photo.people if one.id == person_id)
        project.commit(Edit("Note", photo, photo.with_person(person.with_(note=text))))

    def test_a_later_edit_has_a_later_time(self, set_back):
        self.note(set_back, 1, "after")
        self.note(set_back, 5, "and after")
        times = [logged.time for logged in set_back.history()]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) == len(times)

    def test_another_window_sees_what_was_changed_since(self, set_back):
        _, seen = set_back.changed_since(0.0)
        self.note(set_back, 5, "after")
        ids, _ = set_back.changed_since(seen)
        assert ids.tolist() == [5]

    def test_the_last_edited_is_the_newest_of_the_queue(self, set_back):
        self.note(set_back, 5, "after")
        assert next(set_back.queue("newest")).id == 5

    def test_a_time_years_ahead_is_not_gone_on_from(self, project):
        with project._session.writing("setting a time") as db:
            db.execute("UPDATE person SET updated = 9e15 WHERE id = 2")
        self.note(project, 1, "now")
        assert abs(project.history()[0].time - time.time()) < 3600


class TestQueue:
    def scored(self, project: Project, scores: list[float | None], random) -> None:
        for photo, score in zip(project.photos(), scores, strict=False):
            fit = None if score is None else random_fit(random, score=score)
            people = (photo.people[0].with_(fit=fit),)
            project.commit(Edit("Fit", photo, photo.with_(people=people)))

    def test_the_worst_come_first_and_who_has_no_fit_last(self, project, random):
        scores = [3.0, None, 9.0, 1.0, float("nan"), 5.0, 2.0, 8.0, 7.0, 4.0]
        self.scored(project, scores, random)
        rows = list(project.queue(order="worst"))
        assert [row.score for row in rows] == [9, 8, 7, 5, 4, 3, 2, 1, None, None]
        assert [row.score for row in project.queue(order="best")] == [1, 2, 3, 4, 5, 7, 8, 9, None, None]
        assert [row.id for row in rows] == project.queue_ids(order="worst").tolist()

    def test_it_is_read_in_parts(self, project):
        everyone = [row.id for row in project.queue(order="worst")]
        assert [row.id for row in project.queue(order="worst", limit=5, offset=3)] == everyone[3:8]

    def test_a_verdict_a_tag_or_a_text_narrows_it(self, project):
        photo = project.photo(2)
        person = photo.people[0].with_(verdict="later", tags=("hand", "50%_off"), note="Über die Straße")
        project.commit(Edit("Later", photo, photo.with_person(person)))
        for narrowed in (
            {"verdict": "later"},
            {"tag": "hand"},
            {"text": "über DIE strasse"},
            {"text": "50%_"},
            {"verdict": "later", "tag": "hand", "text": "01.jpg"},
        ):
            assert [row.id for row in project.queue(**narrowed)] == [person.id], narrowed
        assert sorted(row.id for row in project.queue(text="01.JPG")) == [3, 4]
        assert list(project.queue(text="0%1")) == []
        assert project.counts() == {"todo": 19, "later": 1}
        assert project.counts(tag="hand") == {"later": 1}

    def test_tags_that_were_taken_off_do_not_find_a_person(self, project):
        photo = project.photo(2)
        tagged = photo.with_person(photo.people[0].with_(tags=("a", "b")))
        project.commit(Edit("Tag", photo, tagged))
        project.commit(Edit("Tag", tagged, photo.with_person(tagged.people[0].with_(tags=("b",)))))
        assert (list(project.queue(tag="a")), len(list(project.queue(tag="b")))) == ([], 1)

    def test_people_added_with_tags_are_found_by_them_under_their_new_ids(self, project):
        photo = project.photo(2)
        tagged = photo.with_(path="photos/more.jpg", people=(photo.people[0].with_(tags=("crowd",)),))
        (photo_id,) = project.add_photos([tagged])
        (row,) = project.queue(tag="crowd")
        assert (row.photo_id, row.id) == (photo_id, project.photo(photo_id).people[0].id)

    def test_photos_are_read_as_light_rows_with_the_verdicts_of_their_people(self, project):
        photo = project.photo(3)
        person = photo.people[1].with_(verdict="later")
        project.commit(Edit("Later", photo, photo.with_person(person)))
        (empty,) = project.add_photos([photo.with_(path="photos/nobody.jpg", people=())])
        rows = project.photo_rows([empty, 3, 999])
        assert [(row.id, row.path, row.verdicts) for row in rows] == [
            (empty, "photos/nobody.jpg", ()),
            (3, photo.path, ("todo", "later")),
        ]

    def test_it_goes_by_disagreement_of_guess_and_fit_and_by_time(self, project, random):
        photo = project.photo(5)
        person = photo.people[0].with_(guess=random_guess(random))
        project.commit(Edit("Guess", photo, photo.with_person(person)))
        for order in ("disagreement", "newest"):
            assert next(project.queue(order=order)).id == person.id
        assert [row.id for row in project.queue(order="oldest")][-1] == person.id
        assert [row.id for row in project.queue(order="photo")] == list(range(1, 21))

    def test_an_unknown_order_is_refused_with_those_there_are(self, project):
        with pytest.raises(ProjectError, match=r"no order 'random'.*worst, best"):
            list(project.queue(order="random"))

    @pytest.mark.parametrize(
        ("query", "index"),
        [
            ("WHERE verdict = 'todo' ORDER BY score DESC LIMIT 9", "person_by_verdict_and_score"),
            ("ORDER BY score DESC LIMIT 9", "person_by_score"),
            ("ORDER BY updated DESC LIMIT 9", "person_by_updated"),
            ("ORDER BY disagreement DESC LIMIT 9", "person_by_disagreement"),
            ("WHERE text LIKE '%a%'", "person_by_text"),
        ],
    )
    def test_its_queries_are_indexed(self, project, query, index):
        with project._session.reading() as db:
            plan = db.execute(f"EXPLAIN QUERY PLAN SELECT id FROM person {query}").fetchall()
        assert index in " ".join(row["detail"] for row in plan)


def test_a_project_is_used_by_several_threads_one_at_a_time(project):
    from concurrent.futures import ThreadPoolExecutor

    def note(number: int) -> None:
        before = project.photo(number % 10 + 1)
        project.commit(Edit("Note", before, before.with_(focal_length=float(number + 1))))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(40)))
    assert len(project.history()) == 41
    assert project.check() == []


class TestMovedPhotos:
    @pytest.fixture
    def files(self, project: Project) -> list[Path]:
        folder = project.folder / "photos"
        folder.mkdir()
        files = [folder / f"{number:02d}.jpg" for number in range(10)]
        for number, file in enumerate(files):
            file.write_bytes(b"photo %d" % number)
        return files

    def test_photos_are_found_under_the_new_folder(self, project, files):
        assert list(project.hash_photos())[-1] == 0
        new = project.folder / "disk two" / "deep"
        new.parent.mkdir()
        files[0].parent.rename(new)
        (new / "00.jpg").write_bytes(b"phot0 0")  # same name and size, but another photo
        (new / "01.jpg").rename(new / "renamed.jpg")
        found = project.relocate(project.folder / "disk two")
        assert found.missing == ("photos/00.jpg",)
        assert found.moved["photos/01.jpg"] == "disk two/deep/renamed.jpg"
        assert found.moved["photos/02.jpg"] == "disk two/deep/02.jpg"
        assert project.photo(3).path == "disk two/deep/02.jpg"
        assert [row.id for row in project.queue(text="deep/02")] == [5, 6]
        project.revert(project.history()[0].id)
        assert project.photo(3).path == "photos/02.jpg"

    def test_without_a_hash_two_files_of_one_name_and_size_are_not_chosen_from(self, tmp_path, random):
        (tmp_path / "a.jpg").write_bytes(b"1")
        with Project.create(tmp_path / "a.fitloop") as project:
            project.add_photos([random_photo(random, "a.jpg")])
            (tmp_path / "a.jpg").unlink()
            for name in ("one", "two"):
                (tmp_path / "new" / name).mkdir(parents=True)
                (tmp_path / "new" / name / "a.jpg").write_bytes(b"2")
            found = project.relocate(tmp_path / "new")
            assert (found.moved, found.ambiguous) == ({}, ("a.jpg",))

    def test_photos_that_are_where_they_were_stay(self, project, files):
        found = project.relocate(project.folder)
        assert (found.moved, found.missing, found.ambiguous) == ({}, (), ())

    def test_a_folder_that_is_not_there_is_said(self, project):
        with pytest.raises(ProjectError, match="not a folder"):
            project.relocate(project.folder / "nowhere")


class TestTheDocumentOfAnImportedFile:
    text = '{"licenses": [{"id": 1, "name": "ñ"}]}'

    def photos(self, random):
        return [random_photo(random, f"{name}.jpg", 1, document=self.text) for name in "abc"]

    def count(self, project):
        with project._session.reading() as db:
            return db.execute("SELECT count(*) FROM document").fetchone()[0]

    def test_is_kept_once_and_shared_by_its_photos(self, tmp_path, random):
        with Project.create(tmp_path / "a.fitloop") as project:
            project.add_photos([*self.photos(random), random_photo(random, "d.jpg", 1)])
            with reopened(project) as again:
                found = [photo.document for photo in again.photos()]
                assert found == [self.text] * 3 + [""]
                assert found[0] is found[2]
                assert self.count(again) == 1

    def test_stays_when_its_photo_is_edited_removed_and_put_back(self, tmp_path, random):
        with Project.create(tmp_path / "a.fitloop") as project:
            project.add_photos(self.photos(random))
            before = project.photo(2)
            edit = project.commit(Edit("Remove", before, None))
            project.revert(edit)
            assert same(project.photo("b.jpg"), before)
            other = random_photo(random, "e.jpg", 0, document='{"info": 2}')
            project.commit(Edit("Add", None, other))
            assert same(project.photo("e.jpg"), other)
            assert self.count(project) == 2

    def test_is_recovered_from_a_damaged_file(self, tmp_path, random):
        path = tmp_path / "a.fitloop"
        with Project.create(path) as project:
            project.add_photos(self.photos(random))
        content = bytearray(path.read_bytes())
        content[:8192] = bytes(8192)
        path.write_bytes(content)
        with pytest.raises(DamagedProjectError) as caught:
            Project.open(path)
        with Project.open(caught.value.recovered) as project:
            assert {photo.document for photo in project.photos()} == {self.text}
