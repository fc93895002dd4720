"""The pixels of a guess are compared with masks as SPIN does on LSP."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.body.keypoints import layout
from core.body.model import load_body
from core.errors import ReadError
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.checkpoint import save_checkpoint
from core.networks.spin import SpinOutput, spin_checkpoint
from tests.core.networks.making import SMALL, network_that_says
from tests.train import making_runs
from train import evaluate as evaluate_command
from train.data.samples import read_dataset
from train.evaluation import part_labels
from train.evaluation.part_labels import (
    PARTS,
    UNKNOWN,
    accuracy,
    confusion,
    draw,
    evaluate_parts,
    f1,
    painted,
    parts_of_faces,
)
from train.methods.spin.mean_params import mean_body

PEOPLE = 4
SIZE = (making_runs.SIZE, making_runs.SIZE)
LIMB_OF = {"elbow": "arm", "knee": "leg", "ankle": "leg"}


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def network(body):
    return network_that_says(mean_body(), replace(SMALL, body=body.fingerprint))


@pytest.fixture
def dataset(tmp_path, body):
    return making_runs.write_dataset(tmp_path, body, PEOPLE)


@pytest.fixture
def truth(dataset, body, monkeypatch):
    """What a network says that knows everything, and makes every network one."""
    samples, fits = read_dataset("lsp", dataset, dataset.parent, body, (1.0, 1.0))
    weak = torch.stack([2 * 5000 / 224 / fits.cam_t[:, 2], fits.cam_t[:, 0], fits.cam_t[:, 1]], 1)
    said = SpinOutput(axis_angle_to_matrix(fits.crop_pose.view(-1, 24, 3)), fits.betas, weak)
    monkeypatch.setattr(
        part_labels, "ask", lambda _, batch: SpinOutput(*(part[batch.views.indices] for part in said))
    )
    return samples, said


@pytest.fixture
def drawn(truth, body):
    """The true parts, drawn."""
    samples, said = truth
    faces = parts_of_faces(body)
    return [
        draw(body, SpinOutput(*(part[row : row + 1] for part in said)), samples, row, SIZE, faces)
        for row in range(PEOPLE)
    ]


def with_masks(dataset, labels):
    """The data set with such part labels, and masks of where they are not zero."""
    names = []
    for row, image in enumerate(labels):
        names.append((f"mask_{row}.png", f"parts_{row}.png"))
        cv2.imwrite(str(dataset.parent / names[-1][0]), np.where(image > 0, 255, 0).astype(np.uint8))
        cv2.imwrite(str(dataset.parent / names[-1][1]), image)
    masks, parts = (np.array(column) for column in zip(*names, strict=True))
    np.savez(dataset, **{**np.load(dataset), "maskname": masks, "partname": parts})
    return dataset


def measure(network, body, dataset):
    return evaluate_parts(network, body, "lsp", dataset, dataset.parent, dataset.parent)


def test_every_limb_is_drawn_where_its_keypoints_are(truth, drawn):
    """The data set's own keypoints, which went another way: full perspective, in the photo."""
    samples, _ = truth
    right = 0
    for k, name in enumerate(layout("spin49").keypoints[25:], start=25):
        side, _, joint = name.partition("_")
        if joint in LIMB_OF:
            xy = np.floor(samples.keypoints[:, k, :2]).astype(int)
            labels = [drawn[row][y, x] for row, (x, y) in enumerate(xy)]
            right += labels.count(1 + PARTS.index(f"{side}_{LIMB_OF[joint]}"))
    assert right >= 0.8 * 2 * len(LIMB_OF) * PEOPLE  # a limb may hide another


def test_the_truth_covers_every_pixel(network, body, dataset, drawn):
    found = measure(network, body, with_masks(dataset, drawn))
    assert found.people == PEOPLE
    assert (found.front_accuracy, found.front_f1, found.parts_accuracy, found.parts_f1) == (1, 1, 1, 1)
    assert "LSP part segmentation" in found.words


