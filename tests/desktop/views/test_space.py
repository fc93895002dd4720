"""The 3D view: rings that turn a joint, ghosts beside the fit, a second view from the side."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QTabBar

from core.body.tree import joint_index
from core.records import Fit
from core.wishes import Turn
from desktop.model.ghosts import ghost_state, truth_of
from desktop.state.joint_turns import axes_of, turned
from desktop.views.gl.cameras import Orbit
from desktop.views.space.rings import POINTS, Rings
from tests.desktop.making import same_fit, same_person

pytestmark = pytest.mark.slow

SIZE = QSize(400, 400)


def fit_of(pose=None):
    pose = np.zeros(72) if pose is None else pose
    zeros = np.zeros(10), 0.0, np.array([0.0, 0.0, 3.0]), 400.0, np.array([160.0, 120.0])
    return Fit(pose, *zeros, 1.0, "x", "fit")


def rings_at(orbit, center=(0.1, 1.2, 0.0)):
    return Rings.around(np.array(center), np.eye(3), orbit, SIZE)


def test_turning_a_joint_twice_by_half_is_turning_it_once():
    start = fit_of(0.3 * np.random.default_rng(0).normal(size=72))
    once = turned(start, "left_elbow", 1, 0.8)
    twice = turned(turned(start, "left_elbow", 1, 0.4), "left_elbow", 1, 0.4)
    assert twice.pose == pytest.approx(once.pose, abs=1e-5)
    others = np.delete(once.pose.reshape(24, 3), joint_index("left_elbow"), axis=0)
    assert others == pytest.approx(np.delete(start.pose.reshape(24, 3), joint_index("left_elbow"), axis=0))
    assert once.source == "curated"


def test_a_joints_axes_turn_with_all_that_it_hangs_from():
    pose = np.zeros((24, 3))
    pose[joint_index("pelvis")] = [0, 0, np.pi / 2]
    pose[joint_index("left_shoulder")] = [0, 0, np.pi / 2]
    axes = axes_of(fit_of(pose.ravel()), "left_elbow")
    assert axes == pytest.approx(np.diag([-1.0, -1.0, 1.0]), abs=1e-6)


@pytest.mark.parametrize("axis", range(3))
def test_a_ring_is_taken_where_it_is_drawn_and_pulls_along_itself(axis):
    orbit = Orbit(35.0, 25.0)
    rings = rings_at(orbit)
    points = rings.points(axis)
    shown = orbit.project(points, SIZE)
    near = int(np.argmax((points - rings.center) @ orbit.axes[2]))  # of the half before the joint
    grip = rings.hit(shown[near], orbit, SIZE)
    assert grip.axis == axis
    along = shown[(near + 1) % POINTS] - shown[near - 1]
    assert abs(grip.pull @ along) == pytest.approx(
        np.linalg.norm(grip.pull) * np.linalg.norm(along), rel=0.05
    )
    assert grip.angle(grip.pull) == pytest.approx(-grip.angle(-grip.pull))
    assert grip.angle(grip.pull) > 0


def test_beside_the_rings_none_is_taken():
    orbit = Orbit()
    assert rings_at(orbit).hit(np.array([5.0, 5.0]), orbit, SIZE) is None


def drag_ring(desk, qtbot, axis, by):
    viewport = desk.window.viewport
    rings = viewport.hand.rings()
    points = rings.points(axis)
    near = int(np.argmax((points - rings.center) @ viewport.orbit.axes[2]))
    start = QPoint(*viewport.orbit.project(points, viewport.size())[near].astype(int).tolist())
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for part in (0.5, 1.0):
        qtbot.mouseMove(viewport, start + QPoint(int(by[0] * part), int(by[1] * part)))
        qtbot.wait(20)
    return start + QPoint(*by)


def test_a_ring_dragged_turns_the_joint_alone_in_one_entry_and_later_fits_keep_it(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    fitted = workbench.person
    workbench.change_view(joint="left_elbow")
    desk.do("space.rings")
    end = drag_ring(desk, qtbot, 1, (40, 25))
    assert workbench.previewing
    assert len(workbench.shown.posed.faces) < len(workbench.fits.body.faces)  # moves quickly
    qtbot.mouseRelease(desk.window.viewport, Qt.MouseButton.LeftButton, pos=end)
    assert workbench.shown.posed.faces is workbench.fits.body.faces
    elbow = slice(3 * joint_index("left_elbow"), 3 * joint_index("left_elbow") + 3)
    turn = workbench.person.fit.pose[elbow]
    assert np.linalg.norm(turn - fitted.fit.pose[elbow]) > 0.2
    assert np.delete(workbench.person.fit.pose, elbow) == pytest.approx(
        np.delete(fitted.fit.pose, elbow), abs=1e-6
    )
    assert workbench.history.undoText() == "Turn left elbow"
    (held,) = workbench.person.wishes
    assert isinstance(held, Turn)
    desk.fit()
    assert workbench.person.fit.pose[elbow] == pytest.approx(turn, abs=0.15)
    desk.do("edit.undo")
    desk.do("edit.undo")
    assert same_person(workbench.person, fitted)


def test_escape_leaves_a_turned_joint_as_it_was(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    fitted = workbench.person
    workbench.change_view(joint="right_knee")
    desk.do("space.rings")
    end = drag_ring(desk, qtbot, 0, (30, 30))
    desk.do("edit.cancel")
    qtbot.mouseRelease(desk.window.viewport, Qt.MouseButton.LeftButton, pos=end)
    assert workbench.person is fitted


def test_rings_are_of_a_fit_that_may_be_changed(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("space.rings")
    assert desk.window.viewport.hand.rings() is None
    desk.fit()
    assert desk.window.viewport.hand.rings() is not None
    desk.do("person.accept")
    assert desk.window.viewport.hand.rings() is None
    assert workbench.view.rings


def test_the_side_view_follows_the_turns_and_zooms_of_the_other_and_its_own_turn_it_too(open_desk, qtbot):
    desk = open_desk
    main, side = desk.window.space.main, desk.window.space.side
    assert not side.isVisible()
    desk.do("space.side_view")
    assert side.isVisible()
    main.view_from("photo")
    assert side.orbit.azimuth_deg - main.orbit.azimuth_deg == 90
    main.zoom(2.0)
    assert side.orbit.distance == main.orbit.distance
    qtbot.keyClick(side, Qt.Key.Key_Right)
    qtbot.keyClick(side, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert side.orbit.azimuth_deg - main.orbit.azimuth_deg == 90
    assert main.orbit.azimuth_deg != 0
    assert side.orbit.center == main.orbit.center != Orbit().center


def test_as_the_photo_the_view_looks_from_where_the_photos_camera_was(open_desk):
    desk, viewport = open_desk, open_desk.window.viewport
    desk.fit()
    desk.do("space.from_photo")
    posed = desk.workbench.shown.posed
    floor = desk.workbench.floor.below(posed)
    assert floor.from_floor(viewport.orbit.eye) == pytest.approx(np.zeros(3), abs=1e-3)
    at = viewport.orbit.project(viewport.surface[1], viewport.size())
    assert (at > 0).all()
    assert (at < [viewport.width(), viewport.height()]).all()
    seen = at - at.mean(axis=0)
    in_photo = posed.joints[:, :2] / posed.joints[:, 2:]
    in_photo = in_photo - in_photo.mean(axis=0)
    scale = np.linalg.norm(seen) / np.linalg.norm(in_photo)
    assert seen == pytest.approx(scale * in_photo, abs=0.03 * scale)


def test_the_keys_that_zoom_do_so_in_the_view_that_has_the_focus(open_desk):
    desk = open_desk
    view, canvas = desk.window.viewport, desk.window.canvas
    desk.window.activateWindow()
    desk.wait(desk.window.isActiveWindow)
    distance, scale = view.orbit.distance, canvas.placing.scale
    view.setFocus()
    desk.do("view.zoom_in")
    assert view.orbit.distance < distance
    assert canvas.placing.scale == scale
    canvas.setFocus()
    desk.do("view.zoom_in")
    assert canvas.placing.scale > scale


def test_a_joint_dragged_in_the_side_view_moves_in_depth(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("space.side_view")
    desk.window.viewport.view_from("photo")
    side, joint = desk.window.space.side, joint_index("left_wrist")
    before = workbench.shown.posed.joints[joint]
    start = QPoint(*side.orbit.project(side.surface[1], side.size())[joint].astype(int).tolist())
    qtbot.mousePress(side, Qt.MouseButton.LeftButton, pos=start)
    for part in (10, 20, 30):
        qtbot.mouseMove(side, start + QPoint(-part, 0))
        qtbot.wait(20)
    qtbot.mouseRelease(side, Qt.MouseButton.LeftButton, pos=start + QPoint(-30, 0))
    moved = workbench.shown.posed.joints[joint] - before
    assert abs(moved[2]) > 2 * abs(moved[:2]).max()


def test_ghosts_are_the_guess_the_fit_before_and_the_truth(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    assert [ghost_state(workbench, name) for name in ("guess", "previous", "truth")] == [None] * 3
    desk.fit("fit.guess")
    first = workbench.person.fit
    assert ghost_state(workbench, "guess") is workbench.person.guess
    assert ghost_state(workbench, "previous") is None
    desk.do("body.reset_pose")
    assert same_fit(ghost_state(workbench, "previous"), first)
    person = workbench.person
    other = replace(first, source="curated", score=np.inf)
    workbench.apply("Truth", person.with_(alternatives=(first, other)))
    assert truth_of(workbench.person) is other


def test_a_measured_body_of_a_file_is_the_truth_once_the_person_is_fitted(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    measured = replace(workbench.person.fit, source="curated", score=np.inf)
    workbench.apply("Import", workbench.person.with_(fit=measured))
    assert ghost_state(workbench, "truth") is None  # it is the fit on show
    desk.fit()
    assert ghost_state(workbench, "truth") is measured
    desk.fit()
    assert workbench.person.alternatives == (measured,)


def test_while_a_keypoint_is_dragged_the_fit_before_is_the_one_on_the_disk(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    before, start = workbench.person.fit, desk.place_of("left_wrist")
    desk.press(start)
    desk.move(start + (desk.place_of("right_wrist") - start) * 0.2)
    desk.wait(lambda: workbench.person.fit is not before)
    assert ghost_state(workbench, "previous") is before
    desk.release(start)


def test_each_ghost_wanted_is_drawn_once_posed_and_gone_with_its_flag(open_desk):
    desk = open_desk
    desk.fit("fit.guess")
    layer = desk.window.viewport._painter.ghosts
    desk.do("space.ghost_guess")
    desk.do("space.ghost_truth")
    there = layer.there()
    assert list(there) == ["guess"]
    assert layer.there()["guess"] is there["guess"]
    (solid,) = layer.solids(there)
    assert abs(solid.vertices[:, 1].min()) < 0.5  # on the floor or near it
    desk.do("space.ghost_guess")
    assert layer.there() == {}


def test_no_tab_bar_is_left_over_a_panel_at_the_start_or_when_panels_are_as_at_first(desk):
    for _ in range(2):
        bars = [bar for bar in desk.window.findChildren(QTabBar) if bar.isVisible()]
        names = [bar.tabText(index) for bar in bars for index in range(bar.count())]
        assert len(names) == len(set(names)), names
        desk.window.docks["fit"].setFloating(True)
        desk.do("panel.reset")
        desk.qtbot.wait(50)


def test_the_ghost_of_the_fit_before_follows_undo_and_redo(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("space.ghost_previous")
    layer = desk.window.viewport._painter.ghosts
    desk.fit()
    assert layer.there() == {}
    first = workbench.person.fit
    desk.do("body.reset_pose")
    assert layer.there()["previous"][0].state is first
    desk.do("edit.undo")
    assert layer.there() == {}
    desk.do("edit.redo")
    assert layer.there()["previous"][0].state is first
