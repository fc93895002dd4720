from dataclasses import replace

import pytest
import torch

from core.body.keypoint_body import BETAS_COLUMNS, params_to_vector, vector_to_params
from core.body.model import BodyParams
from core.errors import FitInputError
from core.fitting.sequence import compiled_tracks, track_fit
from core.fitting.sequence.joint_pulls import PullWeights, joint_pulls, links_of
from core.fitting.sequence.track_config import FRAME, TrackConfig
from core.fitting.sequence.track_fit import SeenTracks, _observed, _started, fit_tracks, problem_of
from core.fitting.sequence.track_problem import OWN, SHARED
from tests.core.fitting.making import Scene, before_camera, chance, off_by, prior_poses

FRAMES = 8


def turning(body) -> Scene:
    """One person who turns slowly, of one shape, seen in eight frames."""
    first = before_camera(prior_poses(1))[[0] * FRAMES]
    pose = first.pose.clone()
    pose[:, 57:60] += torch.linspace(0, 0.5, FRAMES)[:, None]  # the right arm
    truth = BodyParams.from_pose(pose, first.betas, first.cam_t)
    return Scene.of(body, truth, "coco17", noise_px=2)


def track_of(scene: Scene, locked: tuple[int, ...] = ()) -> SeenTracks:
    held = torch.zeros(1, FRAMES, dtype=torch.bool)
    held[0, list(locked)] = True
    return SeenTracks(
        scene.keypoints[None],
        scene.layout,
        scene.focal_length[None],
        scene.camera_center[None],
        torch.arange(FRAMES)[None] / 30,
        torch.ones(1, FRAMES, dtype=torch.bool),
        held,
    )


def last(body, track: SeenTracks, guess: BodyParams, config: TrackConfig | None = None):
    *_, step = fit_tracks(body, track, guess, config)
    return step


def test_the_gradient_is_that_of_the_loss(body):
    exact = body.to("cpu", torch.float64)
    scene = turning(exact)
    scene = replace(scene, keypoints=scene.keypoints.double())
    track, config = track_of(scene), TrackConfig()
    start = _started(exact, track, off_by(turning(body).truth, 10))
    problem = problem_of(exact, track, _observed(track, start), start, config)
    there = start + 0.02 * torch.randn(start.shape, generator=chance(3), dtype=torch.float64)
    there[..., list(SHARED)] = there[:, :1, list(SHARED)]
    here = problem.linearised(there)
    step = 1e-6
    for frame, column in ((0, 0), (3, 20), (4, 72), (7, 74)):
        moved = there.clone()
        moved[0, frame, OWN[column]] += step
        back = there.clone()
        back[0, frame, OWN[column]] -= step
        slope = (problem.linearised(moved).loss - problem.linearised(back).loss) / (2 * step)
        torch.testing.assert_close(2 * here.gradient[:, frame, column], slope, rtol=1e-4, atol=1e-4)
    for column in (0, 4):
        ahead, back = there.clone(), there.clone()
        ahead[..., SHARED[column]] += step
        back[..., SHARED[column]] -= step
        slope = (problem.linearised(ahead).loss - problem.linearised(back).loss) / (2 * step)
        torch.testing.assert_close(2 * here.shared[:, column], slope, rtol=1e-4, atol=1e-4)


def test_a_track_has_one_shape_and_moves_smoothly(body):
    scene = turning(body)
    guess = off_by(scene.truth, 10)
    step = last(body, track_of(scene), guess)
    betas = params_to_vector(step.params)[:, BETAS_COLUMNS]
    torch.testing.assert_close(betas, betas[:1].expand_as(betas))
    alone = scene.fit(guess)

    def shaking(params):
        joints = scene.joints(params)
        return (joints[2:] - 2 * joints[1:-1] + joints[:-2]).norm(dim=2).mean()

    assert shaking(step.params) < 0.5 * shaking(alone.params)
    assert scene.joint_error_mm(step.params).mean() < scene.joint_error_mm(alone.params).mean()


def test_locked_frames_stay_to_the_last_bit_and_draw_their_neighbours(body):
    scene = turning(body)
    guess = off_by(scene.truth, 15)
    rows = params_to_vector(guess)
    rows[3] = params_to_vector(scene.truth)[3]
    held = last(body, track_of(scene, locked=(3,)), vector_to_params(rows))
    free = last(body, track_of(scene), guess)
    assert params_to_vector(held.params)[3].equal(rows[3])
    near = [2, 4]
    assert scene.joint_error_mm(held.params)[near].mean() < scene.joint_error_mm(free.params)[near].mean()


