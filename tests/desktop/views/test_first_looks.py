"""What somebody sees who looks closely: empty states, ends of work, labels at the edge, bodies out of the picture."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QLabel, QScrollArea

from core.records import BBox
from core.store import Project
from core.wishes import GroundContact
from desktop.jobs.files.save_files import fits_file_of
from desktop.jobs.files.thumbnails import _closed
from desktop.state.person_edits import standing_in
from desktop.theme import theme
from desktop.views import drawing
from desktop.views.gl.cameras import SIDES, Orbit
from desktop.views.window.help import shortcut_sheet
from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow


def test_without_a_photo_there_is_no_focal_length(desk):
    assert desk.window.fit_panel.focal.text() == "–"
    assert desk.window.fit_panel.view_angle.text() == ""


def test_with_a_photo_there_is_one_and_after_closing_none_again(open_desk):
    panel = open_desk.window.fit_panel
    assert panel.focal.text() == "400 px"
    open_desk.do("file.close")
    assert panel.focal.text() == "–"


def test_who_is_not_fitted_is_told_how_to_fit_everybody(open_desk):
    status = open_desk.window.status
    assert "Ctrl+F" in status.hint.text()
    open_desk.fit()
    assert "Ctrl+F" not in status.hint.text()


def test_a_project_without_photos_says_how_to_bring_some(desk, tmp_path):
    Project.create(tmp_path / "empty.fitloop").close()
    desk.open(tmp_path / "empty.fitloop")
    assert "Add annotations" in desk.window.canvas.image.notice
    assert desk.window.status.hint.text() == ""


def test_options_of_a_run_are_read_as_a_terminal_reads_them(open_desk, monkeypatch):
    desk, panel, started = open_desk, open_desk.window.train_panel, []
    monkeypatch.setattr(desk.window.training, "start", lambda folder, fits, options: started.append(options))
    fits_file_of(desk.workbench.project).write_bytes(b"")
    panel.more.setText("--data 'h36m=/my data/h36m.npz' --seed 3")
    panel.start.click()
    assert started[0][-4:] == ["--data", "h36m=/my data/h36m.npz", "--seed", "3"]
    panel.more.setText("--data 'h36m=/my data")
    panel.start.click()
    assert len(started) == 1
    assert "quote" in desk.said[0]


def test_a_long_note_is_shown_from_its_beginning(open_desk):
    note, workbench = open_desk.window.people.note, open_desk.workbench
    workbench.apply("Note", workbench.person.with_(note="the left arm is behind the back " * 9))
    assert note.text().startswith("the left arm")
    assert note.cursorPosition() == 0


def test_the_end_of_a_fit_or_guess_of_everybody_is_told(open_desk):
    desk = open_desk
    desk.do("person.accept")
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)
    assert desk.told[-1] == "3 of 4 people fitted; 1 locked"
    desk.do("fit.guess_queue")
    desk.wait(lambda: not desk.workbench.busy)
    assert desk.told[-1] == "3 of 4 people guessed; 1 locked"


def test_a_foot_high_up_is_not_pulled_to_the_floor(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    fit = workbench.person.fit
    pose = fit.pose.copy()
    pose[:3] = [0.0, 0.0, 0.0]  # SMPL's y is up and the camera's down: on the head
    workbench.apply("Turn", workbench.person.with_(fit=replace(fit, pose=pose)))
    before = workbench.person
    desk.do("body.left_foot")
    assert workbench.person is before
    assert "left foot" in desk.told[-1]


def test_a_foot_a_step_up_is_put_on_the_floor(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("body.left_foot")
    assert any(isinstance(wish, GroundContact) for wish in workbench.person.wishes)


def test_the_box_of_a_new_person_is_drawn_as_one_that_can_be_changed(open_desk, monkeypatch):
    desk, drawn = open_desk, {}
    draw_box = drawing.draw_box

    def remember(painter, corners, label, selected, locked):
        drawn[label] = selected
        draw_box(painter, corners, label, selected, locked)

    monkeypatch.setattr(drawing, "draw_box", remember)
    desk.do("person.draw")
    desk.window.canvas.grab()
    new = desk.workbench.photo.people[-1].id
    assert drawn[str(new)]
    desk.do("edit.cancel")


def test_all_shortcuts_can_be_reached_on_a_small_screen(desk, monkeypatch):
    monkeypatch.setattr(shortcut_sheet, "MOST_OF_SCREEN", 0.25)
    desk.do("help.shortcuts")
    sheet = desk.window.findChild(shortcut_sheet.ShortcutSheet)
    room = sheet.screen().availableSize() * 0.25
    assert sheet.width() <= room.width()
    assert sheet.height() <= room.height()
    page = sheet.findChild(QScrollArea).widget()
    assert "Move and size the box" in {label.text() for label in page.findChildren(QLabel)}
    sheet.close()


@pytest.mark.parametrize("place", SIDES)
@pytest.mark.parametrize("size", [QSize(350, 390), QSize(350, 190), QSize(900, 300)])
def test_a_tall_or_a_wide_body_is_in_the_picture_from_every_place(place, size):
    body = np.array([[0, 0, 0], [0, 2.9, 0.3], [-1.6, 1.0, 0.4], [1.2, 0.4, -0.9]])
    orbit = Orbit.at(place).around(body, size)
    at = orbit.project(body, size)
    assert (at >= 0).all()
    assert (at <= [size.width(), size.height()]).all()


def test_a_standing_body_is_seen_from_as_far_as_ever():
    body = np.array([[0, 0, 0], [0, 1.6, 0], [0.3, 1.0, 0], [-0.3, 1.0, 0.2]])
    assert Orbit().around(body, QSize(350, 400)).distance == Orbit().distance


def test_before_a_run_there_are_no_axes_and_no_choice_of_curves(open_desk):
    panel = open_desk.window.train_panel
    assert panel.shown_metric.isHidden()
    assert not panel.plot.getPlotItem().getAxis("left").isVisible()
    assert panel.plot.getPlotItem().titleLabel.text == "Curves of the run: no metrics yet"


def test_gaps_between_the_dots_of_a_thumbnail_are_closed_and_the_edge_stays():
    light = np.full((64, 64), np.nan)
    light[5:15, 5:15] = 0.5
    light[8, 9] = light[11, 12] = np.nan
    closed = _closed(light)
    assert closed[8, 9] == pytest.approx(0.5)
    assert np.isfinite(closed).sum() == 100


def test_the_label_of_a_box_beyond_the_edge_is_read_inside(qapp):
    picture = QImage(200, 100, QImage.Format.Format_RGB32)
    labels = []
    for left in (-50.0, 60.0):
        picture.fill(QColor("green"))
        painter = QPainter(picture)
        drawing.draw_box(painter, np.array([[left, -30.0], [120.0, 80.0]]), "12", False, False)
        painter.end()
        labels.append(picture.copy(QRect(0, 0, 90, 24)))
    for label in labels:
        bright = [label.pixelColor(x, y).lightness() > 200 for x in range(90) for y in range(24)]
        assert sum(bright) > 5  # white letters


def test_an_empty_folder_is_called_empty(desk, tmp_path):
    (tmp_path / "nothing").mkdir()
    desk.open(tmp_path / "nothing")
    assert "nothing is empty" in desk.said[-1]


def test_annotations_of_a_second_file_are_added_to_the_project(open_desk, monkeypatch):
    desk, project = open_desk, open_desk.workbench.project
    more = project.folder / "more"
    more.mkdir()
    file = write_coco(more)
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: file)
    for told in ("COCO keypoints: 4 people in 2 photos", "2 photos were there already"):
        desk.do("file.add")
        desk.wait(lambda: not desk.workbench.busy)
        assert told in desk.told[-1]
        assert sum(project.counts().values()) == 8
    assert {photo.path for photo in project.photos()} == {
        *("photo_0.jpg", "photo_1.jpg", "more/photo_0.jpg", "more/photo_1.jpg")
    }
    assert desk.workbench.person is not None


def test_somebody_who_stands_in_a_box_has_the_head_up_and_the_left_hand_on_the_right():
    box = BBox(np.array([100.0, 100.0]), 1.0)
    at = dict(zip(("nose", "left_wrist", "right_ankle"), standing_in(box, "coco17")[[0, 9, 16]], strict=True))
    assert at["nose"][1] < 60 < 140 < at["right_ankle"][1]
    assert at["left_wrist"][0] > 140


def test_words_over_people_stand_on_a_ground_of_their_own(qapp):
    from PySide6.QtCore import QRectF

    from desktop.theme import LIGHT

    picture = QImage(200, 100, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.black)
    painter = QPainter(picture)
    drawing.draw_notice(painter, QRectF(0, 0, 200, 100), "Gone", LIGHT)
    painter.end()
    assert picture.pixelColor(2, 2).lightness() == 0
    assert picture.pixelColor(100, 42).lightness() > 150


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_square_of_a_tick_is_seen_in_both_themes(desk, name):
    desk.workbench.change_view(theme=name)
    desk.window.fit_panel.free_betas.setChecked(False)
    desk.qtbot.wait(50)
    box = desk.window.fit_panel.free_betas
    picture = box.grab().toImage()
    row = [picture.pixelColor(x, box.height() // 2).lightnessF() for x in range(20)]
    assert max(abs(light - row[0]) for light in row) > 0.2


def test_iterations_are_whole_however_few(desk):
    axis = desk.window.plots.losses.getPlotItem().getAxis("bottom")
    for last in (2, 3, 40):
        values = [value for _, ticks in axis.tickValues(0, last, 400) for value in ticks]
        assert values
        assert all(value == round(value) for value in values)


def test_a_choice_that_does_not_fit_ends_in_dots(desk, qtbot):
    order = desk.window.people.filters.order
    pictures = {}
    for words in ("By photo", "By photo and much more than fits", "By photo and much else that does not"):
        order.setItemText(order.currentIndex(), words)
        pictures[words] = order.grab().toImage()
    short, first, second = pictures.values()
    assert first == second
    assert short != first


def test_whose_box_it_is_can_be_read_on_a_light_ground_also_of_those_who_are_not_selected(qapp):
    picture = QImage(80, 80, QImage.Format.Format_RGB32)
    picture.fill(QColor(theme("light").viewport))
    with QPainter(picture) as painter:
        painter.setOpacity(drawing.OTHERS_OPACITY)
        drawing.draw_box(painter, np.array([[30.0, 40.0], [70.0, 78.0]]), "88", selected=False, locked=False)
    label = picture.copy(34, 24, 8, 9)
    light = [label.pixelColor(x, y).lightnessF() for x in range(label.width()) for y in range(label.height())]
    assert max(light) - min(light) > 0.4
