"""The queue: who is next, with thumbnail, score and verdict; filters, search, note and tags."""

from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from core.errors import ProjectError
from desktop.jobs.thumbnails import Thumbnails
from desktop.views.people_list import PeopleModel, PersonDelegate
from desktop.workbench import Workbench

REFRESH_MS = 40  # changes that come together are shown together
SEARCH_MS = 250  # after the last letter


class PeoplePanel(QWidget):
    """Filters above, the queue, and below what is known of the person on show."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails = workbench, thumbnails
        self.model = PeopleModel(workbench)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(PersonDelegate(workbench, thumbnails, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName(self.tr("People"))
        self.order, self.verdict = QComboBox(), QComboBox()
        for name, words in self._orders().items():
            self.order.addItem(words, name)
        for verdict, words in self._verdicts().items():
            self.verdict.addItem(words, verdict)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search in names, notes, tags"))
        self.search.setClearButtonEnabled(True)
        self.count = QLabel()
        self.note, self.tags = QLineEdit(), QLineEdit()
        self.note.setPlaceholderText(self.tr("Note"))
        self.tags.setPlaceholderText(self.tr("Tags, with spaces between"))
        self._refresh_soon = _timer(self, REFRESH_MS, self._refresh)
        self._search_soon = _timer(self, SEARCH_MS, self._search)
        self._lay_out()
        self._connect()
        self._refresh()
        self._show_person()

    def stop(self) -> None:
        """No refresh any more: the window closes."""
        self._refresh_soon.stop()
        self._search_soon.stop()

    def _orders(self) -> dict[str, str]:
        return {
            "worst": self.tr("Worst first"),
            "best": self.tr("Best first"),
            "disagreement": self.tr("Guess and fit disagree"),
            "warnings": self.tr("Warnings first"),
            "newest": self.tr("Changed last"),
            "oldest": self.tr("Changed first"),
            "photo": self.tr("By photo"),
        }

    def _verdicts(self) -> dict[str | None, str]:
        return {
            None: self.tr("Everybody"),
            "todo": self.tr("To do"),
            "later": self.tr("Later"),
            "accepted": self.tr("Accepted"),
            "rejected": self.tr("Rejected"),
        }

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.addWidget(self.order, 0, 0)
        grid.addWidget(self.verdict, 0, 1)
        grid.addWidget(self.search, 1, 0, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(grid)
        column.addWidget(self.list, 1)
        column.addWidget(self.count)
        column.addWidget(self.note)
        column.addWidget(self.tags)
        for box in (self.order, self.verdict):
            box.setMinimumContentsLength(6)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def _connect(self) -> None:
        workbench = self._workbench
        workbench.project_changed.connect(self._plan_refresh)
        workbench.photo_changed.connect(self._show_person)
        workbench.view_changed.connect(self.list.viewport().update)
        self._thumbnails.arrived.connect(self.list.viewport().update)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self.order.activated.connect(lambda _: workbench.queue.want(order=self.order.currentData()))
        self.verdict.activated.connect(lambda _: workbench.queue.want(verdict=self.verdict.currentData()))
        self.search.textChanged.connect(lambda _: self._search_soon.start())
        self.note.editingFinished.connect(self._keep_note)
        self.tags.editingFinished.connect(self._keep_tags)

    def _plan_refresh(self) -> None:
        if not self._refresh_soon.isActive():
            self._refresh_soon.start()

    def _refresh(self) -> None:
        wanted = self._workbench.queue.wanted
        self.order.setCurrentIndex(self.order.findData(wanted.order))
        self.verdict.setCurrentIndex(self.verdict.findData(wanted.verdict))
        try:
            self.model.refresh()
            counts = self._workbench.project.counts() if self._workbench.project is not None else {}
        except ProjectError as error:
            self._workbench.refused.emit(str(error))
            return
        decided = sum(counts.get(verdict, 0) for verdict in ("accepted", "rejected"))
        self.count.setText(
            self.tr("{shown} shown · {decided} of {all} decided").format(
                shown=len(self.model.ids), decided=decided, all=sum(counts.values())
            )
        )
        self._show_person()

    def _search(self) -> None:
        text = self.search.text().strip()
        if (text or None) != self._workbench.queue.wanted.text:
            self._workbench.queue.want(text=text or None)

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            self._workbench.select(int(self.model.ids[current.row()]))

    def _show_person(self) -> None:
        if self._workbench.fits.following:
            return
        person = self._workbench.person
        place = self.model.place_of(self._workbench.person_id)
        selection = self.list.selectionModel()
        if place < 0:
            selection.clear()
        elif selection.currentIndex().row() != place:
            self.list.setCurrentIndex(self.model.index(place))
        for line, text in (
            (self.note, person.note if person else ""),
            (self.tags, " ".join(person.tags) if person else ""),
        ):
            line.setEnabled(person is not None and self._workbench.writable)
            if not line.hasFocus() and line.text() != text:
                line.setText(text)

    def _keep_note(self) -> None:
        person = self._workbench.person
        if person is not None and self.note.text() != person.note:
            self._workbench.apply(self.tr("Note"), person.with_(note=self.note.text()))

    def _keep_tags(self) -> None:
        person = self._workbench.person
        tags = tuple(dict.fromkeys(self.tags.text().replace("#", " ").replace(",", " ").split()))
        if person is not None and tags != person.tags:
            self._workbench.apply(self.tr("Tags"), person.with_(tags=tags))


def _timer(parent: QWidget, wait_ms: int, run: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(wait_ms)
    timer.timeout.connect(run)
    return timer
