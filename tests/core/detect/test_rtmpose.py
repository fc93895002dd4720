"""RTMPose with networks made up: they look for coloured dots, so that where each keypoint comes out is known."""

import sys
import types

import numpy as np
import pytest

from core.detect import detect, load_detector
from core.detect.rtmpose import MEAN, STD
from core.errors import DetectorError
from core.records import BBox, Keypoints, Person, Photo

RED, BLUE = np.array([250, 20, 20], np.uint8), np.array([20, 20, 250], np.uint8)
BINS_A_PX = 2  # of SimCC


def photo_of(*people):
    """A grey photo (300, 400, 3) with a blue box around each person and a red dot at its middle."""
    image = np.full((300, 400, 3), 90, np.uint8)
    for left, top, width, height in people:
        image[top : top + height, left : left + width] = BLUE
        x, y = left + width // 2, top + height // 2
        image[y - 2 : y + 2, x - 2 : x + 2] = RED
    return image


class Boxes:
    """A YOLOX that knows boxes by their blue, with a person's score, and a car."""

    shape, fails = (1, 3, 640, 640), None

    def run(self, picture):
        import cv2

        blue = (picture[0, 0] > 150).astype(np.uint8)  # blue is the first channel
        found = [cv2.boundingRect(one) for one in cv2.findContours(blue, 0, 2)[0]]
        rows = [[x, y, x + w, y + h, 0.9] for x, y, w, h in found if w > 20]
        rows += [[5, 5, 300, 300, 0.95], [0, 0, 90, 90, 0.1]]
        labels = [0] * (len(rows) - 2) + [2, 0]
        return [np.array([rows], np.float32), np.array([labels], np.int64)]


class Dots:
    """An RTMPose whose keypoints all lie on the red dot."""

    shape, k, fails = (1, 3, 256, 192), 26, None

    def run(self, picture):
        crop = picture[0].transpose(1, 2, 0) * STD + MEAN  # red is the first channel
        redness = crop[..., 0] - crop[..., 2]
        y, x = np.unravel_index(redness.argmax(), redness.shape)
        along_x, along_y = np.zeros((1, self.k, 192 * BINS_A_PX)), np.zeros((1, self.k, 256 * BINS_A_PX))
        along_x[:, :, BINS_A_PX * x], along_y[:, :, BINS_A_PX * y] = 0.8, 1.3
        return [along_x, along_y]


@pytest.fixture
def networks(monkeypatch, tmp_path):
    """Two files of weights, and onnxruntime as far as the detector needs it."""
    files = {str(tmp_path / "boxes.onnx"): Boxes(), str(tmp_path / "keypoints.onnx"): Dots()}

    class InferenceSession:
        def __init__(self, file, providers):
            self._network, self.providers = files[file], providers
            if self._network.fails:
                raise RuntimeError(self._network.fails)

        def get_inputs(self):
            return [types.SimpleNamespace(name="input", shape=self._network.shape)]

        def run(self, outputs, inputs):
            assert inputs["input"].dtype == np.float32
            return self._network.run(inputs["input"])

    module = types.ModuleType("onnxruntime")
    module.InferenceSession = InferenceSession
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    for file in files:
        (tmp_path / file).touch()
    return types.SimpleNamespace(
        weights=tuple(tmp_path / name for name in ("boxes.onnx", "keypoints.onnx")),
        boxes=files[str(tmp_path / "boxes.onnx")],
        dots=files[str(tmp_path / "keypoints.onnx")],
    )


def test_everybody_is_found_with_keypoints_where_they_are_in_the_photo(networks):
    image = photo_of((40, 60, 60, 120), (250, 30, 40, 200))
    tall, small = detect(image, load_detector("rtmpose", weights=networks.weights))
    assert tall.keypoints.layout == "halpe26"
    assert tall.bbox.xywh == pytest.approx([250, 30, 40, 200], abs=2)
    assert np.allclose(tall.keypoints.xy, (270, 130), atol=2)
    assert np.allclose(small.keypoints.xy, (70, 120), atol=2)
    assert np.allclose(tall.keypoints.confidence, 0.8)  # the lower of the two responses


def test_in_a_given_box_one_person_is_found(networks):
    image = photo_of((40, 60, 60, 120), (250, 30, 40, 200))
    nobody_yet = Keypoints("coco17", np.zeros((17, 2)), np.zeros(17))
    person = Person(7, BBox.from_xywh((230, 10, 80, 240)), nobody_yet)
    (found,) = detect(
        image, load_detector("rtmpose", weights=networks.weights), Photo("a.jpg", 400, 300, (person,))
    )
    assert found.id == 7
    assert np.allclose(found.keypoints.xy, (270, 130), atol=2)


def test_a_photo_of_nobody_has_nobody(networks):
    assert detect(photo_of(), load_detector("rtmpose", weights=networks.weights)) == ()


def test_weights_of_another_kind_are_refused_with_what_is_wanted(networks):
    networks.dots.k = 133
    detector = load_detector("rtmpose", weights=networks.weights)
    with pytest.raises(DetectorError, match=r"133 keypoints.*26 \(halpe26\)"):
        detect(photo_of((40, 60, 60, 120)), detector)
    networks.boxes.run = lambda picture: [np.zeros((1, 8400, 85)), np.zeros((1, 8400))]
    with pytest.raises(DetectorError, match="gives no boxes"):
        detect(photo_of(), detector)
    networks.dots.fails = "no protobuf"
    with pytest.raises(DetectorError, match=r"keypoints\.onnx cannot be run \(no protobuf\)"):
        load_detector("rtmpose", weights=networks.weights)


def test_a_file_that_is_not_there_is_named(networks, tmp_path):
    with pytest.raises(DetectorError, match=r"nowhere\.onnx does not exist"):
        load_detector("rtmpose", weights=(tmp_path / "nowhere.onnx", networks.weights[1]))
