"""A joint dragged in 3D: its limb goes first. And a new fit is seen whole."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from core.body.tree import JOINT_NAMES, joint_index
from core.wishes import Pin
from desktop.views.drawing import SELECTED
from desktop.views.gl.cameras import Orbit
from desktop.views.space.rings import GROUNDS, Rings

pytestmark = pytest.mark.slow

STILL_M = 0.04
ARM = ("left_shoulder", "left_elbow", "left_wrist", "left_hand")
LEG = ("right_knee", "right_ankle", "right_foot")


def drag(desk, qtbot, joint, by):
    """Drag a joint in the viewport by (2,) [px], and let go."""
    viewport = desk.window.viewport
    at = viewport.orbit.project(viewport.surface[1], viewport.size())[joint_index(joint)]
    start = QPoint(*at.round().astype(int).tolist())
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for part in range(1, 6):
        qtbot.mouseMove(viewport, start + QPoint(int(by[0] * part / 5), int(by[1] * part / 5)))
        qtbot.wait(40)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(*by))


def moved(desk, before):
    """How far each joint moved [m], by name."""
    away = np.linalg.norm(desk.workbench.shown.posed.joints - before, axis=1)
    return dict(zip(JOINT_NAMES, away.tolist(), strict=True))


@pytest.mark.gl
@pytest.mark.parametrize(("joint", "limb"), [("left_wrist", ARM), ("right_ankle", LEG)])
@pytest.mark.parametrize("by", [(12, -10), (-14, 4)])
def test_a_dragged_wrist_or_ankle_takes_its_limb_and_not_the_body(open_desk, qtbot, joint, limb, by):
    desk = open_desk
    desk.fit()
    desk.do("space.from_left")  # a drag is then in depth, which keypoints do not hold
    before = desk.workbench.shown.posed.joints.copy()
    drag(desk, qtbot, joint, by)
    after = moved(desk, before)
    assert after[joint] > 0.04
    assert max(away for name, away in after.items() if name not in limb) < STILL_M
    assert max(away for name, away in after.items() if name not in limb) < 0.5 * after[joint]


@pytest.mark.gl
def test_the_joints_that_rested_are_not_held_afterwards(open_desk, qtbot):
    desk = open_desk
    desk.fit()
    drag(desk, qtbot, "left_wrist", (12, -10))
    (held,) = desk.workbench.person.wishes
    assert isinstance(held, Pin)
    assert held.name == "left_wrist"
    assert desk.workbench.history.undoText() == "Move left wrist in 3D"


@pytest.mark.parametrize("command", ["body.nearer", "body.farther", "body.move_up", "body.move_left"])
def test_a_joint_moved_by_keys_takes_its_limb_and_not_the_body(open_desk, command):
    desk = open_desk
    desk.fit()
    desk.workbench.change_view(keypoint=desk.index("left_wrist"))
    before = desk.workbench.shown.posed.joints.copy()
    for _ in range(2):
        desk.do(command)
    after = moved(desk, before)
    assert after["left_wrist"] > 0.03
    assert max(away for name, away in after.items() if name not in ARM) < STILL_M
    assert len(desk.workbench.person.wishes) == 1


@pytest.mark.parametrize("joint", ["left_wrist", "right_ankle"])
@pytest.mark.parametrize("command", ["body.nearer", "body.farther"])
def test_later_fits_leave_the_body_at_its_depth(open_desk, joint, command):
    desk = open_desk
    desk.fit()
    desk.workbench.change_view(keypoint=desk.index(joint))
    for _ in range(3):
        desk.do(command)
    before, (pin,) = desk.workbench.shown.posed.joints.copy(), desk.workbench.person.wishes
    for fit in (desk.fit, desk.fit, lambda: desk.do("fit.queue")):
        fit()
        desk.wait(lambda: not desk.workbench.busy)
        joints = desk.workbench.shown.posed.joints
        assert abs(joints[0, 2] - before[0, 2]) < 0.02
        assert np.linalg.norm(joints[joint_index(joint)] - pin.point) < 0.02
    assert desk.workbench.person.wishes == (pin,)


def test_a_keypoint_dragged_later_leaves_the_body_at_its_depth(open_desk):
    desk = open_desk
    desk.fit()
    desk.workbench.change_view(keypoint=desk.index("left_wrist"))
    for _ in range(3):
        desk.do("body.farther")
    before = desk.workbench.shown.posed.joints.copy()
    at = desk.place_of("right_knee")
    desk.drag(at, at + QPointF(8, 0), parts=30)
    joints = desk.workbench.shown.posed.joints
    print(joints[0] - before[0])
    assert abs(joints[0, 2] - before[0, 2]) < 0.02


def whole(view):
    return view.orbit.shows(view.surface[0], view.size())


@pytest.mark.gl
def test_a_new_fit_is_seen_whole_in_a_narrow_view(open_desk):
    desk = open_desk
    view = desk.window.viewport
    desk.window.resize(900, 500)
    desk.qtbot.wait(100)
    desk.fit()
    assert whole(view)
    desk.do("person.next")
    desk.fit()
    assert whole(view)
    desk.do("person.last")
    assert whole(view)


@pytest.mark.gl
def test_a_fit_that_is_larger_than_the_last_one_is_seen_whole(open_desk):
    desk = open_desk
    desk.fit()
    view, fit = desk.window.viewport, desk.workbench.person.fit
    for _ in range(40):
        if not whole(view):
            break
        view.zoom(1.05)
    view.zoom(1 / 1.05)
    assert whole(view)
    pose = fit.pose.copy()
    for shoulder in ("left_shoulder", "right_shoulder"):  # arms out to the sides
        pose[3 * joint_index(shoulder) : 3 * joint_index(shoulder) + 3] = 0.0
    desk.workbench.fits.change_by_hand("Arms out", replace(fit, pose=pose))
    assert whole(view)


@pytest.mark.gl
def test_a_body_that_was_seen_whole_is_seen_whole_in_a_smaller_view(open_desk):
    desk = open_desk
    desk.fit()
    view = desk.window.viewport
    view.resize(200, 160)
    assert whole(view)


@pytest.mark.gl
def test_a_view_that_was_zoomed_to_a_hand_stays_there_through_fits(open_desk):
    desk = open_desk
    desk.fit()
    view = desk.window.viewport
    view.zoom(4.0)
    near = view.orbit
    desk.fit("fit.anew")
    assert view.orbit == near


def luminance(colour):
    parts = np.array(colour.getRgbF()[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def drawn_grounds():
    """Those of GROUNDS that a picture of the rings, on black, has a patch of."""
    size, orbit = QSize(300, 300), Orbit()
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.black)
    with QPainter(picture) as painter:
        Rings.around(np.array(orbit.center), np.eye(3), orbit, size).draw(painter, orbit, size, None)
    pixels = [picture.pixelColor(x, y).name() for x in range(300) for y in range(300)]
    return [ground for ground in GROUNDS if pixels.count(ground.name()) > 40]


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_letters_of_rings_are_light_on_dark_and_hide_what_is_behind(ground):
    assert ground.alpha() == 255
    assert ground in drawn_grounds()
    assert (luminance(SELECTED) + 0.05) / (luminance(ground) + 0.05) >= 4.5
