"""The main window: photo in the middle, panels around it, and menus made of the command table."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
)

from desktop import theme
from desktop.commands.command import Command
from desktop.commands.file_menu import open_path
from desktop.jobs.files.photos import Photos
from desktop.jobs.files.thumbnails import Thumbnails, photo_thumbnail_steps, with_a_body
from desktop.jobs.training.training_process import TrainingProcess
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.settings import Settings
from desktop.text.translate import tr
from desktop.views.gl.opengl import find_opengl
from desktop.views.gl.renderer import Renderer
from desktop.views.lists.contact_sheet import ContactSheet, SheetPage
from desktop.views.lists.filmstrip import Filmstrip
from desktop.views.lists.people_panel import PeoplePanel
from desktop.views.panels.alternatives_panel import AlternativePictures
from desktop.views.panels.body_panel import BodyPanel
from desktop.views.panels.data_plots import DataPlots
from desktop.views.panels.fit_panel import FitPanel
from desktop.views.panels.fit_plots import FitPlots
from desktop.views.panels.pose_table import PoseTable
from desktop.views.panels.train_panel import TrainPanel
from desktop.views.photo.canvas import Canvas
from desktop.views.photo.placing_help import PlacingHelp
from desktop.views.space.space import Space
from desktop.views.start.start_page import StartPage
from desktop.views.timeline.timeline import Timeline
from desktop.views.tools.network_button import NetworkButton
from desktop.views.tools.people_card import PeopleCard
from desktop.views.tools.recent_menu import RecentMenu
from desktop.views.tools.toolbar import Toolbar
from desktop.views.tools.view_tools import PhotoTools, SpaceTools
from desktop.views.window.actions import Actions
from desktop.views.window.canvas_hints import CanvasHints
from desktop.views.window.central import Middle
from desktop.views.window.dialogs import Dialogs
from desktop.views.window.docks import AREA, Docks, first_size
from desktop.views.window.drops import take_drop
from desktop.views.window.hints import Place
from desktop.views.window.keyboard_place import KeyboardPlace, belongs_to
from desktop.views.window.status_bar import Status
from desktop.views.window.takeaway_views import TakeawayViews
from desktop.views.window.window_of_commands import WindowOfCommands


class Window(WindowOfCommands):
    """Assembles the views; each of them draws the workbench by itself."""

    def __init__(self, workbench: Workbench, commands: Sequence[Command], settings: Settings) -> None:
        super().__init__(workbench, commands, settings)
        self._dressed = ""
        self._dress()
        self.setWindowTitle("Fitloop")
        self.setAcceptDrops(True)
        self.actions_by_id = Actions(self, workbench, commands, settings)
        self._dialogs = Dialogs(self, settings)
        self._project: object = None
        self._complaint, self._stayed = "", False
        self._make_readers(workbench)
        self._make_photo_and_space(workbench)
        self._make_lists_and_panels(workbench)
        self._arrange(workbench)
        self._make_tools(workbench)
        self._connect()
        self.docks.keep_first()
        self._show_project()
        self.actions_by_id.update_states()

    def _make_readers(self, workbench: Workbench) -> None:
        self.photos = Photos(self)
        self.photos.resized.connect(workbench.told)
        self.thumbnails = Thumbnails(with_a_body(lambda: workbench.fits.body), self)
        self.photo_thumbnails = Thumbnails(photo_thumbnail_steps, self)

    def _make_photo_and_space(self, workbench: Workbench) -> None:
        opengl = self._opengl = find_opengl()
        self._renderer = None if opengl.complaint else Renderer(opengl.software)
        self.space = Space(workbench, opengl, self._renderer)
        self.viewport = self.space.main
        self.canvas = Canvas(workbench, self.photos, self._renderer)
        self.takeaways = TakeawayViews(workbench, self.canvas, self.viewport, self._renderer)
        self.placing_help = PlacingHelp(self.canvas, workbench)
        self.people_card = PeopleCard(
            self.canvas, workbench, self.actions_by_id, lambda: self.canvas.image.notice
        )
        self.photos.arrived.connect(self.people_card.look)

    def _make_lists_and_panels(self, workbench: Workbench) -> None:
        self.start_page = StartPage(workbench, self.actions_by_id)
        self.people = PeoplePanel(workbench, self.thumbnails, self.actions_by_id)
        people = self.people.model
        self.contact_sheet = ContactSheet(workbench, people, self.people.selection, self.thumbnails)
        self.sheet_page = SheetPage(workbench, self.contact_sheet, people)
        self.contact_sheet.opened.connect(partial(self.show_contact_sheet, False))
        self.fit_panel = FitPanel(workbench, self.actions_by_id)
        self.plots, self.data_plots = FitPlots(workbench), DataPlots(workbench)
        self.alternatives = AlternativePictures(workbench, self._renderer)
        self.training = TrainingProcess(self)
        self.train_panel = TrainPanel(workbench, self.training)
        self.body_panel, self.pose_table = BodyPanel(workbench, self.actions_by_id), PoseTable(workbench)
        self.filmstrip = Filmstrip(workbench, self.photo_thumbnails, self.actions_by_id)
        self.timeline = Timeline(workbench, self.photos, self.actions_by_id)
        self._readers = (self.photos, self.thumbnails, self.photo_thumbnails, self.start_page.looks)

    def _arrange(self, workbench: Workbench) -> None:
        pages = (self.start_page, self.canvas, self.sheet_page)
        below = (self.timeline, self.filmstrip)
        self._middle = Middle(workbench, self._settings, self.actions_by_id, pages, below)
        self._middle.turned.connect(self._show_page)
        self.setCentralWidget(self._middle)
        self.docks = Docks(self)
        self.docks.wanted = self._settings.dock_sizes
        self._add_docks()
        self.docks["data"].visibilityChanged.connect(self.data_plots.measure)
        self.docks.tabify()
        layout = self.layout()
        if layout is not None:
            layout.activate()  # before it, docks lie side by side and need a wider window
        self.resize(first_size(self.screen().availableSize()))

    def _make_tools(self, workbench: Workbench) -> None:
        recent = RecentMenu(self._settings.recent, self)
        recent.chosen.connect(lambda path: open_path(workbench, Path(path)))
        self.actions_by_id.begin(self, list(self.docks.values()), recent)
        self.photo_tools = PhotoTools(workbench, self.canvas, self.actions_by_id)
        self.space_tools = SpaceTools(workbench, self.viewport, self.actions_by_id)
        self.network = NetworkButton(workbench, lambda: self.ask_for_file("network"))
        toolbar = Toolbar(workbench, self.actions_by_id, self.network)
        toolbar.menu_asked.connect(self.show_menu)
        self.addToolBar(toolbar)
        self.status = Status(workbench, self.actions_by_id, self.statusBar())
        quiet = partial(self._middle.steps.isVisibleTo, self._middle)
        self.hints = CanvasHints(self.canvas, workbench, self._settings, self.actions_by_id, quiet)

    def _connect(self) -> None:
        workbench = self._workbench
        workbench.view_changed.connect(self._dress)
        workbench.project_changed.connect(self._show_project)
        workbench.refused.connect(self._refuse)
        workbench.reported.connect(self.show_report)
        workbench.asked.connect(self._dialogs.ask)
        workbench.fits.network.keep_in(self._settings)
        workbench.floor.keep_in(self._settings)
        lists = (self.people.list, self.contact_sheet, self.filmstrip.photos)
        plots = (self.plots, self.data_plots)
        for view in (self.canvas, self.space.main, self.space.side, self.timeline.lanes, *plots, *lists):
            view.menu_asked.connect(self.show_menu)
        self.status.report_asked.connect(self.show_report)
        self.status.jobs_asked.connect(self.show_jobs)
        self.start_page.chosen.connect(lambda path: open_path(workbench, Path(path)))
        self.start_page.forgotten.connect(self._forget_recent)
        self.canvas.image.missing.clicked.connect(self.actions_by_id["file.find_photos"].trigger)
        for below in (self.filmstrip.photos, self.timeline.lanes):
            below.left.connect(self.canvas.setFocus)
        pages: dict[object, Place] = {self.start_page: "start", self.sheet_page: "sheet"}
        self._keyboard = KeyboardPlace(self, self._middle, pages, self.space)
        self._keyboard.changed.connect(self.status.show_place)

    @qt_override()
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.start_page.drop_zone.light(True)

    @qt_override()
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.start_page.drop_zone.light(False)

    @qt_override()
    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.start_page.drop_zone.light(False)
        take_drop(self._workbench, paths)

    @qt_override()
    def closeEvent(self, event: QCloseEvent) -> None:
        """Close without a question, because all edits are saved."""
        if self._stays():
            event.ignore()
            return
        self._settings.dock_sizes = self.docks.wanted
        for stopped in (self.people, self.filmstrip.refresh_soon, self.timeline, self.data_plots):
            stopped.stop()
        for closed in (self._keyboard, self.training, self.placing_help, *self._readers, self._workbench):
            closed.close()
        if self._renderer is not None:
            self._renderer.close()
        super().closeEvent(event)

    def _stays(self) -> bool:
        """Whether the window stays open: once after a failed save, and while files are written. Then it closes."""
        self._complaint = ""
        self.people.keep_typed()
        self._workbench.keep_due()
        self._workbench.autosave.write_due()
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
        """Whether photos, thumbnails or recent projects are still being read."""
        return any(reader.busy for reader in self._readers)

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

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.filmstrip.follow_height()
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

    def _dress(self) -> None:
        colors = self._workbench.view.colours
        if colors.name != self._dressed:
            self._dressed = colors.name
            theme.apply(colors)

    def _show_page(self) -> None:
        for below in (self.filmstrip, self.timeline):
            below.allow(self._middle.currentWidget() is self.canvas)

    def _show_project(self) -> None:
        self._stayed = False
        project = self._workbench.project
        if project is self._project and self._project is not None:
            return
        self._project = project
        self.thumbnails.show(project)
        self.photo_thumbnails.show(project)
        self._middle.setCurrentWidget(self.start_page if project is None else self.canvas)
        self.setWindowTitle("Fitloop")
        if project is None:
            self.docks.put_away()
            self.start_page.setFocus()
            self.start_page.show_recent(self._settings.recent())
        if project is not None:
            name = tr("{name} (read-only)") if project.read_only else "{name}"
            self.setWindowTitle(f"{name.format(name=project.path.stem)} – Fitloop")
            self._settings.add_recent(str(project.path))
            self.start_page.hide_recent()
            self.docks.bring_back()
            self.canvas.setFocus()

    def _forget_recent(self, path: str) -> None:
        self._settings.forget_recent(path)
        self.start_page.show_recent(self._settings.recent())
