"""The lifter: from keypoints alone to a few likely bodies, with probabilities. It ships with the program.

`lift` turns the camera to each person, runs the network (network.py), and brings its bodies back into the
photo's camera frame, where each is moved under its keypoints.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from core.body import Body, BodyParams, KeypointBody, load_body
from core.body.keypoint_body import params_to_vector, vector_to_params
from core.body.keypoints import layout as keypoint_layout
from core.errors import CheckpointError, FitInputError
from core.files.regular import contents, text_of
from core.geometry.rotation import matrix_to_axis_angle
from core.networks.lifter.compiled_input import features_of
from core.networks.lifter.compiled_output import OutputTensors, bodies_of
from core.networks.lifter.network import Hypotheses, Lifter, LifterConfig
from core.networks.lifter.network_input import see, to_definitions
from core.networks.lifter.placement import place_under_keypoints
from core.networks.table import LIFTER_FOLDER

WEIGHTS, CONFIG = "lifter.safetensors", "config.json"
_MOST_CONFIG_BYTES, _MOST_WEIGHT_BYTES = 2**20, 2**29


@dataclass(frozen=True, eq=False)
class LifterGuess:
    """params: the first choice of each person (B); hypotheses: all of them (B * H), each person's from its first choice
    down by probability (B, H). All in the photo's camera frame."""

    params: BodyParams
    hypotheses: BodyParams
    probability: Tensor


def load_lifter(path: Path | None = None, device: torch.device | str = "cpu", exact: bool = False) -> Lifter:
    """The lifter that comes with the program, or the one in another folder of `train.lifter`.

    On a device that is quicker in bfloat16 its layers are held in it, unless `exact`: a fiftieth of a millimetre apart.
    Raises CheckpointError naming parameters that are missing or of another shape.
    """
    folder = LIFTER_FOLDER if path is None else Path(path)
    try:
        entry = json.loads(text_of(folder / CONFIG, _MOST_CONFIG_BYTES))
        config = LifterConfig(**entry["network"])
        weights = load(contents(folder / WEIGHTS, _MOST_WEIGHT_BYTES))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder}: is no lifter ({error}). It needs {CONFIG} and {WEIGHTS}, as train.lifter writes them."
        ) from None
    lifter = Lifter(config)
    wanted = {name: tuple(value.shape) for name, value in lifter.state_dict().items()}
    held = {name: tuple(value.shape) for name, value in weights.items()}
    if wanted != held:
        wrong = sorted(name for name in wanted.keys() | held.keys() if wanted.get(name) != held.get(name))
        raise CheckpointError(
            f"{folder / WEIGHTS}: missing, extra or of another shape than {CONFIG} describes: {', '.join(wrong)}."
        )
    lifter.load_state_dict({name: value.float() for name, value in weights.items()})
    if not exact and has_bfloat16(torch.device(device)):
        for (
            layer
        ) in lifter.modules():  # the norms too: a GPU norms only what has the precision of the norm's weights
            if isinstance(layer, (nn.Linear, nn.LayerNorm)):
                layer.to(torch.bfloat16)
    return lifter.to(device).eval()


