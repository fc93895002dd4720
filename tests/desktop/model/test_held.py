"""What is held of a person: put there by hand, listed, let go of, and there again after the program was closed."""

import pytest

from core.body.tree import joint_index
from core.wishes import DepthOrder, GroundContact, Pin, Turn
from desktop.state.floor_frame import SOLE_M, FloorFrame

pytestmark = pytest.mark.slow


def height_of(desk, joint):
    """Above the floor [m]."""
    posed = desk.workbench.shown.posed
    floor = desk.workbench.floor.below(posed)
    return float(floor.depth - posed.joints[joint_index(joint)] @ floor.down)


def lift(desk, joint, by_m):
    """Hold a joint higher than it is."""
    workbench = desk.workbench
    x, y, z = (float(part) for part in workbench.shown.posed.joints[joint_index(joint)])
    person = workbench.person.with_(wishes=(Pin(joint, (x, y - by_m, z)),))
    workbench.apply("Lift", person, follow=True)


def test_a_foot_goes_on_the_floor_in_one_entry_and_the_floor_stays_there(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    lift(desk, "left_foot", 0.15)
    workbench.apply("Let go", workbench.person.with_(wishes=()))
    entries = workbench.history.count()
    assert height_of(desk, "left_foot") > SOLE_M + 0.05
    desk.do("body.left_foot")
    assert height_of(desk, "left_foot") == pytest.approx(SOLE_M, abs=0.025)
    assert workbench.history.count() == entries + 1
    assert workbench.history.undoText() == "Put left foot on the floor"
    assert desk.window.actions_by_id["body.left_foot"].isChecked()
    contact = workbench.person.wishes[-1]
    assert isinstance(contact, GroundContact)
    floor = workbench.floor.below(workbench.shown.posed)
    assert floor.depth == pytest.approx(contact.offset + SOLE_M)
    assert contact.normal == pytest.approx(floor.down)
    desk.do("edit.undo")
    assert not desk.window.actions_by_id["body.left_foot"].isChecked()


def test_both_feet_stand_on_the_same_floor(open_desk):
    desk = open_desk
    desk.fit()
    desk.do("body.left_foot")
    desk.do("body.right_foot")
    assert height_of(desk, "left_foot") == pytest.approx(SOLE_M, abs=0.02)
    assert height_of(desk, "right_foot") == pytest.approx(SOLE_M, abs=0.02)


def test_the_same_key_lets_go_of_the_foot(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("body.right_foot")
    desk.do("body.right_foot")
    assert workbench.person.wishes == ()
    assert workbench.history.undoText() == "Lift right foot off the floor"
    posed = workbench.shown.posed
    floor = FloorFrame.below(0.0, posed.vertices, posed.joints, workbench.person.wishes)
    assert floor.depth == pytest.approx(posed.vertices[:, 1].max())


def test_what_is_held_is_listed_and_each_line_lets_go(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    held = desk.window.body_panel.held
    assert held.lines() == []
    workbench.change_view(joint="left_wrist")
    desk.do("body.nearer")
    desk.do("body.left_foot")
    order = DepthOrder("left_knee", "left_hip")
    workbench.apply("Order", workbench.person.with_(wishes=(*workbench.person.wishes, order)))
    assert held.lines() == [
        "left wrist stays where it is",
        "left foot on the floor",
        "left knee before left hip",
    ]
    held.buttons[0].click()
    assert held.lines() == ["left foot on the floor", "left knee before left hip"]
    assert workbench.history.undoText() == "Let go of left wrist"
    desk.do("person.accept")
    assert not any(button.isEnabled() for button in held.buttons)


def test_what_is_held_is_there_after_opening_again(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("body.left_foot")
    person, path = workbench.person, workbench.project.path
    desk.do("file.close")
    desk.open(path)
    workbench.select(person.id)
    assert workbench.person.wishes == person.wishes != ()


def test_a_fit_of_everybody_keeps_what_is_held(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(joint="left_wrist")
    for _ in range(3):
        desk.do("body.nearer")
    pin = workbench.person.wishes[0]
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    wrist = workbench.shown.posed.joints[joint_index("left_wrist")]
    assert wrist == pytest.approx(pin.point, abs=0.05)


def test_a_joint_is_said_to_be_nearer_than_the_one_clicked_next(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(keypoint=desk.index("left_wrist"))
    desk.do("body.nearer_than")
    assert "left wrist is nearer than" in desk.told[-1]
    at = desk.place_of("right_wrist")
    desk.press(at)
    desk.release(at)
    assert workbench.person.wishes == (DepthOrder("left_wrist", "right_wrist"),)
    assert workbench.view.compared == ""
    assert workbench.history.undoText() == "left wrist before right wrist"
    depth = workbench.shown.posed.joints[:, 2]
    assert depth[joint_index("left_wrist")] < depth[joint_index("right_wrist")] - 0.03


def test_keys_alone_say_that_a_joint_is_farther_than_another(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(keypoint=desk.index("left_ankle"))
    desk.do("body.farther_than")
    workbench.change_view(keypoint=desk.index("right_ankle"))
    desk.do("body.farther_than")
    assert workbench.person.wishes == (DepthOrder("right_ankle", "left_ankle"),)


def test_escape_forgets_what_was_to_be_compared(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(keypoint=desk.index("left_ankle"))
    desk.do("body.nearer_than")
    desk.do("edit.cancel")
    assert workbench.view.compared == ""
    assert workbench.person.wishes == ()


def test_keys_turn_a_joint_and_it_is_held(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    before = workbench.person
    workbench.change_view(joint="left_elbow")
    desk.do("body.turn_y")
    desk.do("body.turn_y")
    assert desk.window.body_panel.held.lines() == ["left elbow stays turned"]
    desk.do("body.turn_y_back")
    desk.do("body.turn_y_back")
    assert workbench.person.fit.pose == pytest.approx(before.fit.pose, abs=1e-5)
    assert workbench.history.undoText() == "Turn left elbow"


def test_another_focal_length_takes_what_is_held_along(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(joint="left_wrist")
    desk.do("body.nearer")
    (pin,), depth = workbench.person.wishes, workbench.person.fit.cam_t[2]
    desk.window.fit_panel.focal.setValue(2 * workbench.person.fit.focal_length)
    assert workbench.person.wishes[0].point[2] == pytest.approx(pin.point[2] + depth, abs=0.1)


def test_a_joint_that_is_kept_turned_stays_as_a_slider_or_the_table_turned_it_last(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(joint="left_elbow")
    desk.do("body.turn_z")
    desk.do("body.reset_joint")
    assert workbench.person.wishes == (Turn("left_elbow", (0.0, 0.0, 0.0)),)
    desk.do("edit.undo")
    (turn,) = workbench.person.wishes
    assert turn.axis_angle != (0.0, 0.0, 0.0)
