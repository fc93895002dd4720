"""Ctrl+S writes all people that a fits dictionary can hold, and names the others."""

import numpy as np
import pytest

from core.records import BBox
from core.store.fits.dictionary import FitsDictionary
from core.store.project.edits import Edit
from core.store.project.project import Project
from desktop.jobs.files.save_files import fits_file_of, save_fits_steps
from tests.core.store.making import BODY, random_photo


@pytest.fixture
def project(tmp_path):
    random = np.random.default_rng(0)
    with Project.create(tmp_path / "march.fitloop") as project:
        project.add_photos(random_photo(random, f"{number}.jpg") for number in range(3))
        yield project


def write_person(project, person_id, **changes):
    photo = project.photo_of(person_id)

    person = next(one for one in photo.people if one.id == person_id)
    project.commit(Edit("Change", photo, photo.with_person(person.with_(**changes))))


@pytest.mark.parametrize(
    ("box", "what"),
    [
        (BBox(np.array([50.0, 50.0]), 1e-30), "its scale is 1e-30, but must be more than 5e-06"),
        (BBox(np.array([50.0, 50.0]), 1e6), "its scale has a number beyond 100000"),
        (BBox(np.array([-5e8, 50.0]), 1.0), "its center has a number beyond 1e+07"),
    ],
)
def test_a_person_with_an_impossible_box_is_named_and_the_others_are_saved(project, box, what):
    write_person(project, 3, bbox=box)
    *_, end = save_fits_steps(project, BODY)
    fits = FitsDictionary.load(fits_file_of(project))
    assert len(fits) == 5
    assert fits.imgname.tolist() == ["0.jpg", "0.jpg", "1.jpg", "2.jpg", "2.jpg"]
    assert f"1.jpg, person 3: {what}. Draw the box again." in end.told
    assert end.lost


def test_people_without_faults_are_saved_without_a_report(project):
    *_, end = save_fits_steps(project, BODY)
    assert len(FitsDictionary.load(fits_file_of(project))) == 6
    assert not end.lost


def test_people_of_a_data_set_stay_in_the_order_of_its_rows_and_new_people_come_after_them(project):
    """Rows of one photo need not be adjacent; person 4 was drawn in the window."""
    rows = {1: 3, 2: 0, 3: 2, 5: 4, 6: 1}
    for person_id, row in rows.items():
        write_person(project, person_id, origin=f'{{"row": {row}, "rows": 5}}')
    list(save_fits_steps(project, BODY))
    fits = FitsDictionary.load(fits_file_of(project))
    assert fits.imgname.tolist() == ["0.jpg", "2.jpg", "1.jpg", "0.jpg", "2.jpg", "1.jpg"]
