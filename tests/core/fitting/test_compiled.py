"""The machine code of fits on the CPU does what the tensors do that GPUs and doubles are fitted with."""

import multiprocessing
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.body import keypoint_body, tree
from core.body.compiled import posing
from core.compute import machine_code
from core.fitting import (
    SPIN_WEIGHTS,
    DepthOrder,
    FitConfig,
    RayPin,
    Turn,
    arithmetic,
    fit,
    prior,
    solver,
    warm_up,
)
from core.fitting.compiled import task as tables
from core.fitting.compiled import tries, unrolled
from core.fitting.terms import all_terms
from core.wishes import shifted
from tests.core.fitting.making import (
    WISHES,
    Scene,
    assert_finite,
    assert_same,
    before_camera,
    both_ways,
    off_by,
    prior_poses,
)
from tests.posing import toy_body

ROOT = Path(__file__).parents[3]

PEOPLE = 5
STEPS_ALONE = {"placing_iterations": 0, "tolerance": 0.0}  # the rest of a fit is in tensors
LITTLE = FitConfig(limits=0.0, upright=0.0)  # with less still, float32 would not say where to step
TERMS = {
    "keypoints, prior and shape": LITTLE,
    "hinges": replace(LITTLE, hinges=15.2),
    "limits": replace(LITTLE, limits=10.0),
    "upright": replace(LITTLE, upright=5.0),
    "a child": replace(LITTLE, kid=2.0, free_kid=True),
    "stay near": replace(LITTLE, stay_near=12.0),
    "disbelieved": replace(LITTLE, robust_px=5.0),
    "pixels": replace(LITTLE, normalise=False),
    "all": FitConfig(hinges=1.0, stay_near=2.0, free_kid=True),
    "SPIN's": SPIN_WEIGHTS,
    "only the camera": FitConfig(free_pose=False, free_betas=False),
    "not the camera": FitConfig(free_orientation=False, free_translation=False),
}


@pytest.fixture(scope="module")
def scene(body) -> Scene:
    return Scene.of(body, before_camera(prior_poses(PEOPLE)), "coco17", noise_px=2)


@pytest.fixture(scope="module")
def bending() -> Scene:
    """A child's body with pose blend shapes and keypoints from its surface: everything that can move a point."""
    body = toy_body(kid=True, surface=True, pose_blend_shapes=True)
    return Scene.of(body, before_camera(prior_poses(PEOPLE)), "coco17", noise_px=2)


def first(scene: Scene, count: int) -> Scene:
    return replace(scene, truth=scene.truth[:count], keypoints=scene.keypoints[:count])


@pytest.mark.parametrize("softness", [0.0, 10.0])
@pytest.mark.parametrize("name", TERMS)
def test_each_term_takes_the_same_steps_as_tensors_do(scene, name, softness):
    assert_same(*both_ways(scene, TERMS[name], softness, count=5))


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_each_wish_takes_the_same_steps_as_tensors_do(scene, wish):
    assert_same(*both_ways(scene, FitConfig(wishes=(wish,))))


@pytest.mark.parametrize("config", [FitConfig(free_kid=True), FitConfig(wishes=WISHES)], ids=["", "wishes"])
def test_a_body_that_bends_takes_the_same_steps_as_with_tensors(bending, config):
    assert_same(*both_ways(bending, config))


@pytest.mark.slow
@pytest.mark.parametrize("guessed", [True, False])
@pytest.mark.parametrize("config", [FitConfig(), FitConfig(wishes=WISHES), FitConfig(stay_near=12.0)])
def test_a_fit_from_machine_code_is_as_good_as_one_in_double_precision(scene, config, guessed):
    """And so fits in either end at the same loss, or machine code's happens to end lower."""
    doubled = replace(scene, body=scene.body.to("cpu", torch.float64))
    guess = off_by(scene.truth, 10) if guessed else None
    ours, sure = (each.fit(guess, config).loss.double() for each in (scene, doubled))
    assert (ours < 1.05 * sure + 0.5).float().mean() >= 0.8


