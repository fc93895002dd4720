"""Fits of another body than the one in use: what of them still means something is shown."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.body.mean_skeleton import SMPL_PELVIS
from core.body.model import SMPL_NEUTRAL, SMPL_VERTICES, load_body
from core.body.tree import PARENTS
from core.records import BBox, Fit, Guess, Keypoints, Person, Photo
from desktop.commands.file_menu import open_path
from desktop.jobs.files import open_files
from desktop.state.posed_body import params_of, placed_coarsely, pose_fit
from desktop.views.lists.person_tiles import score_in_words
from tests.benchmarks.shared.people import smpl_sized
from tests.bodies import write_npz
from tests.core.formats.making import eft_document, write_photos
from tests.posing import toy_body

pytestmark = pytest.mark.slow

PHOTO = Photo("a.jpg", 640, 480)
FIT = Fit(
    np.zeros(72), np.zeros(10), 0.0, np.array([0.1, 0.2, 4.0]), 800.0, np.array([320.0, 240.0]),
    score=1.0, body=SMPL_NEUTRAL, source="fit",
)  # fmt: skip
PERSON = Person(1, BBox(np.array([320.0, 240.0]), 2.0), Keypoints("coco17", np.zeros((17, 2)), np.zeros(17)))


def test_a_fit_of_smpl_stands_where_smpl_would_though_its_file_is_not_there():
    body, pelvis = load_body(), FIT.cam_t + np.float32(SMPL_PELVIS)
    np.testing.assert_allclose(pose_fit(body, PHOTO, PERSON, FIT).joints[0], pelvis, atol=1e-5)
    np.testing.assert_allclose(placed_coarsely(body, FIT, "coco17").joints[0], pelvis, atol=1e-5)


def test_a_guess_of_smpl_stands_where_smpl_would_though_its_file_is_not_there():
    guess = Guess(
        FIT.pose, FIT.betas, 0.0, FIT.cam_t, FIT.focal_length, FIT.camera_center, "CLIFF", body=SMPL_NEUTRAL
    )
    there = placed_coarsely(load_body(), guess, "coco17").joints[0]
    np.testing.assert_allclose(there, FIT.cam_t + np.float32(SMPL_PELVIS), atol=1e-5)


def test_betas_of_a_guess_are_told_only_to_the_body_that_they_belong_to():
    """Else a fit from it keeps near a shape that nobody meant."""
    body, betas = load_body(), np.linspace(-2, 2, 10)
    guess = Guess(FIT.pose, betas, 0.0, FIT.cam_t, FIT.focal_length, FIT.camera_center, "CLIFF")
    for of, kept in ((SMPL_NEUTRAL, False), (body.fingerprint, True), ("", True)):
        told = params_of(replace(guess, body=of), body).betas[0].numpy()
        np.testing.assert_allclose(told, betas * kept, atol=1e-6)


@pytest.mark.parametrize("kid", [0.0, 1.0])
def test_an_own_fit_stands_where_it_says(kid):
    body = load_body()
    own = replace(FIT, body=body.fingerprint, kid=kid)
    there = pose_fit(body, PHOTO, PERSON, own).joints[0]
    np.testing.assert_allclose(
        there, body.rest_pelvis(params_of(own, body))[0].numpy() + own.cam_t, atol=1e-5
    )


def test_a_child_is_shown_as_an_adult_by_a_body_that_knows_no_child():
    child = replace(FIT, body=load_body().fingerprint, kid=1.0)
    seen = PERSON.with_(keypoints=Keypoints("coco17", np.ones((17, 2)), np.ones(17)))
    for person in (PERSON, seen):
        assert np.isfinite(pose_fit(toy_body(), PHOTO, person, child).vertices).all()


def test_a_body_that_nobody_scored_is_called_so_and_not_unfitted(desk, tmp_path):
    (tmp_path / "eft.json").write_text(json.dumps(eft_document()))
    write_photos(tmp_path)
    desk.open(tmp_path / "eft.json")
    (row,) = desk.workbench.project.queue_rows([desk.workbench.person_id])
    assert score_in_words(row) == "not scored"
    assert desk.window.fit_panel.summary.text() == "Not scored."
    desk.fit()
    (row,) = desk.workbench.project.queue_rows([desk.workbench.person_id])
    assert "px" in score_in_words(row)


def test_betas_of_another_body_are_not_changed_by_looking_at_this_one(desk, tmp_path):
    """They would go into SMPL's files as SMPL's, with what they mean to the open body."""
    (tmp_path / "eft.json").write_text(json.dumps(eft_document()))
    write_photos(tmp_path)
    desk.open(tmp_path / "eft.json")
    panel = desk.window.body_panel
    shape = [*panel.betas, panel.kid]
    assert not any(row.number.isEnabled() for row in shape)
    assert all(row.number.isEnabled() for row in panel.angles)
    desk.fit()
    assert all(row.number.isEnabled() for row in shape)


@pytest.mark.parametrize("large", [False, True])
def test_other_programs_files_are_read_with_the_body_in_use(desk, tmp_path, monkeypatch, large):
    """So that SMPL's fits stand exactly where they are meant, and are known to be of it."""
    smpl = smpl_sized(load_body()).arrays
    arrays = {"v_template": smpl.v_template, "shapedirs": smpl.shapedirs, "J_regressor": smpl.J_regressor,
              "weights": smpl.weights, "f": smpl.faces[(smpl.faces < SMPL_VERTICES).all(axis=1)],
              "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(24)], np.uint32)}  # fmt: skip
    file = write_npz(tmp_path / "SMPL_NEUTRAL.npz", arrays)
    (tmp_path / "eft.json").write_text(json.dumps(eft_document()))
    write_photos(tmp_path)
    if large:
        monkeypatch.setattr(open_files, "LARGE_BYTES", 0)
    fits = desk.workbench.fits
    fits.open_body(file)
    desk.wait(lambda: fits.body is not None and fits.body_file == file)
    open_path(desk.workbench, tmp_path / "eft.json")
    desk.wait(lambda: desk.workbench.project is not None)
    people = [person for photo in desk.workbench.project.photos() for person in photo.people]
    assert [person.fit.body for person in people] == [fits.body.fingerprint]
