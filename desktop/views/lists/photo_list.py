"""The photos of a project as a Qt table of one row, which reads a photo when it becomes visible."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt

from core.store.project.review_queue import PhotoRow
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.lists.people_list import ROW_ROLE, ROWS_KEPT, Index


class PhotoModel(QAbstractTableModel):
    """The ids of all photos, in the order of their addition; a column each."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self.ids: list[int] = []
        self._places: dict[int, int] = {}
        self._rows: dict[int, PhotoRow] = {}

    def refresh(self) -> bool:
        """Read the photos' ids from the project again. Returns whether there are others."""
        project = self._workbench.project
        ids = [] if project is None else project.photo_ids()
        self._rows.clear()
        if ids == self.ids:
            return False
        self.beginResetModel()
        self.ids, self._places = ids, {photo_id: place for place, photo_id in enumerate(ids)}
        self.endResetModel()
        return True

    def place_of(self, photo_id: int | None) -> int:
        """The place of a photo; -1 for none."""
        return -1 if photo_id is None else self._places.get(photo_id, -1)

    def row(self, place: int) -> PhotoRow | None:
        """The photo at a place; None for a deleted one."""
        photo_id, project = self.ids[place], self._workbench.project
        if photo_id not in self._rows and project is not None:
            if len(self._rows) > ROWS_KEPT:
                self._rows.clear()
            self._rows |= {row.id: row for row in project.photo_rows([photo_id])}
        return self._rows.get(photo_id)

    @qt_override(int)
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    @qt_override(int)
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.ids)

    @qt_override()
    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or role not in (ROW_ROLE, *WORDS):
            return None
        row = self.row(index.column())
        if row is None or role == ROW_ROLE:
            return row
        return tr("{name}: {people}").format(name=row.path, people=people_in_words(row))


WORDS = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)


def people_in_words(row: PhotoRow) -> str:
    """The number of a photo's people, and of those without a verdict."""
    people, undecided = len(row.verdicts), row.verdicts.count("todo")
    if not people:
        return tr("no people")
    words = tr("%n people", "", people)
    return tr("{people} · {open} to do").format(people=words, open=undecided) if undecided else words