@pytest.mark.slow
def test_everything_that_a_fit_may_be_told_is_compiled_once(scene, bending):
    for people in (first(scene, 1), scene, bending):
        for config in (*TERMS.values(), FitConfig(wishes=WISHES)):
            people.fit(None, replace(config, iterations=1, search_iterations=1, soft_iterations=1))
    warm_up()
    assert len(tries._try.signatures) == 1


def test_machine_code_is_made_anew_when_any_of_the_files_it_is_of_changes(tmp_path):
    """numba looks at one file only; the rest is in its key."""
    used = (
        arithmetic,
        posing,
        tables,
        unrolled,
        tries,
        prior,
        solver,
        *(sys.modules[term.plain.__module__] for term in all_terms.TERMS),
        keypoint_body,
        tree,
    )
    assert {Path(module.__file__) for module in used} <= set(tries.SOURCES)
    told = [cell.cell_contents for cell in tries._try.py_func.__closure__]
    assert machine_code.digest(tries.SOURCES) in told
    text = tmp_path / "posing.py"
    digests = {machine_code.digest([text]) for words in ("one", "other") if text.write_text(words)}
    assert len(digests) == 2


FIT_AND_TELL = """
from tests.core.fitting.making import Scene, before_camera, off_by, prior_poses
from core.body import load_body
scene = Scene.of(load_body(), before_camera(prior_poses(5)), "coco17", noise_px=2)
print(scene.fit(off_by(scene.truth, 10)).params.pose.numpy().tobytes().hex())
"""


