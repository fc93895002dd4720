"""The latest loss of each row, by which epochs draw the rows of composed data sets.

An epoch draws by the losses that were known when the epoch before it began. Loaders may therefore look ahead, and a run
that was killed goes on with the same rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CAP = 3.0  # times the mean: a loss that cannot be lowered would teach noise
BY_LOSS = 0.5  # of the places; the others are drawn evenly, so that all rows keep coming


@dataclass(eq=False)
class RowLosses:
    """latest (N,): the last loss of each row, NaN before the first. drawn: losses (N,) by the epoch that they draw."""

    latest: NDArray[np.float32]
    drawn: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def unknown(cls, rows: int) -> RowLosses:
        return cls(np.full(rows, np.nan, np.float32))

    def note(self, rows: Tensor, losses: Tensor) -> None:
        """rows (B,) had the losses (B,); a loss that is not finite is left out."""
        values = losses.detach().float().cpu().numpy()
        finite = np.isfinite(values)
        self.latest[rows.cpu().numpy()[finite]] = values[finite]

    def begin(self, epoch: int) -> None:
        """Keep what the next epoch draws by. To be called when the first batch of an epoch is there."""
        own = {number: losses for number, losses in self.drawn.items() if number == epoch}
        self.drawn = {**own, epoch + 1: self.latest.copy()}

    def chances(self, epoch: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R,) of the rows (R,) in an epoch: BY_LOSS of them by loss. An unknown loss counts as the mean."""
        even = np.full(len(rows), 1 / len(rows))
        if epoch not in self.drawn:
            return even
        losses = self.drawn[epoch][rows].astype(np.float64)
        known = np.isfinite(losses)
        if not losses[known].sum() > 0:
            return even
        mean = losses[known].mean()
        capped = np.minimum(np.where(known, losses, mean), CAP * mean)
        return np.asarray((1 - BY_LOSS) * even + BY_LOSS * capped / capped.sum())

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        drawn = {str(epoch): torch.from_numpy(losses) for epoch, losses in self.drawn.items()}
        return {"latest": torch.from_numpy(self.latest), "drawn": drawn}

    def restore(self, state: dict[str, Any]) -> None:
        """Raises ValueError for the losses of other rows."""
        if state["latest"].shape != self.latest.shape:
            raise ValueError(
                f"losses of {len(state['latest'])} rows, where the data now have {len(self.latest)}"
            )
        self.latest = state["latest"].numpy().copy()
        self.drawn = {int(epoch): losses.numpy().copy() for epoch, losses in state["drawn"].items()}


def begun_epochs(
    batches: Iterator[Any], losses: RowLosses, place: int, epoch: int, in_epoch: int
) -> Iterator[Any]:
    """The batches from a place of an epoch on, with `begin` at the first of each epoch."""
    for number in itertools.count(place):
        batch = next(batches)
        if number % in_epoch == 0:
            losses.begin(epoch + number // in_epoch)
        yield batch
