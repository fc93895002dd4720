"""What the canvas draws and how it is placed: the body's styles, arrows, the person's box."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication

from core.body.keypoints import layout
from core.records import Keypoints
from desktop.views import drawing


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def empty(width=60, height=40):
    picture = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def covered(picture):
    """Where something was drawn (H, W) bool."""
    alpha = picture.convertToFormat(QImage.Format.Format_Alpha8)
    rows = np.frombuffer(alpha.constBits(), np.uint8).reshape(alpha.height(), alpha.bytesPerLine())
    return rows[:, : alpha.width()] > 0


def test_a_residual_is_an_arrow_that_is_wider_at_the_bodys_end():
    keypoints = Keypoints("coco17", np.zeros((17, 2)), np.eye(17)[0])
    start, end = np.tile([10.0, 50.0], (17, 1)), np.tile([80.0, 50.0], (17, 1))
    picture = empty(100, 100)
    painter = QPainter(picture)
    drawing.draw_residuals(painter, keypoints, start, end)
    painter.end()
    height = covered(picture).sum(axis=0)
    assert height[75] > height[40] > 0
    assert covered(picture)[:, 90:].sum() == 0


def test_kept_to_the_persons_box_each_person_who_is_selected_fills_the_canvas(open_desk):
    desk, workbench, canvas = open_desk, open_desk.workbench, open_desk.window.canvas
    whole = canvas.placing
    desk.do("view.crop")
    for _ in range(3):
        side = workbench.person.bbox.side * canvas.placing.scale
        middle = canvas.placing.to_canvas(workbench.person.bbox.center)
        assert side > 0.7 * min(canvas.width(), canvas.height())
        assert np.abs(middle - [canvas.width() / 2, canvas.height() / 2]).max() < 1
        desk.do("person.next")
    desk.do("view.crop")
    desk.do("view.whole")
    assert canvas.placing == whole


@pytest.mark.gl
def test_one_key_draws_the_body_filled_as_a_rim_and_as_an_x_ray(open_desk):
    desk = open_desk
    desk.fit()
    canvas, middle = desk.window.canvas, trunk_of(desk, desk.workbench.person_id)
    desk.do("view.skeleton")
    shown = [pixels(canvas.grab().toImage())]
    for style in ("rim", "xray", "fill"):
        desk.do("view.style")
        assert desk.workbench.view.body_style == style
        shown.append(pixels(canvas.grab().toImage()))
    assert (shown[0] == shown[3]).all()
    desk.do("view.overlay")
    bare = pixels(canvas.grab().toImage())
    x, y = int(middle.x()), int(middle.y())
    away = [np.abs(one - bare)[y - 2 : y + 3, x - 2 : x + 3].max() for one in shown[:3]]
    assert away[0] > away[2] > away[1] == 0  # inside the trunk: hidden, shimmering through, as in the photo
    assert all((np.abs(one - bare).max(axis=2) > 60).any() for one in shown)
    desk.do("view.style")  # the body is shown again, as it was
    assert desk.workbench.view.overlay
    assert desk.workbench.view.body_style == "fill"


@pytest.mark.gl
def test_keypoints_and_box_give_way_to_the_body_while_the_mouse_is_elsewhere(open_desk):
    desk = open_desk
    desk.fit()
    canvas, wrist = desk.window.canvas, desk.place_of("right_wrist")
    desk.move(wrist)
    marked = pixels(canvas.grab().toImage())
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    quiet = pixels(canvas.grab().toImage())
    x, y = int(wrist.x()), int(wrist.y())
    assert np.abs(marked - quiet)[y - 3 : y + 4, x - 3 : x + 4].max() > 40
    corner = canvas.placing.to_canvas(desk.workbench.person.bbox.corners[0]).astype(int)
    assert np.abs(marked - quiet)[corner[1] - 3 : corner[1] + 4, corner[0] - 3 : corner[0] + 4].max() > 100
    desk.do("edit.next_keypoint")  # keys work on keypoints, which are then seen as well
    chosen = pixels(canvas.grab().toImage())
    assert np.abs(chosen - quiet).max(axis=2).sum() > 0


def on_the_screen(desk):
    """What the canvas shows now, and what it would paint from scratch (H, W, 3)."""
    canvas, window = desk.window.canvas, desk.window
    at = canvas.mapTo(window, QPoint(0, 0))
    shown = QGuiApplication.primaryScreen().grabWindow(
        window.winId(), at.x(), at.y(), canvas.width(), canvas.height()
    )
    return (pixels(picture.toImage()) for picture in (shown, canvas.grab()))


def pixels(image):
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


@pytest.mark.gl
def test_a_drag_paints_all_that_changes_though_not_the_whole_canvas(open_desk):
    desk = open_desk
    desk.fit()
    start = desk.place_of("right_wrist")
    desk.press(start)
    for by in (QPointF(40, 30), QPointF(-90, -60), QPointF(5, 5)):
        fit = desk.workbench.person.fit
        desk.move(start + by)
        desk.wait(lambda fit=fit: desk.workbench.person.fit is not fit)
        desk.qtbot.wait(150)
        shown, painted = on_the_screen(desk)
        assert (np.abs(shown - painted).max(axis=2) > 8).sum() == 0
    desk.release(start)


def both_fitted(desk):
    """The photo's two people, both with a body; the first is selected."""
    desk.fit()
    first = desk.workbench.person_id
    desk.do("person.next")
    desk.fit()
    second = desk.workbench.person_id
    desk.workbench.select(first)
    desk.window.canvas.grab()
    return first, second


