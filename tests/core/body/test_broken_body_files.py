"""Files that hold no body, half of one, or a hostile one: one clear error that says what would be right."""

import contextlib
import io
import json
import os
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.body import smpl_file
from core.body.smpl_file import read_body_file
from core.errors import BodyFileError
from tests.bodies import Instance, python2_pickle, refusal, sparse, toy_arrays, write_npz, write_pickle


def picture() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "is empty"),
        (picture(), "is neither a pickle nor an .npz"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(400), "is neither a pickle nor an .npz"),
        (json.dumps({"v_template": [1, 2]}).encode(), "is neither a pickle nor an .npz"),
        (b"PK\x03\x04 and no more", "is no numpy file, or it is damaged"),
        (b"\x80\x02]q\x00.", "holds a list and no body"),
        (b"\x80\x02N.", "holds a NoneType and no body"),
        (b"\x80\x02cos\nsystem\nU\x04true\x85R.", "names os.system, which is code and not data"),
        (python2_pickle({"a": 1}), "holds no v_template, shapedirs, J_regressor, weights, kintree_table, f"),
    ],
)
@pytest.mark.parametrize("suffix", [".pkl", ".npz"])
def test_a_file_that_is_no_body_is_refused(data, wrong, suffix, tmp_path):
    path = tmp_path / f"body{suffix}"
    path.write_bytes(data)
    assert wrong in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.pkl")


def test_a_hostile_body_is_refused_and_leaves_no_trace(tmp_path):
    trace = tmp_path / "trace"
    hostile = f"cos\nsystem\nS'touch {trace}'\n\x85R0".encode("latin-1")
    path = write_pickle(tmp_path / "SMPL_NEUTRAL.pkl")
    path.write_bytes(path.read_bytes()[:-1] + hostile + b".")
    assert "os.system" in refusal(path)
    assert not trace.exists()


@pytest.mark.parametrize("write", [write_pickle, write_npz])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(write, kept, tmp_path):
    path = write(tmp_path / "body.file")
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    refusal(path)


def not_finite(arrays: dict[str, Any], key: str, value: float) -> dict[str, Any]:
    broken = arrays[key].copy()
    broken.flat[5] = value
    return {key: broken}


TOY = toy_arrays()
SIZE = len(TOY["v_template"])
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "NaN": (not_finite(TOY, "v_template", np.nan), "v_template has numbers that are not finite"),
    "infinity": (not_finite(TOY, "shapedirs", np.inf), "shapedirs has numbers that are not finite"),
    "beyond float32": (not_finite(TOY, "J_regressor", 1e300), "J_regressor has numbers that are not finite"),
    "V of weights": ({"weights": TOY["weights"][:-1]}, f"It must be ({SIZE}, 24)"),
    "V of shapes": ({"shapedirs": TOY["shapedirs"][:-1]}, f"It must be ({SIZE}, 3, any)"),
    "V of regressor": ({"J_regressor": TOY["J_regressor"][:, 1:]}, f"It must be (24, {SIZE})"),
    "J of regressor": ({"J_regressor": TOY["J_regressor"][1:]}, f"It must be (24, {SIZE})"),
    "J of weights": ({"weights": np.full((SIZE, 52), 1 / 52)}, f"It must be ({SIZE}, 24)"),
    "J of tree": ({"kintree_table": np.zeros((2, 52), int)}, "has 52 joints. Take SMPL's file with 24"),
    "shape of tree": ({"kintree_table": np.zeros(24, int)}, "It must be (2, 24)"),
    "another tree": ({"kintree_table": TOY["kintree_table"][:, ::-1]}, "another tree than SMPL's"),
    "tree of fractions": ({"kintree_table": TOY["kintree_table"] * 1.0}, "It must have whole numbers"),
    "posedirs": ({"posedirs": np.zeros((SIZE, 3, 9))}, f"It must be ({SIZE}, 3, 207)"),
    "few shapes": ({"shapedirs": TOY["shapedirs"][..., :4]}, "has 4 shape directions. Take a file with 10"),
    "template": ({"v_template": np.zeros((SIZE, 2))}, "v_template has shape"),
    "a number": ({"v_template": np.array(1.0)}, "v_template has shape ()"),
    "no vertices": ({"v_template": np.zeros((0, 3))}, "has 0 vertices"),
    "text": ({"weights": np.array(["a"])}, "weights is no array of numbers"),
    "weights sum": ({"weights": TOY["weights"] * 0.9}, "a row sums to 0.9"),
    "face outside": ({"f": TOY["f"] + 100}, f"The mesh has vertices 0 to {SIZE - 1}"),
    "negative face": ({"f": TOY["f"].astype(int) - 1}, "f names vertex -1"),
    "squares": ({"f": np.zeros((5, 4), int)}, "It must be (F, 3): triangles"),
    "fractions of faces": ({"f": TOY["f"] + 0.5}, "It must have whole numbers"),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("write", [write_pickle, write_npz])
