"""Tables and arrays of tracked people: DeepLabCut's csv, SLEAP's HDF5."""

import json
from typing import Any

import numpy as np
import pytest

from core.errors import ReadError
from core.formats.keypoints.annotators import deeplabcut, sleap
from core.formats.recognise import recognise
from tests.core.files.hdf5_writing import hdf5_bytes
from tests.core.formats import making_keypoints
from tests.core.formats.keypoints.annotators.making_clips import XY, only, places, right, written
from tests.core.formats.making_keypoints import NAMES, csv_bytes
from tests.core.formats.making_sleap import INSTANCE, POINT, project_arrays, project_bytes


def test_individuals_of_deeplabcut_are_tracks(tmp_path):
    file = written(tmp_path, csv_bytes(making_keypoints.deeplabcut()), "clipDLC_net.csv")
    assert recognise(file) == "deeplabcut"
    imported = deeplabcut.read(file)
    assert [[one.track for one in photo.people] for photo in imported.photos] == [[0, 1], [0, 1]]
    assert imported.photos[0].people[0].keypoints.xy == pytest.approx(XY, abs=1e-4)
    assert imported.photos[0].people[0].keypoints.confidence == pytest.approx(0.5)


def test_a_file_of_deeplabcut_without_individuals_has_one_track(tmp_path):
    cells = making_keypoints.deeplabcut(("one",))
    del cells[1]
    imported = deeplabcut.read(written(tmp_path, csv_bytes(cells), "clip.csv"))
    assert [[one.track for one in photo.people] for photo in imported.photos] == [[0], [0]]


def test_empty_cells_are_absent_keypoints_and_a_row_of_them_nobody(tmp_path):
    cells = making_keypoints.deeplabcut()
    cells[4][1:4] = ["", "", ""]  # the first keypoint of the first individual
    cells[5][52:] = [""] * 51  # the second individual
    first, second = deeplabcut.read(written(tmp_path, csv_bytes(cells), "clip.csv")).photos
    assert first.people[0].keypoints.confidence[0] == 0
    assert (first.people[0].keypoints.confidence[1:] > 0).all()
    assert [len(first.people), len(second.people)] == [2, 1]


@pytest.mark.parametrize("columns", [1, 3])
def test_labels_of_deeplabcut_have_paths_and_no_likelihood(tmp_path, columns):
    heads = [["scorer"], ["bodyparts"], ["coords"]]
    row = ["labeled-data/clip/img0001.png"] if columns == 1 else ["labeled-data", "clip", "img0001.png"]
    for head in heads:
        head += [""] * (columns - 1)
    for name, (x, y) in zip(NAMES, XY.tolist(), strict=True):
        for head, cell in zip(heads, ("me", name, "x"), strict=True):
            head += [cell, "y" if cell == "x" else cell]
        row += [str(x), str(y)]
    photo = "labeled-data/clip/img0001.png"
    imported = deeplabcut.read(written(tmp_path, csv_bytes([*heads, row]), "CollectedData.csv", (photo,)))
    assert imported.photos[0].path == photo
    assert only(imported).keypoints.confidence.tolist() == [1.0] * 17


@pytest.mark.parametrize("data", [b"scorer,a\n", b"scorer,a\nbodyparts,b\ncoords,x\n", b"scorer\n" * 9, b"scorer,\0\n",
                                  b"scorer,a,a\nbodyparts,b\ncoords,x,y\n0,1,2\n"])  # fmt: skip
def test_heads_that_are_not_deeplabcut_s_are_refused_or_hold_nobody(tmp_path, data):
    file = written(tmp_path, data, "clip.csv")
    try:
        said = deeplabcut.read(file).summary()
    except ReadError as error:
        said = str(error)
    assert "0 people" in said or "clip.csv" in said


def test_the_hdf5_of_deeplabcut_says_to_take_the_csv(tmp_path):
    attributes = {
        "df_with_missing": {"pandas_type": np.array(b"frame_table"), "levels": np.array(b"bodyparts")}
    }
    file = written(tmp_path, hdf5_bytes({"df_with_missing": None}, attributes), "clip.h5")
    assert recognise(file) == "deeplabcut"
    with pytest.raises(ReadError, match=r"Take the \.csv beside it"):
        deeplabcut.read(file)


def test_half_a_pixel_is_added_to_sleap_s_places(tmp_path):
    file = written(
        tmp_path, making_keypoints.sleap_bytes(making_keypoints.sleap_arrays()), "clip.analysis.h5"
    )
    assert recognise(file) == "sleap"
    imported = sleap.read(file)
    assert places(imported, 0)[0] == pytest.approx(XY + 0.5, abs=1e-4)
    assert [[one.track for one in photo.people] for photo in imported.photos] == [[0], [0, 1]]
    assert imported.photos[0].people[0].keypoints.confidence == pytest.approx(0.5)


def test_axes_of_sleap_s_arrays_are_told_by_their_attribute(tmp_path):
    arrays = making_keypoints.sleap_arrays()
    arrays["tracks"] = np.ascontiguousarray(arrays["tracks"].transpose(3, 0, 2, 1))
    arrays["point_scores"] = np.ascontiguousarray(arrays["point_scores"].transpose(2, 0, 1))
    dims = {
        "tracks": {"dims": np.array(b'["frame", "track", "node", "xy"]')},
        "point_scores": {"dims": np.array(b'["frame", "track", "node"]')},
    }
    file = written(tmp_path, hdf5_bytes(arrays, dims), "clip.h5")
    assert places(sleap.read(file), 0)[0] == pytest.approx(XY + 0.5, abs=1e-4)


