"""Damaged files by the hundred thousand: python -m tests.stress.fuzz_readers [--reader coco …] [--inputs N]

Each input is a valid file with a few changes, half of them to its bytes and half to the values in it. A
reader may return or raise ReadError; any other exception, a warning of ours, a record that is none, or more
than two seconds fails the run, and the input is kept. One line of JSON for each reader.
"""

from __future__ import annotations

import copy
import io
import json
import math
import pickle
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from core.body.model import load_body
from core.errors import ReadError
from core.formats.bodies import spin
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.formats.table import formats_recognised
from tests.core.formats import making, making_keypoints, making_networks, making_sleap
from tests.core.formats.making import Sample, samples
from tests.waiting import LONGEST_S
from train.run.parser import CommandLine

FORMATS = tuple(row.word for row in formats_recognised())
RECOGNISE = "recognise"
WITH_BODY = ("romp", "sam3d")
EXTRA = ("spin_fits.npy", "final_fits.npz", "labels.slp")
MEMORY = Path("/dev/shm")  # a folder in memory: on a disk, writing an input anew takes longer than reading it
SLOWEST_S = 2.0  # of processor
MOST_CHANGES = 4
STRANGE = (
    None, True, 0, -1, 1, 2**31, 2**63, 10**30, -0.0, 0.5, 1e-300, 1e300, math.nan, math.inf, -math.inf, "", "a",
    "../../etc/passwd", "/etc/passwd", "C:\\x.png", "\ud800", "\0", "a.png", "b.png", "x" * 5000, [], {}, [[]],
    [[[[1]]]], [1, 2, 3], [None], [math.nan] * 51, ["1"] * 51, {"a": 1}, b"\xff\xfe", (1, 2),
)  # fmt: skip
TOKENS = (
    b"", b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"-", b"NaN", b"1e999", b"{", b"}", b"[", b"]", b'"',
    b"\\", b"\\u0000", b"null", b"<", b">", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"../", b"\x80\x02", b"(", b"R",
    b"cos\nsystem\n", b"\x93NUMPY", b"PK\x03\x04", b"\xef\xbb\xbf", b"9" * 400, b"[" * 200, b"\x01", b"\x7f",
)  # fmt: skip


class Hang(BaseException):
    """The reader did not come back."""


@dataclass
class Outcome:
    """What a run over one reader came to; slowest [s of processor]; failures: in words, with the input's file."""

    reader: str
    inputs: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    failures: list[str] | None = None


def change_bytes(data: bytes, random: np.random.Generator) -> bytes:
    """A few flips, cuts, copies and tokens."""
    changed = bytearray(data)
    for _ in range(random.integers(1, MOST_CHANGES + 1)):
        place = int(random.integers(0, len(changed) + 1))
        kind = int(random.integers(0, 6))
        if kind == 0 and place < len(changed):
            changed[place] = int(random.integers(0, 256))
        elif kind == 1:
            token = TOKENS[int(random.integers(0, len(TOKENS)))]
            changed[place : place + int(random.integers(0, 9))] = token
        elif kind == 2 and random.random() < 0.3:
            del changed[place:]
        elif kind == 3:
            del changed[place : place + int(random.integers(0, 64))]
        elif kind == 4:
            start = int(random.integers(0, len(changed) + 1))
            changed[place:place] = changed[start : start + int(random.integers(0, 64))]
        elif place < len(changed):
            changed[place] ^= 1 << int(random.integers(0, 8))
    return bytes(changed)


def change_values(value: Any, random: np.random.Generator) -> Any:
    """A few values in a structure of dicts, lists and arrays replaced, removed or doubled."""
    changed = copy.deepcopy(value)
    for _ in range(random.integers(1, MOST_CHANGES + 1)):
        changed = _change_one(changed, random)
    return changed


