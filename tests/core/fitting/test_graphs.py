"""On a GPU recorded tries compute what the solver itself would."""

from itertools import islice

import pytest
import torch

from core.body.keypoint_body import KeypointBody, params_to_vector
from core.compute.cuda_graphs import fusing
from core.fitting import FitConfig, fit, recorded_tries
from core.fitting.inputs import observe
from core.fitting.objective import Objective
from core.fitting.prior import default_prior
from core.fitting.recorded_tries import graphed_tries
from core.fitting.solver import State, attempt, tries
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.term import FitGoal, Observation
from core.fitting.terms.wish_table import wish_table
from tests.core.fitting.making import WISHES, Scene, before_camera, off_by, prior_poses

PLACES = {"left_wrist": 9, "right_ankle": 16, "left_knee": 13, "left_hip": 11, "left_foot": 27}

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")


@needs_gpu
@pytest.mark.parametrize("count", [1, 5, 86])
@pytest.mark.parametrize("wishes", [(), WISHES], ids=["alone", "wishes"])
@pytest.mark.parametrize("softness", [0.0, 10.0])
def test_a_recorded_fit_takes_the_same_steps_as_a_direct_one(body, count, wishes, softness):
    scene = Scene.of(body, before_camera(prior_poses(count)), "coco17", noise_px=2)
    device, config = torch.device("cuda"), FitConfig(wishes=wishes, stay_near=2.0)
    on_gpu = body.to(device)
    given = (part.to(device) for part in (scene.keypoints, scene.focal_length, scene.camera_center))
    keypoints, focal_length, camera_center = given
    observed = observe(keypoints, "coco17", focal_length, camera_center, on_gpu.v_template)
    layouts = ("coco17", "smpl24") if wishes else ("coco17",)
    collapsed = KeypointBody.from_body(on_gpu, *layouts)
    prior = default_prior(device, torch.float32)
    objective = Objective(collapsed, FitGoal(TERMS, config, prior, softness))
    start = params_to_vector(off_by(scene.truth, 10)).to(device)
    seen = observed.seen(config, scene.size_px.to(device))
    data = Observation(seen, wish_table(wishes, PLACES, start), start).tensors()
    direct = islice(tries(lambda there: objective(there, *data), start, None, 1e-3), 6)
    recorded = islice(graphed_tries(objective, data, start, None, 1e-3), 6)
    for one, other in zip(direct, recorded, strict=True):
        same = (other.loss - one.loss).abs() < 1e-3 * one.loss
        assert same.float().mean() > 0.95  # a person at a fork may take the other way for a rounding's sake
        assert (other.unknowns - one.unknowns).abs().median() < 1e-3


@needs_gpu
def test_fits_that_take_turns_do_not_mix(body):
    scene, on_gpu = Scene.of(body, before_camera(prior_poses(2)), "coco17"), body.to("cuda")
    camera = scene.keypoints, scene.layout, scene.focal_length, scene.camera_center
    starts = [off_by(scene.truth, angle) for angle in (5, 15)]
    alone = [[step.loss for step in fit(on_gpu, *camera, start)] for start in starts]
    for at, steps in enumerate(zip(*(fit(on_gpu, *camera, start) for start in starts), strict=False)):
        for losses, step in zip(alone, steps, strict=True):
            torch.testing.assert_close(step.loss, losses[at])


@pytest.mark.slow
def test_a_try_is_one_whole_for_a_compiler(body):
    """What it does not understand would be left out of what is fused for a GPU. Here it only reads, which is quick."""
    scene = Scene.of(body, before_camera(prior_poses(2)), "coco17", noise_px=2)
    config = FitConfig(stay_near=2.0)
    observed = observe(scene.keypoints, "coco17", scene.focal_length, scene.camera_center, body.v_template)
    collapsed = KeypointBody.from_body(body, "coco17", "smpl24")
    prior = default_prior(torch.device("cpu"), torch.float32)
    objective = Objective(collapsed, FitGoal(TERMS, config, prior, softness=10.0))
    start = params_to_vector(off_by(scene.truth, 10))
    table = wish_table(WISHES, PLACES, start)
    data = Observation(observed.seen(config, scene.size_px), table, start).tensors()
    here = objective(start, *data)
    state = State(start, *here, *(here.loss.new_full((2,), value) for value in (1e-3, 2.0)), here.loss > 0)

    def one() -> State:
        return attempt(lambda there: objective(there, *data), state, torch.ones_like(start[0]))

    read = torch.compile(one, fullgraph=True, backend="eager")()
    for part, expected in zip(read, one(), strict=True):
        torch.testing.assert_close(part, expected)


@needs_gpu
def test_a_fused_fit_ends_where_a_direct_one_does(body):
    scene, on_gpu = Scene.of(body, before_camera(prior_poses(5)), "coco17", noise_px=2), body.to("cuda")
    camera = scene.keypoints, scene.layout, scene.focal_length, scene.camera_center
    *_, recorded = fit(on_gpu, *camera, off_by(scene.truth, 10))
    recorded_tries._free.clear()
    with fusing():
        *_, fused = fit(on_gpu, *camera, off_by(scene.truth, 10))
    recorded_tries._free.clear()
    torch.testing.assert_close(fused.loss, recorded.loss, rtol=1e-3, atol=1e-3)