def test_a_nan_of_sleap_that_signals_is_an_absent_point(tmp_path):
    arrays = making_keypoints.sleap_arrays()
    arrays["tracks"][0, :, 3, 0] = np.array([0x7FF0000000000001, 0xFFF4000000000000], np.uint64).view(
        np.float64
    )
    file = written(tmp_path, making_keypoints.sleap_bytes(arrays), "clip.analysis.h5")
    assert np.flatnonzero(sleap.read(file).photos[0].people[0].keypoints.confidence == 0).tolist() == [3]


@pytest.mark.parametrize(("format_id", "half"), [(1.0, 0.0), (1.1, 0.5), (1.3, 0.5)])
def test_a_project_of_sleap_gives_corrections_before_predictions(tmp_path, format_id, half):
    file = written(tmp_path, project_bytes(project_arrays(), format_id), "clip.slp")
    assert recognise(file) == "sleap"
    imported = sleap.read(file)
    found = places(imported, 0)
    assert set(found) == {2, 3}
    assert found[3] == pytest.approx(XY + half, abs=1e-4)
    corrected = imported.photos[0].people[0].keypoints
    assert corrected.xy[0] == pytest.approx(right(3)[0] + half, abs=1e-4)
    assert corrected.confidence[4] == 0  # made invisible
    assert corrected.confidence[0] == 1
    assert imported.photos[1].people[0].keypoints.confidence == pytest.approx(0.25)


def two_videos(*sources: dict[str, Any]) -> bytes:
    """A project with one person on track 0 in frames 1 and 2 of a first video and in frame 1 of a second."""
    points = np.array([(x, y, 1, 1) for x, y in XY.tolist()] * 3, dtype=POINT)
    metadata = {
        "nodes": [{"name": name} for name in NAMES],
        "skeletons": [{"nodes": [{"id": i} for i in range(17)]}],
    }
    arrays = {
        "metadata": None, "points": points, "pred_points": np.zeros(0, dtype=[*POINT, ("score", "<f8")]),
        "instances": np.array([(i, 0, i, 0, 17 * i, 17 * i + 17) for i in range(3)], dtype=INSTANCE),
        "frames": np.array([(0, 0, 1), (1, 0, 2), (2, 1, 1)],
                           dtype=[("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8")]),
        "tracks_json": np.array([b'[0, "me"]']),
        "videos_json": np.array([json.dumps(source).encode() for source in sources]),
    }  # fmt: skip
    values = {"json": np.array(json.dumps(metadata).encode()), "format_id": np.array(1.2)}
    return hdf5_bytes(arrays, {"metadata": values})


VIDEOS = {"filename": "C:\\videos\\one.mp4"}, {"backend": {"filename": "/data/two.mp4"}}


@pytest.mark.parametrize("names", ["{video}/{number:04d}.png", "{video}_{number:04d}.png"])
def test_all_videos_of_a_project_of_sleap_are_read_each_from_its_own_photos(names, tmp_path):
    photos = tuple(names.format(video=video, number=n) for video in ("one", "two") for n in range(4))
    imported = sleap.read(written(tmp_path, two_videos(*VIDEOS), "labels.slp", photos))
    expected = [names.format(video=video, number=n) for video, n in (("one", 1), ("one", 2), ("two", 1))]
    assert [photo.path for photo in imported.photos] == expected
    tracks = [photo.people[0].track for photo in imported.photos]
    assert tracks[0] == tracks[1] != tracks[2]


def test_a_video_of_sleap_without_photos_is_left_out_and_takes_none_of_anothers(tmp_path):
    photos = tuple(f"one/{number:04d}.png" for number in range(4))
    imported = sleap.read(written(tmp_path, two_videos(*VIDEOS), "labels.slp", photos))
    assert [photo.path for photo in imported.photos] == ["one/0001.png", "one/0002.png"]
    assert "in a folder of the video's name, two/000000.jpg" in imported.summary()


def test_two_videos_of_one_name_are_not_mixed(tmp_path):
    photos = tuple(f"one/{number:04d}.png" for number in range(4))
    imported = sleap.read(written(tmp_path, two_videos(VIDEOS[0], VIDEOS[0]), "labels.slp", photos))
    assert imported.people == 2
    assert "has no name of its own" in imported.summary()


def test_a_video_of_sleap_that_is_a_list_of_photos_has_their_names(tmp_path):
    lists = [
        {"backend": {"filenames": [f"{video}/{letter}.png" for letter in "abc"]}} for video in ("x", "y")
    ]
    photos = tuple(f"{video}/{letter}.png" for video in "xy" for letter in "abc")
    imported = sleap.read(written(tmp_path, two_videos(*lists), "labels.slp", photos))
    assert [photo.path for photo in imported.photos] == ["x/b.png", "x/c.png", "y/b.png"]


@pytest.mark.parametrize("missing", ["tracks", "node_names", "point_scores", "track_names"])
def test_a_file_of_sleap_without_a_part_is_read_or_refused(tmp_path, missing):
    arrays = making_keypoints.sleap_arrays()
    del arrays[missing]
    file = written(tmp_path, making_keypoints.sleap_bytes(arrays), "clip.h5")
    if missing in ("tracks", "node_names"):
        with pytest.raises(ReadError, match=r"clip\.h5.*Export it"):
            sleap.read(file)
    else:
        assert sleap.read(file).people == 3


def test_another_hdf5_file_is_no_format_that_is_read(tmp_path):
    file = written(tmp_path, hdf5_bytes({"numbers": np.zeros(3)}), "data.h5")
    with pytest.raises(ReadError, match="not one of those that are read"):
        recognise(file)
