"""The options of train.compose."""

from __future__ import annotations

from pathlib import Path

from train.compositing.placements import KINDS
from train.compositing.proposals import PROPOSALS
from train.run.parser import CommandLine
from train.run.values import named_path

DEFAULT_PROPOSALS = "hard"
PLACER_STEPS = 200


def add_compose_options(parser: CommandLine) -> None:
    parser.add_argument(
        "--target", help="run or checkpoint of train.spin that fails on the composites; detector:NAME"
    )
    parser.add_argument(
        "--fits", type=Path, help="fits dictionary; its accepted people are cut out by GrabCut"
    )
    parser.add_argument("--photos", type=Path, help="folder of its photos; by default the dictionary's own")
    parser.add_argument(
        "--data",
        type=named_path,
        action="append",
        default=[],
        help="NAME=FILE: a data set of train.synthetic",
    )
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without people")
    parser.add_argument("--occluders", type=Path, help="folder of PNGs with alpha to hide people behind")
    parser.add_argument("--segments", type=Path, help="COCO file whose segmentations hide people")
    parser.add_argument("--out", type=Path, help="folder to write")
    parser.add_argument("--report", type=Path, help="write where the target fails to a .json, and no photos")
    parser.add_argument(
        "--settle", type=Path, help="folder of composites: leave refused photos out of its data set"
    )
    parser.add_argument("--run", type=Path, help="folder of --rounds")
    parser.add_argument("--rounds", type=int, default=0, help="alternate so often with train.spin; 0: never")
    parser.add_argument(
        "--spin", default="", help="further options of train.spin in one string, such as --epochs 4"
    )
    parser.add_argument("--count", type=int, default=1000, help="number of composites")
    parser.add_argument(
        "--kinds", nargs="+", default=list(KINDS), choices=KINDS, help="where the target is tried"
    )
    parser.add_argument(
        "--proposals", default=DEFAULT_PROPOSALS, choices=PROPOSALS, help="how they are chosen"
    )
    parser.add_argument(
        "--placer-steps", type=int, default=PLACER_STEPS, help="of the synthesizer, by learned"
    )
    parser.add_argument(
        "--refused", type=Path, help="settled folder whose refused photos count as unreal, by learned"
    )
    parser.add_argument("--no-seams", action="store_true", help="no patches with seams where nobody is")
    parser.add_argument(
        "--turn", type=int, default=0, help="number of the round, for other photos of one seed"
    )
    parser.add_argument("--body", type=Path, help="SMPL file; by default the open body")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--resume", action="store_true", help="go on with the composites in --out")
