"""What is wrong with a file is said with the file, the record and what to do; the rest of it is read."""

import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ReadError
from core.files import npz, untrusted
from core.formats.bodies import agora, eft, pw3d, smplifyx, spin
from core.formats.keypoints import coco, cvat, lsp, mpii, openpose
from core.formats.keypoints.annotators import labelme
from core.formats.recognise import recognise
from core.formats.shared import report
from core.formats.shared.report import Import
from tests.core.formats import making
from tests.core.formats.making import coco_document, openpose_document, write_photos
from tests.work import millions_of_steps


def read_coco(folder: Path, document: Any) -> Import:
    (folder / "people.json").write_text(json.dumps(document))
    return coco.read(folder / "people.json")


def reasons(imported: Import) -> str:
    return imported.summary()


def changed(key: str, value: Any, index: int = 1) -> dict[str, Any]:
    """The sample with one field of one annotation changed."""
    document = coco_document()
    document["annotations"][index][key] = value
    return document


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("keypoints", [1.0] * 50, "annotation 11"),
        ("keypoints", [1.0] * 54, "18 keypoints, but its category names 17"),
        ("keypoints", "none", "not numbers"),
        ("keypoints", None, "annotation 11"),
        ("image_id", 77, "photo is not among those read"),
        ("image_id", [1], "photo is not among those read"),
        ("category_id", 5, "category names no keypoints"),
        ("iscrowd", 1, "a crowd, not a person"),
    ],
)
def test_one_bad_annotation_is_left_out_and_the_others_are_read(key, value, said, tmp_path):
    imported = read_coco(tmp_path, changed(key, value))
    assert imported.people == 2
    assert len(imported.left_out) == 1
    assert said in reasons(imported)


@pytest.mark.parametrize("id", [10, "10", 10.0, 1.5, -1, "b", [1], True])
def test_a_person_whose_id_repeats_or_is_no_whole_number_gets_a_new_one_and_it_is_said(id, tmp_path):
    imported = read_coco(tmp_path, changed("id", id))
    assert sorted(one.id for photo in imported.photos for one in photo.people) == [10, 12, 13]
    assert "ids that repeat or are no whole numbers: 1" in imported.summary()


@pytest.mark.parametrize("id", ["11", 11.0, " 11 "])
def test_an_id_as_text_or_fraction_is_the_same_number(id, tmp_path):
    imported = read_coco(tmp_path, changed("id", id))
    assert sorted(one.id for photo in imported.photos for one in photo.people) == [10, 11, 12]


def test_an_annotation_without_an_id_gets_one_that_no_other_has(tmp_path):
    document = changed("id", 1)
    del document["annotations"][0]["id"]
    imported = read_coco(tmp_path, document)
    assert sorted(one.id for photo in imported.photos for one in photo.people) == [1, 12, 13]


@pytest.mark.parametrize("bbox", [[5, 6, -3, 4], [0, 0, 0, 0], [1e9, 0, 1, 1], [float("nan")] * 4])
def test_a_negative_empty_or_unreal_box_is_drawn_round_the_keypoints_instead(bbox, tmp_path):
    imported = read_coco(tmp_path, changed("bbox", bbox))
    assert imported.people == 3
    assert "annotation 11, box: its box is negative, empty or not finite" in reasons(imported)


@pytest.mark.parametrize(
    ("bbox", "said"), [([], ""), (None, ""), ([1, 2], "2 numbers where 4"), ("a", "not numbers")]
)
def test_a_person_whose_box_is_no_box_has_one_round_the_keypoints(bbox, said, tmp_path):
    imported = read_coco(tmp_path, changed("bbox", bbox))
    assert imported.people == 3
    assert len(imported.left_out) == bool(said)
    assert said in reasons(imported)


