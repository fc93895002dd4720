"""AGORA's numbers, equal to a plain reading of its rules; and what is said of files that are wrong."""

import json
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.model import BodyParams
from core.files.pickles.data_frame import open_data_frame
from core.formats.bodies import agora
from core.formats.bodies.agora.agora_fits import TruthFits
from core.formats.bodies.agora.agora_matching import LEAST_OVERLAP, match_people, overlap
from core.geometry.camera import project
from core.records import Fit, Photo
from tests.core.formats.making import fit, person
from tests.core.formats.smpl_like import smpl_like
from tests.train.evaluation.agora import plain_agora
from tests.train.evaluation.agora.making_agora import (
    predictions_of,
    truth_of,
    write_frame,
    write_predictions,
)
from train import evaluate

TRUTH = truth_of(1)
FILES = predictions_of(TRUTH, 2)


def run(folder: Path, *more: str) -> dict:
    """The document that the command writes."""
    out = folder / "result.json"
    files = ["--agora", str(folder / "predictions"), "--truth", str(folder / "truth.pkl")]
    assert evaluate.main([*files, "--json", str(out), *more]) == 0
    return json.loads(out.read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("agora")
    write_frame(path / "truth.pkl", TRUTH)
    write_predictions(path / "predictions", FILES)
    return path


def test_every_number_of_200_people_in_24_photos_is_that_of_a_plain_reading_of_the_rules(folder):
    found = run(folder)
    expected = plain_agora.summary(TRUTH, FILES)
    assert len(expected) == 14
    assert {name: found[name] for name in expected} == expected
    assert 0.5 < found["f1"] < 0.9
    assert found["false_positives"]


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in (1, 2))])
def test_500_crowds_are_matched_as_a_plain_reading_matches_them(part):
    random = np.random.default_rng(part)
    for _ in range(500):
        spread = random.choice([100, 400, 1500])
        truth = [
            random.uniform(0, spread, 2) + random.normal(0, 60, (45, 2)) for _ in range(random.integers(0, 9))
        ]
        predicted = [
            random.uniform(0, spread, 2) + random.normal(0, 60, (24, 2)) for _ in range(random.integers(0, 9))
        ]
        predicted += [one + random.normal(0, 15, one.shape) for one in truth if random.random() < 0.7]
        valid = [bool(random.random() < 0.8) for _ in truth]
        found = match_people(predicted, truth, valid)
        assert found.matched == plain_agora.matching(predicted, truth, valid)
        assert set(found.false_positives) == set(range(len(predicted))) - set(found.matched.values())


def test_of_two_pairs_as_near_the_earlier_prediction_and_then_the_earlier_person_is_taken():
    one = np.random.default_rng(0).normal(0, 50, (24, 2))
    assert match_people([one, one], [one, one], [True, True]).matched == {0: 0, 1: 1}


def test_the_search_ends_with_an_overlapping_pair_left_once_enough_predictions_are_apart():
    """Two pairs without overlap set as many apart as there are predictions: the large person's stays nobody's."""
    random = np.random.default_rng(3)
    small, large, other = random.normal(0, 10, (24, 2)), *random.normal(0, 400, (2, 24, 2))
    truth, predicted = [small, large], [small + 200, other]
    assert overlap(predicted[1], truth[1]) > LEAST_OVERLAP
    found = match_people(predicted, truth, [True, True])
    assert (found.matched, found.misses) == ({}, (0, 1))
    assert plain_agora.matching(predicted, truth, [True, True]) == {}


def test_a_prediction_on_an_invalid_person_is_a_false_positive_and_the_person_no_miss():
    one = np.random.default_rng(0).normal(0, 50, (24, 2))
    found = match_people([one], [one], [False])
    assert (found.matched, found.misses, found.false_positives) == ({}, (), (0,))


