"""Every drag of the mouse previews as lightly as that of a keypoint: other views wait for its end."""

import numpy as np
import pytest

from desktop.views.gesture import Pointer
from desktop.views.photo.gestures import move_box, move_trunk, size_box
from desktop.views.space.joint_gestures import turn_joint


@pytest.fixture
def desk(open_desk):
    open_desk.fit()
    open_desk.heard = []
    open_desk.workbench.photo_changed.connect(lambda: open_desk.heard.append("all"))
    open_desk.workbench.previewed.connect(lambda: open_desk.heard.append("move"))
    return open_desk


def pointer(x, y, released=False):
    at = np.array([x, y], float)
    return Pointer(at, at, released)


def drag(gesture):
    """Two moves and the release."""
    next(gesture)
    for number in (1, 2):
        gesture.send(pointer(60 + 20 * number, 70 + 20 * number))
    with pytest.raises(StopIteration):
        gesture.send(pointer(100, 110, released=True))


@pytest.mark.parametrize("which", ["move", "size", "trunk", "turn"])
def test_moves_of_a_box_or_ring_wake_no_panel_until_the_release(desk, which):
    workbench = desk.workbench
    before = workbench.history.count()
    gesture = {
        "move": lambda: move_box(workbench, pointer(50, 60)),
        "size": lambda: size_box(workbench, np.array([10.0, 10.0])),
        "trunk": lambda: move_trunk(workbench, pointer(50, 60)),
        "turn": lambda: turn_joint(workbench, "left_elbow", 1, lambda at: at.canvas[0] / 100),
    }[which]()
    drag(gesture)
    assert desk.heard == ["move", "move", "all"]
    assert workbench.history.count() == before + 1
    assert not workbench.dragging


def test_a_slider_of_the_body_panel_previews_lightly_too(desk):
    slider = desk.window.body_panel.betas[0]
    slider.slider.setSliderDown(True)
    slider.slider.setValue(100)
    assert desk.heard == ["move"]
    assert slider.number.value() == pytest.approx(1.0)
    assert desk.workbench.person.fit.betas[0] == pytest.approx(1.0)
    slider.slider.setSliderDown(False)
    assert desk.heard[-1] == "all"
