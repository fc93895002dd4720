"""The contact sheet: a grid of the queue with a thumbnail per person, for review with the keyboard."""

from PySide6.QtCore import QItemSelectionModel, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QSlider,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.jobs.files.thumbnails import Thumbnails
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.view import TILE_PX
from desktop.text import warning_texts
from desktop.text.translate import tr
from desktop.views.lists.people_list import ROW_ROLE, Index, PeopleModel
from desktop.views.lists.person_tiles import (
    GAP_PX,
    MARK_PX,
    RIGHT,
    draw_frame,
    draw_selected,
    draw_tile,
    draw_words,
    name_of,
    score_in_words,
)
from desktop.views.lists.row_menu import people_selected, place_of_menu
from desktop.views.verdict_marks import draw_mark

PADDING_PX, SLIDER_PX, STEP_PX = 6, 140, 32
TWO_LINES_FROM_PX = 96  # smaller tiles have one line of words


class CellDelegate(QStyledItemDelegate):
    """A thumbnail; under it the verdict's mark and the photo's name, and the score with the id or a warning."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, sheet: QListView) -> None:
        super().__init__(sheet)
        self._workbench, self._thumbnails, self._sheet = workbench, thumbnails, sheet

    @qt_override(QSize)
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The cells of a line share its whole width."""
        size, room = self._workbench.view.tile_px, self._sheet.viewport().width() - 1
        lines = (1 + (size >= TWO_LINES_FROM_PX)) * option.fontMetrics.height()
        across = max(1, room // (size + 2 * PADDING_PX))
        return QSize(max(room // across, size), size + GAP_PX + lines + 2 * PADDING_PX)

    @qt_override()
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, colours = index.data(ROW_ROLE), self._workbench.view.colours
        if row is None:
            return
        size, line = self._workbench.view.tile_px, option.fontMetrics.height()
        left = option.rect.left() + (option.rect.width() - size) // 2
        square = QRect(left, option.rect.top() + PADDING_PX, size, size)
        if option.state & QStyle.StateFlag.State_Selected:
            around = square.adjusted(
                -PADDING_PX, -PADDING_PX, PADDING_PX, option.rect.bottom() - square.bottom()
            )
            draw_selected(painter, around, False, colours)
        draw_tile(painter, square, self._thumbnails.get(row), colours)
        if row.id == self._workbench.person_id:
            draw_frame(painter, square, 3, colours)
        upper = QRect(left, square.bottom() + GAP_PX, size, line)
        mark = QRectF(upper.left(), upper.top() + (line - MARK_PX) / 2, MARK_PX, MARK_PX)
        draw_mark(painter, mark, row.verdict, colours)
        beside = upper.adjusted(MARK_PX + GAP_PX, 0, 0, 0)
        if size < TWO_LINES_FROM_PX:
            draw_words(painter, beside, score_in_words(row), colours.text)
            return
        draw_words(painter, beside, name_of(row.path), colours.text, Qt.TextElideMode.ElideMiddle)
        lower = upper.translated(0, line)
        draw_words(painter, lower, score_in_words(row), colours.muted)
        if row.warnings:
            words = f"{warning_texts.SIGN} {row.warnings}"
            draw_words(painter, lower, words, colours.warning, align=RIGHT)
        else:
            draw_words(painter, lower, tr("id {id}").format(id=row.id), colours.muted, align=RIGHT)


class ContactSheet(QListView):
    """The queue as a grid. Enter or a double click opens the person's photo."""

    opened = Signal()
    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(
        self,
        workbench: Workbench,
        model: PeopleModel,
        selection: QItemSelectionModel,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._people, self._shared = workbench, model, selection
        self._thumbnails, self._tile_px = thumbnails, 0
        self.setItemDelegate(CellDelegate(workbench, thumbnails, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setAccessibleName(tr("Contact sheet"))
        self.doubleClicked.connect(lambda _: self.opened.emit())
        workbench.photo_changed.connect(self.viewport().update)
        # Queued: at a reset the view first clears its selection.
        model.modelReset.connect(self.show_person, Qt.ConnectionType.QueuedConnection)
        workbench.view_changed.connect(self._dress)
        workbench.tiles_resized.connect(self._dress)
        thumbnails.arrived.connect(self.viewport().update)
        self._dress()

    @qt_override()
    def showEvent(self, event: QShowEvent) -> None:
        """Set the model only while visible: laying out 100 000 people takes time at each change of the queue."""
        super().showEvent(event)
        if self.model() is None:
            self.setModel(self._people)
            self.setSelectionModel(self._shared)
        self.show_person()

    @qt_override()
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.setModel(None)

    def show_person(self) -> None:
        """Bring the selected person into view."""
        if self.model() is not None and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at, target = place_of_menu(self, event), people_selected(self._workbench)
        if at is not None and target is not None:
            self.menu_asked.emit(target, self.viewport().mapToGlobal(at))

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def _dress(self) -> None:
        size = self._workbench.view.tile_px
        if size != self._tile_px:
            self._tile_px = size
            self._thumbnails.make_for(round(size * self.devicePixelRatioF()))
            self.scheduleDelayedItemsLayout()
        self.viewport().update()


class SheetPage(QWidget):
    """The contact sheet below a line with the number of people and a slider for the size of the pictures."""

    def __init__(self, workbench: Workbench, sheet: ContactSheet, model: PeopleModel) -> None:
        super().__init__()
        self._workbench, self._people = workbench, model
        self.count, self.size_slider = QLabel(), QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(*TILE_PX)
        self.size_slider.setPageStep(STEP_PX)
        self.size_slider.setSingleStep(STEP_PX // 2)
        self.size_slider.setFixedWidth(SLIDER_PX)
        self.size_slider.setAccessibleName(tr("Size of the pictures"))
        self.size_slider.setToolTip(tr("Size of the pictures"))
        line = QHBoxLayout()
        line.setContentsMargins(12, 6, 12, 6)
        line.addWidget(self.count, 1)
        line.addWidget(QLabel(tr("Size")))
        line.addSpacing(GAP_PX)
        line.addWidget(self.size_slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(sheet, 1)
        self.setFocusProxy(sheet)
        self.size_slider.valueChanged.connect(lambda size: workbench.change_view(tile_px=size))
        workbench.view_changed.connect(self._show_size)
        workbench.tiles_resized.connect(self._show_size)
        model.modelReset.connect(self._count)
        workbench.queue.together_changed.connect(self._count)
        self._show_size()
        self._count()

    def _show_size(self) -> None:
        self.size_slider.setValue(self._workbench.view.tile_px)

    def _count(self) -> None:
        people, selected = len(self._people.ids), len(self._workbench.queue.together)
        words = [tr("%n people", "", people)]
        if selected > 1:
            words.append(tr("{selected} selected").format(selected=selected))
        self.count.setText(" · ".join(words))
