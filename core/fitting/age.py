"""Fit the age after the pose. Keypoints tell little of it, so the share of people of each age counts too.

A child nearby and an adult farther away look much alike. A weight on the age either moves adults too or leaves children
adult. So the age's likelihood is measured at eleven ages, and the mean age counts by it and by the share of people of
that age: adults in general, children where the keypoints show one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from core.body.model import Body, BodyParams
from core.fitting.config import FitConfig
from core.fitting.smplify import FitStep, fit

AGES = tuple(age / 10 for age in range(11))  # of BodyParams.kid
# Shares in the synthetic population (train/synthesis/scene.py): 12 % are children, of any age from 0.2 on.
SHARES = (0.88, 0.0, 0.0075, *(0.015,) * 7, 0.0075)
TRY_ITERATIONS = 10
# Keypoints that lie near the body tell more. The mean square of a coordinate's residual at the best age, in keypoint
# tolerances, of keypoints off by one tolerance, adults' depth being no worse; and the least share that is believed.
USUAL, LEAST = 0.1, 0.15


def fit_age(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    guess: BodyParams,
    config: FitConfig,
) -> Iterator[FitStep]:
    """Find the age of bodies whose pose was fitted, then size and place at that age. Arguments and steps as in `fit`;
    guess: one body a person. A body without a child direction stays adult. Raises FitInputError."""
    config = replace(config, free_kid=False, kid=0.0)
    seen = keypoints, layout, focal_length, camera_center
    if body.has_kid:
        guess = replace(guess, kid=likely_age(body, *seen, guess, config).to(guess.kid))
    yield from fit(body, *seen, guess=guess, config=config)


def likely_age(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    guess: BodyParams,
    config: FitConfig,
) -> Tensor:
    """The mean age (B,) by likelihood and share; the guess's own where a person cannot be fitted."""
    count = len(AGES)

    def each(tensor: Tensor) -> Tensor:
        return tensor.repeat_interleave(count, dim=0)

    tries = replace(config, free_pose=True, iterations=TRY_ITERATIONS)
    ages = torch.tensor(AGES, device=keypoints.device).repeat(len(keypoints)).to(guess.kid)
    tried = replace(BodyParams(*(each(part) for part in guess.tensors())), kid=ages)
    *_, step = fit(
        body, each(keypoints), layout, each(focal_length), each(camera_center), guess=tried, config=tries
    )
    loss = step.loss.view(-1, count)
    least, best = loss.min(dim=1, keepdim=True)
    shares = torch.tensor(SHARES).to(loss)
    away = step.loss_by_term["keypoints"].view(-1, count).gather(1, best)
    seen = 2 * (keypoints[..., 2] > 0).sum(dim=1, keepdim=True).to(away)
    spread = (away / seen / USUAL).clamp_min(LEAST)
    likely = shares * torch.exp((least - loss) / (2 * spread))  # a loss is a sum of squares
    mean = (likely @ torch.tensor(AGES).to(loss)) / likely.sum(dim=1)
    return torch.where(mean.isfinite(), mean, guess.kid.to(mean))
