"""Which rows an epoch draws, and how often those of each data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.data.row_losses import RowLosses

# How often each data set is drawn (SPIN's own mix); names that are not here share with those in the wild.
SHARES = {"h36m": 0.3, "mpi-inf-3dhp": 0.1}
IN_THE_WILD_SHARE = 0.6
COMPOSED = "composed"  # names of data sets of composites begin so
MOST_COMPOSED = 0.5  # share of the places that they have together at most
_ORDER, _BY_LOSS = 0, 2  # the random streams of this beside that of augmentation, 1


@dataclass(frozen=True, eq=False)
class Order:
    """The rows that each epoch draws. rows (M,): of the samples, to draw from; dataset (N,): names of all samples.
    mate (N,): for each row the row that follows it at the next place, so that both are in one batch, -1 for none; None
    where every row is drawn by itself. losses: of all samples, where composed data sets are drawn by them."""

    rows: NDArray[np.int64]
    dataset: NDArray[np.str_]
    seed: int
    mate: NDArray[np.int64] | None = None
    losses: RowLosses | None = None

    @property
    def groups(self) -> tuple[tuple[NDArray[np.int64], float], ...]:
        """The rows of each data set and how often it is drawn; those in the wild by their size."""
        names = self.dataset[self.rows]
        found = {str(name): self.rows[names == name] for name in np.unique(names)}
        wild = sum(len(rows) for name, rows in found.items() if name not in SHARES)
        shares = [
            SHARES[name] if name in SHARES else IN_THE_WILD_SHARE * len(rows) / wild
            for name, rows in found.items()
        ]
        limited = _limited(
            np.array(shares) / sum(shares), np.array([name.startswith(COMPOSED) for name in found])
        )
        return tuple(zip(found.values(), limited.tolist(), strict=True))

    @property
    def length(self) -> int:
        """Places in an epoch: the size of the largest data set."""
        return max(len(rows) for rows, _ in self.groups)

    def epoch(self, number: int) -> NDArray[np.int64]:
        """The row at each place of an epoch. A single data set comes once each; of several one is drawn by its share,
        its row by the shuffled place (spin.md 1e), or by its loss. A mate takes the odd place behind its row."""
        drawn = self._drawn(number)
        if self.mate is None:
            return drawn
        first = drawn[: len(drawn) // 2 * 2 : 2]
        mates = self.mate[first]
        drawn[1 : 2 * len(first) : 2] = np.where(mates >= 0, mates, drawn[1 : 2 * len(first) : 2])
        return drawn

    def stream(self, rows: NDArray[np.int64], place: int) -> int:
        """The place whose random numbers a place of an epoch's rows takes: two mates are augmented alike."""
        if self.mate is None or place % 2 == 0:
            return place
        before, row = rows[(place - 1) % len(rows)], rows[place % len(rows)]
        return place - 1 if self.mate[before] == row else place

    def _drawn(self, number: int) -> NDArray[np.int64]:
        rng = np.random.default_rng([self.seed, _ORDER, number])
        groups = self.groups
        shuffled = rng.permutation(self.length)
        if len(groups) == 1:
            return self._rows_at(groups[0][0], shuffled, number)
        drawn = rng.choice(len(groups), self.length, p=[share for _, share in groups])
        chosen = [self._rows_at(rows, shuffled, number) for rows, _ in groups]
        return np.stack(chosen)[drawn, np.arange(self.length)]

    def _rows_at(
        self, rows: NDArray[np.int64], shuffled: NDArray[np.int64], number: int
    ) -> NDArray[np.int64]:
        """The row at each place, if all places of the epoch were this data set's."""
        if self.losses is None or not str(self.dataset[rows[0]]).startswith(COMPOSED):
            return rows[shuffled % len(rows)]
        rng = np.random.default_rng([self.seed, _BY_LOSS, number])
        return rng.choice(rows, self.length, p=self.losses.chances(number, rows))


def _limited(shares: NDArray[np.float64], composed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Shares (S,) of the data sets of which the composed ones have MOST_COMPOSED together at most."""
    total = shares[composed].sum()
    if total <= MOST_COMPOSED or composed.all():
        return shares
    return shares * np.where(composed, MOST_COMPOSED / total, (1 - MOST_COMPOSED) / (1 - total))
