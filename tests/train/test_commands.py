"""Every command says what its user can mend in one line, and ends with an exit code."""

import importlib
import re
from argparse import Namespace
from pathlib import Path

import pytest

from tests.benchmarks import learning
from train.run.parser import INTERRUPTED, run_to_end

ROOT = Path(__file__).parents[2]
NOTHING = "no/such"
WRONG = {
    "body": ["--check", NOTHING],
    "compose": ["--target", NOTHING, "--fits", NOTHING, "--out", "made"],
    "convert": [NOTHING, "made.json"],
    "evaluate": ["--fits-from", NOTHING],
    "fits": [NOTHING, "--out", "made.npz"],
    "lifter": ["--poses", NOTHING, "--out", "made"],
    "ochmr": ["--fits", NOTHING],
    "posenet3d": ["--data", NOTHING, "--run", "made"],
    "prior": ["--poses", NOTHING, "--out", "made.npz"],
    "sheet": ["circle", "--run", NOTHING, "--out", "made.png"],
    "spin": ["--fits", NOTHING],
    "synthetic": ["--count", "1", "--out", "made", "--backgrounds", NOTHING],
}


BY_DEFAULT = {
    "body": [
        "--adults ADULTS adults to bake from; by default 1500",
        "--seed SEED seed of the random people; by default 0",
    ],
    "compose": ["--data DATA NAME=FILE: a data set of train.synthetic --backgrounds"],
    "convert": ["or skipped; by default fill", "photos a second of a sequence; else the video's own, or 30"],
    "evaluate": ["--guess GUESS of fits: none, lifter, a lifter's folder, or a run's; by default none"],
    "fits": [
        "--batch N people fitted together; by default 64",
        "of torch; to use more cores",
        "; by default 1 ",
    ],
    "ochmr": ["--pair-iou X", "also shown in the square around both; 1: never; by default 0.3"],
    "prior": ["--components COMPONENTS number of Gaussians in the mixture; by default 8"],
    "sheet": ["--split SPLIT poses: the split of the file to draw from; by default test"],
    "spin": [
        "never for that reason, as where --steps or --minutes is given; by default 50",
        "--save-minutes X between two savings; by default 5.0",
        "--batch N people a step, of all processes together; by default 64",
        "--loss-pose X weight of the rotations; by default 1.0",
    ],
    "synthetic": [
        "width and height [px]; by default 256",
        "least..most people per photo; by default 1..6",
        "--seed SEED seed of all random choices; by default 0",
    ],
}
UNWRITABLE = {
    "body": ["--adults", "60", "--children", "8"],
    "fits": [NOTHING],
    "prior": ["--poses", NOTHING],
    "sheet": ["fits", "--photos", NOTHING],
    "convert": [NOTHING, "--to", "coco"],
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
    ("wrong", "told"),
    [
        ("--augment-flip=7", "--augment-flip 7.0: is a share"),
        ("--augment-still=1.5", "--augment-still 1.5: is a share"),
        ("--augment-noise=9", "--augment-noise 9.0: is a share"),
        ("--augment-scale=1", "--augment-scale 1.0: leaves a box of no size"),
        ("--batch=0", "--batch 0: there must be somebody in it"),
        ("--accumulate=0", "--accumulate 0: there must be a piece"),
    ],
)
def test_a_training_that_could_not_go_on_is_refused_before_anything_is_read(wrong, told, tmp_path, capsys):
    assert main_of("spin")(["--fits", NOTHING, "--run", str(tmp_path / "run"), wrong]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert told in said


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("spin", "--seed=99999999999999999999999"),
        ("body", "--people=0"),
        ("body", "--adults=-3"),
        ("body", "--children=0"),
        ("body", "--seed=-1"),
        ("fits", "--batch=0"),
        ("prior", "--components=0"),
        ("prior", "--rounds=0"),
        ("prior", "--seed=-1"),
        ("sheet", "--seed=-1"),
    ],
)
def test_a_count_that_is_none_is_refused(name, wrong, capsys):
    with pytest.raises(SystemExit):
        main_of(name)([*WRONG[name], wrong])
    assert "is no whole number" in capsys.readouterr().err.splitlines()[-1]


