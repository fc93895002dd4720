"""The main window: photo in the middle, panels around it, and menus made of the command table."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import (
    QCloseEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QMainWindow

from desktop import theme
from desktop.commands.command import Command
from desktop.commands.context_rows import Target
from desktop.commands.file_menu import open_path
from desktop.jobs.files.photos import Photos
from desktop.jobs.files.thumbnails import Thumbnails
from desktop.jobs.training_process import TrainingProcess
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.settings import LAYOUT_VERSION, Settings
from desktop.text.translate import tr
from desktop.views.gl.opengl import find_opengl
from desktop.views.gl.renderer import Renderer
from desktop.views.panels.alternatives_panel import AlternativePictures
from desktop.views.panels.body_panel import BodyPanel
from desktop.views.panels.contact_sheet import ContactSheet
from desktop.views.panels.data_plots import DataPlots
from desktop.views.panels.fit_panel import FitPanel
from desktop.views.panels.fit_plots import FitPlots
from desktop.views.panels.people_panel import PeoplePanel
from desktop.views.panels.pose_table import PoseTable
from desktop.views.panels.train_panel import TrainPanel
from desktop.views.photo.canvas import Canvas
from desktop.views.space.space import Space
from desktop.views.tools.context_menu import open_menu
from desktop.views.tools.network_button import NetworkButton
from desktop.views.tools.palette import CommandPalette
from desktop.views.tools.toolbar import Toolbar
from desktop.views.window.actions import Actions
from desktop.views.window.central import Middle
from desktop.views.window.dialogs import Dialogs
from desktop.views.window.docks import AREA, Docks, first_size
from desktop.views.window.hints import Place
from desktop.views.window.keyboard_place import KeyboardPlace, belongs_to
from desktop.views.window.report_dialog import ReportDialog, show_message
from desktop.views.window.shortcut_editor import ShortcutEditor
from desktop.views.window.shortcut_sheet import ShortcutSheet
from desktop.views.window.start_page import StartPage
from desktop.views.window.status_bar import Status


class Window(QMainWindow):
    """Assembles the views; each of them draws the workbench by itself."""

    def __init__(self, workbench: Workbench, commands: Sequence[Command], settings: Settings) -> None:
        super().__init__()
        self._workbench, self._commands, self._settings = workbench, commands, settings
        self._dressed = ""
        self._dress()
        self.setWindowTitle("Fitloop")
        self.setAcceptDrops(True)
        self.actions_by_id = Actions(self, workbench, commands, settings)
        self._dialogs = Dialogs(self, settings)
        self.photos = Photos(self)
        self.photos.resized.connect(workbench.told)
        self.thumbnails = Thumbnails(lambda: workbench.fits.body, self)
        opengl = find_opengl()
        self._renderer = None if opengl.complaint else Renderer(opengl.software)
        self.space = Space(workbench, opengl, self._renderer)
        self.viewport = self.space.main
        self.canvas = Canvas(workbench, self.photos, self._renderer)
        self.start_page = StartPage(self.actions_by_id)
        self.people = PeoplePanel(workbench, self.thumbnails)
        self.contact_sheet = ContactSheet(workbench, self.people.model, self.thumbnails)
        self.contact_sheet.opened.connect(partial(self.show_contact_sheet, False))
        self.fit_panel = FitPanel(workbench, self.actions_by_id)
        self.plots, self.data_plots = FitPlots(workbench), DataPlots(workbench)
        self.alternatives = AlternativePictures(workbench, self._renderer)
        self.training = TrainingProcess(self)
        self.train_panel = TrainPanel(workbench, self.training)
        self.body_panel, self.pose_table = BodyPanel(workbench, self.actions_by_id), PoseTable(workbench)
        pages = (self.start_page, self.canvas, self.contact_sheet)
        self._middle = Middle(workbench, settings, self.actions_by_id, pages)
        self.setCentralWidget(self._middle)
        self.docks = Docks(self)
        self.docks.wanted = settings.dock_sizes
        self._add_docks()
        self.docks["data"].visibilityChanged.connect(self.data_plots.measure)
        self.docks.tabify()
        layout = self.layout()
        if layout is not None:
            layout.activate()  # before it, docks lie side by side and need a wider window
        self.resize(first_size(self.screen().availableSize()))
        self.actions_by_id.begin(self, list(self.docks.values()))
        self.addToolBar(Toolbar(workbench, self.actions_by_id))
        self.network = NetworkButton(workbench, lambda: self.ask_for_file("network"))
        self.status = Status(workbench, self.actions_by_id, self.statusBar(), self.network)
        self._project: object = None
        self._complaint, self._stayed = "", False
        self._connect()
        # Whether docks have their first sizes; they get them when the window is first shown.
        self.arranged = False
        self._first_layout = self.saveState(LAYOUT_VERSION)
        self._show_project()
        self.actions_by_id.update_states()

    def _connect(self) -> None:
        workbench = self._workbench
        workbench.view_changed.connect(self._dress)
        workbench.project_changed.connect(self._show_project)
        workbench.refused.connect(self._refuse)
        workbench.reported.connect(self.show_report)
        workbench.asked.connect(self._dialogs.ask)
        workbench.fits.network.keep_in(self._settings)
        for view in (self.canvas, self.space.main, self.space.side):
            view.menu_asked.connect(self.show_menu)
        self.status.report_asked.connect(self.show_report)
        self.start_page.chosen.connect(lambda path: open_path(workbench, Path(path)))
        self.canvas.missing.clicked.connect(self.actions_by_id["file.find_photos"].trigger)
        pages: dict[object, Place] = {self.start_page: "start", self.contact_sheet: "sheet"}
        self._keyboard = KeyboardPlace(self, self._middle, pages, self.space)
        self._keyboard.changed.connect(self.status.show_place)

    # The interface for commands

    def ask_for_file(self, kind: str) -> Path | None:
        return self._dialogs.ask_for_file(kind)

    def ask_for_new_file(self, kind: str) -> Path | None:
        return self._dialogs.ask_for_new_file(kind, self._workbench.shown.the_project.path)

    def view_from(self, place: str) -> None:
        self.viewport.view_from(place)

    def zoom(self, factor: float) -> None:
        in_space = [view for view in (self.space.main, self.space.side) if view.hasFocus()]
        (in_space[0] if in_space else self.canvas).zoom(factor)

    def zoom_to_pixels(self) -> None:
        self.canvas.zoom_to(1.0)

    def show_whole_photo(self) -> None:
        self.canvas.show_whole()

    def zoom_to_person(self) -> None:
        self.canvas.show_person()

    def draw_person(self) -> None:
        self.show_contact_sheet(False)
        self.canvas.draw_person()

    def adjust_box(self) -> None:
        self.show_contact_sheet(False)
        self.canvas.adjust_box()

    def step_panel(self, by: int) -> None:
        self.docks.step(by)

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
            shown = self._middle.currentWidget() is self.contact_sheet
            view = self.contact_sheet if (not shown if show is None else show) else self.canvas
            self._middle.setCurrentWidget(view)
            view.setFocus()
            self.contact_sheet.show_person()

    def choose_network(self) -> None:
        self.network.offer()

    def show_report(self) -> None:
        none = tr("There is no report yet: imports, exports and jobs make one.")
        ReportDialog(self.status.report or none, self).open()

    def reset_layout(self) -> None:
        self.restoreState(self._first_layout, LAYOUT_VERSION)
        self._arrange()

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

    def show_shortcuts(self) -> None:
        ShortcutSheet(self._commands, self.actions_by_id, self).open()

    def change_shortcuts(self) -> None:
        ShortcutEditor(self._commands, self.actions_by_id, self._settings, self).open()

    def say(self, text: str) -> None:
        show_message(text, self)

    @qt_override()
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    @qt_override()
    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped: a project, photos' folder, or annotations."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if len(paths) == 1:
            open_path(self._workbench, paths[0])
        elif paths:
            self._workbench.told.emit(
                tr("Drop one file or folder: several photos are opened by their folder.")
            )

    @qt_override()
    def closeEvent(self, event: QCloseEvent) -> None:
        """Close without a question, because all edits are saved."""
        if self._stays():
            event.ignore()
            return
        self._settings.dock_sizes = self.docks.wanted
        self._keyboard.close()
        self.people.stop()
        self.training.close()
        self.data_plots.stop()
        self.photos.close()
        self.thumbnails.close()
        self._workbench.close()
        if self._renderer is not None:
            self._renderer.close()
        super().closeEvent(event)

    def _stays(self) -> bool:
        """Whether the window stays open: once after a failed save, and while files are written. Then it closes."""
        self._complaint = ""
        self.people.keep_typed()
        self._workbench.keep_due()
        stays, self._stayed = bool(self._complaint) and not self._stayed, bool(self._complaint)
        if not stays and self._workbench.files.writing:
            self._workbench.told.emit(
                tr("The window closes as soon as all files are written. Stop keeps it open.")
            )
            self._workbench.files.afterwards(tr("Close the window"), self.close)
            stays = True
        return stays

    def _refuse(self, why: str) -> None:
        self._complaint = why
        self.say(why)

    @property
    def waiting(self) -> bool:
        """Whether photos or thumbnails are still being read."""
        return self.photos.busy or self.thumbnails.busy

    def _add_docks(self) -> None:
        left, right, bottom = AREA.LeftDockWidgetArea, AREA.RightDockWidgetArea, AREA.BottomDockWidgetArea
        for name, title, panel, area in (
            ("people", tr("People"), self.people, left),
            ("viewport", tr("3D view"), self.space, right),
            ("body", tr("Body"), self.body_panel, right),
            ("pose", tr("Pose"), self.pose_table, right),
            ("fit", tr("Fit"), self.fit_panel, right),
            ("alternatives", tr("Alternatives"), self.alternatives, bottom),
            ("train", tr("Train"), self.train_panel, bottom),
            ("data", tr("Data set"), self.data_plots, bottom),
            ("plots", tr("Plots"), self.plots, bottom),
        ):
            self.docks.add(name, title, panel, area)

    def _arrange(self) -> None:
        self.docks.arrange()
        self.arranged = True

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.arranged:
            self.docks.regain()

    @qt_override(bool)
    def event(self, event: QEvent) -> bool:
        """See drags between docks, and keep standard keys in panels, although they are shortcuts of commands."""
        if event.type() == QEvent.Type.MouseButtonPress:  # perhaps of a drag between two docks
            self.docks.begin_change()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self.docks.remember()
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return bool(super().event(event))
        if belongs_to(self.focusWidget(), event, (self.canvas, self.space.main, self.space.side)):
            event.accept()
        return event.isAccepted()

    @qt_override()
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.arranged:
            self._arrange()

    def _dress(self) -> None:
        colors = self._workbench.view.colours
        if colors.name != self._dressed:
            self._dressed = colors.name
            theme.apply(colors)

    def _show_project(self) -> None:
        self._stayed = False
        project = self._workbench.project
        if project is self._project and self._project is not None:
            return
        self._project = project
        self.thumbnails.show(project)
        self._middle.setCurrentWidget(self.start_page if project is None else self.canvas)
        if project is None:
            self.start_page.setFocus()
        self.setWindowTitle("Fitloop")
        if project is not None:
            name = tr("{name} (read-only)") if project.read_only else "{name}"
            self.setWindowTitle(f"{name.format(name=project.path.stem)} – Fitloop")
            self._settings.add_recent(str(project.path))
            self.canvas.setFocus()
        self.start_page.show_recent(self._settings.recent())
