"""Pickles as data: what may stand in one is read exactly, and without the packages it names."""

import collections
import contextlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FitloopError, PickleRefused
from core.files.pickles.reader import SparseMatrix, Unevaluated, load_pickle
from tests.bodies import Instance, chumpy_array, chumpy_select, python2_pickle, sparse


def everything() -> dict[str, Any]:
    return {
        "numbers": [1, -5, 2**62, 1.5, True, None, 1 + 2j],
        "text": ("ä", b"\x00\xff", bytearray(b"ab\xf0"), b""),
        "sets": ({1, "b"}, frozenset([2])),
        "ordered": collections.OrderedDict(b=1, a=[2]),
        "floats": np.arange(6.0).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype="i4").reshape(2, 3)),
        "big-endian": np.arange(3, dtype=">i4"),
        "half": np.ones(2, "f2"),
        "booleans": np.array([True, False]),
        "letters": np.array(["ab", "ç"]),
        "bytes": np.array([b"ab"]),
        "scalar": np.float32(3.5),
        "no numbers": np.zeros((0, 3)),
        "one number": np.zeros(()),
    }


def same(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray):
        kinds = first.dtype.newbyteorder("=") == second.dtype
        return kinds and first.shape == second.shape and bool(np.all(first == second))
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[k], second[k]) for k in first)
    return type(first) is type(second) and first == second


@pytest.mark.parametrize("protocol", range(6))
def test_data_of_every_protocol_is_read_as_pythons_own_reader_reads_it(protocol):
    read = load_pickle(pickle.dumps(everything(), protocol))
    assert list(read) == list(everything())
    for key, value in everything().items():
        assert same(value, read[key]), key


@pytest.mark.parametrize("protocol", [0, 2])
def test_a_pickle_of_python_2_is_read_with_its_arrays_and_texts(protocol):
    array = np.linspace(-1, 1, 30).reshape(5, 6)
    value = {"means": array, "weights": [array[0], 2.5], "name": "gmm\xe9\n'\\"}
    data = python2_pickle(value, protocol)
    read = load_pickle(data)
    own = pickle.loads(data, encoding="latin1")
    assert read["name"] == own["name"] == value["name"]
    np.testing.assert_array_equal(read["means"], array)
    np.testing.assert_array_equal(own["means"], array)
    np.testing.assert_array_equal(read["weights"][0], array[0])


def test_texts_of_python_2_can_be_read_as_bytes():
    read = load_pickle(python2_pickle({"a": np.arange(3), "b": chumpy_array(np.ones(2))}), encoding="bytes")
    np.testing.assert_array_equal(read[b"a"], [0, 1, 2])
    np.testing.assert_array_equal(read[b"b"], [1, 1])


@pytest.mark.parametrize("protocol", [0, 2])
def test_chumpy_objects_become_their_arrays(protocol):
    array = np.arange(24.0).reshape(2, 3, 4)
    read = load_pickle(python2_pickle([chumpy_array(array), chumpy_select(array)], protocol))
    np.testing.assert_array_equal(read[0], array)
    np.testing.assert_array_equal(read[1], array)


def test_an_operation_of_chumpy_stays_a_name():
    product = Instance("chumpy.linalg", "MatVecMult", {"mtx": np.eye(3), "vec": np.ones(3)})
    assert load_pickle(python2_pickle({"J": product}))["J"] == Unevaluated("chumpy.linalg.MatVecMult")


def test_a_selection_of_numbers_that_are_not_there_is_refused():
    state = {"a": np.zeros(3), "idxs": np.array([5]), "preferred_shape": (1,)}
    with pytest.raises(PickleRefused, match=r"chumpy\.reordering\.Select of numbers that are not there"):
        load_pickle(python2_pickle(Instance("chumpy.reordering", "Select", state)))


MATRIX = np.array([[0, 1.5, 0], [2, 0, 0]])


@pytest.mark.parametrize("kind", ["csc", "csr", "coo"])
def test_sparse_matrices_of_old_scipy_are_read_without_scipy(kind):
    read = load_pickle(python2_pickle(sparse(MATRIX, kind)))
    assert isinstance(read, SparseMatrix)
    np.testing.assert_array_equal(read.toarray(), MATRIX)


@pytest.mark.parametrize(
    "kind", ["csc_matrix", "csr_matrix", "coo_matrix", "csc_array", "csr_array", "coo_array"]
)
@pytest.mark.parametrize("protocol", [2, 5])
def test_sparse_matrices_of_todays_scipy_are_read(kind, protocol):
    read = load_pickle(pickle.dumps(getattr(scipy.sparse, kind)(MATRIX), protocol))
    np.testing.assert_array_equal(read.toarray(), MATRIX)


@pytest.mark.parametrize(
    "change",
    [
        {"indices": np.array([0, 9])},
        {"indices": np.array([-1, 0])},
        {"indptr": np.array([0, 1, 2])},
        {"indptr": np.array([0, 5, 1, 2])},
        {"indptr": np.array([0, 1, 2, 99])},
        {"data": np.array([1.0])},
        {"data": np.array(["a", "b"])},
        {"_shape": (2, 3, 4)},
        {"indices": None},
    ],
)
def test_a_sparse_matrix_whose_parts_do_not_fit_is_refused(change):
    broken = sparse(MATRIX)
    with pytest.raises(PickleRefused, match="sparse matrix"):
        load_pickle(python2_pickle(Instance(broken.module, broken.name, broken.state | change)))


def test_arrays_come_back_read_only():
    array = load_pickle(pickle.dumps(np.zeros(3)))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b'{"a": 1}', b"\x89PNG\r\n\x1a\n", pickle.dumps(np.zeros(9))[:-9]]
)
def test_what_is_no_pickle_or_half_of_one_is_refused(data):
    with pytest.raises(PickleRefused, match="the pickle: "):
        load_pickle(data)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FitloopError, match=r"none\.pkl"):
        load_pickle(tmp_path / "none.pkl")


def test_a_folder_is_refused_as_no_file(tmp_path):
    with pytest.raises(PickleRefused, match="is a folder, not a file"):
        load_pickle(tmp_path)


VALID = python2_pickle({"a": chumpy_array(np.arange(4.0)), "s": sparse(MATRIX), "t": ("x", 1, None)})


@given(st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_change_of_bytes_gives_data_or_a_refusal(changes):
    data = bytearray(VALID)
    for position, byte in changes:
        data[position] = byte
    with contextlib.suppress(PickleRefused):
        load_pickle(bytes(data))


@given(st.binary(max_size=60))
def test_any_bytes_give_data_or_a_refusal(data):
    with contextlib.suppress(PickleRefused):
        load_pickle(data)


def test_reading_imports_nothing(tmp_path: Path):
    hidden = tmp_path / "chumpy.py"
    hidden.write_text(f"open({str(tmp_path / 'trace')!r}, 'w')")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        load_pickle(python2_pickle(chumpy_array(np.zeros(3))))
    assert not (tmp_path / "trace").exists()
