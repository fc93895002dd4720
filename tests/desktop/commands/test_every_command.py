"""Every command, with and without project, person and fit: it runs, or says why it does not."""

from dataclasses import fields

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QMenu

from core.formats.table import FORMATS
from desktop.commands.command import available, why_not
from desktop.commands.menus import COMMANDS
from desktop.views.tools.palette import CommandPalette
from desktop.views.tools.toolbar import GROUPS
from tests.desktop.making import write_coco, write_photo

pytestmark = pytest.mark.slow

# What an export cannot write, and that a network has no teacher, is said at the command.
SAYS_ITSELF = ("file.export_", "fit.teacher")
STATES = ("nothing", "photos", "person", "keypoint", "fit")


class Walk:
    """A window in one of STATES, brought back to it after each command."""

    def __init__(self, desk, folder, state):
        self.desk, self.folder, self.state, self.path = desk, folder, state, folder
        if state != "nothing":
            write_photo(folder / "only.jpg", 1)
            self.path = folder if state == "photos" else write_coco(folder)
        self.begin()

    def begin(self):
        desk, workbench = self.desk, self.desk.workbench
        if self.state != "nothing" and workbench.project is None:
            desk.open(self.path)
            assert workbench.project is not None, desk.said
        if self.state in ("keypoint", "fit") and workbench.person.fit is None:
            desk.fit()
        if self.state == "keypoint":
            workbench.change_view(keypoint=3)
        self.base, self.view, self.person_id = workbench.history.index(), workbench.view, workbench.person_id
        desk.said.clear()

    def run(self, name):
        self.desk.window.actions_by_id[name].trigger()
        self.desk.wait(lambda: not self.desk.workbench.fits.running)
        self.desk.wait(lambda: not self.desk.workbench.busy)
        self.desk.wait(lambda: not self.desk.workbench.alternatives.searching)

    def back(self):
        desk, workbench = self.desk, self.desk.workbench
        for shown in (*desk.window.findChildren(QDialog), *desk.window.findChildren(QMenu)):
            shown.close()
        desk.window.cancel_gesture()
        workbench.cancel()
        if workbench.project is None or workbench.project.folder != self.folder:
            workbench.set_project(None)
            workbench.change_view(**{item.name: getattr(self.view, item.name) for item in fields(self.view)})
            self.begin()
            return
        while workbench.history.index() > self.base and workbench.history.canUndo():
            workbench.undo()
        if self.person_id is not None:
            workbench.select(self.person_id)
        workbench.change_view(**{item.name: getattr(self.view, item.name) for item in fields(self.view)})
        desk.wait(lambda: not desk.window.waiting)
        desk.said.clear()


def written_as(folder, name, kinds):
    """A file for what the user takes away; none for a film, which takes a while."""
    return None if name == "turn" else (folder / f"{name}{kinds[0][1]}", 0)


@pytest.fixture(params=STATES)
def walk(desk, tmp_path, monkeypatch, request):
    folder = tmp_path / "walked"
    folder.mkdir()
    monkeypatch.setattr("desktop.commands.file_menu.sample_folder", lambda: tmp_path / "sample")
    monkeypatch.setattr("desktop.commands.people.finding_people.find_people", lambda *_: None)
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: None)
    monkeypatch.setattr(
        desk.window, "ask_for_new_file", lambda kind: tmp_path / f"written{FORMATS[kind].suffixes[0]}"
    )
    monkeypatch.setattr(
        desk.window, "ask_for_takeaway", lambda name, kinds: written_as(tmp_path, name, kinds)
    )
    monkeypatch.setattr(desk.window, "close", lambda: True)
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: True)
    yield Walk(desk, folder, request.param)
    monkeypatch.undo()


def test_every_command_runs_or_says_why_not(walk):
    desk = walk.desk
    for command in COMMANDS:
        there, action = available(desk.workbench), desk.window.actions_by_id[command.id]
        assert action.isEnabled() == (command.needs <= there), (walk.state, command.id)
        if not action.isEnabled():
            assert action.data() == why_not(command, there) != "", (walk.state, command.id)
            assert action.data() in action.toolTip()
            continue
        walk.run(command.id)
        assert not desk.said or command.id.startswith(SAYS_ITSELF), (walk.state, command.id, desk.said)
        walk.back()


def test_what_menus_toolbar_and_palette_offer_is_in_the_table(open_desk):
    desk, known = open_desk, {command.id for command in COMMANDS}
    own = {id(desk.window.actions_by_id[name]) for name in known}
    toggles = {id(dock.toggleViewAction()) for dock in desk.window.docks.values()}  # Qt's own, a tick a panel
    recent = {
        id(row) for row in next(m for m in desk.window.findChildren(QMenu) if "recent" in m.title()).actions()
    }
    offered = []
    for menu in desk.window.menuBar().findChildren(QMenu):
        offered += [row for row in menu.actions() if not (row.isSeparator() or row.menu())]
    assert {id(row) for row in offered} - recent == own | toggles
    assert {name for group in GROUPS for name in group} <= known
    desk.do("help.palette")
    palette = desk.window.findChild(CommandPalette)
    assert palette.list.topLevelItemCount() == len(known)
    palette.close()
    assert QApplication.activePopupWidget() is None
