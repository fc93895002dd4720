"""A new term is one file and one name in the list: tensors, machine code and the loss by term know it from there."""

import pytest
import torch

from core.body.model import Body
from core.fitting import FitConfig
from core.fitting.terms import all_terms
from tests.core.fitting.making import Scene, assert_same, before_camera, both_ways, off_by, prior_poses
from tests.core.fitting.terms.toy_term import FEW_AND_TOY, HELD_AT


@pytest.fixture
def scene(body: Body, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(all_terms, "TERMS", FEW_AND_TOY)
    return Scene.of(body, before_camera(prior_poses(3)), "coco17", noise_px=2)


@pytest.mark.slow
def test_its_machine_code_takes_the_same_steps_as_its_tensors(scene):
    assert_same(*both_ways(scene, FitConfig()))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["machine code", "tensors"])
def test_a_fit_minimises_it_and_reports_it_by_name(scene, dtype):
    fitted = Scene(scene.body.to("cpu", dtype), scene.truth, scene.layout, scene.keypoints)
    first, *_, last = fitted.steps(off_by(scene.truth, 10), FitConfig(iterations=8))
    assert list(last.loss_by_term) == ["keypoints", "pose_prior", "shape", "first_beta"]
    assert (last.loss_by_term["first_beta"] < first.loss_by_term["first_beta"]).all()
    assert (last.params.betas[:, 0] - HELD_AT).abs().max() < 0.2
    torch.testing.assert_close(sum(last.loss_by_term.values()), last.loss, rtol=1e-5, atol=1e-5)
