"""How long the window takes over hostile files: python -m tests.stress.hostile_window [--kind NAME …]

Opens each hostile project of tests/core/store and each hostile run folder of tests/desktop/jobs.
Each kind gets a window of its own, which opens it, uses it for a moment, and is closed; then one that is closed in the
middle of the opening. One line of JSON for the slowest of each figure [s], and the kinds that take over LONGEST_S to
open or to close.
Run it on a quiet computer, with a screen or under `xvfb-run -a`.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from core.errors import FitloopError
from desktop.commands.file_menu import open_path
from tests.core.store.hostile_projects import KINDS, make_intact
from tests.desktop.desk import Desk
from tests.desktop.jobs.training.test_hostile_runs import KINDS as RUNS
from tests.desktop.jobs.training.test_hostile_runs import make
from tests.desktop.making import write_photo
from tests.desktop.test_hostile_window import follow, use
from tests.journeys.program import Waiter
from train.run.parser import CommandLine

LONGEST_S = 2.0
BEAT_MS = 10
SETTLED_MS = 500  # until a new window has drawn itself for the first time
SHOWN = 5  # the slowest of each figure


@dataclass(frozen=True)
class Took:
    """Figures of one kind [s]. opened: until it is shown or refused; gap: the longest that the window stood still;
    closed: a window at rest; closed_early: a window in the middle of the opening."""

    opened: float
    used: float
    gap: float
    closed: float
    closed_early: float


class Heart:
    """The longest time [s] between two turns of the event loop."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.monotonic()
        self._timer = QTimer()
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now


def told_or_raised(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """What a slot raises: errors of ours are shown to the user, any other is a fault that ends the command."""
    if not isinstance(error, FitloopError):
        sys.__excepthook__(kind, error, error.__traceback__)
        os._exit(2)


def seconds(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


def of_project(kind: str, intact: Path, folder: Path) -> Took:
    path = Path(shutil.copyfile(intact, folder / "a.fitloop"))
    write_photo(folder / "0.jpg", 1)
    KINDS[kind](path)

    def look(desk: Desk) -> None:
        if desk.workbench.project is not None:
            use(desk)

    return _took(folder, lambda desk: desk.open(path), look, lambda desk: open_path(desk.workbench, path))


def of_run(kind: str, folder: Path) -> Took:
    run = make(kind, folder / "run")

    def begin(desk: Desk) -> None:
        desk.window.training.follow(run)

    return _took(folder, begin, lambda desk: follow(desk, run), begin)


def _took(
    folder: Path,
    act: Callable[[Desk], object],
    look: Callable[[Desk], object],
    begin: Callable[[Desk], object],
) -> Took:
    with _window(folder) as desk:
        desk.qtbot.wait(SETTLED_MS)
        heart = Heart()
        opened, used = seconds(lambda: act(desk)), seconds(lambda: look(desk))
        closed = seconds(desk.window.close)
    with _window(folder) as early:
        begin(early)
        early.qtbot.wait(BEAT_MS)
        return Took(opened, used, heart.longest, closed, seconds(early.window.close))


@contextmanager
def _window(folder: Path) -> Iterator[Desk]:
    """A window that is forgotten afterwards: a hundred of them would fill the memory."""
    desk = Desk(Waiter(), folder)
    try:
        yield desk
    finally:
        desk.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()


def main() -> int:
    parser = CommandLine("tests.stress.hostile_window", __doc__)
    parser.add_argument("--kind", nargs="*", help="names of kinds; default: all")
    wanted = parser.parse_args().kind
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    sys.excepthook = told_or_raised
    took: dict[str, Took] = {}
    with tempfile.TemporaryDirectory() as name:
        intact = make_intact(Path(name, "intact.fitloop"))
        for number, kind in enumerate(wanted or [*KINDS, *RUNS]):
            folder = Path(name, str(number))
            folder.mkdir()
            took[kind] = of_project(kind, intact, folder) if kind in KINDS else of_run(kind, folder)
            print(kind, asdict(took[kind]), file=sys.stderr)
    for figure in Took.__dataclass_fields__:
        slowest = sorted(took, key=lambda kind: -getattr(took[kind], figure))[:SHOWN]
        print(json.dumps({figure: {kind: round(getattr(took[kind], figure), 2) for kind in slowest}}))
    slow = [kind for kind, one in took.items() if max(one.opened, one.closed, one.closed_early) > LONGEST_S]
    print(json.dumps({"kinds": len(took), "over_s": LONGEST_S, "slow": slow}))
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
