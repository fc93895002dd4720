"""What stands around the body in 3D: axes to click, the floor's angle, the photo's other people, tools."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt

from desktop.views.gl.cameras import SIDES, Orbit
from desktop.views.space.gizmo import OPPOSITE, Gizmo

pytestmark = pytest.mark.slow


def click(qtbot, view, at):
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(*np.round(at[:2]).astype(int).tolist()))


@pytest.mark.parametrize("side", SIDES)
def test_a_click_on_an_end_of_the_axes_shows_the_body_from_there(open_desk, qtbot, side):
    desk, view = open_desk, open_desk.window.viewport
    desk.fit()
    heading, entries = view.gizmo.heading_deg, desk.workbench.history.count()
    view._turn(Orbit(heading + 40.0, 30.0))  # from where no end hides another
    click(qtbot, view, view.gizmo.ends()[side])
    assert view.orbit.axes == pytest.approx(Orbit.at(side, heading).axes, abs=1e-6)
    assert view.orbit.shows(view.surface[0], view.size())
    click(qtbot, view, view.gizmo.center)  # the end that points to the eye: once more is the other side
    assert view.orbit.axes == pytest.approx(Orbit.at(OPPOSITE[side], heading).axes, abs=1e-6)
    assert desk.workbench.history.count() == entries


def test_the_axes_turn_with_the_camera_and_their_ends_stay_apart():
    size = QSize(400, 400)
    for azimuth in range(-180, 180, 45):
        gizmo = Gizmo(Orbit(azimuth, 20.0), 0.0, size)
        ends = gizmo.ends()
        assert all((end[:2] > 0).all() and (end[:2] < 400).all() for end in ends.values())
        assert all(gizmo.hit(end[:2]) is not None for end in ends.values())
        nearest = list(ends)[-1]
        assert gizmo.hit(ends[nearest][:2]) == nearest
    assert Gizmo(Orbit(), 0.0, size).hit(np.array([20.0, 200.0])) is None


def test_commands_show_the_body_from_all_sides(open_desk):
    desk, view = open_desk, open_desk.window.viewport
    desk.fit()
    seen = []
    for side in ("front", "back", "left", "right", "top", "below"):
        desk.do(f"space.from_{side}")
        seen.append(view.orbit.axes[2])
    away = np.array(seen) @ np.array(seen).T
    assert away == pytest.approx(np.kron(np.eye(3), [[1, -1], [-1, 1]]), abs=0.05)
    before = view.orbit
    view.zoom(3.0)
    desk.do("space.frame")
    assert view.orbit.axes == pytest.approx(before.axes)
    assert view.orbit.distance == pytest.approx(before.distance, rel=1e-3)


def test_the_cameras_angle_is_chosen_by_keys_and_slider_kept_and_estimated_again(open_desk):
    desk, floor = open_desk, open_desk.workbench.floor
    desk.fit()
    bar = desk.window.space_tools.bar
    estimate = floor.pitch_deg
    assert floor.chosen is None
    assert bar.slider.value() == round(estimate)
    before = desk.window.viewport.surface[1]
    desk.do("space.tilt_down")
    assert floor.pitch_deg == round(estimate) + 1
    bar.slider.setValue(30)
    assert floor.chosen == 30.0
    joints = desk.window.viewport.surface[1]
    assert np.abs(joints - before).max() > 0.05
    assert desk.window.viewport.surface[0][:, 1].min() == pytest.approx(0.0, abs=1e-4)
    path = desk.workbench.photo.path
    desk.do("person.next_photo")
    assert desk.workbench.photo.path != path
    assert floor.chosen is None
    desk.do("person.last_photo")
    assert floor.chosen == 30.0
    desk.do("space.estimate_tilt")
    assert floor.pitch_deg == estimate
    assert bar.slider.value() == round(estimate)


def test_a_foot_put_down_stands_on_the_floor_that_is_seen(open_desk):
    desk = open_desk
    desk.fit()
    desk.workbench.floor.choose(12.0)
    desk.do("body.left_foot")
    (contact,) = desk.workbench.person.wishes
    assert contact.normal == pytest.approx(desk.workbench.floor.below(desk.workbench.shown.posed).down)
    assert contact.normal[2] > 0.1


def all_fitted(desk):
    """The photo's people, all with a body; the first is selected."""
    ids = [person.id for person in desk.workbench.photo.people]
    for person_id in reversed(ids):
        desk.workbench.select(person_id)
        desk.fit()
    return ids


