"""Several processes teach one network: `torchrun --nproc-per-node N -m -- train.…` on one machine's cores.

Each draws its own batch; gradients are averaged before every step, so the processes stay equal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor

from train.run.rendezvous import join_group


def join() -> tuple[int, int]:
    """This process's number and how many there are; 0, 1 without torchrun."""
    if "WORLD_SIZE" not in os.environ:
        return 0, 1
    join_group("gloo")
    return dist.get_rank(), dist.get_world_size()


def average_gradients(parameters: Iterable[Tensor], number: float) -> float:
    """Average the gradients, and one number with them, over the processes. Returns the number's mean."""
    if not dist.is_initialized():
        return number
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients] + [gradients[0].new_tensor([number])])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()
    return float(flat[-1])


def leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
