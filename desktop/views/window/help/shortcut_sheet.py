"""The window that shows all shortcuts: a card a task, and a search over all of them."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.commands.command import Command
from desktop.commands.menus import MENUS
from desktop.qt_override import qt_override
from desktop.text.translate import plain, tr
from desktop.views.window.help.shortcut_card import ShortcutCard

Rows = list[tuple[str, str]]
GAP_PX, SIZE_PX = 12, (1280, 760)
MOST_OF_SCREEN = 0.9


class ShortcutSheet(QDialog):
    """Commands by task with their keys, and what the mouse does. Typing leaves the rows that have the words."""

    def __init__(
        self, commands: Sequence[Command], actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Shortcuts"))
        self.search, self.nothing = QLineEdit(), QLabel(tr("No shortcut has these words."))
        self.search.setPlaceholderText(tr("Search by word or by key"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        self.cards = [ShortcutCard(title, rows) for title, rows in _tasks(commands, actions)]
        self._page = QWidget()
        self._columns = QHBoxLayout(self._page)
        self._columns.setSpacing(GAP_PX)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._page)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX)
        column.setSpacing(GAP_PX)
        for widget in (self.search, self.nothing):
            column.addWidget(widget)
        column.addWidget(self._scroll, 1)
        available = self.screen().availableSize() * MOST_OF_SCREEN
        self.resize(min(SIZE_PX[0], available.width()), min(SIZE_PX[1], available.height()))

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _filter(self, typed: str) -> None:
        found = [card.show_rows(typed.casefold().split()) for card in self.cards]
        self.nothing.setVisible(not any(found))
        self._arrange()

    def _arrange(self) -> None:
        """Put the cards with rows into as many columns as there is room for, each onto the shortest."""
        while (item := self._columns.takeAt(0)) is not None:
            column = item.layout()
            while column is not None and column.takeAt(0) is not None:
                pass
            if column is not None:
                column.deleteLater()
        widest = max(card.sizeHint().width() for card in self.cards)
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        count = max(1, (self.width() - GAP_PX - bar) // (widest + GAP_PX))
        columns, heights = [QVBoxLayout() for _ in range(count)], [0] * count
        for card in self.cards:
            if card.shown:
                shortest = heights.index(min(heights))
                columns[shortest].addWidget(card)
                heights[shortest] += card.sizeHint().height() + GAP_PX
        for each in columns:
            each.setSpacing(GAP_PX)
            each.addStretch(1)
            self._columns.addLayout(each, 1)


def _tasks(commands: Sequence[Command], actions: Mapping[str, QAction]) -> list[tuple[str, Rows]]:
    """The cards' titles and rows, in the order of use."""
    rows: dict[str, Rows] = {menu: [] for menu in MENUS}
    for command in commands:
        keys = actions[command.id].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        if keys:
            words = plain(actions[command.id].text()).replace("…", "").strip()
            rows[command.menu].append((words, keys))
    return [
        (tr("Judge people, one after the other"), rows["person"]),
        (tr("Correct keypoints"), rows["edit"]),
        (tr("On the photo, with the mouse"), _on_photo()),
        (tr("Fit"), rows["fit"]),
        (tr("Correct the body"), rows["body"]),
        (tr("Look at the photo"), rows["view"]),
        (tr("Look at the body in 3D"), rows["space"]),
        (tr("In 3D, with the mouse"), _in_space()),
        (tr("Open and save"), rows["file"]),
        (tr("Panels"), rows["panel"]),
        (tr("Help"), rows["help"]),
    ]


def _on_photo() -> Rows:
    return [
        (tr("Zoom at the cursor"), tr("Wheel")),
        (tr("Move the photo"), tr("Drag, arrows")),
        (tr("Move a keypoint"), tr("Drag it")),
        (tr("Place an absent one"), tr("Drag its dotted ring")),
        (tr("Nudge a keypoint"), tr("Arrows, Shift: far")),
        (tr("What can be done here"), tr("Right click")),
        (tr("Give a limb to a person"), tr("Ctrl and drag it")),
        (tr("Choose a person"), tr("Click")),
        (tr("Keep a box"), tr("Enter")),
        (tr("The whole photo"), tr("Double click")),
    ]


def _in_space() -> Rows:
    return [
        (tr("Turn the view"), tr("Drag, arrows")),
        (tr("Move the view"), tr("Shift+drag, arrows")),
        (tr("Nearer, farther"), tr("Wheel, zoom keys")),
        (tr("Move a joint"), tr("Drag it")),
        (tr("Turn a joint"), tr("Drag its ring")),
        (tr("What can be done here"), tr("Right click")),
    ]
