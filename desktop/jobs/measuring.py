"""Measures of all people of a project, computed in a thread and updated for changed people."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import FitloopError
from core.records import BBOX_PADDING, BBOX_UNIT, Person
from core.store import Project
from desktop.jobs.worker import Worker
from desktop.state.measures import PCK_PX, VERDICTS, Measures, joined

if TYPE_CHECKING:
    from core.body.model import Body

PEOPLE_A_STEP = 64
STEPS_A_REPORT = 20  # joining many arrays costs more than measuring a few people
LOOK_AFTER_MS = 400  # changes within this time are measured together


@dataclass(frozen=True, eq=False)
class Measured:
    """measures: of all people measured so far. until [s since 1970]: in the last step; later changes are missing."""

    measures: Measures
    done: int
    total: int
    until: float | None = None


class Measuring(QObject):
    """Keeps the measures of a project up to date while the plots are visible."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.measures = Measures.empty()
        self.done = self.total = 0
        self._what: tuple[Project, Body] | None = None
        self._until = 0.0
        self._again = False
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take)
        self._worker.finished.connect(self._finish)
        self._worker.failed.connect(self._fail)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(LOOK_AFTER_MS)
        self._soon.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether people remain to be measured."""
        return self._worker.running or self._soon.isActive()

    def show(self, project: Project | None, body: "Body | None") -> None:
        """Measure a project soon: all people if project or body changed, else changed people only."""
        what = (project, body) if project is not None and body is not None else None
        if self._what is None or what is None or what != self._what:
            self._worker.stop()
            self.measures, self._until, self._what = Measures.empty(), 0.0, what
        if what is not None and not self._soon.isActive():
            self._soon.start()
        self.changed.emit()

    def close(self) -> None:
        """Stop, and wait until no thread is left."""
        self._soon.stop()
        self._worker.close()

    def _poll(self) -> None:
        self._again = self._worker.running
        if not self._again and self._what is not None:
            project, body = self._what
            steps = measure_steps(project, body, self.measures, self._until)
            self._worker.start(steps, name="measure")

    def _take(self, step: Measured) -> None:
        self.measures, self.done, self.total = step.measures, step.done, step.total
        self._until = self._until if step.until is None else step.until
        self.changed.emit()

    def _finish(self) -> None:
        if self._again:
            self._poll()
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, FitloopError):  # the queue reports an unreadable project
            raise error


def measure_steps(project: Project, body: "Body", known: Measures, since: float) -> Iterator[Measured]:
    """Update measures: measure people changed after `since` [s since 1970], and drop deleted people."""
    ids, until = project.changed_since(since)
    if len(known.ids) + len(ids) != sum(project.counts().values()):
        known = known.of(np.isin(known.ids, project.queue_ids(order="photo")))
    parts: list[Measures] = []
    for first in range(0, len(ids), PEOPLE_A_STEP):
        parts.append(measure(project.people(ids[first : first + PEOPLE_A_STEP]), body))
        if len(parts) == STEPS_A_REPORT:
            known, parts = known.with_(joined(parts)), []
            yield Measured(known, first + PEOPLE_A_STEP, len(ids))
    yield Measured(known.with_(joined(parts)), len(ids), len(ids), until)


def measure(people: list[Person], body: "Body") -> Measures:
    """The measures of people. A fit of another body has a score, but no distances."""
    within = np.zeros((len(people), len(PCK_PX)), np.uint8)
    seen = np.zeros(len(people), np.uint8)
    by_layout: dict[str, list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        if person.fit is not None and person.fit.body in ("", body.fingerprint):
            by_layout[person.keypoints.layout].append(place)
    for places in by_layout.values():
        away = _distances(body, [people[place] for place in places])
        within[places] = (away[..., None] <= PCK_PX).sum(axis=1)
        seen[places] = np.isfinite(away).sum(axis=1)
    fits = [person.fit for person in people]
    return Measures(
        ids=np.array([person.id for person in people], np.int64),
        score=np.array([np.nan if fit is None else fit.score for fit in fits], np.float32),
        verdict=np.array([VERDICTS.index(person.verdict) for person in people], np.uint8),
        beta=np.array([np.nan if fit is None else np.abs(fit.betas).max() for fit in fits], np.float32),
        within=within,
        seen=seen,
    )


def _distances(body: "Body", people: list[Person]) -> np.ndarray:
    """Distances (P, K) of keypoints from the body [px at a person size of 200 px], NaN where absent.

    people: of one layout, all with a fit.
    """
    import torch

    from core.body.keypoint_body import KeypointBody
    from core.geometry.camera import project
    from desktop.state.posed_body import params_of_all

    fits = [person.fit for person in people if person.fit is not None]
    with torch.no_grad():
        points = KeypointBody.from_body(body, people[0].keypoints.layout).keypoints(params_of_all(fits, body))
        focal_length = torch.tensor([fit.focal_length for fit in fits])
        centers = torch.from_numpy(np.stack([fit.camera_center for fit in fits]))
        expected = project(points, focal_length, centers).numpy()
    xy = np.stack([person.keypoints.xy for person in people])
    size_px = np.array([person.bbox.side / BBOX_PADDING for person in people])
    away = np.linalg.norm(xy - expected, axis=-1) * (BBOX_UNIT / size_px)[:, None]
    present = np.stack([person.keypoints.confidence for person in people]) > 0
    return np.where(present, away, np.nan)
