"""The people's list and the contact sheet: a stable order, many people selected, one verdict for all."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

from core.records import BBox, Keypoints, Person, Photo
from core.store import Project
from desktop.commands.people import together
from desktop.model.queue import in_kept_order
from desktop.views.lists.person_tiles import score_in_words
from desktop.views.tools.context_menu import ContextMenu
from tests.desktop.making import write_coco

FLAG = QItemSelectionModel.SelectionFlag


@pytest.fixture
def desk(shared_desk, tmp_path):
    """Three photos with two people each."""
    folder = tmp_path / "photos"
    folder.mkdir()
    shared_desk.open(write_coco(folder, photos=3))
    return shared_desk


def look(desk):
    desk.wait(lambda: not desk.window.people.waiting)


def shown(desk):
    look(desk)
    return desk.window.people.model.ids.tolist()


def click(desk, place, modifiers=Qt.KeyboardModifier.NoModifier):
    people = desk.window.people.list
    people.scrollTo(people.model().index(place, 0))
    at = people.visualRect(people.model().index(place, 0)).center()
    desk.qtbot.mouseClick(people.viewport(), Qt.MouseButton.LeftButton, modifiers, at)


def verdicts(desk):
    project = desk.workbench.project
    return [project.person(person_id).verdict for person_id in shown(desk)]


def fit_all(desk):
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)


def score(desk, score):
    """Give the selected person's fit another score."""
    person = desk.workbench.person
    desk.workbench.apply("Score", person.with_(fit=replace(person.fit, score=score)))


def test_a_fit_that_changes_the_score_moves_nobody_until_the_next_worst_is_asked_for(desk):
    fit_all(desk)
    before = shown(desk)
    worst = before[0]
    desk.workbench.select(worst)
    score(desk, 0.0)
    assert shown(desk) == before
    assert desk.workbench.queue.moved
    assert desk.window.people.filters.sort.isEnabled()
    desk.do("person.next")
    assert (shown(desk), desk.workbench.person_id) == (before, before[1])
    desk.do("person.next_worst")
    now = shown(desk)
    assert now == [*before[1:], worst]
    assert not desk.window.people.filters.sort.isEnabled()


def test_the_list_is_sorted_on_demand(desk):
    fit_all(desk)
    before = shown(desk)
    desk.workbench.select(before[-1])
    score(desk, 99.0)
    assert shown(desk) == before
    desk.window.people.filters.sort.click()
    assert shown(desk)[0] == before[-1]
    assert desk.workbench.person_id == before[-1]


def test_somebody_new_stands_where_the_order_has_them_and_the_others_stay():
    kept, now = np.array([5, 2, 9, 4]), np.array([4, 7, 5, 9, 8])
    assert in_kept_order(kept, now).tolist() == [5, 9, 8, 4, 7]
    assert in_kept_order(np.array([1, 2]), np.array([3, 1, 2])).tolist() == [3, 1, 2]
    assert in_kept_order(np.zeros(0, int), now).tolist() == now.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_an_order_is_kept_with_everybody_once(seed):
    random = np.random.default_rng(seed)
    kept, now = random.permutation(50)[:30], random.permutation(60)[:40]
    found = in_kept_order(kept, now)
    assert sorted(found) == sorted(now)
    assert [one for one in found if one in kept] == [one for one in kept if one in now]


def test_people_selected_with_ctrl_and_shift_get_one_verdict_as_one_step_of_undo(desk):
    click(desk, 0)
    click(desk, 2, Qt.KeyboardModifier.ShiftModifier)
    click(desk, 4, Qt.KeyboardModifier.ControlModifier)
    look(desk)
    assert "4 selected" in desk.window.people.progress.count.text()
    desk.do("person.accept")
    assert verdicts(desk) == ["accepted", "accepted", "accepted", "todo", "accepted", "todo"]
    assert desk.workbench.history.count() == 1
    assert desk.workbench.history.undoText() == "Accept 4 people"
    desk.do("edit.undo")
    assert set(verdicts(desk)) == {"todo"}
    desk.do("edit.redo")
    assert verdicts(desk).count("accepted") == 4


