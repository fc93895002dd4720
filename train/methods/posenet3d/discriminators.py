"""The paper's discriminators: is this how a real person is seen? In place of the density, and for two frames."""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTH, LAYERS, LEAK = 256, 3, 0.2
PENALTY, PENALTY_EVERY = 0.02, 8
FASTER = 5.0  # the next frame's difference is scaled by it


class Discriminator(nn.Module):
    """2D points (B, P, 2), or two frames of them (B, 2 P, 2), to logits (B,): positive for real ones."""

    def __init__(self, points: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        size = 2 * points
        for _ in range(LAYERS):
            layers += [nn.Linear(size, WIDTH), nn.LeakyReLU(LEAK)]
            size = WIDTH
        self.layers = nn.Sequential(*layers, nn.Linear(size, 1))

    def forward(self, points: Tensor) -> Tensor:
        return torch.as_tensor(self.layers(points.flatten(1)))[:, 0]

    def unlikely(self, points: Tensor) -> Tensor:
        """What a made view costs (B,): little where it is taken for a real one."""
        return torch.nn.functional.softplus(-self(points))

    def learn(self, real: Tensor, made: Tensor, step: int) -> None:
        """Gradients of its own loss, the logistic one of real and made points; now and then with the R1 penalty
        (Mescheder et al., ICML 2018)."""
        real = real.detach().requires_grad_()
        logits = self(real)
        loss = (
            torch.nn.functional.softplus(-logits).mean()
            + torch.nn.functional.softplus(self(made.detach())).mean()
        )
        if step % PENALTY_EVERY == 0:
            (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
            loss = loss + PENALTY * PENALTY_EVERY * slope.square().flatten(1).sum(1).mean()
        loss.backward(inputs=list(self.parameters()))


def two_frames(first: Tensor, following: Tensor) -> Tensor:
    """A frame and how the next differs (B, 2 P, 2)."""
    return torch.cat([first, FASTER * (following - first)], dim=1)
