"""The one mutable object: the body on show, its history, how it is drawn, and what runs in the background.

State changes only by `preview`, `commit`, `cancel`, `undo` and `redo`. Records are replaced, not changed, so
"what changed?" is `old is not new`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from core.errors import FitloopError
from desktop.jobs.body_file import load_steps
from desktop.jobs.worker import Worker
from desktop.posing import PosedBody, Surface, surface
from desktop.theme import ThemeName

if TYPE_CHECKING:
    from core.body.model import Body


@dataclass(frozen=True)
class View:
    """How the body is drawn, and which joint is selected. Not part of the history."""

    joint: str = "pelvis"
    wireframe: bool = False
    floor: bool = True
    theme: ThemeName = "system"
    antialiased: bool | None = (
        None  # None: only where OpenGL runs on a graphics card; asked once, at the start
    )


class Edit(QUndoCommand):
    """One entry of the history: the record before and the record after."""

    def __init__(
        self, label: str, before: PosedBody, after: PosedBody, show: Callable[[PosedBody], None]
    ) -> None:
        super().__init__(label)
        self.before, self.after, self._show = before, after, show

    def undo(self) -> None:
        self._show(self.before)

    def redo(self) -> None:
        self._show(self.after)


class Workbench(QObject):
    """What the views draw and ask for changes."""

    posed_changed = Signal()  # also while something is only previewed
    body_changed = Signal()
    view_changed = Signal()
    job_changed = Signal()
    refused = Signal(str)  # something asked for could not be done: what, where, what next

    def __init__(
        self,
        view: View | None = None,
        load: Callable[[Path | None], "Iterator[Body]"] = load_steps,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.history = QUndoStack(self)
        self._posed = self._committed = PosedBody.at_rest()
        self._view = view or View()
        self._body: Body | None = None
        self._job = ""
        self._load = load
        self._surface: Surface | None = None
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take_body)
        self._worker.finished.connect(partial(self._set_job, ""))
        self._worker.failed.connect(self._refuse_body)

    @property
    def posed(self) -> PosedBody:
        """The pose and shape on show, previewed or committed."""
        return self._posed

    @property
    def previewing(self) -> bool:
        """Whether something is shown that is not committed."""
        return self._posed is not self._committed

    @property
    def body(self) -> "Body | None":
        """The body model; None until the first is loaded."""
        return self._body

    @property
    def view(self) -> View:
        """How the body is drawn."""
        return self._view

    @property
    def job(self) -> str:
        """What runs in the background, in words for the user; empty when nothing does."""
        return self._job

    @property
    def surface(self) -> Surface | None:
        """The vertices and joints on show; None until a body is loaded. Computed once for each change."""
        if self._surface is None and self._body is not None:
            self._surface = surface(self._body, self._posed)
        return self._surface

    def preview(self, posed: PosedBody) -> None:
        """Show this, and keep what is committed."""
        self._show(posed)

    def commit(self, label: str) -> None:
        """Make what is previewed one entry of the history; nothing when it is nothing new."""
        if not self._posed.equals(self._committed):
            self.history.push(Edit(label, self._committed, self._posed, self._settle))
        self.cancel()

    def apply(self, label: str, posed: PosedBody) -> None:
        """Show this and make it one entry of the history."""
        self.preview(posed)
        self.commit(label)

    def cancel(self) -> None:
        """Show what is committed again."""
        if self.previewing:
            self._show(self._committed)

    def undo(self) -> None:
        """Back by one entry; a preview is cancelled instead."""
        if self.previewing:
            self.cancel()
        else:
            self.history.undo()

    def redo(self) -> None:
        """Forward by one entry."""
        self.cancel()
        self.history.redo()

    def look(self, **changes: Any) -> None:
        """Draw otherwise: fields of `View`."""
        view = replace(self._view, **changes)
        if view != self._view:
            self._view = view
            self.view_changed.emit()

    def open_body(self, path: Path | None = None) -> None:
        """Load a body in the background, the open one for None; the one on show stays until it is there."""
        self._worker.start(self._load(path), name="load body")
        self._set_job(self.tr("Loading {name}…").format(name=path.name if path else self.tr("the body")))

    def close(self) -> None:
        """Stop all work and wait for its end."""
        self._worker.close()

    def _show(self, posed: PosedBody) -> None:
        if posed is not self._posed:
            self._posed, self._surface = posed, None
            self.posed_changed.emit()

    def _settle(self, posed: PosedBody) -> None:
        self._committed = posed
        self._show(posed)

    def _take_body(self, body: "Body") -> None:
        self._body, self._surface = body, None
        self.body_changed.emit()

    def _refuse_body(self, error: Exception) -> None:
        self._set_job("")
        if not isinstance(error, FitloopError):
            raise error  # a fault of ours, not of the file: the window's last resort shows it
        self.refused.emit(str(error))

    def _set_job(self, job: str) -> None:
        if job != self._job:
            self._job = job
            self.job_changed.emit()