def test_arrays_that_do_not_agree_are_refused_with_what_would_be_right(write, kind, tmp_path):
    change, wrong = BROKEN[kind]
    kinds = {"J_regressor": "array"} if write is write_pickle else {}
    assert wrong in refusal(write(tmp_path / "body.file", TOY | change, **kinds))


def test_a_missing_key_is_named(tmp_path):
    arrays = {key: value for key, value in TOY.items() if key != "weights"}
    assert "holds no weights. Take an SMPL model file" in refusal(write_npz(tmp_path / "b.npz", arrays))


def test_an_operation_of_chumpy_in_place_of_numbers_is_named(tmp_path):
    path = tmp_path / "b.pkl"
    path.write_bytes(python2_pickle(TOY | {"weights": Instance("chumpy.ch", "MatVecMult", {"x": np.eye(2)})}))
    assert "weights is an operation of chumpy (chumpy.ch.MatVecMult) and not numbers" in refusal(path)


def test_a_sparse_regressor_too_large_to_write_out_is_refused(tmp_path):
    huge = sparse(np.eye(2))
    huge.state.update(_shape=(2, 2**39), indptr=np.zeros(3, int))
    path = tmp_path / "b.pkl"
    path.write_bytes(
        python2_pickle(TOY | {"J_regressor": Instance("scipy.sparse.csr", "csr_matrix", huge.state)})
    )
    assert "J_regressor has shape (2, 549755813888)" in refusal(path)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def with_member(path: Path, key: str, data: bytes, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A toy .npz with one member of other bytes."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, array in TOY.items():
            file.writestr(f"{name}.npy", data if name == key else npy(array))
    return path


@pytest.mark.parametrize("dtype", [object, "i4,f8"])
def test_objects_and_records_in_an_npz_are_refused(dtype, tmp_path):
    path = with_member(tmp_path / "b.npz", "J_regressor", npy(np.zeros(3, dtype)))
    assert "J_regressor: it does not hold plain numbers or text" in refusal(path)


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(smpl_file, "MAX_BYTES", 2**22)
    path = with_member(tmp_path / "b.npz", "v_template", npy(np.zeros(3)) + bytes(2**25))
    tracemalloc.start()
    message = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to more than 4 MB" in message
    assert peak < 2**20


@pytest.mark.parametrize("shape", ["(1099511627776, 3)", "(0, 99999999999999)", "(9, 9, 9)"])
def test_an_array_that_declares_more_than_it_has_is_refused(shape, tmp_path):
    header = npy(TOY["v_template"])[:128].replace(f"{TOY['v_template'].shape}".encode(), shape.encode())
    header = header[:8] + (len(header) - 10).to_bytes(2, "little") + header[10:]
    path = with_member(tmp_path / "b.npz", "v_template", header)
    assert "v_template" in refusal(path)


def test_an_unusual_compression_is_refused(tmp_path):
    path = with_member(tmp_path / "b.npz", "f", npy(TOY["f"]), zipfile.ZIP_LZMA)
    assert "is compressed in a way numpy does not write" in refusal(path)


def fuzzed_places(data: bytes) -> st.SearchStrategy[int]:
    """Any byte, and more often those of the structure: around headers and at the end."""
    heads = [match.start() for match in re.finditer(b"\x93NUMPY|numpy\n|_shape|chumpy", data)]
    near = st.builds(lambda head, step: head + step, st.sampled_from(heads), st.integers(-90, 140))
    end = st.integers(len(data) - 400, len(data) - 1)
    return st.one_of(st.integers(0, len(data) - 1), end, near.map(lambda at: min(max(at, 0), len(data) - 1)))


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_pickle, write_npz])
def test_any_change_of_bytes_gives_a_body_or_a_body_file_error(write, tmp_path):
    path = write(tmp_path / "fuzzed")
    valid = path.read_bytes()

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.tuples(fuzzed_places(valid), st.integers(0, 255)), min_size=1, max_size=4))
    def body_or_error(changes: list[tuple[int, int]]) -> None:
        changed = bytearray(valid)
        for place, byte in changes:
            changed[place] = byte
        path.write_bytes(changed)
        with contextlib.suppress(BodyFileError):
            read_body_file(path)

    body_or_error()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who may not read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    path = write_npz(tmp_path / "b.npz")
    path.chmod(0)
    assert "cannot be read (Permission denied)" in refusal(path)