def test_a_fraction_in_the_place_of_v_is_a_confidence(tmp_path):
    row = making.keypoint_array("coco17") * [1, 1, 0.03]
    read = read_coco(tmp_path, changed("keypoints", row.reshape(-1).tolist(), index=0))
    (person,) = [one for photo in read.photos for one in photo.people if one.id == 10]
    np.testing.assert_allclose(person.keypoints.confidence, 0.03)
    assert not person.keypoints.occluded.any()


def test_a_keypoint_that_is_not_finite_is_absent_and_said(tmp_path):
    document = coco_document()
    document["annotations"][0]["keypoints"][3] = float("nan")
    document["annotations"][0]["keypoints"][6] = 1e12
    imported = read_coco(tmp_path, document)
    confidence = imported.photos[0].people[0].keypoints.confidence
    assert (confidence[[1, 2]] == 0).all()
    assert confidence.sum() == 15
    assert "annotation 10, 2 keypoints" in reasons(imported)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "a/../../secret.png",
        "/etc/passwd",
        "C:\\x.png",
        "\\\\host\\x.png",
        "http://a.b/c.png",
        "",
        "a\0b",
        5,
    ],
)
def test_a_path_that_leads_outside_the_folder_is_never_followed(name, tmp_path):
    document = coco_document()
    document["images"][0]["file_name"] = name
    imported = read_coco(tmp_path, document)
    assert [photo.path for photo in imported.photos] == ["b.png"]
    assert "image 0" in reasons(imported)


def test_a_name_with_a_colon_is_a_name(tmp_path):
    document = coco_document()
    document["images"][0]["file_name"] = "walk:1.png"
    assert read_coco(tmp_path, document).photos[0].path == "walk:1.png"


def test_an_absolute_path_inside_the_folder_becomes_relative_to_it(tmp_path):
    document = coco_document()
    document["images"][0]["file_name"] = str(tmp_path / "deep" / "a.png")
    assert read_coco(tmp_path, document).photos[0].path == "deep/a.png"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    write_photos(outside)
    inside.mkdir()
    (inside / "a.png").symlink_to(outside / "a.png")
    document = coco_document()
    del document["images"][0]["width"]
    imported = read_coco(inside, document)
    assert "image 0: the photo is not in the folder" in reasons(imported)


def test_photos_that_are_missing_are_counted_and_their_people_read(tmp_path):
    imported = read_coco(tmp_path, coco_document())
    assert imported.people == 3
    assert "2 of the photos are not in" in reasons(imported)


def test_unknown_keypoint_names_are_left_out_in_words_and_the_known_ones_read(tmp_path):
    document = coco_document()
    document["categories"][0]["keypoints"][0] = "tip of the tail"
    document["categories"][0]["keypoints"][5] = "Left Shoulder"
    document["categories"][0]["keypoints"][6] = "rShoulder"
    imported = read_coco(tmp_path, document)
    keypoints = imported.photos[0].people[0].keypoints
    assert keypoints.layout == "coco17"
    assert keypoints.confidence[0] == 0
    assert keypoints.confidence[1:].all()
    assert "keypoint 'tip of the tail'" in reasons(imported)


def test_feet_of_coco_wholebody_are_read_and_the_rest_is_said_to_be_kept_only(tmp_path):
    document = changed("foot_kpts", [9, 8, 2] * 6, index=0)
    document["annotations"][0]["face_kpts"] = [0] * 204
    imported = read_coco(tmp_path, document)
    assert imported.photos[0].people[0].keypoints.layout == "coco23"
    assert "kept, but not read: face_kpts" in reasons(imported)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1, 2", "not JSON"),
        ("[]", "no lists 'images' and 'annotations'"),
        ('{"images": {}, "annotations": []}', "no lists"),
        ('{"images": [], "annotations": []}', "no category names the keypoints"),
        ("[" * 40 + "]" * 40, "nested more than 32 deep"),
        ('{"a": "' + "[" * 100 + '"}', "no lists"),
        ("1" * 5000, "too many digits"),
    ],
)
def test_a_file_that_is_no_coco_json_is_refused_with_its_name_and_a_remedy(text, said, tmp_path):
    (tmp_path / "people.json").write_text(text)
    with pytest.raises(ReadError, match=said) as caught:
        coco.read(tmp_path / "people.json")
    assert str(caught.value).startswith("people.json")
    assert str(caught.value).endswith(".") or str(caught.value).endswith("?")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_in_other_unicode_encodings_is_read(encoding, tmp_path):
    (tmp_path / "people.json").write_bytes(json.dumps(coco_document()).encode(encoding))
    assert coco.read(tmp_path / "people.json").people == 3


