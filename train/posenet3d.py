"""Teach PoseNet3D, or measure one: python -m train.posenet3d --data people.fitloop --run runs/2d [--evaluate RUN]"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from core.body import load_body
from core.errors import FitloopError
from core.networks.teacher.teacher_file import load_teacher
from train.methods.lifter.weights_folder import write_json
from train.methods.posenet3d.config import LooksOptions
from train.methods.posenet3d.lifted_accuracy import measure
from train.methods.posenet3d.looks import read_people
from train.methods.posenet3d.method import METHOD
from train.methods.posenet3d.second_opinion import opinions, told
from train.run.options import parse, with_values
from train.run.parser import run_to_end
from train.run.training import run_given

TABLE = "table.json"


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    given = parse(METHOD, arguments)
    own = with_values(METHOD.own, given.options)
    if own.evaluate is None and own.compare is None:
        return run_given(METHOD, given)
    torch.set_num_threads(max(1, with_values(METHOD.options, given.options).threads))
    return run_to_end(lambda: look_back(own))


def look_back(own: LooksOptions) -> int:
    """What is done with a run that is there. Returns the exit code."""
    return compare(own.compare, own) if own.compare is not None else evaluate(own.evaluate or Path(), own)


def evaluate(run: Path, own: LooksOptions) -> int:
    """Measure a run and write the table into its folder. Returns the exit code."""
    table = measure(run, own.poses, own.truth)
    write_json(run / TABLE, table)
    print(json.dumps(table, indent=1))
    return 0


def compare(run: Path, own: LooksOptions) -> int:
    """Say which fits the teacher sees otherwise. Returns the exit code."""
    if not own.data:
        raise FitloopError("no fits to compare with. Give --data with projects or files of fits.")
    photos = [photo for path in own.data for photo in read_people(path).photos]
    print(told(opinions(photos, load_teacher(run).teacher, load_body())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