def _change_one(value: Any, random: np.random.Generator) -> Any:
    if random.random() < 0.15:
        return copy.deepcopy(STRANGE[int(random.integers(0, len(STRANGE)))])
    if isinstance(value, dict) and value:
        key = list(value)[int(random.integers(0, len(value)))]
        if random.random() < 0.1:
            del value[key]
        else:
            value[key] = _change_one(value[key], random)
    elif isinstance(value, list) and value:
        place = int(random.integers(0, len(value)))
        kind = random.random()
        if kind < 0.1:
            del value[place]
        elif kind < 0.2:
            value.append(copy.deepcopy(value[place]))
        else:
            value[place] = _change_one(value[place], random)
    elif isinstance(value, np.ndarray):
        return _change_array(value, random)
    elif isinstance(value, (int, float)):
        return STRANGE[int(random.integers(0, 15))]
    return value


def _change_array(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    kind = int(random.integers(0, 9))
    array = array.copy()
    if kind == 0:
        return array[: int(random.integers(0, len(array) + 1))] if array.ndim else array
    if kind == 1:
        return array.reshape(-1)
    if kind == 2:
        return array[..., None]
    if kind == 3:
        return np.concatenate([array, array]) if array.ndim else array
    if kind == 4 and array.dtype.kind in "fiub":
        dtypes = ("i1", "u1", "i8", "f2", "f4", ">f8", "?", "c16", "U3", "S3")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return array.astype(dtypes[int(random.integers(0, len(dtypes)))])
    if kind == 5:
        return np.array(STRANGE[int(random.integers(1, 20))])
    if kind == 6:
        return np.zeros((0, *array.shape[1:]))
    if array.size and array.dtype.kind == "f":
        array.reshape(-1)[int(random.integers(0, array.size))] = (math.nan, math.inf, -1.0, 1e300, 0.0, 1e7)[
            kind % 6
        ]
    elif array.size and array.dtype.kind == "U":
        name = STRANGE[int(random.integers(15, 25))]
        array = array.astype(object)
        array.reshape(-1)[int(random.integers(0, array.size))] = str(name).replace("\ud800", "?")
        array = array.astype(np.str_)
    return array


def writers(folder: Path) -> dict[str, tuple[Any, Callable[[Any], bytes]]]:
    """For each format the values of its sample and how to write them."""
    body = making.toy_body(folder)

    def as_json(value: Any) -> bytes:
        return json.dumps(value, default=repr, skipkeys=True).encode()

    def as_npz(value: Any) -> bytes:
        return making.npz_bytes(dict(_arrays(value)))

    def as_mat(value: Any) -> bytes:
        buffer = io.BytesIO()
        variables = value if isinstance(value, dict) else {"joints": value}
        scipy.io.savemat(buffer, _without_none(variables), do_compression=bool(len(variables) % 2))
        return buffer.getvalue()

    def as_xml(parts: Any) -> bytes:
        return '"'.join(map(_text, parts)).encode()

    def as_hdf5(value: Any) -> bytes:
        return making_keypoints.sleap_bytes(dict(_arrays(value)))

    with np.load(folder / "parameters" / "fits.npz") as stored:
        rows = dict(stored)
    with np.load(folder / "curated" / "people_fits.npz") as stored:
        curated = dict(stored)
    detected = {word: (made(), write) for word, (_, made, write, _) in making_keypoints.DOCUMENTS.items()}
    detected |= {word: (made(), write) for word, (_, made, write, _, _) in making_networks.NETWORKS.items()}
    return detected | {
        "cvat-video": (making_keypoints.cvat_video().split('"'), as_xml),
        "sleap": (making_keypoints.sleap_arrays(), as_hdf5),
        "coco": (making.coco_document(), as_json),
        "openpose": (making.openpose_document(), as_json),
        "eft": (making.eft_document(), as_json),
        "spin": (making.spin_arrays(), as_npz),
        "hmr2": (making.hmr2_arrays(), as_npz),
        "cliff": (making.cliff_arrays(), as_npz),
        "parameters": (rows, as_npz),
        "curated": (curated, as_npz),
        "3dpw": (making.pw3d_dictionary(), lambda value: pickle.dumps(value, 2)),
        "agora": (making.agora_dictionary(body), pickle.dumps),
        "smplifyx": (making.smplifyx_dictionary(), lambda value: pickle.dumps(value, 2)),
        "mpii": (making.mpii_variables(), as_mat),
        "lsp": (making.lsp_variables(), as_mat),
        "cvat": (making.cvat_text().split('"'), as_xml),
        "yolo": (making.yolo_text().split(" "), lambda parts: " ".join(map(_text, parts)).encode()),
    }


def extra_samples(made: dict[str, Sample], folder: Path) -> dict[str, tuple[Any, Callable[[Any], bytes]]]:
    """The fits beside a SPIN data set, data sets whose frame is to be found, and SLEAP's projects, as further readers:
    their samples are added to `made`."""
    data = made["spin"].path
    body = making.toy_body(folder)
    fits = np.random.default_rng(6).normal(0, 0.3, (3, 82))
    final = {"pose": fits[:, :72], "betas": fits[:, 72:], "valid_fit": np.ones(3, dtype=bool)}

    def as_npy(value: Any) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, _as_array(value))
        return buffer.getvalue()

    added: dict[str, tuple[Any, Callable[[Any], bytes]]] = {
        "spin_fits.npy": (fits, as_npy),
        "final_fits.npz": (final, lambda value: making.npz_bytes(dict(_arrays(value)))),
    }
    for name, (value, write) in added.items():
        file = data.with_name(name)
        file.write_bytes(write(value))
        made[name] = Sample(file, file, lambda path: spin.read(data, fits=path, body=body, frame="crop"), 3)
    project = made["sleap"].file.with_name("labels.slp")
    arrays = making_sleap.project_arrays()
    project.write_bytes(making_sleap.project_bytes(arrays))
    made[project.name] = Sample(project, project, made["sleap"].read, 2)
    added[project.name] = arrays, lambda value: making_sleap.project_bytes(dict(_arrays(value)))
    in_photo = {"global_t": np.tile([0.1, 0.2, 4.0], (3, 1)), "focal_l": np.full(3, 80.0)}
    matrices = np.tile(np.array([[80.0, 0, 30], [0, 80.0, 20], [0, 0, 1]]), (3, 1, 1))
    for name, columns in {
        "asked.npz": {},
        "cliff_gt.npz": in_photo,
        "camsmplify.npz": {"cam_t": in_photo["global_t"], "cam_int": matrices},
    }.items():
        value = making.spin_arrays() | columns
        file = data.with_name(name)
        file.write_bytes(making.npz_bytes(value))
        made[name] = Sample(file, file, lambda path: spin.read(path, body=body), 3)
        added[name] = value, lambda value: making.npz_bytes(dict(_arrays(value)))
    return added


