"""Teach PoseNet3D, or measure one: python -m train.posenet3d --data people.fitloop --run runs/2d [--evaluate RUN]"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from train.methods.lifter.weights_folder import write_json
from train.methods.posenet3d.config import LooksOptions
from train.methods.posenet3d.lifted_accuracy import measure
from train.methods.posenet3d.method import METHOD
from train.run.options import parse, with_values
from train.run.parser import run_to_end
from train.run.training import run_given

TABLE = "table.json"


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    given = parse(METHOD, arguments)
    if "evaluate" not in given.options:
        return run_given(METHOD, given)
    torch.set_num_threads(with_values(METHOD.options, given.options).threads)
    return run_to_end(lambda: evaluate(with_values(METHOD.own, given.options)))


def evaluate(own: LooksOptions) -> int:
    """Measure a run and write the table into its folder. Returns the exit code."""
    run = Path(own.evaluate or ".")
    table = measure(run, own.poses, own.truth)
    write_json(run / TABLE, table)
    print(json.dumps(table, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
