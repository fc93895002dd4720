"""The synthesizer of Tripathi et al. (CVPR 2019) for people: it places a cut-out so that the target fails.

A discriminator keeps it plausible: real pictures get the same seams, sizes and JPEG as composites, or it would learn
those. Gradients go through the pasted pixels; truth follows the placement without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.body.keypoints import layout
from core.files.whole_file import whole_file
from core.networks.checkpoint import load_weights, read_checkpoint
from train.compositing.composites import CompositePlan
from train.compositing.cutting.staged_people import LAYOUT
from train.compositing.placements import KINDS, NUMBERS

SIDE, NOISE = 64, 8  # px of what a synthesizer sees, and random numbers beside it
CHANNELS = 16, 32, 64
RATE, LAST_RATE = 1e-4, 1e-5
PLACER = "placer.safetensors"
_BONES = tuple(layout(LAYOUT).bones)


class PersonPlacer(nn.Module):
    """cut-outs (B, 4, 64, 64) and photos (B, 4, 64, 64), the last channel a map of people, kinds (B, 4) and noise
    (B, 8) to numbers (B, 4) from -1 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.of_cutout, self.of_photo = trunk(4), trunk(4)
        self.joined = nn.Sequential(
            nn.Linear(2 * CHANNELS[-1] * (SIDE // 8) ** 2 + len(KINDS) + NOISE, 128),
            nn.ReLU(),
            nn.Linear(128, 128),
            nn.ReLU(),
        )
        self.last = nn.Linear(128, NUMBERS)

    def forward(self, cutouts: Tensor, photos: Tensor, kinds: Tensor, noise: Tensor) -> Tensor:
        parts = [self.of_cutout(cutouts), self.of_photo(photos), kinds, noise[:, :NOISE]]
        predicted = self.last(self.joined(torch.cat(parts, dim=1)))
        return (1.5 * predicted + noise[:, NOISE:]).tanh()

    @torch.no_grad()
    def numbers(self, plans: Sequence[CompositePlan], seed: int) -> NDArray[np.float32]:
        """(B, 4) for the first cut-outs of plans."""
        return np.asarray(self(*shown(plans), noise_of(len(plans), seed)).numpy(), np.float32)

    def optimizer(self) -> torch.optim.Optimizer:
        """With a smaller rate for the numbers themselves, as spatial transformers need."""
        last = list(self.last.parameters())
        own = {id(one) for one in last}
        rest = [one for one in self.parameters() if id(one) not in own]
        return torch.optim.Adam([{"params": rest, "lr": RATE}, {"params": last, "lr": LAST_RATE}])


def write_placer(file: Path, placer: PersonPlacer) -> None:
    """As safetensors. Raises OSError."""
    with whole_file(file) as stream:
        stream.write(safetensors.torch.save(placer.state_dict()))


def read_placer(file: Path) -> PersonPlacer:
    """Raises CheckpointError for a file of another form."""
    placer = PersonPlacer()
    load_weights(placer, read_checkpoint(file).weights, str(file))
    return placer


def trunk(inputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip((inputs, *CHANNELS[:-1]), CHANNELS, strict=True):
        layers += [nn.Conv2d(before, after, 3, 2, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten())


def discriminator() -> nn.Module:
    """Pictures (B, 3, 64, 64) from 0 to 1 to logits (B, 1): real above zero."""
    return nn.Sequential(trunk(3), nn.Linear(CHANNELS[-1] * (SIDE // 8) ** 2, 1))


def noise_of(count: int, seed: int) -> Tensor:
    """(B, 12): what the placer is shown, and what is added to its numbers."""
    return torch.randn(count, NOISE + NUMBERS, generator=torch.Generator().manual_seed(seed))


def shown(plans: Sequence[CompositePlan]) -> tuple[Tensor, Tensor, Tensor]:
    """What a placer sees of plans: cut-outs, photos with people, kinds."""
    cutouts = np.stack([_small(plan.pastes[0].cutout.rgba) for plan in plans])
    photos = np.stack([np.dstack([_small(plan.image), _map(plan)]) for plan in plans])
    kinds = torch.tensor([[float(plan.kind == kind) for kind in KINDS] for plan in plans])
    return _tensor(cutouts), _tensor(photos), kinds


def _map(plan: CompositePlan) -> NDArray[np.uint8]:
    """People's bones (64, 64); those of the person the target is asked about are brighter."""
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    scale = np.array([SIDE, SIDE]) / plan.size
    for person, points in enumerate(plan.people.points * scale):
        ends = np.rint(points.clip(-SIDE, 2 * SIDE)).astype(int).tolist()
        for start, end in _BONES:
            cv2.line(drawn, ends[start], ends[end], 255 if person == plan.asked else 120, 1)
    return drawn


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _tensor(images: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(images).movedim(-1, 1).float() / 255
