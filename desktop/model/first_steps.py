"""First steps in the sample project: five tasks in any order, each ticked when the user has done it."""

from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.body.keypoints import layout
from core.records import Person
from core.store import Project
from desktop.jobs.files.open_sample import sample_folder
from desktop.jobs.files.save_files import fits_file_of
from desktop.model.workbench import Workbench
from desktop.settings import Settings

STEPS = ("drag", "alternatives", "accept", "next", "save")


class FirstSteps(QObject):
    """Watches the workbench while the sample is open, until all steps are done or the user closes them."""

    changed = Signal()

    def __init__(self, workbench: Workbench, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.done: set[str] = set()
        self._workbench, self._settings = workbench, settings
        self._project: Project | None = None  # the sample, while it is open
        self._looked_at: Project | None = None
        self._seen: dict[int, Person] = {}  # people as last seen on the disk
        self._shown: int | None = None
        self._saved_at = 0
        workbench.project_changed.connect(self._check)
        workbench.photo_changed.connect(self._check)
        workbench.fits.changed.connect(self._check)
        workbench.alternatives.changed.connect(self._check)
        workbench.files.changed.connect(self._check)

    @property
    def wanted(self) -> bool:
        """Whether the sample is open and the user has not closed the steps."""
        return self._project is not None and not self._settings.first_steps_over

    @property
    def current(self) -> str | None:
        """The next step; None when all are done."""
        return next((step for step in STEPS if step not in self.done), None)

    def dismiss(self) -> None:
        """Never show the first steps again."""
        self._settings.first_steps_over = True
        self.changed.emit()

    def offer(self) -> None:
        """Show the first steps from the beginning, also if they were closed before."""
        self._settings.first_steps_over = False
        self._begin(self._looked_at)
        self.done.clear()
        self.changed.emit()

    def _check(self) -> None:
        workbench = self._workbench
        if workbench.project is not self._looked_at:
            self._begin(workbench.project)
        if not self.wanted or workbench.previewing or workbench.photo is None or self._project is None:
            return
        before = set(self.done)
        for person in workbench.photo.people:
            self.done |= done_between(self._seen.get(person.id, person), person)
            self._seen[person.id] = person
        if workbench.alternatives.found:
            self.done.add("alternatives")
        if self._shown not in (None, workbench.person_id) and "accept" in before:
            self.done.add("next")
        self._shown = workbench.person_id
        if not workbench.files.running and _written_at(self._project) > self._saved_at:
            self.done.add("save")
        if self.done != before:
            self.changed.emit()

    def _begin(self, project: Project | None) -> None:
        self._looked_at = project
        known = project if project is not None and is_sample(project) else None
        self._project, self._shown, self._seen = known, None, {}
        self._saved_at = _written_at(known) if known is not None else 0
        self.changed.emit()


def is_sample(project: Project) -> bool:
    """Whether a project is the sample."""
    return project.folder == sample_folder().absolute()


def done_between(before: Person, after: Person) -> set[str]:
    """The steps of STEPS that a change of one person completes."""
    done = set()
    if before.keypoints is not after.keypoints and _wrist_moved(before, after):
        done.add("drag")
    if after.verdict == "accepted" != before.verdict:
        done.add("accept")
    return done


def _wrist_moved(before: Person, after: Person) -> bool:
    names: Any = layout(after.keypoints.layout).keypoints
    wrists = [place for place, name in enumerate(names) if name.endswith("wrist")]
    same_layout = before.keypoints.layout == after.keypoints.layout
    return same_layout and not np.array_equal(before.keypoints.xy[wrists], after.keypoints.xy[wrists])


def _written_at(project: Project) -> int:
    """The time of the last save of the fits dictionary [ns]; 0 for never."""
    try:
        return fits_file_of(project).stat().st_mtime_ns
    except OSError:
        return 0
