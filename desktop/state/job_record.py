"""One piece of long work as the list of jobs shows it: running, waiting, or ended."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

JobState = Literal["running", "waiting", "done", "stopped", "failed"]


@dataclass(frozen=True)
class JobRecord:
    """id: of this piece of work since the program started, 0 for a training. done and total: in items, total 0
    while unknown. report: what the work told, or why it failed. file: what it has written, or a run's folder; None
    for other work. seconds_left and per_second: None while unknown."""

    title: str
    state: JobState
    done: int = 0
    total: int = 0
    per_second: float | None = None
    seconds_left: float | None = None
    report: str = ""
    file: Path | None = None
    id: int = 0
