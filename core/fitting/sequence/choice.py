"""Choose among a network's hypotheses by time: a limb that flips in depth for one frame would move too fast."""

from __future__ import annotations

import torch
from torch import Tensor

FAST = 3.0  # [m/s] a joint's speed at which a change of hypotheses costs half
LEAST_PROBABILITY = 1e-3


@torch.no_grad()
def choose_over_time(joints: Tensor, probability: Tensor, seconds: Tensor, there: Tensor) -> Tensor:
    """The hypothesis of each frame (T,) that makes the likeliest path: Viterbi's algorithm.

    joints (T, H, J, 3) [m] of H hypotheses a frame, in axes that keep still; the root's place does not count.
    probability (T, H) of each; there (T, H) bool: False for a hypothesis that a frame lacks; seconds (T,), rising. The
    cost of a step is robust in each joint's speed v: v² / (FAST² + v²).
    """
    placed = joints - joints[:, :, :1]
    unlikely = -probability.clamp_min(LEAST_PROBABILITY).log()
    unlikely = unlikely.masked_fill(~there, torch.inf)
    cost, best = unlikely[0], []
    for t in range(1, len(placed)):
        gap = (seconds[t] - seconds[t - 1]).clamp_min(1e-3)
        speed = (placed[t][None] - placed[t - 1][:, None]).norm(dim=3) / gap
        step = (speed.square() / (FAST**2 + speed.square())).sum(dim=2)
        cost, before = (cost[:, None] + step).min(dim=0)
        cost = cost + unlikely[t]
        best.append(before)
    place = int(cost.argmin())
    path = [place]
    for before in reversed(best):
        place = int(before[place])
        path.append(place)
    return torch.tensor(path[::-1])
