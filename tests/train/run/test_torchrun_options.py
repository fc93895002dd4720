"""torchrun reads what stands behind the program's name too, and takes --run and --start for the beginnings of options
of its own, unless a -- comes before the name."""

import re
from pathlib import Path

import pytest
from torch.distributed.run import get_args_parser

from train import fits, lifter, spin

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("program", [fits, lifter, spin])
def test_behind_two_dashes_torchrun_leaves_every_option_to_the_program(program, capsys):
    with pytest.raises(SystemExit):
        program.main(["--help"])
    options = set(re.findall(r"--[a-z][\w-]*", capsys.readouterr().out))
    assert len(options) > 5
    for option in options:
        asked = ["--nproc-per-node", "2", "-m", "--", program.__name__, option, "x"]
        given = get_args_parser().parse_args(asked)
        assert (given.training_script, given.training_script_args) == (program.__name__, [option, "x"])


def test_every_command_with_torchrun_that_is_told_has_them():
    told = [
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "train").rglob("*.py"),
        *(ROOT / "resources").rglob("*.txt"),
    ]
    commands = [
        line
        for path in told
        for line in path.read_text(encoding="utf-8").splitlines()
        if "torchrun --" in line
    ]
    assert len(commands) >= 4
    assert not [line for line in commands if " -m -- train." not in line]
