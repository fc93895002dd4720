"""The review queue: the project's people, filtered and ordered as the user chose.

The order is kept while people are worked on: a fit that changes a score moves nobody in the list. It is made anew by
`want`, by `sort`, which *Next worst* and jobs on everybody call, and for another project.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.store import Project
from desktop.model.document import Document
from desktop.state.view import Wanted

NOBODY = np.zeros(0, np.int64)


class Queue(QObject):
    """The queue of a document. It may change whenever the document emits `project_changed`."""

    together_changed = Signal()  # other people are selected together

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.wanted = Wanted()
        self._document = document
        self._project: Project | None = None  # the project of the order kept; None: it is made anew
        self._everybody = self._ids = self._together = NOBODY
        self._looked = self._moved = False
        document.project_changed.connect(self._look_again)

    def reset(self) -> None:
        """Show all people, the worst first."""
        self.wanted = Wanted()
        self._project, self._together = None, NOBODY
        self._look_again()

    def want(self, **changes: Any) -> None:
        """Change the order or filters: fields of `Wanted`."""
        self.wanted = replace(self.wanted, **changes)
        self._project = None
        self._document.project_changed.emit()

    def sort(self) -> None:
        """Make the order anew, as scores are now."""
        if self.moved:
            self._project = None
            self._document.project_changed.emit()

    @property
    def moved(self) -> bool:
        """Whether somebody's place is another one than in the order kept."""
        self._look()
        return self._moved

    def ids(self) -> np.ndarray:
        """Ids (P,) of the people in the queue, in the order kept."""
        self._look()
        return self._ids

    def select_together(self, ids: np.ndarray) -> None:
        """Select people (P,) for one act on all of them."""
        self._together = ids
        self.together_changed.emit()

    @property
    def together(self) -> np.ndarray:
        """Ids (P,) of the people that an act is for: those selected together, else the selected person alone."""
        person_id = self._document.person_id
        if len(self._together) > 1 and person_id in self._together:
            return self._together
        return NOBODY if person_id is None else np.array([person_id], np.int64)

    def first(self) -> int | None:
        """The first person's id, as scores are now; None for an empty queue."""
        return self._first_besides(None, self.wanted)

    def beside(self, by: int) -> int | None:
        """The id `by` places after the selected person, at most the first or last. None for an empty queue.

        A selected person outside the filters, such as one just accepted, still has a place in the order.
        """
        ids, shown = self.ids(), self._document.person_id
        if not len(ids):
            return None
        if shown in ids:
            place = int(np.flatnonzero(ids == shown)[0]) + by
        else:
            before = self._everybody[: int(np.argmax(self._everybody == shown))]
            place = int(np.isin(ids, before).sum()) + by - (by > 0)
        return int(ids[min(max(place, 0), len(ids) - 1)])

    def next_undecided(self) -> int | None:
        """The first person without a verdict, except the selected person; None if all others have a verdict."""
        return self._first_besides(self._document.person_id, replace(self.wanted, verdict="todo"))

    def _first_besides(self, person_id: int | None, wanted: Wanted) -> int | None:
        project = self._document.project
        if project is None:
            return None
        if wanted.chosen is not None:
            ids = project.queue_ids(**_in_project(wanted))
            return next((one for one in _chosen(ids, wanted).tolist() if one != person_id), None)
        rows = project.queue(**_in_project(wanted), limit=2)
        return next((row.id for row in rows if row.id != person_id), None)

    def _look_again(self) -> None:
        self._looked = False

    def _look(self) -> None:
        """Read the queue from the project. People who were in it keep their order."""
        if self._looked:
            return
        project = self._document.project
        now = NOBODY if project is None else project.queue_ids(order=self.wanted.order)
        self._everybody = now if project is not self._project else in_kept_order(self._everybody, now)
        self._project, self._moved = project, not np.array_equal(now, self._everybody)
        self._ids = _chosen(self._everybody, self.wanted)
        filters = _in_project(self.wanted) | {"order": "photo"}
        if project is not None and set(filters.values()) != {"photo", None}:
            self._ids = self._ids[np.isin(self._ids, project.queue_ids(**filters))]
        self._looked = True


def in_kept_order(kept: np.ndarray, now: np.ndarray) -> np.ndarray:
    """The people of `now` (P,) in the order `kept` (Q,). A new person comes after the one before them in `now`."""
    left = kept[np.isin(kept, now)]
    new = ~np.isin(now, left)
    if not new.any():
        return left
    by_id = np.argsort(left)
    places = np.full(len(now), -1)  # of each in `left`; -1 at the start
    places[~new] = by_id[np.searchsorted(left, now[~new], sorter=by_id)]
    before = np.maximum.accumulate(np.where(new, -1, np.arange(len(now))))  # the last known one
    after = np.where(before < 0, -1, places[before])
    first, second = np.arange(len(left)), np.zeros(len(left), int)
    order = np.lexsort(
        (np.concatenate([second, 1 + np.flatnonzero(new)]), np.concatenate([first, after[new]]))
    )
    return np.concatenate([left, now[new]])[order]


def _chosen(ids: np.ndarray, wanted: Wanted) -> np.ndarray:
    if wanted.chosen is None:
        return ids
    own = wanted.chosen.ids
    return own[np.isin(own, ids)] if wanted.chosen.ordered else ids[np.isin(ids, own)]


def _in_project(wanted: Wanted) -> dict[str, Any]:
    """The filters and the order that the project itself applies."""
    return {item.name: getattr(wanted, item.name) for item in fields(wanted) if item.name != "chosen"}
