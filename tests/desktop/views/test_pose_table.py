"""The pose as a table: read, hovered, chosen, edited, undone."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDoubleSpinBox

from core.body.tree import JOINT_NAMES, joint_index
from desktop.state import person_edits


@pytest.fixture
def desk(shared_desk):
    return shared_desk


@pytest.fixture
def table(open_desk):
    """Of a fitted person, on show."""
    open_desk.fit()
    open_desk.window.docks["pose"].raise_()
    open_desk.qtbot.wait(50)
    return open_desk, open_desk.window.pose_table


def cell(table, joint, axis):
    return table.model().index(joint_index(joint), axis)


def test_all_joints_are_shown_in_degrees(table):
    desk, table = table
    model, fit = table.model(), desk.workbench.person.fit
    shown = [[float(model.index(row, axis).data()) for axis in range(3)] for row in range(24)]
    assert np.abs(np.array(shown) - np.degrees(fit.pose.reshape(24, 3))).max() <= 0.0501
    pose = fit.pose.copy()
    pose[3 * joint_index("left_foot")] = -1e-4
    desk.workbench.preview(desk.workbench.person.with_(fit=replace(fit, pose=pose)))
    assert cell(table, "left_foot", 0).data() == "0.0"
    assert model.headerData(4, Qt.Orientation.Vertical, Qt.ItemDataRole.DisplayRole) == "left knee"


def test_a_typed_angle_turns_the_joint_and_is_one_entry_that_can_be_undone(table, qtbot):
    desk, table = table
    workbench, before = desk.workbench, desk.workbench.person.fit
    count = workbench.history.count()
    table.setFocus()
    table.setCurrentIndex(cell(table, "left_knee", 0))
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = table.findChild(QDoubleSpinBox)
    editor.selectAll()
    qtbot.keyClicks(editor, "42.5")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    desk.wait(lambda: workbench.history.count() == count + 1)
    turned = np.degrees(person_edits.joint_of(workbench.person.fit, "left_knee")[0])
    assert turned == pytest.approx(42.5, abs=1e-3)
    assert workbench.history.undoText() == "Turn left knee"
    desk.do("edit.undo")
    assert np.array_equal(workbench.person.fit.pose, before.pose)


@pytest.mark.parametrize("nonsense", ["", "far", "nan", "1e9"])
def test_nonsense_changes_nothing(table, nonsense):
    desk, table = table
    before = desk.workbench.person
    assert not table.model().setData(cell(table, "head", 1), nonsense)
    assert desk.workbench.person is before


def test_a_row_under_the_mouse_marks_its_joint_everywhere_and_a_joint_hovered_elsewhere_its_row(table, qtbot):
    desk, table = table
    at = table.visualRect(cell(table, "spine1", 1)).center()
    qtbot.mouseMove(table.viewport(), at)
    qtbot.mouseMove(table.viewport(), at + QPoint(1, 0))
    desk.wait(lambda: desk.workbench.hover.joint == "spine1")
    desk.workbench.hover.over_joint("left_hip")
    marked = [
        JOINT_NAMES[row]
        for row in range(24)
        if table.model().index(row, 0).data(Qt.ItemDataRole.BackgroundRole)
    ]
    assert marked == ["left_hip"]


def test_choosing_goes_both_ways(table):
    desk, table = table
    table.setCurrentIndex(cell(table, "right_elbow", 2))
    assert desk.workbench.view.joint == "right_elbow"
    desk.workbench.change_view(joint="neck")
    assert table.currentIndex().row() == joint_index("neck")
    assert table.currentIndex().column() == 2


def test_an_accepted_persons_pose_is_locked(table):
    desk, table = table
    desk.do("person.accept")
    assert not table.model().flags(cell(table, "head", 0)) & Qt.ItemFlag.ItemIsEditable
    assert not table.model().setData(cell(table, "head", 0), "12")


def test_a_number_is_typed_into_the_table_and_no_command(table, qtbot):
    desk, table = table
    opacity = desk.workbench.view.overlay_opacity
    desk.window.activateWindow()
    table.setFocus()
    table.setCurrentIndex(cell(table, "head", 1))
    qtbot.keyClick(table, "-")
    assert desk.workbench.view.overlay_opacity == opacity
    editor = table.findChild(QDoubleSpinBox)
    assert editor is not None
    qtbot.keyClick(editor, Qt.Key.Key_Escape)


def test_angles_are_shown_and_typed_in_radians_where_the_setting_says_so(table, qtbot):
    desk, table = table
    workbench, panel = desk.workbench, desk.window.body_panel
    workbench.change_view(angles="radians", joint="left_knee")
    angle = float(person_edits.joint_of(workbench.person.fit, "left_knee")[0])
    assert float(cell(table, "left_knee", 0).data()) == pytest.approx(angle, abs=6e-4)
    assert table.model().headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) == "x [rad]"
    assert panel.angles[0].number.value() == pytest.approx(angle, abs=6e-4)
    assert panel.angles[0].number.suffix() == " rad"
    assert table.model().setData(cell(table, "left_knee", 0), "0.25")
    assert person_edits.joint_of(workbench.person.fit, "left_knee")[0] == pytest.approx(0.25, abs=1e-6)
    workbench.change_view(angles="degrees")
    assert float(cell(table, "left_knee", 0).data()) == pytest.approx(np.degrees(0.25), abs=0.06)
    assert panel.angles[0].number.value() == pytest.approx(np.degrees(0.25), abs=0.06)
