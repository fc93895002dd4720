"""Tools in which people are placed in some frames of a video: CVAT, Darwin."""

import json
from typing import Any

import pytest

from core.errors import ReadError
from core.formats.keypoints.annotators import cvat_tracks, darwin
from core.formats.recognise import recognise
from core.formats.shared import report
from tests.core.formats.keypoints.annotators.making_clips import FRAMES, XY, only, places, right, written
from tests.core.formats.making import WIDTH, write_photos
from tests.core.formats.making_keypoints import NAMES


@pytest.fixture
def few_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most people of a file are 1000 in place of half a million."""
    monkeypatch.setattr(report, "MAX_PEOPLE", 1000)


def skeleton(frame: int, shift: float, outside: set[str] | bool = False) -> str:
    points = "".join(
        f'<points label="{name}" outside="{int(outside is True or (outside and name in outside))}" occluded="0" '
        f'points="{x + shift:.3f},{y:.3f}"></points>'
        for name, (x, y) in zip(NAMES, XY.tolist(), strict=True)
    )
    return f'<skeleton frame="{frame}" keyframe="1">{points}</skeleton>'


def video(*tracks: str) -> bytes:
    each = "".join(
        f'<track id="{number}" label="person">{track}</track>' for number, track in enumerate(tracks)
    )
    return f"<annotations><version>1.1</version><meta></meta>{each}</annotations>".encode()


def test_frames_between_two_entries_of_cvat_lie_linearly_between(tmp_path):
    file = written(tmp_path, video(skeleton(1, 0) + skeleton(5, 8)), "annotations.xml")
    found = places(cvat_tracks.read(file))
    assert set(found) == {1, 2, 3, 4, 5}
    for frame, xy in found.items():
        assert xy == pytest.approx(right(2 * (frame - 1)), abs=0.01)


def test_a_person_who_is_outside_is_gone_until_seen_again(tmp_path):
    track = skeleton(0, 0) + skeleton(2, 4, outside=True) + skeleton(5, 6) + skeleton(6, 0, outside=True)
    found = places(cvat_tracks.read(written(tmp_path, video(track), "annotations.xml")))
    assert set(found) == {0, 1, 5}
    assert found[1] == pytest.approx(XY, abs=0.01)  # outside has no place to move to


def test_one_point_outside_is_absent_from_there_on(tmp_path):
    track = skeleton(0, 0) + skeleton(2, 4, outside={"left_wrist"}) + skeleton(3, 4, outside=True)
    imported = cvat_tracks.read(written(tmp_path, video(track), "annotations.xml"))
    confidence = [photo.people[0].keypoints.confidence[9] for photo in imported.photos]
    assert confidence == [1, 1, 0]


def test_tracks_of_cvat_keep_their_numbers_through_the_video(tmp_path):
    file = written(
        tmp_path, video(skeleton(0, 0) + skeleton(1, 1), skeleton(1, 9) + skeleton(2, 9)), "annotations.xml"
    )
    imported = cvat_tracks.read(file)
    assert {track: set(places(imported, track)) for track in (0, 1)} == {0: {0, 1}, 1: {1, 2}}


def test_a_file_of_cvat_s_photos_is_still_read_as_such(tmp_path):
    image = '<image id="0" name="a.png" width="64" height="48"></image>'
    text = f"<annotations>{image}<track id='0'></track></annotations>"
    assert recognise(written(tmp_path, text.encode(), "annotations.xml")) == "cvat"
    assert recognise(written(tmp_path, video(skeleton(0, 0)), "annotations.xml")) == "cvat-video"


def test_a_video_without_photos_says_what_to_do(tmp_path):
    imported = cvat_tracks.read(
        written(tmp_path, video(skeleton(0, 0) + skeleton(300, 5)), "annotations.xml", ())
    )
    assert imported.people == 0
    assert "track 0, 301 frames from 0 on" in imported.summary()
    assert "save its frames as photos" in imported.summary()


def test_a_track_of_hundreds_of_millions_of_frames_is_refused(tmp_path, few_people):
    with pytest.raises(ReadError, match="more than 1000 people"):
        cvat_tracks.read(
            written(tmp_path, video(skeleton(0, 0) + skeleton(900_000_000, 5)), "annotations.xml")
        )


@pytest.mark.parametrize("odd", [
    "<box frame='0'/>", "<skeleton><points label='nose' points='1,2'/></skeleton>",
    "<skeleton frame='-1'></skeleton>", "<skeleton frame='99999999999'></skeleton>",
    skeleton(3, 0).replace('points="', 'points="x'),
])  # fmt: skip
def test_one_odd_shape_of_a_track_is_left_out(tmp_path, odd):
    imported = cvat_tracks.read(written(tmp_path, video(odd + skeleton(0, 0)), "annotations.xml"))
    assert 0 in places(imported)
    assert imported.left_out


def test_a_document_type_and_a_cut_file_are_refused(tmp_path):
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]>' + video(skeleton(0, 0))
    for data in (bomb, video(skeleton(0, 0))[:200], b"<html></html>"):
        with pytest.raises(ReadError, match=r"annotations\.xml"):
            cvat_tracks.read(written(tmp_path, data, "annotations.xml"))


def nodes(shift: float = 0) -> dict[str, Any]:
    rows = zip(NAMES, XY.tolist(), strict=True)
    return {
        "nodes": [{"name": name, "x": x + shift, "y": y, "occluded": name == "nose"} for name, (x, y) in rows]
    }


def item(kind: str, *annotations: Any, name: str = "clip.mp4") -> bytes:
    slot = {"type": kind, "slot_name": "0", "width": WIDTH, "height": 48}
    return json.dumps(
        {"version": "2.0", "item": {"name": name, "slots": [slot]}, "annotations": annotations}
    ).encode()


def darwin_track(ranges: Any, keys: dict[int, float], **more: Any) -> dict[str, Any]:
    frames = {str(frame): {"keyframe": True, "skeleton": nodes(shift)} for frame, shift in keys.items()}
    return {"id": "a1", "name": "person", "ranges": ranges, "frames": frames, "interpolated": True} | more


def test_a_range_of_darwin_ends_before_its_last_number(tmp_path):
    imported = darwin.read(
        written(tmp_path, item("video", darwin_track([[1, 5]], {1: 0, 3: 4})), "clip.json")
    )
    found = places(imported)
    assert set(found) == {1, 2, 3, 4}
    assert found[2] == pytest.approx(right(2), abs=1e-3)
    assert found[4] == pytest.approx(right(4), abs=1e-3)  # after the last keyframe it stays


def test_a_person_is_gone_between_two_ranges(tmp_path):
    track = darwin_track([[0, 2], [5, 7]], {0: 0, 6: 6})
    assert set(places(darwin.read(written(tmp_path, item("video", track), "clip.json")))) == {0, 1, 5, 6}


def test_without_interpolation_a_person_stays_until_the_next_keyframe(tmp_path):
    track = darwin_track([[0, 4]], {0: 0, 3: 6}, interpolated=False)
    found = places(darwin.read(written(tmp_path, item("video", track), "clip.json")))
    assert found[2] == pytest.approx(XY, abs=1e-3)
    assert found[3] == pytest.approx(right(6), abs=1e-3)


def test_an_instance_s_number_is_the_track_and_else_the_annotation(tmp_path):
    numbered = darwin_track([[0, 2]], {0: 0}, instance_id={"value": 14})
    named = darwin_track([[0, 2]], {0: 9}, id="b7f0")
    imported = darwin.read(written(tmp_path, item("video", numbered, named), "clip.json"))
    for photo in imported.photos:
        first, second = photo.people
        assert first.track == 14
        assert second.track is not None
        assert second.track != 14


def test_a_photo_of_darwin_has_no_frames(tmp_path):
    one = {"id": "a1", "name": "person", "skeleton": nodes()}
    file = written(tmp_path, item("image", one, name="a.png"), "a.json", ("a.png",))
    assert recognise(file) == "darwin"
    person = only(darwin.read(file))
    assert person.keypoints.xy == pytest.approx(XY, abs=1e-4)
    assert person.keypoints.occluded.nonzero()[0].tolist() == [0]
    assert person.track is None


@pytest.mark.parametrize("odd", [
    5, {"bounding_box": {}}, darwin_track([[0, 2]], {}), darwin_track([[0, 10**9]], {0: 0}) | {"frames": {"x": {}}},
    {"frames": {"0": {"skeleton": {"nodes": [{"name": 5}]}}}}, {"frames": {"0": {"skeleton": 5}}},
    darwin_track([[0, 2]], {0: 0}) | {"slot_names": ["1"]},
])  # fmt: skip
def test_one_odd_annotation_of_darwin_is_left_out(tmp_path, odd):
    data = item("video", odd, darwin_track([[0, 2]], {0: 0}))
    assert set(places(darwin.read(written(tmp_path, data, "clip.json")))) == {0, 1}


def test_a_range_of_hundreds_of_millions_of_frames_is_refused(tmp_path, few_people):
    with pytest.raises(ReadError, match="more than 1000 people"):
        darwin.read(written(tmp_path, item("video", darwin_track([[0, 10**9]], {0: 0})), "clip.json"))


@pytest.mark.parametrize("name", ["..", "../..", "a/../..", "\0", "", "." * 300])
def test_photos_outside_the_folder_are_not_searched_by_the_name_of_a_video(tmp_path, name):
    write_photos(tmp_path, FRAMES)
    (tmp_path / "inside").mkdir()
    data = item("video", darwin_track([[0, 2]], {0: 0}), name=name)
    assert darwin.read(written(tmp_path / "inside", data, "clip.json", ())).people == 0