def test_a_photo_that_cannot_be_read_is_left_out_and_told(network, body, dataset, drawn):
    with_masks(dataset, [drawn[0], *(np.zeros_like(image) for image in drawn[1:])])
    for row in range(1, PEOPLE):
        (dataset.parent / f"images/{row:03d}.png").write_bytes(b"no picture")
    found = measure(network, body, dataset)
    assert found.people == 1
    assert found.parts_accuracy == 1
    assert found.left_out[0].startswith("3 photos with 3 people cannot be read and are skipped")


def test_left_for_right_is_an_error_of_parts_alone(network, body, dataset, drawn):
    swapped = np.array([0, 1, 2, 4, 3, 6, 5], np.uint8)
    found = measure(network, body, with_masks(dataset, [swapped[image] for image in drawn]))
    limbs = np.mean([image > 2 for image in drawn])
    assert found.front_accuracy == found.front_f1 == 1
    assert found.parts_accuracy == pytest.approx(1 - limbs)
    assert found.parts_f1 == pytest.approx(3 / 7, abs=0.02)  # background, head and torso are right


def test_what_nobody_labelled_is_background_to_the_accuracy_and_nothing_to_f1(network, body, dataset, drawn):
    """So SPIN's evaluation counts: a part drawn on unknown pixels costs accuracy, background there is right."""
    unknown = [np.where(image == 1, UNKNOWN, image).astype(np.uint8) for image in drawn]
    found = measure(network, body, with_masks(dataset, unknown))
    heads = np.mean([image == 1 for image in drawn])
    assert heads > 0
    assert found.parts_accuracy == pytest.approx(1 - heads)
    assert found.parts_f1 == 1
    nobody = [np.where(image == 0, UNKNOWN, image).astype(np.uint8) for image in drawn]
    found = measure(network, body, with_masks(dataset, nobody))
    assert found.parts_accuracy == found.parts_f1 == 1


def test_pixels_are_counted_by_class():
    counts = confusion(np.uint8([[0, 0, 1], [1, 2, 255]]), np.uint8([[0, 1, 1], [1, 2, 2]]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 2, 0], [0, 0, 1]]
    assert accuracy(counts) == pytest.approx(4 / 5)
    assert f1(counts) == pytest.approx((2 / 3 + 4 / 5 + 1) / 3)


def test_what_is_nearer_hides_what_is_farther():
    xy = np.array([[2, 2], [10, 2], [10, 10], [2, 10.0]])
    corners, faces = np.concatenate([xy, xy + 4]), np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    for near, far in ((1, 2), (2, 1)):
        depth = np.repeat([float(near), float(far)], 4)
        image = painted(corners, depth, faces, np.uint8([1, 1, 2, 2]), (16, 16))
        assert image[8, 8] == (1 if near < far else 2)
        assert (image[4, 4], image[12, 12], image[0, 0]) == (1, 2, 0)


def test_masks_that_are_not_there_or_of_another_photo_are_named(network, body, dataset, drawn):
    with pytest.raises(ReadError, match="maskname and partname"):
        measure(network, body, dataset)
    with_masks(dataset, drawn)
    cv2.imwrite(str(dataset.parent / "parts_1.png"), np.full(SIZE, 9, np.uint8))
    with pytest.raises(ReadError, match=r"parts_1\.png.*labels up to 9"):
        measure(network, body, dataset)
    (dataset.parent / "mask_0.png").unlink()
    with pytest.raises(ReadError, match=r"mask_0\.png: cannot be read.*--data-masks"):
        measure(network, body, dataset)


@pytest.mark.slow
def test_the_command_measures_it(network, dataset, drawn, tmp_path, capsys):
    with_masks(dataset, drawn)
    save_checkpoint(tmp_path / "checkpoint.pt", spin_checkpoint(network))
    evaluate_command.main([str(tmp_path), "--data", f"lsp={dataset}", "--json"])
    assert json.loads(capsys.readouterr().out)["parts_f1"] == 1
    evaluate_command.main([str(tmp_path), "--data", f"lsp={dataset}"])
    title, _, row = capsys.readouterr().out.splitlines()
    assert "foreground F1 % | parts accuracy % | parts F1 %" in title
    assert "MPJPE" not in title
    assert row.endswith("| 4 | 100.0 | 100.0 | 100.0 | 100.0 |")
