"""The timeline: lanes of tracks below the photo of a sequence; scrub, step, play, and edit tracks."""

from fractions import Fraction

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from core.formats.shared.tracking import with_video_tracks
from core.records import Photo
from core.store import Project
from desktop.views.timeline.lane_painter import GAP_PX, LANE_PX, NAME_PX, RULER_PX, TimelineRange, round_step
from desktop.views.timeline.timeline import clock
from desktop.views.tools.context_menu import ContextMenu
from tests.clips import FRAMES, clip
from tests.desktop.making import write_coco
from tests.videos import numbered_frame, write_video
from train.synthesis.clip import RATE, SIZE_PX


@pytest.fixture
def desk(shared_desk, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shared_desk


@pytest.fixture
def lanes(desk, tmp_path):
    """The lanes of a clip of three people, whose tracks are found."""
    write_video(
        tmp_path / "walk.mp4", (numbered_frame(n, SIZE_PX) for n in range(FRAMES)), RATE, size=SIZE_PX
    )
    with Project.create(tmp_path / "walk.fitloop") as project:
        project.add_photos(with_video_tracks(clip("walk.mp4"), Fraction(RATE)))
    desk.open(tmp_path / "walk.fitloop")
    return desk.window.timeline.lanes


def at(lanes, place, track=None) -> QPoint:
    """The middle of a photo in the lane of a track; in the ruler without one."""
    numbers = [lane.track for lane in lanes.lanes]
    row = -1 if track is None else numbers.index(track)
    y = RULER_PX // 2 if row < 0 else RULER_PX + row * (LANE_PX + GAP_PX) + LANE_PX // 2
    return QPoint(round(NAME_PX + lanes.shown.x(place + 0.5)), y)


def click(desk, lanes, place, track=None):
    desk.qtbot.mouseClick(lanes, Qt.MouseButton.LeftButton, pos=at(lanes, place, track))
    desk.wait(lambda: lanes._wanted is None and desk.workbench.sequence.place == place)


def tracks(desk) -> list[set[int | None]]:
    return [{person.track for person in photo.people} for photo in desk.workbench.project.photos()]


def track_of_first(desk) -> int:
    return desk.workbench.sequence.lanes[0].track


def test_a_timeline_is_there_only_where_the_photos_are_a_sequence(desk, lanes, tmp_path):
    assert desk.window.timeline.isVisible()
    assert [lane.track for lane in lanes.lanes] == sorted({lane.track for lane in lanes.lanes})
    (tmp_path / "photos").mkdir()
    desk.open(write_coco(tmp_path / "photos"))
    assert not desk.window.timeline.isVisible()
    assert not desk.window.actions_by_id["sequence.play"].isEnabled()


def test_a_click_in_a_lane_shows_the_photo_and_selects_its_person(desk, lanes):
    for track in [lane.track for lane in lanes.lanes][:2]:
        click(desk, lanes, 20, track)
        assert desk.workbench.photo.path == "walk.mp4#00020"
        assert desk.workbench.person.track == track


def test_a_drag_along_the_ruler_scrubs_and_keeps_the_person(desk, lanes):
    track = track_of_first(desk)
    click(desk, lanes, 9, track)
    desk.qtbot.mousePress(lanes, Qt.MouseButton.LeftButton, pos=at(lanes, 9))
    for place, there in ((14, False), (20, True)):  # through a gap of the track
        desk.qtbot.mouseMove(lanes, at(lanes, place))
        desk.wait(lambda place=place: desk.workbench.sequence.place == place)
        assert (desk.workbench.person.track == track) == there
    desk.qtbot.mouseRelease(lanes, Qt.MouseButton.LeftButton, pos=at(lanes, 20))


def test_keys_step_through_photos_and_people(desk, lanes):
    track = track_of_first(desk)
    click(desk, lanes, 20, track)
    for key, modifier, place in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 21),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, 11),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, FRAMES - 1),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
    ):
        QApplication.sendEvent(lanes, QKeyEvent(QEvent.Type.KeyPress, key, modifier))
        desk.wait(lambda place=place: desk.workbench.sequence.place == place)
    click(desk, lanes, 20, track)
    desk.qtbot.keyClick(lanes, Qt.Key.Key_Down)
    desk.wait(lambda: desk.workbench.person.track != track)
    assert desk.workbench.sequence.place == 20


def test_playing_shows_one_photo_after_the_other_and_ends_at_the_last(desk, lanes):
    click(desk, lanes, FRAMES - 6)
    seen = []
    desk.workbench.photo_changed.connect(lambda: seen.append(desk.workbench.sequence.place))
    desk.do("sequence.play")
    desk.wait(lambda: not desk.workbench.view.playing)
    assert desk.workbench.sequence.place == FRAMES - 1
    assert seen == sorted(seen)
    assert not desk.window.timeline.player._timer.isActive()


def test_a_click_while_playing_stops_there(desk, lanes):
    click(desk, lanes, 0)
    desk.do("sequence.play")
    click(desk, lanes, 2)
    assert not desk.workbench.view.playing


def test_two_tracks_are_swapped_from_the_photo_on_and_back_by_undo(desk, lanes):
    one, other = [lane.track for lane in lanes.lanes][:2]
    before = tracks(desk)
    click(desk, lanes, 20, one)
    first = desk.workbench.person_id
    where = at(lanes, 20, other)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, lanes.mapToGlobal(where))
    QApplication.sendEvent(lanes, event)
    (menu,) = desk.window.findChildren(ContextMenu)
    assert menu.accessibleName() == f"Tracks {one} and {other}"
    menu.close()
    desk.wait(lambda: not desk.window.findChildren(ContextMenu))
    desk.do("sequence.swap")
    desk.wait(lambda: not desk.workbench.busy)
    assert desk.workbench.person_id == first
    assert desk.workbench.person.track == other
    assert tracks(desk)[:20] == before[:20]
    assert desk.workbench.history.undoText() == f"Swap tracks {one} and {other} from here on"
    desk.do("edit.undo")
    assert tracks(desk) == before
    assert desk.workbench.person.track == one


