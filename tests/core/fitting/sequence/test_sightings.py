from dataclasses import replace

import numpy as np
import pytest
import torch

from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting.fit_record import params_of_record
from core.fitting.sequence import sightings as module
from core.fitting.sequence.sightings import Sighting, fit_over_time
from core.formats.motion.track_sightings import sightings_by_track
from core.metrics import mpjpe_mm
from core.records import Fit, Guess, Keypoints, Photo
from tests.core.fitting.making import Scene
from tests.core.fitting.sequence.making_walks import FRAMES, walk


def track_in(photos: list[Photo]) -> list[Sighting]:
    return sightings_by_track(photos)["walk_#", 5]


def fitted(body: Body, track: list[Sighting]) -> list[Fit]:
    return [fit for step in fit_over_time(body, track) for fit in step.fits]


def errors_mm(scene: Scene, fits: list[Fit]) -> torch.Tensor:
    """Of joints from the pelvis, a frame each (T,)."""
    parts = ([np.array(getattr(fit, name)) for fit in fits] for name in ("pose", "betas", "cam_t"))
    pose, betas, cam_t = (torch.from_numpy(np.stack(part)) for part in parts)
    return mpjpe_mm(scene.joints(BodyParams.from_pose(pose, betas, cam_t)), scene.joints(scene.truth))


def test_people_of_one_track_come_in_the_order_of_their_photos_numbers(body):
    _, photos = walk(body)
    track = track_in(photos)
    assert [one.person.id for one in track] == list(range(FRAMES))
    assert track[-1].seconds - track[0].seconds == pytest.approx(7 / 30)


def test_people_without_a_track_or_keypoints_are_left_out(body):
    _, photos = walk(body)
    bare = photos[0].with_(people=(photos[0].people[0].with_(track=None),))
    assert len(track_in([bare, *photos[1:]])) == FRAMES - 1


def test_fits_over_time_are_nearer_to_the_truth_than_their_start(body):
    scene, photos = walk(body)
    track = track_in(photos)
    fits = fitted(body, track)
    assert errors_mm(scene, fits).mean() < 0.8 * errors_mm(scene, [one.person.fit for one in track]).mean()


def test_a_long_track_is_fitted_in_pieces_of_one_shape(body, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 3)
    _, photos = walk(body)
    parts = [step.fits for step in fit_over_time(body, track_in(photos)) if step.fits]
    fits = [fit for part in parts for fit in part]
    assert [len(part) for part in parts] == [3, 3, 2]
    for fit in fits:
        np.testing.assert_allclose(fit.betas, fits[0].betas, atol=1e-6)


def test_a_locked_person_of_a_later_piece_does_not_change_the_tracks_shape(body, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 3)
    track = track_in(walk(body)[1])
    own = track[4].person.fit
    tall = replace(own, betas=own.betas + np.float32(2))
    track[4] = replace(track[4], person=track[4].person.with_(fit=tall, locked=True))
    fits = fitted(body, track)
    assert fits[4] is tall
    for fit in (*fits[:4], *fits[5:]):
        np.testing.assert_allclose(fit.betas, fits[0].betas, atol=1e-6)


def test_two_photos_of_the_same_time_do_not_stop_the_fit(body):
    scene, photos = walk(body)
    track = track_in(photos)
    track[1] = replace(track[1], seconds=track[0].seconds)
    fits = fitted(body, track)
    assert errors_mm(scene, fits).mean() < 0.8 * errors_mm(scene, [one.person.fit for one in track]).mean()


def test_a_guess_of_another_body_starts_with_the_mean_shape_at_its_pelvis(body):
    track = track_in(walk(body)[1])
    fit = track[0].person.fit
    parts = (fit.pose, fit.betas + np.float32(3), 0.0, fit.cam_t, fit.focal_length, fit.camera_center)
    guess = Guess(*parts, network="other", body="smpl-male")
    start = params_of_record(guess, body)
    assert not start.betas.any()
    torch.testing.assert_close(
        start.cam_t[0], torch.from_numpy(fit.cam_t.copy()) + body.pelvis_shift("smpl-male")
    )


def test_an_empty_track_is_refused(body):
    with pytest.raises(FitInputError, match="no person"):
        list(fit_over_time(body, []))


def test_a_step_follows_each_try_of_the_solver_so_that_a_long_track_can_be_stopped(body):
    _, photos = walk(body)
    steps = fit_over_time(body, track_in(photos))
    frames = [step.frames for step in steps]
    assert frames == sorted(frames)
    assert len(set(frames)) > 3
    assert frames[-1] == FRAMES


def test_a_locked_person_keeps_its_very_fit(body):
    _, photos = walk(body)
    track = track_in(photos)
    track[2] = replace(track[2], person=track[2].person.with_(locked=True))
    fits = fitted(body, track)
    assert fits[2] is track[2].person.fit


def test_a_track_of_two_layouts_is_refused_by_their_names(body):
    _, photos = walk(body)
    track = track_in(photos)
    other = Keypoints("openpose25", np.ones((25, 2), np.float32), np.ones(25, np.float32))
    track[1] = replace(track[1], person=track[1].person.with_(keypoints=other))
    with pytest.raises(FitInputError, match="coco17, openpose25"):
        list(fit_over_time(body, track))


def test_a_person_without_guess_and_fit_is_named(body):
    _, photos = walk(body)
    track = track_in(photos)
    track[1] = replace(track[1], person=track[1].person.with_(fit=None))
    with pytest.raises(FitInputError, match=r"walk_001\.jpg, person 1: no guess"):
        list(fit_over_time(body, track))
