"""What the search for people has come to in the open project, for the card on the photo."""

from typing import Literal

from PySide6.QtCore import QObject, Signal

from core.store import Project
from desktop.model.document import Document

Work = Literal["find", "weights", "install"]
LONGEST_LOG = 200_000  # characters


class Finding(QObject):
    """Which work runs, why no detector can be used, and in which photos nobody was found."""

    changed = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._works: tuple[Work, ...] = ()  # a search may run beside a download
        self.lack = ""  # why no detector can be used; "" while that is not known
        self.failed = ""  # why the last installation failed
        self.log = ""  # of the last installation
        self.empty: frozenset[str] = frozenset()  # paths of photos in which nobody was found
        self._document = document
        self._project: Project | None = None
        document.project_changed.connect(self._take_project)

    @property
    def work(self) -> Work | None:
        """The work to show: the download, where a search runs beside it. None without any."""
        return next((work for work in self._works if work != "find"), None) or next(iter(self._works), None)

    def begin(self, work: Work) -> None:
        """Work began. An installation begins a new log."""
        self._works = (*self._works, work)
        if work == "install":
            self.log = self.failed = ""
        self.changed.emit()

    def end(self, work: Work) -> None:
        """The work ended."""
        self._works = tuple(other for other in self._works if other != work)
        self.changed.emit()

    def set_lack(self, lack: str) -> None:
        """Set why no detector can be used; "" once that is over."""
        self.lack = lack
        self.changed.emit()

    def found_nobody(self, path: str) -> None:
        """A photo was searched in vain."""
        self.empty |= {path}
        self.changed.emit()

    def add_to_log(self, text: str, failed: str = "") -> None:
        """Add what an installation has printed. failed: why it failed, if it did."""
        self.log = (self.log + text)[-LONGEST_LOG:]
        self.failed = failed
        self.changed.emit()

    def _take_project(self) -> None:
        if self._document.project is not self._project:
            self._project, self.empty = self._document.project, frozenset()
            self.changed.emit()