def test_buckets_hold_the_people_between_their_edges(folder):
    found = run(folder)
    people = [one for one in found["people"] if one["is_valid"]]
    for bucket in found["buckets"]["occlusion_percent"]:
        inside = [one for one in people if bucket["above"] < one["occlusion"] <= bucket["to"]]
        hits = [one["mpjpe_mm"] for one in inside if one["file"]]
        assert (bucket["people"], bucket["matched"]) == (len(inside), len(hits))
        if hits:
            assert bucket["MPJPE"] == pytest.approx(np.mean(hits))
            assert bucket["NMJE"] == pytest.approx(np.mean(hits) / (len(hits) / len(inside)))
    assert sum(one["people"] for one in found["buckets"]["orientation_deg"]) == len(people)
    photo = TRUTH["imgPath"].index(people[0]["photo"])
    turn = (TRUTH["Yaw"][photo][people[0]["number"]] - 67.5 - TRUTH["camYaw"][photo]) % 360
    assert people[0]["turn_deg"] == pytest.approx(turn)
    assert [one["to"] for one in found["buckets"]["place_px"]] == [192.0 * step for step in range(1, 11)]


def test_people_of_one_occlusion_alone_are_measured(folder):
    whole, hidden = run(folder), run(folder, "--occlusion", "70..90")
    chosen = [one for one in whole["people"] if one["is_valid"] and 70 <= one["occlusion"] <= 90]
    hits = [one["mpjpe_mm"] for one in chosen if one["file"]]
    assert hidden["recall"] == round(len(hits) / len(chosen), 2)
    assert hidden["body-MPJPE"] == np.round(np.mean(hits), 1)
    assert len(hidden["false_positives"]) == len(whole["false_positives"])


def test_a_zip_for_the_server_is_measured_as_its_folder_is(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "predictions.zip", "w") as archive:
        for file in (folder / "predictions").iterdir():
            archive.write(file, f"predictions/{file.name}")
    out = tmp_path / "result.json"
    arguments = ["--agora", str(tmp_path / "predictions.zip"), "--truth", str(folder / "truth.pkl")]
    assert evaluate.main([*arguments, "--json", str(out)]) == 0
    zipped, folded = json.loads(out.read_text()), run(folder)
    assert zipped == folded


def test_only_chosen_vertices_count_and_the_table_says_which(folder, tmp_path, capsys):
    np.save(tmp_path / "body_verts_smpl.npy", np.arange(20))
    everywhere = run(folder)["body-MVE"]
    capsys.readouterr()
    assert run(folder, "--body-vertices", str(tmp_path / "body_verts_smpl.npy"))["body-MVE"] != everywhere
    assert "over the 20 vertices of body_verts_smpl.npy" in capsys.readouterr().out
    run(folder)
    assert "over all vertices" in capsys.readouterr().out


@pytest.mark.parametrize(("wrong", "words"), [([0, -3], "vertex -3"), ([0, 10**6], "vertex 1000000")])
def test_a_list_of_vertices_that_the_body_lacks_is_refused_with_the_vertex(
    wrong, words, folder, tmp_path, capsys
):
    np.save(tmp_path / "chosen.npy", np.array(wrong))
    arguments = ["--agora", str(folder / "predictions"), "--truth", str(folder / "truth.pkl")]
    assert evaluate.main([*arguments, "--body-vertices", str(tmp_path / "chosen.npy")]) == 1
    assert words in capsys.readouterr().err
    np.save(tmp_path / "chosen.npy", np.array([6889]))  # a vertex of SMPL's, not of this small body
    assert evaluate.main([*arguments, "--body-vertices", str(tmp_path / "chosen.npy")]) == 1
    assert "has vertex 6889" in capsys.readouterr().err


