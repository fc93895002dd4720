"""Makes one composite from its plan: cut-outs over a photo, who hides whom, and seams where nobody is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from core.geometry.iou import corners_of, iou
from train.compositing.blending import Blend, coloured, laid_over, warped
from train.compositing.cutting.cutouts import Cutout
from train.compositing.cutting.staged_people import Similarity, StagedPeople, cut_to, moved
from train.compositing.placements import (
    COVERED,
    FEWEST_SEEN,
    HEIGHTS,
    LARGEST_SCALE,
    OVERLAP,
    Kind,
    Lots,
    placement,
)

THING = 255  # in the mask: what hides people and is none
SOLID = 0.5  # alpha from which a pixel hides
LEAST_CUT = 0.05  # of a person's box beyond the photo, by kind crop
SEAM_SCALES = 0.3, 0.8  # of the photo's height: how tall a patch is


@dataclass(frozen=True, eq=False)
class Paste:
    """A cut-out, its numbers (4,) and lots, and its blend."""

    cutout: Cutout
    numbers: NDArray[np.float32]
    lots: Lots
    blend: Blend


@dataclass(frozen=True, eq=False)
class Patch:
    """A seam without a person: a part of another photo, cut with a person's mask. middle (2,) and tall as shares of
    the photo; rgba (H, W, 4)."""

    rgba: NDArray[np.uint8]
    middle: tuple[float, float]
    tall: float
    blend: Blend


@dataclass(frozen=True, eq=False)
class CompositePlan:
    """A composite to be made. image (H, W, 3), people, masks: the photo; asked: the person already there that the
    target is asked about, None for the first pasted one; pastes: the first one is placed by the proposal."""

    kind: Kind
    image: NDArray[np.uint8]
    people: StagedPeople
    masks: tuple[NDArray[np.bool_] | None, ...]
    asked: int | None
    pastes: tuple[Paste, ...]
    patches: tuple[Patch, ...] = ()
    quality: int = 92

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [px]."""
        return self.image.shape[1], self.image.shape[0]

    def with_numbers(self, numbers: NDArray[np.floating]) -> CompositePlan:
        """The same plan with its first cut-out elsewhere."""
        first = replace(self.pastes[0], numbers=np.asarray(numbers, np.float32))
        return replace(self, pastes=(first, *self.pastes[1:]))

    def map_of(self, paste: Paste) -> Similarity:
        asked = None if self.asked is None else self.people.box[self.asked]
        return placement(self.kind, paste.numbers, paste.lots, paste.cutout, asked, self.size)


@dataclass(frozen=True, eq=False)
class Composite:
    """image (H, W, 3) uint8 RGB; mask (H, W) uint8: each person's number, THING for things; people, person i of
    number i + 1; asked: the person that the target is asked about; covered: how much of them is hidden, 0 to 1; cut:
    how much of their box is beyond the photo."""

    plan: CompositePlan
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    people: StagedPeople
    asked: int
    covered: float
    cut: float


def compose(plan: CompositePlan, body: Body) -> Composite | None:
    """Carry out a plan. None where it leaves its kind's range."""
    similarities = [plan.map_of(paste) for paste in plan.pastes]
    if max(one.scale for one in similarities) > LARGEST_SCALE:
        return None
    placed = [
        None if paste.cutout.person is None else moved(paste.cutout.person, by, body)
        for paste, by in zip(plan.pastes, similarities, strict=True)
    ]
    if not _boxes_in_range(plan, placed):
        return None
    image, mask = with_patches(plan), _base_mask(plan)
    before = mask.copy()
    numbers = np.full(len(plan.pastes), THING)
    known = [i for i, person in enumerate(placed) if person is not None]
    numbers[known] = len(plan.people) + 1 + np.arange(len(known))
    for i in _far_to_near(plan, placed, similarities):
        paste, person = plan.pastes[i], placed[i]
        colours, alpha = warped(coloured(paste.cutout.rgba, plan.image), similarities[i].affine, plan.size)
        if person is not None:
            alpha = alpha * ~_in_front_of(float(person.feet[0]), plan, before)
        image = laid_over(image, colours, alpha, paste.blend)
        mask[alpha > SOLID] = numbers[i]
    people = cut_to(
        StagedPeople.joined([plan.people, *(one for one in placed if one is not None)]), plan.size
    )
    people = replace(people, occluded=people.occluded | _hidden(people, mask, len(plan.people)))
    return _checked(plan, image, mask, before, people)


