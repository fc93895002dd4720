"""SMPLify (Bogo et al., ECCV 2016) as SPIN uses it, by second-order steps: place the camera, then fit the body.

Full perspective in the full image. With a guess the fit starts there; without one the mean pose is tried under
several headings, the likeliest few are fitted, and the best of them goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.body.keypoint_body import CAM_T_COLUMNS, vector_to_params
from core.body.model import Body, BodyParams
from core.fitting.config import REFERENCE_SIZE, FitConfig
from core.fitting.inputs import observe
from core.fitting.objective import TERMS
from core.fitting.placing import BODY_HEIGHT
from core.fitting.problem import Problem, best_of_each
from core.fitting.solver import SolverStep

SCORE_ROBUST_PX = 60.0  # at a person size of 200 px: a keypoint further off counts as about this far


@dataclass(frozen=True, eq=False)
class FitStep:
    """One report of a fit, on the CPU and never changed afterwards. Any step's params are usable.

    loss (B,) and loss_by_term name -> (B,) in squared residual units; residual_px (B, K): how far each keypoint is
    off; score (B,): robust pixels per visible keypoint at a person size of 200 px; weak (B,): too little is visible,
    the body leans on prior and guess; faults: person -> what was wrong with its input (its body is the start's).
    """

    iteration: int
    params: BodyParams
    loss: Tensor
    loss_by_term: dict[str, Tensor]
    residual_px: Tensor
    score: Tensor
    weak: Tensor
    faults: dict[int, str]


@torch.no_grad()
def fit(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    guess: BodyParams | None = None,
    config: FitConfig | None = None,
) -> Iterator[FitStep]:
    """Fit bodies to keypoints (B, K, 3): x, y [px], confidence, in the full image.

    focal_length (B,) and camera_center (B, 2) [px]; guess: where to start, in the photo's camera frame.
    Yields a FitStep per iteration; stop by not asking for more. Raises FitInputError when nobody can be fitted.
    """
    config = config or FitConfig()
    observed = observe(keypoints, layout, focal_length, camera_center, like=body.v_template)
    problem = Problem.of(body, observed, layout, config)
    unknowns = problem.starts(guess)
    problem = problem.sized(unknowns)
    batch, done = len(unknowns), 0

    if unknowns.shape[1] > 1:
        for step in problem.place_camera(unknowns):
            yield report(problem, done + step.iteration, best_of_each(step, batch))
        done += step.iteration
        kept = best_of_each(step, batch, 1 if guess is not None else config.starts_kept)
        unknowns = kept.unknowns.view(batch, -1, unknowns.shape[2])

    softly = config.softness if config.soft_iterations else 0.0
    if unknowns.shape[1] > 1:
        for step in problem.fit_body(unknowns, config.search_iterations, softly):
            yield report(problem, done + step.iteration, best_of_each(step, batch))
        done += step.iteration
        unknowns = best_of_each(step, batch).unknowns[:, None]
    elif softly:
        for step in problem.fit_body(unknowns, config.soft_iterations, softly):
            yield report(problem, done + step.iteration, step)
        done += step.iteration
        unknowns = step.unknowns[:, None]

    for step in problem.fit_body(unknowns, config.iterations):
        yield report(problem, done + step.iteration, step)


def report(problem: Problem, iteration: int, step: SolverStep) -> FitStep:
    """A solver's step of B people in the words of a fit."""
    losses, distance_px = step.report[:, : len(TERMS)], step.report[:, len(TERMS) :]
    size = BODY_HEIGHT * problem.observed.focal_length / step.unknowns[:, CAM_T_COLUMNS][:, 2].clamp_min(0.1)
    score = score_px(distance_px, problem.observed.confidence, size)
    return FitStep(
        iteration=iteration,
        params=vector_to_params(step.unknowns).frozen(),
        loss=step.loss.cpu(),
        loss_by_term=dict(zip(TERMS, losses.cpu().unbind(dim=1), strict=True)),
        residual_px=distance_px.cpu(),
        score=score.cpu(),
        weak=problem.observed.weak.cpu(),
        faults=problem.observed.faults,
    )


def score_px(distance_px: Tensor, confidence: Tensor, size_px: Tensor) -> Tensor:
    """Robust mean distance of the visible keypoints (B,) [px at a person size of 200 px]; infinite when none is.

    SPIN's mean over 49 rewards missing keypoints; this one counts what is there.
    """
    distance = distance_px * (REFERENCE_SIZE / size_px)[:, None]
    robust = distance * SCORE_ROBUST_PX / (distance.square() + SCORE_ROBUST_PX**2).sqrt()
    total = confidence.sum(dim=1)
    mean = (robust.nan_to_num(SCORE_ROBUST_PX) * confidence).sum(dim=1) / total.clamp_min(1e-6)
    return torch.where(total > 0, mean, torch.inf)
