"""A curator's day, through the window: open, fit, drag, undo, accept, next, save, crash, reopen."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from core.store import FitsDictionary, Project
from desktop.jobs.files.save_files import export_steps, fits_file_of
from tests.desktop.desk import Desk
from tests.desktop.making import same_person, write_coco
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


def test_the_thin_path_from_annotations_to_an_accepted_fit_and_back_after_reopening(
    open_desk, qtbot, tmp_path
):
    desk, workbench = open_desk, open_desk.workbench
    first = workbench.person_id
    desk.fit()
    assert workbench.person.fit.score < 2
    assert workbench.history.undoText() == f"Fit person {first}"
    wrist = workbench.shown.posed.keypoints_px[desk.index("left_wrist")].copy()
    fitted = workbench.person

    start = desk.place_of("left_wrist")
    desk.drag(start, start + QPointF(0, -60))
    dragged = workbench.person
    moved = workbench.shown.posed.keypoints_px[desk.index("left_wrist")] - wrist
    assert moved[1] < -0.5 * 60 / desk.window.canvas.placing.scale  # the body followed
    assert dragged.original_keypoints is fitted.keypoints
    assert workbench.history.undoText() == "Move left wrist"

    desk.do("edit.undo")
    assert same_person(workbench.person, fitted)
    desk.do("edit.redo")
    assert same_person(workbench.person, dragged)

    desk.do("person.accept")
    assert workbench.person.locked
    accepted = workbench.person
    desk.do("person.next_worst")
    assert workbench.person_id != first
    desk.do("file.save_fits")
    desk.wait(lambda: not workbench.busy)
    project = workbench.project.path
    fits = FitsDictionary.load(fits_file_of(workbench.project))
    assert fits.locked.sum() == 1
    assert fits.valid_fit.sum() == 1
    desk.window.close()

    again = Desk(qtbot, tmp_path)
    again.open(project)
    again.workbench.select(first)
    assert same_person(again.workbench.person, accepted)
    assert again.settings.recent() == [str(project)]
    again.window.close()


@pytest.mark.slow
def test_what_was_accepted_survives_the_program_being_killed(tmp_path):
    file = write_coco(tmp_path)
    story = f"""
import os, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
import desktop.app
from desktop.commands.file_menu import open_path
build = desktop.app.build
def build_and_act(*arguments):
    workbench, window = build(*arguments)
    def act():
        if workbench.project is None or workbench.fits.body is None:
            return
        if workbench.person.fit is None and not workbench.fits.running:
            window.actions_by_id["fit.fit"].trigger()
        elif not workbench.fits.running and workbench.person.verdict == "todo":
            window.actions_by_id["person.accept"].trigger()
            Path({str(tmp_path / "done")!r}).touch()
    timer = QTimer(window)
    timer.timeout.connect(act)
    timer.start(20)
    return workbench, window
