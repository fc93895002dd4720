"""What is wrong with files, cards and the program itself is told in the window, and the work goes on."""

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QRect

from core.errors import ProjectError
from core.store import Project
from desktop.jobs.device import CPU, GPU, Device
from desktop.jobs.files.photos import SHOWN_PIXELS
from desktop.jobs.fitting_many import fit_many_steps
from desktop.state.view import FitOptions
from tests.desktop.making import write_coco, write_photo
from tests.waiting import LONGEST_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def write_huge_png(file, width, height):
    """A header that says it is huge, and almost no data: what a broken or hostile file looks like."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"\0" * 64)) + part(b"IEND", b"")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def notice(desk):
    """What the canvas says in the place of a photo, once it was looked for."""
    desk.wait(lambda: not desk.window.waiting)
    return desk.window.canvas.image.notice


@pytest.mark.parametrize("size", [(1, 1), (1, 4000)])
def test_a_photo_of_one_pixel_is_shown_and_worked_on_like_any_other(desk, tmp_path, size):
    import cv2

    folder = tmp_path / "tiny"
    folder.mkdir()
    assert cv2.imwrite(str(folder / "one.png"), np.zeros((size[1], size[0], 3), np.uint8))
    desk.open(folder)
    assert (desk.workbench.photo.width, desk.workbench.photo.height) == size
    assert notice(desk) == ""
    for command in (
        "view.whole",
        "view.pixels",
        "view.zoom_in",
        "view.zoom_out",
        "person.draw",
        "edit.cancel",
    ):
        desk.do(command)
    assert desk.said == []


def test_a_photo_of_30_megapixels_is_kept_smaller_and_drawn_where_it_was(desk, tmp_path):
    import cv2

    folder = tmp_path / "large"
    folder.mkdir()
    picture = np.zeros((5000, 6000, 3), np.uint8)
    picture[:, 1500:] = 255
    assert cv2.imwrite(str(folder / "large.png"), picture)
    desk.open(folder)
    canvas = desk.window.canvas
    desk.wait(lambda: isinstance(canvas.image.pixels, np.ndarray))
    assert canvas.image.pixels.shape[0] * canvas.image.pixels.shape[1] <= SHOWN_PIXELS
    for command in ("view.whole", "view.pixels"):
        desk.do(command)
        shown = canvas.grab().toImage()
        for x, dark in ((1480, True), (1520, False)):
            at = canvas.placing.to_canvas(np.array([x, 2500]))
            if canvas.rect().contains(int(at[0]), int(at[1])):
                assert (shown.pixelColor(int(at[0]), int(at[1])).lightness() < 128) == dark, command


def test_a_photo_of_more_than_200_megapixels_is_left_out_with_what_to_do(desk, tmp_path):
    folder = tmp_path / "huge"
    folder.mkdir()
    write_photo(folder / "good.jpg", 1)
    write_huge_png(folder / "huge.png", 20_000, 15_000)
    desk.open(folder)
    assert [photo.path for photo in desk.workbench.project.photos()] in (
        ["good.jpg"],
        ["good.jpg", "huge.png"],
    )
    if len(desk.workbench.project.photo_ids()) == 2:
        desk.do("person.next_photo")
        assert "million" in notice(desk)
    else:
        assert "huge.png" in desk.told[0]
    assert desk.said == []


def test_a_photo_that_is_gone_is_told_on_the_canvas_and_its_people_can_still_be_fitted(open_desk):
    desk = open_desk
    desk.window.photos.forget()
    for photo in desk.workbench.project.folder.glob("*.jpg"):
        photo.unlink()
    desk.do("person.next_photo")
    assert ".jpg" in notice(desk)
    desk.fit()
    assert desk.workbench.person.fit.score < 4
    desk.do("person.accept")
    desk.do("view.sheet")
    desk.qtbot.wait(100)
    desk.wait(lambda: not desk.window.waiting)
    assert desk.said == []


def test_a_broken_photo_is_told_on_the_canvas(open_desk):
    desk = open_desk
    desk.window.photos.forget()
    for photo in desk.workbench.project.folder.glob("*.jpg"):
        photo.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    desk.do("person.next_photo")
    assert "photo_1.jpg" in notice(desk)
    assert "Save it" in notice(desk)


def test_a_project_that_another_program_writes_is_shown_read_only_with_its_writers_name(desk, tmp_path):
    file = write_coco(tmp_path)
    desk.open(file)
    project = desk.workbench.project.path
    desk.do("file.close")
    hold = f"""
import sys
from core.store import Project
with Project.open({str(project)!r}, user="Ada") as project:
    print("held", flush=True)
    sys.stdin.read()
