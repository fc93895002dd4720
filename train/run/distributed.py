"""One training on several processes (`torchrun`), each with its share of every batch.

Nothing may depend on how a batch is shared: sums run over all processes, batch norms see the whole batch, dropout is
drawn for the whole batch. Then any number of processes takes the same step, and a restart may have another number.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from train.data.batches import Share
from train.run.devices import device_of
from train.run.rendezvous import join_group


@dataclass(frozen=True)
class Processes:
    """This process's number `rank` of `count`, and its device."""

    rank: int
    count: int
    device: torch.device

    @classmethod
    def join(cls, device: str) -> Processes:
        """The processes that torchrun started; one without it. Raises FitloopError for a device that is not here."""
        count = int(os.environ.get("WORLD_SIZE", "1"))
        chosen = device_of(device)
        if chosen.type == "cuda":
            torch.cuda.set_device(chosen)
        if count > 1:
            join_group("nccl" if chosen.type == "cuda" else "gloo")
        return cls(int(os.environ.get("RANK", "0")), count, chosen)

    @property
    def share(self) -> Share:
        return Share(self.rank, self.count)

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and talks."""
        return self.rank == 0

    def total(self, numbers: Tensor) -> Tensor:
        """The sum over all processes, without gradient."""
        summed = numbers.detach().clone()
        if self.count > 1:
            dist.all_reduce(summed)
        return summed

    def gathered(self, values: Tensor) -> Tensor:
        """The rows of all processes, one process after the other; all have equally many."""
        if self.count == 1:
            return values
        number = values.to(torch.uint8) if values.dtype == torch.bool else values
        parts = [torch.empty_like(number) for _ in range(self.count)]
        dist.all_gather(parts, number.contiguous())
        return torch.cat(parts).to(values.dtype)

    def sum_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Each process's loss is its share of the whole, so gradients add up."""
        if self.count == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def agreed(self, text: str) -> str:
        """The first process's text, in all of them."""
        texts = [text]
        if self.count > 1:
            dist.broadcast_object_list(texts, src=0)
        return texts[0]

    def any(self, flag: bool) -> bool:
        """True if the flag of any process is True."""
        if self.count == 1:
            return flag
        return bool(self.total(torch.tensor([float(flag)], device=self.device)) > 0)

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        if dist.is_initialized():
            dist.destroy_process_group()


class _AllSum(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        summed = values.clone()
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        summed = gradient.clone()
        dist.all_reduce(summed)
        return summed


class SharedNorm(nn.BatchNorm2d):
    """A batch norm over the whole batch, on any device: torch's own SyncBatchNorm is for GPUs only."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        count = values.numel() // values.shape[1] * dist.get_world_size()
        mean = _AllSum.apply(values.sum(dim=(0, 2, 3))) / count
        centred = values - mean[:, None, None]
        variance = _AllSum.apply(centred.square().sum(dim=(0, 2, 3))) / count
        self._remember(mean, variance * count / max(1, count - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


@dataclass
class DropoutStream:
    """The random numbers of one step's dropouts. rows: this process's places in the batch of `batch` people."""

    seed: int
    batch: int = 0
    rows: slice = field(default_factory=lambda: slice(0, 0))
    generator: torch.Generator = field(default_factory=torch.Generator)

    def begin(self, step: int, batch: int, rows: slice) -> None:
        self.batch, self.rows = batch, rows
        self.generator.manual_seed(self.seed * 1_000_003 + step)

    def kept(self, width: int, p: float) -> Tensor:
        """(rows, width) of ones and zeros."""
        drawn = torch.rand(self.batch, width, generator=self.generator)
        return (drawn[self.rows] >= p).float()


class SharedDropout(nn.Module):
    """Dropout whose numbers are those of the step and the place in the batch."""

    def __init__(self, p: float, stream: DropoutStream) -> None:
        super().__init__()
        self.p, self.stream = p, stream

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return x * self.stream.kept(x.shape[1], self.p).to(x.device) / (1 - self.p)


def share_batches(network: nn.Module, processes: Processes, seed: int) -> DropoutStream:
    """Make a network's batch norms and dropouts independent of how batches are shared; its weights keep their names."""
    stream = DropoutStream(seed)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, SharedDropout(child.p, stream))
            if isinstance(child, nn.BatchNorm2d) and processes.count > 1:
                child.__class__ = SharedNorm
    return stream
