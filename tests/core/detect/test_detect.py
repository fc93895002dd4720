"""People found by a detector, whichever it is: here one made up, and mediapipe as it is."""

import os
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.body.keypoints import layout
from core.detect import Found, detect, load_detector
from core.detect.mediapipe import is_another
from core.errors import DetectorError
from core.geometry.image import read_image
from core.records import BBox, Keypoints, Person, Photo

PHOTO = np.zeros((300, 400, 3), np.uint8)


def keypoints(name: str = "coco17", center=(100.0, 100.0), confidence: float = 0.9) -> Keypoints:
    k = layout(name).k
    xy = np.array(center) + np.linspace(-20, 20, k)[:, None] * [0.5, 1.0]
    return Keypoints(name, xy, np.full(k, confidence))


class MadeUp:
    """Finds what it was told, and remembers what it was asked."""

    def __init__(self, *found: Found) -> None:
        self.found, self.asked = found, []

    def __call__(self, image, bboxes=None):
        self.asked.append(bboxes)
        return list(self.found)

    def close(self) -> None:
        pass


def test_people_are_numbered_from_the_largest_and_have_the_detectors_boxes():
    small = Found(keypoints(center=(50, 50)), np.array([40.0, 30, 20, 40]))
    large = Found(keypoints(), np.array([50.0, 50, 100, 120]))
    first, second = detect(PHOTO, MadeUp(small, large))
    assert (first.id, second.id) == (1, 2)
    assert first.bbox.center.tolist() == [100, 110]
    assert first.bbox.side == pytest.approx(1.2 * 120)
    assert first.verdict == "todo"


def test_a_box_is_drawn_round_the_keypoints_where_the_detector_gives_none():
    unsure = keypoints().with_keypoint("nose", xy=(390, 290), confidence=0.05)
    (person,) = detect(PHOTO, MadeUp(Found(unsure)))
    assert person.bbox.side == pytest.approx(1.2 * 37.5, rel=1e-3)


def test_who_is_hardly_seen_is_nobody():
    assert detect(PHOTO, MadeUp(Found(keypoints(confidence=0.1)))) == ()
    assert detect(PHOTO, MadeUp()) == ()


def test_people_are_looked_for_in_their_boxes_and_keep_who_they_are():
    people = [Person(7 + n, BBox(np.array([50.0 * n, 60]), 0.5), keypoints(), note=str(n)) for n in range(3)]
    detector = MadeUp(Found(keypoints("halpe26"), place=0), Found(keypoints("halpe26"), place=2))
    found = detect(PHOTO, detector, Photo("a.jpg", 400, 300, tuple(people)))
    assert [(person.id, person.note) for person in found] == [(7, "0"), (9, "2")]
    assert {person.keypoints.layout for person in found} == {"halpe26"}
    assert found[1].bbox is people[2].bbox
    assert [bbox.scale for bbox in detector.asked[0]] == [0.5] * 3
    assert detect(PHOTO, detector, Photo("a.jpg", 400, 300)) == ()
    assert len(detector.asked) == 1


def test_an_unknown_detector_is_refused_with_the_known_ones():
    with pytest.raises(DetectorError, match="Choose one of mediapipe, rtmpose"):
        load_detector("openpose")


@pytest.mark.parametrize("name", ["mediapipe", "rtmpose"])
def test_a_detector_that_is_not_installed_says_how_to_install_it(name, monkeypatch):
    for module in ("onnxruntime", "mediapipe", "mediapipe.python.solutions.pose"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DetectorError, match=r"python -m pip install .*(onnxruntime|mediapipe==0\.10\.21)"):
        load_detector(name)


def test_a_find_in_a_part_of_the_photo_is_another_person_only_where_it_lies_apart():
    one = keypoints("mediapipe33", (100, 100))
    assert is_another(one, [])
    assert is_another(one, [keypoints("mediapipe33", (160, 100))])
    assert not is_another(one, [keypoints("mediapipe33", (102, 101))])
    assert not is_another(keypoints("mediapipe33", confidence=0.3), [])
    large = Keypoints("mediapipe33", one.xy * [1, 3] - [0, 200], one.confidence)
    foot = Keypoints("mediapipe33", one.xy / 8 + [85, 120], one.confidence)
    assert not is_another(foot, [large])


# mediapipe, as it is


@pytest.fixture(scope="module")
def mediapipe():
    if not os.environ.get("FITLOOP_REQUIRE_MEDIAPIPE"):
        pytest.importorskip("mediapipe.python.solutions.pose")
    with closing(load_detector("mediapipe")) as detector:
        yield detector


def test_mediapipe_finds_nobody_in_an_empty_photo(mediapipe):
    assert detect(PHOTO, mediapipe) == ()
    person = Person(1, BBox(np.array([200.0, 150]), 1.0), keypoints())
    assert detect(PHOTO, mediapipe, Photo("a.jpg", 400, 300, (person,))) == ()


def test_mediapipe_finds_somebody_in_every_photo(mediapipe, shared_data):
    files = sorted((shared_data / "photos" / "images").glob("*.*"))
    assert len(files) == 20
    found = {file.name.split("_")[0]: len(detect(read_image(file), mediapipe)) for file in files}
    assert min(found.values()) >= 1
    assert (found["spin"], found["h36m"]) == (1, 1)


def test_mediapipe_finds_people_who_stand_apart(mediapipe, shared_data):
    file = next((shared_data / "photos" / "images").glob("aic_054*"))
    people = detect(read_image(file), mediapipe)
    assert len(people) == 3
    middles = sorted(float(person.keypoints.xy[:11, 0].mean()) for person in people)  # of the faces
    assert np.diff(middles).min() > 100


def test_mediapipe_finds_annotated_keypoints_and_the_same_in_a_box_as_in_the_photo(mediapipe, shared_data):
    from tests.benchmarks.detect import measure, summarise

    people, _ = measure(shared_data / "photos", mediapipe)
    told = summarise(people)
    assert told["found"] >= 0.9 * told["people"]
    assert told["pck_0.1_all"] > 0.7
    image = read_image(next(Path(shared_data, "photos", "images").glob("spin_*")))
    (alone,) = detect(image, mediapipe)
    height, width = image.shape[:2]
    (boxed,) = detect(image, mediapipe, Photo("a.jpg", width, height, (alone,)))
    sure = (alone.keypoints.confidence > 0.8) & (boxed.keypoints.confidence > 0.8)
    apart = np.linalg.norm(alone.keypoints.xy - boxed.keypoints.xy, axis=1)[sure]
    assert np.median(apart) < 0.03 * alone.bbox.side