@pytest.mark.slow
def test_machine_code_that_was_kept_computes_what_it_did_when_it_was_just_made(tmp_path):
    """To the last bit: a run that goes on must not end elsewhere."""
    said = [
        subprocess.run(
            [sys.executable, "-c", FIT_AND_TELL],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*.nbc"))
    assert said[0] == said[1]


def test_a_person_behind_the_camera_stays_where_they_are_and_spoils_nobody(scene):
    config = FitConfig(placing_iterations=0, tolerance=0.0)
    guess = off_by(scene.truth, 10)
    alone = scene.fit(guess, config)
    behind = guess.cam_t.clone()
    behind[2, 2] = -3
    step = scene.fit(replace(guess, cam_t=behind), config)
    assert step.loss[2] == torch.inf
    others = torch.tensor([0, 1, 3, 4])
    assert step.params.pose[others].equal(alone.params.pose[others])
    assert step.params.pose[2].equal(guess.pose[2])


def test_a_person_with_no_number_spoils_nobody(scene):
    guess = off_by(scene.truth, 10)
    config = FitConfig(tolerance=0.0)
    alone = scene.fit(guess, config)
    odd = scene.with_keypoint(3, "left_knee", torch.nan, 0.0, 0.0)  # absent
    odd = odd.with_keypoint(1, "nose", 5.0, 5.0, torch.nan)
    step = odd.fit(guess, config)
    assert_finite(step)
    assert list(step.faults) == [1]
    others = torch.tensor([0, 2, 4])
    assert step.params.pose[others].equal(alone.params.pose[others])


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 70])
def test_nobody_is_fitted_differently_for_the_company_or_the_threads(body, count):
    """To the last bit: what a run saves must not depend on how its people are shared. Machine code alone promises it:
    torch's batched products change with the size of the batch."""
    crowd = Scene.of(body, before_camera(prior_poses(count)), "coco17", noise_px=2)
    guess, config = off_by(crowd.truth, 10), FitConfig(iterations=3, soft_iterations=2, **STEPS_ALONE)
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            found.append(crowd.fit(guess, config))
    finally:
        torch.set_num_threads(before)
    for step in found[1:]:
        assert step.params.pose.equal(found[0].params.pose)
        assert step.loss.equal(found[0].loss)
    for person in {0, count // 2, count - 1}:
        alone = replace(crowd, truth=crowd.truth[[person]], keypoints=crowd.keypoints[[person]]).fit(
            guess[[person]], config
        )
        assert alone.params.pose[0].equal(found[0].params.pose[person])


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_a_wish_with_other_numbers_leads_elsewhere(scene, wish):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    by = {"margin": 0.3} if isinstance(wish, DepthOrder) else {}
    other = shifted(replace(wish, **by), (0.1, 0.15, -0.2))
    if isinstance(wish, Turn):
        other = replace(wish, axis_angle=(-0.2, 0.1, 0.4))
    if isinstance(wish, RayPin):
        other = replace(wish, direction=(-0.1, 0.3, 2.0))
    here, there, again = (
        one.fit(guess, FitConfig(wishes=(each,))).params.pose for each in (wish, other, wish)
    )
    assert (here - there).abs().max() > 1e-2
    assert here.equal(again)


def test_weights_are_those_of_each_fit(scene):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    free, held = (one.fit(guess, FitConfig(betas=weight)).params.betas.norm() for weight in (0.1, 100.0))
    assert free > 10 * held


def test_a_body_is_its_own_however_many_come_and_go(scene):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    before = one.fit(guess).params.pose
    for seed in range(3):  # perhaps at the same place in memory
        toy = Scene.of(toy_body(surface=True, seed=seed), one.truth, "coco17")
        assert toy.keypoint_error_px(toy.fit(off_by(toy.truth, 5))).median() < 1
        del toy
    assert one.fit(guess).params.pose.equal(before)


def test_a_child_is_free_only_where_it_is_told_to_be(scene):
    one = first(scene, 1)
    frozen, free = (one.fit(one.truth, FitConfig(free_kid=kid, kid=0.1)).params.kid for kid in (False, True))
    assert frozen == 0
    assert free != 0


def test_a_fit_may_run_where_gradients_are_off_or_forbidden(scene):
    one = first(scene, 1)
    config = FitConfig(iterations=2)
    with torch.inference_mode():
        inside = one.fit(off_by(one.truth, 10), config)
    outside = one.fit(off_by(one.truth, 10), config)
    assert_finite(outside)
    assert inside.params.pose.equal(outside.params.pose)
    pose = outside.params.body_pose.requires_grad_()
    (pose**2).sum().backward()
    assert pose.grad.any()


def test_a_step_belongs_to_whoever_asked_for_it(scene):
    """What is done to one step changes neither the others nor the rest of the fit."""
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    expected = one.fit(guess).params.pose
    for step in fit(one.body, one.keypoints, one.layout, one.focal_length, one.camera_center, guess):
        found = step.params.pose.clone()
        for part in (*step.params.tensors(), step.loss, step.residual_px):
            part.zero_()
    assert found.equal(expected)


def test_threads_may_fit_at_once(body):
    crowd = Scene.of(body, before_camera(prior_poses(20)), "coco17", noise_px=2)
    guess, config = off_by(crowd.truth, 10), FitConfig(iterations=5)
    expected = crowd.fit(guess, config).params.pose
    found: dict[int, list[torch.Tensor]] = {number: [] for number in range(3)}

    def work(number: int) -> None:
        for weight in (1.0 + number, 1.0):
            found[number].append(crowd.fit(guess, replace(config, kid=5.0 * weight)).params.pose)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(poses) == 2 and poses[1].equal(expected) for poses in found.values())


@pytest.mark.slow
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
def test_a_forked_process_fits_too(body):
    crowd = Scene.of(body, before_camera(prior_poses(20)), "coco17", noise_px=2)
    guess, config = off_by(crowd.truth, 10), FitConfig(iterations=2, **STEPS_ALONE)
    forks = multiprocessing.get_context("fork")
    told = forks.SimpleQueue()

    def work() -> None:
        torch.set_num_threads(1)  # torch's own threads do not survive a fork
        told.put(crowd.fit(guess, config).loss.tolist())

    expected = crowd.fit(guess, config).loss.tolist()
    child = forks.Process(target=work)
    child.start()
    assert told.get() == expected
    child.join()
