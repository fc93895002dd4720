"""Splits the people of a data set into batches of one layout, and fits one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.body.model import Body, BodyParams
from core.errors import FitInputError, ImageError
from core.fitting import FitConfig, FitStep, fit
from core.fitting.fit_record import fit_record
from core.geometry.camera import CROP_SIZE
from core.geometry.image import read_image_as
from core.networks.crop import crop_of
from core.networks.guess import centres_for, guess_crops
from core.networks.load import load_network, place_of
from core.networks.table import kind_of
from core.records import Fit, Person, Photo
from train.run.folder import checkpoint_of

NO_SCORE = np.inf


@dataclass(frozen=True, eq=False)
class Member:
    """A person and its indices: photos[photo].people[place]."""

    photo: int
    place: int
    person: Person


@dataclass(frozen=True, eq=False)
class PeopleBatch:
    """People of one layout that are fitted together. number: the batch's index in the data set."""

    number: int
    layout: str
    members: tuple[Member, ...]

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True, eq=False)
class BatchFits:
    """Fits of a batch: pose (B, 72) [rad], betas (B, 10), kid (B,), cam_t (B, 3) [m], score (B,) and weak (B,) as in
    `Fit`; fault (B,): the reason why a person has no fit, '' for a person with a fit."""

    pose: NDArray[np.float32]
    betas: NDArray[np.float32]
    kid: NDArray[np.float32]
    cam_t: NDArray[np.float32]
    score: NDArray[np.float32]
    weak: NDArray[np.bool_]
    fault: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class ObservedBatch:
    """A batch's observations: keypoints (B, K, 3), focal_length (B,), camera_center (B, 2) [px of the photo]."""

    keypoints: Tensor
    focal_length: Tensor
    camera_center: Tensor

    def __getitem__(self, chosen: Tensor | slice) -> ObservedBatch:
        return ObservedBatch(self.keypoints[chosen], self.focal_length[chosen], self.camera_center[chosen])

    @property
    def guessable(self) -> Tensor:
        """(B,) bool: True if a person has a keypoint and a valid focal length."""
        return (
            (self.keypoints[..., 2] > 0).any(dim=1) & self.focal_length.isfinite() & (self.focal_length > 0)
        )


# Photos, a batch and its observations -> initial bodies, and index of a person -> the reason why it has no guess.
Guesser = Callable[[Sequence[Photo], PeopleBatch, ObservedBatch], tuple[BodyParams, dict[int, str]]]


def batches(photos: Sequence[Photo], size: int, kept: Callable[[Person], bool]) -> list[PeopleBatch]:
    """Batches of all people except the kept ones, grouped by layout. Every process computes the same batches."""
    by_layout: dict[str, list[Member]] = {}
    for at, photo in enumerate(photos):
        for place, person in enumerate(photo.people):
            if not kept(person):
                by_layout.setdefault(person.keypoints.layout, []).append(Member(at, place, person))
    parts = [
        (layout, tuple(members[start : start + size]))
        for layout, members in sorted(by_layout.items())
        for start in range(0, len(members), size)
    ]
    return [PeopleBatch(number, layout, members) for number, (layout, members) in enumerate(parts)]


def fit_batch(
    body: Body, photos: Sequence[Photo], batch: PeopleBatch, guesser: Guesser | None, config: FitConfig
) -> BatchFits:
    """Fit a batch. A person that cannot be fitted gets a fault and does not affect the others."""
    seen = see(photos, batch)
    start, faults = (None, {}) if guesser is None else guesser(photos, batch, seen)
    try:
        *_, step = fit(
            body, seen.keypoints, batch.layout, seen.focal_length, seen.camera_center, start, config
        )
    except FitInputError:  # no person of the batch can be fitted
        return _no_rows(
            [_fault_alone(body, seen[slice(i, i + 1)], batch.layout, i) for i in range(len(batch))]
        )
    return _rows(step, {**faults, **step.faults})


def see(photos: Sequence[Photo], batch: PeopleBatch) -> ObservedBatch:
    """The batch's keypoints and cameras."""
    members = [(member.person, photos[member.photo]) for member in batch.members]
    return ObservedBatch(
        torch.from_numpy(np.stack([person.keypoints.array for person, _ in members])),
        torch.tensor([photo.camera[0] for _, photo in members]),
        torch.tensor([photo.camera[1] for _, photo in members]).float(),
    )


def guesser_of(name: str, body: Body, root: Path) -> Guesser | None:
    """none, lifter, a lifter's folder, a run's, or any network's checkpoint. root: where photo paths start.

    root: the folder that photo paths are relative to. Raises CheckpointError for any other path.
    """
    if name == "none":
        return None
    network = load_network(checkpoint_of(place_of(name)), body.v_template.device)
    if kind_of(network).shown == "keypoints":
        return lambda photos, batch, seen: _lifted(network, body, batch, seen)
    return lambda photos, batch, seen: _from_crops(network, body, root, photos, batch, seen)