def has_bfloat16(device: torch.device) -> bool:
    """True if the device computes in bfloat16 itself, and so is quicker for one person: a GPU, or a processor with
    AVX-512's instructions for it (1.3 for 3.1 ms). With Intel's tiles it is not (2.1 for 1.7 ms): they want many
    people.
    """
    if device.type == "cpu":
        can = torch.cpu.get_capabilities()
        return bool(can.get("avx512_bf16") and not can.get("amx_tile"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def network_entry(config: LifterConfig) -> dict[str, object]:
    """The config as config.json holds it."""
    return asdict(config)


@torch.no_grad()
def lift(
    lifter: Lifter,
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
) -> LifterGuess:
    """Guess bodies from keypoints (B, K, 3) x, y [px], confidence; focal_length (B,), camera_center (B, 2) [px].

    On another body than the lifter's own the shape is that body's mean: its betas mean something else. Raises
    FitInputError for a person without a visible keypoint.
    """
    like = lifter.offsets
    keypoints, focal_length, camera_center = (t.to(like) for t in (keypoints, focal_length, camera_center))
    _check(keypoints, layout, focal_length, camera_center)
    plain = all(t.device.type == "cpu" and t.dtype == torch.float32 for t in (like, body.v_template))
    look, stand = (features_of, bodies_of) if plain else (features_in_tensors, stand_in_tensors)
    features, side, turn = look(lifter, keypoints, layout, focal_length, camera_center)
    numbers, logits = lifter.both_ways(features)
    outputs = OutputTensors(numbers, logits, side, turn, keypoints, focal_length, camera_center)
    unknowns, probability = stand(lifter, body, layout, outputs)
    unknowns = unknowns.to(body.v_template)
    return LifterGuess(
        vector_to_params(unknowns[:, 0]), vector_to_params(unknowns.flatten(0, 1)), probability
    )


def warm_up(lifter: Lifter) -> None:
    """Compile or load the machine code of guesses on the CPU: some seconds after an installation, else a moment."""
    keypoints = torch.ones(1, len(keypoint_layout("coco17").keypoints), 3)
    lift(lifter, load_body(), keypoints, "coco17", torch.ones(1), torch.ones(1, 2))


def features_in_tensors(
    lifter: Lifter, keypoints: Tensor, layout: str, focal_length: Tensor, camera_center: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """As core.networks.lifter promises, on any device."""
    seen = see(to_definitions(keypoints, layout, lifter.config.definitions), focal_length, camera_center)
    return lifter.features_both_ways(seen), seen.side, seen.turn


def stand_in_tensors(
    lifter: Lifter, body: Body, layout: str, outputs: OutputTensors
) -> tuple[Tensor, Tensor]:
    """As core.networks.lifter promises, on any device."""
    bodies = lifter.bodies(outputs.numbers, outputs.logits, outputs.side)
    order = _order(bodies)
    batch, count = order.shape
    person = torch.arange(batch, device=order.device)[:, None]
    probability = bodies.logits.softmax(dim=1)[person, order]
    rotations, shape, pelvis = (
        part[person, order].flatten(0, 1) for part in (bodies.rotations, bodies.shape, bodies.pelvis)
    )
    turn = outputs.turn.repeat_interleave(count, dim=0)
    pose = matrix_to_axis_angle(torch.cat([(turn.mT @ rotations[:, 0])[:, None], rotations[:, 1:]], dim=1))
    shape = shape * (body.fingerprint == lifter.config.body)
    kid = shape[:, 10].clamp(0, 1) * body.has_kid
    params = BodyParams.from_pose(pose.flatten(1), shape[:, :10], torch.zeros_like(pelvis), kid).to(
        body.v_template
    )
    place = (turn.mT @ pelvis[..., None])[..., 0].to(body.v_template) - body.rest_pelvis(params)
    guessed = replace(params, cam_t=place)
    points = KeypointBody.from_body(body, layout).keypoints(guessed)
    rays = (outputs.keypoints[..., :2] - outputs.camera_center[:, None]) / outputs.focal_length[:, None, None]
    rays = torch.where(outputs.keypoints[..., 2:] > 0, rays, 0.0).to(place).repeat_interleave(count, dim=0)
    confidence = outputs.keypoints[..., 2].to(place).repeat_interleave(count, dim=0)
    hypotheses = replace(guessed, cam_t=place_under_keypoints(points, rays, confidence, place))
    return params_to_vector(hypotheses).unflatten(0, (batch, count)), probability


def _order(bodies: Hypotheses) -> Tensor:
    """(B, H): first the one nearest to all others by their probability, then the rest by probability."""
    probability = bodies.logits.softmax(dim=1)
    apart = (bodies.joints[:, :, None] - bodies.joints[:, None]).norm(dim=-1).mean(dim=-1)
    expected = (apart * probability[:, None]).sum(dim=2)
    first = torch.nn.functional.one_hot(expected.argmin(dim=1), probability.shape[1])
    return (probability + first).argsort(dim=1, descending=True)


def _check(keypoints: Tensor, layout: str, focal_length: Tensor, camera_center: Tensor) -> None:
    """Raises FitInputError when shapes disagree, a number is no number, or a person has no keypoint."""
    k = keypoint_layout(layout).k
    if keypoints.ndim != 3 or keypoints.shape[1:] != (k, 3) or not len(keypoints):
        raise FitInputError(
            f"keypoints have shape {tuple(keypoints.shape)}, but layout {layout!r} needs (people, {k}, 3)."
        )
    if focal_length.shape != (len(keypoints),) or camera_center.shape != (len(keypoints), 2):
        raise FitInputError(
            f"focal_length {tuple(focal_length.shape)} and camera_center {tuple(camera_center.shape)} must be "
            f"({len(keypoints)},) and ({len(keypoints)}, 2): one for each person."
        )
    given, focal, centre = (t.cpu().numpy() for t in (keypoints, focal_length, camera_center))
    present = given[..., 2] > 0
    numbers = np.isfinite(given).all(axis=-1) | ~present
    camera = np.isfinite(focal) & (focal > 0) & np.isfinite(centre).all(axis=1)
    for fine, words in (
        (present.any(axis=1), "no visible keypoint. Mark at least one, or guess with an image network"),
        (numbers.all(axis=1), "a visible keypoint whose place is no number. Give it confidence 0"),
        (camera, "no usable camera. Give a positive focal length and the camera's centre [px]"),
    ):
        if not fine.all():
            raise FitInputError(f"Person {int(np.flatnonzero(~fine)[0])}: {words}.")
