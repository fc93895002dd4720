"""Draws plans: a photo, a kind, cut-outs, lots and seams. A plan depends on its random stream alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError, ImageError
from train.compositing.blending import draw_blend
from train.compositing.composites import SEAM_SCALES, CompositePlan, Paste, Patch
from train.compositing.cutting.cutouts import Cutout
from train.compositing.cutting.stage import Stage, nobody
from train.compositing.placements import FEWEST_SEEN, NUMBERS, SIDES, Kind, Lots

DRAWS = 40  # of a photo or a cut-out before the stage counts as empty
OF_THINGS = 0.3  # share of occluders by kind occlusion, where there are any
WHOLE = 0.98  # share of a cut-out's points inside its photo: of others, a straight edge shows
MOST_HIDDEN = 0.5  # of a cut-out's keypoints
MOST_PASTED = 4  # by kind crowd; with the one in the middle 3 to 5
SEAMS = 1, 2  # patches in a composite
FLIPPED = 0.5
GREY = 128  # of a patch whose photo cannot be read
QUALITY = 70, 97  # of the JPEG


def draw_plan(
    stage: Stage, kinds: Sequence[Kind], rng: np.random.Generator, seams: bool = True
) -> CompositePlan:
    """A plan with uniform numbers. Raises FitloopError where nobody can be cut out."""
    kind = kinds[int(rng.integers(len(kinds)))]
    beside = kind in ("occlusion", "crowd")
    for _ in range(DRAWS):
        try:
            number = int(rng.integers(len(stage.photos)))
            photo = stage.photos[number]
            on_scene = bool(stage.scenes) and not beside
            if on_scene:
                photo = stage.scenes[rng.integers(len(stage.scenes))]
            image = stage.image(photo)
            masks = () if on_scene else stage.masks(number)
        except ImageError as error:
            stage.leave_out(error)
            continue
        people = nobody() if on_scene else stage.people(photo)
        asked = _asked(masks, people.seen, rng) if beside else None
        if beside and asked is None:
            continue
        pastes = _pastes(stage, kind, rng)
        patches = (
            tuple(_patch(stage, rng) for _ in range(rng.integers(SEAMS[0], SEAMS[1] + 1))) if seams else ()
        )
        return CompositePlan(
            kind, image, people, masks, asked, pastes, patches, quality=int(rng.integers(*QUALITY))
        )
    raise FitloopError(
        f"no photo of {len(stage.photos)} can be composed on by kind '{kind}': {stage.refused} people cannot be cut "
        "out, and the others have too few keypoints. Give more accepted fits, or other --kinds."
    )


def _asked(
    masks: Sequence[NDArray[np.bool_] | None], seen: NDArray[np.int64], rng: np.random.Generator
) -> int | None:
    fit = [q for q, mask in enumerate(masks) if mask is not None and mask.any() and seen[q] > FEWEST_SEEN]
    return int(rng.choice(fit)) if fit else None


def _pastes(stage: Stage, kind: Kind, rng: np.random.Generator) -> tuple[Paste, ...]:
    count = int(rng.integers(2, MOST_PASTED + 1)) if kind == "crowd" else 1
    thing = kind == "occlusion" and bool(stage.occluders) and rng.random() < OF_THINGS
    found = []
    for place in range(count):
        cutout = stage.occluders[rng.integers(len(stage.occluders))] if thing else _person(stage, rng)
        side = (
            SIDES[rng.integers(len(SIDES))] if kind == "crop" else SIDES[(int(rng.integers(2)) + place) % 2]
        )
        lots = Lots(bool(rng.random() < FLIPPED), side)
        numbers = rng.uniform(-1, 1, NUMBERS).astype(np.float32)
        found.append(Paste(cutout, numbers, lots, draw_blend(rng)))
    return tuple(found)


def _person(stage: Stage, rng: np.random.Generator) -> Cutout:
    for attempt in range(10 * DRAWS):
        cutout = stage.cutout(stage.places[rng.integers(len(stage.places))])
        if cutout is None or cutout.person is None:
            continue
        whole = _inside(cutout) >= WHOLE and cutout.person.occluded.mean() <= MOST_HIDDEN
        if whole or attempt >= DRAWS:  # where everybody is cut or hidden, they are what there is
            return cutout
    raise FitloopError(
        f"nobody can be cut out: {stage.refused} of {len(stage.places)} people were refused. The last lines say why."
    )


def _inside(cutout: Cutout) -> float:
    """Share of a person's points in the cut-out."""
    assert cutout.person is not None
    points = cutout.person.points[0]
    return float(((points >= 0) & (points <= cutout.size)).all(axis=1).mean())


def _patch(stage: Stage, rng: np.random.Generator) -> Patch:
    """A person's shape, filled with another photo's pixels."""
    shape = _person(stage, rng).rgba[..., 3]
    every = stage.scenes or stage.photos
    try:
        other = stage.image(every[rng.integers(len(every))])
    except ImageError as error:
        stage.leave_out(error)
        other = np.full((*shape.shape, 3), GREY, np.uint8)
    height, width = min(shape.shape[0], other.shape[0]), min(shape.shape[1], other.shape[1])
    top = int(rng.integers(other.shape[0] - height + 1))
    left = int(rng.integers(other.shape[1] - width + 1))
    rgba = np.dstack([other[top : top + height, left : left + width], shape[:height, :width]])
    middle = float(rng.random()), float(rng.random())
    return Patch(rgba, middle, float(rng.uniform(*SEAM_SCALES)), draw_blend(rng))
