"""Practise what fails: composites on a sheet, worst first; refused ones leave; the queue by the expected loss."""

import json
import threading

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from core.errors import FitloopError, ReadError
from desktop.commands.train_menu import settle
from desktop.jobs.files.save_files import fits_file_of
from desktop.jobs.training import practising
from desktop.jobs.training.practising import (
    PracticeChoice,
    practice_steps,
    proposals_of,
    read_failures,
    worst_expected,
)
from desktop.views.window.practice_dialog import PracticeDialog
from desktop.views.window.proposal_sheet import ProposalSheet

LOSSES = (0.5, np.nan, 2.5, 1.0)


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def write_composites(folder, losses=LOSSES):
    (folder / "images").mkdir(parents=True)
    names = [f"images/{i:06d}.jpg" for i in range(len(losses))]
    for i, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((40, 60, 3), 50 * i, np.uint8))
    kinds = np.array(["occlusion", "occlusion", "crop", "crowd"][: len(losses)])
    np.savez(folder / "composed.npz", imgname=names, kind=kinds, target_loss=np.array(losses, np.float32))
    return folder


def report_of(project, losses):
    people = [
        {
            "imgname": photo.path,
            "center": [float(v) for v in person.bbox.center],
            "scale": 1.0,
            "expected_loss": losses[person.id],
        }
        for photo in project.photos()
        for person in photo.people
    ]
    bins = [
        {"low": 0.0, "high": 0.2, "loss": 1.0, "people": 3},
        {"low": 0.2, "high": 1.0, "loss": 2.0, "people": 4},
    ]
    people = sorted(people, key=lambda one: -one["expected_loss"])
    return {"target": "run", "curves": dict.fromkeys(practising.CURVES, bins), "people": people}


def a_child(calls, folder, project, status=0):
    """In place of train.compose."""

    def run(module, arguments):
        calls.append((module, list(arguments)))
        yield
        if "--out" in arguments and not status:
            write_composites(folder(arguments))
        if "--report" in arguments and not status:
            ids = [person.id for photo in project().photos() for person in photo.people]
            report = report_of(project(), {one: float(place) for place, one in enumerate(ids)})
            path = arguments[arguments.index("--report") + 1]
            with open(path, "w") as stream:
                json.dump(report, stream)
        return status, "a cut-out has no alpha"

    return run


def test_the_largest_loss_comes_first_and_people_without_a_loss_are_left_out(tmp_path):
    proposals = proposals_of(write_composites(tmp_path / "made"))
    assert [one.loss for one in proposals] == pytest.approx([2.5, 1.0, 0.5])
    assert [one.kind for one in proposals] == ["crop", "crowd", "occlusion"]


@pytest.mark.parametrize(
    "text", ["{}", '{"curves": 3}', '{"target": "a", "curves": {"occlusion": [{}]}}', "[1]"]
)
def test_a_strange_report_is_refused(tmp_path, text):
    file = tmp_path / "weak.json"
    file.write_text(text)
    with pytest.raises(ReadError, match="no report"):
        read_failures(file)


def test_a_data_set_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "composed.npz", imgname=["a.jpg"])
    with pytest.raises(ReadError, match="Practise again"):
        proposals_of(tmp_path)


def test_a_child_that_fails_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(practising, "run_child", a_child([], None, None, status=1))
    steps = practice_steps(tmp_path / "fits.npz", tmp_path / "practice", PracticeChoice(tmp_path))
    with pytest.raises(FitloopError, match="a cut-out has no alpha"):
        list(steps)


def test_keys_accept_and_refuse_and_go_on(qtbot, tmp_path, open_desk):
    proposals = proposals_of(write_composites(tmp_path / "made"))
    sheet = ProposalSheet(proposals, open_desk.workbench.view.colours)
    qtbot.addWidget(sheet)
    settled = []
    sheet.settled.connect(settled.append)
    sheet.show()
    assert sheet.list.item(0).text() == "2.50 · cut"
    for key in (Qt.Key.Key_A, Qt.Key.Key_R):
        qtbot.keyClick(sheet.list, key)
    assert sheet.list.currentRow() == 2
    assert sheet.list.verdicts == ["accepted", "rejected", "todo"]
    sheet.close()
    assert settled == [["images/000003.jpg"]]


def test_at_least_one_kind_is_practised(qtbot, tmp_path):
    dialog = PracticeDialog([tmp_path / "runs" / "spin-1"])
    qtbot.addWidget(dialog)
    for kind, box in dialog.kinds.items():
        box.setChecked(kind == "crop")
    assert dialog.choice() == PracticeChoice(tmp_path / "runs" / "spin-1", ("crop",))
    dialog.kinds["crop"].setChecked(False)
    assert not dialog.make.isEnabled()


