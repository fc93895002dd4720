"""Batches: the rows of each batch, and their augmented crops.

Everything random here is a function of the seed, the epoch and the place in it. So a resumed run goes on exactly where
it was, whatever the number of loader workers, and no two workers ever share a stream.
"""

from __future__ import annotations

import dataclasses
import itertools
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.errors import FitsError, ImageError
from core.geometry.image import contrast_table, read_image, read_image_as
from core.records import BBOX_UNIT, BBox
from train.data.augment import (
    NOTHING,
    AugmentConfig,
    augment_image,
    augment_joints,
    augment_keypoints,
    augmented_affine,
    draw_augmentation,
)
from train.data.augmented_views import Views
from train.data.epoch_order import Order
from train.data.samples import Samples
from train.data.trunks import Trunks

UNREADABLE_IN_A_ROW = 20
_START = "spawn" if sys.platform == "win32" else "forkserver"
_NO_CENTRES = np.zeros((0, 2), np.float32)
_AUGMENTATION = 1  # the random stream of this beside that of the order, 0


@dataclass(frozen=True, eq=False)
class Batch:
    """B people. images (B, 224, 224, 3) uint8; keypoints_crop (B, 49, 3) [px of the augmented crop]; joints
    (B, 24, 4), has_joints (B,), half_weights (B, 2) as in `Samples`; centres (B, 8, 2) [px of the augmented crop] as in
    `Trunks`, (B, 0, 2) for a network that is shown none; views: where they come from; unreadable: paths of photos that
    could not be read, in whose place others came."""

    images: Tensor
    keypoints_crop: Tensor
    joints: Tensor
    has_joints: Tensor
    half_weights: Tensor
    centres: Tensor
    views: Views
    unreadable: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> Batch:
        moved = {name: getattr(self, name).to(device) for name in _TENSORS}
        views = Views(*(getattr(self.views, name).to(device) for name in Views.__dataclass_fields__))
        return dataclasses.replace(self, **moved, views=views)

    def __getitem__(self, chosen: slice | Tensor) -> Batch:
        """Some of the people; chosen may be a mask (B,)."""
        indices = torch.arange(len(self), device=self.images.device)[chosen]
        parts = {name: getattr(self, name)[indices] for name in _TENSORS}
        return dataclasses.replace(self, **parts, views=self.views[indices])

    def pin_memory(self) -> Batch:
        """What a DataLoader calls, so that copies to a GPU do not wait."""
        moved = {name: getattr(self, name).pin_memory() for name in _TENSORS}
        views = Views(*(getattr(self.views, name).pin_memory() for name in Views.__dataclass_fields__))
        return dataclasses.replace(self, **moved, views=views)


_TENSORS = ("images", "keypoints_crop", "joints", "has_joints", "half_weights", "centres")


@dataclass(frozen=True, eq=False)
class RowTurn:
    """A row of the samples, at its place in an epoch."""

    epoch: int
    place: int
    row: int


class Crops(Dataset[Batch]):
    """Lists of turns to batches. augment None: the bbox as it is. stretched: as in `NetworkKind`. trunks: of the
    samples, for a network of crowds."""

    def __init__(
        self,
        samples: Samples,
        order: Order,
        augment: AugmentConfig | None,
        stretched: bool = False,
        trunks: Trunks | None = None,
    ) -> None:
        self.samples, self.order, self.augment = samples, order, augment
        self.stretched, self.trunks = stretched, trunks

    def __getitem__(self, turns: Sequence[RowTurn]) -> Batch:
        unreadable: list[str] = []
        people = [self._person(turn, unreadable) for turn in turns]
        columns = [torch.from_numpy(np.stack(column)) for column in zip(*people, strict=True)]
        images, crop, joints, has_joints, halves, centres, *views = columns
        return Batch(images, crop, joints, has_joints, halves, centres, Views(*views), tuple(unreadable))

    def _person(self, turn: RowTurn, unreadable: list[str]) -> tuple[Any, ...]:
        """The columns of a batch, of one person."""
        row, image = self._readable(turn.row, unreadable)
        samples = self.samples
        rng = np.random.default_rng([self.order.seed, _AUGMENTATION, turn.epoch, turn.place])
        chosen = draw_augmentation(self.augment, rng) if self.augment else NOTHING
        affine = augmented_affine(samples.center[row], float(samples.scale[row]), chosen)
        keypoints = samples.keypoints[row]
        contrast = None
        if self.stretched:
            seen = BBox(samples.center[row], float(samples.scale[row]) * chosen.scale)
            contrast = contrast_table(image, seen, turned=chosen.rotation_deg != 0)
        return (
            augment_image(image, affine, chosen, contrast),
            augment_keypoints(keypoints, affine, chosen.flipped),
            augment_joints(samples.joints[row], chosen.rotation_deg, chosen.flipped),
            samples.has_joints[row],
            samples.half_weights[row],
            _NO_CENTRES if self.trunks is None else self.trunks.shown(row, affine, rng),
            np.int64(row),
            np.float32(chosen.rotation_deg),
            np.bool_(chosen.flipped),
            np.float32(chosen.scale),
            keypoints,
        )

    def _readable(self, row: int, unreadable: list[str]) -> tuple[int, NDArray[np.uint8]]:
        """The row and its photo, or the next row whose photo can be read."""
        rows = self.order.rows
        start = int(np.searchsorted(rows, row))
        tries = min(UNREADABLE_IN_A_ROW, len(rows))
        for ahead in range(tries):
            candidate = int(rows[(start + ahead) % len(rows)])
            try:
                return candidate, photo_of(self.samples, candidate)
            except ImageError as error:
                unreadable.append(str(error))
        raise FitsError(f"{tries} photos in a row cannot be read. The last: {unreadable[-1]}")


