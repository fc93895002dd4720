"""The command palette: every command by typing a part of its name, the ones used last on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.commands.command import Command
from desktop.commands.menus import MENUS
from desktop.qt_override import qt_override
from desktop.settings import Settings
from desktop.text.translate import plain, tr

WIDTH_PX, HEIGHT_PX, ICON_PX, ROW_PX = 560, 420, 18, 28
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
    """The entries that hold each typed word, the best first.

    First come those whose own name begins as typed, then those with words that do, then the recently used.
    """
    parts = typed.casefold().split()

    def rank(entry: Entry) -> tuple[bool, int, int, int]:
        own = entry.words.casefold().rpartition(" › ")[2]
        starts = sum(f" {part}" in f" {own}" for part in parts)
        used = recent.index(entry.name) if entry.name in recent else len(recent)
        return not (parts and own.startswith(" ".join(parts))), -starts, used, len(own) if parts else 0

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
        blank = QPixmap(ICON_PX, ICON_PX)
        blank.fill(Qt.GlobalColor.transparent)
        self._no_icon = QIcon(blank)  # so that all names begin at one place
        self._entries = [_entry(command, actions[command.id]) for command in commands]
        self.line, self.list = QLineEdit(), QTreeWidget()
        self.line.setPlaceholderText(tr("Type a part of a command's name"))
        self.line.setClearButtonEnabled(True)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformRowHeights(True)
        self.list.setRootIsDecorated(False)
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(2)
        self.list.setIconSize(QSize(ICON_PX, ICON_PX))
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)  # names are whole
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self._show)
        self.line.returnPressed.connect(self._run)
        self.list.itemClicked.connect(lambda *_: self._run())
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
        items = []
        for entry in found(self._entries, typed, self._settings.recent_commands()):
            action = self._actions[entry.name]
            why_not = str(action.data() or "")
            item = QTreeWidgetItem([entry.words, why_not or entry.keys])
            item.setIcon(0, self._no_icon if action.icon().isNull() else action.icon())
            item.setSizeHint(1, QSize(0, ROW_PX))
            item.setData(0, NAME, entry.name)
            item.setToolTip(0, action.toolTip())
            item.setToolTip(1, why_not)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setDisabled(bool(why_not))
            items.append(item)
        usable = [item for item in items if not item.isDisabled()]
        self.list.addTopLevelItems([*usable, *(item for item in items if item.isDisabled())])
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or item.isDisabled():
            return
        name = str(item.data(0, NAME))
        self._settings.add_recent_command(name)
        self.accept()
        self._actions[name].trigger()


def _entry(command: Command, action: QAction) -> Entry:
    menu = plain(tr(MENUS[command.menu]))
    words = plain(action.text())
    return Entry(
        command.id,
        f"{menu} › {words}",
        action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
    )
