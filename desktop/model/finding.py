"""What the search for people has come to in the open project, for the card on the photo."""

from typing import Literal

from PySide6.QtCore import QObject, Signal

from core.store import Project
from desktop.model.document import Document

Work = Literal["", "find", "weights", "install"]
LONGEST_LOG = 200_000  # characters


class Finding(QObject):
    """Which work runs, why no detector can be used, and in which photos nobody was found."""

    changed = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.work: Work = ""
        self.lack = ""  # why no detector can be used; "" while that is not known
        self.failed = ""  # why the last installation failed
        self.log = ""  # of the last installation
        self.empty: frozenset[str] = frozenset()  # paths of photos in which nobody was found
        self._document = document
        self._project: Project | None = None
        document.project_changed.connect(self._take_project)

    def begin(self, work: Work) -> None:
        """Work began. An installation begins a new log."""
        self.work = work
        if work == "install":
            self.log = self.failed = ""
        self.changed.emit()

    def end(self) -> None:
        """The work ended."""
        self.work = ""
        self.changed.emit()

    def cannot(self, lack: str) -> None:
        """No detector can be used; "" once that is over."""
        self.lack = lack
        self.changed.emit()

    def found_nobody(self, path: str) -> None:
        """A photo was searched in vain."""
        self.empty |= {path}
        self.changed.emit()

    def said(self, text: str, failed: str = "") -> None:
        """An installation said something, or failed."""
        self.log = (self.log + text)[-LONGEST_LOG:]
        self.failed = failed
        self.changed.emit()

    def _take_project(self) -> None:
        if self._document.project is not self._project:
            self._project, self.empty = self._document.project, frozenset()
            self.changed.emit()
