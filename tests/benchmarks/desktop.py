"""How quickly the window answers: drag to drawn overlay, other photo, undo, queue of 100 000, start, idle, memory.

python -m tests.benchmarks.desktop [--json] [--data ../shared/data] [--moves 200]

Needs a screen, or Xvfb: xvfb-run -a python -m tests.benchmarks.desktop. Without the photos of --data, photos that
the tests draw are used.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from core.body.keypoints import layout
from desktop.app import build, spare_the_collector
from desktop.commands.file_menu import open_path
from desktop.settings import Settings
from desktop.state.view import View
from tests.benchmarks.memory import make_project, measured
from tests.benchmarks.shared.large_acts import (
    large_photos,
    large_steps,
    many_photos,
    sheet_sizes,
    undo_of_many,
    whole_photo,
)
from tests.benchmarks.shared.machine import machine
from tests.desktop.making import write_coco
from tests.waiting import wait_until
from train.run.parser import CommandLine

ROOT = Path(__file__).parents[2]
MOVE_EVERY_S = 1 / 60  # a hand's mouse; moves that come faster are put together
LARGE = "large.fitloop"
IMPORTED_PEOPLE = 20_000
IDLE_S = 3.0
TRAIN_STEPS = 8
WARM_UPS = 20


class Painted(QObject):
    """Notes when the canvas was painted, and with which body."""

    def __init__(self, window) -> None:
        super().__init__(window)
        self.window, self.times = window, []
        paint = window.canvas.paintEvent

        def paint_and_note(event) -> None:
            paint(event)
            posed = window.canvas._workbench.shown.posed
            self.times.append((time.perf_counter(), posed))

        window.canvas.paintEvent = paint_and_note


class Bench:
    """A window on a project, driven from here."""

    def __init__(self, application: QApplication, folder: Path) -> None:
        self.application = application
        settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.workbench, self.window = build(settings, View(theme="light", at_opening=False))
        self.painted = Painted(self.window)
        self.window.show()
        self.workbench.fits.open_body()
        self.wait(lambda: self.workbench.fits.body is not None)
        spare_the_collector()  # as main does

    def wait(self, condition: Callable[[], bool]) -> None:
        wait_until(condition, pause=lambda seconds: self.run(0.002))

    def run(self, seconds: float) -> None:
        """Let the event loop sleep and wake by itself, as it does under a user's hands."""
        loop = QEventLoop()
        QTimer.singleShot(max(1, round(1000 * seconds)), loop.quit)  # Qt keeps short times precisely
        loop.exec()

    def open(self, path: Path) -> None:
        open_path(self.workbench, path)
        self.wait(lambda: self.workbench.project is not None and not self.workbench.busy)
        self.settle()

    def settle(self) -> None:
        self.wait(lambda: not self.window.waiting)
        self.run(0.2)

    def mouse(self, kind: QEvent.Type, at: QPointF) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        canvas = self.window.canvas
        meant = none if kind == QEvent.Type.MouseMove else left
        held = none if kind == QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(
            kind, at, QPointF(canvas.mapToGlobal(at)), meant, held, Qt.KeyboardModifier.NoModifier
        )
        self.application.sendEvent(canvas, event)


