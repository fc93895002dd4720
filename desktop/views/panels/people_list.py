"""The queue as a Qt list: rows are read when they become visible, and drawn with their thumbnails."""

import json
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from core.store.project.review_queue import QueueRow
from desktop.jobs.files.thumbnails import Picture, Thumbnails
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text import warning_texts
from desktop.text.translate import tr
from desktop.theme import Theme

Index = QModelIndex | QPersistentModelIndex
PICTURE_PX, PADDING_PX = 56, 6
ROWS_KEPT = 500
TILE_WORDS = 0.95  # largest width of a word in place of a picture, in widths of the tile
ROW_ROLE = int(Qt.ItemDataRole.UserRole)


class PeopleModel(QAbstractListModel):
    """The ids of the queue. Rows are read when they become visible."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self.ids = np.zeros(0, np.int64)
        self._rows: dict[int, QueueRow] = {}

    def refresh(self) -> None:
        """Read the queue's ids from the project again."""
        ids = self._workbench.queue.ids()
        self._rows.clear()
        if np.array_equal(ids, self.ids):
            if len(ids):
                self.dataChanged.emit(self.index(0), self.index(len(ids) - 1))
            return
        self.beginResetModel()
        self.ids = ids
        self.endResetModel()

    @qt_override(int)
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.ids)

    @qt_override()
    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row = self.row(int(self.ids[index.row()]))
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            warned = [warning_texts.short(name) for name in (row.warned or "").split()]
            return "\n".join(filter(None, (row.path, row.note, ", ".join(warned))))
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.id} {row.path}"
        return None

    def row(self, person_id: int) -> QueueRow | None:
        """The row of a person; None for a deleted person."""
        if person_id not in self._rows and self._workbench.project is not None:
            if len(self._rows) > ROWS_KEPT:
                self._rows.clear()
            for row in self._workbench.project.queue_rows([person_id]):
                self._rows[person_id] = row
        return self._rows.get(person_id)

    def place_of(self, person_id: int | None) -> int:
        """The place of a person in the queue; -1 for none."""
        if person_id is None:
            return -1
        found = np.flatnonzero(self.ids == person_id)
        return int(found[0]) if len(found) else -1


class PersonDelegate(QStyledItemDelegate):
    """Draws a thumbnail, and beside it three short lines."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails = workbench, thumbnails

    @qt_override(QSize)
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(160, PICTURE_PX + 2 * PADDING_PX)

    @qt_override()
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        colours = self._workbench.view.colours
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, QColor(colours.accent))
        if row is None:
            return
        at = option.rect.adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        square = QRect(at.left(), at.top(), PICTURE_PX, PICTURE_PX)
        draw_tile(painter, square, self._thumbnails.get(row), colours)
        text = at.adjusted(PICTURE_PX + PADDING_PX + 2, 0, 0, 0)
        strong = QColor(colours.on_accent if selected else colours.text)
        weak = QColor(colours.on_accent if selected else colours.muted)
        height = text.height() // 3
        lines = (
            (f"{row.id} · {score_in_words(row)}", strong),
            (state_in_words(row) or row.path, weak),
            (warned_in_words(row), strong if selected else QColor(colours.warning)),
        )
        for number, (line, colour) in enumerate(lines):
            painter.setPen(colour)
            elide = Qt.TextElideMode.ElideMiddle if line == row.path else Qt.TextElideMode.ElideRight
            room = QRect(text.left(), text.top() + number * height, text.width(), height)
            words = painter.fontMetrics().elidedText(line, elide, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


class PeopleList(QTableView):
    """The queue as a list.

    It is a table of one column, because Qt's list reads every row at each change of the queue: 0.4 s for 100 000 rows.
    """

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(PersonDelegate(workbench, thumbnails, self))
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(PICTURE_PX + 2 * PADDING_PX)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(tr("People"))

    @qt_override(QModelIndex)
    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Let Home and End select the first and the last person, not the ends of a row."""
        ends = {
            QAbstractItemView.CursorAction.MoveHome: 0,
            QAbstractItemView.CursorAction.MoveEnd: self.model().rowCount() - 1,
        }
        if action in ends:
            return self.model().index(ends[action], 0)
        return super().moveCursor(action, modifiers)


def draw_tile(painter: QPainter, square: QRect, picture: Picture | None, colours: Theme) -> None:
    """Draw a person's thumbnail, or the message in its place, or an empty tile."""
    painter.fillRect(square, QColor(colours.border))
    if isinstance(picture, QImage):
        painter.drawImage(square, picture)
    elif picture:
        painter.save()
        font, widest = painter.font(), max(picture.split(), key=painter.fontMetrics().horizontalAdvance)
        room = square.width() / painter.fontMetrics().horizontalAdvance(widest)
        font.setPointSizeF(font.pointSizeF() * min(1.0, room * TILE_WORDS))
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        painter.drawText(square, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture)
        painter.restore()


def score_in_words(row: QueueRow) -> str:
    if row.score is None:
        return tr("not scored") if row.fitted else tr("not fitted")
    return tr("{score:.1f} px").format(score=row.score)


def state_in_words(row: QueueRow) -> str:
    words = {
        "accepted": tr("✓ accepted"),
        "rejected": tr("✕ rejected"),
        "later": tr("… later"),
    }
    tags = " ".join(f"#{tag}" for tag in json.loads(row.tags)) if row.tags else ""
    return " ".join(part for part in (words.get(row.verdict, ""), tags) if part)


def warned_in_words(row: QueueRow) -> str:
    """The first warning, and the number of further ones."""
    names = (row.warned or "").split()
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return f"{warning_texts.SIGN} {warning_texts.short(names[0])}{more}" if names else ""