def test_without_children_their_numbers_are_none_and_without_predictions_of_the_photos_all_are_missed(
    tmp_path,
):
    adults = TRUTH | {"kid": [[False] * len(row) for row in TRUTH["kid"]]}
    write_frame(tmp_path / "truth.pkl", adults)
    write_predictions(tmp_path / "predictions", {"other_photo_personId_0.pkl": next(iter(FILES.values()))})
    found = run(tmp_path)
    assert (found["precision"], found["recall"], found["f1"]) == (None, 0.0, 0.0)
    assert found["body-MPJPE"] is None
    assert found["kid_f1"] is None
    assert found["kid-body-NMVE"] is None
    assert "of no photo of the truth, such as other_photo.png" in found["notes"][0]


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_frames_of_every_protocol_of_python_3_are_read(protocol, tmp_path, folder):
    write_frame(tmp_path / "truth.pkl", TRUTH, protocol)
    (tmp_path / "predictions").symlink_to(folder / "predictions")
    assert run(tmp_path) == run(folder)


def wrong_file(folder: Path, changed: dict, capsys) -> str:
    """What is said of one prediction that is wrong, beside a right one."""
    name, other = [name for name in FILES if "00003" in name][:2]
    write_frame(folder / "truth.pkl", TRUTH)
    write_predictions(folder / "predictions", {name: FILES[name] | changed, other: FILES[other]})
    found = run(folder)
    assert len([one for one in found["people"] if one["file"]]) + len(found["false_positives"]) == 1
    said = capsys.readouterr().err
    assert name in said
    return said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"joints": np.full((24, 2), np.nan)}, "not finite"),
        ({"joints": np.zeros((17, 2))}, "not at least 24 × 2 numbers"),
        ({"joints": None}, "it has no joints"),
        ({"verts": None, "params": None}, "neither params nor both"),
        ({"verts": None, "params": {}}, "give --body SMPL_NEUTRAL.pkl"),
        ({"kid_flag": "yes"}, "kid_flag is neither True nor False"),
    ],
)
def test_a_prediction_that_is_wrong_is_left_out_by_name(changed, said, tmp_path, capsys):
    assert said in wrong_file(tmp_path, changed, capsys)


def failed(folder: Path, truth: dict, capsys) -> str:
    """What is said of a frame that cannot be used."""
    write_frame(folder / "truth.pkl", truth)
    write_predictions(folder / "predictions", dict(list(FILES.items())[:1]))
    arguments = ["--agora", str(folder / "predictions"), "--truth", str(folder / "truth.pkl")]
    assert evaluate.main(arguments) == 1
    return capsys.readouterr().err


def test_a_frame_without_a_column_is_named(tmp_path, capsys):
    without = {name: cells for name, cells in TRUTH.items() if name != "kid"}
    assert "truth.pkl: it has no column kid" in failed(tmp_path, without, capsys)


def test_a_frame_before_projection_is_told_so(tmp_path, capsys):
    without = {name: cells for name, cells in TRUTH.items() if not name.startswith("gt_")}
    assert "Give the folder of AGORA's fits" in failed(tmp_path, without, capsys)


def test_a_frame_of_python_2_s_protocol_is_told_how_to_be_saved(tmp_path, capsys):
    write_frame(tmp_path / "truth.pkl", TRUTH, 2)
    write_predictions(tmp_path / "predictions", dict(list(FILES.items())[:1]))
    arguments = ["--agora", str(tmp_path / "predictions"), "--truth", str(tmp_path / "truth.pkl")]
    assert evaluate.main(arguments) == 1
    assert "save it with protocol 3 or later" in capsys.readouterr().err


def test_a_frame_of_many_photos_takes_the_memory_of_one_row(tmp_path):
    rows = 400
    surfaces = [[np.full((6890, 3), row, np.float32)] for row in range(rows)]
    write_frame(tmp_path / "truth.pkl", {"gt_verts": surfaces})
    del surfaces
    assert (tmp_path / "truth.pkl").stat().st_size > 30 * 2**20
    tracemalloc.start()
    with open_data_frame(tmp_path / "truth.pkl") as frame:
        for row in range(rows):
            assert frame.row(row, ["gt_verts"])["gt_verts"][0][0, 0] == row
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_lists_of_different_lengths_are_named_with_their_row(tmp_path, capsys):
    shorter = TRUTH | {"occlusion": [TRUTH["occlusion"][0][1:], *TRUTH["occlusion"][1:]]}
    said = failed(tmp_path, shorter, capsys)
    assert "row 0" in said
    assert "differ in length" in said