def test_all_people_of_the_photo_stand_in_their_places_and_a_click_selects(open_desk, qtbot):
    desk, view = open_desk, open_desk.window.viewport
    first, second = all_fitted(desk)[:2]
    desk.do("space.everyone")
    others = view._painter.people.vertices()
    assert set(others) == {second}
    apart = {person.id: person.fit.cam_t for person in desk.workbench.photo.people}
    floor = desk.workbench.floor.below(desk.workbench.shown.posed)
    between = floor.turn @ (apart[second] - apart[first])
    own = view.surface[0].mean(axis=0)
    assert others[second].mean(axis=0) - own == pytest.approx(between, abs=0.35)
    everyone = np.concatenate([view.surface[0], others[second]])
    assert view.orbit.shows(everyone, view.size())
    eye = view.orbit.project(others[second], view.size())
    trunk = eye[np.linalg.norm(eye - eye.mean(axis=0), axis=1).argmin()]
    before = view.orbit.project(view.surface[0], view.size()).mean(axis=0)
    click(qtbot, view, trunk)
    assert desk.workbench.person_id == second
    there = view._painter.people.vertices()[first]
    assert view.orbit.project(there, view.size()).mean(axis=0) == pytest.approx(
        before, abs=15.0
    )  # nobody moved


def test_while_a_joint_is_dragged_the_floor_stays(open_desk, qtbot):
    desk, view, workbench = open_desk, open_desk.window.viewport, open_desk.workbench
    desk.fit()
    at = view.orbit.project(view.surface[1], view.size())[0]
    start = QPoint(*at.astype(int).tolist())
    floor = workbench.floor.below(workbench.shown.posed)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, start + QPoint(0, -20))
    desk.wait(lambda: workbench.previewing)
    assert workbench.floor.below(workbench.shown.posed) is floor
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(0, -20))


@pytest.mark.parametrize("tools", ["photo_tools", "space_tools"])
def test_tools_on_a_view_are_commands_that_stay_inside_it(open_desk, tools):
    desk = open_desk
    desk.fit()
    there = getattr(desk.window, tools)
    view = there.strip.parentWidget()
    for size in ((200, 160), (240, 200), (500, 600)):
        view.resize(*size)
        for panel in (there.strip, there.bar):
            assert view.rect().contains(panel.geometry())
        assert not there.strip.geometry().intersects(there.bar.geometry())
    for button in there.strip._buttons:
        assert button.defaultAction() in desk.window.actions_by_id.values()
        assert not button.defaultAction().icon().isNull()
        assert button.toolTip()


def test_the_slider_over_the_photo_is_the_bodies_opacity(open_desk):
    desk, slider = open_desk, open_desk.window.photo_tools.bar.slider
    slider.setValue(35)
    assert desk.workbench.view.overlay_opacity == 0.35
    desk.do("view.more")
    assert slider.value() == 45
    desk.do("view.style")
    assert not slider.isEnabled()  # a rim alone has no opacity
    desk.do("view.style")
    assert slider.isEnabled()


def test_the_select_tool_ends_placing_and_drawing(open_desk):
    desk = open_desk
    desk.do("edit.place")
    assert desk.window.actions_by_id["edit.place"].isChecked()
    desk.do("edit.select")
    assert not desk.workbench.view.placing
    assert desk.window.actions_by_id["edit.select"].isChecked()
    desk.do("person.draw")
    desk.do("edit.select")
    assert not desk.window.canvas.cancel()
