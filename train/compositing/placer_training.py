"""Teaches the synthesizer against a frozen target, and the discriminator against the synthesizer, step by step.

Objective: -λ · min(L, cap) + softplus(-D) + 10 · relu(covered outside its range). λ rises from 0 to 1 over the first
half: on a target that knows little, hard composites teach noise. The cap is three times the mean loss on real people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample, interpolate, softplus

from core.body.model import Body
from core.errors import FitloopError
from core.geometry.camera import CROP_SIZE
from core.geometry.image import normalise, warp
from core.networks.table import kind_of
from train.compositing.composites import Composite, CompositePlan, compose, with_patches
from train.compositing.cutting.stage import Stage
from train.compositing.failing.failing_targets import (
    AskedPerson,
    Target,
    bbox_of_person,
    crops_of_asked,
    loss_of,
)
from train.compositing.person_placer import SIDE, PersonPlacer, discriminator, noise_of, shown
from train.compositing.placements import COVERED, KINDS, Kind
from train.compositing.plans import draw_plan
from train.data.augment import NOTHING, augmented_affine
from train.data.row_losses import CAP

BATCH = 8
OUTSIDE = 10.0  # weight of what leaves its kind's range
REAL_ROWS = 64  # people whose mean loss the cap is of
NUDGE = 1e-3  # of a number, for the placement's derivative
JUDGE_RATE, JUDGE_BETAS = 1e-4, (0.5, 0.99)  # of the discriminator's Adam
REFUSED_SHOWN = 2  # refused pictures beside a batch of composites
_STEPS = 7  # of the random streams: those of the steps


@dataclass(frozen=True)
class PlacerStep:
    """loss: the target's mean on the batch; fooled: share of composites that the discriminator takes for real."""

    step: int
    loss: float
    fooled: float


@dataclass(eq=False)
class PlacerTraining:
    """Networks at work. unreal: refused pictures (N, 3, 64, 64), shown to the discriminator as unreal ones."""

    stage: Stage
    body: Body
    network: nn.Module
    target: Target
    seed: int
    kinds: tuple[Kind, ...] = KINDS
    unreal: Tensor | None = None

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.placer, self.judge = PersonPlacer(), discriminator()
        self.of_placer = self.placer.optimizer()
        self.of_judge = torch.optim.Adam(self.judge.parameters(), JUDGE_RATE, JUDGE_BETAS)
        self.network.requires_grad_(False)
        self.cap = CAP * float(np.mean(self.target(self._real(np.random.default_rng(self.seed), REAL_ROWS))))

    def steps(self, count: int) -> Iterator[PlacerStep]:
        """Train for so many steps."""
        for step in range(count):
            rng = np.random.default_rng([self.seed, _STEPS, step])
            yield self._step(step, min(1.0, 2 * step / count), rng)

    def _step(self, step: int, weight: float, rng: np.random.Generator) -> PlacerStep:
        plans = [draw_plan(self.stage, self.kinds, rng) for _ in range(BATCH)]
        numbers = self.placer(*shown(plans), noise_of(BATCH, int(rng.integers(2**31))))
        drawn = [
            compose(plan.with_numbers(own), self.body)
            for plan, own in zip(plans, numbers.detach().numpy(), strict=True)
        ]
        inside = [i for i, one in enumerate(drawn) if one is not None]
        composites = [one for one in drawn if one is not None]
        if not composites:
            return PlacerStep(step, float("nan"), float("nan"))
        stretched = kind_of(self.network).stretched
        asked = [
            AskedPerson(_compressed(one.image, one.plan.quality), one.people, one.asked) for one in composites
        ]
        crops = crops_of_asked(asked, self.body, stretched)
        pasted, covered = _soft(composites, asked, numbers[inside])
        pixels = crops.images.movedim(-1, 1).float() + pasted - pasted.detach()
        losses = loss_of(self.network, self.body, _normalised(pixels), crops)
        pictures = interpolate(pixels / 255, (SIDE, SIDE), mode="area")
        judged = self.judge(pictures)[:, 0]
        beyond = (COVERED[0] - covered).relu() + (covered - COVERED[1]).relu()
        objective = -weight * losses.clamp_max(self.cap) + softplus(-judged) + OUTSIDE * beyond
        self.of_placer.zero_grad(set_to_none=True)
        objective.mean().backward()
        self.of_placer.step()
        self._judge_step(pictures.detach(), rng)
        return PlacerStep(step, float(losses.mean().detach()), float((judged > 0).float().mean()))

    def _judge_step(self, unreal: Tensor, rng: np.random.Generator) -> None:
        if self.unreal is not None:
            chosen = torch.from_numpy(rng.integers(len(self.unreal), size=REFUSED_SHOWN))
            unreal = torch.cat([unreal, self.unreal[chosen]])
        crops = crops_of_asked(self._real(rng, BATCH), self.body, kind_of(self.network).stretched)
        real = interpolate(crops.images.movedim(-1, 1).float() / 255, (SIDE, SIDE), mode="area")
        loss = softplus(self.judge(unreal)).mean() + softplus(-self.judge(real)).mean()
        self.of_judge.zero_grad(set_to_none=True)
        loss.backward()
        self.of_judge.step()

    def _real(self, rng: np.random.Generator, count: int) -> list[AskedPerson]:
        """People as they are in their photos, with seams beside them, compressed like composites. Raises FitloopError
        where there is nobody."""
        found: list[AskedPerson] = []
        for _ in range(20 * count):
            plan = draw_plan(self.stage, ["occlusion"], rng)
            plan = replace(plan, pastes=())
            if plan.asked is None:
                continue
            image = with_patches(plan)
            found.append(AskedPerson(_compressed(image, plan.quality), plan.people, plan.asked))
            if len(found) == count:
                return found
        raise FitloopError(
            "there are no real people for the discriminator. Give more accepted fits, or --data."
        )