def test_a_pickle_that_is_no_frame_and_one_with_code_are_refused(tmp_path, capsys):
    write_predictions(tmp_path / "predictions", dict(list(FILES.items())[:1]))
    for data, said in ((pickle.dumps([1, 2]), "no table of pandas"), (b"cos\nsystem\n(S'true'\ntR.", "code")):
        (tmp_path / "truth.pkl").write_bytes(data)
        arguments = ["--agora", str(tmp_path / "predictions"), "--truth", str(tmp_path / "truth.pkl")]
        assert evaluate.main(arguments) == 1
        assert said in capsys.readouterr().err


def test_a_body_of_another_mesh_is_an_error_in_words(tmp_path, capsys):
    name, data = next(iter(FILES.items()))
    shorter = {name: data | {"verts": data["verts"][:-1]}}
    write_frame(tmp_path / "truth.pkl", TRUTH)
    write_predictions(tmp_path / "predictions", shorter)
    arguments = ["--agora", str(tmp_path / "predictions"), "--truth", str(tmp_path / "truth.pkl")]
    assert evaluate.main(arguments) == 1
    assert "59 vertices, but the truth's 60" in capsys.readouterr().err


def test_two_files_of_one_number_both_count_and_it_is_said(tmp_path, capsys):
    name, data = next(iter(FILES.items()))
    write_frame(tmp_path / "truth.pkl", TRUTH)
    twin = name.replace("_personId_0", "_personId_00")
    write_predictions(tmp_path / "predictions", {name: data, twin: data})
    found = run(tmp_path)
    assert len([one for one in found["people"] if one["file"]]) + len(found["false_positives"]) == 2
    assert "occur twice" in capsys.readouterr().err


def test_an_empty_folder_a_missing_truth_and_a_wrong_range_are_told(tmp_path, capsys):
    (tmp_path / "predictions").mkdir()
    arguments = ["--agora", str(tmp_path / "predictions"), "--truth", str(tmp_path / "truth.pkl")]
    assert evaluate.main(arguments) == 1
    assert "no .pkl lies in it" in capsys.readouterr().err
    assert evaluate.main(arguments[:2]) == 1
    assert "--truth FRAMES" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        evaluate.main([*arguments, "--occlusion", "90..70"])
    assert "LOW..HIGH" in capsys.readouterr().err


def test_truth_itself_written_as_predictions_has_no_error_and_f1_of_1(tmp_path):
    """Also from params alone, with the body that they are of, and for a child."""
    body = smpl_like(tmp_path)
    camera = {"focal_length": 1000.0, "camera_center": np.array([640.0, 360.0]), "body": body.fingerprint}
    fits = [
        fit(place, cam_t=np.array([place - 1.5, 0.2, 6 + place]), kid=0.5 * (place == 2), **camera)
        for place in range(4)
    ]
    photo = Photo("scene_00001.png", 1280, 720, tuple(person(id=k, fit=one) for k, one in enumerate(fits)))
    agora.write(tmp_path / "predictions", [photo], body)
    surfaces, joints = zip(*(body.pose(params_of(one)) for one in fits), strict=True)
    seen = [project(one, torch.tensor([1000.0]), torch.tensor([[640.0, 360.0]]))[0] for one in joints]
    truth = {
        "imgPath": ["scene_00001.png"], "camYaw": [0.0], "isValid": [[True] * 4],
        "kid": [[one.kid > 0 for one in fits]], "occlusion": [[5.0] * 4], "Yaw": [[0.0] * 4],
        "gt_joints_2d": [[3 * one.numpy() for one in seen]], "gt_joints_3d": [[one[0].numpy() for one in joints]],
        "gt_verts": [[one[0].numpy() for one in surfaces]],
    }  # fmt: skip
    write_frame(tmp_path / "truth.pkl", truth)
    perfect = {name: 1.0 if "body" not in name else 0.0 for name in plain_names()}
    found = run(tmp_path)
    assert {name: found[name] for name in perfect} == perfect
    for file in (tmp_path / "predictions").iterdir():
        data = pickle.loads(file.read_bytes())
        file.write_bytes(pickle.dumps({key: data[key] for key in ("joints", "params", "kid_flag")}))
    found = run(tmp_path, "--body", str(tmp_path / "SMPL_NEUTRAL.npz"))
    assert {name: found[name] for name in perfect} == perfect


