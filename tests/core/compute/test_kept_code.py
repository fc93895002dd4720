"""Machine code that an older version of the program kept does not stop a newer one."""

import importlib.util
import pickle
import sys

import numpy as np
import pytest

SOURCE = """
from core.compute.machine_code import kept

@kept
def doubled(values, first):
    return 2 * values[first]
"""


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """Imports the function anew, as another process does."""
    path = tmp_path / "kept_in_a_test.py"
    path.write_text(SOURCE)

    def make():
        spec = importlib.util.spec_from_file_location("kept_in_a_test", path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "kept_in_a_test", module)
        spec.loader.exec_module(module)
        return module.doubled

    return make


def names_a_lost_class(index):
    version = index.read_bytes()[: len(pickle.dumps(pickle.load(index.open("rb"))))]
    index.write_bytes(version + b"ccore.records\nLostRecord\n.")


def cut_off(index):
    index.write_bytes(index.read_bytes()[:-20])


@pytest.mark.parametrize("damage", [names_a_lost_class, cut_off])
def test_kept_code_that_cannot_be_read_is_compiled_anew(tmp_path, fresh, damage):
    values = np.array([1.5, 2.5], np.float32)
    assert fresh()(values, 1) == 5
    (index,) = tmp_path.rglob("*.nbi")
    damage(index)
    again = fresh()
    assert again(values, 1) == 5
    assert again.stats.cache_misses
    assert fresh()(values, 0) == 3
