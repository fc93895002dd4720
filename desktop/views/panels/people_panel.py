"""The people panel: the queue with thumbnails, scores and verdicts; filters, search, note and tags."""

import time
from typing import Any

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtWidgets import QLabel, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.records import Person
from desktop.jobs.files.thumbnails import Thumbnails
from desktop.model.workbench import Workbench
from desktop.state.pace import Pace
from desktop.text.translate import tr
from desktop.views.panels.people_list import PeopleList, PeopleModel
from desktop.views.panels.queue_filters import QueueFilters

REFRESH_MS = 40  # changes within this time are shown together
REST = 5  # the least time between two refreshes, in durations of the last one
PROGRESS_PX = 4


class PeoplePanel(QWidget):
    """Filters above, the queue, and below it progress, note and tags."""

    def __init__(self, workbench: Workbench, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails = workbench, thumbnails
        self._project: object = None
        self._noted: int | None = None  # the person of the note and tags shown
        self._noted_in: object = None  # that person's project
        self.model = PeopleModel(workbench)
        self.list = PeopleList(workbench, thumbnails)
        self.list.setModel(self.model)
        self.filters = QueueFilters(workbench)
        self.count, self.pace = QLabel(), Pace()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(PROGRESS_PX)
        self.progress.setAccessibleName(tr("People decided"))
        self.note, self.tags = QLineEdit(), QLineEdit()
        self.note.setPlaceholderText(tr("Note"))
        self.tags.setPlaceholderText(tr("Tags, with spaces between"))
        self.note.setAccessibleName(tr("Note"))
        self.tags.setAccessibleName(tr("Tags"))
        self._refresh_soon = _timer(self, REFRESH_MS, self._refresh)
        self._lay_out()
        self._connect()
        self._refresh()
        self._show_person()

    @property
    def waiting(self) -> bool:
        """Whether the list is out of date."""
        return self._refresh_soon.isActive()

    def stop(self) -> None:
        """Stop refreshing, because the window closes."""
        self._refresh_soon.stop()
        self.filters.stop()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addWidget(self.filters)
        column.addWidget(self.list, 1)
        column.addWidget(self.progress)
        column.addWidget(self.count)
        column.addWidget(self.note)
        column.addWidget(self.tags)

    def _connect(self) -> None:
        workbench = self._workbench
        workbench.project_changed.connect(self._plan_refresh)
        workbench.photo_changed.connect(self._show_person)
        workbench.view_changed.connect(self.list.viewport().update)
        self._thumbnails.arrived.connect(self.list.viewport().update)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self.note.editingFinished.connect(self._keep_note)
        self.tags.editingFinished.connect(self._keep_tags)

    def _plan_refresh(self) -> None:
        if not self._refresh_soon.isActive():
            self._refresh_soon.start()

    def _refresh(self) -> None:
        begun = time.perf_counter()
        self._update()
        took_ms = 1000 * (time.perf_counter() - begun)
        self._refresh_soon.setInterval(
            max(REFRESH_MS, round(REST * took_ms))
        )  # a refresh of 100 000 people takes long

    def _update(self) -> None:
        try:
            self.filters.refresh()
            self.model.refresh()
            counts = self._workbench.project.counts() if self._workbench.project is not None else {}
        except ProjectError as error:
            self._workbench.refused.emit(str(error))
            return
        self._show_progress(counts)
        self._show_person()

    def _show_progress(self, counts: dict[str, int]) -> None:
        everybody, decided = sum(counts.values()), counts.get("accepted", 0) + counts.get("rejected", 0)
        if self._workbench.project is not self._project:
            self._project, self.pace = self._workbench.project, Pace()
        if self._project is not None:
            self.pace.note(decided, time.monotonic())
        self.progress.setRange(0, max(1, everybody))
        self.progress.setValue(decided)
        words = [
            tr("{shown} shown · {decided} of {all} decided").format(
                shown=len(self.model.ids), decided=decided, all=everybody
            )
        ]
        rate, left = self.pace.people_an_hour(), self.pace.hours_left(everybody - decided)
        if rate is not None and left is not None:
            words.append(tr("{rate:.0f} people an hour · {left} left").format(rate=rate, left=_hours(left)))
        self.count.setText("\n".join(words))

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            self._workbench.select(int(self.model.ids[current.row()]))

    def _show_person(self) -> None:
        person = self._workbench.person
        place = self.model.place_of(self._workbench.person_id)
        selection = self.list.selectionModel()
        if place < 0:
            selection.clear()
        elif selection.currentIndex().row() != place:
            self.list.setCurrentIndex(self.model.index(place))
        if self._workbench.person_id != self._noted:
            self.keep_typed()
        for line, text in self._lines(person):
            line.setEnabled(person is not None and self._workbench.writable)
            if line.text() != text and not line.isModified():
                line.setText(text)
                line.setCursorPosition(0)  # so that the beginning of the text is visible

    def _lines(self, person: Person | None) -> tuple[tuple[QLineEdit, str], tuple[QLineEdit, str]]:
        """The two input lines, with the person's texts."""
        tags = " ".join(person.tags) if person else ""
        return (self.note, person.note if person else ""), (self.tags, tags)

    def keep_typed(self) -> None:
        """Save typed note and tags to the person they were typed for, who may no longer be selected."""
        typed = [line for line in (self.note, self.tags) if line.isModified()]
        person_id, self._noted = self._noted, self._workbench.person_id
        project = self._workbench.project
        if not typed or person_id is None or project is None or project is not self._noted_in:
            self._noted_in = project
            return
        self._noted_in = project
        for line in typed:
            line.setModified(False)
        try:
            photo = project.photo_of(person_id)
        except ProjectError:
            return  # the person was deleted, or never committed
        person = next(person for person in photo.people if person.id == person_id)
        note, tags = self.note.text(), self._typed_tags()
        if (note, tags) == (person.note, person.tags):
            return
        after = photo.with_person(person.with_(note=note, tags=tags))
        self._workbench.remember()
        kept = self._workbench.write(tr("Note"), [(photo, after)])
        self._workbench.remember()
        for line in typed:  # a failed save is tried again while the person is selected
            line.setModified(not kept and person_id == self._noted)

    def _typed_tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.tags.text().replace("#", " ").replace(",", " ").split()))

    def _keep_note(self) -> None:
        person, text = self._workbench.person, self.note.text()
        if person is not None and text != person.note:
            self._workbench.apply(tr("Note"), person.with_(note=text))
            person = self._workbench.person
        self.note.setModified(person is not None and text != person.note)

    def _keep_tags(self) -> None:
        person, tags = self._workbench.person, self._typed_tags()
        if person is not None and tags != person.tags:
            self._workbench.apply(tr("Tags"), person.with_(tags=tags))
            person = self._workbench.person
        self.tags.setModified(person is not None and tags != person.tags)


def _hours(hours: float) -> str:
    """A duration in hours and minutes, as text."""
    minutes = round(60 * hours)
    if minutes < 60:
        return tr("{minutes} min").format(minutes=max(minutes, 1))
    return tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def _timer(parent: QWidget, wait_ms: int, run: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(wait_ms)
    timer.timeout.connect(run)
    return timer
