"""A Qt action for each command, in menus. Available commands are enabled; ticks follow the view."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from desktop.commands.command import SEVERAL, UNLOCKED, WRITABLE, Command, Needs, available, why_not
from desktop.commands.menus import BEGIN_A_GROUP, MENUS, submenu_of
from desktop.commands.window_api import Asks
from desktop.jobs.files.opening_steps import why_read_only
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.state.shown import Shown
from desktop.state.view import View
from desktop.text.command_tips import TIPS
from desktop.text.translate import plain, tr
from desktop.views.tools.context_menu import show_reasons

WRITES = WRITABLE | UNLOCKED
BEFORE_RECENT = "file.open_sample"


class Actions(dict[str, QAction]):
    """Actions by command id. An action's data is the reason why it is not available; empty if it is."""

    def __init__(
        self, window: QMainWindow, workbench: Workbench, commands: Sequence[Command], settings: Settings
    ) -> None:
        super().__init__()
        self._window, self._workbench, self._commands = window, workbench, commands
        self._updated: tuple[Needs, Shown, View] | None = None  # the state of the last update
        self._tips: dict[str, tuple[object, ...]] = {}  # what each tool tip was made of …
        self._made: dict[tuple[object, ...], tuple[str, str]] = {}  # … and what was made: reason and tool tip
        given = {settings.shortcut(command.id, "") for command in commands}
        for command in commands:
            action = self[command.id] = QAction(tr(command.text), window)
            own = "" if command.shortcut in given else command.shortcut  # given: the user moved the keys
            action.setShortcut(QKeySequence(settings.shortcut(command.id, own)))
            action.setCheckable(command.is_tick)

    def begin(self, asks: Asks, docks: Sequence[QDockWidget], recent: QMenu) -> None:
        """Put the actions into the window's menus, and run a command when its action is triggered.

        recent: the submenu of recent projects.
        """
        groups: dict[str, QActionGroup] = {}
        for command in self._commands:
            action = self[command.id]
            action.triggered.connect(partial(self._run, command, asks))
            if command.group:
                groups.setdefault(command.group, QActionGroup(self._window)).addAction(action)
        self._fill_menus(docks, recent)
        workbench = self._workbench
        for signal in (
            workbench.project_changed,
            workbench.photo_changed,
            workbench.view_changed,
            workbench.fits.changed,
            workbench.alternatives.changed,
            workbench.fits.body_changed,
            workbench.job.changed,
            workbench.files.changed,
            workbench.downloads.changed,
            workbench.history.indexChanged,
            workbench.queue.together_changed,
        ):
            signal.connect(self.update_states)

    def _fill_menus(self, docks: Sequence[QDockWidget], recent: QMenu) -> None:
        menus = {name: self._window.menuBar().addMenu(tr(text)) for name, text in MENUS.items()}
        submenus: dict[str, QMenu] = {}
        for command in self._commands:
            menu, submenu = menus[command.menu], submenu_of(command.id)
            if command.id in BEGIN_A_GROUP:
                menu.addSeparator()
            if submenu and submenu not in submenus:
                submenus[submenu] = menu.addMenu(tr(submenu))
            submenus.get(submenu, menu).addAction(self[command.id])
            if command.id == BEFORE_RECENT:
                menu.addMenu(recent)
        menus["panel"].addSeparator()
        for dock in docks:
            menus["panel"].addAction(dock.toggleViewAction())
        for menu in (*menus.values(), *submenus.values()):
            show_reasons(menu)

    def update_states(self) -> None:
        """Enable actions of available commands, and update ticks."""
        if self._workbench.dragging:
            return  # no action changes until the drag ends
        there, shown, view = available(self._workbench), self._workbench.shown, self._workbench.view
        if (there, shown, view) == self._updated:
            return
        self._updated = (there, shown, view)
        fixed = "" if shown.project is None else why_read_only(shown.project)
        for command in self._commands:
            action = self[command.id]
            missing = command.needs - there
            action.setEnabled(not missing)
            if command.several:
                action.setText(tr(command.several if there >= SEVERAL else command.text))
            # A hundred texts at every edit would take longer than the edit, and the same come again.
            about = (command.id, missing, fixed, action.shortcut().toString(), action.text())
            if self._tips.get(command.id) != about:
                self._tips[command.id] = about
                if about not in self._made:
                    reason = fixed if fixed and missing & WRITES else tr(why_not(command, there))
                    self._made[about] = (
                        reason if missing else "",
                        _tool_tip(action, tr(TIPS[command.id]), reason),
                    )
                reason, tip = self._made[about]
                action.setData(reason)
                action.setToolTip(tip)
            if command.flag:
                action.setChecked(getattr(view, command.flag) == command.value)
            elif command.checked is not None:
                action.setChecked(command.checked(shown))

    def _run(self, command: Command, asks: Asks) -> None:
        if command.cancels:
            self._workbench.cancel()
        if command.needs <= available(self._workbench):
            command.run(self._workbench, asks, self._workbench.shown)
        self._updated = None  # Qt has turned the tick itself
        self.update_states()


def _tool_tip(action: QAction, does: str, why_not: str) -> str:
    """The action's words and keys, and below them what it does, or why it is not available."""
    words, keys = plain(action.text()), action.shortcut().toString()
    known = tr("{words}  {keys}").format(words=words, keys=keys) if keys else words
    more = does if action.isEnabled() or not why_not else why_not
    return tr("{words}\n{more}").format(words=known, more=more)
