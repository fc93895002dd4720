"""The dialog that changes the shortcuts of commands, with a search. Changes go to the settings."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.commands.command import Command
from desktop.settings import Settings
from desktop.text.translate import tr

HEIGHT_PX = 520


class ShortcutEditor(QDialog):
    """A row per command. Keys of another command are refused, with that command's name."""

    def __init__(
        self,
        commands: Sequence[Command],
        actions: Mapping[str, QAction],
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Change shortcuts"))
        self._commands, self._actions, self._settings = commands, actions, settings
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.textChanged.connect(self._filter)
        self.complaint = QLabel()
        self.complaint.setWordWrap(True)
        self.edits: dict[str, QKeySequenceEdit] = {}
        self._labels: dict[str, QLabel] = {}
        content = QWidget()
        grid = QGridLayout(content)
        for row, command in enumerate(commands):
            label = QLabel(actions[command.id].text().replace("&", ""))
            edit = QKeySequenceEdit(actions[command.id].shortcut())
            edit.setClearButtonEnabled(True)
            edit.setMaximumSequenceLength(1)
            edit.setAccessibleName(label.text())
            edit.editingFinished.connect(lambda command=command: self._take(command))
            grid.addWidget(label, row, 0)
            grid.addWidget(edit, row, 1)
            self.edits[command.id], self._labels[command.id] = edit, label
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.RestoreDefaults | QDialogButtonBox.StandardButton.Close
        )
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).clicked.connect(self.restore)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(scroll, 1)
        column.addWidget(self.complaint)
        column.addWidget(buttons)
        self.resize(self.sizeHint().width() + 60, HEIGHT_PX)

    def restore(self) -> None:
        """Restore all default shortcuts."""
        for command in self._commands:
            self._settings.keep_shortcut(command.id, None)
            self._actions[command.id].setShortcut(QKeySequence(command.shortcut))
            self.edits[command.id].setKeySequence(QKeySequence(command.shortcut))
        self.complaint.clear()

    def _take(self, command: Command) -> None:
        keys, action = self.edits[command.id].keySequence(), self._actions[command.id]
        if keys == action.shortcut():
            return
        others = (c for c in self._commands if c is not command and self._actions[c.id].shortcut() == keys)
        taken = None if keys.isEmpty() else next(others, None)
        if taken is not None:
            words = tr("{keys} belongs to “{name}”. Choose other keys, or take them from it first.")
            self.complaint.setText(words.format(keys=keys.toString(), name=self._labels[taken.id].text()))
            self.edits[command.id].setKeySequence(action.shortcut())
            return
        self.complaint.clear()
        action.setShortcut(keys)
        self._settings.keep_shortcut(
            command.id, None if keys == QKeySequence(command.shortcut) else keys.toString()
        )

    def _filter(self, text: str) -> None:
        for command in self._commands:
            shown = text.casefold() in self._labels[command.id].text().casefold()
            self._labels[command.id].setVisible(shown)
            self.edits[command.id].setVisible(shown)
