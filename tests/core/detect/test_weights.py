"""Weights come once, whole and with the known hash, or not at all. The servers are folders here."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from core.detect import load_detector, weights
from core.detect.weights import Weights, checked_weights, fetch_steps, missing_weights
from core.errors import DetectorError

CONTENT = {"boxes": b"a network" * 50_000, "keypoints": b"another" * 40_000}


def archive_of(content: bytes, name: str = "made/end2end.onnx") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("made/deploy.json", "{}")
        packed.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def servers(monkeypatch, tmp_path):
    """Two folders as servers. The first is not there."""
    there = tmp_path / "server"
    there.mkdir()
    known = []
    for name, content in CONTENT.items():
        packed = archive_of(content)
        (there / f"{name}.zip").write_bytes(packed)
        hashes = (hashlib.sha256(each).hexdigest() for each in (packed, content))
        known.append(Weights(name, len(packed), next(hashes), len(content), next(hashes)))
    monkeypatch.setattr(weights, "BOXES", known[0])
    monkeypatch.setattr(weights, "KEYPOINTS", known[1])
    monkeypatch.setattr(weights, "SERVERS", (f"file://{tmp_path}/nowhere/", f"file://{there}/"))
    monkeypatch.setattr(weights, "TELL_EVERY_S", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return there


def left_behind() -> list[Path]:
    folder = weights.weights_folder()
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_weights_are_downloaded_with_their_size_and_are_there_the_next_time(servers):
    assert len(missing_weights()) == 2
    steps = list(fetch_steps())
    total = sum(one.archive_bytes for one in (weights.BOXES, weights.KEYPOINTS))
    assert (steps[0].done, steps[-1].done) == (0, total)
    assert {step.total for step in steps} == {total}
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert [file.read_bytes() for file in checked_weights()] == list(CONTENT.values())
    assert missing_weights() == []
    (servers / "boxes.zip").unlink()
    assert [step.total for step in fetch_steps()] == [0, 0]


def test_a_download_that_is_stopped_leaves_nothing_behind(servers):
    steps = fetch_steps()
    while next(steps).done == 0:
        pass
    steps.close()
    assert left_behind() == []


def test_a_file_with_another_hash_is_refused(servers):
    content = bytearray((servers / "boxes.zip").read_bytes())
    content[60] ^= 1
    (servers / "boxes.zip").write_bytes(content)
    with pytest.raises(DetectorError, match=r"its hash differs"):
        list(fetch_steps())
    assert left_behind() == []


def test_an_endless_answer_is_cut_off(servers, monkeypatch):
    (servers / "boxes.zip").write_bytes(bytes(weights.BOXES.archive_bytes + 10_000_000))
    with pytest.raises(DetectorError):
        list(fetch_steps())
    assert left_behind() == []


def test_an_archive_without_the_network_is_refused_and_its_paths_lead_nowhere(servers, monkeypatch):
    packed = archive_of(b"x", "../../evil.onnx")
    (servers / "boxes.zip").write_bytes(packed)
    digest = hashlib.sha256(packed).hexdigest()
    monkeypatch.setattr(weights, "BOXES", Weights("boxes", len(packed), digest, 1, digest))
    with pytest.raises(DetectorError, match="cannot be unpacked"):
        list(fetch_steps())
    assert left_behind() == []


def test_without_a_network_the_error_says_which_file_to_put_where(servers):
    for file in servers.iterdir():
        file.unlink()
    with pytest.raises(DetectorError) as refused:
        list(fetch_steps())
    for words in ("cannot be downloaded", "boxes.zip", "end2end.onnx", str(weights.BOXES.file)):
        assert words in str(refused.value)


def test_damaged_weights_are_named_and_never_run(servers, monkeypatch):
    list(fetch_steps())
    weights.BOXES.file.write_bytes(b"b" * weights.BOXES.file_bytes)
    with pytest.raises(DetectorError, match=r"is damaged\. Delete it"):
        checked_weights()


def test_weights_that_are_not_there_yet_are_an_error_that_says_so(servers, monkeypatch):
    import sys
    import types

    monkeypatch.setitem(sys.modules, "onnxruntime", types.ModuleType("onnxruntime"))
    with pytest.raises(DetectorError, match=r"not there yet \(boxes, keypoints\)"):
        load_detector("rtmpose")
