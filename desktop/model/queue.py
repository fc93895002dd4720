"""Who is to be looked at, and in what order: the project's people as the user wants to see them."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from desktop.model.document import Document
from desktop.state.view import Wanted


class Queue:
    """Belongs to a document, whose `project_changed` tells that it may be another."""

    def __init__(self, document: Document) -> None:
        self.wanted = Wanted()
        self._document = document

    def reset(self) -> None:
        """Everybody, the worst first."""
        self.wanted = Wanted()

    def want(self, **changes: Any) -> None:
        """Another order or filter: fields of `Wanted`."""
        self.wanted = replace(self.wanted, **changes)
        self._document.project_changed.emit()

    def ids(self) -> np.ndarray:
        """Ids of its people (P,), in order."""
        return self._ids(self.wanted)

    def first(self) -> int | None:
        """Who comes first; None when it is empty."""
        return self._first_besides(None, self.wanted)

    def beside(self, by: int) -> int | None:
        """Who comes `by` people after whoever is on show; at an end the last one there. None when it is empty.

        Who was accepted is no more among those to do, and has still a place among them.
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
        """Who comes first without a verdict, other than who is on show; None when all others have one."""
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
    """What the project itself filters and orders by."""
    return {item.name: getattr(wanted, item.name) for item in fields(wanted) if item.name != "chosen"}
