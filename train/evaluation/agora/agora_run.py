"""What `train.evaluate --agora` does: its options, the run, and the table or file of results."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np

from core.body.model import SMPL_VERTICES, Body, load_body
from core.errors import FitloopError
from core.files.untrusted import read_array
from core.files.whole_file import whole_file
from core.formats.bodies.agora.agora_fits import TruthFits
from core.formats.bodies.agora.agora_store import open_predictions
from train.evaluation.agora.agora_errors import measure, open_body_vertices
from train.evaluation.agora.agora_summary import Range, document, summary_of, table_of
from train.run.parser import CommandLine, check_output

OPTIONS = "truth", "kid_template", "body_vertices", "occlusion", "photo_width", "only", "fits"
FULL_WIDTH, FULL_HEIGHT = 3840, 2160
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)")


def add_options(parser: CommandLine) -> None:
    """Those of AGORA's evaluation."""
    group = parser.add_argument_group(
        "AGORA", "people matched, missed and made up, as its server counts them"
    )
    group.add_argument("--agora", type=Path, metavar="PREDICTIONS", help="a folder of .pkl, or the zip of it")
    group.add_argument(
        "--truth", type=Path, nargs="+", metavar="FRAMES", help="pickled frames of the truth, or their folder"
    )
    group.add_argument("--fits", type=Path, help="AGORA's fits, for frames without projected joints")
    group.add_argument("--kid-template", type=Path, help="smpl_kid_template.npy; by default beside --body")
    group.add_argument(
        "--body-vertices", type=Path, help="body_verts_smpl.npy, the vertices that count; by default all"
    )
    group.add_argument("--occlusion", type=occlusion_range, metavar="LOW..HIGH", help="only such people [%%]")
    group.add_argument(
        "--photo-width", type=int, default=FULL_WIDTH, help="px that the truth's pixels are of"
    )
    group.add_argument(
        "--only",
        nargs="+",
        metavar="TEXT",
        help="only photos with one of these texts in the name",
    )


def occlusion_range(text: str) -> Range:
    """LOW..HIGH in percent."""
    match = _RANGE.fullmatch(text)
    if match is None or not 0 <= float(match[1]) <= float(match[2]) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r}: give LOW..HIGH in percent, as in 70..90")
    return float(match[1]), float(match[2])


def evaluate_agora(options: argparse.Namespace) -> int:
    """Measure, and print a table, or JSON, or write it. Returns the exit code."""
    if not options.truth:
        raise FitloopError("--agora: nothing to measure against. Give AGORA's frames: --truth FRAMES…")
    if isinstance(options.json, Path):
        check_output(options.json)
    body = None if options.body is None else load_body(options.body, kid_template=options.kid_template)
    chosen, words = _vertices(options.body_vertices, body)
    store = open_predictions(options.agora)
    fits = _fits(options, body)
    found = measure(store, options.truth, body, chosen, tuple(options.only or ()), fits)
    if not found.people:
        raise FitloopError("the truth has nobody in these photos. Give its frames, and check --only.")
    for line in (*found.notes, *(f"left out: {line}" for line in found.left_out)):
        print(line, file=sys.stderr)
    told = document(found, options.photo_width, options.occlusion, [words])
    if isinstance(options.json, Path):
        with whole_file(options.json) as stream:
            stream.write(json.dumps(told, indent=1).encode())
    if options.json is True:
        print(json.dumps(told))
    else:
        print(table_of(summary_of(found, options.occlusion)), words, sep="\n")
    return 0


def _fits(options: argparse.Namespace, body: Body | None) -> TruthFits | None:
    if options.fits is None:
        return None
    if body is None:
        raise FitloopError("--fits: they are of SMPL's neutral body. Give its file: --body SMPL_NEUTRAL.pkl.")
    width = options.photo_width
    return TruthFits(options.fits, body, (width, width * FULL_HEIGHT // FULL_WIDTH))


def _vertices(path: Path | None, body: Body | None) -> tuple[np.ndarray | None, str]:
    """The vertices that count for MVE, and which they are in words."""
    if path is not None:
        chosen = read_array(path)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or not len(chosen):
            raise FitloopError(f"{path}: no list of vertices. Give AGORA's body_verts_smpl.npy.")
        size = SMPL_VERTICES if body is None else len(body.v_template)
        outside = chosen[(chosen < 0) | (chosen >= size)]
        if len(outside):
            raise FitloopError(
                f"{path}: it lists vertex {outside[0]}, but the body has the vertices 0 to {size - 1}. "
                "Give AGORA's body_verts_smpl.npy."
            )
        return chosen, f"MVE is over the {len(chosen)} vertices of {path.name}."
    if body is not None and not body.is_smpl:
        chosen = open_body_vertices(body)
        return chosen, f"MVE is over {len(chosen)} vertices: all but those of head, neck, wrists and hands."
    return None, "MVE is over all vertices, head and hands too: give --body-vertices for the official number."
