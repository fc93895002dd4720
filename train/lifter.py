"""Teach the lifter, or measure one: python -m train.lifter --poses poses.npz --out resources/lifter/ [--evaluate]"""

from __future__ import annotations

import json
import sys

import torch

from core.body import load_body
from core.errors import FitloopError
from core.networks.lifter.lift import load_lifter
from train.methods.lifter.accuracy import TABLE, evaluate
from train.methods.lifter.config import LifterOptions, poses_of
from train.methods.lifter.method import METHOD
from train.methods.lifter.weights_folder import write_json
from train.run.options import parse, with_values
from train.run.parser import run_to_end
from train.run.training import run_given


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    given = parse(METHOD, arguments)
    if not given.options.get("evaluate", False):
        return run_given(METHOD, given)
    torch.set_num_threads(with_values(METHOD.options, given.options).threads)
    return run_to_end(lambda: measure(with_values(METHOD.own, given.options)))


def measure(own: LifterOptions) -> int:
    """Measure a lifter and write the table beside it. Returns the exit code."""
    if own.out is None:
        raise FitloopError("nothing to measure. Give --out FOLDER, that of a lifter.")
    table = evaluate(load_lifter(own.out), load_body(), poses_of(own), own.truth)
    write_json(own.out / TABLE, table)
    print(json.dumps(table, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