"""
    other = subprocess.Popen(
        [sys.executable, "-c", hold], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline().strip() == "held"
        desk.open(project)
        assert desk.workbench.project.read_only
        assert f"process {other.pid} writes this project" in desk.told[-1]
        assert desk.workbench.person is not None
        for command in ("person.accept", "fit.fit", "edit.swap_person", "person.draw", "fit.queue"):
            assert not desk.window.actions_by_id[command].isEnabled(), command
        desk.do("person.next")
        assert not desk.window.people.note.isEnabled()
    finally:
        other.stdin.close()
        other.wait()
    desk.do("file.close")
    desk.open(project)
    assert not desk.workbench.project.read_only


def test_a_full_card_is_told_once_and_everybody_is_fitted_on_the_processor(open_desk, monkeypatch):
    desk, asked = open_desk, []

    def full(body, device, dtype=None):
        asked.append(device)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    body, project = desk.workbench.fits.body, desk.workbench.project
    device = Device(body, GPU)
    monkeypatch.setattr(type(body), "to", full)
    steps = list(fit_many_steps(body, project, desk.workbench.queue.ids(), FitOptions(), device=device))
    assert sum(len(step.fits) for step in steps) == 4
    told = [fault for step in steps for fault in step.faults]
    assert len(told) == 1
    assert "processor" in told[0]
    assert asked == [GPU]
    assert device.name == CPU


def test_where_memory_is_short_on_the_processor_too_the_error_is_heard():
    def full(body, where):
        raise torch.OutOfMemoryError("no memory")

    with pytest.raises(torch.OutOfMemoryError):
        Device(None, CPU).run(full)


def test_a_disk_that_fills_while_everybody_is_fitted_is_told_once_and_stops_the_job(open_desk, monkeypatch):
    desk, project = open_desk, open_desk.workbench.project

    def full(*edits):
        raise ProjectError(
            "people.fitloop: the disk is full. Free some space and try again; nothing was lost."
        )

    with monkeypatch.context() as patch:
        patch.setattr(project, "commit", full)
        desk.do("fit.guess_queue")
        desk.wait(lambda: not desk.workbench.busy)
        desk.qtbot.wait(50)
        assert len(desk.said) == 1
        assert "disk is full" in desk.said[0]
    desk.fit()
    assert desk.workbench.person.fit is not None
    assert project.check() == []


FAULTS = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox
import desktop.app
build = desktop.app.build

def broken(*_):
    raise RuntimeError("a fault in " + place)

def broken_steps():
    yield from ()
    broken()

def build_and_act(*arguments):
    workbench, window = build(*arguments)
    def act():
        global place
        if workbench.project is None or workbench.busy:
            return
        timer.stop()
        place = "a command"
        workbench.queue.next_undecided = broken
        window.actions_by_id["person.next_worst"].trigger()
        place = "a view"
        workbench.told.connect(broken)
        workbench.told.emit("news")
        workbench.told.disconnect(broken)
        place = "a drawing"
        window.canvas._painter.paint = broken
        window.canvas.update()
        QTimer.singleShot(200, go_on)
    def go_on():
        global place
        if workbench.busy:  # people are fitted when a file was opened
            QTimer.singleShot(100, go_on)
            return
        del window.canvas._painter.paint
        place = "a job"
        workbench.job.start("Break", broken_steps())
        QTimer.singleShot(500, end)
    def end():
        for box in window.findChildren(QMessageBox):
            print(box.text().splitlines()[0])
            box.close()
        window.actions_by_id["person.accept"].trigger()
        print("accepted", workbench.person.locked, workbench.project.check())
        window.close()
    timer = QTimer(window)
    timer.timeout.connect(act)
    timer.start(20)
    return workbench, window

desktop.app.build = build_and_act
sys.exit(desktop.app.main([sys.argv[1]]))
"""


@pytest.mark.gl
def test_a_fault_of_ours_anywhere_is_logged_and_told_and_the_work_goes_on(tmp_path):
    """Through main, whose excepthook it is."""
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, str(write_coco(tmp_path))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    for place in ("a command", "a view", "a job"):
        assert f"Something went wrong inside Fitloop: RuntimeError: a fault in {place}" in told
        assert f"RuntimeError: a fault in {place}" in done.stderr
    assert any(line.endswith("a fault in a drawing") for line in told)
    assert "active painter" not in done.stderr
    assert told[-1] == "accepted True []"
    assert done.stderr.count("Traceback") >= 3
    with Project.open(tmp_path / "people.fitloop") as project:
        assert sum(person.locked for photo in project.photos() for person in photo.people) == 1


def test_a_wrong_body_file_is_refused_and_the_body_stays(open_desk, tmp_path, monkeypatch):
    desk = open_desk
    body = desk.workbench.fits.body
    for name, content in (("letter.npz", b"Dear reader"), ("empty.pkl", b"")):
        (tmp_path / name).write_bytes(content)
        monkeypatch.setattr(desk.window, "ask_for_file", lambda kind, name=name: tmp_path / name)
        said = len(desk.said)
        desk.do("file.open_body")
        desk.wait(lambda said=said: len(desk.said) > said)
        assert name in desk.said[-1]
    assert desk.workbench.fits.body is body
    desk.fit()
    assert desk.workbench.person.fit is not None


def colours_in(desk, view, square):
    """How many colours a square of a list's first row is drawn with."""
    picture = view.viewport().grab(square.translated(view.visualRect(view.model().index(0, 0)).topLeft()))
    image = picture.toImage()
    return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())})


@pytest.mark.parametrize(("gone", "words"), [(True, "photo missing"), (False, "photo unreadable")])
def test_a_photo_that_is_gone_or_broken_is_told_on_the_tiles_of_its_people(open_desk, gone, words):
    desk, window = open_desk, open_desk.window
    desk.wait(lambda: not window.people.waiting)
    window.photos.forget()
    window.thumbnails.show(desk.workbench.project)
    for photo in desk.workbench.project.folder.glob("*.jpg"):
        photo.unlink() if gone else photo.write_bytes(b"no picture")
    tile = QRect(12, 12, 40, 40)
    desk.do("view.sheet")
    first = window.people.model.row(int(window.people.model.ids[0]))
    desk.wait(lambda: window.thumbnails.get(first) == words)
    assert colours_in(desk, window.contact_sheet, tile.translated(36, 44)) > 1
    assert colours_in(desk, window.people.list, tile) > 1
