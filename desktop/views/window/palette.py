"""The command palette: every command by typing a part of its name, the ones used last on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop.commands.command import Command
from desktop.commands.menus import MENUS
from desktop.qt_override import qt_override
from desktop.settings import Settings
from desktop.text.translate import tr

WIDTH_PX, HEIGHT_PX = 520, 380
WALKS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
NAME = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Entry:
    """A command as the palette lists it: its id, where its menu is, and its keys."""

    name: str
    words: str
    keys: str

    @property
    def line(self) -> str:
        return f"{self.words}    {self.keys}" if self.keys else self.words


def found(entries: Sequence[Entry], typed: str, recent: Sequence[str]) -> list[Entry]:
    """The entries that hold each typed word, the best first: recently used, then those with a word that starts so."""
    parts = typed.casefold().split()

    def rank(entry: Entry) -> tuple[int, int, str]:
        words = entry.words.casefold()
        starts = sum(f" {part}" in f" {words}" for part in parts)
        used = recent.index(entry.name) if entry.name in recent else len(recent)
        return used if not parts else -starts, used, words

    return sorted((one for one in entries if all(part in one.line.casefold() for part in parts)), key=rank)


class CommandPalette(QDialog):
    """A line to type in, and the commands that match. Enter runs the marked one; Escape closes."""

    def __init__(
        self,
        commands: Sequence[Command],
        actions: Mapping[str, QAction],
        settings: Settings,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("All commands"))
        self._actions, self._settings = actions, settings
        self._entries = [_entry(command, actions[command.id]) for command in commands]
        self.line, self.list = QLineEdit(), QListWidget()
        self.line.setPlaceholderText(tr("Type a part of a command's name"))
        self.line.setClearButtonEnabled(True)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self._show)
        self.line.returnPressed.connect(self._run)
        self.list.itemClicked.connect(lambda _: self._run())
        self.line.installEventFilter(self)
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._show("")

    @qt_override(bool)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys walk through the list while the line has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in WALKS:
            self.list.keyPressEvent(event)
            return True
        return bool(super().eventFilter(watched, event))

    def _show(self, typed: str) -> None:
        self.list.clear()
        for entry in found(self._entries, typed, self._settings.recent_commands()):
            action = self._actions[entry.name]
            item = QListWidgetItem(action.icon(), entry.line)
            item.setData(NAME, entry.name)
            item.setToolTip(action.toolTip())
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                item.setText(f"{entry.line}    ({action.toolTip().rpartition(chr(10))[2]})")
            self.list.addItem(item)
        self.list.setCurrentRow(next((row for row in range(self.list.count()) if self._enabled(row)), 0))

    def _enabled(self, row: int) -> bool:
        return bool(self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        name = str(item.data(NAME))
        self._settings.add_recent_command(name)
        self.accept()
        self._actions[name].trigger()


def _entry(command: Command, action: QAction) -> Entry:
    menu = tr(MENUS[command.menu]).replace("&", "")
    words = action.text().replace("&", "")
    return Entry(
        command.id,
        f"{menu} › {words}",
        action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
    )
