"""Where a keypoint of a fitted track is corrected, the bodies of the photos beside it follow."""

import json

import numpy as np
import pytest

from core.body.keypoints import layout
from desktop.state.person_edits import moved
from tests.desktop.making import write_coco


@pytest.fixture
def track(desk, tmp_path):
    """Photos of a sequence, whose first people are one track, fitted over time; that of the third is selected."""
    file = write_coco(tmp_path, photos=24)
    content = json.loads(file.read_text())
    for one in content["annotations"][::2]:
        one["track_id"] = 7
    file.write_text(json.dumps(content))
    desk.open(file)
    desk.workbench.select(people(desk)[2].id)
    desk.do("fit.over_time")
    desk.wait(lambda: not desk.workbench.busy)
    return desk


def people(desk):
    return [photo.people[0] for photo in desk.workbench.project.photos()]


def poses(desk) -> np.ndarray:
    return np.stack([person.fit.pose for person in people(desk)])


def drag_wrist(desk) -> None:
    """The right wrist of the selected person moves by half a box."""
    bench = desk.workbench
    wrist = layout(bench.person.keypoints.layout).keypoints.index("right_wrist")
    at = bench.person.keypoints.xy[wrist]
    for share in (0.25, 0.5):
        bench.follow(moved(bench.person, wrist, at + share * 100 * bench.person.bbox.scale))
    bench.commit("Move wrist")


def test_neighbours_follow_a_dragged_keypoint_and_one_undo_takes_all_back(track):
    before = poses(track)
    track.do("sequence.neighbours")
    drag_wrist(track)
    turned = np.abs(poses(track) - before).max(axis=1)
    assert (turned[:5] > 1e-3).all()
    assert turned[2] > turned[[0, 4]].max()
    assert not turned[20:].any(), "photos far away stay"
    assert track.workbench.history.undoText() == "Move wrist"
    track.do("edit.undo")
    np.testing.assert_array_equal(poses(track), before)


def test_without_the_command_only_the_photo_shown_changes(track):
    before = poses(track)
    drag_wrist(track)
    changed = [
        number
        for number, pair in enumerate(zip(poses(track), before, strict=True))
        if (pair[0] != pair[1]).any()
    ]
    assert changed == [2]


def test_a_locked_neighbour_stays_to_the_last_bit(track):
    third = people(track)[2].id
    track.workbench.select(people(track)[1].id)
    track.do("person.accept")
    track.workbench.select(third)
    before = poses(track)
    track.do("sequence.neighbours")
    drag_wrist(track)
    assert (poses(track)[1] == before[1]).all()
    assert not (poses(track)[3] == before[3]).all()
