"""The settings' page of keys: a row for each command, with a search. Changes go to the settings at once."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.commands.command import Command
from desktop.commands.menus import MENUS
from desktop.settings import Settings
from desktop.text.translate import plain, tr
from desktop.views.bold import bold

KEYS_PX = 170


class KeysPage(QWidget):
    """Keys of another command are not taken without a word: the page tells whose they are, and offers to move them."""

    def __init__(
        self, commands: Sequence[Command], actions: Mapping[str, QAction], settings: Settings
    ) -> None:
        super().__init__()
        self._commands, self._actions, self._settings = commands, actions, settings
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search a command, its menu or its keys"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.edits: dict[str, QKeySequenceEdit] = {}
        self._labels: dict[str, QLabel] = {}
        self._titles: dict[str, QLabel] = {}
        self._clash: tuple[Command, Command, QKeySequence] | None = None  # wants, has, the keys
        self.complaint, self.move_keys = QLabel(), QPushButton()
        self.complaint.setWordWrap(True)
        self.move_keys.clicked.connect(self._move)
        self._nothing = QLabel(tr("No command is called so."))
        clash = QHBoxLayout()
        clash.addWidget(self.complaint, 1)
        clash.addWidget(self.move_keys, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self._list(), 1)
        column.addLayout(clash)
        self._filter("")
        self._show_clash(None)

    def restore(self) -> None:
        """Restore all default shortcuts."""
        for command in self._commands:
            self._give(command, QKeySequence(command.shortcut))
        self._show_clash(None)

    def _list(self) -> QScrollArea:
        content, scroll = QWidget(), QScrollArea()
        grid = QGridLayout(content)
        grid.setColumnStretch(0, 1)
        for command in self._commands:
            if command.menu not in self._titles:
                title = self._titles[command.menu] = bold(QLabel(plain(tr(MENUS[command.menu]))))
                grid.addWidget(title, grid.rowCount(), 0, 1, 2)
            label = QLabel(plain(self._actions[command.id].text()))
            edit = QKeySequenceEdit(self._actions[command.id].shortcut())
            edit.setClearButtonEnabled(True)
            edit.setMaximumSequenceLength(1)
            edit.setFixedWidth(KEYS_PX)
            edit.setAccessibleName(label.text())
            edit.editingFinished.connect(lambda command=command: self._take(command))
            row = grid.rowCount()
            grid.addWidget(label, row, 0)
            grid.addWidget(edit, row, 1)
            self.edits[command.id], self._labels[command.id] = edit, label
        grid.addWidget(self._nothing, grid.rowCount(), 0, 1, 2)
        grid.setRowStretch(grid.rowCount(), 1)
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.StyledPanel)
        return scroll

    def _take(self, command: Command) -> None:
        keys, action = self.edits[command.id].keySequence(), self._actions[command.id]
        if keys == action.shortcut():
            return
        others = (c for c in self._commands if c is not command and self._actions[c.id].shortcut() == keys)
        taken = None if keys.isEmpty() else next(others, None)
        if taken is not None:
            self.edits[command.id].setKeySequence(action.shortcut())
            self._show_clash((command, taken, keys))
            return
        self._give(command, keys)
        self._show_clash(None)

    def _give(self, command: Command, keys: QKeySequence) -> None:
        self._actions[command.id].setShortcut(keys)
        self.edits[command.id].setKeySequence(keys)
        own = keys == QKeySequence(command.shortcut)
        self._settings.keep_shortcut(command.id, None if own else keys.toString())

    def _move(self) -> None:
        """Take the keys from the command that has them."""
        if self._clash is not None:
            wants, has, keys = self._clash
            self._give(has, QKeySequence())
            self._give(wants, keys)
            self._show_clash(None)

    def _show_clash(self, clash: tuple[Command, Command, QKeySequence] | None) -> None:
        self._clash = clash
        self.complaint.setVisible(clash is not None)
        self.move_keys.setVisible(clash is not None)
        if clash is not None:
            wants, has, keys = clash
            native = keys.toString(QKeySequence.SequenceFormat.NativeText)
            words = tr("{keys} belongs to “{name}”.")
            self.complaint.setText(words.format(keys=native, name=self._labels[has.id].text()))
            self.move_keys.setText(tr("Give it to “{name}”").format(name=self._labels[wants.id].text()))

    def _filter(self, text: str) -> None:
        parts, seen = text.casefold().split(), set()
        for command in self._commands:
            keys = self._actions[command.id].shortcut().toString()
            words = f"{self._titles[command.menu].text()} {self._labels[command.id].text()} {keys}".casefold()
            shown = all(part in words for part in parts)
            seen |= {command.menu} if shown else set()
            self._labels[command.id].setVisible(shown)
            self.edits[command.id].setVisible(shown)
        for menu, title in self._titles.items():
            title.setVisible(menu in seen)
        self._nothing.setVisible(not seen)
