"""Other bodies for the same keypoints, ranked: the signs of limbs' depths that two dimensions leave open."""

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
from core.fitting.other_starts import starts_around
from core.fitting.problem import Problem, as_start
from core.fitting.smplify import FitStep, fit, report
from core.fitting.solver import SolverStep
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.reprojection import NEAREST
from core.metrics import procrustes_align

STARTS = 32
EASED = 1.25  # alternatives differ where keypoints say nothing: their pixels count less, so that the prior is heard
SAME_M = 0.01  # distance of the limb joints after alignment below which two bodies are one
# What makes a body e times less likely to be the true one: so much more of what the objective says of the keypoints and
# wishes, of the body alone, and so many metres farther from the nearest of the other bodies given. On captured poses
# half or twice as much is as good (`python -m tests.benchmarks.evidence`), the last one left out is not.
LESS_LIKELY = (10.0, 40.0, 0.03)
SEEN, USUAL = (
    [[term.name for term in TERMS].index(name) for name in names]
    for names in (("keypoints", "wishes"), ("pose_prior", "hinges", "limits", "upright", "shape"))
)


@dataclass(frozen=True, eq=False)
class SearchEnd:
    """One person's problem, the bodies given (H, 86), and where the starts around them ended."""

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
    """Up to `count` distinct bodies for one person: the one nearest to all likely ones first, then those that each add
    most, so that few are the first of many.

    keypoints (1, K, 3), focal_length (1,), camera_center (1, 2) as in `fit`; guess: one or more bodies (H) of this
    person to start from, the first being the one whose limbs are flipped and exchanged for the others'; without it a
    fit from nothing is that. Raises FitInputError when there is more than one person, or nothing to fit.
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
    """Every body that the starts lead to, of one person as in `alternatives`."""
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
    """Those of the bodies that are numbers and before the camera, as unknowns (H, 86)."""
    given = params_to_vector(guess)
    return given[given.isfinite().all(dim=1) & (guess.cam_t[:, 2] > NEAREST)]


def clues(found: SearchEnd) -> tuple[Tensor, Tensor]:
    """What speaks against each of N bodies (N, 3), as LESS_LIKELY counts it; and how far they are apart (N, N) [m].

    The objective alone ranks real people badly, as its prior knows poses only, not which of them such keypoints mean.
    A network does, and the bodies given after the first are what it says. Distances are of the limb joints, all bodies
    aligned with the first given: which way a body faces, and how large it is, the photo tells.
    """
    rows = torch.cat([found.given, found.step.unknowns])
    places = found.problem.body.joints(rows)[1][:, LIMB_JOINTS]
    alike = procrustes_align(places, places[:1].expand_as(places))
    count = len(found.given)
    apart = (alike[count:, None] - alike).norm(dim=-1).mean(dim=-1)
    said = apart[:, 1:count].amin(dim=1) if count > 1 else torch.zeros_like(apart[:, 0])
    terms = [found.step.report[:, columns].sum(dim=1) for columns in (SEEN, USUAL)]
    return torch.stack([*terms, said], dim=1), apart[:, count:]


def likelihood(seen: Tensor, less_likely: Tensor) -> Tensor:
    """Of bodies with clues `seen` (N, 3): (N,) summing to one."""
    return (-(seen / less_likely).sum(dim=1)).softmax(dim=0)


def spread(likely: Tensor, apart: Tensor, count: int) -> list[int]:
    """Rows of the bodies that together leave the least expected distance from the truth to the nearest of them.

    Taking the likeliest instead would spend several of the few places on variants of one arm.
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
