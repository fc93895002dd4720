"""A person comes to the same body fitted alone and fitted together with others."""

from dataclasses import replace

import pytest
import torch

from core.body.model import Body
from core.fitting import FitConfig
from core.fitting.compiled import compiled_tries, task_of
from core.fitting.inputs import observe
from core.fitting.objective import free_unknowns
from core.fitting.problem import Problem
from core.fitting.terms.term import Observation
from tests.core.fitting.making import Scene, before_camera, off_by, prior_poses

SAME_MM = {torch.float32: 0.5, torch.float64: 0.1}  # rounding differs with the size of a batch, and grows
PEOPLE = 5


@pytest.fixture(scope="module", params=["compiled", "tensors"])
def group(request: pytest.FixtureRequest, body: Body) -> Scene:
    """People as a detector sees them; in float32 machine code fits them, in float64 torch does."""
    precise = body if request.param == "compiled" else body.to("cpu", torch.float64)
    return Scene.of(precise, before_camera(prior_poses(PEOPLE, 3), 5), noise_px=2.0)


def alone(group: Scene, person: int) -> Scene:
    one = slice(person, person + 1)
    return replace(group, truth=group.truth[one], keypoints=group.keypoints[one])


@pytest.mark.parametrize("guessed", [True, False])
def test_people_fitted_together_come_to_what_each_comes_to_alone(group, guessed):
    guess = off_by(group.truth.to(torch.zeros(0)), 10) if guessed else None
    together = group.fit(guess)
    lengths = set()
    for person in range(PEOPLE):
        scene = alone(group, person)
        steps = scene.steps(None if guess is None else guess[person : person + 1])
        lengths.add(len(steps))
        apart_mm = 1000 * (scene.joints(steps[-1].params)[0] - group.joints(together.params)[person]).norm(
            dim=-1
        )
        assert apart_mm.max() < SAME_MM[apart_mm.dtype]
        torch.testing.assert_close(steps[-1].score[0], together.score[person], rtol=1e-3, atol=1e-3)
    assert len(lengths) > 1, "all settle at once: this shows nothing"


def test_who_stands_still_makes_no_more_tries_and_the_others_are_not_disturbed(body):
    scene = Scene.of(body, before_camera(prior_poses(PEOPLE, 3), 5), noise_px=2.0)
    cameras, config = (scene.focal_length, scene.camera_center), FitConfig(stay_near=0.0)
    observed = observe(scene.keypoints, scene.layout, *cameras, body.v_template)
    problem = Problem.of(body, observed, scene.layout, config)
    problem = problem.sized(problem.starts(off_by(scene.truth, 10)))
    start = problem.starts(off_by(scene.truth, 10))[:, 0]
    free = free_unknowns(config, start.device)
    goal = problem.goal(config)
    task = task_of(problem.body, goal, Observation(problem.seen, problem.wishes), free)
    count = scene.keypoints.shape[1]
    whole, some = (compiled_tries(task, start, config.damping, count, goal.terms) for _ in range(2))
    before, still = next(some), torch.arange(PEOPLE) % 2 == 0
    next(whole)
    for _ in range(3):
        expected, found = next(whole), some.send(still)
        assert found.unknowns[still].equal(before.unknowns[still])
        assert found.unknowns[~still].equal(expected.unknowns[~still])
        assert found.accepted[~still].equal(expected.accepted[~still])
        assert not found.accepted[still].any()
