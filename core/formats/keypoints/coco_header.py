"""The head of a COCO file that is written: categories, licences and all other fields of its photos' files."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.formats.keypoints.coco_origin import DocumentOrigin, document_origin
from core.formats.shared.layout_match import NameMatch
from core.formats.shared.report import LeftOut
from core.records import Keypoints

Id = Hashable


class CocoHeader:
    """The fields of all documents together, and the category that each layout is written in.

    Of equal ids in two documents the second gets a free one. A field that two documents fill otherwise is the first's.
    """

    def __init__(self, documents: Iterable[str], description: str) -> None:
        self.left_out: list[LeftOut] = []
        self.fields: dict[str, Any] = {}
        self.lists: dict[str, list[Any]] = {"categories": []}
        self.rest: list[DocumentOrigin] = []
        self._categories: dict[str, dict[Id, Id]] = {}  # by document: the category's id -> the written one
        self._licenses: dict[str, dict[Id, Id]] = {}
        self._matches: dict[str, dict[Id, NameMatch]] = {}
        self._made: dict[str, Id] = {}  # layout -> id
        for text in documents:
            origin = document_origin(text)
            if origin is not None:
                self._add(text, origin)
        if not self._categories:
            self.fields["info"] = {"description": description}

    def license_of(self, document: str, id: Any) -> Any:
        """The written id of a licence."""
        return self._licenses.get(document, {}).get(id, id) if isinstance(id, Hashable) else id

    def category_of(self, document: str, id: Any) -> Any:
        """The written id of a category."""
        return self._categories.get(document, {}).get(id, id) if isinstance(id, Hashable) else id

    def match_of(self, document: str, id: Any) -> NameMatch | None:
        """How a document's category was read."""
        return self._matches.get(document, {}).get(id) if isinstance(id, Hashable) else None

    def category_for(self, document: str, keypoints: Keypoints) -> tuple[Id, NameMatch]:
        """A category that has a place for all these keypoints: the document's own, another's, or a new one."""
        for text in dict.fromkeys((document, *self._matches)):
            for id, known in self._matches.get(text, {}).items():
                if known.layout == keypoints.layout and (known.take >= 0)[keypoints.confidence > 0].all():
                    return self.category_of(text, id), known
        return self._made_category(keypoints.layout)

    def category_of_layout(self, name: str) -> tuple[Id, NameMatch]:
        """A category with just the keypoints of a layout in its order: of a document, or a new one."""
        for text, matches in self._matches.items():
            for id, known in matches.items():
                if known.layout == name and np.array_equal(known.take, np.arange(known.count)):
                    return self.category_of(text, id), known
        return self._made_category(name)

    def _made_category(self, name: str) -> tuple[Id, NameMatch]:
        if name not in self._made:
            self._made[name] = _free_id(self.lists["categories"])
            self.lists["categories"].append(_category(name, self._made[name]))
        k = layout(name).k
        return self._made[name], NameMatch(name, np.arange(k), k)

    def _add(self, text: str, origin: DocumentOrigin) -> None:
        fields = dict(origin.fields)
        self.rest.append(origin)
        self._matches[text] = origin.matches
        self._categories[text] = self._numbered("categories", fields)
        self._licenses[text] = self._numbered("licenses", fields)
        for name, value in fields.items():
            if name not in self.fields:
                self.fields[name] = value
            elif self.fields[name] != value:
                reason = "several files fill it; the first one's is written"
                self.left_out.append(LeftOut(f"field '{name[:64]}'", reason))

    @property
    def is_binary(self) -> bool:
        """Whether the visibilities of all documents are 0 and 1 only: a 2 would give their other 1s another meaning."""
        return bool(self.rest) and all(origin.is_binary for origin in self.rest)

    @property
    def document(self) -> dict[str, Any]:
        """All but images and annotations."""
        return self.fields | {name: records for name, records in self.lists.items() if records}

    def _numbered(self, name: str, fields: dict[str, Any]) -> dict[Id, Id]:
        """Move a field's records with ids to the list of this name. Returns the ids that had to change."""
        changed: dict[Id, Id] = {}
        written = self.lists.setdefault(name, [])
        if not fields.get(name) or not isinstance(fields[name], list):
            return changed
        for record in fields.pop(name):
            if record in written:
                continue
            id = record.get("id") if isinstance(record, dict) else None
            if id is not None and any(isinstance(r, dict) and r.get("id") == id for r in written):
                free = _free_id(written)
                if isinstance(id, Hashable):
                    changed[id] = free
                record = record | {"id": free}
            written.append(record)
        return changed


def _free_id(records: list[Any]) -> int:
    ids = [record.get("id") for record in records if isinstance(record, dict)]
    return 1 + max((id for id in ids if isinstance(id, int)), default=0)


def _category(name: str, id: Id) -> dict[str, Any]:
    chosen = layout(name)
    skeleton = [[a + 1, b + 1] for a, b in chosen.bones]
    return {"id": id, "name": "person", "supercategory": "person", "layout": name,
            "keypoints": list(chosen.keypoints), "skeleton": skeleton}  # fmt: skip
