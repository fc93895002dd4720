"""Run folders that no run wrote: none throws at a look, and none keeps the window waiting."""

import json
import os
import socket
import time

import pytest

from desktop.jobs.training import followed_run
from desktop.jobs.training.followed_run import numbers_of
from desktop.jobs.training.training_process import TrainingProcess

CONFIG = {"method": "spin", "options": {"steps": 12}}
LINE = b'{"step": 3, "loss": 0.5}\n'
HUGE = b"1" + b"0" * 400
NOT_RUNS = {
    "no line is JSON": b"\xff\xfe\0\n<html>\n" * 30,
    "lines of other values": b'[]\nnull\n1\n"a"\ntrue\n{}\n[[[]]]\n',
    "a step that is text": b'{"step": "7", "loss": 1}\n',
    "a step that is null": b'{"step": null, "loss": 1}\n',
    "a step that is a list": b'{"step": [1], "loss": 1}\n',
    "a step that is a dictionary": b'{"step": {}, "loss": 1}\n',
    "a step that is true": b'{"step": true, "loss": 1}\n',
    "a step that is a fraction": b'{"step": 0.5, "loss": 1}\n',
    "a step that is not finite": b'{"step": NaN, "loss": 1}\n{"step": Infinity, "loss": 1}\n',
    "a step below zero": b'{"step": -5, "loss": 1}\n',
    "a step of 400 digits": b'{"step": ' + HUGE + b', "loss": 1}\n',
    "a step of 5000 digits": b'{"step": ' + b"9" * 5000 + b"}\n",
    "a loss of 400 digits": b'{"step": 1, "loss": ' + HUGE + b"}\n",
    "a loss that is not finite": b'{"step": 1, "loss": NaN}\n{"step": 2, "loss": 1e999}\n',
    "a loss that is text or a list": b'{"step": 1, "loss": "0.5"}\n{"step": 2, "loss": [1]}\n',
    "a nest of lists": b"[" * 100_000 + b"\n" + b'{"a":' * 50_000 + b"\n",
    "ten thousand names": b'{"step": 1' + b"".join(b', "n%d": 1' % n for n in range(10_000)) + b"}\n",
    "other names in each line": b"".join(b'{"step": %d, "n%d": 1}\n' % (n, n) for n in range(200)),
    "a name of a megabyte": b'{"step": 1, "' + b"n" * 2**20 + b'": 1}\n',
    "a line of a megabyte without an end": b"x" * 2**20,
    "a line of a megabyte and then a run": b"x" * 2**20 + b"\n" + LINE,
    "names that mean something to HTML or Qt": b'{"step": 1, "<img src=a.png>": 1, "%n\\u0000": 2, "": 3}\n',
    "half a surrogate": b'{"step": 1, "\\ud800": 1}\n',
    "steps in no order": b'{"step": 9, "loss": 1}\n{"step": 1, "loss": 2}\n',
}
NOT_CONFIGS = {
    "a config of lists": b"[1, 2]",
    "a config in a nest": b"[" * 100_000,
    "a config with other types": json.dumps({"method": ["spin"], "options": ["steps"]}).encode(),
    "steps that are text": json.dumps({"options": {"steps": "many"}}).encode(),
    "steps of 4000 digits": b'{"options": {"steps": ' + b"9" * 4000 + b"}}",
    "a config of 30 MB": b'{"a": "' + b" " * 30 * 2**20 + b'"}',
    "a config in Latin-1": b'{"method": "\xe9"}',
}


def no_files(folder):
    """Nothing that may be read: pipes, a device, a socket, a loop of links, a sparse file of 8 TB."""
    os.mkfifo(folder / "metrics.jsonl")
    os.mkfifo(folder / "output.txt")
    (folder / "config.json").symlink_to("/dev/zero")
    (folder / "checkpoint.pt").symlink_to("checkpoint.pt")


def a_socket_and_a_folder(folder):
    place = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(folder)  # the name of a socket has 100 bytes at most
    try:
        place.bind("metrics.jsonl")
    finally:
        os.chdir(before)
        place.close()
    (folder / "output.txt").mkdir()


def large_files(folder):
    for name in ("output.txt", "config.json", "checkpoint.pt"):
        with (folder / name).open("wb") as file:
            file.truncate(400 * 2**20)
    with (folder / "metrics.jsonl").open("wb") as file:
        file.write(LINE)
        file.truncate(2**43)


PLACES = {"no files": no_files, "a socket": a_socket_and_a_folder, "large files": large_files}
KINDS = [*NOT_RUNS, *NOT_CONFIGS, *PLACES]


def make(kind, folder):
    folder.mkdir()
    if kind in PLACES:
        PLACES[kind](folder)
        return folder
    (folder / "config.json").write_bytes(NOT_CONFIGS.get(kind, json.dumps(CONFIG).encode()))
    (folder / "metrics.jsonl").write_bytes(NOT_RUNS.get(kind, LINE))
    (folder / "output.txt").write_bytes(b"\xff a run \n")
    return folder


@pytest.fixture
def training(qtbot):
    training = TrainingProcess()
    yield training
    training.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_no_run_wrote_is_looked_at_like_any_other(training, tmp_path, kind):
    training.follow(make(kind, tmp_path / "run"))
    for _ in range(8):
        training.poll()
    assert isinstance(training.run.step, int)
    assert training.run.steps is None or training.run.steps < 2**53 + 1
    assert len(training.run.last_words) <= 600
    assert training.run.method is None or training.run.method.name
    assert training.run.silent_s >= 0
    assert len(training.run.lines) <= 200
    assert all(len(line) < 100 for line in training.run.lines)


def test_the_end_of_a_long_output_is_read_without_the_rest(training, tmp_path):
    folder = make("large files", tmp_path / "run")
    with (folder / "output.txt").open("r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(b"CUDA out of memory")
    start = time.process_time()
    training.follow(folder)
    assert training.run.last_words.endswith("CUDA out of memory")
    assert time.process_time() - start < 1


def test_a_line_that_is_too_long_is_passed_over_and_the_next_are_read(training, tmp_path, monkeypatch):
    monkeypatch.setattr(followed_run, "READ_AT_ONCE", 1000)
    folder = make("a line of a megabyte and then a run", tmp_path / "run")
    (folder / "metrics.jsonl").write_bytes(b"x" * 5500 + b"\n" + LINE)
    training.follow(folder)
    for _ in range(8):
        training.poll()
    assert training.run.lines == [{"step": 3, "loss": 0.5}]


def test_a_very_long_run_keeps_every_second_line(training, tmp_path, monkeypatch):
    monkeypatch.setattr(followed_run, "MOST_LINES", 10)
    folder = make("steps in no order", tmp_path / "run")
    (folder / "metrics.jsonl").write_bytes(b"".join(b'{"step": %d}\n' % step for step in range(25)))
    training.follow(folder)
    assert len(training.run.lines) <= 10
    assert training.run.step == 24


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        (b'{"step": 3, "loss": 0.5, "note": "x", "ok": true, "odd": NaN}', {"step": 3, "loss": 0.5}),
        (b'{"loss": 2}', {"step": 7, "loss": 2}),
        (b'{"step": "3"}', {}),
        (b'{"step": 3, "lo', {}),
    ],
)
def test_only_finite_numbers_of_a_line_are_kept(line, numbers):
    assert numbers_of(line, 7) == numbers
