"""The people panel: the queue with thumbnails, scores and verdicts; filters, search, note and tags."""

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.records import Person
from desktop.jobs.files.thumbnails import Thumbnails
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.lists.people_list import PeopleList, PeopleModel
from desktop.views.lists.people_selection import PeopleSelection
from desktop.views.lists.queue_filters import QueueFilters
from desktop.views.lists.refresh_soon import RefreshSoon
from desktop.views.lists.verdict_counts import ProgressOfWork


class PeoplePanel(QWidget):
    """Filters above, the queue, and below it progress, note and tags."""

    def __init__(
        self,
        workbench: Workbench,
        thumbnails: Thumbnails,
        actions: Mapping[str, QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._thumbnails, self._actions = workbench, thumbnails, actions
        self._noted: int | None = None  # the person of the note and tags shown
        self._noted_in: object = None  # that person's project
        self._counts: dict[str, int] = {}  # people by verdict
        self.model = PeopleModel(workbench)
        self.selection = PeopleSelection(workbench, self.model)
        self.list = PeopleList(workbench, thumbnails)
        self.list.setModel(self.model)
        self.list.setSelectionModel(self.selection)
        self.filters = QueueFilters(workbench, actions)
        self.progress = ProgressOfWork(workbench)
        self.note, self.tags = QLineEdit(), QLineEdit()
        self.note.setPlaceholderText(tr("Note"))
        self.tags.setPlaceholderText(tr("Tags, with spaces between"))
        self.note.setAccessibleName(tr("Note"))
        self.tags.setAccessibleName(tr("Tags"))
        self._refresh_soon = RefreshSoon(self._update, self)
        self._lay_out()
        self._connect()
        self._refresh_soon.now()

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
        column.addWidget(self.note)
        column.addWidget(self.tags)

    def _connect(self) -> None:
        workbench = self._workbench
        workbench.project_changed.connect(self._refresh_soon.ask)
        workbench.photo_changed.connect(self._show_person)
        workbench.view_changed.connect(self.list.viewport().update)
        workbench.queue.together_changed.connect(self._show_progress)
        self._thumbnails.arrived.connect(self._show_thumbnail)
        self.note.editingFinished.connect(self._keep_note)
        self.tags.editingFinished.connect(self._keep_tags)

    def _update(self) -> None:
        try:
            self.filters.refresh()
            if self.model.refresh():
                self.selection.regain()
            self._counts = self._workbench.project.counts() if self._workbench.project is not None else {}
        except ProjectError as error:
            self._workbench.refused.emit(str(error))
            return
        self._show_progress()
        self._show_person()

    def _show_thumbnail(self, person_id: int) -> None:
        self.list.update(self.model.index(self.model.place_of(person_id)))

    def _show_progress(self) -> None:
        self.progress.show_progress(self._counts, len(self.model.ids))
        self.list.nobody = self._nobody_in_words()

    def _nobody_in_words(self) -> str:
        """Why the list has no people, and what brings some."""
        if self._workbench.project is None:
            return ""
        if sum(self._counts.values()):
            return tr("Nobody matches the filters. Choose others above.")
        keys = [self._actions[name].shortcut().toString() for name in ("person.detect", "person.draw")]
        return tr("No people yet.\n{detect}: detect them\n{draw}: draw one").format(
            detect=keys[0], draw=keys[1]
        )

    def _show_person(self) -> None:
        person = self._workbench.person
        self.selection.show_person()
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