def params_of(known: Fit) -> BodyParams:
    """As the body poses it."""
    values = (known.pose, known.betas, known.cam_t, np.float32(known.kid))
    return BodyParams.from_pose(*(torch.from_numpy(np.array(value))[None] for value in values))


def test_frames_without_projected_truth_are_projected_from_their_fits(tmp_path, capsys):
    """A child, and an adult whose fit has eleven betas, in torch's tensors, as AGORA has some."""
    body = smpl_like(tmp_path)
    (tmp_path / "fits").mkdir()
    random = np.random.default_rng(0)
    for name in ("adult", "child"):
        data = {
            "root_pose": torch.tensor(random.normal(0, 0.1, (1, 1, 3))),
            "body_pose": random.normal(0, 0.2, (1, 23, 3)),
            "betas": random.uniform(0.1, 0.5, (1, 11)),
            "translation": torch.zeros(1, 3),
        }
        (tmp_path / "fits" / f"{name}.pkl").write_bytes(pickle.dumps(data))
    fits = TruthFits(tmp_path / "fits", body, (3840, 2160))
    photo = {"imgPath": "scene_00001.png", "camX": 0.0, "camY": 0.0, "camZ": 170.0, "camYaw": 10.0}
    people = [
        {"isValid": True, "kid": kid, "occlusion": 5.0, "Yaw": 40.0, "X": 500.0, "Y": y, "Z": 0.0,
         "gt_path_smpl": f"{name}.obj"}
        for name, kid, y in (("adult", False, -60.0), ("child", True, 80.0))
    ]  # fmt: skip
    columns = {key: [value] for key, value in photo.items()}
    columns |= {key: [[person[key] for person in people]] for key in people[0]}
    write_frame(tmp_path / "truth.pkl", columns)
    expected = [fits.cells(photo["imgPath"], photo, person) for person in people]
    files = {
        f"scene_00001_personId_{number}.pkl": {
            "joints": one["gt_joints_2d"], "allSmplJoints3d": one["gt_joints_3d"], "verts": one["gt_verts"]
        }
        for number, one in enumerate(expected)
    }  # fmt: skip
    write_predictions(tmp_path / "predictions", files)
    given = "--fits", str(tmp_path / "fits"), "--body", str(tmp_path / "SMPL_NEUTRAL.npz")
    found = run(tmp_path, *given)
    assert (found["f1"], found["kid_f1"], found["body-MVE"]) == (1.0, 1.0, 0.0)
    heights = [np.ptp(one["gt_verts"][:, 1]) for one in expected]
    assert heights[1] < 0.95 * heights[0]
    columns["gt_path_smpl"] = [["../../secret.obj", "child.obj"]]
    write_frame(tmp_path / "truth.pkl", columns)
    arguments = ["--agora", str(tmp_path / "predictions"), "--truth", str(tmp_path / "truth.pkl"), *given]
    assert evaluate.main(arguments) == 1
    assert "lies outside the folder of fits" in capsys.readouterr().err


def plain_names() -> list[str]:
    """Of the fourteen numbers."""
    return list(plain_agora.summary(TRUTH, FILES))
