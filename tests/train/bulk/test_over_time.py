"""Tracks are fitted over time after their people were fitted alone."""

from dataclasses import replace

import numpy as np
import pytest

from core.body import load_body
from core.body.model import Body
from tests.core.fitting.sequence.making_walks import FRAMES, walk
from train.bulk.over_time import fit_tracks_of


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()


def test_a_tracks_people_get_one_shape_and_others_stay(body):
    _, photos = walk(body)
    stranger = photos[0].people[0].with_(id=77, track=None)
    photos[0] = photos[0].with_(people=(*photos[0].people, stranger))
    found = fit_tracks_of(photos, body, 30)
    assert (found.tracks, found.people, found.faults) == (1, FRAMES, {})
    fits = [photo.people[0].fit for photo in found.photos]
    for fit in fits:
        np.testing.assert_allclose(fit.betas, fits[0].betas, atol=1e-6)
    assert found.photos[0].people[1].fit is stranger.fit


def test_an_accepted_fit_is_kept_as_it_is(body):
    _, photos = walk(body)
    accepted = photos[3].people[0].with_(verdict="accepted")
    photos[3] = photos[3].with_(people=(accepted,))
    assert fit_tracks_of(photos, body, 30).photos[3].people[0].fit is accepted.fit


def test_a_fit_of_another_body_is_left_out(body):
    _, photos = walk(body)
    other = photos[2].people[0]
    photos[2] = photos[2].with_(people=(other.with_(fit=replace(other.fit, body="another")),))
    assert fit_tracks_of(photos, body, 30).people == FRAMES - 1
