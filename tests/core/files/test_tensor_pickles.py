"""Tensors of torch in a pickle are read as arrays, without torch and without code."""

import pickle

import numpy as np
import pytest
import torch

from core.errors import PickleRefused
from core.files.pickles.reader import load_pickle


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
