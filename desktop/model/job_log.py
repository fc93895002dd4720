"""The one list of long work: what runs, what waits, and what has ended with its report."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop.jobs.job import Job
from desktop.state.job_record import JobRecord

KEPT = 50  # ended pieces of work
LONGEST = 200_000  # characters of a report


class JobLog(QObject):
    """Keeps the records of ended work, the newest first."""

    changed = Signal()
    ended = Signal(object)  # the JobRecord of work that has ended, with its report

    def __init__(self, jobs: Sequence[Job], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = tuple(jobs)
        self._over: list[JobRecord] = []
        self._texts: list[str] = []
        for job in jobs:
            job.changed.connect(self.changed)
            job.ended.connect(self._keep)

    @property
    def records(self) -> list[JobRecord]:
        """Running and waiting work, then what has ended."""
        return [*(record for job in self._jobs for record in job.records()), *self._over]

    def add_text(self, text: str) -> None:
        """A text for the user: part of a report if a job is just handing over its results."""
        if any(job.handing for job in self._jobs):
            self._texts.append(text)

    def cancel(self, record: JobRecord) -> None:
        """Stop this running or waiting work, and no other."""
        for job in self._jobs:
            if any(one.id == record.id for one in job.records()):
                job.cancel_one(record.id)

    def _keep(self, record: JobRecord) -> None:
        texts, self._texts = self._texts, []
        report = "\n".join(filter(None, (*texts, record.report)))[:LONGEST]
        whole = replace(record, report=report)
        self._over = [whole, *self._over][:KEPT]
        self.ended.emit(whole)
        self.changed.emit()