def guesser_files(name: str) -> list[Path]:
    """The files of a guesser, whose contents identify it."""
    if name == "none":
        return []
    folder = checkpoint_of(place_of(name))
    return sorted(folder.glob("*.*")) if folder.is_dir() else [folder]


def fit_of(rows: BatchFits, row: int, photo: Photo, body: Body) -> Fit | None:
    """A row as a record; None if it has a fault."""
    if rows.fault[row]:
        return None
    parts = (rows.pose, rows.betas, rows.cam_t, rows.kid)
    params = BodyParams.from_pose(*(torch.from_numpy(part[row : row + 1]) for part in parts))
    return fit_record(params, 0, float(rows.score[row]), bool(rows.weak[row]), photo, body)


def _lifted(
    lifter: nn.Module, body: Body, batch: PeopleBatch, seen: ObservedBatch
) -> tuple[BodyParams, dict[int, str]]:
    """The lifter's best guesses. People without keypoints or camera get zeros; their fit then reports the fault."""
    start = BodyParams.zeros(len(batch), like=body.v_template)
    chosen = seen.guessable.nonzero()[:, 0]
    if not len(chosen):
        return start, {}
    some = seen[chosen]
    forward = kind_of(lifter).forward
    lifted = forward(lifter, body, some.keypoints, batch.layout, some.focal_length, some.camera_center).params
    place = chosen.to(body.v_template.device)
    values = (
        old.index_copy(0, place, new.to(old))
        for old, new in zip(start.tensors(), lifted.tensors(), strict=True)
    )
    return BodyParams(*values), {}


def _from_crops(
    network: nn.Module,
    body: Body,
    root: Path,
    photos: Sequence[Photo],
    batch: PeopleBatch,
    seen: ObservedBatch,
) -> tuple[BodyParams, dict[int, str]]:
    """An image network's guesses from each person's crop. People of an unreadable photo get a fault."""
    crops = np.zeros((len(batch), CROP_SIZE, CROP_SIZE, 3), np.uint8)
    faults: dict[int, str] = {}
    last, image = -1, None
    for row, member in enumerate(batch.members):
        if member.photo != last:
            last, image, problem = member.photo, None, ""
            try:
                size = photos[last].width, photos[last].height
                image = read_image_as(root / photos[last].path, size)
            except (ImageError, OSError) as error:
                problem = f"person {row}: no guess, as its photo cannot be read ({error})"
        if image is None:
            faults[row] = problem
        else:
            crops[row] = crop_of(network, image, member.person.bbox)
    center = torch.from_numpy(np.stack([member.person.bbox.center for member in batch.members]))
    side = torch.tensor([member.person.bbox.side for member in batch.members])
    centres = centres_for(network, [(member.person, photos[member.photo]) for member in batch.members])
    frame = center, side, seen.focal_length, seen.camera_center
    params = guess_crops(network, crops, *frame, body, centres=centres)
    if not body.has_kid:
        params = replace(params, kid=torch.zeros_like(params.kid))
    return params, faults


def _rows(step: FitStep, faults: dict[int, str]) -> BatchFits:
    """The fits of a last step. A fit with numbers that are not finite is a fault too."""
    params = step.params
    values = [
        value.numpy().astype(np.float32) for value in (params.pose, params.betas, params.kid, params.cam_t)
    ]
    words = [faults.get(row, "") for row in range(len(step.loss))]
    for row in range(len(words)):
        if not words[row] and not all(np.isfinite(value[row]).all() for value in values):
            words[row] = f"person {row}: the fit diverged to numbers that are not finite"
    bad = np.array([bool(word) for word in words])
    pose, betas, kid, cam_t = (
        np.where(bad.reshape(-1, *(1,) * (value.ndim - 1)), np.float32(0), value) for value in values
    )
    score = np.where(bad, NO_SCORE, step.score.numpy()).astype(np.float32)
    return BatchFits(pose, betas, kid, cam_t, score, step.weak.numpy() | bad, np.array(words, np.str_))


def _no_rows(faults: list[str]) -> BatchFits:
    count = len(faults)
    pose, betas, kid, cam_t = (np.zeros((count, *shape), np.float32) for shape in ((72,), (10,), (), (3,)))
    score, weak = np.full(count, NO_SCORE, np.float32), np.ones(count, bool)
    return BatchFits(pose, betas, kid, cam_t, score, weak, np.array(faults, np.str_))


def _fault_alone(body: Body, seen: ObservedBatch, layout: str, row: int) -> str:
    """The error message of one person that cannot be fitted. row: its index in the batch."""
    try:
        next(fit(body, seen.keypoints, layout, seen.focal_length, seen.camera_center))
    except FitInputError as error:
        return str(error).replace("person 0", f"person {row}", 1)
    raise AssertionError("a person that could not be fitted in a batch can be fitted alone")
