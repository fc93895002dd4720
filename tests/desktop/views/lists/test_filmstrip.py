"""The filmstrip: all photos with their people's verdicts, also photos without people."""

import sqlite3

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication

from core.errors import ImageError
from core.geometry.image import read_image, read_small_image
from core.records import BBox, Keypoints, Person, Photo
from core.store import Project
from desktop.jobs.files.thumbnails import CACHED, SIZES_PX, Made, Thumbnails, photo_thumbnail_steps
from desktop.state.view import View
from desktop.views.tools.context_menu import ContextMenu
from tests.desktop.making import write_photo

PERSON = Person(
    0, BBox(np.array([160.0, 120.0]), 0.5), Keypoints("coco17", np.full((17, 2), 100.0), np.ones(17))
)


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def open_photos(desk, folder, people):
    """A project of photos with these numbers of people."""
    for number in range(min(len(people), 5)):
        write_photo(folder / f"{number}.jpg", number)
    with Project.create(folder / "p.fitloop") as project:
        project.add_photos(
            Photo(f"{number}.jpg", 320, 240, (PERSON,) * count) for number, count in enumerate(people)
        )
    desk.open(folder / "p.fitloop")
    desk.wait(lambda: len(desk.window.filmstrip.model.ids) == len(people))
    return desk.window.filmstrip


def click(desk, strip, place, button=Qt.MouseButton.LeftButton):
    strip.photos.scrollTo(strip.model.index(0, place))
    at = strip.photos.visualRect(strip.model.index(0, place)).center()
    desk.qtbot.mouseClick(strip.photos.viewport(), button, pos=at)
    return at


def test_a_click_shows_a_photo_also_one_without_people(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [2, 0, 1])
    assert strip.isVisible()
    assert (strip.place.text(), strip.people.text()) == ("Photo 1 of 3", "2 people · 2 to do")
    click(desk, strip, 1)
    assert (desk.workbench.photo.path, desk.workbench.person) == ("1.jpg", None)
    assert (strip.name.text(), strip.place.text(), strip.people.text()) == (
        *("1.jpg", "Photo 2 of 3"),
        "no people",
    )
    assert not desk.window.people.selection.hasSelection()
    click(desk, strip, 2)
    assert desk.workbench.person is not None
    assert strip.people.text().endswith("· 1 to do")


def test_the_strip_follows_the_queue_and_the_keys_for_photos(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [1, 0, 1])
    for command, place in (
        ("person.next_photo", 1),
        ("person.next_photo", 2),
        ("person.last_photo", 1),
    ):
        desk.do(command)
        assert strip.photos.currentIndex().column() == place
    desk.workbench.select(int(desk.workbench.queue.ids()[-1]))
    assert strip.place.text() == "Photo 3 of 3"


def test_arrows_home_and_end_walk_through_the_strip_and_enter_goes_back_to_the_photo(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [1, 0, 1, 0])
    desk.window.activateWindow()
    strip.photos.setFocus()
    for key, path in ((Qt.Key.Key_Right, "1.jpg"), (Qt.Key.Key_End, "3.jpg"), (Qt.Key.Key_Home, "0.jpg")):
        desk.qtbot.keyClick(strip.photos, key)
        assert desk.workbench.photo.path == path
    with desk.qtbot.waitSignal(strip.photos.left):
        desk.qtbot.keyClick(strip.photos, Qt.Key.Key_Return)


def test_a_verdict_is_seen_in_the_strip_and_undone_there(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [2, 1])
    desk.do("person.reject")
    desk.wait(lambda: strip.model.row(0).verdicts == ("rejected", "todo"))
    desk.wait(lambda: strip.people.text() == "2 people · 1 to do")
    desk.do("edit.undo")
    desk.wait(lambda: strip.model.row(0).verdicts == ("todo", "todo"))


def test_one_photo_alone_has_no_strip_and_a_command_hides_it(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [1])
    assert not strip.isVisible()
    (tmp_path / "two").mkdir()
    strip = open_photos(desk, tmp_path / "two", [1, 1])
    assert strip.isVisible()
    desk.do("view.sheet")
    assert not strip.isVisible()
    desk.do("view.sheet")
    assert strip.isVisible()
    desk.do("panel.filmstrip")
    assert not strip.isVisible()
    desk.settings.keep_view(desk.workbench.view)
    assert desk.settings.view().filmstrip is False
    desk.settings.keep_view(View(theme="light"))


