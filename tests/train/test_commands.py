"""Every command says what its user can mend in one line, and ends with an exit code."""

import importlib
from pathlib import Path

import pytest

from train.learning.command import INTERRUPTED, run_to_end

NOTHING = "no/such"
WRONG = {
    "body": ["--check", NOTHING],
    "convert": [NOTHING, "made.json"],
    "evaluate": ["--fits-from", NOTHING],
    "fits": [NOTHING, "--out", "made.npz"],
    "lifter": ["--poses", NOTHING, "--out", "made"],
    "prior": ["--poses", NOTHING, "--out", "made.npz"],
    "sheet": ["circle", "--run", NOTHING, "--out", "made.png"],
    "spin": ["--fits", NOTHING],
    "synthetic": ["--count", "1", "--out", "made", "--backgrounds", NOTHING],
}


def main_of(name: str):
    return importlib.import_module(f"train.{name}").main


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_not_there_is_one_line_and_code_1(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main_of(name)(WRONG[name]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert Path(NOTHING).name in said[0]
    assert not list(tmp_path.glob("made*"))


@pytest.mark.parametrize("device", ["cuda:99", "somewhere", "meta"])
@pytest.mark.parametrize("name", ["fits", "lifter", "spin"])
def test_a_device_that_is_not_here_is_one_line(name, device, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main_of(name)([*WRONG[name], "--device", device]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"--device {device} cannot be used" in said[0]


@pytest.mark.parametrize(
    "wrong", ["--learning-rate=-1", "--clip=nan", "--warm-up=-3", "--save-minutes=-1", "--log-every=0"]
)
def test_a_number_that_means_nothing_is_refused(wrong, capsys):
    with pytest.raises(SystemExit):
        main_of("spin")(["--fits", NOTHING, wrong])
    assert wrong.split("=")[1] in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("prior", "--components=0"), ("prior", "--rounds=0"), ("prior", "--seed=-1"), ("sheet", "--seed=-1")],
)
def test_a_count_that_is_none_is_refused(name, wrong, capsys):
    with pytest.raises(SystemExit):
        main_of(name)([*WRONG[name], wrong])
    assert "is no whole number" in capsys.readouterr().err.splitlines()[-1]


def test_being_asked_to_stop_is_no_error(capsys):
    def asked() -> int:
        raise KeyboardInterrupt

    assert run_to_end(asked, "Stopped, and kept.") == INTERRUPTED
    assert capsys.readouterr().err == "Stopped, and kept.\n"
