"""The filmstrip: the project's photos with the verdicts of their people, below the photo shown."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.errors import ProjectError
from core.store.project.review_queue import PhotoRow
from desktop.jobs.files.thumbnails import Thumbnails
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.bold import bold
from desktop.views.elided_label import ElidedLabel
from desktop.views.lists.people_list import ROW_ROLE, Index
from desktop.views.lists.person_tiles import (
    GAP_PX,
    MARK_PX,
    draw_frame,
    draw_tile,
    draw_words,
    name_of,
    without_highlight,
)
from desktop.views.lists.photo_list import PhotoModel, people_in_words
from desktop.views.lists.refresh_soon import RefreshSoon
from desktop.views.lists.row_menu import photo_shown, place_of_menu
from desktop.views.plain_buttons import flat_buttons
from desktop.views.verdict_marks import ORDER, draw_bar, draw_mark

TILE_PX, PADDING_PX = QSize(92, 56), 4
MARKS_AT_MOST = 5  # more people are shown as a bar
STATE_PX = MARK_PX + 4  # height of the marks' ground, over the lower edge of a picture
STATE_ALPHA = 215
ABOUT_PX = 148
LEAST_PHOTOS = 2  # that a strip is of use for
LOW_PX = 580  # a window that is too low for strip and timeline


class PhotoDelegate(QStyledItemDelegate):
    """A photo, over its lower edge the verdicts of its people, and below it its name."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails = workbench, thumbnails

    @qt_override()
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, colours = index.data(ROW_ROLE), self._workbench.view.colours
        if row is None:
            return
        at = option.rect.topLeft()
        picture = QRect(at.x() + PADDING_PX, at.y() + PADDING_PX, TILE_PX.width(), TILE_PX.height())
        draw_tile(painter, picture, self._thumbnails.get(row), colours)
        self._draw_people(painter, picture, row)
        photo = self._workbench.photo
        shown = photo is not None and photo.path == row.path
        if shown:
            draw_frame(painter, picture, 3, colours)
        name = QRect(picture.left(), picture.bottom() + 3, picture.width(), option.fontMetrics.height())
        colour = colours.text if shown else colours.muted
        middle = Qt.AlignmentFlag.AlignCenter
        draw_words(painter, name, name_of(row.path), colour, Qt.TextElideMode.ElideMiddle, middle)

    def _draw_people(self, painter: QPainter, picture: QRect, row: PhotoRow) -> None:
        colours, verdicts = self._workbench.view.colours, row.verdicts
        band = QRect(picture.left(), picture.bottom() - STATE_PX + 1, picture.width(), STATE_PX)
        ground = QColor(colours.base)
        ground.setAlpha(STATE_ALPHA)
        if not verdicts:
            painter.fillRect(band, ground)
            draw_words(painter, band.adjusted(GAP_PX, 0, 0, 0), tr("no people"), colours.muted)
            return
        if len(verdicts) > MARKS_AT_MOST:
            painter.fillRect(band, ground)
            counts = {name: verdicts.count(name) for name in ORDER}
            words = str(len(verdicts))
            width = painter.fontMetrics().horizontalAdvance(words)
            draw_words(painter, band.adjusted(GAP_PX, 0, 0, 0), words, colours.text)
            bar = QRectF(band).adjusted(width + 2 * GAP_PX, 5, -GAP_PX, -5)
            draw_bar(painter, bar, counts, colours)
            return
        step = MARK_PX + GAP_PX
        painter.fillRect(band.adjusted(0, 0, step * len(verdicts) + GAP_PX - band.width(), 0), ground)
        for place, name in enumerate(verdicts):
            mark = QRectF(band.left() + GAP_PX + place * step, band.top() + 2, MARK_PX, MARK_PX)
            draw_mark(painter, mark, name, colours)


