"""The lifter: from keypoints alone to a few likely bodies, with probabilities.

A residual network (after Martinez et al., "A simple yet effective baseline", ICCV 2017) reads the keypoints as a camera
looking straight at the person sees them, and proposes H bodies. The first is taught to be the safe one; the others
part to cover what keypoints leave open, above all which way a limb points in depth.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.body import Body, BodyParams, KeypointBody
from core.body.keypoints import layout as keypoint_layout
from core.body.tree import JOINT_NAMES
from core.errors import CheckpointError, FitInputError
from core.geometry.rotation import matrix_to_axis_angle
from core.guess.lifter_input import LifterInput, family, see, to_definitions
from core.guess.skeleton import batch_first, batch_last, rotations_from_6d, transforms_down_the_tree

LIFTER_FOLDER = Path(__file__).parents[2] / "resources" / "lifter"
WEIGHTS, CONFIG = "lifter.safetensors", "config.json"
JOINTS, SHAPE = len(JOINT_NAMES), 11  # ten betas and the kid
POSE6D = 6 * JOINTS
NUMBERS = POSE6D + SHAPE + 3  # of one hypothesis: rotations, shape, and where the pelvis is
BODY_HEIGHT = 1.7  # [m] a person whose place is all zeros is that tall
FARTHEST = 4.0  # half sides from the middle: keypoints beyond are held there
CLOSE = 0.05  # of the distance: the least that a joint may be away from the camera when it is projected


@dataclass(frozen=True)
class LifterConfig:
    """What is needed to build the network; `body` is the fingerprint of the body whose shapes it speaks of."""

    definitions: tuple[str, ...]
    width: int = 864
    blocks: int = 3
    hypotheses: int = 5
    body: str = ""


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """H bodies a person in the turned camera frame (LifterInput.turn), in tangents of its middle ray.

    rotations (B, H, 24, 3, 3); shape (B, H, 11); joints (B, H, 24, 3) [m] from the pelvis; pelvis (B, H, 3) [m];
    logits (B, H).
    """

    rotations: Tensor
    shape: Tensor
    joints: Tensor
    pelvis: Tensor
    logits: Tensor

    def projected(self) -> Tensor:
        """(B, H, 24, 2) tangents."""
        points = self.joints + self.pelvis[:, :, None]
        depth = points[..., 2:].maximum(CLOSE * self.pelvis[:, :, None, 2:])
        return points[..., :2] / depth


class Block(nn.Module):
    """A residual block: norm, out, bend, back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out, self.back = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.back(nn.functional.gelu(self.out(self.norm(x))))


