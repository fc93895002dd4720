"""The protocols of crowds: AP as a plain reading of COCO's rules counts it, and 3DPW's crowded frames."""

import json

import numpy as np
import pytest

from core.body import load_body
from core.errors import ReadError
from core.networks.spin import SpinConfig
from tests.core.networks.making import random_network
from tests.train.making_runs import write_pictures
from tests.train.methods.ochmr.making_crowds import crowded_photos
from train.evaluation.crowds.coco_protocol import evaluate_keypoints, person_of, read_truth_file
from train.evaluation.crowds.oks import average_precision, sigmas_of, with_areas
from train.evaluation.crowds.pw3d_crowds import CROWDED, is_crowded

pytest.importorskip("pycocotools")
LAYOUT = "crowdpose14"


def made_up(seed: int, images: int = 12) -> tuple[dict, list]:
    """Annotated people and answers of all qualities, some missing and some too many; in CrowdPose's layout."""
    draw = np.random.default_rng(seed)
    truth = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}]}
    results = []
    for image in range(1, images + 1):
        truth["images"].append({"id": image, "file_name": f"{image}.jpg", "width": 900, "height": 900})
        for _ in range(draw.integers(1, 5)):
            low, size = draw.uniform(0, 500, 2), draw.uniform(60, 380, 2)
            points = low + draw.uniform(0, 1, (14, 2)) * size
            state = draw.integers(0, 3, 14)
            number = len(truth["annotations"]) + 1
            row = {"id": number, "image_id": image, "category_id": 1, "bbox": [*low.tolist(), *size.tolist()]}
            row["keypoints"] = np.column_stack([points * (state > 0)[:, None], state]).ravel().tolist()
            truth["annotations"].append(row)
            for _ in range(draw.integers(0, 3)):
                off = draw.normal(0, draw.choice([2.0, 8.0, 25.0]), (14, 2))
                guess = np.column_stack([points + off, np.ones(14)]).ravel().tolist()
                results.append(
                    {"image_id": image, "category_id": 1, "keypoints": guess, "score": float(draw.random())}
                )
    return truth, results


def plain_ap(truth: dict, results: list) -> float:
    """COCO's AP, read from its description: each threshold's best matches by score, precision at 101 recalls."""
    oks = {}
    areas = {row["id"]: row["area"] for row in with_areas(truth)["annotations"]}
    for place, found in enumerate(results):
        xy = np.array(found["keypoints"]).reshape(-1, 3)[:, :2]
        for row in truth["annotations"]:
            if row["image_id"] == found["image_id"]:
                known = np.array(row["keypoints"]).reshape(-1, 3)
                seen = known[:, 2] > 0
                if seen.any():
                    away = np.square(xy - known[:, :2]).sum(1)
                    alike = np.exp(-away / (2 * areas[row["id"]] * (2 * sigmas_of(LAYOUT)) ** 2))
                    oks[place, row["id"]] = alike[seen].mean()
    people = [r["id"] for r in truth["annotations"] if (np.array(r["keypoints"])[2::3] > 0).any()]
    order = sorted(range(len(results)), key=lambda place: -results[place]["score"])
    precisions = []
    for threshold in np.arange(0.5, 1.0, 0.05):
        taken, hits = set(), []
        for place in order:
            open_ones = [(alike, row) for (p, row), alike in oks.items() if p == place and row not in taken]
            best = max(open_ones, default=(0.0, 0))
            hits.append(best[0] >= threshold)
            if hits[-1]:
                taken.add(best[1])
        found = np.cumsum(hits)
        recall, precision = found / len(people), found / np.arange(1, len(hits) + 1)
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        precisions.append([precision[recall >= at - 1e-12].max(initial=0) for at in np.linspace(0, 1, 101)])
    return float(np.mean(precisions))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ap_is_that_of_a_plain_reading_of_cocos_rules(seed):
    truth, results = made_up(seed)
    found = average_precision(truth, results, LAYOUT)["ap"]
    assert 0.05 < found < 0.95
    assert found == pytest.approx(plain_ap(truth, results), abs=1e-6)


def test_answers_that_are_the_truth_have_an_ap_of_one():
    truth, _ = made_up(3)
    truth["annotations"] = [row for row in truth["annotations"] if np.array(row["keypoints"])[2::3].any()]
    results = [
        {"image_id": row["image_id"], "category_id": 1, "keypoints": row["keypoints"], "score": 1.0}
        for row in truth["annotations"]
    ]
    assert average_precision(truth, results, LAYOUT)["ap"] == pytest.approx(1.0)


