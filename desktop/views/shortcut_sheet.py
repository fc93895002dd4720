"""All shortcuts on one page, each of which can be changed in place."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from desktop.command import Command
from desktop.commands import MENUS

COLUMNS = 4


class ShortcutSheet(QDialog):
    """Commands by menu with their keys, and what the mouse does."""

    def __init__(
        self, commands: Sequence[Command], actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Shortcuts"))
        rows: list[tuple[str, str]] = []
        for menu, title in MENUS.items():
            keyed = [c for c in commands if c.menu == menu and not actions[c.id].shortcut().isEmpty()]
            if keyed:
                rows.append((QCoreApplication.translate("commands", title).replace("&", ""), ""))
            for command in keyed:
                keys = actions[command.id].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                rows.append((actions[command.id].text().replace("&", "").replace("…", ""), keys))
        rows += [(self.tr("On the photo"), ""), *self._on_photo(), (self.tr("In 3D"), ""), *self._in_space()]
        columns = QHBoxLayout()
        columns.setSpacing(20)
        for part in _parts(rows):
            columns.addLayout(_grid(part))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(columns)
        column.addWidget(buttons)

    def _on_photo(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Zoom at the cursor"), self.tr("Wheel")),
            (self.tr("Move the photo"), self.tr("Drag")),
            (self.tr("Move a keypoint"), self.tr("Drag it")),
            (self.tr("Place an absent one"), self.tr("Drag its dotted ring")),
            (self.tr("Nudge a keypoint"), self.tr("Arrows, Shift: far")),
            (self.tr("Visible, occluded, absent"), self.tr("Right click")),
            (self.tr("Give a limb to somebody"), self.tr("Ctrl and drag it")),
            (self.tr("Choose a person"), self.tr("Click")),
            (self.tr("The whole photo"), self.tr("Double click")),
        ]

    def _in_space(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Turn the view"), self.tr("Drag, arrows")),
            (self.tr("Move the view"), self.tr("Shift and drag, arrows")),
            (self.tr("Nearer, farther"), self.tr("Wheel")),
            (self.tr("Move a joint"), self.tr("Drag it")),
            (self.tr("Turn a joint"), self.tr("Drag its ring")),
        ]


def _parts(rows: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Columns of about the same length; none ends with a title."""
    parts: list[list[tuple[str, str]]] = [[]]
    length = -(-len(rows) // COLUMNS)
    for row in rows:
        full = len(parts[-1]) >= length - (not row[1])
        if full and len(parts) < COLUMNS:
            parts.append([])
        parts[-1].append(row)
    return parts


def _grid(rows: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(2)
    grid.setHorizontalSpacing(14)
    for number, (words, keys) in enumerate(rows):
        label = QLabel(words)
        if not keys:
            font = label.font()
            font.setBold(True)
            label.setFont(font)
        grid.addWidget(label, number, 0)
        grid.addWidget(QLabel(keys), number, 1)
    grid.setRowStretch(len(rows), 1)
    return grid