def test_a_photo_that_is_missing_or_broken_says_so_in_its_place(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [1, 0, 0, 0, 0, 0])
    (tmp_path / "1.jpg").write_bytes(b"no picture")
    made = {}
    for row in (strip.model.row(place) for place in range(6)):
        desk.window.photo_thumbnails.show(desk.workbench.project)
        desk.wait(lambda row=row: desk.window.photo_thumbnails.get(row) is not None)
        made[row.path] = desk.window.photo_thumbnails.get(row)
    assert isinstance(made["0.jpg"], QImage)
    assert (made["1.jpg"], made["5.jpg"]) == ("photo unreadable", "photo missing")


@pytest.mark.parametrize("path", ["a\0b.jpg", "x" * 5000, "", "/dev/zero", ".."])
def test_a_path_that_no_photo_has_is_a_photo_that_is_missing_or_cannot_be_read(tmp_path, path):
    with Project.create(tmp_path / "p.fitloop") as project:
        project.add_photos([Photo("fine.jpg", 320, 240)])
    with sqlite3.connect(tmp_path / "p.fitloop") as db:
        db.execute("UPDATE photo SET path = ?", (path,))
    with Project.open(tmp_path / "p.fitloop") as project:
        (made,) = photo_thumbnail_steps(project, {1: 0.0}, 128)
    assert made.picture in ("photo missing", "photo unreadable")


def test_a_thumbnail_has_a_menu_of_commands_for_its_photo(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [1, 0])
    click(desk, strip, 1)
    view = strip.photos
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(view, event)
    menu = next(menu for menu in desk.window.findChildren(ContextMenu) if menu.isVisible())
    assert menu.accessibleName() == "1.jpg"
    words = [row.text().replace("&", "") for row in menu.actions()]
    assert {"Draw a new person", "Show the photo in its folder", "Copy the photo's file name"} <= set(words)
    menu.close()


def test_a_strip_of_a_thousand_photos_reads_only_those_in_view(desk, tmp_path, monkeypatch):
    read = []
    own = Project.photo_rows
    monkeypatch.setattr(
        Project, "photo_rows", lambda self, ids: own(self, read.append(list(ids)) or read[-1])
    )
    strip = open_photos(desk, tmp_path, [1, 0, 3, 12, *[1] * 996])
    desk.window.repaint()
    seen = {one for ids in read for one in ids}
    assert len(seen) < 60
    click(desk, strip, 999)
    assert desk.workbench.photo.path == "999.jpg"
    assert len({one for ids in read for one in ids}) < 120


def test_thumbnails_in_memory_are_bounded_by_their_size(qapp):
    for size in SIZES_PX:
        thumbnails = Thumbnails(lambda project, wanted, size_px: iter(()))
        thumbnails.make_for(size)
        for number in range(2 * CACHED):
            thumbnails._take(Made(number, 0.0, size, QImage(1, 1, QImage.Format.Format_RGB888)))
        assert len(thumbnails._cache) * size**2 <= CACHED * SIZES_PX[0] ** 2
        thumbnails.close()


@pytest.mark.parametrize("shape", [(240, 320), (1500, 1000), (3, 900)])
@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_a_small_image_is_the_image_made_small(tmp_path, shape, ending):
    ramp = np.tile(np.linspace(0, 255, shape[1]).astype(np.uint8)[:, None], (shape[0], 1, 1))
    picture = np.concatenate([ramp, 255 - ramp, np.full_like(ramp, 90)], axis=2)
    file = tmp_path / f"photo.{ending}"
    assert cv2.imwrite(str(file), picture)
    small = read_small_image(file, 128)
    scale = min(1.0, 128 / max(shape))
    size = (max(1, round(scale * shape[1])), max(1, round(scale * shape[0])))
    assert small.shape == (size[1], size[0], 3)
    whole = cv2.resize(read_image(file), size, interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - whole).mean() < 4


def test_a_broken_small_image_is_an_error_in_words(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    with pytest.raises(ImageError, match=r"a\.jpg"):
        read_small_image(tmp_path / "a.jpg", 128)


def test_a_strip_that_shows_all_photos_has_no_scroll_bar(desk, tmp_path):
    strip = open_photos(desk, tmp_path, [1, 1])
    assert not strip.photos.horizontalScrollBar().isVisible()
    height = strip.height()
    (tmp_path / "many").mkdir()
    strip = open_photos(desk, tmp_path / "many", [1] * 40)
    desk.wait(lambda: strip.photos.horizontalScrollBar().isVisible())
    assert strip.height() == height
