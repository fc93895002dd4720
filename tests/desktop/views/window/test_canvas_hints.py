"""Hints on the photo: beside what they are about, each once, and gone for good on request."""

import pytest

from core.body.keypoints import layout
from desktop.text.translate import part
from desktop.views.window.canvas_hints import CanvasHints


@pytest.fixture
def desk(open_desk):
    open_desk.workbench.change_view(hints=True)
    return open_desk


def hint(desk):
    bubble = desk.window.hints
    assert bubble.isVisibleTo(desk.window.canvas) == bool(bubble.shown)
    return bubble.shown


def other_person(desk):
    desk.workbench.select(next(p.id for p in desk.workbench.photo.people if p.id != desk.workbench.person_id))


def test_the_first_hint_names_the_key_of_a_fit_and_goes_with_the_fit(desk):
    assert hint(desk) == "fit"
    assert desk.window.hints.words.text().startswith("F fits")
    desk.fit()
    assert hint(desk) == ""


def test_a_hint_about_dragging_is_beside_the_worst_keypoint_and_goes_with_the_first_drag(desk):
    desk.fit()
    other_person(desk)
    desk.fit()
    other_person(desk)
    assert hint(desk) == "drag"
    bubble, place = desk.window.hints, desk.place_of("left_wrist")
    assert desk.window.canvas.rect().contains(bubble.geometry())
    desk.drag(place, place + place * 0.05)
    assert hint(desk) == ""
    assert "drag" in desk.settings.hints_seen()


def test_a_hint_about_dragging_names_the_worst_keypoint_of_the_person_shown(desk):
    desk.fit()
    other_person(desk)
    desk.fit()
    other_person(desk)
    bubble, posed = desk.window.hints, desk.workbench.shown.posed
    for worst in ("nose", "right_knee"):
        names = layout(desk.workbench.person.keypoints.layout).keypoints
        posed.residual_px[:] = 0
        posed.residual_px[names.index(worst)] = 9
        desk.workbench.change_view(boxes=not desk.workbench.view.boxes)
        assert part(worst) in bubble.words.text()


def test_a_hint_that_was_understood_does_not_come_back(desk):
    desk.window.hints.understood.click()
    assert hint(desk) == ""
    other_person(desk)
    assert hint(desk) == "menu"


def test_no_more_hints_means_none_until_they_are_switched_on_again(desk):
    desk.window.hints.enough.click()
    other_person(desk)
    assert hint(desk) == ""
    assert not desk.workbench.view.hints
    desk.do("help.hints")
    other_person(desk)
    assert hint(desk) == "fit"


def test_there_is_no_hint_while_other_advice_is_on_the_screen_or_nothing_can_be_done(desk):
    desk.do("person.accept")
    assert hint(desk) == ""
    desk.do("person.todo")
    desk.do("edit.place")
    assert hint(desk) == ""
    assert isinstance(desk.window.hints, CanvasHints)
