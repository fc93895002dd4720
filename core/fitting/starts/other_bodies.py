"""Other bodies for the same keypoints, ranked: 2D keypoints leave the sign of a limb's depth open."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.body.keypoint_body import UNKNOWNS, params_to_vector
from core.body.model import Body, BodyParams
from core.body.tree import LIMB_JOINTS
from core.errors import FitInputError
from core.fitting.config import FitConfig
from core.fitting.inputs import observe
from core.fitting.problem import Problem, as_start
from core.fitting.smplify import FitStep, fit, report
from core.fitting.solver import SolverStep
from core.fitting.starts.other_starts import starts_around
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.reprojection import NEAREST
from core.metrics import procrustes_align

STARTS = 32
EASED = 1.25  # factor on the keypoint tolerance; with keypoints weaker, the prior ranks what they leave open
SAME_M = 0.01  # two bodies whose limb joints are nearer than this after alignment count as one
# Increases that each make a body e times less likely to be the true one: loss of keypoints and wishes, loss of the body
# alone, distance [m] from the nearest of the other given bodies. On captured poses half or twice these values are as
# good (`python -m tests.benchmarks.choices.evidence`); leaving out the last is worse.
LESS_LIKELY = (10.0, 40.0, 0.03)
SEEN, USUAL = (
    [[term.name for term in TERMS].index(name) for name in names]
    for names in (("keypoints", "wishes"), ("pose_prior", "hinges", "limits", "upright", "shape"))
)


@dataclass(frozen=True, eq=False)
class SearchEnd:
    """One person's problem, the given bodies (H, 86), and the fits that started around them."""

    problem: Problem
    given: Tensor
    step: SolverStep


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
    """Up to `count` distinct bodies for one person: first the one nearest to all likely ones, then each time the one
    that adds most. A smaller count gives the first of a larger one.

    keypoints (1, K, 3), focal_length (1,), camera_center (1, 2) as in `fit`; guess: one or more bodies (H) of this
    person to start from; limbs of the first are flipped, and exchanged for those of the others. Without a guess, a fit
    from scratch takes its place. Raises FitInputError if there is more than one person, or nothing to fit.
    """
    if len(keypoints) != 1:
        raise FitInputError(
            f"keypoints {tuple(keypoints.shape)}: alternatives are of one person, (1, K, 3) at a time."
        )
    found = search(body, keypoints, layout, focal_length, camera_center, guess, config)
    seen, apart = clues(found)
    chosen = spread(likelihood(seen, seen.new_tensor(LESS_LIKELY)), apart, count)
    return tuple(report(found.problem, found.step.iteration, _only(found.step, row)) for row in chosen)


def search(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    guess: BodyParams | None,
    config: FitConfig | None,
) -> SearchEnd:
    """Fit one person, as in `alternatives`, from every start."""
    config = config or FitConfig()
    eased = replace(config, keypoint_px=EASED * config.keypoint_px)
    given = body.v_template.new_zeros(0, UNKNOWNS) if guess is None else _usable(guess.to(body.v_template))
    if not len(given):
        *_, base = fit(body, keypoints, layout, focal_length, camera_center, config=eased)
        given = params_to_vector(base.params.to(body.v_template))
    observed = observe(keypoints, layout, focal_length, camera_center, like=body.v_template)
    problem = Problem.of(body, observed, layout, eased)
    given = as_start(given, body.has_kid)
    starts = starts_around(problem.body, given, STARTS)[None]
    problem = problem.sized(starts)
    if config.soft_iterations:
        *_, soft = problem.fit_body(starts, config.soft_iterations, config.softness)
        starts = soft.unknowns[None]
    *_, found = problem.fit_body(starts, config.iterations)
    return SearchEnd(problem, given, found)


def _usable(guess: BodyParams) -> Tensor:
    """The bodies that are finite and in front of the camera, as unknowns (H, 86)."""
    given = params_to_vector(guess)
    return given[given.isfinite().all(dim=1) & (guess.cam_t[:, 2] > NEAREST)]


def clues(found: SearchEnd) -> tuple[Tensor, Tensor]:
    """Evidence against each of N bodies (N, 3), as in LESS_LIKELY, and the distances between them (N, N) [m].

    The objective alone ranks badly: its prior knows poses, but not which poses such keypoints mean.
    A network does, and the given bodies after the first are its predictions. Distances are of the limb joints, with all
    bodies aligned to the first given one: the photo already shows a body's heading and size.
    """
    rows = torch.cat([found.given, found.step.unknowns])
    places = found.problem.body.joints(rows)[1][:, LIMB_JOINTS]
    alike = procrustes_align(places, places[:1].expand_as(places))
    count = len(found.given)
    apart = (alike[count:, None] - alike).norm(dim=-1).mean(dim=-1)
    from_guesses = apart[:, 1:count].amin(dim=1) if count > 1 else torch.zeros_like(apart[:, 0])
    terms = [found.step.report[:, columns].sum(dim=1) for columns in (SEEN, USUAL)]
    return torch.stack([*terms, from_guesses], dim=1), apart[:, count:]


def likelihood(seen: Tensor, less_likely: Tensor) -> Tensor:
    """Probabilities (N,), summing to one, of bodies with clues `seen` (N, 3)."""
    return (-(seen / less_likely).sum(dim=1)).softmax(dim=0)


def spread(likely: Tensor, apart: Tensor, count: int) -> list[int]:
    """Rows of the bodies that together leave the least expected distance from the truth to the nearest of them.

    The likeliest bodies alone would often be variants of one arm.
    """
    chosen: list[int] = []
    nearest = torch.full_like(likely, torch.inf)
    while len(chosen) < count and bool((nearest > SAME_M).any()):
        left = (likely * torch.minimum(nearest, apart)).sum(dim=1).masked_fill(nearest <= SAME_M, torch.inf)
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