def test_a_track_is_cut_and_joined_again(desk, lanes):
    one = track_of_first(desk)
    click(desk, lanes, 20, one)
    count = len(desk.workbench.sequence.lanes)
    desk.do("sequence.cut")
    assert len(desk.workbench.sequence.lanes) == count + 1
    assert desk.workbench.person.track not in (None, one)
    desk.workbench.sequence.show(19, one)
    desk.do("sequence.join")
    assert len(desk.workbench.sequence.lanes) == count
    assert desk.workbench.sequence.lane_of(one).person_at(20) is not None


def test_a_cut_at_the_beginning_says_why_it_cannot_be(desk, lanes):
    first = desk.workbench.sequence.lanes[0]
    click(desk, lanes, int(first.places[0]), first.track)
    desk.do("sequence.cut")
    assert "begins in this photo" in desk.said[-1]


def test_tracks_are_found_for_people_without_one(desk, tmp_path, lanes):
    folder = tmp_path / "second"
    folder.mkdir()
    write_video(folder / "walk.mp4", (numbered_frame(n, SIZE_PX) for n in range(FRAMES)), RATE, size=SIZE_PX)
    with Project.create(folder / "p.fitloop") as project:
        project.add_photos(clip("walk.mp4"))
    desk.open(folder / "p.fitloop")
    assert [lane.track for lane in desk.workbench.sequence.lanes] == [None]
    desk.do("sequence.find")
    desk.wait(lambda: not desk.workbench.busy)
    assert 3 <= len(desk.workbench.sequence.lanes) <= 4
    assert None not in set().union(*tracks(desk))
    desk.do("edit.undo")
    assert set().union(*tracks(desk)) == {None}


def test_everybody_is_moved_one_photo_later_and_back_by_undo(desk, lanes):
    project = desk.workbench.project
    before = tracks(desk)
    click(desk, lanes, 20, track_of_first(desk))
    desk.do("sequence.later")
    desk.wait(lambda: not desk.workbench.busy)
    assert tracks(desk) == [set(), *before[:-1]]
    assert "at the end have no photo any more" in desk.told[-1]
    assert project.check() == []
    desk.do("edit.undo")
    assert tracks(desk) == before


def test_the_photos_that_a_hand_corrected_are_stepped_to(desk, lanes):
    one = track_of_first(desk)
    click(desk, lanes, 20, one)
    desk.do("edit.swap_person")
    desk.workbench.sequence.show(18, one)
    desk.do("sequence.next_corrected")
    assert desk.workbench.sequence.place == 20
    desk.do("sequence.next_corrected")
    assert "No more photo" in desk.told[-1]


def test_the_wheel_with_ctrl_zooms_about_the_pointer(desk, lanes):
    desk.wait(lambda: lanes.shown.last == FRAMES)
    before = lanes.place_at(at(lanes, 12))
    where = QPointF(at(lanes, 12))
    for _ in range(3):
        event = QWheelEvent(
            where,
            lanes.mapToGlobal(where),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(lanes, event)
    assert lanes.shown.last - lanes.shown.first < FRAMES / 1.5
    assert lanes.place_at(where.toPoint()) == before
    desk.qtbot.mouseDClick(lanes, Qt.MouseButton.LeftButton, pos=where.toPoint())
    assert (lanes.shown.first, lanes.shown.last) == (0, FRAMES)


def test_a_long_video_without_people_is_drawn_in_both_themes(desk, tmp_path):
    with Project.create(tmp_path / "long.fitloop") as project:
        project.add_photos(Photo(f"long.mp4#{n:05d}", 64, 48) for n in range(3000))
    desk.open(tmp_path / "long.fitloop")
    for theme in ("light", "dark"):
        desk.workbench.change_view(theme=theme)
        picture = desk.window.timeline.grab().toImage()
        assert picture.width() > 300
    assert not desk.said


@pytest.mark.parametrize(("least", "step"), [(0.3, 1), (1.2, 2), (3, 5), (7, 10), (130, 200), (2001, 5000)])
def test_a_ruler_has_round_numbers(least, step):
    assert round_step(least) == step


def test_a_range_maps_places_to_pixels_and_back():
    shown = TimelineRange(10, 30, 400)
    assert (shown.x(10), shown.x(20), shown.photo_px) == (0, 200, 20)
    assert [shown.place(x) for x in (0, 19, 20, 399)] == [10, 10, 11, 29]


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00.0"), (61.25, "1:01.2"), (3723.04, "1:02:03.0")])
def test_a_time_is_shown_in_tenths(seconds, words):
    assert clock(seconds) == words


def test_in_a_low_window_the_timeline_takes_the_place_of_the_filmstrip(desk, lanes):
    filmstrip, size = desk.window.filmstrip, desk.window.size()
    desk.window.resize(911, 500)
    desk.wait(lambda: filmstrip.isHidden())
    assert desk.window.timeline.isVisible()
    screen_px = 512  # of 1366 × 768 at 150 %
    desk.wait(lambda: desk.window.minimumSizeHint().height() <= screen_px)
    desk.window.resize(size)
    desk.wait(lambda: filmstrip.isVisible())