def test_ctrl_a_selects_everybody_and_moving_on_ends_it(desk):
    people = desk.window.people.list
    people.setFocus()
    desk.qtbot.keyClick(people, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(desk.workbench.queue.together) == 6
    desk.do("person.next")
    assert desk.workbench.queue.together.tolist() == [desk.workbench.person_id]
    desk.do("person.reject")
    assert verdicts(desk).count("rejected") == 1


def test_the_person_on_show_is_always_one_of_those_selected(desk):
    click(desk, 1)
    click(desk, 3, Qt.KeyboardModifier.ShiftModifier)
    click(desk, 3, Qt.KeyboardModifier.ControlModifier)  # takes it out again
    ids = shown(desk)
    assert desk.workbench.queue.together.tolist() == ids[1:3]
    assert desk.workbench.person_id in ids[1:3]
    click(desk, 5)
    click(desk, 5, Qt.KeyboardModifier.ControlModifier)  # the only one cannot be taken out
    assert desk.workbench.queue.together.tolist() == [ids[5]]


def test_people_selected_together_stay_so_when_the_order_changes(desk):
    fit_all(desk)
    click(desk, 0)
    click(desk, 1, Qt.KeyboardModifier.ControlModifier)
    chosen = set(desk.workbench.queue.together.tolist())
    desk.workbench.queue.want(order="best")
    look(desk)
    assert set(desk.workbench.queue.together.tolist()) == chosen
    rows = {index.row() for index in desk.window.people.selection.selectedIndexes()}
    assert {int(desk.window.people.model.ids[row]) for row in rows} == chosen


def test_the_sheet_selects_the_same_people_as_the_list(desk):
    desk.do("view.sheet")
    sheet = desk.window.contact_sheet
    desk.wait(lambda: not sheet.visualRect(sheet.model().index(3, 0)).isEmpty())
    for place, keys in ((0, Qt.KeyboardModifier.NoModifier), (3, Qt.KeyboardModifier.ShiftModifier)):
        at = sheet.visualRect(sheet.model().index(place, 0)).center()
        desk.qtbot.mouseClick(sheet.viewport(), Qt.MouseButton.LeftButton, keys, at)
    assert len(desk.workbench.queue.together) == 4
    assert "4 selected" in desk.window.sheet_page.count.text()
    desk.do("person.later")
    assert verdicts(desk).count("later") == 4
    desk.do("view.sheet")
    rows = desk.window.people.list.selectionModel().selectedIndexes()
    assert len(rows) == 4


def test_many_people_are_deleted_in_one_step_and_locked_ones_stay(desk):
    ids = shown(desk)
    desk.workbench.select(ids[1])
    desk.do("person.accept")
    click(desk, 0)
    delete = desk.window.actions_by_id["person.delete"]
    assert delete.text().replace("&", "") == "Delete person"
    click(desk, 3, Qt.KeyboardModifier.ShiftModifier)
    assert delete.text().replace("&", "") == "Delete people"
    desk.do("person.delete")
    assert set(shown(desk)) == {ids[1], *ids[4:]}
    assert "locked" in desk.told[-1]
    assert desk.workbench.person_id in shown(desk)
    desk.do("edit.undo")
    assert set(shown(desk)) == set(ids)


def test_the_selected_people_are_fitted_and_nobody_else(desk):
    assert not desk.window.actions_by_id["fit.selected"].isEnabled()
    assert "only one person" in desk.window.actions_by_id["fit.selected"].toolTip()
    click(desk, 0)
    click(desk, 1, Qt.KeyboardModifier.ControlModifier)
    chosen = set(desk.workbench.queue.together.tolist())
    desk.do("fit.selected")
    desk.wait(lambda: not desk.workbench.busy)
    project = desk.workbench.project
    assert {one for one in shown(desk) if project.person(one).fit is not None} == chosen


def test_a_verdict_on_more_people_than_can_be_written_at_once_is_a_job_and_one_step(desk, monkeypatch):
    monkeypatch.setattr(together, "AT_ONCE", 2)
    desk.window.people.list.selectAll()
    desk.do("person.reject")
    desk.wait(lambda: not desk.workbench.busy)
    assert set(verdicts(desk)) == {"rejected"}
    assert desk.workbench.history.count() == 1
    desk.do("edit.undo")
    assert set(verdicts(desk)) == {"todo"}


def test_while_a_job_runs_a_verdict_on_a_few_is_a_step_of_its_own(desk):
    desk.do("fit.queue")
    click(desk, 0)
    click(desk, 1, Qt.KeyboardModifier.ControlModifier)
    desk.do("person.later")
    desk.wait(lambda: not desk.workbench.busy)
    assert verdicts(desk).count("later") == 2
    while desk.workbench.history.canUndo():
        desk.do("edit.undo")
    assert set(verdicts(desk)) == {"todo"}


def menu_at(desk, view, at):
    QApplication.sendEvent(
        view.viewport(),
        QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at)),
    )
    return next(menu for menu in desk.window.findChildren(ContextMenu) if menu.isVisible())


def test_a_row_has_a_menu_of_commands_for_its_person_and_several_rows_one_for_all(desk):
    people = desk.window.people.list
    click(desk, 2)
    at = people.visualRect(people.model().index(2, 0)).center()
    menu = menu_at(desk, people, at)
    words = [row.text().replace("&", "") for row in menu.actions()]
    assert {"Accept", "Fit", "Show the photo in its folder", "Copy the photo's file name"} <= set(words)
    next(row for row in menu.actions() if "Reject" in row.text().replace("&", "")).trigger()
    menu.close()
    assert desk.workbench.project.person(shown(desk)[2]).verdict == "rejected"
    click(desk, 4, Qt.KeyboardModifier.ShiftModifier)
    menu = menu_at(desk, people, at)
    assert menu.accessibleName() == "3 people selected"
    assert all(row.isEnabled() for row in menu.actions() if "selected" in row.text())
    menu.close()


