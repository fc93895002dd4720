"""The main window: viewport, panels, and menus made of the command table."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QFileDialog, QLabel, QMainWindow, QMessageBox

from desktop import theme
from desktop.commands import MENUS, Command
from desktop.settings import Settings
from desktop.views.body_panel import BodyPanel
from desktop.views.viewport import Viewport
from desktop.workbench import Workbench

SIZE_PX = (1280, 800)
PANEL_WIDTH_PX = 360


class Window(QMainWindow):
    """Assembles the views; each of them draws the workbench by itself."""

    def __init__(self, workbench: Workbench, commands: Sequence[Command], settings: Settings) -> None:
        super().__init__()
        self._workbench, self._commands, self._settings = workbench, commands, settings
        self._dressed = ""
        self._dress()
        self.setWindowTitle("Fitloop")
        self.resize(*SIZE_PX)
        self.actions_by_id = {command.id: self._action(command) for command in commands}
        self.viewport = Viewport(workbench, self)
        self.setCentralWidget(self.viewport)
        self.body_panel = BodyPanel(workbench, self.actions_by_id)
        self._dock = self._add_dock("body", self.tr("Body"), self.body_panel)
        self._fill_menus()
        self._body_name = QLabel()
        self.statusBar().setContentsMargins(6, 0, 6, 0)
        self.statusBar().addWidget(QLabel(self.tr("Drag: turn · Shift + drag: pan · Wheel: zoom")), 1)
        self.statusBar().addPermanentWidget(self._body_name)
        for signal in (
            workbench.posed_changed,
            workbench.body_changed,
            workbench.view_changed,
            workbench.job_changed,
        ):
            signal.connect(self._update_actions)
        workbench.history.indexChanged.connect(self._update_actions)
        workbench.view_changed.connect(self._dress)
        workbench.job_changed.connect(self._name_body)
        workbench.body_changed.connect(self._name_body)
        workbench.refused.connect(self.say)
        self._update_actions()
        self._name_body()

    def ask_for_body_file(self) -> Path | None:
        """Let the user choose an SMPL file; None when they do not."""
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Open body"),
            self._settings.folder,
            self.tr("Body files (*.pkl *.npz)") + ";;" + self.tr("All files (*)"),
        )
        if not name:
            return None
        self._settings.folder = str(Path(name).parent)
        return Path(name)

    def reset_camera(self) -> None:
        self.viewport.reset_camera()

    def say(self, text: str) -> None:
        """A message that waits for the user and blocks nothing."""
        message = QMessageBox(QMessageBox.Icon.Warning, "Fitloop", text, QMessageBox.StandardButton.Ok, self)
        message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        message.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        message.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._workbench.close()
        self.viewport.close_scene()
        super().closeEvent(event)

    def _add_dock(self, name: str, title: str, panel: BodyPanel) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)  # by which its place is remembered
        dock.setWidget(panel)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        self.resizeDocks([dock], [PANEL_WIDTH_PX], Qt.Orientation.Horizontal)
        return dock

    def _action(self, command: Command) -> QAction:
        action = QAction(_words(command.text), self)
        action.setShortcut(QKeySequence(command.shortcut))
        action.setCheckable(command.checked is not None)
        action.triggered.connect(partial(self._run, command))
        return action

    def _run(self, command: Command) -> None:
        command.run(self._workbench, self)
        self._update_actions()

    def _fill_menus(self) -> None:
        menus = {name: self.menuBar().addMenu(_words(text)) for name, text in MENUS.items()}
        groups: dict[str, QActionGroup] = {}
        for command in self._commands:
            action = self.actions_by_id[command.id]
            if command.group and command.group not in groups:
                menus[command.menu].addSeparator()
                groups[command.group] = QActionGroup(self)
            if command.group:
                groups[command.group].addAction(action)
            menus[command.menu].addAction(action)
        menus["view"].addSeparator()
        menus["view"].addAction(self._dock.toggleViewAction())

    def _update_actions(self) -> None:
        for command in self._commands:
            action = self.actions_by_id[command.id]
            action.setEnabled(command.enabled(self._workbench))
            if command.checked is not None:
                action.setChecked(command.checked(self._workbench))

    def _dress(self) -> None:
        colors = theme.theme(self._workbench.view.theme)
        if colors.name != self._dressed:
            self._dressed = colors.name
            theme.apply(colors)

    def _name_body(self) -> None:
        body = self._workbench.body
        self._body_name.setText(
            self._workbench.job or (body.name if body is not None else self.tr("No body"))
        )


def _words(text: str) -> str:
    return QCoreApplication.translate("commands", text)