def with_open_body(made: dict[str, Sample]) -> None:
    """Readers that load the open body when they are given none are given it: a file is to cost its reading alone."""
    body = load_body()
    for word, sample in made.items():
        if word in WITH_BODY:
            made[word] = replace(sample, read=partial(sample.read, body=body))


def runs_of(
    reader: str, made: dict[str, Sample], values: dict[str, tuple[Any, Callable[[Any], bytes]]]
) -> Iterator[tuple[Sample, Any, Callable[[Any], bytes]]]:
    """The sample and values of a reader; for `recognise` those of all readers."""
    if reader != RECOGNISE:
        yield made[reader], *values[reader]
        return
    for name, sample in made.items():
        yield replace(sample, read=_recognised), *values[name]


def _recognised(path: Path) -> Import:
    recognise(path)
    return Import(())


def run(
    sample: Sample, values: Any, write: Callable[[Any], bytes], outcome: Outcome, inputs: int, seed: int
) -> None:
    """Read `inputs` damaged files and gather what happened."""
    random = np.random.default_rng(seed)
    valid = sample.file.read_bytes()
    outcome.failures = outcome.failures or []
    try:
        for _ in range(inputs):
            data = _input(valid, values, write, random)
            sample.file.write_bytes(data)
            _read_one(sample, data, outcome)
            outcome.inputs += 1
    finally:
        sample.file.write_bytes(valid)


