"""Gradients of a whole batch with the activations of one piece in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from train.run.distributed import DropoutStream, Processes
from train.run.method_record import RunProgress, StepLoss
from train.run.running_statistics import running_statistics

Predicted = Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class Pieces:
    """A Lesson's `gradients`. predict: what the network predicts for some people of a batch, tensors with a row for
    each of them; loss: of a whole batch and that prediction, which alone leads to the network. dropout: what
    `share_batches` made of the network's; batch: people of all processes together."""

    network: nn.Module
    predict: Callable[[Any], Predicted]
    loss: Callable[[Any, Predicted], StepLoss]
    dropout: DropoutStream
    processes: Processes
    batch: int

    @property
    def own(self) -> int:
        """People of a batch that are this process's."""
        return self.batch // self.processes.count

    def __call__(self, batch: Any, progress: RunProgress) -> StepLoss:
        size = self.own // progress.accumulate
        parts = [slice(start, start + size) for start in range(0, self.own, size)]
        self.network.train()
        self.network.zero_grad(set_to_none=True)
        if len(parts) > 1:
            return self._in_pieces(batch, parts, progress.step)
        found = self.loss(batch, self._predicted(batch, parts[0], progress.step))
        found.loss.backward()
        return found

    def _in_pieces(self, batch: Any, parts: list[slice], step: int) -> StepLoss:
        """Which people a mean is over is known only when all are predicted, and fitted. So everybody is predicted
        twice: for the loss, and again, piece by piece, for the gradients of each piece's prediction.
        """
        with running_statistics(self.network) as put_back, torch.no_grad():
            predicted = [self._predicted(batch, part, step) for part in parts]
            put_back()
        whole = [torch.cat(pieces).requires_grad_() for pieces in zip(*predicted, strict=True)]
        found = self.loss(batch, whole)
        found.loss.backward()
        for part in parts:
            torch.autograd.backward(
                self._predicted(batch, part, step), [tensor.grad[part] for tensor in whole]
            )
        return found

    def _predicted(self, batch: Any, part: slice, step: int) -> Predicted:
        """Of some people of this process's share."""
        start = self.processes.rank * self.own
        rows = slice(start + part.start, start + part.stop)
        self.dropout.begin(step, self.batch, rows)
        return self.predict(batch if part == slice(0, self.own) else batch[part])
