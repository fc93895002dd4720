"""How likely a body is seen as it is: a density of 2D points, learned from 2D points alone.

A normalising flow of affine couplings (Dinh et al., "Density estimation using Real NVP", ICLR 2017) on the whitened
principal directions of the points, as in Wandt et al., "ElePose", CVPR 2022.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.errors import CheckpointError

DIRECTIONS, COUPLINGS, WIDTH = 28, 8, 160
LEAST_DEVIATION = 1e-3  # of a direction, in sizes of a person
ORDER_SEED = 7
BOUNDS = (("numbers", 2, 1024), ("directions", 2, 1024), ("couplings", 1, 64), ("width", 1, 4096))


@dataclass(frozen=True)
class DensityConfig:
    """numbers: of a person's 2D points, two of each; directions: of them that are whitened. Raises CheckpointError for
    invalid values."""

    numbers: int
    directions: int = DIRECTIONS
    couplings: int = COUPLINGS
    width: int = WIDTH

    def __post_init__(self) -> None:
        for name, least, most in BOUNDS:
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise CheckpointError(f"{value!r} {name}: choose {least} to {most}.")
        if self.directions > self.numbers:
            raise CheckpointError(f"{self.directions} directions: choose at most {self.numbers}.")


class PoseDensity(nn.Module):
    """2D points in their own size in, log-likelihoods out [nats, of the whitened directions]."""

    mean: Tensor
    whiten: Tensor
    orders: Tensor

    def __init__(self, config: DensityConfig) -> None:
        super().__init__()
        self.config = config
        size = config.directions
        self.register_buffer("mean", torch.zeros(config.numbers))
        self.register_buffer("whiten", torch.zeros(config.numbers, size))
        draw = torch.Generator().manual_seed(ORDER_SEED)
        orders = torch.stack([torch.randperm(size, generator=draw) for _ in range(config.couplings)])
        self.register_buffer("orders", orders, persistent=False)
        self.couplings = nn.ModuleList(
            [_coupling(size // 2, size - size // 2, config.width) for _ in range(config.couplings)]
        )

    @torch.no_grad()
    def set_directions(self, points: Tensor) -> None:
        """Take the principal directions of points (N, P, 2)."""
        flat = points.flatten(1).double()
        mean = flat.mean(dim=0)
        _, deviations, axes = torch.linalg.svd(flat - mean, full_matrices=False)
        deviations = (deviations / math.sqrt(len(flat))).clamp_min(LEAST_DEVIATION)
        size = self.config.directions
        self.mean.copy_(mean)
        self.whiten.copy_(axes[:size].T / deviations[:size])

    def forward(self, points: Tensor) -> Tensor:
        """Log-likelihoods (B,) of points (B, P, 2)."""
        z = (points.flatten(1) - self.mean) @ self.whiten
        stretched = z.new_zeros(len(z))
        for order, coupling in zip(self.orders, self.couplings, strict=True):
            kept, moved = z[:, order].split([z.shape[1] // 2, z.shape[1] - z.shape[1] // 2], dim=1)
            bend, shift = coupling(kept).chunk(2, dim=1)
            bend = 2 * torch.tanh(bend / 2)
            z = torch.cat([kept, moved * bend.exp() + shift], dim=1)
            stretched = stretched + bend.sum(dim=1)
        return stretched - 0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)


def _coupling(kept: int, moved: int, width: int) -> nn.Sequential:
    layers = nn.Sequential(
        *(nn.Linear(kept, width), nn.GELU(), nn.Linear(width, width), nn.GELU()),
        nn.Linear(width, 2 * moved),
    )
    last = layers[-1]
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return layers