def trunk_of(desk, person_id):
    """A canvas point in the middle of a person's trunk, away from every keypoint."""
    photo = desk.workbench.photo
    person = next(one for one in photo.people if one.id == person_id)
    names = layout(person.keypoints.layout).keypoints
    corners = [names.index(f"{side}_{part}") for side in ("left", "right") for part in ("shoulder", "hip")]
    return QPointF(*desk.window.canvas.placing.to_canvas(person.keypoints.xy[corners].mean(axis=0)))


@pytest.mark.gl
def test_everybodys_body_is_over_the_photo_and_a_command_leaves_the_others_out(open_desk):
    desk = open_desk
    desk.do("view.whole")
    desk.workbench.change_view(other_bodies=True)
    both_fitted(desk)
    others = pixels(desk.window.canvas.grab().toImage())
    desk.do("view.other_bodies")
    alone = pixels(desk.window.canvas.grab().toImage())
    changed = np.abs(others - alone).max(axis=2) > 8
    _, second = both_fitted(desk)
    at = trunk_of(desk, second)
    x, y = int(at.x()), int(at.y())
    assert changed[y - 10 : y + 11, x - 10 : x + 11].mean() > 0.5
    assert changed.mean() < 0.5


@pytest.mark.gl
def test_a_click_on_somebodys_body_selects_that_person(open_desk):
    desk = open_desk
    first, second = both_fitted(desk)
    desk.press(trunk_of(desk, second))
    desk.release(trunk_of(desk, second))
    assert desk.workbench.person_id == second
    desk.window.canvas.grab()
    desk.press(trunk_of(desk, first))
    desk.release(trunk_of(desk, first))
    assert desk.workbench.person_id == first


@pytest.mark.gl
def test_of_two_bodies_at_one_place_the_nearer_one_is_drawn_last_and_found(open_desk):
    desk = open_desk
    first, second = both_fitted(desk)
    photo = desk.workbench.photo
    people = {person.id: person for person in photo.people}
    near = replace(people[first].fit, cam_t=people[first].fit.cam_t * np.float32(0.5))
    far = people[first].with_(id=second, bbox=people[first].bbox)
    both = photo.with_(people=(people[first].with_(fit=near), far))
    canvas = desk.window.canvas
    for selected, expected in ((first, None), (second, first)):
        desk.workbench.apply_photo("Move", both, selected)
        canvas.grab()
        at = canvas.placing.to_canvas(far.keypoints.xy[[5, 6, 11, 12]].mean(axis=0))
        assert canvas._painter.body_at(at, canvas.placing, canvas.devicePixelRatioF()) == expected


