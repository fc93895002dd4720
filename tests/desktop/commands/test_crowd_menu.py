"""People over each other: a ring marks a trunk, one box holds two people, and bodies part."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF

from core.body.trunk import trunk_center
from core.networks.checkpoint import save_checkpoint
from core.networks.ochmr import told_apart
from core.networks.spin import SpinConfig, spin_checkpoint
from core.store import Project
from tests.core.networks.making import random_network
from tests.desktop.making import open_body


@pytest.fixture
def crowd(open_desk, tmp_path):
    """The desk with a network of crowds chosen."""
    network = told_apart(random_network(SpinConfig("resnet10", body=open_body().fingerprint)))
    torch.manual_seed(0)
    with torch.no_grad():  # blocks of zeros would take no account of a trunk
        for weights in network.parameters():
            if not weights.any():
                weights.normal_(std=0.02)
    save_checkpoint(tmp_path / "checkpoint.pt", spin_checkpoint(network))
    open_desk.workbench.fits.network.choose(tmp_path / "checkpoint.pt", network)
    return open_desk


def ring(desk):
    return QPointF(*desk.window.canvas.placing.to_canvas(trunk_center(desk.workbench.person)))


def test_a_ring_is_dragged_undone_saved_and_reset(crowd):
    workbench = crowd.workbench
    before, start = trunk_center(workbench.person), ring(crowd)
    crowd.drag(start, start + QPointF(20, -10))
    marked = workbench.person.trunk
    scale = crowd.window.canvas.placing.scale
    assert marked == pytest.approx(tuple(before + np.array([20, -10]) / scale), abs=0.6)
    with Project.open(workbench.project.path, read_only=True) as again:
        ids = [again.photo(one).people for one in again.photo_ids()]
    assert any(person.trunk == pytest.approx(marked) for people in ids for person in people)
    crowd.do("edit.undo")
    assert workbench.person.trunk is None
    crowd.do("edit.redo")
    crowd.do("person.reset_trunk")
    assert workbench.person.trunk is None
    np.testing.assert_allclose(trunk_center(workbench.person), before)


def test_without_such_a_network_no_ring_is_in_the_way(open_desk):
    start = ring(open_desk)
    open_desk.drag(start, start + QPointF(20, -10))
    assert open_desk.workbench.person.trunk is None


def test_a_guess_takes_the_dragged_trunk_as_its_input(crowd):
    workbench = crowd.workbench
    crowd.fit("fit.guess")
    before, start = workbench.person.guess, ring(crowd)
    crowd.drag(start, start + QPointF(30, -20))
    crowd.fit("fit.guess")
    assert before.network == workbench.person.guess.network == "ochmr"
    assert not np.array_equal(workbench.person.guess.pose, before.pose)


def test_another_person_gets_the_same_box_and_a_ring_of_its_own(crowd):
    workbench = crowd.workbench
    first = workbench.person
    crowd.do("person.same_box")
    new = workbench.person
    assert new.id != first.id
    assert new.bbox is first.bbox or np.array_equal(new.bbox.center, first.bbox.center)
    middle = (trunk_center(new) + trunk_center(first)) / 2
    np.testing.assert_allclose(middle, first.bbox.center, atol=1e-3)
    crowd.do("edit.undo")
    assert [person.id for person in workbench.photo.people].count(new.id) == 0


def test_everybody_of_a_photo_is_fitted_and_parted_as_one_step(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    fit, others = workbench.person.fit, [p for p in workbench.photo.people if p.id != workbench.person_id]
    photo = workbench.photo.with_person(others[0].with_(keypoints=workbench.person.keypoints, fit=fit))
    workbench.apply_photo("Into each other", photo, workbench.person_id)
    count = workbench.history.count()
    desk.do("fit.together")
    desk.wait(lambda: not workbench.busy)
    depths = sorted(float(person.fit.cam_t[2]) for person in workbench.photo.people)
    assert depths[1] - depths[0] > 0.1
    assert workbench.history.count() == count + 1
    desk.do("edit.undo")
    assert len({float(person.fit.cam_t[2]) for person in workbench.photo.people}) == 1
