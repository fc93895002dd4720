"""A box drawn in the window is the box that is shown, kept and exported: a rectangle, not a square."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from core.formats.exchange import read_file
from desktop.views.photo.hit_test import box_grip

STEP = np.array([7.0, 4.0])  # px of the photo
RECTANGLE = np.array([[20.0, 30.0], [60.0, 200.0]])  # px of the photo


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def on_canvas(desk, xy):
    return QPointF(*desk.window.canvas.placing.to_canvas(np.asarray(xy)))


def exported(desk, tmp_path, monkeypatch, command="file.export_coco"):
    file = tmp_path / "out.json"
    monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind: file)
    desk.do(command)
    desk.wait(lambda: not desk.workbench.busy)
    return json.loads(file.read_text())


def test_a_drawn_rectangle_is_shown_kept_and_exported(open_desk, tmp_path, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("person.draw")
    desk.drag(on_canvas(desk, RECTANGLE[0]), on_canvas(desk, RECTANGLE[1]))
    new = workbench.person
    np.testing.assert_allclose(new.bbox.corners, RECTANGLE, atol=1)
    kept = workbench.project.person(new.id)
    assert kept.bbox.xywh.tolist() == new.bbox.xywh.tolist()
    grip = box_grip(
        new, desk.window.canvas.placing, desk.window.canvas.placing.to_canvas(new.bbox.corners[1])
    )
    np.testing.assert_allclose(grip.opposite, new.bbox.corners[0], atol=1e-3)
    document = exported(desk, tmp_path, monkeypatch)
    assert new.bbox.xywh.tolist() in [annotation["bbox"] for annotation in document["annotations"]]


def test_a_corner_that_is_dragged_changes_that_corner_alone(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    before = workbench.person.bbox.corners
    desk.drag(on_canvas(desk, before[1]), on_canvas(desk, before[1] + [9, -5]))
    after = workbench.person.bbox.corners
    np.testing.assert_allclose(after[0], before[0], atol=0.1)
    np.testing.assert_allclose(after[1], before[1] + [9, -5], atol=1)


def test_a_moved_box_keeps_its_size(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    box = workbench.person.bbox
    (left, top), (right, _) = box.corners
    edge = np.array([0.2 * left + 0.8 * right, top])
    desk.drag(on_canvas(desk, edge), on_canvas(desk, edge + STEP))
    np.testing.assert_array_equal(workbench.person.bbox.size, box.size)
    np.testing.assert_allclose(workbench.person.bbox.center, box.center + STEP, atol=1)


@pytest.mark.parametrize("command", ["file.export_coco", "file.export_coco17"])
def test_an_export_of_17_keypoints_has_one_category(open_desk, tmp_path, monkeypatch, command):
    document = exported(open_desk, tmp_path, monkeypatch, command)
    (category,) = document["categories"]
    assert len(category["keypoints"]) == 17
    assert read_file(tmp_path / "out.json").people == len(document["annotations"])
