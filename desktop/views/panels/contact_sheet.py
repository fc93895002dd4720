"""The contact sheet: a grid of the queue with a thumbnail per person, for review with the keyboard."""

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.jobs.files.thumbnails import SIZE_PX, Thumbnails
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.panels.people_list import (
    ROW_ROLE,
    Index,
    PeopleModel,
    draw_tile,
    score_in_words,
    state_in_words,
    warned_in_words,
)

TEXT_PX, PADDING_PX = 34, 5


class CellDelegate(QStyledItemDelegate):
    """A thumbnail, and under it the person's id, score, verdict or warning."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails = workbench, thumbnails

    @qt_override(QSize)
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(SIZE_PX + 2 * PADDING_PX, SIZE_PX + TEXT_PX + 2 * PADDING_PX)

    @qt_override()
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, colours = index.data(ROW_ROLE), self._workbench.view.colours
        if row is None:
            return
        at = option.rect.adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        square = QRect(at.left(), at.top(), SIZE_PX, SIZE_PX)
        draw_tile(painter, square, self._thumbnails.get(row), colours)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(colours.accent), 4))
            painter.drawRect(square)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        upper = QRect(at.left(), square.bottom() + 2, SIZE_PX, TEXT_PX // 2)
        painter.setPen(QColor(colours.text))
        painter.drawText(upper, left, str(row.id))
        painter.drawText(upper, right, score_in_words(row))
        state, warned = state_in_words(row), warned_in_words(row)
        painter.setPen(QColor(colours.muted if state else colours.warning))
        lower = upper.translated(0, TEXT_PX // 2)
        words = painter.fontMetrics().elidedText(state or warned, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, left, words)


class ContactSheet(QListView):
    """The queue as a grid. Enter or a double click opens the person's photo."""

    opened = Signal()

    def __init__(
        self, workbench: Workbench, model: PeopleModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._people = workbench, model
        self.setItemDelegate(CellDelegate(workbench, thumbnails, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(tr("Contact sheet"))
        self.doubleClicked.connect(lambda _: self.opened.emit())
        workbench.photo_changed.connect(self.show_person)
        # Queued: at a reset the view first clears its selection.
        model.modelReset.connect(self.show_person, Qt.ConnectionType.QueuedConnection)
        workbench.view_changed.connect(self.viewport().update)
        thumbnails.arrived.connect(self.viewport().update)

    @qt_override()
    def showEvent(self, event: QShowEvent) -> None:
        """Set the model only while visible: laying out 100 000 people takes a third of a second."""
        super().showEvent(event)
        if self.model() is None:
            self.setModel(self._people)
            self.selectionModel().currentChanged.connect(self._choose)
        self.show_person()

    @qt_override()
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.setModel(None)

    def show_person(self) -> None:
        """Select the workbench's selected person."""
        place = self._people.place_of(self._workbench.person_id)
        if self.model() is not None and place >= 0 and self.currentIndex().row() != place:
            self.setCurrentIndex(self._people.index(place, 0))

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid() and self.isVisible():
            self._workbench.select(int(self._people.ids[current.row()]))
