"""Acts of the window that are large: photos of 12 million pixels, a thousand verdicts undone, a sheet of everybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.records import BBox, Fit, Keypoints, Person, Photo
from core.store import Project
from desktop.views.lists.contact_sheet import SheetPage
from tests.desktop.making import HEIGHT, WIDTH, keypoints_of, write_photo

if TYPE_CHECKING:
    from tests.benchmarks.desktop import Bench

LARGE_PX, LARGE_PHOTOS = (4000, 3000), 4
JUDGED = 1000
SIZES = range(96, 256, 16)  # of the sheet's pictures [px]
SMOOTH_PX = 16  # size of the blots in a large photo


def large_photos(folder: Path) -> Path:
    """A project of photos of 12 million pixels, a fitted person each."""
    width, height = LARGE_PX
    rng = np.random.default_rng(0)
    names = [f"large_{number}.jpg" for number in range(LARGE_PHOTOS)]
    for name in names:
        blots = rng.integers(0, 255, (height // SMOOTH_PX, width // SMOOTH_PX, 3), np.uint8)
        picture = cv2.resize(blots, LARGE_PX, interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return _project(folder, names, LARGE_PX)


def many_photos(folder: Path) -> Path:
    """A project of a person each in JUDGED photos, which are one file."""
    write_photo(folder / "photo_0.jpg", 0)
    names = [f"photo_{number}.jpg" for number in range(JUDGED)]
    for name in names[1:]:
        (folder / name).hardlink_to(folder / names[0])
    return _project(folder, names, (WIDTH, HEIGHT))


def _project(folder: Path, names: list[str], size: tuple[int, int]) -> Path:
    times = size[1] / HEIGHT
    points = keypoints_of(0, 0.0) * [times, times, 1]
    center, focal = np.array(size) / 2, float(np.hypot(*size))
    fit = Fit(np.zeros(72), np.zeros(10), 0.0, np.array([0.0, 0.0, 3.0]), focal, center, 1.0, "x", "fit")
    person = Person(1, BBox(center, times), Keypoints.from_array("coco17", points), fit=fit)
    file = folder / f"{names[0]}.fitloop"
    with Project.create(file) as project:
        project.add_photos(Photo(name, *size, (person,)) for name in names)
    return file


def large_steps(bench: Bench, ahead: bool) -> tuple[list[float], list[float]]:
    """From asking for a large photo to its first picture, and to all of it [s]. ahead: it may have been read before."""
    workbench, window = bench.workbench, bench.window
    first, whole = [], []
    rows = list(workbench.project.queue(order="photo"))
    for row in rows[1:] + rows:
        if not ahead:
            window.photos.forget()
        begun = time.perf_counter()
        workbench.select(row.id)
        for seconds, there in ((first, _something(bench)), (whole, whole_photo(bench))):
            bench.wait(there)
            window.canvas.repaint()
            seconds.append(time.perf_counter() - begun)
        bench.run(0.5)
    return first, whole


def _something(bench: Bench) -> Callable[[], bool]:
    return lambda: bench.window.canvas.image.pixels is not None


def whole_photo(bench: Bench) -> Callable[[], bool]:
    """Whether all of the photo is shown; the next one may still be read ahead."""

    def there() -> bool:
        pixels = bench.window.canvas.image.pixels
        return pixels is not None and pixels.shape[1] == bench.workbench.photo.width

    return there


def undo_of_many(bench: Bench) -> float:
    """Undo of verdicts on everybody in the queue, until it is on the disk and painted [s]."""
    workbench, window = bench.workbench, bench.window
    ids = workbench.queue.ids()
    workbench.select(int(ids[0]))
    workbench.queue.select_together(ids)
    window.actions_by_id["person.accept"].trigger()
    bench.wait(lambda: not workbench.busy)
    bench.settle()
    begun = time.perf_counter()
    workbench.undo()
    window.canvas.repaint()
    return time.perf_counter() - begun


def sheet_sizes(bench: Bench) -> list[float]:
    """From another size of the sheet's pictures to the sheet in it [s]."""
    bench.window.show_contact_sheet(True)
    bench.settle()
    page, seconds = bench.window.findChild(SheetPage), []
    for size in SIZES:
        begun = time.perf_counter()
        page.size_slider.setValue(size)
        bench.application.processEvents()
        page.repaint()
        seconds.append(time.perf_counter() - begun)
        bench.run(0.05)
    bench.window.show_contact_sheet(False)
    return seconds
