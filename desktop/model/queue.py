"""The review queue: the project's people, filtered and ordered as the user chose."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from desktop.model.document import Document
from desktop.state.view import Wanted


class Queue:
    """The queue of a document. It may change whenever the document emits `project_changed`."""

    def __init__(self, document: Document) -> None:
        self.wanted = Wanted()
        self._document = document

    def reset(self) -> None:
        """Show all people, the worst first."""
        self.wanted = Wanted()

    def want(self, **changes: Any) -> None:
        """Change the order or filters: fields of `Wanted`."""
        self.wanted = replace(self.wanted, **changes)
        self._document.project_changed.emit()

    def ids(self) -> np.ndarray:
        """Ids (P,) of the people in the queue, in order."""
        return self._ids(self.wanted)

    def first(self) -> int | None:
        """The first person's id; None for an empty queue."""
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
            everybody = self._ids(Wanted(order=self.wanted.order))
            before = everybody[: int(np.argmax(everybody == shown))]
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
            return next((one for one in self._ids(wanted).tolist() if one != person_id), None)
        rows = project.queue(**_in_project(wanted), limit=2)
        return next((row.id for row in rows if row.id != person_id), None)

    def _ids(self, wanted: Wanted) -> np.ndarray:
        project = self._document.project
        if project is None:
            return np.zeros(0, np.int64)
        ids = project.queue_ids(**_in_project(wanted))
        return ids if wanted.chosen is None else ids[np.isin(ids, wanted.chosen.ids)]


def _in_project(wanted: Wanted) -> dict[str, Any]:
    """The filters and the order that the project itself applies."""
    return {item.name: getattr(wanted, item.name) for item in fields(wanted) if item.name != "chosen"}