desktop.app.build = build_and_act
sys.exit(desktop.app.main([{str(file)!r}]))
"""
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    running = subprocess.Popen([sys.executable, "-c", story], cwd=ROOT, env=environment)
    try:
        wait_until((tmp_path / "done").exists, "a fit that is accepted", running)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    with Project.open(tmp_path / "people.fitloop") as project:
        assert not project.read_only
        assert project.check() == []
        accepted = [person for photo in project.photos() for person in photo.people if person.locked]
        assert len(accepted) == 1
        assert accepted[0].fit.score < 2


@pytest.mark.slow
def test_everything_a_curator_does_can_be_undone_to_the_very_beginning(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    before = {photo.path: photo for photo in workbench.project.photos()}
    desk.fit()
    desk.drag(desk.place_of("right_ankle"), desk.place_of("right_ankle") + QPointF(20, 5))
    workbench.change_view(keypoint=desk.index("left_knee"))
    for command in (
        "edit.visibility",
        "edit.swap_limb",
        "edit.delete",
        "edit.swap_person",
        "body.reset_pose",
    ):
        desk.do(command)
    desk.window.fit_panel.focal.setValue(700)
    desk.window.people.note.setText("look at the knee")
    desk.window.people.note.editingFinished.emit()
    desk.window.people.tags.setText("#blurred, child")
    desk.window.people.tags.editingFinished.emit()
    corner = desk.window.canvas.placing.to_canvas(workbench.person.bbox.corners[1])
    desk.drag(QPointF(*corner), QPointF(*corner) + QPointF(12, 12))
    desk.do("person.reject")
    desk.do("person.next")
    desk.do("person.later")
    desk.do("person.delete") if workbench.editable else None
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    assert workbench.history.count() >= 14
    while workbench.history.canUndo():
        desk.do("edit.undo")
    after = {photo.path: photo for photo in workbench.project.photos()}
    assert before.keys() == after.keys()
    for path, photo in before.items():
        assert after[path].focal_length == photo.focal_length
        for one, other in zip(photo.people, after[path].people, strict=True):
            assert same_person(one, other), path
    assert desk.said == []


@pytest.mark.slow
def test_fitting_everybody_in_the_background_is_one_entry_and_leaves_accepted_people_alone(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("person.accept")
    accepted = workbench.person
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    people = [person for photo in workbench.project.photos() for person in photo.people]
    assert [person.fit is None for person in people].count(True) == 1
    assert same_person(workbench.project.person(accepted.id), accepted)
    assert workbench.history.count() == 2
    desk.do("edit.undo")
    assert all(person.fit is None for photo in workbench.project.photos() for person in photo.people)


@pytest.mark.slow
def test_photos_without_people_are_opened_and_a_person_is_drawn_and_placed_by_hand(desk, tmp_path):
    from core.body.keypoints import layout
    from desktop.state.placing_order import placing_order
    from tests.desktop.making import keypoints_of, write_photo

    folder = tmp_path / "holiday"
    folder.mkdir()
    write_photo(folder / "one.jpg", 1)
    (folder / "broken.jpg").write_bytes(b"no picture")
    desk.open(folder)
    workbench, canvas = desk.workbench, desk.window.canvas
    assert "broken.jpg" in desk.told[0]
    assert workbench.photo.path == "one.jpg"
    assert workbench.person is None
    desk.do("person.draw")
    keypoints = keypoints_of(3, 0.0)
    low, high = keypoints[:, :2].min(axis=0) - 5, keypoints[:, :2].max(axis=0) + 5
    desk.drag(QPointF(*canvas.placing.to_canvas(low)), QPointF(*canvas.placing.to_canvas(high)))
    assert workbench.person is not None
    for index in placing_order(layout("coco17")):
        assert workbench.view.keypoint == index
        at = QPointF(*canvas.placing.to_canvas(keypoints[index, :2]))
        desk.press(at)
        desk.release(at)
    assert (workbench.person.keypoints.confidence == 1).all()
    assert np.abs(workbench.person.keypoints.xy - keypoints[:, :2]).max() < 0.1
    desk.fit()
    assert workbench.person.fit.score < 4


@pytest.mark.slow
def test_the_contact_sheet_shows_everybody_with_their_bodies_and_keys_judge_them(open_desk, qtbot):
    desk, workbench, sheet = open_desk, open_desk.workbench, open_desk.window.contact_sheet
    model, first = desk.window.people.model, workbench.person_id
    desk.do("view.sheet")
    assert sheet.isVisible()

    def picture():
        return desk.window.thumbnails.get(model.row(first))

    desk.wait(lambda: picture() is not None)
    bare = picture()
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy and picture() != bare)
    desk.do("edit.undo")
    desk.wait(lambda: picture() == bare)  # nobody is fitted any more
    desk.wait(lambda: sheet.currentIndex().row() == model.place_of(first))
    qtbot.wait(100)  # the sheet lays itself out
    qtbot.keyClick(sheet, Qt.Key.Key_Home)
    qtbot.keyClick(sheet, Qt.Key.Key_Right)
    assert workbench.person_id == model.ids[1]
    desk.do("person.reject")
    assert workbench.person.verdict == "rejected"
    qtbot.keyClick(sheet, Qt.Key.Key_Return)
    assert desk.window.canvas.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("coco", "out.json"),
        ("spin", "out.npz"),
        ("eft", "eft.json"),
        ("parameters", "smpl.npz"),
        ("mesh", "m.obj"),
    ],
)
def test_everybody_is_exported_for_other_programs(open_desk, tmp_path, monkeypatch, kind, name):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind: tmp_path / name)
    reports = []
    workbench.reported.connect(reports.append)
    desk.do(f"file.export_{kind}")
    desk.wait(lambda: not workbench.busy)
    assert desk.said == []
    written = sorted(path.name for path in tmp_path.iterdir() if path.stem.startswith(Path(name).stem))
    if kind == "mesh":
        assert desk.told[-1] == f"4 meshes, one a person, in {tmp_path}: {written[0]} … {written[-1]}"
    else:
        assert len(written) == 1
        assert [*desk.told, *reports][-1].startswith(name)


@pytest.mark.slow
def test_an_export_of_meshes_may_be_ended_between_two_of_them(open_desk, tmp_path):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    steps = export_steps(workbench.project, tmp_path / "m.obj", "mesh", workbench.fits.body)
    assert next(step for step in steps if step.done == 2).total == 4
    steps.close()
    assert len(list(tmp_path.glob("m_*.obj"))) == 2


@pytest.mark.slow
def test_photos_that_moved_are_found_again(open_desk, tmp_path, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    folder, moved = workbench.project.folder, tmp_path / "elsewhere"
    moved.mkdir()
    for photo in folder.glob("*.jpg"):
        photo.rename(moved / photo.name)
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: moved)
    desk.do("file.find_photos")
    desk.wait(lambda: workbench.photo is not None and "elsewhere" in workbench.photo.path)
    desk.wait(lambda: not desk.window.waiting and desk.window.canvas.image.notice == "")
    assert desk.window.actions_by_id["fit.fit"].isEnabled()


@pytest.mark.slow
def test_a_search_for_moved_photos_that_is_broken_off_leaves_the_project_as_it_is(
    open_desk, tmp_path, monkeypatch
):
    desk, workbench = open_desk, open_desk.workbench
    project = workbench.project
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: tmp_path)
    desk.do("file.find_photos")
    workbench.files.cancel()
    desk.wait(lambda: not workbench.busy)
    assert workbench.project is project
    assert desk.said == []