def _soft(composites: list[Composite], asked: list[AskedPerson], numbers: Tensor) -> tuple[Tensor, Tensor]:
    """The first cut-outs as a differentiable layer (B, 3, 224, 224) over their photos' crops, and how much of the
    person asked about is covered (B,), COVERED's lower end where nobody need be."""
    layers, covered = [], []
    for composite, one, own in zip(composites, asked, numbers, strict=True):
        box = bbox_of_person(one)
        to_crop = augmented_affine(box.center, box.scale, NOTHING)
        rgba = torch.from_numpy(composite.plan.pastes[0].cutout.rgba).movedim(-1, 0).float()[None]
        affine = _linearised(composite.plan, own, to_crop)
        layer = _warped(rgba, affine)
        alpha = layer[:, 3:] / 255
        behind = torch.from_numpy(warp(composite.plan.image, to_crop, CROP_SIZE)).movedim(-1, 0).float()[None]
        layers.append(behind * (1 - alpha) + layer[:, :3] * alpha)
        if composite.plan.kind == "occlusion" and composite.plan.asked is not None:
            mask = composite.plan.masks[composite.plan.asked]
            assert mask is not None
            there = warp(np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2), to_crop, CROP_SIZE)
            own_pixels = torch.from_numpy(there[..., 0]).float()[None, None] / 255
            covered.append((alpha * own_pixels).sum() / own_pixels.sum().clamp_min(1))
        else:
            covered.append(torch.tensor(COVERED[0]))
    return torch.cat(layers), torch.stack(covered)


def _linearised(plan: CompositePlan, numbers: Tensor, to_crop: NDArray[np.float64]) -> Tensor:
    """The cut-out's map to the crop (2, 3), whose derivative by numbers (4,) is the placement's own."""
    here = numbers.detach().numpy().astype(np.float64)

    def at(values: NDArray[np.float64]) -> NDArray[np.float64]:
        by = plan.map_of(plan.with_numbers(values).pastes[0]).affine
        return to_crop[:, :2] @ by + np.column_stack([np.zeros((2, 2)), to_crop[:, 2]])

    value = torch.from_numpy(at(here)).float()
    for i in range(len(here)):
        nudged = here.copy()
        nudged[i] += NUDGE if here[i] < 0 else -NUDGE
        slope = (at(nudged) - at(here)) / (nudged[i] - here[i])
        value = value + torch.from_numpy(slope).float() * (numbers[i] - numbers[i].detach())
    return value


def _warped(rgba: Tensor, affine: Tensor) -> Tensor:
    """rgba (1, 4, H, W) in a crop by affine (2, 3) of pixels. Returns (1, 4, 224, 224); a gradient goes through."""
    height, width = rgba.shape[2:]
    inverse = torch.linalg.inv(affine[:, :2])
    offset = -inverse @ affine[:, 2]
    half = CROP_SIZE / 2
    scale = torch.tensor([2 / width, 2 / height])
    linear = inverse * half * scale[:, None]
    shift = (inverse @ torch.full((2,), half) + offset) * scale - 1
    grid = affine_grid(
        torch.cat([linear, shift[:, None]], dim=1)[None], [1, 4, CROP_SIZE, CROP_SIZE], align_corners=False
    )
    return grid_sample(rgba, grid, align_corners=False)


def _normalised(pixels: Tensor) -> Tensor:
    """As `normalise`, of pixels (B, 3, H, W) from 0 to 255 with their gradient."""
    return normalise(pixels.movedim(1, -1))


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """As the file will show it."""
    encoded = cv2.imencode(
        ".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )[1]
    return np.asarray(cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