def _checked(
    plan: CompositePlan,
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    before: NDArray[np.uint8],
    people: StagedPeople,
) -> Composite | None:
    asked = len(plan.people) if plan.asked is None else plan.asked
    covered = 0.0
    if plan.asked is not None:
        there = before == asked + 1
        covered = float((there & (mask != asked + 1)).sum() / max(1, there.sum()))
    box, inside = people.box[asked], people.box_in(plan.size)[asked]
    cut = 1 - float(inside[2] * inside[3]) / max(1e-6, float(box[2] * box[3]))
    fine = people.seen[asked] >= FEWEST_SEEN
    if plan.kind == "occlusion":
        fine &= COVERED[0] <= covered <= COVERED[1]
    if plan.kind == "crop":
        fine &= cut >= LEAST_CUT
    return Composite(plan, image, mask, people, asked, covered, cut) if fine else None


def _boxes_in_range(plan: CompositePlan, placed: list[StagedPeople | None]) -> bool:
    first = placed[0]
    if plan.kind == "scale":
        return first is not None and HEIGHTS[0] <= float(first.box[0, 3]) <= HEIGHTS[1]
    if plan.kind == "crowd" and plan.asked is not None:
        asked = corners_of(plan.people.box[plan.asked])
        shares = [iou(asked, corners_of(one.box[0])) for one in placed if one is not None]
        return bool(shares) and all(OVERLAP[0] <= share <= OVERLAP[1] for share in shares)
    return plan.kind == "occlusion" or first is not None


def _base_mask(plan: CompositePlan) -> NDArray[np.uint8]:
    mask = np.zeros(plan.image.shape[:2], np.uint8)
    for number, own in enumerate(plan.masks, start=1):
        if own is not None:
            mask[own] = number
    return mask


def _far_to_near(plan: CompositePlan, placed: list[StagedPeople | None], maps: list[Similarity]) -> list[int]:
    """Lower feet are nearer; things are nearest."""
    feet = [np.inf if one is None else float(one.feet[0]) for one in placed]
    return np.argsort(feet, kind="stable").tolist()


def _in_front_of(feet: float, plan: CompositePlan, before: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(H, W) pixels of people already there whose feet are lower."""
    nearer = np.flatnonzero(plan.people.feet > feet) + 1
    return np.isin(before, nearer)


def _hidden(people: StagedPeople, mask: NDArray[np.uint8], already: int) -> NDArray[np.bool_]:
    """(P, 49) keypoints in a pixel of what was pasted in front. already: people of the photo itself, of which none was
    pasted, and whose hiding one another is known."""
    height, width = mask.shape
    column = np.floor(people.keypoints[..., 0]).astype(int).clip(0, width - 1)
    row = np.floor(people.keypoints[..., 1]).astype(int).clip(0, height - 1)
    there = mask[row, column].astype(int)
    own = np.arange(1, len(people) + 1)[:, None]
    feet = np.concatenate([[-np.inf], people.feet])
    nearer = (there == THING) | (feet[np.where(there == THING, 0, there)] > people.feet[:, None])
    pasted = (there > already) | (own > already)
    hidden = (there != 0) & (there != own) & nearer & pasted
    return hidden & (people.keypoints[..., 2] > 0)


def with_patches(plan: CompositePlan) -> NDArray[np.uint8]:
    """The photo with seams where nobody is."""
    image = plan.image
    free = ~(_base_mask(plan) > 0)
    width, height = plan.size
    for patch in plan.patches:
        scale = patch.tall * height / patch.rgba.shape[0]
        middle = np.array([patch.rgba.shape[1], patch.rgba.shape[0]]) / 2
        end = np.array([patch.middle[0] * width, patch.middle[1] * height])
        by = Similarity(scale=scale).about(middle, end)
        colours, alpha = warped(coloured(patch.rgba, plan.image), by.affine, plan.size)
        image = laid_over(image, colours, alpha * free, patch.blend)
    return image
