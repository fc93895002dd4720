"""The data of a run, from its options: samples, the dictionary beside them, and the photos that are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from core.errors import FitsError
from core.formats.shared.genders import NEUTRAL, genders_of
from core.formats.shared.pose_rows import Frame
from core.store.fits.dictionary import FitsDictionary
from train.data.agora_source import dataset_file, teaching
from train.data.epoch_order import Order
from train.data.photos_present import learnable, present
from train.data.samples import (
    Samples,
    as_corrected,
    joined_fits,
    other_body,
    read_dataset,
    samples_of_fits,
    with_fits,
)
from train.data.source_rows import dictionary_rows


@dataclass(frozen=True)
class SourceOptions:
    """Where people come from: a fits dictionary and data sets, and the folders of their photos."""

    fits: Path | None = None
    photos: Path | None = None
    data: tuple[tuple[str, Path], ...] = ()
    data_photos: tuple[tuple[str, Path], ...] = ()
    without_truth: bool = False
    frame: Frame | None = None


@dataclass(frozen=True, eq=False)
class Sources:
    """N people: row i of samples is row i of fits. order: the rows of each epoch. notices: lines for the user. made:
    how many of the last rows were made of those before, and stand in no file."""

    samples: Samples
    fits: FitsDictionary
    order: Order
    notices: tuple[str, ...]
    made: int = 0


def read_sources(
    options: SourceOptions, body: Body, halves: tuple[float, float], seed: int, kept: Path | None = None
) -> Sources:
    """Everything that is trained on. kept: the dictionary of a run that goes on, in place of --fits.

    Raises FitsError for a dictionary of another body or of other photos, or when too many photos are missing.
    """
    path = kept or options.fits
    fits = FitsDictionary.load(path, body.fingerprint) if path is not None else None
    names = [name for name, _ in options.data]
    parts = []
    taught: list[NDArray[np.bool_]] = []
    notices: list[str] = []
    own = dictionary_rows(fits, names, str(path)) if fits is not None else None
    if own is not None:
        parts.append((samples_of_fits(own, options.photos or (options.fits or Path()).parent), own))
        taught.append(np.ones(len(own), dtype=bool))
    folders = dict(options.data_photos)
    for name, file in options.data:
        folder = folders.get(name, file if file.is_dir() else file.parent)
        told: list[str] = []
        with dataset_file(file, folder) as table:
            samples, rows = read_dataset(
                name,
                table,
                folder,
                body,
                halves,
                not options.without_truth,
                frame=options.frame,
                tell=told.append,
            )
            notices += _shapeless(table, rows, body)
            taught.append(teaching(table, samples.keypoints))
        notices += [f"{name}: {line}" for line in told if rows.locked.any()]
        if fits is not None:
            truth = rows.locked.numpy()
            rows = with_fits(rows, fits, name, str(path))
            samples = as_corrected(samples, rows, truth)
        parts.append((samples, rows))
    if not parts:
        raise FitsError(f"{path}: nobody is in it to train on. Save the fits of a project that has people.")
    samples = Samples.joined([part for part, _ in parts])
    every = joined_fits([rows for _, rows in parts])
    order, skipped = _order(samples, every, np.concatenate(taught), seed)
    return Sources(samples, every, order, (*notices, *skipped))


def _shapeless(file: Path, rows: FitsDictionary, body: Body) -> list[str]:
    """A notice for each data set with shapes that cannot teach this body."""
    locked = rows.locked.numpy()
    if locked.any() and (other := other_body(file, body)):
        return [f"{other} Until then its poses teach, its shapes do not"]
    if not locked.any():
        return []
    count = int((locked & (genders_of(file, len(rows)) != NEUTRAL)).sum())
    words = "people are of SMPL's male or female body: their poses teach, their shapes do not"
    return [f"{file}: {count} {words}"] if count else []


def _order(
    samples: Samples, fits: FitsDictionary, taught: NDArray[np.bool_], seed: int
) -> tuple[Order, tuple[str, ...]]:
    """taught (N,): rows that are not too hidden."""
    everywhere, absent = present(samples)
    there = everywhere[taught[everywhere]]
    rows = there[learnable(samples, fits)[there]]
    notices = [str(absent)] if absent.people else []
    if len(there) < len(everywhere):
        notices.append(
            f"{len(everywhere) - len(there)} people are too hidden or too far outside, and are skipped"
        )
    if len(rows) < len(there):
        notices.append(
            f"{len(there) - len(rows)} people have no visible keypoint and no truth, and are skipped"
        )
    if not len(rows):
        raise FitsError("nobody is left to train on. Give people with keypoints or with a locked fit.")
    counts = {
        str(name): int((samples.dataset[rows] == name).sum()) for name in np.unique(samples.dataset[rows])
    }
    listed = ", ".join(f"{count} of {name}" for name, count in counts.items())
    notices.append(f"{listed}; {int(fits.locked.sum())} locked, {int(fits.valid_fit.sum())} with a valid fit")
    return Order(rows, samples.dataset, seed), tuple(notices)
