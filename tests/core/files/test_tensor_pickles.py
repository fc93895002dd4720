"""Tensors of torch in a pickle are read as arrays, without torch and without code."""

import pickle

import numpy as np
import pytest
import torch

from core.errors import PickleRefused
from core.files.pickles.arrays import Budget, Refusal
from core.files.pickles.reader import load_pickle
from core.files.pickles.tensors import storage_from, tensor_from


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_tensors_and_parameters_are_read_as_arrays(protocol):
    tensors = {
        "turned": torch.arange(12.0).reshape(3, 4).T,
        "weights": torch.nn.Parameter(torch.ones(1, 11)),
        "some": torch.arange(10)[2:5],
        "one": torch.tensor(3.0, dtype=torch.float64),
        "none": torch.zeros(0, 3),
    }
    found = load_pickle(pickle.dumps(tensors, protocol))
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor.detach().numpy())
        assert found[name].dtype == tensor.detach().numpy().dtype


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused():
    data = pickle.dumps(torch.arange(6.0).reshape(2, 3), 2)
    row = b"K\x02K\x03\x86"  # the shape (2, 3)
    assert data.count(row) == 1
    with pytest.raises(PickleRefused, match="beyond its numbers"):
        load_pickle(data.replace(row, b"K\x09K\x03\x86"))


def test_a_tensor_of_a_type_that_numpy_lacks_is_refused_in_words():
    with pytest.raises(PickleRefused, match="save it as an array of numpy"):
        load_pickle(pickle.dumps(torch.zeros(3, dtype=torch.bfloat16)))


def rebuilt(size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> np.ndarray:
    numbers = np.arange(4, dtype=np.float32)
    return tensor_from(Budget(2**40), numbers, offset, size, stride)


def test_an_expanded_tensor_is_read_and_one_spread_without_end_refused_at_once():
    expanded = torch.ones(1, 3).expand(5, 3)
    np.testing.assert_array_equal(load_pickle(pickle.dumps({"a": expanded}))["a"], np.ones((5, 3)))
    with pytest.raises(Refusal, match="repeats few numbers"):
        rebuilt((2**30,), (0,))
    with pytest.raises(Refusal, match="repeats few numbers"):
        rebuilt((2**15, 2**15), (0, 0))


def test_strides_stay_inside_the_storage_and_one_of_a_single_row_means_nothing():
    assert rebuilt((1, 4), (2**38, 1)).tolist() == [[0, 1, 2, 3]]
    for size, stride, offset in (((2, 2), (3, 1), 0), ((4,), (1,), 1), ((2,), (2**38,), 0), ((2,), (1,), -1)):
        with pytest.raises(Refusal, match="beyond its numbers"):
            rebuilt(size, stride, offset)


def test_a_storage_whose_head_is_a_long_pickle_is_refused_at_once():
    with pytest.raises(Refusal, match="cannot be read"):
        storage_from(Budget(2**40), b"N" * 50_000_000)