def test_mixed_encodings_are_refused_with_the_place_of_the_wrong_byte(tmp_path):
    data = json.dumps(coco_document()).encode().replace(b"a.png", "ä.png".encode() + "é".encode("latin-1"))
    (tmp_path / "people.json").write_bytes(data)
    with pytest.raises(ReadError, match=r"people.json, byte \d+: it is not utf-8 throughout"):
        coco.read(tmp_path / "people.json")


@pytest.mark.parametrize("start", range(untrusted._PIECE_BYTES - 8, untrusted._PIECE_BYTES + 3))
def test_brackets_in_text_do_not_count_as_nesting_wherever_the_text_is(start):
    text = b'["' + b"x" * start + b'\\\\\\"[[\\"[",[1,2],{"a":"]"}]'
    json.loads(text)
    assert untrusted.json_size(text) == (2, 7)


def test_gigabytes_of_nesting_are_refused_before_they_are_parsed(tmp_path):
    (tmp_path / "people.json").write_bytes(b"[" * 60_000_000)

    def read():
        with pytest.raises(ReadError, match="nested more than 32 deep"):
            coco.read(tmp_path / "people.json")

    assert millions_of_steps(read) < 400


def test_a_file_larger_than_the_limit_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "people.json").open("wb") as file:
        file.truncate(untrusted.MAX_FILE_BYTES + 2**21)
    with pytest.raises(ReadError, match=r"people.json: the file has 514 MB, more than 512 MB"):
        coco.read(tmp_path / "people.json")


def test_too_many_people_are_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "MAX_PEOPLE", 1000)
    document = coco_document()
    text = json.dumps(document).replace('"annotations": [', '"annotations": [' + "{}," * 1000)
    (tmp_path / "people.json").write_text(text)
    with pytest.raises(ReadError, match="more than 1000 people"):
        coco.read(tmp_path / "people.json")


def test_a_folder_or_a_missing_file_is_refused_in_words(tmp_path):
    with pytest.raises(ReadError, match="not a file"):
        coco.read(tmp_path)
    with pytest.raises(ReadError, match="cannot be read: No such file"):
        coco.read(tmp_path / "nothing.json")


def test_an_openpose_file_among_many_that_is_cut_off_is_left_out(tmp_path):
    write_photos(tmp_path)
    (tmp_path / "a_keypoints.json").write_text(json.dumps(openpose_document()))
    (tmp_path / "b_keypoints.json").write_text(json.dumps(openpose_document())[:100])
    imported = openpose.read(tmp_path)
    assert [photo.path for photo in imported.photos] == ["a.png"]
    assert "b_keypoints.json" in reasons(imported)


def test_openpose_fractions_and_unknown_models_are_left_out_in_words(tmp_path):
    write_photos(tmp_path)
    document = {"people": [{"pose_keypoints_2d": [0.5] * 75}, {"pose_keypoints_2d": [9.0] * 45}]}
    (tmp_path / "a_keypoints.json").write_text(json.dumps(document))
    said = reasons(openpose.read(tmp_path / "a_keypoints.json"))
    assert "--keypoint_scale 0" in said
    assert "15 keypoints" in said


