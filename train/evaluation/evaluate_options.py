"""The options of train.evaluate, by what is evaluated."""

from __future__ import annotations

from pathlib import Path

from train.evaluation.agora import agora_run
from train.run.parser import CommandLine
from train.run.values import named_path

OF_NETWORKS = "data", "data_photos", "data_masks", "body_of", "out", "device"
OF_FITS = ("guess",)


def add_evaluate_options(parser: CommandLine) -> None:
    """Those of networks, of fits, of both, and of AGORA's predictions."""
    _add_of_networks(parser)
    parser.add_argument(
        "--body",
        type=Path,
        help="SMPL file that data sets' betas are of, or that is fitted; by default the open body",
    )
    parser.add_argument("--fits-from", type=Path, help="folder with the truth files")
    parser.add_argument(
        "--guess", default="none", help="of fits: none, lifter, a lifter's folder, or a run's"
    )
    parser.add_argument(
        "--json",
        type=Path,
        nargs="?",
        const=True,
        default=False,
        metavar="OUT",
        help="JSON in place of a table; of AGORA's predictions, the file for it",
    )
    agora_run.add_options(parser)


def _add_of_networks(parser: CommandLine) -> None:
    parser.add_argument("network", type=Path, nargs="?", help="a run's folder, or a checkpoint")
    _add_named(parser, "--data", "NAME=FILE", "a data set .npz")
    _add_named(parser, "--data-photos", "NAME=FOLDER", "by default the .npz's own")
    _add_named(
        parser,
        "--data-masks",
        "NAME=FOLDER",
        "that names of masks start from; by default as those of photos",
    )
    _add_named(
        parser,
        "--body-of",
        "GENDER=FILE",
        "SMPL's male (m) or female (f) body, for data sets with genders such as 3DPW",
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="of --data ochuman= or crowdpose=: file for the predictions, as COCO's results",
    )
    parser.add_argument("--device", default="cpu", help="of the network: cpu, cuda, cuda:1 …")


def _add_named(parser: CommandLine, flag: str, form: str, words: str) -> None:
    """An option that may be given several times, each a name with a path."""
    parser.add_argument(flag, type=named_path, action="append", metavar=form, help=words)