def test_where_no_area_is_told_it_is_a_share_of_the_box():
    truth, _ = made_up(4)
    row = with_areas(truth)["annotations"][0]
    assert row["area"] == pytest.approx(0.53 * row["bbox"][2] * row["bbox"][3])


def test_hidden_points_are_known_and_hidden():
    row = {"bbox": [0, 0, 10, 20], "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0] + [0] * 33}
    keypoints = person_of(row, 1, LAYOUT).keypoints
    assert keypoints.confidence[:3].tolist() == [1, 1, 0]
    assert keypoints.occluded[:3].tolist() == [False, True, False]


def test_a_network_is_measured_and_its_results_are_written(tmp_path):
    body = load_body()
    write_pictures(tmp_path, 4)
    truth = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}]}
    for number, photo in enumerate(crowded_photos(body, 2), start=1):
        truth["images"].append(
            {"id": number, "file_name": photo.path, "width": photo.width, "height": photo.height}
        )
        for person in photo.people:
            row = {"id": len(truth["annotations"]) + 1, "image_id": number, "category_id": 1, "area": 900.0}
            xy = person.keypoints.xy[:14]
            row["keypoints"] = np.column_stack([xy, np.full(14, 2.0)]).ravel().tolist()
            truth["annotations"].append({**row, "bbox": person.bbox.xywh.tolist()})
    path = tmp_path / "crowd.json"
    path.write_text(json.dumps(truth))
    network = random_network(SpinConfig("resnet10", body=body.fingerprint))
    result = evaluate_keypoints(network, body, "crowdpose", path, tmp_path, tmp_path / "out.json")
    assert result.people == 4
    assert 0 <= result.ap <= 1
    rows = json.loads((tmp_path / "out.json").read_text())
    assert [sorted(row) for row in rows] == [["category_id", "image_id", "keypoints", "score"]] * 4


@pytest.mark.parametrize("wrong", ["[]", "{}", '{"images": [], "annotations": []}', "no json"])
def test_a_file_that_is_none_is_refused(tmp_path, wrong):
    path = tmp_path / "odd.json"
    path.write_text(wrong)
    with pytest.raises(ReadError, match=r"odd\.json"):
        read_truth_file(path, LAYOUT)


@pytest.mark.parametrize(
    ("part", "changed", "told"),
    [
        ("images", {"width": 0}, "no size"),
        ("images", {"file_name": None}, "no name"),
        ("annotations", {"category_id": None}, "no category"),
        ("annotations", {"image_id": 99}, "no image"),
        ("annotations", {"area": "large"}, "area"),
        ("annotations", {"keypoints": [1, 2, 2]}, "42 numbers"),
    ],
)
def test_a_record_that_cannot_be_evaluated_is_named(tmp_path, part, changed, told):
    truth, _ = made_up(0, images=2)
    truth[part][0].update(changed)
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(truth))
    with pytest.raises(ReadError, match=told):
        read_truth_file(path, LAYOUT)


def test_two_images_of_one_id_are_refused(tmp_path):
    truth, _ = made_up(0, images=2)
    truth["images"][1]["id"] = truth["images"][0]["id"]
    (tmp_path / "odd.json").write_text(json.dumps(truth))
    with pytest.raises(ReadError, match="same id"):
        read_truth_file(tmp_path / "odd.json", LAYOUT)


def test_an_annotation_of_number_zero_is_matched_as_others_are():
    truth, _ = made_up(1, images=2)
    results = [
        {"image_id": row["image_id"], "category_id": 1, "keypoints": row["keypoints"], "score": 1.0}
        for row in truth["annotations"]
    ]
    for number, row in enumerate(truth["annotations"]):
        row["id"] = number
    assert average_precision(truth, results, LAYOUT)["ap"] == pytest.approx(1)


def test_crowded_frames_are_from_the_first_to_before_the_last():
    names = [
        "courtyard_hug_00/image_00100.jpg",
        "a/courtyard_hug_00/image_00499.jpg",
        "courtyard_hug_00/image_00500.jpg",
    ]
    names += ["courtyard_hug_00/image_00099.jpg", "courtyard_other_00/image_00150.jpg", "odd"]
    assert is_crowded(np.array(names)).tolist() == [True, True, False, False, False, False]
    assert sum(end - first for first, end in CROWDED.values()) == 1380