def test_enter_makes_the_composites_and_does_not_close_their_sheet(qtbot, tmp_path, open_desk):
    dialog = PracticeDialog([tmp_path / "runs" / "spin-1"])
    sheet = ProposalSheet(proposals_of(write_composites(tmp_path / "made")), open_desk.workbench.view.colours)
    for one in (dialog, sheet):
        qtbot.addWidget(one)
        one.show()
    assert dialog.make.isDefault()
    assert not any(button.isDefault() for button in sheet.findChildren(QPushButton))
    qtbot.keyClick(sheet.list, Qt.Key.Key_Return)
    assert sheet.isVisible()


def test_the_curve_leaves_room_for_the_other_plots(open_desk):
    plots = open_desk.window.data_plots
    folder = open_desk.workbench.project.folder / "runs" / "practice-2026"
    folder.mkdir(parents=True)
    report = report_of(open_desk.workbench.project, dict.fromkeys(range(1000), 1.0))
    (folder / "weak.json").write_text(json.dumps(report))
    open_desk.window.show_panel("data")
    open_desk.wait(lambda: plots.weakness.isVisible() and not plots.measuring.running)
    open_desk.qtbot.wait(50)
    widths = [plot.width() for plot in (plots.scores, plots.pck, plots.verdicts, plots.weakness)]
    assert min(widths) > 0.5 * max(widths)


def test_without_fits_or_a_run_the_window_says_what_is_missing(open_desk):
    open_desk.do("train.practise")
    assert "Save the fits first" in open_desk.told[-1]
    fits_file_of(open_desk.workbench.project).touch()
    open_desk.do("train.practise")
    assert "Train a network first" in open_desk.told[-1]
    open_desk.do("train.expected")
    assert "There is no report yet" in open_desk.told[-1]


def test_practice_ends_on_the_sheet_and_the_queue_can_follow_its_report(open_desk, monkeypatch):
    workbench, calls = open_desk.workbench, []

    def folder(arguments):
        from pathlib import Path

        return Path(arguments[arguments.index("--out") + 1])

    monkeypatch.setattr(practising, "run_child", a_child(calls, folder, lambda: workbench.project))
    fits_file_of(workbench.project).touch()
    run = workbench.project.folder / "runs" / "spin-1"
    run.mkdir(parents=True)
    (run / "checkpoint.pt").touch()
    open_desk.do("train.practise")
    dialog = open_desk.window.findChild(PracticeDialog)
    dialog.count.setValue(5)
    dialog.make.click()
    open_desk.wait(lambda: open_desk.window.findChild(ProposalSheet) is not None)
    assert calls[0][0] == "train.compose"
    assert "--fits" in calls[0][1]
    assert "5" in calls[0][1]
    sheet = open_desk.window.findChild(ProposalSheet)
    open_desk.qtbot.keyClick(sheet.list, Qt.Key.Key_R)
    sheet.close()
    open_desk.wait(lambda: len(calls) == 3 and not workbench.files.running)
    assert calls[2][1][0] == "--settle"
    made = next((workbench.project.folder / "runs").glob("practice-*"))
    assert json.loads((made / "refused.json").read_text()) == ["images/000002.jpg"]
    open_desk.do("train.expected")
    ids = [person.id for photo in workbench.project.photos() for person in photo.people]
    assert workbench.queue.ids().tolist() == ids[::-1]
    assert workbench.person_id == ids[-1]
    assert open_desk.window.data_plots.weakness.report is not None


def test_people_that_moved_since_the_report_are_left_out(open_desk, tmp_path):
    project = open_desk.workbench.project
    ids = [person.id for photo in project.photos() for person in photo.people]
    report = report_of(project, dict.fromkeys(ids, 1.0))
    report["people"][0]["center"][0] += 40
    file = tmp_path / "weak.json"
    file.write_text(json.dumps(report))
    assert len(worst_expected(project, read_failures(file))) == len(ids) - 1


def test_the_curve_is_drawn_for_each_choice(open_desk, tmp_path):
    plot = open_desk.window.data_plots.weakness
    assert plot.isHidden()
    folder = open_desk.workbench.project.folder / "runs" / "practice-2026"
    folder.mkdir(parents=True)
    ids = [person.id for photo in open_desk.workbench.project.photos() for person in photo.people]
    (folder / "weak.json").write_text(
        json.dumps(report_of(open_desk.workbench.project, dict.fromkeys(ids, 1.0)))
    )
    plot.look()
    assert not plot.isHidden()
    for index in range(plot.curve.count()):
        plot.curve.setCurrentIndex(index)
        assert plot.bars is not None
        assert plot.bars.opts["height"].tolist() == [1.0, 2.0]


def test_refusals_wait_for_other_work_on_files_and_are_not_lost(open_desk, tmp_path, monkeypatch):
    calls, files = [], open_desk.workbench.files
    monkeypatch.setattr(practising, "run_child", a_child(calls, None, None))
    go_on = threading.Event()

    def until_told():
        while not go_on.wait(0.01):
            yield

    files.start("Other work", until_told())
    settle(open_desk.workbench, tmp_path, ["images/000001.jpg"])
    go_on.set()
    open_desk.wait(lambda: bool(calls) and not files.running)
    assert open_desk.said == []
    assert json.loads((tmp_path / "refused.json").read_text()) == ["images/000001.jpg"]
