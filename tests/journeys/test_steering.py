"""Other bodies, guesses, options: what a curator does when a fit is wrong."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from core.body.tree import joint_index
from desktop.jobs.files.open_sample import sample_steps
from desktop.jobs.guessing import alternative_steps
from desktop.theme import theme
from desktop.views.panels.alternatives_panel import DIFFERS_M, solids_of
from tests.desktop.making import same_person

pytestmark = pytest.mark.slow


def test_a_guess_is_kept_with_the_fit_that_began_there_and_undone_with_it(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    before = workbench.person
    desk.fit("fit.guess")
    assert workbench.person.guess.network == "lifter"
    assert workbench.person.fit.score < 3
    desk.do("edit.undo")
    assert workbench.person is before


def test_a_number_takes_another_body_for_the_same_keypoints(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    fitted = workbench.person
    assert not desk.window.actions_by_id["fit.take_1"].isEnabled()
    desk.do("fit.alternatives")
    desk.wait(lambda: not workbench.alternatives.searching)
    others = workbench.alternatives.found
    assert 1 <= len(others) <= 5
    assert len(desk.window.alternatives.cells()) == len(others)
    number = len(others)
    desk.do(f"fit.take_{number}")
    assert workbench.person.fit is others[-1].fit
    assert workbench.person.keypoints is fitted.keypoints
    desk.do("edit.undo")
    assert same_person(workbench.person, fitted)


def test_other_bodies_are_what_the_lifter_says_of_the_keypoints_as_they_are_now(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit("fit.guess")
    photo, person, fits = workbench.photo, workbench.person, workbench.fits
    turned = replace(person.guess, pose=np.full(72, 0.4))
    stale = replace(turned, alternatives=(turned,))  # as if said of other keypoints
    now, then = (
        next(alternative_steps(fits.body, photo, person.with_(guess=guess), fits.options))
        for guess in (None, stale)
    )
    assert len(now) == len(then)
    for one, other in zip(now, then, strict=True):
        assert np.array_equal(one.fit.pose, other.fit.pose)


def test_where_another_body_is_not_as_the_first_it_is_coloured(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    first, colours = workbench.shown.posed, theme("dark")
    moved = first.vertices.copy()
    moved[:100] += 1.1 * DIFFERS_M
    whole, (same, other) = (
        solids_of(posed, first, colours) for posed in (first, replace(first, vertices=moved))
    )
    assert [solid.color for solid in whole] == [colours.body]
    assert whole[0].faces is first.faces
    assert (same.color, other.color) == (colours.body, colours.accent)
    assert len(same.faces) + len(other.faces) == len(first.faces)
    assert (other.faces < 100).any(axis=1).all()
    assert not (same.faces < 100).any()


def test_a_body_elsewhere_in_the_room_is_not_coloured_for_that(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    first = workbench.shown.posed
    away = replace(first, vertices=first.vertices + 1.0, joints=first.joints + 1.0)
    assert len(solids_of(away, first, theme("light"))) == 1


def test_escape_ends_a_running_fit_and_leaves_the_person_alone(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    before = workbench.person
    desk.do("fit.anew")
    desk.do("edit.cancel")
    assert not workbench.fits.running
    desk.qtbot.wait(100)
    assert workbench.person is before
    assert workbench.history.count() == 0


def test_escape_ends_a_drag_and_the_body_is_where_it_was(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    before, start = workbench.person, desk.place_of("left_wrist")
    desk.press(start)
    desk.move(start + QPointF(30, 30))
    desk.wait(lambda: workbench.person.fit is not before.fit)  # the body follows
    desk.do("edit.cancel")
    desk.move(start + QPointF(60, 60))
    desk.release(start + QPointF(60, 60))
    assert workbench.person is before


def test_the_newest_place_is_what_the_body_has_in_the_end_however_fast_the_mouse_was(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    start = desk.place_of("right_wrist")
    desk.press(start)
    for number in range(200):
        desk.move(start + QPointF(0.1 * number, -0.1 * number))
    desk.release(start + QPointF(20, -20))
    at = workbench.shown.posed.keypoints_px[desk.index("right_wrist")]
    assert np.linalg.norm(at - workbench.person.keypoints.xy[desk.index("right_wrist")]) < 6
    assert workbench.history.undoText() == "Move right wrist"


def test_arrows_nudge_and_letting_go_is_one_entry(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    before, entries = workbench.person, workbench.history.count()
    workbench.change_view(keypoint=desk.index("nose"))
    canvas = desk.window.canvas
    qtbot.keyPress(canvas, Qt.Key.Key_Right)
    qtbot.keyPress(canvas, Qt.Key.Key_Right)
    qtbot.keyPress(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyRelease(canvas, Qt.Key.Key_Down)
    moved = workbench.person.keypoints.xy[0] - before.keypoints.xy[0]
    assert moved == pytest.approx([2, 10], abs=1e-3)
    assert workbench.history.count() == entries + 1


def test_another_focal_length_keeps_the_body_as_large_as_it_was_in_the_photo(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    before = workbench.shown.posed.keypoints_px
    desk.window.fit_panel.focal.setValue(2 * workbench.person.fit.focal_length)
    after = workbench.shown.posed.keypoints_px
    assert workbench.photo.focal_length == desk.window.fit_panel.focal.value()
    assert np.abs(after - before).max() < 0.15 * np.ptp(before[:, 1])
    desk.do("edit.undo")
    assert workbench.photo.focal_length is None


def test_an_accepted_person_can_be_looked_at_and_not_changed(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("person.accept")
    accepted, start = workbench.person, desk.place_of("left_wrist")
    desk.drag(start, start + QPointF(30, 30))
    assert workbench.person is accepted
    for command in ("fit.fit", "edit.swap_person", "person.delete", "body.reset_pose"):
        assert not desk.window.actions_by_id[command].isEnabled(), command
    desk.do("person.todo")
    assert desk.window.actions_by_id["fit.fit"].isEnabled()


def test_the_sample_is_made_without_any_download_and_opens_again_at_once(desk, tmp_path):
    for opening in sample_steps(tmp_path / "sample"):
        project = opening.project
    photos = list(project.photos())
    assert len(photos) == 12
    assert sum(len(photo.people) for photo in photos) >= 12
    project.close()
    desk.open(tmp_path / "sample" / "sample.fitloop")
    desk.fit()
    assert desk.workbench.person.fit is not None


def test_a_photo_that_is_gone_is_told_in_its_place_and_the_work_goes_on(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    other = next(row for row in workbench.project.queue() if row.path != workbench.photo.path)
    (workbench.project.folder / other.path).unlink()
    workbench.select(other.id)
    desk.wait(lambda: not desk.window.waiting)
    assert other.path in desk.window.canvas.image.notice
    desk.fit()
    assert workbench.person.fit is not None


def joint_of(desk, name):
    return desk.workbench.shown.posed.joints[joint_index(name)]


def test_a_joint_dragged_in_3d_takes_the_body_along_and_is_one_entry(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    fitted, viewport = workbench.person, desk.window.viewport
    viewport.view_from("left")  # depth lies across the view
    joint = joint_index("left_wrist")
    start = viewport.orbit.project(viewport.surface[1], viewport.size())[joint]
    start = QPoint(*start.astype(int).tolist())
    before = joint_of(desk, "left_wrist")
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for part in (10, 20, 30, 40):
        qtbot.mouseMove(viewport, start + QPoint(-part, 0))
        qtbot.wait(20)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(-40, 0))
    assert abs(joint_of(desk, "left_wrist")[2] - before[2]) > 0.05
    assert workbench.history.undoText() == "Move left wrist in 3D"
    assert workbench.person.fit.score < 4  # and the photo still agrees
    desk.do("edit.undo")
    assert workbench.person is fitted


def test_keys_bring_a_joint_nearer_and_let_it_go_again(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(keypoint=desk.index("right_wrist"))
    before = np.linalg.norm(joint_of(desk, "right_wrist"))
    for _ in range(3):
        desk.do("body.nearer")
    assert np.linalg.norm(joint_of(desk, "right_wrist")) < before - 0.08
    assert workbench.history.count() == 4
    desk.do("body.let_go")
    assert workbench.person.wishes == ()
    desk.do("edit.undo")
    assert [wish.name for wish in workbench.person.wishes] == ["right_wrist"]
    desk.do("person.next")
    assert workbench.person.wishes == ()  # they are one person's


def test_one_key_flips_the_depth_of_a_limb(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.change_view(keypoint=desk.index("left_wrist"))
    bone = joint_of(desk, "left_wrist") - joint_of(desk, "left_elbow")
    before = workbench.shown.posed.keypoints_px
    desk.do("body.flip")
    assert workbench.history.undoText() == "Flip the depth of left elbow"
    after = joint_of(desk, "left_wrist") - joint_of(desk, "left_elbow")
    assert abs(after[2] - bone[2]) > 0.01
    assert np.abs(workbench.shown.posed.keypoints_px - before).max() < 15