def test_the_name_of_the_photo_is_copied_and_its_folder_opened(desk, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(
        "desktop.commands.people.photo_file.QDesktopServices.openUrl",
        lambda url: bool(opened.append(url.toLocalFile())) or True,
    )
    desk.do("person.copy_name")
    assert QApplication.clipboard().text() == "photo_0.jpg"
    desk.do("person.show_in_folder")
    assert opened == [str(tmp_path / "photos")]


def test_a_photo_whose_folder_is_gone_opens_nothing_and_says_so(desk, monkeypatch):
    monkeypatch.setattr("desktop.commands.people.photo_file.QDesktopServices.openUrl", lambda url: 1 / 0)
    moved = desk.workbench.photo.with_(path="gone/photo.jpg")
    desk.workbench.preview_photo(moved)
    desk.do("person.show_in_folder")
    assert "is not there" in desk.told[-1]
    desk.workbench.cancel()


def test_an_empty_list_says_why(desk, tmp_path):
    desk.workbench.queue.want(verdict="accepted")
    look(desk)
    people = desk.window.people
    assert people.model.rowCount() == 0
    assert "filters" in people.list.nobody
    Project.create(tmp_path / "empty.fitloop").close()
    desk.open(tmp_path / "empty.fitloop")
    look(desk)
    assert "Ctrl+D" in people.list.nobody
    assert people.progress.count.text() == "No people yet"


@pytest.mark.slow
def test_a_list_of_ten_thousand_people_selects_and_judges_all_of_them(desk, tmp_path):
    keypoints = Keypoints("coco17", np.full((17, 2), 50.0), np.ones(17))
    person = Person(0, BBox(np.array([50.0, 50.0]), 0.5), keypoints)
    with Project.create(tmp_path / "many.fitloop") as project:
        project.add_photos(
            Photo(f"{'x' * 190}_{number:05d}.jpg", 100, 100, (person,) * 10) for number in range(1000)
        )
    desk.open(tmp_path / "many.fitloop")
    look(desk)
    people = desk.window.people
    assert people.model.rowCount() == 10_000
    people.list.selectAll()
    assert len(desk.workbench.queue.together) == 10_000
    people.selection.select(
        QItemSelection(people.model.index(0), people.model.index(99)), FLAG.ClearAndSelect
    )
    desk.do("person.accept")
    desk.wait(lambda: not desk.workbench.busy)
    assert desk.workbench.project.counts() == {"accepted": 100, "todo": 9900}
    assert desk.workbench.history.count() == 1


def test_a_long_name_is_elided_in_its_middle_and_whole_in_the_tool_tip(desk):
    look(desk)
    people = desk.window.people.list
    metrics = people.fontMetrics()
    name = "a" * 100 + "b" * 96 + ".jpg"
    short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 120)
    assert short.startswith("aa")
    assert short.endswith(".jpg")
    row = desk.window.people.model.row(shown(desk)[0])
    assert score_in_words(row) == "no fit"


def test_the_size_of_the_sheets_pictures_is_kept_for_the_next_session(desk):
    desk.do("view.sheet")
    desk.window.sheet_page.size_slider.setValue(200)
    assert desk.workbench.view.tile_px == 200
    desk.settings.keep_view(desk.workbench.view)
    assert desk.settings.view().tile_px == 200
    desk.settings._store.setValue("tile_px", "huge")
    assert desk.settings.view().tile_px == 128
    desk.settings._store.setValue("tile_px", 10**9)
    assert desk.settings.view().tile_px == 256
    desk.settings.keep_view(type(desk.workbench.view)(theme="light"))


def test_another_size_of_the_sheets_pictures_redraws_the_sheet_alone(desk):
    desk.do("view.sheet")
    changes = []
    desk.workbench.view_changed.connect(lambda: changes.append(desk.workbench.view.tile_px))
    desk.window.sheet_page.size_slider.setValue(200)
    assert desk.window.contact_sheet._tile_px == 200
    assert not changes
    desk.workbench.change_view(tile_px=100, boxes=not desk.workbench.view.boxes)
    assert desk.window.sheet_page.size_slider.value() == 100
    assert changes == [100]


def test_a_layout_of_the_sheet_asks_python_nothing_about_each_row(desk):
    assert "rowCount" not in vars(type(desk.window.people.model))
    assert desk.window.people.model.rowCount() == len(desk.workbench.queue.ids())


def test_a_context_menu_beside_all_rows_has_none(desk):
    desk.workbench.queue.want(verdict="accepted")
    look(desk)
    people = desk.window.people.list
    QApplication.sendEvent(
        people.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), QPoint(5, 5))
    )
    assert not [menu for menu in desk.window.findChildren(ContextMenu) if menu.isVisible()]
