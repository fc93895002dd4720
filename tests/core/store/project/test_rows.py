"""A record written as a row and read back is the same, bit for bit."""

import dataclasses

import pytest
import torch

from core.errors import ProjectError
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.store.project.rows import (
    derived,
    disagreement,
    person_from_row,
    person_row,
    photo_from_row,
    photo_row,
    pose_angle,
)
from tests.core.store.making import full_person, random_fit, random_guess, random_person, random_photo, same


def test_a_person_who_has_everything_comes_back_bit_for_bit(random):
    person = full_person(random, 7)
    assert same(person_from_row({"id": 7, **person_row(person, 1)}), person)


def test_the_full_person_of_these_tests_has_no_field_at_its_default(random):
    """So that a field which is added to a record, but to no row, is missed by the test above."""
    person = full_person(random, 7)
    for record in (person, person.bbox, person.guess, person.fit):
        for field in dataclasses.fields(record):
            assert not same(getattr(record, field.name), field.default), field


def test_a_guess_that_was_kept_before_guesses_told_their_body_is_read(random):
    person = full_person(random, 7)
    row = person_row(person.with_(guess=dataclasses.replace(person.guess, alternatives=())), 1)
    head, rest = row["guess"][8:].split(b"}", 1)
    told = f',"body":"{person.guess.body}"'.encode()
    assert told in head
    head = head.replace(told, b"") + b"}"
    row["guess"] = len(head).to_bytes(4, "little") + row["guess"][4:8] + head + rest
    assert person_from_row({"id": 7, **row}).guess.body == ""


def test_a_person_who_has_only_keypoints_comes_back_bit_for_bit(random):
    person = random_person(random, 3, fit=None)
    assert same(person_from_row({"id": 3, **person_row(person, 1)}), person)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 0.1])
def test_a_score_survives_also_when_it_is_no_number(random, score):
    person = random_person(random, 3, fit=random_fit(random, score=score))
    back = person_from_row({"id": 3, **person_row(person, 1)})
    assert str(back.fit.score) == str(score)


@pytest.mark.parametrize("changes", [{}, {"focal_length": 1234.5678, "camera_center": (320.25, 240.75)}])
def test_a_photo_comes_back(random, changes):
    photo = random_photo(random, "a/ü b.jpg", 0, **changes)
    assert same(photo_from_row(photo_row(photo), ()), photo)


@pytest.mark.parametrize(
    "broken",
    [
        {"fit": b"\x00"},
        {"fit": b"\xff" * 400},
        {"keypoints": b"123"},
        {"tags": "[" * 100_000},
        {"scale": -1.0},
        {"scale": None},
        {"center_x": 1e300},
        {"verdict": "perhaps"},
        {"note": None},
        {"tags": "[1]"},
    ],
)
def test_a_row_that_holds_no_person_is_named(random, broken):
    row = {"id": 41, **person_row(full_person(random, 41), 1), **broken}
    with pytest.raises(ProjectError, match="person 41 cannot be read"):
        person_from_row(row)


def test_disagreement_is_the_mean_angle_between_joints(random):
    first, second = random_fit(random).pose, random_fit(random).pose
    matrices = [axis_angle_to_matrix(torch.tensor(pose).double().reshape(24, 3)) for pose in (first, second)]
    assert pose_angle(first, second) == pytest.approx(float(geodesic_angle(*matrices).mean()), abs=1e-6)


def test_a_fit_disagrees_with_all_that_its_network_finds_likely(random):
    fit = random_fit(random)
    near, far = (
        dataclasses.replace(random_guess(random), pose=fit.pose, probability=0.75),
        random_guess(random),
    )
    other = dataclasses.replace(far, network="another", probability=1.0)
    far = dataclasses.replace(far, network=near.network, probability=0.25)
    angle = pose_angle(far.pose, fit.pose)
    assert disagreement(near, fit) == pytest.approx(0, abs=1e-6)
    assert disagreement(dataclasses.replace(near, alternatives=(far,)), fit) == pytest.approx(
        angle / 4, rel=1e-6
    )
    assert disagreement(dataclasses.replace(near, alternatives=(far, other)), fit) == pytest.approx(
        angle / 4, rel=1e-6
    )
    unsure = dataclasses.replace(
        near, probability=0.0, alternatives=(dataclasses.replace(far, probability=0.0),)
    )
    assert disagreement(unsure, fit) == pytest.approx(angle / 2, rel=1e-6)


def test_who_has_no_fit_has_no_score_and_no_disagreement(random):
    columns = derived(random_person(random, fit=None, guess=random_guess(random)), "a.jpg", 0.0)
    assert (columns["score"], columns["disagreement"]) == (None, None)
