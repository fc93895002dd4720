"""Body files: pickles, .npz, folders and the open body's file give checked arrays or one clear error."""

import sys
from typing import Any

import numpy as np
import pytest

from core.body.smpl_file import BodyArrays, read_body_file
from core.body.tree import PARENTS
from core.errors import BodyFileError
from tests.bodies import Instance, python2_pickle, refusal, toy_arrays, write_folder, write_npz, write_pickle
from tests.work import millions_of_steps

ARRAYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights")


def assert_is(body: BodyArrays, arrays: dict[str, Any]) -> None:
    """The body holds these arrays."""
    for key in ARRAYS:
        if key in arrays:
            np.testing.assert_array_equal(getattr(body, key), arrays[key].astype(np.float32), err_msg=key)
    np.testing.assert_array_equal(body.faces, arrays["f"])


@pytest.mark.parametrize("directions", [10, 300])
def test_an_official_pickle_is_read_without_chumpy_and_scipy(directions, tmp_path):
    arrays = toy_arrays(directions, pose_blend_shapes=True)
    assert "chumpy" not in sys.modules
    assert_is(read_body_file(write_pickle(tmp_path / "basicmodel_f.pkl", arrays)), arrays)
    assert "chumpy" not in sys.modules


@pytest.mark.parametrize("directions", [10, 300])
def test_an_official_npz_is_read(directions, tmp_path):
    arrays = toy_arrays(directions, pose_blend_shapes=True)
    assert_is(read_body_file(write_npz(tmp_path / "SMPL_MALE.npz", arrays)), arrays)


@pytest.mark.parametrize("kind", ["csc", "csr", "coo", "array"])
def test_the_joint_regressor_may_be_sparse_or_dense(kind, tmp_path):
    assert_is(read_body_file(write_pickle(tmp_path / "b.pkl", J_regressor=kind)), toy_arrays())


@pytest.mark.parametrize("kind", ["ch", "select", "array"])
def test_shape_directions_may_be_chumpy_a_selection_or_plain(kind, tmp_path):
    assert_is(read_body_file(write_pickle(tmp_path / "b.pkl", shapedirs=kind)), toy_arrays())


def test_what_is_read_is_read_only_and_has_the_stated_types(tmp_path):
    body = read_body_file(write_pickle(tmp_path / "SMPL_NEUTRAL.pkl"))
    assert body.name == "SMPL_NEUTRAL"
    assert body.parents.tolist() == list(PARENTS)
    assert body.faces.dtype == np.int64
    assert body.posedirs.shape == (len(body.v_template), 3, 0)
    for key in (*ARRAYS, "faces", "parents"):
        assert not getattr(body, key).flags.writeable
    assert all(getattr(body, key).dtype == np.float32 for key in ARRAYS)
    assert (body.kid_direction, body.extra_regressor, body.h36m_regressor) == (None, None, None)
    assert body.surface == {}


@pytest.mark.parametrize("suffix", [".pkl", ".npz"])
def test_a_folder_gives_its_neutral_body(suffix, tmp_path):
    folder = write_folder(tmp_path / "smpl", suffix)
    write_npz(folder / "SMPL_MALE.npz", toy_arrays(seed=1))
    assert_is(read_body_file(folder), toy_arrays())


@pytest.mark.parametrize("inside", ["smpl", "models", "models/smpl", "smpl/models", "body_models/smpl"])
def test_a_folder_of_models_gives_the_neutral_body_in_its_folder_smpl(inside, tmp_path):
    write_folder(tmp_path / inside, ".pkl")
    assert_is(read_body_file(tmp_path), toy_arrays())


def test_a_folder_may_have_the_neutral_body_of_smplify(tmp_path):
    path = write_pickle(tmp_path / "basicModel_neutral_lbs_10_207_0_v1.0.0.pkl")
    assert read_body_file(tmp_path).name == path.stem


def test_a_folder_without_a_neutral_body_is_refused(tmp_path):
    write_npz(tmp_path / "SMPL_MALE.npz")
    assert "has no SMPL_NEUTRAL.npz or .pkl" in refusal(tmp_path)


def test_the_kind_of_a_file_is_told_by_its_contents_and_not_by_its_name(tmp_path):
    assert_is(read_body_file(write_npz(tmp_path / "a.npz").rename(tmp_path / "a.pkl")), toy_arrays())
    assert_is(read_body_file(write_pickle(tmp_path / "b.model")), toy_arrays())


def test_the_fingerprint_is_that_of_the_body_and_not_of_the_file(tmp_path):
    wide = toy_arrays(300)
    narrow = wide | {"shapedirs": wide["shapedirs"][..., :10]}
    single = {k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in narrow.items()}
    files = [
        write_pickle(tmp_path / "a.pkl", wide),
        write_pickle(tmp_path / "b.pkl", narrow, shapedirs="select", J_regressor="coo"),
        write_npz(tmp_path / "c.npz", wide),
        write_npz(tmp_path / "d.npz", single),
    ]
    prints = {read_body_file(file).fingerprint for file in files}
    assert len(prints) == 1
    assert len(prints.pop()) == 16


@pytest.mark.parametrize("key", ["v_template", "shapedirs", "J_regressor"])
def test_another_body_has_another_fingerprint(key, tmp_path):
    arrays = toy_arrays()
    other = arrays | {key: arrays[key] * 1.001}
    first, second = write_npz(tmp_path / "a.npz", arrays), write_npz(tmp_path / "b.npz", other)
    assert read_body_file(first).fingerprint != read_body_file(second).fingerprint


