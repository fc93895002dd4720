"""The dialog that lists all shortcuts on one page."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.commands.command import Command
from desktop.commands.menus import MENUS
from desktop.text.translate import tr

COLUMNS = 4
MOST_OF_SCREEN = 0.98


class ShortcutSheet(QDialog):
    """Commands by menu with their keys, and the actions of the mouse."""

    def __init__(
        self, commands: Sequence[Command], actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Shortcuts"))
        rows: list[tuple[str, str]] = []
        for menu, title in MENUS.items():
            keyed = [c for c in commands if c.menu == menu and not actions[c.id].shortcut().isEmpty()]
            if keyed:
                rows.append((tr(title).replace("&", ""), ""))
            for command in keyed:
                keys = actions[command.id].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                rows.append((actions[command.id].text().replace("&", "").replace("…", ""), keys))
        rows += [(tr("On the photo"), ""), *self._on_photo(), (tr("In 3D"), ""), *self._in_space()]
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setSpacing(12)
        columns.setContentsMargins(0, 0, 0, 0)
        for part in _parts(rows):
            columns.addLayout(_grid(part))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.addWidget(scroll)
        column.addWidget(buttons)
        bar, edges = scroll.verticalScrollBar().sizeHint().width(), column.contentsMargins()
        around = QSize(bar + edges.left() + edges.right(), bar + 3 * buttons.sizeHint().height())
        self.resize((page.sizeHint() + around).boundedTo(self.screen().availableSize() * MOST_OF_SCREEN))

    def _on_photo(self) -> list[tuple[str, str]]:
        return [
            (tr("Zoom at the cursor"), tr("Wheel")),
            (tr("Move the photo"), tr("Drag, arrows")),
            (tr("Move a keypoint"), tr("Drag it")),
            (tr("Place an absent one"), tr("Drag its dotted ring")),
            (tr("Nudge a keypoint"), tr("Arrows, Shift: far")),
            (tr("Visible, occluded, absent"), tr("Right click")),
            (tr("Give a limb to a person"), tr("Ctrl and drag it")),
            (tr("Choose a person"), tr("Click")),
            (tr("Keep a box"), tr("Enter")),
            (tr("The whole photo"), tr("Double click")),
        ]

    def _in_space(self) -> list[tuple[str, str]]:
        return [
            (tr("Turn the view"), tr("Drag, arrows")),
            (tr("Move the view"), tr("Shift+drag, arrows")),
            (tr("Nearer, farther"), tr("Wheel, zoom keys")),
            (tr("Move a joint"), tr("Drag it")),
            (tr("Turn a joint"), tr("Drag its ring")),
        ]


def _parts(rows: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Split rows into columns of about equal length. No column ends with a title."""
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
    grid.setHorizontalSpacing(8)
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
