"""The queue as a Qt list: rows are read when they become visible, and drawn with their thumbnails."""

from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPaintEvent
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
from desktop.jobs.files.thumbnails import Thumbnails
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text import warning_texts
from desktop.text.translate import tr, verdict
from desktop.views.lists.person_tiles import (
    about_in_words,
    draw_selected,
    draw_state,
    draw_tile,
    draw_words,
    name_of,
    warned_in_words,
    without_highlight,
)
from desktop.views.lists.row_menu import people_selected, place_of_menu

Index = QModelIndex | QPersistentModelIndex
PICTURE_PX, PADDING_PX, GAP_PX = 56, 6, 8
ROWS_KEPT, ROWS_AT_ONCE = 500, 16  # read from the project; those after the row asked for are drawn next
ROW_ROLE = int(Qt.ItemDataRole.UserRole)


class PeopleModel(QStringListModel):
    """The ids of the queue. Rows are read when they become visible.

    Qt's own list of empty texts counts them: a view asks for the count once a row when it lays them out, and 100 000
    answers from Python take a third of a second.
    """

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self.ids = np.zeros(0, np.int64)
        self._rows: dict[int, QueueRow] = {}

    def refresh(self) -> bool:
        """Read the queue's ids from the project again. Returns whether other people are in it, or in other places."""
        ids = self._workbench.queue.ids()
        self._rows.clear()
        if np.array_equal(ids, self.ids):
            if len(ids):
                self.dataChanged.emit(self.index(0), self.index(len(ids) - 1))
            return False
        self.ids = ids
        self.setStringList([""] * len(ids))  # resets the model
        return True

    @qt_override()
    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self.ids):
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
            return f"{row.path} {row.id} {verdict(row.verdict)}"
        return None

    def row(self, person_id: int) -> QueueRow | None:
        """The row of a person; None for a deleted person."""
        if person_id not in self._rows and self._workbench.project is not None:
            if len(self._rows) > ROWS_KEPT:
                self._rows.clear()
            place = self.place_of(person_id)
            ids = self.ids[place : place + ROWS_AT_ONCE].tolist() if place >= 0 else [person_id]
            for row in self._workbench.project.queue_rows(ids):
                self._rows[row.id] = row
        return self._rows.get(person_id)

    def place_of(self, person_id: int | None) -> int:
        """The place of a person in the queue; -1 for none."""
        if person_id is None:
            return -1
        found = np.flatnonzero(self.ids == person_id)
        return int(found[0]) if len(found) else -1


class PersonDelegate(QStyledItemDelegate):
    """Draws a thumbnail, and beside it the photo's name, the verdict with id and score, and a warning."""

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
        if option.state & QStyle.StateFlag.State_Selected:
            shown = row is not None and row.id == self._workbench.person_id
            draw_selected(painter, option.rect, shown, colours)
        if row is None:
            return
        at = option.rect.adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        square = QRect(at.left(), at.top(), PICTURE_PX, PICTURE_PX)
        draw_tile(painter, square, self._thumbnails.get(row), colours)
        text = at.adjusted(PICTURE_PX + GAP_PX, 0, 0, 0)
        height = text.height() // 3
        first, second, third = (
            QRect(text.left(), text.top() + number * height, text.width(), height) for number in range(3)
        )
        draw_words(painter, first, name_of(row.path), colours.text, Qt.TextElideMode.ElideMiddle)
        draw_state(painter, second, row, colours)
        if row.warned:
            draw_words(painter, third, warned_in_words(row), colours.warning)
        else:
            draw_words(painter, third, about_in_words(row), colours.muted)


class PeopleList(QTableView):
    """The queue as a list.

    It is a table of one column, because Qt's list reads every row at each change of the queue: 0.4 s for 100 000 rows.
    """

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.nobody = ""  # the text shown in place of people
        self._place = 0  # of the scroll bar, before a change of the order
        self.setItemDelegate(PersonDelegate(workbench, thumbnails, self))
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(PICTURE_PX + 2 * PADDING_PX)
        self.setShowGrid(False)
        without_highlight(self)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(tr("People"))

    @qt_override()
    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model, and keep the place in the list while its order changes."""
        super().setModel(model)
        if model is not None:
            model.modelAboutToBeReset.connect(self._keep_place)
            model.modelReset.connect(self._regain_place)

    def _keep_place(self) -> None:
        self._place = self.verticalScrollBar().value()

    def _regain_place(self) -> None:
        self.updateGeometries()  # otherwise the scroll bar has no range yet
        self.verticalScrollBar().setValue(self._place)

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.nobody and not self.model().rowCount():
            room = self.viewport().rect().adjusted(12, 12, -12, -12)
            with QPainter(self.viewport()) as painter:
                painter.setPen(QColor(self._workbench.view.colours.muted))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(room, int(flags), self.nobody)

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at, target = place_of_menu(self, event), people_selected(self._workbench)
        if at is not None and target is not None:
            self.menu_asked.emit(target, self.viewport().mapToGlobal(at))

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
