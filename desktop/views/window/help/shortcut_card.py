"""A card of the shortcut sheet: a task, and rows of what is done with which keys."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy

from desktop.views.bold import bold

EDGE_PX, ROW_GAP_PX, COLUMN_GAP_PX = 12, 4, 8


class ShortcutCard(QFrame):
    """Shows rows of words and keys. shown: whether any row is left by the search."""

    def __init__(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setStyleSheet(
            "QFrame#card { background: palette(base); border: 1px solid palette(mid); border-radius: 6px }"
            "QLabel#key { background: palette(window); border: 1px solid palette(mid); border-radius: 4px;"
            "             padding: 1px 6px }"
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.shown = bool(rows)
        self._title = title.casefold()
        grid = QGridLayout(self)
        grid.setContentsMargins(EDGE_PX, EDGE_PX, EDGE_PX, EDGE_PX)
        grid.setVerticalSpacing(ROW_GAP_PX)
        grid.setHorizontalSpacing(COLUMN_GAP_PX)
        grid.setColumnStretch(0, 1)
        head = bold(QLabel(title))
        grid.addWidget(head, 0, 0, 1, 2)
        self.rows: list[tuple[QLabel, QLabel]] = []
        for number, (words, keys) in enumerate(rows, start=1):
            row = QLabel(words), QLabel(keys)
            row[1].setObjectName("key")
            grid.addWidget(row[0], number, 0)
            grid.addWidget(row[1], number, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.rows.append(row)

    def show_rows(self, parts: Sequence[str]) -> bool:
        """Show the rows whose task, words or keys hold each part. Returns whether there are any."""
        self.shown = False
        for words, keys in self.rows:
            line = " ".join((self._title, words.text().casefold(), keys.text().casefold()))
            found = all(part in line for part in parts)
            for label in (words, keys):
                label.setVisible(found)
            self.shown |= found
        self.setVisible(self.shown)
        return self.shown
