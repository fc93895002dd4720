"""SMPLify (Bogo et al., ECCV 2016) as SPIN uses it, by second-order steps: place the camera, then fit the body.

Full perspective in the full image. With a guess the fit starts there. Without one the mean pose is tried under
several headings, the likeliest few are fitted, and the best of them goes on. Where a guess failed, the person is
refitted from scratch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from core.body.keypoint_body import vector_to_params
from core.body.model import Body, BodyParams
from core.fitting.config import REFERENCE_SIZE, FitConfig
from core.fitting.in_pieces import PiecedStep, begun, part_of, people_at_once, pieces_of
from core.fitting.inputs import Observed, observe
from core.fitting.placing import BODY_HEIGHT
from core.fitting.problem import Problem, best_of_each
from core.fitting.solver import SolverStep

FOUND = 0.75  # a refit from scratch is kept if its score is below this share of the failed fit's
SCORE_ROBUST_PX = 60.0  # at a person size of 200 px: a keypoint further off counts as about this far


@dataclass(frozen=True, eq=False)
class FitStep:
    """One report of a fit, never changed afterwards. Any step's params are usable.

    faults: person -> fault in its input (its body stays at the start). The other fields are computed on access, on the
    CPU: a caller that wants only the end of a fit on a GPU does not wait for every step.
    """

    iteration: int
    _found: SolverStep | PiecedStep
    _observed: Observed
    _terms: tuple[str, ...]

    @property
    def faults(self) -> dict[int, str]:
        return self._observed.faults

    @cached_property
    def weak(self) -> Tensor:
        """(B,) bool: True if too little of a person is visible, so that prior and guess determine most of the body."""
        return _own(self._observed.weak)

    @cached_property
    def loss(self) -> Tensor:
        """(B,) in squared residual units."""
        return _own(self._found.loss)

    @property
    def unknowns(self) -> Tensor:
        """The bodies as `params_to_vector` has them (B, 86), on the fit's device; not to be changed."""
        return self._found.unknowns

    @cached_property
    def params(self) -> BodyParams:
        """The bodies, in the photo's camera frame."""
        return vector_to_params(_own(self._found.unknowns))

    @cached_property
    def loss_by_term(self) -> dict[str, Tensor]:
        """Name of a term -> its share of the loss (B,)."""
        return dict(zip(self._terms, self._report[:, : len(self._terms)].unbind(dim=1), strict=True))

    @property
    def residual_px(self) -> Tensor:
        """Distance of each keypoint from the body's in the photo (B, K) [px]."""
        return self._report[:, len(self._terms) :]

    @cached_property
    def score(self) -> Tensor:
        """Robust pixels per visible keypoint at a person size of 200 px (B,)."""
        focal_length, confidence = _own(self._observed.focal_length), _own(self._observed.confidence)
        size = BODY_HEIGHT * focal_length / self.params.cam_t[:, 2].clamp_min(0.1)
        return score_px(self.residual_px, confidence, size)

    @cached_property
    def _report(self) -> Tensor:
        return _own(self._found.report)


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

    focal_length (B,) and camera_center (B, 2) [px]; guess: the start, in the photo's camera frame: B bodies, or
    several per person in a row (B S), of which the fit keeps the one with the least objective.
    Yields a FitStep per iteration; a caller may stop iterating at any step. More people than `people_at_once` are
    fitted in pieces: each step has all people, those of later pieces at their start. Raises FitInputError if no person
    can be fitted.
    """
    config = config or FitConfig()
    people = len(keypoints)
    if people <= people_at_once(body.v_template.device):
        yield from _fit_at_once(body, keypoints, layout, focal_length, camera_center, guess, config)
        return
    observed = observe(keypoints, layout, focal_length, camera_center, like=body.v_template)
    whole, done = begun(body, observed, layout, config, guess), 0
    for number, rows in pieces_of(observed):
        seen = keypoints[rows], layout, focal_length[rows], camera_center[rows]
        for step in _fit_at_once(body, *seen, part_of(guess, rows, people), config):
            whole = whole.with_piece(number, step._found, done + step.iteration)
            yield FitStep(whole.iteration, whole, observed, step._terms)
        done = whole.iteration


def _fit_at_once(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    guess: BodyParams | None,
    config: FitConfig,
) -> Iterator[FitStep]:
    observed = observe(keypoints, layout, focal_length, camera_center, like=body.v_template)
    problem = Problem.of(body, observed, layout, config)
    unknowns = problem.starts(guess)
    problem = problem.sized(unknowns)
    batch, done = len(unknowns), 0

    if guess is None:
        for step in problem.place_camera(unknowns):
            yield report(problem, done + step.iteration, best_of_each(step, batch)[0])
        done += step.iteration
        kept, rows = best_of_each(step, batch, config.starts_kept)
        problem, unknowns = problem.narrowed(rows), kept.unknowns.view(batch, -1, unknowns.shape[2])

    softly = config.softness if config.soft_iterations else 0.0
    if unknowns.shape[1] > 1:
        for step in problem.fit_body(unknowns, config.search_iterations, softly):
            yield report(problem, done + step.iteration, best_of_each(step, batch)[0])
        done += step.iteration
        best, rows = best_of_each(step, batch)
        problem, unknowns = problem.narrowed(rows), best.unknowns[:, None]
    elif softly:
        for step in problem.fit_body(unknowns, config.soft_iterations, softly):
            yield report(problem, done + step.iteration, step)
        done += step.iteration
        unknowns = step.unknowns[:, None]

    for step in problem.fit_body(unknowns, config.iterations):
        end = report(problem, done + step.iteration, step)
        yield end
    if guess is not None and config.lost_px:
        yield from _without_guess(end, body, keypoints, layout, focal_length, camera_center, config)


def _without_guess(
    end: FitStep,
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    config: FitConfig,
) -> Iterator[FitStep]:
    """Refit from scratch where the guess failed; yields one more step if a refit ends nearer to the keypoints."""
    anything = config.free_orientation and config.free_pose and config.free_translation
    lost = (end.score > config.lost_px) & ~end.weak & anything
    rows = lost.nonzero()[:, 0]
    if not len(rows):
        return
    seen = (keypoints[rows], layout, focal_length[rows], camera_center[rows])
    nothing = replace(config, lost_px=0.0, stay_near=0.0, soft_iterations=FitConfig.soft_iterations)
    *_, other = fit(body, *seen, config=nothing)
    found = other.score < FOUND * end.score[rows]
    if bool(found.any()):
        yield _exchanged(end, rows[found], other, found)


def _exchanged(end: FitStep, rows: Tensor, other: FitStep, chosen: Tensor) -> FitStep:
    """A step after `end` in which the people at `rows` are replaced by the `chosen` (bool) people of another step."""
    here, there = end._found, other._found
    rows, chosen = rows.to(here.loss.device), chosen.to(here.loss.device)
    unknowns, loss, report, accepted = (
        mine.index_copy(0, rows, theirs[chosen])
        for mine, theirs in (
            (here.unknowns, there.unknowns),
            (here.loss, there.loss),
            (here.report, there.report),
            (here.accepted, there.accepted),
        )
    )
    iteration = end.iteration + other.iteration
    step = SolverStep(iteration, unknowns, loss, report, accepted)
    return FitStep(iteration, step, end._observed, end._terms)


def report(problem: Problem, iteration: int, step: SolverStep) -> FitStep:
    """A solver's step of B people as a FitStep."""
    return FitStep(iteration, step, problem.observed, problem.term_names)


def _own(part: Tensor) -> Tensor:
    """A copy on the CPU that autograd accepts, also of tensors made in inference mode."""
    with torch.inference_mode(False):
        return part.cpu().clone()


def score_px(distance_px: Tensor, confidence: Tensor, size_px: Tensor) -> Tensor:
    """Robust mean distance of the visible keypoints (B,) [px at a person size of 200 px]; infinite if none is.

    SPIN's mean over 49 keypoints rewards missing ones; this mean is over visible ones only.
    """
    distance = distance_px * (REFERENCE_SIZE / size_px)[:, None]
    robust = distance * SCORE_ROBUST_PX / (distance.square() + SCORE_ROBUST_PX**2).sqrt()
    total = confidence.sum(dim=1)
    mean = (robust.nan_to_num(SCORE_ROBUST_PX) * confidence).sum(dim=1) / total.clamp_min(1e-6)
    return torch.where(total > 0, mean, torch.inf)