def help_of(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main_of(name)(["--help"])
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", WRONG)
def test_help_names_the_command_as_it_is_typed(name, capsys):
    assert help_of(name, capsys).startswith(f"usage: python -m train.{name} ")


@pytest.mark.parametrize("name", BY_DEFAULT)
def test_help_tells_what_an_option_is_by_default(name, capsys):
    said = help_of(name, capsys)
    for words in BY_DEFAULT[name]:
        assert words in said


def test_help_of_a_training_says_what_every_option_does(capsys):
    said = help_of("spin", capsys).split("options:")[1]
    assert not re.findall(r"--[a-z0-9-]+(?: [A-Z=]+| \{[^}]*\})? (?:by default|--)", said)


@pytest.mark.parametrize(
    "folder", ["train", "tests", "tests/benchmarks", "tests/benchmarks/files", "tests/stress"]
)
def test_all_that_is_typed_as_a_module_is_helped_in_the_same_way(folder):
    """What is typed, and no second way to say it."""
    for path in (ROOT / folder).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if ".parse_args(" in text:
            assert f'CommandLine("{folder.replace("/", ".")}.{path.stem}"' in text, path
            assert "ArgumentParser(" not in text, path


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--data", "a=b.npz", "--photos", "c"], "--photos: is for --fits"),
        (["--fits", "b.npz", "--without-truth"], "--without-truth: is for --data"),
        (["--fits", "b.npz", "--loss-openpose", "1"], "--loss-openpose: is for --data"),
        (["--fits", "b.npz", "--loss-annotated", "0"], "--loss-annotated: is for --data"),
    ],
)
def test_what_a_training_would_not_look_at_is_refused(options, told, capsys):
    assert main_of("spin")(options) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert told in said


@pytest.mark.parametrize("name", UNWRITABLE)
@pytest.mark.parametrize("out", ["a_file/made", "a_folder"])
def test_what_could_not_be_written_is_told_before_any_work(name, out, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ending = {"sheet": ".png", "convert": ".json"}.get(name, ".npz")
    Path("a_file").touch()
    Path(f"a_folder{ending}").mkdir()
    option = [out + ending] if name == "convert" else ["--out", out + ending]
    first, *rest = UNWRITABLE[name]
    assert main_of(name)([first, *option, *rest] if name == "convert" else [first, *rest, *option]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(out + ending)


@pytest.mark.parametrize("name", ["body", "fits", "prior", "sheet"])
def test_a_name_with_a_wrong_ending_is_told_before_any_work(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main_of(name)([*UNWRITABLE[name], "--out", "made.txt"]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "made.txt: cannot be written. Choose a name that ends in ." in said


@pytest.mark.parametrize("name", ["lifter", "synthetic"])
def test_a_folder_that_cannot_be_made_is_told_before_any_work(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("made").touch()
    assert main_of(name)(WRONG[name]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "nothing can be written in " in said
    assert said.endswith("made. Choose another folder.")


def test_a_project_that_is_there_is_told_before_people_are_looked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("made.fitloop").touch()
    assert main_of("convert")([NOTHING, "made.fitloop"]) == 1
    assert "made.fitloop is there already" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told_before_people_are_looked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main_of("convert")([NOTHING, "nowhere/made.json"]) == 1
    assert "nowhere/made.json: its folder is not there" in capsys.readouterr().err


def test_being_asked_to_stop_is_no_error(capsys):
    def asked() -> int:
        raise KeyboardInterrupt

    assert run_to_end(asked, "Stopped, and kept.") == INTERRUPTED
    assert capsys.readouterr().err == "Stopped, and kept.\n"


def test_the_benchmark_of_learning_goes_on_with_what_it_is_told_alone(tmp_path, monkeypatch):
    """So that no figures of runs begun otherwise come out of a folder: train.spin refuses what differs."""
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(learning, "_run", lambda *words: told.append(words) or '{"pa_mpjpe_mm": 1}')
    monkeypatch.setattr(learning, "fits_error_mm", lambda *_: 1.0)
    options = Namespace(folder=tmp_path, epochs=24, backbone="resnet10", device="cpu", more="--clip 1")
    learning.outcome(tmp_path, options, ("in the loop", 0))
    run = tmp_path / "in-the-loop-0"
    run.mkdir()
    (run / "config.json").touch()
    learning.outcome(tmp_path, options, ("in the loop", 0))
    begun, gone_on = (words for words in told if words[0] == "train.spin")
    assert {*gone_on} == {*begun, "--resume"}