def own_arrays() -> dict[str, Any]:
    """The keys of the open body's file."""
    arrays = toy_arrays()
    return arrays | {
        "kid_direction": -0.3 * arrays["v_template"],
        "surface_names": np.array(["nose", "neck"]),
        "surface_rows": np.array([0, 0, 1]),
        "surface_cols": np.array([3, 5, len(arrays["v_template"]) + 12]),
        "surface_values": np.array([0.25, 0.75, 1.0]),
        "name": np.array("toy body"),
        "license": np.array("free for all"),
    }


def test_the_open_bodys_own_keys_are_read(tmp_path):
    arrays = own_arrays()
    body = read_body_file(write_npz(tmp_path / "toy.npz", arrays))
    assert_is(body, arrays)
    assert (body.name, body.license) == ("toy body", "free for all")
    np.testing.assert_allclose(body.kid_direction, arrays["kid_direction"], rtol=1e-6)
    assert list(body.surface) == ["nose", "neck"]
    np.testing.assert_array_equal(body.surface["nose"][0], [3, 5])
    np.testing.assert_array_equal(body.surface["nose"][1], [0.25, 0.75])
    np.testing.assert_array_equal(body.surface["neck"][0], [len(body.v_template) + 12])


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"surface_cols": np.array([3, 5, 10**6])}, "surface_cols reaches outside"),
        ({"surface_rows": np.array([0, 0, 2])}, "surface_rows reaches outside"),
        ({"surface_values": np.array([0.25, 0.7, 1.0])}, "surface keypoints: a row sums to 0.95"),
        ({"surface_values": np.array([1.0, 1.0])}, "differ in length"),
        ({"surface_names": np.array([1, 2])}, "surface_names is no list of texts"),
        ({"surface_names": None}, "holds no surface_names"),
        ({"kid_direction": np.zeros((5, 3))}, "kid_direction has shape (5, 3)"),
    ],
)
def test_own_keys_that_do_not_fit_are_refused(change, wrong, tmp_path):
    arrays = {k: v for k, v in (own_arrays() | change).items() if v is not None}
    assert wrong in refusal(write_npz(tmp_path / "toy.npz", arrays))


def test_extra_regressors_beside_the_model_are_read(tmp_path):
    path = write_pickle(tmp_path / "SMPL_NEUTRAL.pkl")
    vertices = len(toy_arrays()["v_template"])
    np.save(tmp_path / "J_regressor_extra.npy", np.full((9, vertices), 1 / vertices))
    np.save(tmp_path / "J_regressor_h36m.npy", np.full((17, vertices), 1 / vertices, np.float32))
    body = read_body_file(path)
    assert body.extra_regressor is not None
    assert body.extra_regressor.shape == (9, vertices)
    assert body.h36m_regressor is not None
    assert body.h36m_regressor.shape == (17, vertices)


def test_an_extra_regressor_of_another_mesh_is_refused_by_its_name(tmp_path):
    path = write_pickle(tmp_path / "SMPL_NEUTRAL.pkl")
    np.save(tmp_path / "J_regressor_extra.npy", np.zeros((9, 6890)))
    assert "J_regressor_extra.npy has shape (9, 6890). It must be (9, " in refusal(path)


def test_an_operation_of_chumpy_is_no_hindrance_where_nobody_needs_it(tmp_path):
    path = tmp_path / "b.pkl"
    path.write_bytes(
        python2_pickle(toy_arrays() | {"J": Instance("chumpy.ch", "MatVecMult", {"x": np.eye(2)})})
    )
    assert_is(read_body_file(path), toy_arrays())


def test_a_body_of_fourteen_thousand_vertices_is_read_quickly(tmp_path):
    path = tmp_path / "large.npz"
    np.savez_compressed(path, **toy_arrays(ring=570))
    assert millions_of_steps(lambda: read_body_file(path)) < 20
    assert len(read_body_file(path).v_template) > 13_700


def test_a_child_s_template_beside_the_file_or_named_is_its_child_direction(tmp_path):
    """AGORA's formula: the template is centred, the mean adult is not."""
    arrays = toy_arrays()
    adult = arrays["v_template"].astype(np.float32)
    child = 0.6 * adult + [0.3, 0.2, 0.1]
    write_npz(tmp_path / "SMPL_NEUTRAL.npz", arrays)
    assert read_body_file(tmp_path).kid_direction is None
    np.save(tmp_path / "smpl_kid_template.npy", child)
    expected = child - child.mean(axis=0) - adult
    np.testing.assert_allclose(read_body_file(tmp_path).kid_direction, expected, atol=1e-6)
    assert read_body_file(tmp_path).fingerprint == read_body_file(tmp_path / "SMPL_NEUTRAL.npz").fingerprint
    np.save(tmp_path / "other.npy", 2 * child)
    named = read_body_file(tmp_path, tmp_path / "other.npy").kid_direction
    np.testing.assert_allclose(named, expected + child - child.mean(axis=0), atol=1e-6)
    np.save(tmp_path / "other.npy", child[:-1])
    with pytest.raises(BodyFileError, match=r"other\.npy has shape"):
        read_body_file(tmp_path, tmp_path / "other.npy")
