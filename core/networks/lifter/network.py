"""The lifter's network: keypoints as LifterInput in, a few likely bodies with probabilities out.

A residual network (after Martinez et al., "A simple yet effective baseline", ICCV 2017) proposes H bodies. The first is
taught to be the safe one; the others part to cover what keypoints leave open, above all which way a limb points.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.body import KeypointBody
from core.body.kinematics import batch_first, batch_last, transforms_down_the_tree
from core.body.tree import FLIP, JOINT_NAMES, mirror_name
from core.errors import CheckpointError
from core.networks.lifter.network_input import LifterInput, family
from core.networks.table import LIFTER

JOINTS, SHAPE = len(JOINT_NAMES), 11  # ten betas and the kid
POSE6D = 6 * JOINTS
NUMBERS = POSE6D + SHAPE + 3  # of one hypothesis: rotations, shape, and where the pelvis is
BODY_HEIGHT = 1.7  # [m] height of a person whose place numbers are all zero
NO_FAMILY = 1e-6  # weight below which nothing of a family was seen
FARTHEST_LOG = 3.0  # of the distance, over that at which a person is as tall as the bbox
EACH = 4  # numbers of a keypoint that the network is given: x, y, presence, confidence
FARTHEST = 4.0  # half sides from the middle: keypoints beyond are held there
MOST = {"width": 4096, "blocks": 16, "hypotheses": 64}  # of a network that a file may ask for
SHORTEST = 1e-12  # squared length of a column that still gives a direction
CLOSE = 0.05  # of the distance: the least that a joint may be away from the camera when it is projected


@dataclass(frozen=True)
class LifterConfig:
    """The values that build the network; `body` is the fingerprint of the body whose shapes it predicts.

    Raises CheckpointError for invalid values.
    """

    definitions: tuple[str, ...]
    width: int = 864
    blocks: int = 3
    hypotheses: int = 5
    body: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "definitions", tuple(self.definitions))  # files hold a list
        if not all(isinstance(name, str) for name in self.definitions):
            raise CheckpointError(f"definitions {self.definitions}: give the names of keypoints.")
        for name, most in MOST.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise CheckpointError(f"{value!r} {name}: choose 1 to {most}.")
        if not isinstance(self.body, str):
            raise CheckpointError(f"body {self.body!r}: give the fingerprint of a body, a text.")


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
    """Keypoints in, hypotheses out. `core.networks.lift` is the way in from a photo."""

    kind = LIFTER
    offsets: Tensor
    offsets_shape: Tensor
    mean: Tensor
    members: Tensor
    flip: Tensor
    flip_numbers: Tensor
    mirror_numbers: Tensor

    def __init__(self, config: LifterConfig) -> None:
        super().__init__()
        self.config = config
        families = sorted({family(name) for name in config.definitions})
        members = torch.tensor([[float(family(d) == f) for d in config.definitions] for f in families])
        self.register_buffer("members", members, persistent=False)
        names = list(config.definitions)
        flip = torch.tensor([names.index(mirror_name(name)) for name in names])
        flip_numbers, mirror_numbers = _mirrored_numbers()
        self.register_buffer("flip", flip, persistent=False)
        self.register_buffer("flip_numbers", flip_numbers, persistent=False)
        self.register_buffer("mirror_numbers", mirror_numbers, persistent=False)
        self.register_buffer("offsets", torch.zeros(JOINTS, 3))
        self.register_buffer("offsets_shape", torch.zeros(SHAPE, 3 * JOINTS))
        self.register_buffer("mean", torch.zeros(NUMBERS))
        inputs = EACH * (len(config.definitions) + len(families)) + 1
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
        """Set the skeleton of the predicted body, and the hypothesis it starts from (NUMBERS,)."""
        self.offsets.copy_(keypoint_body.offsets.view(JOINTS, 3))
        self.offsets_shape.copy_(keypoint_body.offsets_shape)
        self.mean.copy_(mean)

    def forward(self, seen: LifterInput) -> Hypotheses:
        """The hypotheses of each person; half precision only inside autocast."""
        return self.bodies(*self._numbers(self.features(seen)), seen.side)

    def both_ways(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The input of `bodies`, from features (2 B, ...) as `features_both_ways` gives them: the safe hypothesis
        averaged with the prediction for the person's mirror image."""
        numbers, logits = self._numbers(features)
        own, other = numbers.chunk(2)
        safe = (own[:, 0] + other[:, 0, self.flip_numbers] * self.mirror_numbers) / 2
        return torch.cat([safe[:, None], own[:, 1:]], dim=1), logits.chunk(2)[0]

    def features_both_ways(self, seen: LifterInput) -> Tensor:
        """Features of all people, then those of their mirror images."""
        mirrored = LifterInput(
            seen.xy[:, self.flip] * seen.xy.new_tensor([-1.0, 1.0]),
            seen.confidence[:, self.flip],
            seen.side,
            seen.turn,
        )
        return self.features(seen.and_then(mirrored))

    def _numbers(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(B, H, NUMBERS), as `bodies` reads them, and logits (B, H)."""
        trunk = self.blocks(self.into(features.to(self.into.weight.dtype)))
        numbers = self.propose(trunk).float().view(len(trunk), self.config.hypotheses, NUMBERS)
        return numbers + self.mean, self.choose(trunk).float()

    def features(self, seen: LifterInput) -> Tensor:
        """Each keypoint (x, y, presence, confidence), the mean of each family, and how large the person is seen."""
        xy = (seen.xy * (2 / seen.side)[:, None, None]).clamp(-FARTHEST, FARTHEST)
        present = (seen.confidence > 0).to(xy)
        each = torch.cat([xy, present[..., None], seen.confidence[..., None]], dim=-1)
        weight = seen.confidence @ self.members.T
        families = (each * seen.confidence[..., None]).mT @ self.members.T
        families = families / weight[:, None].clamp_min(NO_FAMILY)
        near = seen.side.log()[:, None] + 1.0
        return torch.cat([each.flatten(1), families.flatten(1), near], dim=1)

    def bodies(self, numbers: Tensor, logits: Tensor, side: Tensor) -> Hypotheses:
        """numbers (B, H, NUMBERS): 6D rotations, shape, and the pelvis as x, y [half sides] and log size."""
        batch, count = numbers.shape[:2]
        shape, place = numbers[..., POSE6D : POSE6D + SHAPE], numbers[..., POSE6D + SHAPE :]
        rotations, joints = self._posed(numbers[..., :POSE6D].flatten(0, 1), shape.flatten(0, 1))
        rotations, joints = (part.unflatten(0, (batch, count)) for part in (rotations, joints))
        half = side[:, None] / 2
        depth = BODY_HEIGHT / (2 * half) * place[..., 2].clamp(-FARTHEST_LOG, FARTHEST_LOG).exp()
        across = place[..., :2] * (half * depth)[..., None]
        return Hypotheses(rotations, shape, joints, torch.cat([across, depth[..., None]], -1), logits)

    def _posed(self, pose6d: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
        """pose6d (B, 144), shape (B, 11). Returns rotations (B, 24, 3, 3) and joints (B, 24, 3) [m] from the pelvis."""
        offsets = torch.addmm(self.offsets.flatten(), shape, self.offsets_shape).view(-1, JOINTS, 3)
        rotations = rotations_from_6d(batch_last(pose6d.view(-1, JOINTS, 3, 2)))
        world = transforms_down_the_tree(torch.cat([rotations, batch_last(offsets)[:, None]], dim=1))
        joints = world[:, 3] - world[:, 3, :1]
        return batch_first(rotations), joints.permute(2, 1, 0)


def rotations_from_6d(columns: Tensor) -> Tensor:
    """`core.geometry.rotation.rotation6d_to_matrix` with the batch last: (3, 2, 24, B) to (3, 3, 24, B)."""
    first, second = columns.unbind(1)
    first = _unit(first)
    second = _unit(second - (first * second).sum(0) * first)
    third = first.roll(-1, 0) * second.roll(-2, 0) - first.roll(-2, 0) * second.roll(-1, 0)
    return torch.stack([first, second, third], dim=1)


def _unit(vectors: Tensor) -> Tensor:
    """vectors (3, ...) at length one."""
    return vectors * vectors.square().sum(0).clamp_min(SHORTEST).rsqrt()


def _mirrored_numbers() -> tuple[Tensor, Tensor]:
    """Places and signs (NUMBERS,) that make a hypothesis its mirror image: M R M of the other side's R, and -x."""
    places, signs = torch.arange(NUMBERS), torch.ones(NUMBERS)
    places[:POSE6D] = places[:POSE6D].view(JOINTS, 6)[list(FLIP)].flatten()
    signs[:POSE6D] = torch.tensor([1.0, -1.0, -1.0, 1.0, -1.0, 1.0]).repeat(JOINTS)
    signs[POSE6D + SHAPE] = -1.0
    return places, signs
