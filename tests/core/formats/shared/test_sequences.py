"""A track is one person's: it comes from the file or from the next numbered photo, and no sequence mixes people."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import FitsError
from core.formats.bodies import curated
from core.formats.exchange import read_file, write_file
from core.formats.format_row import Beside
from core.formats.keypoints import openpose
from core.formats.photos.numbered_names import name_and_number
from core.formats.shared.sequences import sequences, with_tracks
from core.formats.table import FORMATS
from core.records import Keypoints, Person, Photo
from core.store.fits.dictionary import FitsDictionary
from core.store.fits.from_photos import fits_of_photos
from tests.core.formats.making import fit, keypoint_array, person, write_photos
from train import convert

CASE = Path(__file__).parents[5] / "shared" / "data" / "field_cases" / "160-two-people-sequence"
LEFT, RIGHT = -1.2, 1.2  # m


def standing(id: int, x: float, track: int | None = None, at: float | None = None) -> Person:
    """A person with keypoints about x [px], and a fit whose trans x is `at`."""
    made = person("spin49", id)
    xy = keypoint_array("spin49", 3)[:, :2] * 0.3 + [x, 10]
    body = None if at is None else fit(cam_t=np.array([at, 0, 5]), focal_length=80)
    return made.with_(keypoints=Keypoints("spin49", xy, np.ones(49)), track=track, fit=body)


def walk(*places: tuple[float, float], names: str = "v_{:03d}.png", first: int = 0) -> list[Photo]:
    """Photos of two people at these places, the first of whom is now first and now second in the list."""
    photos = []
    for number, (one, two) in enumerate(places):
        people = [standing(1, one, at=LEFT), standing(2, two, at=RIGHT)]
        order = people if number % 2 == 0 else people[::-1]
        members = tuple(each.with_(id=place + 1) for place, each in enumerate(order))
        photos.append(Photo(names.format(number + first), 64, 48, members))
    return photos


def tracks_of(photos: Any) -> list[dict[float, int | None]]:
    """By photo: the track of each person by where its fit stands."""
    return [{round(float(one.fit.cam_t[0]), 1): one.track for one in photo.people} for photo in photos]


def everybody(photos: Any) -> list[tuple[Photo, Person]]:
    return [(photo, one) for photo in photos for one in photo.people if one.fit is not None]


def along(found: Any) -> dict[Any, list[float]]:
    return {one.track: [round(float(each.cam_t[0]), 1) for each in one.fits] for one in found}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("v_007.jpg", ("v_#", 7)),
        ("a/b 12.png", ("a/b #", 12)),
        ("3.png", ("#", 3)),
        ("v_007_b.jpg", None),
        ("x" + "9" * 40 + ".jpg", ("x" + "9" * 22 + "#", int("9" * 18))),
    ],
)
def test_the_number_of_a_photo_is_the_last_in_its_name(path, expected):
    assert name_and_number(path) == expected


def test_people_who_are_found_again_in_the_next_number_have_a_track():
    found = tracks_of(with_tracks(walk((5, 40), (6, 41), (7, 42))))
    assert len({one[LEFT] for one in found} | {None}) == 2
    assert found[0] == found[1] == found[2]
    assert found[0][LEFT] != found[0][RIGHT]


@pytest.mark.parametrize("names", ["v{}.png", "deep/v_{:06d}.png"])
def test_numbers_count_and_not_the_order_of_names_or_photos(names):
    photos = walk(*((5 + 0.1 * step, 40) for step in range(5)), names=names, first=8)
    found = tracks_of(with_tracks([photos[3], photos[0], photos[4], photos[2], photos[1]]))
    assert len({one[LEFT] for one in found}) == 1


def test_a_missing_number_and_another_name_end_a_track():
    photos = walk((5, 40), (5, 40), (5, 40), (5, 40))
    found = tracks_of(with_tracks([*photos[:1], *photos[2:]]))
    assert found[0] == {LEFT: None, RIGHT: None}
    assert found[1] == found[2] != found[0]
    renamed = [photo.with_(path=f"{'ab'[place // 2]}{place}.png") for place, photo in enumerate(photos)]
    found = tracks_of(with_tracks(renamed))
    assert found[0] == found[1]
    assert not set(found[0].values()) & set(found[2].values())


def test_who_goes_far_away_or_comes_later_has_another_track_or_none():
    photos = walk((5, 40), (5, 40), (5, 1000), (5, 1000))
    found = tracks_of(with_tracks(photos))
    assert len({one[LEFT] for one in found}) == 1
    assert found[1][RIGHT] != found[2][RIGHT]


def test_tracks_that_a_file_gives_stay():
    photos = walk((5, 40), (5, 40))
    given = [
        photo.with_(people=tuple(one.with_(track=9 - one.id) for one in photo.people)) for photo in photos
    ]
    assert tracks_of(with_tracks(given)) == tracks_of(given)


def openpose_folder(folder: Path, ids: list[list[Any]]) -> Path:
    for number, of_photo in enumerate(ids):
        write_photos(folder, (f"v_{number:012d}.png",))
        people = []
        for place, id in enumerate(of_photo):
            rows = keypoint_array("openpose25", 1) * [0.3, 0.8, 1] + [0 if place == 0 else 40, 0, 0]
            people.append({"person_id": id, "pose_keypoints_2d": rows.reshape(-1).tolist()})
        text = json.dumps({"version": 1.3, "people": people})
        (folder / f"v_{number:012d}_keypoints.json").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([[[3], [5]], [[5], [3]]], [[3, 5], [5, 3]]),
        ([[3, 5], [5, 3]], [[3, 5], [5, 3]]),
        ([[[3], [-1]], [[-1], [3]]], [[3, None], [None, 3]]),
        ([[[3], [3]]], [[3, None]]),
        ([[["x"], [None]]], [[0, None]]),
        ([[[], [1, 2]]], [[None, None]]),
    ],
)
def test_openposes_person_ids_are_tracks(tmp_path, ids, expected):
    found = openpose.read(openpose_folder(tmp_path, ids))
    assert [[one.track for one in photo.people] for photo in found.photos] == expected


def test_without_ids_openposes_numbered_photos_give_tracks(tmp_path):
    found = openpose.read(openpose_folder(tmp_path, [[[-1], [-1]], [[-1], [-1]]]))
    first, second = ([one.track for one in photo.people] for photo in found.photos)
    assert first == second
    assert len({*first, None}) == 3


def test_a_single_photo_has_no_track(tmp_path):
    found = openpose.read(openpose_folder(tmp_path, [[[-1], [-1]]]))
    assert [one.track for photo in found.photos for one in photo.people] == [None, None]


def test_each_track_is_a_sequence_and_the_photos_that_it_lacks_are_told():
    photos = list(with_tracks(walk((5, 40), (5, 40), (5, 40))))
    photos[1] = photos[1].with_(people=tuple(one for one in photos[1].people if one.fit.cam_t[0] < 0))
    left_out: list = []
    found = along(sequences(photos, everybody(photos), None, None, left_out))
    assert sorted(found.values()) == [[LEFT] * 3, [RIGHT] * 2]
    (told,) = left_out
    (right,) = [track for track, places in found.items() if places[0] == RIGHT]
    assert told.record == "v_001.png"
    assert f"track {right} " in told.reason


def test_without_tracks_numbered_photos_are_followed_and_others_are_refused():
    photos = walk((5, 40), (5, 40), (5, 40))
    found = along(sequences(photos, everybody(photos), None, None, []))
    assert sorted(found.values()) == [[LEFT] * 3, [RIGHT] * 3]
    other = [photo.with_(path=f"{name}.png") for name, photo in zip("abc", photos, strict=True)]
    for whom in (None, 1):
        with pytest.raises(FitsError, match="which people of these photos are the same person"):
            sequences(other, everybody(other), whom, None, [])


def test_one_person_in_each_photo_is_one_sequence_without_tracks():
    photos = [
        photo.with_(path=f"{name}.png") for name, photo in zip("ab", walk((5, 40), (5, 40)), strict=True)
    ]
    alone = [photo.with_(people=photo.people[:1]) for photo in photos]
    (found,) = sequences(alone, everybody(alone), None, None, [])
    assert len(found.fits) == 2


def test_a_person_or_a_track_that_is_named_is_the_only_one():
    photos = with_tracks(walk((5, 40), (5, 40)))
    ids = [photo.with_(people=tuple(one.with_(id=one.id + 10 * place) for one in photo.people))
           for place, photo in enumerate(photos)]  # fmt: skip
    assert list(along(sequences(ids, everybody(ids), 1, None, [])).values()) == [[LEFT, LEFT]]
    assert list(along(sequences(ids, everybody(ids), 11, None, [])).values()) == [[RIGHT, RIGHT]]
    track = photos[0].people[1].track
    assert list(along(sequences(ids, everybody(ids), None, track, [])).values()) == [[RIGHT, RIGHT]]
    with pytest.raises(FitsError, match="several tracks"):
        sequences(photos, everybody(photos), 1, None, [])
    with pytest.raises(FitsError, match="track 77"):
        sequences(ids, everybody(ids), None, 77, [])


def test_without_any_fit_the_error_names_nobody():
    with pytest.raises(FitsError, match=r"^there is no fit to write\. Fit people first\.$"):
        sequences(walk((5, 40)), [], None, None, [])
    with pytest.raises(FitsError, match=r"^person 3 has no fit to write"):
        sequences(walk((5, 40)), [], 3, None, [])


def test_a_fits_dictionary_keeps_tracks_and_an_older_one_has_none(tmp_path):
    photos = [
        photo.with_(path=f"{name}.png") for name, photo in zip("ab", walk((5, 40), (5, 40)), strict=True)
    ]
    photos[0] = photos[0].with_person(photos[0].people[0].with_(track=2**40))
    for photo in photos:
        write_photos(tmp_path, (photo.path,))
    fits = fits_of_photos(photos, "smpl-neutral")
    fits.save(tmp_path / "new.npz")
    found = curated.read(tmp_path / "new.npz")
    assert [one.track for photo in found.photos for one in photo.people] == [2**40, None, None, None]
    arrays = {name: value for name, value in fits.arrays().items() if name != "track"}
    np.savez(tmp_path / "old.npz", **arrays)
    assert FitsDictionary.load(tmp_path / "old.npz").track.tolist() == [-1] * 4
    assert {one.track for photo in curated.read(tmp_path / "old.npz").photos for one in photo.people} == {
        None
    }


@pytest.mark.skipif(not CASE.is_dir(), reason="the cases are not on this machine")
@pytest.mark.parametrize("way", ["dictionary", "project", "ids", "new dictionary"])
def test_of_two_people_in_a_video_each_sequence_stays_on_its_side(tmp_path, capsys, way):
    source = tmp_path / "case"
    shutil.copytree(CASE, source)
    source.chmod(0o755)
    path = source / "fits.npz"
    if way != "dictionary":
        found = read_file(path)
        photos = with_tracks(found.photos) if "new" in way or way == "ids" else found.photos
        if way == "new dictionary":
            fits_of_photos(photos, photos[0].people[0].fit.body).save(source / "new.npz")
            path = source / "new.npz"
        else:
            path = source / "p.fitloop"
            write_file(FORMATS["project"], path, photos, Beside(root=source))
    out = tmp_path / "out"
    out.mkdir()
    assert convert.main([str(path), str(out / "walk.npz"), "--to", "amass"]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    files = sorted(out.glob("walk_track*.npz"))
    assert len(files) == 2
    assert all(file.name in said for file in files)
    sides = sorted(np.load(file)["trans"][:, 0].round(1).tolist() for file in files)
    assert sides == [[-1.2] * 3, [1.2] * 3] or np.allclose(sides, [[-1.2] * 3, [1.15] * 3], atol=0.1)
    assert convert.main([str(path), str(out / "one.npz"), "--to", "amass", "--person", "1"]) == 0
    np.testing.assert_allclose(np.load(out / "one.npz")["trans"][:, 0], [-1.2] * 3, atol=0.1)