def in_the_middle(desk):
    """Whether the selected person's box is whole and in the middle of the canvas."""
    canvas, box = desk.window.canvas, desk.workbench.person.bbox
    corners = canvas.placing.to_canvas(box.corners)
    middle = [canvas.width() / 2, canvas.height() / 2]
    size = [canvas.width(), canvas.height()]
    return bool(
        (np.abs(corners.mean(axis=0) - middle) < 2).all() and (corners >= 0).all() and (corners <= size).all()
    )


@pytest.mark.parametrize("command", ["person.next_here", "person.last_here", "person.next"])
def test_after_zooming_to_a_person_the_view_goes_to_the_next_person_of_the_photo(open_desk, command):
    desk = open_desk
    path = desk.workbench.photo.path
    desk.do("view.person")
    assert in_the_middle(desk)
    desk.do(command)
    assert desk.workbench.photo.path == path
    assert in_the_middle(desk)


def test_a_person_who_is_in_view_is_selected_where_the_view_is(open_desk):
    desk = open_desk
    desk.do("view.person")
    desk.do("view.whole")
    before = desk.window.canvas.placing
    desk.do("person.next_here")
    assert desk.window.canvas.placing == before


def test_a_person_beside_the_view_is_brought_into_it_at_the_same_zoom(open_desk):
    desk, canvas = open_desk, open_desk.window.canvas
    desk.do("view.person")
    desk.do("view.zoom_out")
    canvas.place.put(canvas.placing.panned(np.array([-canvas.width(), 0.0])))
    scale = canvas.placing.scale
    desk.do("person.next_here")
    assert in_the_middle(desk)
    assert canvas.placing.scale == scale


def test_a_person_too_large_for_the_zoom_is_shown_whole(open_desk):
    desk, canvas = open_desk, open_desk.window.canvas
    canvas.zoom_to(40.0)
    desk.do("person.next_here")
    assert in_the_middle(desk)


def test_a_click_on_another_person_does_not_move_the_view_under_the_mouse(open_desk):
    desk = open_desk
    desk.do("view.person")
    desk.do("view.zoom_out")
    desk.window.canvas.place.show_person()
    before, here = desk.window.canvas.placing, desk.workbench.person_id
    other = next(person for person in desk.workbench.photo.people if person.id != here)
    at = QPointF(*before.to_canvas(other.keypoints.xy[desk.index("nose")]))
    desk.press(at)
    desk.release(at)
    assert desk.workbench.person_id == other.id
    assert desk.window.canvas.placing == before


def test_zoomed_to_a_person_a_resized_canvas_shows_the_person(open_desk):
    desk = open_desk
    desk.do("view.person")
    desk.window.resize(1000, 700)
    desk.qtbot.wait(100)
    assert in_the_middle(desk)


def test_the_next_photo_is_shown_whole(open_desk):
    desk = open_desk
    desk.do("view.person")
    desk.do("person.next_photo")
    whole = desk.window.canvas.placing
    desk.do("view.whole")
    assert desk.window.canvas.placing == whole


def test_a_moved_photo_is_told_with_the_command_that_finds_it_and_a_button_runs_it(
    open_desk, tmp_path, monkeypatch
):
    desk, canvas = open_desk, open_desk.window.canvas
    assert not canvas.image.missing.isVisible()
    away = tmp_path / "away"
    away.mkdir()
    desk.window.photos.forget()
    for photo in desk.workbench.project.folder.glob("*.jpg"):
        photo.rename(away / photo.name)
    desk.do("person.next_photo")
    desk.wait(lambda: not desk.window.waiting)
    command = desk.window.actions_by_id["file.find_photos"].text().replace("&", "")
    assert f"File › {command}" in canvas.image.notice
    assert canvas.image.missing.isVisible()
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: away)
    canvas.image.missing.click()
    desk.wait(lambda: not desk.workbench.busy and not desk.window.waiting)
    assert canvas.image.notice == ""
    assert not canvas.image.missing.isVisible()


def test_a_broken_photo_is_not_called_moved(open_desk):
    desk = open_desk
    desk.window.photos.forget()
    for photo in desk.workbench.project.folder.glob("*.jpg"):
        photo.write_bytes(b"no photo")
    desk.do("person.next_photo")
    desk.wait(lambda: not desk.window.waiting)
    assert "Find moved photos" not in desk.window.canvas.image.notice
    assert not desk.window.canvas.image.missing.isVisible()