class PhotoTable(QTableView):
    """The strip itself. It is a table of one row, as Qt's list lays out every photo at each change."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen
    left = Signal()  # Enter or Escape: back to the photo

    def __init__(self, workbench: Workbench, model: PhotoModel, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._workbench = workbench
        self.setItemDelegate(PhotoDelegate(workbench, thumbnails, self))
        self.setModel(model)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        without_highlight(self)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setAccessibleName(tr("Photos"))
        row_px = TILE_PX.height() + 2 * PADDING_PX + self.fontMetrics().height()
        self.horizontalHeader().setDefaultSectionSize(TILE_PX.width() + 2 * PADDING_PX)
        self.verticalHeader().setDefaultSectionSize(row_px)
        self.setFixedHeight(row_px + self.horizontalScrollBar().sizeHint().height())

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at, target = place_of_menu(self, event), photo_shown(self._workbench)
        if at is not None and target is not None:
            self.menu_asked.emit(target, self.viewport().mapToGlobal(at))

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Filmstrip(QWidget):
    """At the left the photo shown in words and steps to its neighbours; beside it all photos."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._workbench, self._on_page = workbench, False
        self._project: object = None
        self.model = PhotoModel(workbench)
        self.photos = PhotoTable(workbench, self.model, thumbnails)
        self.name, self.place, self.people = (
            ElidedLabel(elide=Qt.TextElideMode.ElideMiddle),
            QLabel(),
            QLabel(),
        )
        self._path = ""
        self.refresh_soon = RefreshSoon(self._refresh, self)
        self._lay_out(actions)
        workbench.project_changed.connect(self._project_changed)
        workbench.photo_changed.connect(self._show_photo)
        workbench.view_changed.connect(self._dress)
        workbench.sequence.changed.connect(self._dress)
        thumbnails.arrived.connect(self.photos.viewport().update)
        self.photos.selectionModel().currentChanged.connect(self._choose)
        self._refresh()

    def allow(self, on_page: bool) -> None:
        """Show the strip only while the photo is shown."""
        self._on_page = on_page
        self._dress()

    def follow_height(self) -> None:
        """In a low window the timeline takes the strip's place: with both, the window would leave the screen."""
        self._dress()

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        about = QWidget()
        about.setFixedWidth(ABOUT_PX)
        column = QVBoxLayout(about)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(2)
        for widget in (self.name, self.place, self.people):
            column.addWidget(widget)
        column.addLayout(flat_buttons(actions, ("person.last_photo", "person.next_photo")))
        column.addStretch(1)
        bold(self.name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(about)
        row.addWidget(self.photos, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _project_changed(self) -> None:
        """Refresh soon; for another project at once, as the strip changes the room of the photo above it."""
        other, self._project = self._workbench.project is not self._project, self._workbench.project
        if other:
            self._refresh()
        else:
            self.refresh_soon.ask()

    def _refresh(self) -> None:
        try:
            if self.model.refresh():
                self._path = ""
        except ProjectError as error:
            self._workbench.refused.emit(str(error))
            return
        self._dress()
        self._show_photo()

    def _dress(self) -> None:
        view = self._workbench.view
        wanted = view.filmstrip and len(self.model.ids) >= LEAST_PHOTOS
        timeline = view.timeline and self._workbench.sequence.there
        self.setVisible(wanted and self._on_page and not (timeline and self.window().height() < LOW_PX))
        self.photos.viewport().update()

    def _show_photo(self) -> None:
        photo = self._workbench.photo
        path = "" if photo is None else photo.path
        if path != self._path:
            self._path = path
            self._go_to(self.model.place_of(self._workbench.photo_id))
        self._tell()

    def _go_to(self, place: int) -> None:
        if place < 0:
            self.photos.selectionModel().clear()
        elif self.photos.currentIndex().column() != place:
            self.photos.setCurrentIndex(self.model.index(0, place))
            self.photos.scrollTo(self.photos.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)
        self.photos.viewport().update()

    def _tell(self) -> None:
        place = self.photos.currentIndex().column()
        row = self.model.row(place) if place >= 0 else None
        self.name.setText("" if row is None else name_of(row.path))
        words = tr("Photo {number} of {all}").format(number=place + 1, all=len(self.model.ids))
        self.place.setText("" if row is None else words)
        self.people.setText("" if row is None else people_in_words(row))

    def _choose(self, current: Index) -> None:
        if current.isValid() and self.model.ids[current.column()] != self._workbench.photo_id:
            self._workbench.show_photo(self.model.ids[current.column()])