def photo_of(samples: Samples, row: int) -> NDArray[np.uint8]:
    """The photo of a row in the pixels of its box. Raises ImageError, also where the box lies beside it."""
    path = str(samples.photo[row])
    width, height = samples.photo_size[row].astype(int).tolist()
    if width > 0 and height > 0:
        return read_image_as(path, (width, height))
    image = read_image(path)
    half = BBOX_UNIT * float(samples.scale[row]) / 2
    low, high = samples.center[row] - half, samples.center[row] + half
    if (high <= 0).any() or (low >= (image.shape[1], image.shape[0])).any():
        raise ImageError(
            f"{path}: is {image.shape[1]} × {image.shape[0]} px, and the box of a person lies beside it. Is it the "
            "photo that the box was drawn in?"
        )
    return image


class _Answers(Dataset[Batch | FitsError]):
    """Crops whose error is an answer: torch would pack one that a worker raises into the worker's traceback."""

    def __init__(self, crops: Crops) -> None:
        self.crops = crops

    def __getitem__(self, turns: Sequence[RowTurn]) -> Batch | FitsError:
        try:
            return self.crops[turns]
        except FitsError as error:
            return error


@dataclass(frozen=True)
class Share:
    """Which part of every batch is this process's: number `rank` of `processes`."""

    rank: int = 0
    processes: int = 1


@dataclass(frozen=True, eq=False)
class Turns:
    """This process's part of the whole batches from batch `first` of an epoch on, epoch after epoch, without end."""

    order: Order
    epoch: int
    first: int
    batch: int
    share: Share

    def __iter__(self) -> Iterator[list[RowTurn]]:
        own = self.batch // self.share.processes
        for epoch in itertools.count(self.epoch):
            rows = self.order.epoch(epoch)
            first = self.first if epoch == self.epoch else 0
            for number in range(first, batches_of(self.order, self.batch)):
                start = number * self.batch + self.share.rank * own
                yield [
                    RowTurn(epoch, self.order.stream(rows, place), int(rows[place % len(rows)]))
                    for place in range(start, start + own)
                ]


def batches_of(order: Order, batch: int) -> int:
    """Whole batches in an epoch; fewer people than a batch make one, in which some come twice."""
    return max(1, order.length // batch)


def load_batches(crops: Crops, turns: Turns, workers: int, pinned: bool = False) -> Iterator[Batch]:
    """Batches without end. Raises FitsError where too many photos cannot be read.

    Workers are forked from a process that has done nothing yet: a copy of this one, whose threads may hold locks, can
    wait for ever.
    """
    if workers:
        multiprocessing.get_context(_START).set_forkserver_preload(["train.data.batches"])
    loader = DataLoader(
        _Answers(crops),
        batch_size=None,
        sampler=turns,  # type: ignore[arg-type]  # torch wants to know its type, and needs only to iterate it
        num_workers=workers,
        pin_memory=pinned,
        worker_init_fn=_one_thread,
        multiprocessing_context=_START if workers else None,
    )
    for batch in loader:
        if isinstance(batch, FitsError):
            raise batch
        yield batch


def _one_thread(worker: int) -> None:
    """As many workers as cores, each with all cores' threads, would only wait for each other; and Ctrl-C is for the
    process that has something to save."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
