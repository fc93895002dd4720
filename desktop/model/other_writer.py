"""Watches a project that another program writes, and shows its changes a second later."""

from PySide6.QtCore import QObject, QTimer

from core.errors import ProjectError
from core.store import Project
from desktop.model.document import Document

LOOK_EVERY_MS = 1000


class OtherWriter(QObject):
    """Polls a read-only project. The document reads it again after each commit of another program."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self._project: Project | None = None  # a project opened for reading only
        self._seen = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._poll)

    def watch(self, project: Project | None) -> None:
        """Watch a project if another program may write it."""
        self._timer.stop()
        self._project = project if project is not None and project.read_only else None
        if self._project is not None:
            self._seen = self._project.data_version()
            self._timer.start()

    def _poll(self) -> None:
        assert self._project is not None
        try:
            version = self._project.data_version()
            if version != self._seen:
                self._seen = version
                self._document.read_anew()
        except ProjectError as error:
            self._timer.stop()
            self._document.refused.emit(str(error))