def ms(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile [ms]."""
    return {
        "median_ms": round(1000 * statistics.median(values), 1),
        "p95_ms": round(1000 * float(np.percentile(values, 95)), 1),
    }


def drag(bench: Bench, moves: int) -> dict[str, float]:
    """From a mouse move to a canvas painted with a body that was fitted to it, while the mouse goes on."""
    values = dragged(bench, moves)
    if not values:
        raise RuntimeError("No body followed the drag. Measure on a machine with less other work.")
    return {**ms(values), "pictures_per_s": round(len(values) / (moves * MOVE_EVERY_S), 1)}


def warm_up(bench: Bench) -> None:
    """Drag until a body follows: the first drag reads the fits' machine code."""
    for _ in range(WARM_UPS):
        if dragged(bench, 60):
            return


def dragged(bench: Bench, moves: int) -> list[float]:
    """The seconds of each body that followed a drag."""
    workbench, canvas = bench.workbench, bench.window.canvas
    person = workbench.person
    index = layout(person.keypoints.layout).index("left_wrist")
    start = QPointF(*canvas.placing.to_canvas(person.keypoints.xy[index]))
    bench.mouse(QEvent.Type.MouseButtonPress, start)
    size = 0.15 * float(person.bbox.side) * canvas.placing.scale
    sent: list[float] = []
    requests: list[float] = []  # when the keypoints of each fit on show were moved
    shown: dict[int, float] = {}
    put = workbench.fits.follow
    moved_at: dict[int, float] = {}

    def follow(photo, person, *resting) -> None:
        moved_at[id(person.keypoints)] = requests[-1]
        kept.append(person.keypoints)
        put(photo, person, *resting)

    kept: list[object] = []
    workbench.fits.follow = follow
    bench.painted.times.clear()
    for number in range(moves):
        turn = 2 * np.pi * number / 60
        at = start + QPointF(size * np.sin(turn), size * (1 - np.cos(turn)) / 2)
        sent.append(time.perf_counter())
        requests.append(sent[-1])
        bench.mouse(QEvent.Type.MouseMove, at)
        bench.run(max(0.0, MOVE_EVERY_S - (time.perf_counter() - sent[-1])))
    bench.mouse(QEvent.Type.MouseButtonRelease, start)
    workbench.fits.follow = put
    last = None
    for painted_at, posed in bench.painted.times:
        if posed is not None and posed is not last:
            last = posed
            asked = moved_at.get(id(posed.keypoints))
            if asked is not None:
                shown[id(posed)] = painted_at - asked
    return list(shown.values())


def other_photo(bench: Bench) -> dict[str, float]:
    """From asking for a person in another photo to its picture, photo read from the disk."""
    workbench, window = bench.workbench, bench.window
    rows = list(workbench.project.queue(order="photo"))
    values = []
    for row in rows * 2:
        if row.path == workbench.photo.path:
            continue
        window.photos.forget()
        begun = time.perf_counter()
        workbench.select(row.id)
        bench.wait(whole_photo(bench))
        window.canvas.repaint()
        values.append(time.perf_counter() - begun)
        bench.run(0.05)
    return ms(values)


def undo_redo(bench: Bench) -> dict[str, float]:
    """Undo of a drag until it is on the disk and painted."""
    values = []
    for _ in range(10):
        for act in (bench.workbench.undo, bench.workbench.redo):
            begun = time.perf_counter()
            act()
            bench.window.canvas.repaint()
            values.append(time.perf_counter() - begun)
            bench.run(0.1)
    return ms(values)


def busy_while(
    bench: Bench, begin: Callable[[], object], busy: Callable[[], bool] = lambda: False
) -> dict[str, float]:
    """The longest gap of a 10 ms timer in the interface thread while a job runs, or something else that is busy."""
    ticks: list[float] = []
    timer = QTimer(bench.window)
    timer.setInterval(10)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    begin()
    bench.wait(lambda: not (bench.workbench.busy or busy()))
    bench.settle()
    timer.stop()
    return {"longest_gap_ms": round(1000 * float(np.diff(ticks).max()), 1)}


def busy_while_training(bench: Bench) -> dict[str, float]:
    """The same while what was saved is trained on, a few steps with a small network."""
    bench.window.actions_by_id["file.save_fits"].trigger()
    bench.wait(lambda: not bench.workbench.busy)
    panel, training = bench.window.train_panel, bench.window.training
    panel.steps.setValue(TRAIN_STEPS)
    panel.batch.setValue(4)
    panel.more.setText("--backbone resnet10 --log-every 1 --workers 0 --threads 1")
    found = busy_while(bench, panel.start.click, lambda: training.running)
    training.poll()
    if training.run.checkpoint is None:
        raise RuntimeError(training.run.last_words)
    return found


def large_annotations(folder: Path) -> Path:
    """A COCO file of many people whose photos are not there."""
    folder.mkdir()
    few = json.loads(write_coco(folder).read_text())
    file = folder / "many.json"
    images = [few["images"][0] | {"id": n, "file_name": f"{n}.jpg"} for n in range(IMPORTED_PEOPLE // 2)]
    people = [few["annotations"][n % 2] | {"id": n + 1, "image_id": n // 2} for n in range(IMPORTED_PEOPLE)]
    file.write_text(json.dumps(few | {"images": images, "annotations": people}))
    return file


def large_steps_of(
    bench: Bench, folder: Path, ahead: bool, title: str
) -> Iterator[tuple[str, dict[str, float]]]:
    """Steps between photos of 12 million pixels: to the first picture, and to the whole photo."""
    folder.mkdir()
    bench.open(large_photos(folder))
    first, whole = large_steps(bench, ahead)
    yield f"{title}, first picture", ms(first)
    yield f"{title}, whole", ms(whole)


def large_queue(bench: Bench, folder: Path) -> dict[str, float]:
    """A project of 100 000 people: open, and sort its queue in each order."""
    file = folder / LARGE
    make_project(file)
    begun = time.perf_counter()
    bench.open(file)
    opened = time.perf_counter() - begun - 0.2
    values = []
    for order in ("best", "newest", "photo", "worst"):
        begun = time.perf_counter()
        bench.workbench.queue.want(order=order)
        bench.window.people._update()
        values.append(time.perf_counter() - begun)
    return {"open_ms": round(1000 * opened), **ms(values)}


def idle(bench: Bench) -> dict[str, float]:
    """Share of one core that the window takes while nobody touches it."""
    bench.settle()
    begun, cpu = time.perf_counter(), time.process_time()
    bench.run(IDLE_S)
    return {"cpu_percent": round(100 * (time.process_time() - cpu) / (time.perf_counter() - begun), 1)}


def start() -> dict[str, float]:
    """From the command to the exposed window, in a new process; the second of two, with warm disk caches."""
    story = """
import time
begun = time.perf_counter()
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from desktop.app import build, spare_the_collector
from desktop.settings import Settings
application = QApplication([])
workbench, window = build(Settings(QSettings("/nonexistent/none.ini", QSettings.Format.IniFormat)))
window.show()
while not window.windowHandle().isExposed():
    application.processEvents()
print(time.perf_counter() - begun)
window.close()
"""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return {"median_ms": round(1000 * float(done.stdout))}


def measure(moves: int, data: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """All of it, one by one: name and figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "coco.json"
        if (data / "photos" / "coco.json").is_file():
            shutil.copyfile(data / "photos" / "coco.json", file)
            (folder / "images").mkdir()
            for photo in (data / "photos" / "images").glob("coco_*"):
                shutil.copyfile(photo, folder / "images" / photo.name)
        else:
            write_coco(folder).rename(file)
        application = QApplication.instance() or QApplication([])
        bench = Bench(application, folder)
        try:
            bench.open(file)
            bench.workbench.fits.fit(None)
            bench.wait(lambda: not bench.workbench.fits.running)
            bench.run(0.3)
            warm_up(bench)
            yield "drag to drawn overlay", drag(bench, moves)
            yield "undo, redo", undo_redo(bench)
            yield "other photo", other_photo(bench)
            fit_queue, guess_queue = (
                bench.window.actions_by_id[name].trigger for name in ("fit.queue", "fit.guess_queue")
            )
            yield "interface while everybody is fitted", busy_while(bench, fit_queue)
            yield "interface while everybody is guessed", busy_while(bench, guess_queue)
            yield "interface while a network is trained", busy_while_training(bench)
            yield "idle", idle(bench)
            for ahead, title in ((False, "other photo of 12 MP"), (True, "the same, read ahead")):
                yield from large_steps_of(bench, folder / f"large_{ahead}", ahead, title)
            (folder / "judged").mkdir()
            bench.open(many_photos(folder / "judged"))
            yield "undo of 1000 verdicts", {"ms": round(1000 * undo_of_many(bench))}
            many = large_annotations(folder / "many")
            imported = partial(open_path, bench.workbench, many)
            yield "interface while 20 000 are imported", busy_while(bench, imported)
            many_people = folder / "hundred_thousand"
            many_people.mkdir()
            yield "queue of 100 000 in another order", large_queue(bench, many_people)
            yield "sheet of 100 000 in another size", ms(sheet_sizes(bench))
        finally:
            bench.window.close()
        yield "window start", start()
        yield "memory with 100 000 people", measured(many_people / LARGE)


def main() -> int:
    parser = CommandLine("tests.benchmarks.desktop", __doc__)
    parser.add_argument("--json", action="store_true", help="figures as JSON, a line each")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--moves", type=int, default=200, help="mouse moves of the drag")
    given = parser.parse_args()
    for title, figures in measure(given.moves, given.data):
        if given.json:
            print(json.dumps({title: figures}), flush=True)
        else:
            print(f"{title:38}" + ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
    where = f"{machine()}; Qt platform {QApplication.platformName()}, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"machine": where}) if given.json else where)
    return 0


if __name__ == "__main__":
    sys.exit(main())
