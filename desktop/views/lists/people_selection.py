"""The selection that the list and the contact sheet share: the person shown, and people selected together."""

import numpy as np
from PySide6.QtCore import QItemSelection, QItemSelectionModel

from desktop.model.workbench import Workbench
from desktop.views.lists.people_list import PeopleModel

FLAG = QItemSelectionModel.SelectionFlag


class PeopleSelection(QItemSelectionModel):
    """Its current row is the person shown. Ctrl, Shift and Ctrl+A select more people for one act on all."""

    def __init__(self, workbench: Workbench, model: PeopleModel) -> None:
        super().__init__(model, model)
        self._workbench, self._people = workbench, model
        self._follows = False  # during a change that the workbench made itself
        self.currentChanged.connect(self._choose)
        self.selectionChanged.connect(self._take)

    def show_person(self) -> None:
        """Follow the workbench to the person shown. People selected together stay if that person is one of them."""
        place = self._people.place_of(self._workbench.person_id)
        if place < 0:
            self._follows = True
            self.clear()
            self._follows = False
        elif self.currentIndex().row() != place:
            self.setCurrentIndex(self._people.index(place), FLAG.ClearAndSelect)

    def regain(self) -> None:
        """Select the same people again after their places changed."""
        self._follows = True
        ids, place = self._people.ids, self._people.place_of(self._workbench.person_id)
        selected = QItemSelection()
        for first, last in _runs(np.flatnonzero(np.isin(ids, self._workbench.queue.together))):
            selected.select(self._people.index(first), self._people.index(last))
        self.select(selected, FLAG.ClearAndSelect)
        if place >= 0:
            self.setCurrentIndex(self._people.index(place), FLAG.NoUpdate)
        self._follows = False

    def _choose(self) -> None:
        place = self.currentIndex().row()
        if place >= 0 and not self._follows:
            self._workbench.select(int(self._people.ids[place]))

    def _take(self) -> None:
        """Hand the selected people to the workbench. The person shown is always one of them."""
        if self._follows:
            return
        places = [np.arange(part.top(), part.bottom() + 1) for part in self.selection().toList()]
        rows = np.sort(np.concatenate(places)) if places else np.zeros(0, int)
        self._workbench.queue.select_together(self._people.ids[rows])
        here = self.currentIndex().row()
        if len(rows) and here not in rows:
            nearest = rows[int(np.abs(rows - here).argmin())]
            self.setCurrentIndex(self._people.index(int(nearest)), FLAG.NoUpdate)
        elif not len(rows) and here >= 0:
            self.select(self.currentIndex(), FLAG.Select)


def _runs(places: np.ndarray) -> list[tuple[int, int]]:
    """First and last of each run of successive places (P,), in order."""
    if not len(places):
        return []
    ends = np.flatnonzero(np.diff(places) > 1)
    return list(zip(places[[0, *(ends + 1)]].tolist(), places[[*ends, -1]].tolist(), strict=True))
