"""How good are fits and networks: python -m train.evaluate --fits-from FOLDER [--guess none|lifter] [--json]
and of an image network: python -m train.evaluate RUN|CHECKPOINT --data 3dpw=FILE.npz [--data photos=FOLDER …] [--json]
and of AGORA's predictions: python -m train.evaluate --agora FOLDER|ZIP --truth FRAMES… [--body SMPL] [--json OUT]

Fits go from true 2D keypoints alone to 3D, with each source's own joints and cameras: PA-MPJPE over the twelve limb
joints (shoulders, elbows, wrists, hips, knees, ankles), of the fit, of the first and the best of five alternatives, and
pixels at a person size of 200 px. A network is measured by the field's protocols, which the output names, and on a
FOLDER of photos with such truth by the same limb joints.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from core.body import load_body
from core.body.model import Body, BodyParams
from core.errors import FitloopError
from core.fitting import TRUSTING, FitConfig, FitStep, alternatives, fit
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import LifterGuess
from core.networks.load import load_keypoints_network, load_network, place_of
from core.networks.table import kind_of
from train.bulk.compile_notice import ready_to_fit
from train.data.photo_truth import PhotoTruth, read_truth
from train.evaluation.agora import agora_run
from train.evaluation.evaluate_options import OF_FITS, OF_NETWORKS, add_evaluate_options
from train.run.devices import device_of
from train.run.folder import checkpoint_of
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.values import folders_of

if TYPE_CHECKING:
    from train.evaluation.results import Result

ALTERNATIVES = 5
PART_LABELS = "lsp"


def evaluate_fits(body: Body, people: PhotoTruth, guess: str) -> dict[str, list[float]]:
    """PA-MPJPE [mm] of guess, fit, first and best alternative, and the score [px], one number per person."""
    keypoints = torch.from_numpy(people.keypoints)
    focal, center = torch.from_numpy(people.focal_length), torch.from_numpy(people.camera_center)
    lifted = guesses(body, people, guess)
    config = FitConfig() if lifted is None else TRUSTING
    started = None if lifted is None else lifted.params
    *_, step = fit(body, keypoints, people.layout, focal, center, guess=started, config=config)
    result = {"guess_mm": [], "fit_mm": limb_error_mm(body, people, step.params)}
    result |= {"first_of_5_mm": [], "best_of_5_mm": []}
    if lifted is not None:
        result["guess_mm"] = limb_error_mm(body, people, lifted.params)
    for person in range(len(keypoints)):
        one = slice(person, person + 1)
        starts = None
        if lifted is not None:
            count = len(lifted.hypotheses) // len(keypoints)
            starts = joined(step.params[one], lifted.hypotheses[slice(person * count, (person + 1) * count)])
        found = alternatives(
            body, keypoints[one], people.layout, focal[one], center[one], starts, ALTERNATIVES, config
        )
        errors = [_error_of(body, people, other, person) for other in found]
        result["first_of_5_mm"].append(errors[0])
        result["best_of_5_mm"].append(min(errors))
    return {**result, "score_px": step.score.tolist(), "iterations": [float(step.iteration)]}


def guesses(body: Body, people: PhotoTruth, guess: str) -> LifterGuess | None:
    """The guesses of a network that sees keypoints; None for a start from nothing."""
    if guess == "none":
        return None
    network = load_keypoints_network(checkpoint_of(place_of(guess)))
    found: LifterGuess = kind_of(network).forward(
        network,
        body,
        torch.from_numpy(people.keypoints),
        people.layout,
        torch.from_numpy(people.focal_length),
        torch.from_numpy(people.camera_center),
    )
    return found


def joined(first: BodyParams, second: BodyParams) -> BodyParams:
    """Two batches of bodies as one."""
    parts = zip(first.tensors(), second.tensors(), strict=True)
    return BodyParams(*(torch.cat(pair) for pair in parts))


def limb_error_mm(body: Body, people: PhotoTruth, params: BodyParams) -> list[float]:
    """PA-MPJPE over the twelve limb joints, per person."""
    points = body.keypoints(params, people.layout)[:, people.limbs]
    truth = torch.from_numpy(people.joints)[:, people.limbs]
    return pa_mpjpe_mm(points, truth, torch.from_numpy(people.measured)).tolist()


def _error_of(body: Body, people: PhotoTruth, step: FitStep, person: int) -> float:
    points = body.keypoints(step.params, people.layout)[:, people.limbs]
    one = slice(person, person + 1)
    truth: Tensor = torch.from_numpy(people.joints[one])[:, people.limbs]
    return float(pa_mpjpe_mm(points, truth, torch.from_numpy(people.measured[one]))[0])


def summarise(per_source: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, float]]:
    """Means by source, and over all people; a person with fewer than three measured joints has no error."""
    sources = dict(per_source)
    sources["all"] = {
        name: [value for result in per_source.values() for value in result[name]]
        for name in next(iter(per_source.values()))
    }
    return {
        source: {name: sum(values) / len(values) for name, values in known.items() if values}
        | {"people": len(known["fit_mm"])}
        for source, result in sources.items()
        for known in [{name: [v for v in values if v == v] for name, values in result.items()}]
    }


def evaluate_network(options: argparse.Namespace) -> int:
    """An image network by the protocols of the field (train/evaluation/protocols.py): a table, or with --json lines.
    Returns the exit code."""
    from train.evaluation.results import table

    if not options.data:
        known = ", ".join(protocol_names())
        raise FitloopError(
            f"nothing to evaluate on. Give --data NAME=FILE.npz, NAME one of {known}, or --data photos=FOLDER."
        )
    photos, masks = folders(options)
    if options.out is not None:
        check_predictions_file(options)
    network = load_network(checkpoint_of(options.network), device_of(options.device))
    body = load_body(options.body)
    gendered = {name: load_body(path) for name, path in options.body_of or ()}
    results: list[Result] = []
    try:
        for name, path in options.data:
            found = measured(
                network, body, name, path, photos.get(name), masks.get(name), gendered, options.out
            )
            results += found
            for notice in (notice for result in found for notice in result.left_out):
                print(notice, file=sys.stderr)
            if options.json:
                print("\n".join(json.dumps(vars(result)) for result in found), flush=True)
    finally:  # results are printed even if a later data set cannot be measured or the command is stopped
        if results and not options.json:
            print(table(results), flush=True)
    return 0


def folders(options: argparse.Namespace) -> tuple[dict[str, Path], dict[str, Path]]:
    """Where photos and masks of the data sets lie, by name. Raises FitloopError for those that nobody would look at."""
    photos = folders_of("--data-photos", options.data_photos or (), options.data)
    masks = folders_of("--data-masks", options.data_masks or (), options.data)
    for name, path in options.data:
        if name in photos and path.is_dir():
            raise FitloopError(f"--data-photos {name}: a folder has its own photos. Leave it out.")
    for name in masks:
        if name != PART_LABELS:
            raise FitloopError(f"--data-masks {name}: masks are of {PART_LABELS}. Leave it out.")
    return photos, masks


def check_predictions_file(options: argparse.Namespace) -> None:
    """Raises FitloopError for an --out that no data set, or more than one, would write."""
    from train.evaluation.crowds.coco_protocol import LAYOUTS

    written = [name for name, path in options.data if name in LAYOUTS and not path.is_dir()]
    if len(written) != 1:
        raise FitloopError(
            f"--out {options.out}: holds the predictions of one data set, but {len(written)} of --data "
            f"would write it. Give one of {', '.join(LAYOUTS)}, or leave --out out."
        )
    check_output(options.out)


def measured(
    network: nn.Module,
    body: Body,
    name: str,
    path: Path,
    photos: Path | None,
    masks: Path | None,
    gendered: Mapping[str, Body],
    out: Path | None = None,
) -> list[Result]:
    """One data set, by the protocol of its name; a folder, by the truth files in it. gendered: SMPL's by gender; out:
    file for predictions as COCO's results."""
    from train.evaluation.crowds.coco_protocol import LAYOUTS, evaluate_keypoints
    from train.evaluation.part_labels import evaluate_parts
    from train.evaluation.photo_protocol import evaluate_photos
    from train.evaluation.protocols import evaluate

    if path.is_dir():
        return evaluate_photos(network, body, path)
    if name in LAYOUTS:
        return [evaluate_keypoints(network, body, name, path, photos or path.parent, out)]
    if name == PART_LABELS:
        folder = photos or path.parent
        return [evaluate_parts(network, body, name, path, folder, masks or folder)]
    return [evaluate(network, body, name, path, photos, gendered)]