def test_frames_that_a_shorter_track_lacks_change_nothing(body):
    scene = turning(body)
    guess, track = off_by(scene.truth, 10), track_of(scene)
    alone = params_to_vector(last(body, track, guess).params)
    extra = {
        "keypoints": torch.cat([track.keypoints, torch.zeros(1, 3, *track.keypoints.shape[2:])], dim=1),
        "focal_length": torch.cat([track.focal_length, track.focal_length[:, :3]], dim=1),
        "camera_center": torch.cat([track.camera_center, track.camera_center[:, :3]], dim=1),
        "seconds": torch.arange(FRAMES + 3)[None] / 30,
        "there": torch.arange(FRAMES + 3)[None] < FRAMES,
        "locked": torch.zeros(1, FRAMES + 3, dtype=torch.bool),
    }
    longer = params_to_vector(guess)
    longer = vector_to_params(torch.cat([longer, longer[-1:].expand(3, -1)]))
    padded = params_to_vector(last(body, replace(track, **extra), longer).params)
    torch.testing.assert_close(padded[:FRAMES], alone, rtol=1e-3, atol=1e-3)


def test_photos_far_apart_in_time_say_nothing_about_each_other():
    places = torch.randn(1, 4, 24, 3, generator=chance(0))
    links = links_of(torch.tensor([[0.0, 5.0, 10.0, 15.0]]), torch.ones(1, 4, dtype=torch.bool))
    assert joint_pulls(places, links, PullWeights(9.0, 0.3, 100.0, 3.0)).loss.item() == 0


def test_a_guess_for_each_frame_is_needed(body):
    scene = turning(body)
    with pytest.raises(FitInputError, match="3 guesses for 1 tracks of 8 frames"):
        last(body, track_of(scene), scene.truth[[0, 1, 2]])


@pytest.mark.parametrize("setting", [{"acceleration": 0.0}, {"anchor": -1.0}, {"strange": float("nan")}])
def test_an_impossible_setting_is_named(setting):
    with pytest.raises(FitInputError, match=next(iter(setting))):
        TrackConfig(**setting)


def two_tracks(scene: Scene) -> SeenTracks:
    """The scene, and its first six frames with one of them locked."""
    one = track_of(scene)
    parts = (
        torch.cat([part, part]) for part in (one.keypoints, one.focal_length, one.camera_center, one.seconds)
    )
    keypoints, focal_length, camera_center, seconds = parts
    there = torch.ones(2, FRAMES, dtype=torch.bool)
    there[1, 6:] = False
    locked = torch.zeros(2, FRAMES, dtype=torch.bool)
    locked[1, 2] = True
    turn = torch.linspace(0, 0.2, FRAMES)
    camera = torch.eye(4)[:3].repeat(2, FRAMES, 1, 1)
    camera[..., 0, 0], camera[..., 0, 2] = turn.cos(), turn.sin()
    camera[..., 2, 0], camera[..., 2, 2] = -turn.sin(), turn.cos()
    return SeenTracks(keypoints, one.layout, focal_length, camera_center, seconds, there, locked, camera)


@pytest.mark.parametrize("frame", [FRAME, replace(FRAME, free_betas=False), replace(FRAME, free_pose=False)])
def test_machine_code_fits_tracks_as_tensors_do(body, monkeypatch, frame):
    scene = turning(body)
    guess = params_to_vector(off_by(scene.truth, 10)).repeat(2, 1)
    config = TrackConfig(frame=frame, tolerance=0.0, iterations=5)

    def steps():
        return list(fit_tracks(body, two_tracks(scene), vector_to_params(guess), config))

    compiled = steps()
    monkeypatch.setattr(track_fit, "by_machine_code", lambda start: False)
    for here, there in zip(compiled, steps(), strict=True):
        torch.testing.assert_close(here.loss, there.loss, rtol=1e-3, atol=1e-2)
        torch.testing.assert_close(
            params_to_vector(here.params), params_to_vector(there.params), rtol=0, atol=5e-3
        )


def test_threads_share_out_the_frames_of_a_track_without_a_difference(body, monkeypatch):
    scene = turning(body)
    alone = last(body, track_of(scene), off_by(scene.truth, 10))
    monkeypatch.setattr(compiled_tracks, "FRAMES_A_THREAD", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    shared = last(body, track_of(scene), off_by(scene.truth, 10))
    assert params_to_vector(shared.params).equal(params_to_vector(alone.params))