def test_detections_go_to_the_people_they_lie_on_and_nobody_gets_two(tmp_path):
    write_photos(tmp_path)
    document = openpose_document()
    (tmp_path / "a_keypoints.json").write_text(json.dumps(document))
    known = openpose.read(tmp_path / "a_keypoints.json").photos
    moved = known[0].with_(people=known[0].people[::-1])
    document["people"].append(
        {"pose_keypoints_2d": making.keypoint_array("openpose25", 9).reshape(-1).tolist()}
    )
    (tmp_path / "a_keypoints.json").write_text(json.dumps(document))
    imported = openpose.read(tmp_path / "a_keypoints.json", known=[moved])
    for read, expected in zip(imported.photos[0].people, moved.people, strict=True):
        assert read.id == expected.id
        np.testing.assert_array_equal(read.keypoints.array, expected.keypoints.array)
    assert "person 2: nobody in the photo has keypoints near these" in reasons(imported)


def test_people_keep_their_ids_through_a_numbered_sequence(tmp_path):
    write_photos(tmp_path, ("walk_000.png", "walk_001.png"))
    people = openpose_document()["people"]
    for number, order in enumerate((people, people[::-1])):
        (tmp_path / f"walk_{number:03d}_keypoints.json").write_text(json.dumps({"people": order}))
    first, second = openpose.read(tmp_path).photos
    assert [one.id for one in first.people] == [1, 2]
    assert [one.id for one in second.people] == [2, 1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"center": np.zeros((2, 2))}, r"train.npz, center: its shape is \(2, 2\), but must be \(3, 2\)"),
        ({"part": np.zeros((3, 17, 3))}, "train.npz, part: its shape"),
        ({"scale": np.array(["a", "b", "c"])}, "train.npz, scale: its shape"),
        ({"imgname": np.zeros(3)}, "imgname: it is not a list of names"),
        (
            {"imgname": np.array(["a.png", None, 3], dtype=object)},
            "imgname: it does not hold plain numbers or text",
        ),
    ],
)
def test_a_spin_array_of_the_wrong_kind_is_refused_by_name(changes, said, tmp_path):
    (tmp_path / "train.npz").write_bytes(making.npz_bytes(making.spin_arrays() | changes))
    with pytest.raises(ReadError, match=said):
        spin.read(tmp_path / "train.npz")


def test_a_spin_data_set_without_center_is_refused(tmp_path):
    arrays = making.spin_arrays()
    del arrays["center"]
    (tmp_path / "train.npz").write_bytes(making.npz_bytes(arrays))
    with pytest.raises(ReadError, match="no array 'center'"):
        spin.read(tmp_path / "train.npz")


def test_fits_with_other_rows_than_the_data_set_are_refused(tmp_path):
    write_photos(tmp_path)
    (tmp_path / "train.npz").write_bytes(making.npz_bytes(making.spin_arrays()))
    np.save(tmp_path / "fits.npy", np.zeros((4, 82)))
    with pytest.raises(ReadError, match="4 rows, but the data set has 3"):
        spin.read(tmp_path / "train.npz", fits=tmp_path / "fits.npy")


def test_spin_rows_whose_photo_is_missing_are_left_out(tmp_path):
    write_photos(tmp_path, ("a.png",))
    (tmp_path / "train.npz").write_bytes(making.npz_bytes(making.spin_arrays()))
    imported = spin.read(tmp_path / "train.npz", body=making.toy_body(tmp_path), frame="crop")
    assert imported.people == 2
    assert "row 1: the photo is not in the folder" in reasons(imported)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "MAX_BYTES", 16 * 2**20)
    with zipfile.ZipFile(tmp_path / "train.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("imgname", "center", "scale"):
            archive.writestr(f"{name}.npy", bytes(6 * 2**20))
    with pytest.raises(ReadError, match="unpacks to more than 16 MB"):
        spin.read(tmp_path / "train.npz")


def test_a_header_that_claims_more_than_the_file_holds_asks_for_no_memory(tmp_path):
    data = making.npz_bytes({"imgname": np.zeros(3)}).replace(
        b"'shape': (3,), }", b"'shape': (3000000000,), }"[:16]
    )
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (90000000000,), }"
    npy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    (tmp_path / "fits.npy").write_bytes(npy)
    with pytest.raises(ReadError, match=r"fits.npy: it is not as long as its shape \(90000000000,\) says"):
        spin.read_fits(tmp_path / "fits.npy")
    (tmp_path / "fits.npz").write_bytes(data)
    with pytest.raises(ReadError):
        spin.read_fits(tmp_path / "fits.npz")


class Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("touch /tmp/fitloop_bomb_went_off",)


@pytest.mark.parametrize("read", [pw3d.read, smplifyx.read, agora.read])
def test_a_pickle_that_holds_code_is_refused_and_nothing_runs(read, tmp_path):
    (tmp_path / "a_personId_0.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ReadError, match=r"a_personId_0\.pkl"):
        read(tmp_path / "a_personId_0.pkl")
    assert not Path("/tmp/fitloop_bomb_went_off").exists()


def test_a_vposer_latent_is_not_taken_for_a_pose(tmp_path):
    write_photos(tmp_path)
    folder = tmp_path / "results" / "a"
    folder.mkdir(parents=True)
    latent = making.smplifyx_dictionary() | {"body_pose": np.zeros((1, 32))}
    (folder / "000.pkl").write_bytes(pickle.dumps(latent, 2))
    assert "VPoser's 32 latent numbers, not angles" in reasons(smplifyx.read(tmp_path))
    keypoints = tmp_path / "keypoints"
    keypoints.mkdir()
    (keypoints / "a_keypoints.json").write_text(json.dumps(openpose_document()))
    imported = smplifyx.read(tmp_path)
    assert imported.photos[0].people[0].fit is None
    assert imported.photos[0].people[0].keypoints.layout == "openpose25"
    assert "VPoser" in reasons(imported)


def test_a_result_of_smplifyx_has_the_keypoints_of_its_own_place_in_openpose_s_list(tmp_path):
    write_photos(tmp_path)
    (tmp_path / "results" / "a").mkdir(parents=True)
    (tmp_path / "results" / "a" / "001.pkl").write_bytes(pickle.dumps(making.smplifyx_dictionary(), 2))
    (tmp_path / "keypoints").mkdir()
    document = openpose_document()
    own = document["people"][0]
    far = [value + 9 * (index % 3 == 0) for index, value in enumerate(own["pose_keypoints_2d"])]
    document["people"] = [{"pose_keypoints_2d": [0.0] * 75}, own, {"pose_keypoints_2d": far}]
    (tmp_path / "keypoints" / "a_keypoints.json").write_text(json.dumps(document))
    (person,) = smplifyx.read(tmp_path).photos[0].people
    np.testing.assert_allclose(person.keypoints.array.ravel(), own["pose_keypoints_2d"], atol=1e-3)


def test_a_pose_of_smplx_is_left_out_of_agora_and_its_joints_are_read(tmp_path):
    body = making.toy_body(tmp_path)
    data = making.agora_dictionary(body)
    data["params"] = data["params"] | {"body_pose": np.zeros((1, 63)), "global_orient": np.zeros((1, 3))}
    (tmp_path / "a_personId_0.pkl").write_bytes(pickle.dumps(data))
    imported = agora.read(tmp_path, body=body)
    assert imported.people == 1
    assert "one of SMPL-X" in reasons(imported)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<annotations><image", "annotations.xml, line 1, column 14: this is not XML"),
        ("<html></html>", "no <annotations>"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "declares a document type"),
        ("<annotations>" + "<a>" * 40, "nested more than 32 deep"),
        ('<?xml version="1.0" encoding="klingon"?><annotations/>', "annotations.xml"),
    ],
)
def test_xml_that_is_broken_nested_or_declares_entities_is_refused(text, said, tmp_path):
    (tmp_path / "annotations.xml").write_text(text)
    with pytest.raises(ReadError, match=said):
        cvat.read(tmp_path / "annotations.xml")


