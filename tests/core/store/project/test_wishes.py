"""What a curator asks of a person's fits is kept with the person, also by projects that are older than this."""

import sqlite3

import numpy as np
import pytest
import torch

from core.errors import FitInputError, ProjectError
from core.store.project import schema
from core.store.project.edits import Edit
from core.store.project.project import Project
from core.store.project.rows import person_from_row, person_row
from core.store.project.schema import PAGE_SIZE, DamagedProjectError
from core.wishes import (
    DepthOrder,
    GroundContact,
    PersonOrder,
    Pin,
    RayPin,
    Turn,
    from_plain,
    orders_of,
    shifted,
    to_plain,
    with_wish,
)
from tests.core.store.making import random_person, random_photo

EVERY = (
    Pin("left_wrist", (0.1, -0.2, 3.3)),
    RayPin("nose", (0.0, 0.1, 1.0), tolerance=0.02),
    DepthOrder("left_knee", "left_hip", margin=0.1),
    GroundContact("left_foot", (0.0, 1.0, 0.0), 1.2),
    Turn("head", (0.1, 0.2, 1 / 3)),
    PersonOrder(7, nearer=False),
)


@pytest.mark.parametrize("wish", EVERY, ids=lambda wish: type(wish).__name__)
def test_a_wish_comes_back_from_plain_values(wish):
    assert from_plain(to_plain(wish)) == wish


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "prayer"},
        {"kind": "pin"},
        {"kind": "pin", "depth": 1},
        {"kind": "pin", "name": "nose", "point": [0.0, 1.0]},
        {"kind": "pin", "name": "nose", "point": [0.0, 1.0, 2.0, 3.0, 4.0]},
    ],
)
def test_what_is_no_wish_is_refused(fields):
    with pytest.raises(FitInputError, match="is no wish"):
        from_plain(fields)


@pytest.mark.parametrize("other", ["7", True, 7.5, None])
def test_an_order_of_people_needs_a_number_of_a_person(other):
    with pytest.raises(FitInputError, match="number of a person"):
        from_plain({"kind": "person_order", "other": other})


def test_orders_of_people_are_pairs_of_those_who_are_there():
    wishes = {
        3: (PersonOrder(5), PersonOrder(9)),
        5: (PersonOrder(3, nearer=False),),
        8: (PersonOrder(3, nearer=False),),
    }
    assert orders_of(wishes) == [(3, 5), (3, 8)]
    assert len(with_wish(wishes[3], PersonOrder(5, nearer=False))) == 2


@pytest.mark.parametrize("made", [np.float32, torch.tensor], ids=["numpy", "torch"])
def test_a_wish_may_be_made_of_what_a_script_has_at_hand(made, random):
    point = made([0.5, -0.25, 3.0])
    told = (
        Pin("left_wrist", point, tolerance=point[0]),
        RayPin("nose", tuple(point)),
        GroundContact("left_foot", point, point[2]),
        Turn("head", tuple(point)),
    )
    assert told == (
        Pin("left_wrist", (0.5, -0.25, 3.0), tolerance=0.5),
        RayPin("nose", (0.5, -0.25, 3.0)),
        GroundContact("left_foot", (0.5, -0.25, 3.0), 3.0),
        Turn("head", (0.5, -0.25, 3.0)),
    )
    kept = person_from_row({"id": 1, **person_row(random_person(random, 1).with_(wishes=told), 1)})
    assert kept.wishes == told


def test_a_place_has_three_numbers():
    for make in (lambda: Pin("nose", (0.0, 1.0)), lambda: Turn("head", (0.0, 1.0, 0.0, 0.0))):
        with pytest.raises(FitInputError, match="three numbers"):
            make()


def test_a_row_whose_wishes_are_none_names_its_person(random):
    row = {"id": 41, **person_row(random_person(random, 41), 1), "wishes": '[{"kind": "prayer"}]'}
    with pytest.raises(ProjectError, match="person 41 cannot be read"):
        person_from_row(row)


def test_one_more_wish_replaces_the_one_about_the_same_joints():
    wishes = with_wish((EVERY[0], EVERY[2]), Pin("left_wrist", (0.0, 0.0, 3.0)))
    assert wishes == (EVERY[2], Pin("left_wrist", (0.0, 0.0, 3.0)))
    turned = with_wish(wishes, DepthOrder("left_hip", "left_knee"))
    assert [type(wish) for wish in turned] == [Pin, DepthOrder]
    assert turned[1].nearer == "left_hip"


def test_wishes_go_along_with_a_body_that_is_moved():
    by = (0.5, -0.25, 2.0)
    pin, ray, order, ground, turn, _ = (shifted(wish, by) for wish in EVERY)
    assert pin.point == pytest.approx((0.6, -0.45, 5.3))
    assert ground.offset == pytest.approx(1.2 - 0.25)
    assert (ray, order, turn) == (EVERY[1], EVERY[2], EVERY[4])


def wish_for_all(project, photo_id=1):
    before = project.photo(photo_id)
    person = before.people[0].with_(wishes=EVERY)
    return project.commit(Edit("Steer", before, before.with_person(person))), person.id


def test_wishes_are_there_after_opening_again_and_go_when_their_edit_is_taken_back(project):
    edit, person_id = wish_for_all(project)
    project.close()
    with Project.open(project.path) as again:
        assert again.person(person_id).wishes == EVERY
        again.revert(edit)
        assert again.person(person_id).wishes == ()


WITHOUT_WISHES = 2  # the schema's version


def columns_of(db):
    """The names of the columns of each table."""
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")] for table in tables}


def make_older(path):
    """As the program before there were wishes wrote it: without the tables and columns that came later."""
    with sqlite3.connect(":memory:") as old:
        for migration in schema.MIGRATIONS[:WITHOUT_WISHES]:
            old.executescript(migration)
        known = columns_of(old)
    with sqlite3.connect(path) as db:
        for table, columns in columns_of(db).items():
            if table not in known:
                db.execute(f"DROP TABLE {table}")
                continue
            for column in columns:
                if column not in known[table]:
                    db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute(f"PRAGMA user_version = {WITHOUT_WISHES}")
    db.close()


def test_a_project_from_before_there_were_wishes_opens_and_takes_them(project):
    project.close()
    make_older(project.path)
    with Project.open(project.path) as again:
        assert all(person.wishes == () for photo in again.photos() for person in photo.people)
        _, person_id = wish_for_all(again)
        assert again.person(person_id).wishes == EVERY


@pytest.mark.slow
def test_people_of_either_age_are_salvaged_from_a_damaged_project(tmp_path, random):
    path = tmp_path / "big.fitloop"
    with Project.create(path) as project:
        project.add_photos(random_photo(random, f"{number:03d}.jpg", 3) for number in range(100))
    make_older(path)
    with Project.open(path) as project:
        _, person_id = wish_for_all(project)
    db = sqlite3.connect(path)
    root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'person'").fetchone()[0]
    db.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * PAGE_SIZE : root * PAGE_SIZE] = np.random.default_rng(0).bytes(PAGE_SIZE)
    path.write_bytes(content)
    with pytest.raises(DamagedProjectError) as caught, Project.open(path) as project:
        list(project.photos())
    with Project.open(caught.value.recovered) as saved:
        people = [person for photo in saved.photos() for person in photo.people]
        assert len(people) == 300
        assert saved.person(person_id).wishes == EVERY
