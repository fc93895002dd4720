"""What commands ask of the main window: dialogs, views of the photo and of 3D, panels."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow

from desktop.commands.command import Command
from desktop.commands.context_rows import Target
from desktop.commands.window_api import FileKinds
from desktop.jobs.files.save_motion import MotionChoice
from desktop.jobs.training.practising import PracticeChoice, proposals_of, runs_of
from desktop.jobs.training.training_process import TrainingProcess
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.text.translate import tr
from desktop.views.gl.opengl import OpenGL
from desktop.views.lists.contact_sheet import ContactSheet, SheetPage
from desktop.views.lists.filmstrip import Filmstrip
from desktop.views.panels.data_plots import DataPlots
from desktop.views.photo.canvas import Canvas
from desktop.views.settings.settings_dialog import GENERAL, KEYS, SettingsDialog
from desktop.views.space.space import Space
from desktop.views.space.viewport import Viewport
from desktop.views.tools.context_menu import open_menu
from desktop.views.tools.detector_offer import DetectorDialog
from desktop.views.tools.jobs_list import JobsList
from desktop.views.tools.network_button import NetworkButton
from desktop.views.tools.palette import CommandPalette
from desktop.views.window.actions import Actions
from desktop.views.window.central import Middle
from desktop.views.window.dialogs import Dialogs
from desktop.views.window.docks import Docks
from desktop.views.window.help.about import AboutDialog
from desktop.views.window.help.manual import Manual
from desktop.views.window.help.report_dialog import ReportDialog, show_message
from desktop.views.window.help.shortcut_sheet import ShortcutSheet
from desktop.views.window.status_bar import Status


class WindowOfCommands(QMainWindow):
    """The interface `Asks` on the window's parts, which `Window` makes."""

    actions_by_id: Actions
    canvas: Canvas
    contact_sheet: ContactSheet
    data_plots: DataPlots
    docks: Docks
    filmstrip: Filmstrip
    network: NetworkButton
    sheet_page: SheetPage
    space: Space
    status: Status
    training: TrainingProcess
    viewport: Viewport
    _dialogs: Dialogs
    _middle: Middle
    _opengl: OpenGL

    def __init__(self, workbench: Workbench, commands: Sequence[Command], settings: Settings) -> None:
        super().__init__()
        self._workbench, self._commands, self._settings = workbench, commands, settings

    def ask_for_file(self, kind: str) -> Path | None:
        return self._dialogs.ask_for_file(kind)

    def ask_for_new_file(self, kind: str) -> Path | None:
        return self._dialogs.ask_for_new_file(kind, self._workbench.shown.the_project.path)

    def ask_for_motion(self, track: int | None, take: Callable[[MotionChoice], None]) -> None:
        sequence = self._workbench.sequence
        self._dialogs.ask_for_motion(track, take, float(sequence.rate) if sequence.there else None)

    def ask_for_practice(self, take: Callable[[PracticeChoice], None]) -> None:
        runs = runs_of(self._workbench.shown.the_project)
        if not runs:
            words = tr("No run of this project has a checkpoint yet. Train a network first: Panel Train.")
            self._workbench.told.emit(words)
            return
        self._dialogs.ask_for_practice(runs, take)

    def show_practice(self, folder: Path, settled: Callable[[list[str]], None]) -> None:
        self._dialogs.show_practice(proposals_of(folder), self._workbench.view.colours, settled)
        self.data_plots.weakness.look()

    def ask_for_takeaway(self, name: str, kinds: FileKinds) -> tuple[Path, int] | None:
        return self._dialogs.ask_for_takeaway(name, kinds, self._workbench.shown.the_project.path)

    def view_from(self, place: str) -> None:
        self.viewport.view_from(place)

    def frame(self, everyone: bool = False) -> None:
        self.viewport.frame(everyone)

    def zoom(self, factor: float) -> None:
        in_space = [view for view in (self.space.main, self.space.side) if view.hasFocus()]
        (in_space[0] if in_space else self.canvas).zoom(factor)

    def zoom_to_pixels(self) -> None:
        self.canvas.zoom_to(1.0)

    def show_whole_photo(self) -> None:
        self.canvas.place.show_whole()

    def zoom_to_person(self) -> None:
        self.canvas.place.show_person()

    def draw_person(self) -> None:
        self.show_contact_sheet(False)
        self.canvas.draw_person()

    def adjust_box(self) -> None:
        self.show_contact_sheet(False)
        self.canvas.adjust_box()

    def step_panel(self, by: int) -> None:
        self.docks.step(by, self.filmstrip.photos)

    def stretch_panel(self, wider: int, taller: int) -> None:
        if not self.docks.stretch(wider, taller):
            key = self.actions_by_id["panel.next"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            words = tr("No panel has the keyboard focus to be resized. Jump to a panel first: {key}")
            self._workbench.told.emit(words.format(key=key))

    def cancel_gesture(self) -> bool:
        in_photo, in_space = self.canvas.cancel(), self.space.cancel()
        return in_photo or in_space

    def show_panel(self, name: str) -> None:
        self.docks[name].show()
        self.docks[name].raise_()

    def show_contact_sheet(self, show: bool | None = None) -> None:
        """Show the contact sheet or the photo. None switches between them."""
        if self._workbench.project is not None:
            shown = self._middle.currentWidget() is self.sheet_page
            view = self.sheet_page if (not shown if show is None else show) else self.canvas
            self._middle.setCurrentWidget(view)
            view.setFocus()
            self.contact_sheet.show_person()

    def offer_detectors(self) -> None:
        DetectorDialog(self._workbench, self).open()

    def choose_network(self) -> None:
        self.network.offer()

    def show_report(self) -> None:
        none = tr("There is no report yet: imports, exports and jobs make one.")
        ReportDialog(self.status.report or none, self).open()

    def show_jobs(self) -> None:
        known = self.findChild(JobsList)
        (known or JobsList(self._workbench.jobs, self.training, self)).present()

    def reset_layout(self) -> None:
        self.docks.reset()

    def show_palette(self) -> None:
        CommandPalette(self._commands, self.actions_by_id, self._settings, self).open()

    def show_menu(self, target: Target, at: QPoint) -> None:
        """Open the context menu of a target at a point of the screen [px]."""
        open_menu(target, at, self.actions_by_id, self._workbench.view.colours, self)

    def menu_of_selection(self) -> None:
        """Open the context menu of the view with the keyboard, as the menu key does; without one, of the photo."""
        view = self.focusWidget() or self.canvas
        middle = view.rect().center()
        reason = QContextMenuEvent.Reason.Keyboard
        QApplication.sendEvent(view, QContextMenuEvent(reason, middle, view.mapToGlobal(middle)))

    def show_first_steps(self) -> None:
        self._middle.steps.steps.offer()

    def show_manual(self) -> None:
        Manual(self).show()

    def show_about(self) -> None:
        AboutDialog(self._workbench, self._opengl, self).open()

    def show_shortcuts(self) -> None:
        ShortcutSheet(self._commands, self.actions_by_id, self).show()

    def show_settings(self, keys: bool = False) -> None:
        dialog = SettingsDialog(self._workbench, self._commands, self.actions_by_id, self._settings, self)
        dialog.show_page(KEYS if keys else GENERAL)
        dialog.open()

    def restore(self) -> None:
        """Take the place on the screen, and the places of panels, of the last session."""
        geometry, places = self._settings.window()
        if geometry is not None:
            self.restoreGeometry(geometry)
        if places is not None:
            self.docks.put(places)

    def say(self, text: str) -> None:
        show_message(text, self)
