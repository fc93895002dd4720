"""Other bodies for the same keypoints, ranked: the signs of limbs' depths that two dimensions leave open."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from core.body.keypoint_body import UNKNOWNS, params_to_vector
from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting.config import FitConfig
from core.fitting.flips import flip_sets, flipped
from core.fitting.inputs import observe
from core.fitting.problem import Problem
from core.fitting.residuals import NEAREST
from core.fitting.smplify import FitStep, fit, report
from core.fitting.solver import SolverStep

STARTS = 32
EASED = 1.25  # alternatives differ where keypoints say nothing: their pixels count less, so that the prior is heard
TEMPERATURE = 4.0  # of a loss as evidence: exp(-loss / 4); 2 would trust the model's own noise to the letter
SAME_M = 0.03  # mean distance of the 24 joints, pelvis to pelvis, below which two starts found one body


@torch.no_grad()
def alternatives(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    guess: BodyParams | None = None,
    count: int = 5,
    config: FitConfig | None = None,
) -> tuple[FitStep, ...]:
    """Up to `count` distinct bodies for one person, lowest objective first.

    keypoints (1, K, 3), focal_length (1,), camera_center (1, 2) as in `fit`; guess: one or more bodies (H) of this
    person to start from, the first being the one whose limbs are flipped; without it a fit from nothing comes first.
    Raises FitInputError when there is more than one person, or nothing to fit.
    """
    if len(keypoints) != 1:
        raise FitInputError(
            f"keypoints {tuple(keypoints.shape)}: alternatives are of one person, (1, K, 3) at a time."
        )
    config = config or FitConfig()
    eased = replace(config, keypoint_px=EASED * config.keypoint_px)
    given = body.v_template.new_zeros(0, UNKNOWNS) if guess is None else _usable(guess.to(body.v_template))
    if not len(given):
        *_, base = fit(body, keypoints, layout, focal_length, camera_center, config=eased)
        given = params_to_vector(base.params.to(body.v_template))
    observed = observe(keypoints, layout, focal_length, camera_center, like=body.v_template)
    problem = Problem.of(body, observed, layout, eased)
    starts = torch.cat(
        [flipped(problem.body, given[0], flip_sets(max(STARTS - len(given) + 1, 1))), given[1:]]
    )[None]
    problem = problem.sized(starts)
    if config.soft_iterations:
        *_, soft = problem.fit_body(starts, config.soft_iterations, config.softness)
        starts = soft.unknowns[None]
    *_, found = problem.fit_body(starts, config.iterations)
    chosen = sorted(_spread(problem, found, count), key=lambda row: float(found.loss[row]))
    return tuple(report(problem, found.iteration, _only(found, row)) for row in chosen)


def _usable(guess: BodyParams) -> Tensor:
    """Those of the bodies that are numbers and before the camera, as unknowns (H, 86)."""
    given = params_to_vector(guess)
    return given[given.isfinite().all(dim=1) & (guess.cam_t[:, 2] > NEAREST)]


def _spread(problem: Problem, found: SolverStep, count: int) -> list[int]:
    """Rows of the bodies that together leave the least expected distance from the truth to the nearest of them.

    Each body found counts by its loss as evidence, once however many starts found it. Taking the lowest losses
    instead would spend several of the few places on variants of one arm.
    """
    _, places = problem.body.joints(found.unknowns)
    places = places - places[:, :1]
    apart = (places[:, None] - places[None]).norm(dim=-1).mean(dim=-1)
    evidence = torch.exp((found.loss.min() - found.loss) / TEMPERATURE) / (apart < SAME_M).sum(dim=1)
    chosen: list[int] = []
    nearest = torch.full_like(found.loss, torch.inf)
    while len(chosen) < count and bool((nearest > SAME_M).any()):
        left = (evidence * torch.minimum(nearest, apart)).sum(dim=1).masked_fill(nearest <= SAME_M, torch.inf)
        chosen.append(int(left.argmin()))
        nearest = torch.minimum(nearest, apart[chosen[-1]])
    return chosen


def _only(step: SolverStep, row: int) -> SolverStep:
    rows = slice(row, row + 1)
    return replace(
        step,
        unknowns=step.unknowns[rows],
        loss=step.loss[rows],
        report=step.report[rows],
        accepted=step.accepted[rows],
    )
