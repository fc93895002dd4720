"""Many people at once, each with the body over the photo: a sweep with the keyboard."""

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.jobs.thumbnails import SIZE_PX, Thumbnails
from desktop.theme import theme
from desktop.views.people_list import ROW_ROLE, Index, PeopleModel, score_in_words, state_in_words
from desktop.workbench import Workbench

TEXT_PX, PADDING_PX = 34, 5


class CellDelegate(QStyledItemDelegate):
    """A picture, and under it who, score and verdict."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails = workbench, thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(SIZE_PX + 2 * PADDING_PX, SIZE_PX + TEXT_PX + 2 * PADDING_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, colours = index.data(ROW_ROLE), theme(self._workbench.view.theme)
        if row is None:
            return
        at = option.rect.adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        square = QRect(at.left(), at.top(), SIZE_PX, SIZE_PX)
        painter.fillRect(square, QColor(colours.border))
        picture = self._thumbnails.get(row)
        if isinstance(picture, QImage) and not picture.isNull():
            painter.drawImage(square, picture)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(colours.accent), 4))
            painter.drawRect(square)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        upper = QRect(at.left(), square.bottom() + 2, SIZE_PX, TEXT_PX // 2)
        painter.setPen(QColor(colours.text))
        painter.drawText(upper, left, str(row.id))
        painter.drawText(upper, right, score_in_words(row, self))
        painter.setPen(QColor(colours.muted))
        lower = upper.translated(0, TEXT_PX // 2)
        words = painter.fontMetrics().elidedText(
            state_in_words(row, self), Qt.TextElideMode.ElideRight, lower.width()
        )
        painter.drawText(lower, left, words)


class ContactSheet(QListView):
    """The queue as a grid; Enter or a double click shows the person large."""

    opened = Signal()

    def __init__(
        self, workbench: Workbench, model: PeopleModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.setModel(model)
        self.setItemDelegate(CellDelegate(workbench, thumbnails, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Contact sheet"))
        self.selectionModel().currentChanged.connect(self._choose)
        self.doubleClicked.connect(lambda _: self.opened.emit())
        workbench.photo_changed.connect(self.show_person)
        model.modelReset.connect(self.show_person)
        workbench.view_changed.connect(self.viewport().update)
        thumbnails.arrived.connect(self.viewport().update)

    def show_person(self) -> None:
        """Select who is on show."""
        model = self.model()
        place = model.place_of(self._workbench.person_id) if isinstance(model, PeopleModel) else -1
        if self.isVisible() and place >= 0 and self.currentIndex().row() != place:
            self.setCurrentIndex(model.index(place, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def _choose(self, current: QModelIndex) -> None:
        model = self.model()
        if current.isValid() and isinstance(model, PeopleModel) and self.isVisible():
            self._workbench.select(int(model.ids[current.row()]))