def protocol_names() -> tuple[str, ...]:
    """What a data set may be called, for its own protocol; any other name is measured by its joints `S`."""
    from train.evaluation.crowds.coco_protocol import LAYOUTS
    from train.evaluation.protocols import PROTOCOLS

    return (*PROTOCOLS, PART_LABELS, *LAYOUTS)


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    parser = CommandLine("train.evaluate", __doc__)
    add_evaluate_options(parser)
    options = parser.parse_args(arguments)
    ways = {"network": evaluate_network, "fits_from": evaluate_all_fits, "agora": agora_run.evaluate_agora}
    chosen = [name for name in ways if getattr(options, name) is not None]
    if len(chosen) != 1:
        parser.error("give a run or a checkpoint with --data, or --fits-from, or --agora with --truth")
    own = {"network": OF_NETWORKS, "fits_from": OF_FITS, "agora": agora_run.OPTIONS}
    of_others = [option for name, options_ in own.items() if name not in chosen for option in options_]
    parser.refuse(options, of_others, f"not for --{chosen[0].replace('_', '-')}. Leave it out.")
    if isinstance(options.json, Path) and chosen != ["agora"]:
        parser.error("--json OUT: a file is written of --agora alone. Leave the name out.")
    return run_to_end(lambda: ways[chosen[0]](options))


def evaluate_all_fits(options: argparse.Namespace) -> int:
    """Fits of every truth file in a folder, as JSON. Returns the exit code."""
    body, truth = load_body(options.body), read_truth(options.fits_from)
    ready_to_fit("cpu")
    per_source = {people.source: evaluate_fits(body, people, options.guess) for people in truth}
    summary = {"protocol": "PA-MPJPE, 12 limb joints, true 2D keypoints", "start": options.guess}
    print(json.dumps({**summary, **summarise(per_source)}, indent=None if options.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