def _input(valid: bytes, values: Any, write: Callable[[Any], bytes], random: np.random.Generator) -> bytes:
    """Half the time other bytes, else other values; values that the format cannot hold give other bytes
    too.
    """
    if random.random() < 0.5:
        return change_bytes(valid, random)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return write(change_values(values, random))
    except (ValueError, TypeError, OverflowError, AttributeError, KeyError, scipy.io.matlab.MatWriteError):
        return change_bytes(valid, random)


def _read_one(sample: Sample, data: bytes, outcome: Outcome) -> None:
    start = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        _check(sample.read(sample.path))
        outcome.read += 1
    except ReadError as error:
        outcome.refused += 1
        if not str(error).endswith((".", "]")) or sample.file.name not in str(error):
            _fail(outcome, data, f"a refusal that names no file or no remedy: {error}")
    except (Exception, Hang):  # the edge of the process under test: everything is a finding
        _fail(outcome, data, traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = time.process_time() - start
    outcome.slowest = max(outcome.slowest, seconds)
    if seconds > SLOWEST_S:
        _fail(outcome, data, f"it took {seconds:.1f} s")


def _check(imported: Import) -> None:
    imported.summary().encode()
    for photo in imported.photos:
        assert photo.width > 0
        assert photo.height > 0
        assert not photo.path.startswith("/")
        assert ".." not in photo.path.split("/")
        for person in photo.people:
            assert np.isfinite(person.keypoints.array).all()
            assert math.isfinite(person.bbox.side)


def _fail(outcome: Outcome, data: bytes, words: str) -> None:
    assert outcome.failures is not None
    kept = Path(tempfile.gettempdir()) / f"fuzz_{outcome.reader}_{len(outcome.failures)}.bin"
    kept.write_bytes(data)
    outcome.failures.append(f"{kept}: {words}")


def _arrays(value: Any) -> Iterator[tuple[str, np.ndarray]]:
    for key, array in (value if isinstance(value, dict) else {"a": value}).items():
        yield str(key)[:20].replace("/", "_"), _as_array(array)


def _as_array(value: Any) -> np.ndarray:
    array = np.array(value) if not isinstance(value, np.ndarray) else value
    return array if array.dtype.kind != "O" else np.array(repr(value)[:20])


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key)[:20]: _without_none(part) for key, part in value.items()}
    return "" if value is None else value


def _text(part: Any) -> str:
    return (part if isinstance(part, str) else repr(part)).encode("utf-8", "replace").decode()


def raise_hang(*_: object) -> None:
    raise Hang


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 when anything failed."""
    parser = CommandLine("tests.stress.fuzz_readers", __doc__)
    parser.add_argument("--reader", action="append", help="only this one (may be given more than once)")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    warnings.filterwarnings("error", module=r"core(\..*)?$")
    signal.signal(signal.SIGALRM, raise_hang)
    bad = 0
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        made, values = samples(Path(name)), writers(Path(name))
        values |= extra_samples(made, Path(name))
        with_open_body(made)
        for reader in given.reader or [*FORMATS, *EXTRA, RECOGNISE]:
            outcome = Outcome(reader)
            start = time.perf_counter()
            for sample, *value in runs_of(reader, made, values):
                inputs = given.inputs // (len(made) if reader == RECOGNISE else 1)
                run(sample, *value, outcome, inputs, given.seed)
            row = vars(outcome) | {
                "failures": len(outcome.failures or []),
                "slowest": round(outcome.slowest, 3),
            }
            row["seconds"] = round(time.perf_counter() - start)
            row["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            print(json.dumps(row), flush=True)
            for failure in (outcome.failures or [])[:3]:
                print(failure, file=sys.stderr)
            bad += bool(outcome.failures)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