class Lifter(nn.Module):
    """Keypoints in, hypotheses out. `core.guess.lift` is the way in from a photo."""

    offsets: Tensor
    offsets_shape: Tensor
    mean: Tensor
    members: Tensor

    def __init__(self, config: LifterConfig) -> None:
        super().__init__()
        self.config = config
        families = sorted({family(name) for name in config.definitions})
        members = torch.tensor([[float(family(d) == f) for d in config.definitions] for f in families])
        self.register_buffer("members", members, persistent=False)
        self.register_buffer("offsets", torch.zeros(JOINTS, 3))
        self.register_buffer("offsets_shape", torch.zeros(SHAPE, 3 * JOINTS))
        self.register_buffer("mean", torch.zeros(NUMBERS))
        inputs = 4 * len(config.definitions) + 4 * len(families) + 1
        width = config.width
        self.into = nn.Linear(inputs, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(config.blocks)], nn.LayerNorm(width))
        self.propose = nn.Linear(width, config.hypotheses * NUMBERS)
        self.choose = nn.Linear(width, config.hypotheses)
        for layer in (self.propose, self.choose):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        nn.init.normal_(self.propose.bias, std=0.05)  # or all hypotheses would learn the same

    def set_body(self, keypoint_body: KeypointBody, mean: Tensor) -> None:
        """The skeleton of the body it will speak of, and the hypothesis it starts from (NUMBERS,)."""
        self.offsets.copy_(keypoint_body.offsets.view(JOINTS, 3))
        self.offsets_shape.copy_(keypoint_body.offsets_shape)
        self.mean.copy_(mean)

    def forward(self, seen: LifterInput) -> Hypotheses:
        """What the person may be; half precision only inside autocast."""
        trunk = self.blocks(self.into(self._features(seen)))
        numbers = self.propose(trunk).float().view(len(trunk), self.config.hypotheses, NUMBERS) + self.mean
        return self._bodies(numbers, self.choose(trunk).float(), seen.side)

    def _features(self, seen: LifterInput) -> Tensor:
        """Each keypoint (x, y, presence, confidence), the mean of each family, and how large the person is seen."""
        xy = (seen.xy * (2 / seen.side)[:, None, None]).clamp(-FARTHEST, FARTHEST)
        present = (seen.confidence > 0).to(xy)
        each = torch.cat([xy, present[..., None], seen.confidence[..., None]], dim=-1)
        weight = seen.confidence @ self.members.T
        families = (each * seen.confidence[..., None]).mT @ self.members.T
        families = families / weight[:, None].clamp_min(1e-6)
        near = seen.side.log()[:, None] + 1.0
        return torch.cat([each.flatten(1), families.flatten(1), near], dim=1)

    def _bodies(self, numbers: Tensor, logits: Tensor, side: Tensor) -> Hypotheses:
        """numbers (B, H, NUMBERS): 6D rotations, shape, and the pelvis as x, y [half sides] and log size."""
        batch, count = numbers.shape[:2]
        shape, place = numbers[..., POSE6D : POSE6D + SHAPE], numbers[..., POSE6D + SHAPE :]
        rotations, joints = self._posed(numbers[..., :POSE6D].flatten(0, 1), shape.flatten(0, 1))
        rotations, joints = (part.unflatten(0, (batch, count)) for part in (rotations, joints))
        half = side[:, None] / 2
        depth = BODY_HEIGHT / (2 * half) * place[..., 2].clamp(-3, 3).exp()
        across = place[..., :2] * (half * depth)[..., None]
        return Hypotheses(rotations, shape, joints, torch.cat([across, depth[..., None]], -1), logits)

    def _posed(self, pose6d: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
        """pose6d (B, 144), shape (B, 11). Returns rotations (B, 24, 3, 3) and joints (B, 24, 3) [m] from the pelvis."""
        offsets = torch.addmm(self.offsets.flatten(), shape, self.offsets_shape).view(-1, JOINTS, 3)
        rotations = rotations_from_6d(batch_last(pose6d.view(-1, JOINTS, 3, 2)))
        world = transforms_down_the_tree(rotations, batch_last(offsets))
        joints = world[:, 3] - world[:, 3, :1]
        return batch_first(rotations), joints.permute(2, 1, 0)


@dataclass(frozen=True, eq=False)
class LifterGuess:
    """params: the first choice of each person (B); hypotheses: all of them (B * H), each person's from its first choice
    down by probability (B, H). All in the photo's camera frame."""

    params: BodyParams
    hypotheses: BodyParams
    probability: Tensor


def load_lifter(path: Path | None = None, device: torch.device | str = "cpu") -> Lifter:
    """The lifter that comes with the program, or the one in another folder of `train.lifter`.

    Raises CheckpointError naming what is missing or of another shape.
    """
    folder = LIFTER_FOLDER if path is None else Path(path)
    try:
        entry = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        config = LifterConfig(**{**entry["network"], "definitions": tuple(entry["network"]["definitions"])})
        weights = load_file(folder / WEIGHTS)
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
            f"{folder / WEIGHTS}: missing, extra or of another shape than {CONFIG} says: {', '.join(wrong)}."
        )
    lifter.load_state_dict({name: value.float() for name, value in weights.items()})
    return lifter.to(device).eval()


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
    FitInputError for a person of whom nothing is visible.
    """
    like = lifter.offsets
    keypoints, focal_length, camera_center = (t.to(like) for t in (keypoints, focal_length, camera_center))
    _check(keypoints, layout, focal_length, camera_center)
    points = to_definitions(keypoints, layout, lifter.config.definitions)
    seen = see(points, focal_length, camera_center)
    bodies = lifter(seen)
    order = _order(bodies)
    batch, count = order.shape
    person = torch.arange(batch, device=order.device)[:, None]
    probability = bodies.logits.softmax(dim=1)[person, order]
    rotations, shape, pelvis = (
        part[person, order].flatten(0, 1) for part in (bodies.rotations, bodies.shape, bodies.pelvis)
    )
    turn = seen.turn.repeat_interleave(count, dim=0)
    pose = matrix_to_axis_angle(torch.cat([(turn.mT @ rotations[:, 0])[:, None], rotations[:, 1:]], dim=1))
    own = body.fingerprint == lifter.config.body
    shape = shape if own else torch.zeros_like(shape)
    kid = shape[:, 10].clamp(0, 1) if body.has_kid else torch.zeros_like(shape[:, 10])
    params = BodyParams.from_pose(pose.flatten(1), shape[:, :10], torch.zeros_like(pelvis), kid).to(
        body.v_template
    )
    place = (turn.mT @ pelvis[..., None])[..., 0].to(body.v_template) - body.rest_pelvis(params)
    hypotheses = BodyParams(params.global_orient, params.body_pose, params.betas, place, params.kid)
    return LifterGuess(hypotheses[::count], hypotheses, probability)


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
    present = keypoints[..., 2] > 0
    numbers = keypoints.isfinite().all(dim=-1) | ~present
    camera = focal_length.isfinite() & (focal_length > 0) & camera_center.isfinite().all(dim=1)
    for fine, words in (
        (present.any(dim=1), "no visible keypoint. Mark at least one, or guess with an image network"),
        (numbers.all(dim=1), "a visible keypoint whose place is no number. Give it confidence 0"),
        (camera, "no usable camera. Give a positive focal length and the camera's centre [px]"),
    ):
        if not bool(fine.all()):
            raise FitInputError(f"Person {int((~fine).nonzero()[0])}: {words}.")