def test_cvat_boxes_and_tracks_are_left_out_in_words(tmp_path):
    text = making.cvat_text().replace("</annotations>", '<track id="3" label="person"></track></annotations>')
    (tmp_path / "annotations.xml").write_text(text)
    imported = cvat.read(tmp_path / "annotations.xml")
    assert imported.people == 1
    assert imported.photos[0].people[0].keypoints.occluded.sum() == 8
    assert "track 3: video tracks are not read" in reasons(imported)
    assert "box in a.png" in reasons(imported)


def test_mat_files_of_version_7_3_are_refused_with_what_to_do(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n")
    for read in (mpii.read, lsp.read):
        with pytest.raises(ReadError, match=r"version 7.3 .* '-v7'"):
            read(tmp_path / "a.mat")


@pytest.mark.parametrize("where", ["annolist", "annorect", "annopoints", "point", "objpos", "image"])
def test_a_cell_array_of_mpii_where_a_structure_belongs_is_said_in_one_line(where, tmp_path):
    write_photos(tmp_path)
    cell = np.array([[[1.0, 2.0], "text"]], dtype=object)

    def with_cell(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cell if key == where else with_cell(part) for key, part in value.items()}
        if isinstance(value, np.ndarray) and value.dtype.names:
            value = value.astype([(name, object) for name in value.dtype.names])
            for name in value.dtype.names:
                for index in np.ndindex(value.shape):
                    value[name][index] = cell if name == where else with_cell(value[name][index])
        return value

    variables = with_cell(making.mpii_variables())
    (tmp_path / "mpii.mat").write_bytes(making.mat_bytes(variables, tmp_path))
    imported = mpii.read(tmp_path / "mpii.mat")
    assert {left.record.split(",")[0] for left in imported.left_out} == {"annolist 0", "annolist 1"}
    assert imported.people == (2 if where == "objpos" else 0)


def test_what_was_not_checked_against_a_real_file_is_said_with_every_import(tmp_path):
    made = making.samples(tmp_path)
    for name in ("mpii", "lsp"):
        assert "not checked" in reasons(made[name].read(made[name].path)) or "is uncertain" in reasons(
            made[name].read(made[name].path)
        )


def test_matrices_that_are_no_rotations_are_left_out_of_eft(tmp_path):
    write_photos(tmp_path)
    document = making.eft_document()
    document["data"][0]["parm_pose"][3] = [[2, 0, 0], [0, 1, 0], [0, 0, 1]]
    (tmp_path / "eft.json").write_text(json.dumps(document))
    assert "not rotations" in reasons(eft.read(tmp_path / "eft.json"))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x00" * 100, b"{}", b"PK\x03\x04", b"\x80\x04N."])
def test_a_file_of_no_known_format_is_refused_with_the_list_of_formats(data, tmp_path):
    (tmp_path / "what").write_bytes(data)
    with pytest.raises(ReadError, match="what"):
        recognise(tmp_path / "what")


def test_a_folder_of_data_sets_asks_which_one_is_meant(tmp_path):
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_text('{"images": [], "annotations": [], "categories": []}')
    (tmp_path / "photo_openpose.json").write_text('{"people": []}')
    with pytest.raises(ReadError, match=r"one\.json, two\.json. Give the one that you mean"):
        recognise(tmp_path)


def test_an_array_that_python_2_wrote_is_read_without_a_word(tmp_path, recwarn):
    rows = np.arange(82.0).reshape(1, 82)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1L, 82L), }"
    header += b" " * (117 - len(header)) + b"\n"
    file = tmp_path / "fits.npy"
    file.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + rows.tobytes())
    assert np.array_equal(untrusted.read_array(file), rows)
    assert not recwarn


def test_a_file_of_nothing_but_odd_records_is_refused_before_their_list_fills_the_memory(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(report, "MAX_LEFT_OUT", 1000)
    (tmp_path / "a.json").write_text(json.dumps({"shapes": [0] * 1001, "imagePath": "a.png"}))
    write_photos(tmp_path)
    with pytest.raises(ReadError, match="more than 1000 records of it cannot be read"):
        labelme.read(tmp_path / "a.json")
