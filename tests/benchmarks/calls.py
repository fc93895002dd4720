"""How much of the code one act of a user enters: a mouse move of a drag, its release, accept, save.

xvfb-run -a python -m tests.benchmarks.calls [--json]

Works on a fitted person in a window on two drawn photos with two people each. An act is a real mouse event on the
canvas, or the command that has the shortcut. Counted are the files of core and desktop that the main thread entered,
and the calls in them: functions, lambdas, comprehensions, and each time a generator goes on, as sys.setprofile reports
them. Counting begins with the act and ends when the event loop has delivered all that follows: painting, the fit of
the moved keypoint, what the act's jobs hand over. A drag, an accept and a save are repeated from the same state; the
medians are shown. Python 3.12 has no frames of comprehensions: compare figures of one Python.

Without a screen set QT_QPA_PLATFORM=offscreen; the 3D view and the body over the photo are not drawn then.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, FrameType

import numpy as np
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from core.body.keypoints import layout
from core.records import Person
from tests.benchmarks.desktop import ROOT, Bench
from tests.desktop.making import write_coco
from tests.waiting import LONGEST_S
from train.run.parser import CommandLine

COUNTED = ("core", "desktop")
REPEATS = 5
MOVES = 4  # of each drag; the first one is left out, since it begins the drag
QUIET_S = 0.4  # longer than any timer that an act starts
KEYPOINT = "left_wrist"


class Calls:
    """Counts calls of core and desktop in this thread, while it is on."""

    def __init__(self) -> None:
        self.number = 0
        self.modules: set[str] = set()
        self._ours: dict[CodeType, bool] = {}

    def on(self) -> None:
        sys.setprofile(self._note)

    def off(self) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and self._is_ours(frame.f_code):
            self.number += 1
            self.modules.add(frame.f_code.co_filename)

    def _is_ours(self, code: CodeType) -> bool:
        if code not in self._ours:
            file = Path(code.co_filename)
            self._ours[code] = any(file.is_relative_to(ROOT / top) for top in COUNTED)
        return self._ours[code]


class Acts:
    """Does what a user does in a window, and keeps modules and calls of each time."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.workbench = bench, bench.workbench
        self.found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        del bench.window.canvas.paintEvent  # the bench's own look at each picture would be counted too

    def busy(self) -> bool:
        return self.workbench.fits.running or self.workbench.busy or self.bench.window.waiting

    def settle(self) -> None:
        self.bench.run(QUIET_S)
        self.bench.wait(lambda: not self.busy())
        self.bench.run(QUIET_S)

    @property
    def person(self) -> Person:
        if self.workbench.person is None:
            raise RuntimeError("No person is on show.")
        return self.workbench.person

    def count(self, name: str, act: Callable[[], object]) -> None:
        """Do it until all that follows is done. Looking whether that is so is not counted."""
        calls = Calls()
        calls.on()
        act()
        self.bench.run(QUIET_S)
        calls.off()
        deadline = time.perf_counter() + LONGEST_S
        while self.busy():
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{name} is not done after {LONGEST_S:g} s.")
            calls.on()
            self.bench.run(QUIET_S)
            calls.off()
        self.found[name].append((len(calls.modules), calls.number))

    def command(self, keys: str) -> QAction:
        """The command with this shortcut."""
        every = self.bench.window.actions_by_id.values()
        return next(action for action in every if action.shortcut().toString() == keys)

    def keypoint(self) -> QPointF:
        """Where the dragged keypoint is on the canvas."""
        keypoints = self.person.keypoints
        at = keypoints.xy[layout(keypoints.layout).index(KEYPOINT)]
        return QPointF(*self.bench.window.canvas.placing.to_canvas(at))

    def drag(self) -> None:
        start = self.keypoint()
        self.bench.mouse(QEvent.Type.MouseButtonPress, start)
        self.settle()
        for number in range(MOVES):
            at = start + QPointF(5 + 3 * number, 3)
            name = "mouse move of a drag" if number else "first move"
            self.count(name, partial(self.bench.mouse, QEvent.Type.MouseMove, at))
        self.count("release of a drag", partial(self.bench.mouse, QEvent.Type.MouseButtonRelease, at))

    def judge_and_undo(self) -> None:
        before = self.person.keypoints.array.copy()
        self.drag()
        self.count("accept (A)", self.command("A").trigger)
        self.count("save (Ctrl+S)", self.command("Ctrl+S").trigger)
        for _ in ("accept", "drag"):
            self.command("Ctrl+Z").trigger()
            self.settle()
        if not np.array_equal(self.person.keypoints.array, before):
            raise RuntimeError("The drag was not undone: the next one would begin elsewhere.")


def count_acts() -> dict[str, list[tuple[int, int]]]:
    """(modules, calls) of each time, by act."""
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(application, folder)
        try:
            acts = Acts(bench)
            bench.open(write_coco(folder))
            bench.workbench.fits.fit(None)
            acts.settle()
            acts.judge_and_undo()  # the first time also reads the fits' machine code
            acts.found.clear()
            for _ in range(REPEATS):
                acts.judge_and_undo()
        finally:
            bench.window.close()
    del acts.found["first move"]
    return acts.found


def medians(found: list[tuple[int, int]]) -> dict[str, int]:
    modules, calls = zip(*found, strict=True)
    return {"modules": round(statistics.median(modules)), "calls": round(statistics.median(calls))}


def main() -> int:
    parser = CommandLine("tests.benchmarks.calls", __doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object, without the range")
    given = parser.parse_args()
    found = count_acts()
    if given.json:
        print(json.dumps({name: medians(times) for name, times in found.items()}))
        return 0
    for name, times in found.items():
        middle, calls = medians(times), [calls for _, calls in times]
        span = f"calls {min(calls)} to {max(calls)}"
        print(f"{name:24}{middle['modules']:4} / {middle['calls']:<6}{span}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
