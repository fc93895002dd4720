"""Bodies of a photo's people are posed once, and those on show stay."""

from dataclasses import replace

import pytest

from desktop.model import placed_people
from desktop.model.placed_people import PlacedPeople

pytestmark = pytest.mark.slow


@pytest.fixture
def placed(open_desk, monkeypatch):
    """Those of a window, with room for two on show, and five people."""
    open_desk.fit()
    monkeypatch.setattr(placed_people, "MOST_BODIES", 2)
    one = open_desk.workbench.person
    people = [one.with_(id=number, fit=replace(one.fit)) for number in range(5)]
    return PlacedPeople(open_desk.workbench.fits), people


def test_whoever_is_on_show_is_posed_once_however_many_others_were_before(placed):
    bodies, people = placed
    for pair in (people[:2], people[2:4]):
        bodies.of(pair)
    shown = bodies.of([people[0], people[4]])
    again = bodies.of([people[0], people[4]])
    assert list(again) == [0, 4]
    assert all(again[id] is shown[id] for id in again)
