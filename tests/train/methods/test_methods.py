"""The table of methods: what a row promises is so, and a new method is one file and one row."""

import json
import subprocess
import sys

import pytest

import core.methods
from core.networks.checkpoint import read_checkpoint
from tests.train import toy_method
from train.methods.table import methods
from train.run.metrics_log import read_metrics
from train.run.options import merge, parse
from train.run.training import run_command

TOY = toy_method.METHOD


@pytest.fixture
def with_toy(tmp_path, monkeypatch):
    """The table with one more row."""
    rows = json.loads(core.methods.METHODS_FILE.read_text())
    file = tmp_path / "methods.json"
    file.write_text(json.dumps([*rows, toy_method.ROW]))
    monkeypatch.setattr(core.methods, "METHODS_FILE", file)


@pytest.mark.parametrize("name", [row.name for row in core.methods.method_rows()])
def test_the_command_of_a_row_understands_what_the_window_says(name, tmp_path):
    row, method = methods()[name]
    assert method.name == row.name
    source = [row.fits or row.file or row.project, str(tmp_path / "source.npz")]
    words = ["--run", str(tmp_path / "run"), *source, "--steps", str(row.steps), "--batch", str(row.batch)]
    plan = merge(method, parse(method, words), None)
    assert (plan.options.steps, plan.config.batch, plan.options.minutes) == (row.steps, row.batch, None)


def test_a_new_method_is_one_row_and_one_module(with_toy):
    assert list(methods()) == ["spin", "ochmr", "lifter", "posenet3d", "toy"]
    assert methods()["toy"][1] is TOY


def test_a_new_method_learns_and_its_run_is_as_any(tmp_path, capsys):
    run = tmp_path / "run"
    assert run_command(TOY, ["--run", str(run), "--steps", "40", "--log-every", "1", "--json"]) == 0
    lines = read_metrics(run)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == lines
    assert lines[-1]["loss_off"] < 0.1 * lines[0]["loss_off"]
    assert json.loads((run / "config.json").read_text())["method"] == "toy"
    assert read_checkpoint(run / "checkpoint.pt").network == "line"


def test_a_new_method_goes_on_exactly(tmp_path):
    run = "--log-every 1 --save-minutes 0"
    assert run_command(TOY, ["--run", str(tmp_path / "whole"), *run.split(), "--steps", "9"]) == 0
    assert run_command(TOY, ["--run", str(tmp_path / "parts"), *run.split(), "--steps", "4"]) == 0
    assert run_command(TOY, ["--run", str(tmp_path / "parts"), "--resume", "--steps", "9"]) == 0
    whole, parts = ([line["loss"] for line in read_metrics(tmp_path / name)] for name in ("whole", "parts"))
    assert parts == whole


@pytest.mark.slow
def test_a_new_method_learns_in_two_processes_what_it_learns_in_one(tmp_path):
    several = "-m torch.distributed.run --standalone --nproc-per-node 2 -m --"
    told = f"{toy_method.ROW['command']} --run {tmp_path / 'two'} --steps 5 --log-every 1 --threads 1"
    done = subprocess.run([sys.executable, *several.split(), *told.split()], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    assert run_command(TOY, ["--run", str(tmp_path / "one"), "--steps", "5", "--log-every", "1"]) == 0
    one, two = ([line["loss"] for line in read_metrics(tmp_path / name)] for name in ("one", "two"))
    assert two == pytest.approx(one, rel=1e-5)
