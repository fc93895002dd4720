"""One fit's fixed parts (collapsed body, keypoints, prior, weights) and its two stages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from core.body.keypoint_body import CAM_T_COLUMNS, KID_COLUMN, KeypointBody, params_to_vector
from core.body.keypoints import layout as keypoint_layout
from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting.compiled import compiled_tries, task_of
from core.fitting.config import FitConfig
from core.fitting.inputs import Observed
from core.fitting.objective import Objective, free_unknowns
from core.fitting.placing import BODY_HEIGHT, place, repeat, starts
from core.fitting.prior import PosePrior, default_prior, load_prior
from core.fitting.recorded_tries import graphed_tries
from core.fitting.solver import SolverStep, levenberg_marquardt, until_converged
from core.fitting.terms import all_terms
from core.fitting.terms.reprojection import NEAREST
from core.fitting.terms.term import BODY_POSE, FitGoal, FitTerm, Observation, SeenKeypoints
from core.fitting.terms.wish_table import WishTable, wish_table
from core.geometry.camera import project

SAME_LOSS = 1e-3  # of the least loss, or of one residual unit; starts that differ by less count as equal
WHOLE_TURN = 2 * math.pi
MOST = 1e4  # largest unknown of a guess; beyond it a body's arithmetic overflows float32


@dataclass(frozen=True, eq=False)
class Problem:
    """The fixed parts of one fit of B people. size_px (B,): the height of an average adult at their distance."""

    body: KeypointBody
    observed: Observed
    prior: PosePrior
    config: FitConfig
    wishes: WishTable
    terms: tuple[FitTerm, ...]
    size_px: Tensor
    has_kid: bool = True
    previous: Tensor | None = None

    @classmethod
    def of(cls, body: Body, observed: Observed, layout: str, config: FitConfig) -> Problem:
        layouts = (layout, "smpl24") if config.wishes else (layout,)
        names = [name for each in layouts for name in keypoint_layout(each).keypoints]
        places = {name: place for place, name in enumerate(names)}
        like = body.v_template
        prior = load_prior(config.prior).to(like.device, like.dtype) if config.prior else None
        return cls(
            body=KeypointBody.from_body(body, *layouts),
            observed=observed,
            prior=prior or default_prior(like.device, like.dtype),
            config=config,
            wishes=wish_table(config.wishes, places, like),
            terms=all_terms.TERMS,
            size_px=torch.ones_like(observed.focal_length),
            has_kid=body.has_kid,
        )

    @cached_property
    def term_names(self) -> tuple[str, ...]:
        return tuple([term.name for term in self.terms])

    @property
    def seen(self) -> SeenKeypoints:
        return self.observed.seen(self.config, self.size_px)

    def starts(self, guess: BodyParams | None) -> Tensor:
        """Unknowns (B, S, 86) to begin from: headings of the mean pose, or the guesses, S per person in a row.

        A guess is moved under its keypoints if that brings it nearer to them.
        """
        visible = self.observed.xy.shape[1]
        if guess is None:
            return starts(self.body, visible, self.prior.mean_pose, self.seen)
        given = params_to_vector(guess.to(self.observed.xy)).nan_to_num().clamp(-MOST, MOST)
        given = as_start(given, self.has_kid)
        batch = len(self.observed.xy)
        if not len(given) or len(given) % batch:
            raise FitInputError(
                f"{len(given)} guesses for {batch} people: give each the same number, one or more."
            )
        each = given.view(batch, -1, given.shape[1])
        return self._placed(each) if self.config.placing_iterations else each

    def _placed(self, unknowns: Tensor) -> Tensor:
        count = unknowns.shape[1]
        given, seen = unknowns.flatten(0, 1), repeat(self.seen, count)
        anew = given.clone()
        anew[:, CAM_T_COLUMNS] = 0
        anew[:, CAM_T_COLUMNS] = place(self.body.posed(anew).points[:, : seen.xy.shape[1]], seen)
        off = [self._offset_px(each, seen) for each in (given, anew)]
        return torch.where((off[1] < off[0])[:, None], anew, given).view_as(unknowns)

    def _offset_px(self, unknowns: Tensor, seen: SeenKeypoints) -> Tensor:
        """Distance of the visible keypoints from the body's (B,) [px]; infinite for a body behind the camera."""
        points = self.body.posed(unknowns).points[:, : seen.xy.shape[1]]
        shown = project(points, seen.focal_length, seen.camera_center)
        off = (
            ((shown - seen.xy).norm(dim=-1).nan_to_num(torch.inf) * seen.confidence)
            .nan_to_num(0.0)
            .sum(dim=1)
        )
        behind = ((points[..., 2] < NEAREST) & (seen.confidence > 0)).any(dim=1)
        return off.masked_fill(behind, torch.inf)

    def sized(self, unknowns: Tensor) -> Problem:
        """The problem with size_px taken at unknowns (B, S, 86), to which `stay_near` pulls."""
        focal, depth = self.observed.focal_length[:, None], unknowns[..., CAM_T_COLUMNS][..., 2]
        size = BODY_HEIGHT * focal / depth.clamp_min(0.1)
        return replace(self, size_px=size.median(dim=1).values, previous=unknowns)

    def narrowed(self, rows: Tensor) -> Problem:
        """The problem of the chosen starts (B, keep) of each person."""
        assert self.previous is not None
        return replace(
            self, previous=self.previous.gather(1, rows[..., None].expand(-1, -1, self.previous.shape[2]))
        )

    def goal(self, config: FitConfig, softness: float = 0.0) -> FitGoal:
        """The goal that a stage of the fit minimises."""
        return FitGoal(self.terms, config, self.prior, softness)

    def place_camera(self, unknowns: Tensor) -> Iterator[SolverStep]:
        """Stage 1: fit orientation and translation alone, of every start (B, S, 86) as one batch of B S."""
        only_camera = replace(
            self.config,
            free_pose=False,
            free_betas=False,
            free_kid=False,
            pose_prior=0.0,
            hinges=0.0,
            limits=0.0,
        )
        return self._solve(only_camera, unknowns, self.config.placing_iterations)

    def fit_body(self, unknowns: Tensor, iterations: int, softness: float = 0.0) -> Iterator[SolverStep]:
        """Stage 2: fit all free unknowns, from unknowns (B, S, 86)."""
        return self._solve(self.config, unknowns, iterations, softness)

    def _solve(
        self, config: FitConfig, unknowns: Tensor, iterations: int, softness: float = 0.0
    ) -> Iterator[SolverStep]:
        count = unknowns.shape[1]
        previous = self.previous.flatten(0, 1) if self.previous is not None and config.stay_near else None
        seen = repeat(self.seen, count)
        start, free = unknowns.flatten(0, 1), free_unknowns(config, unknowns.device)
        goal, observation = self.goal(config, softness), Observation(seen, self.wishes, previous)
        if by_machine_code(start):
            task = task_of(self.body, goal, observation, free)
            steps = compiled_tries(task, start, config.damping, seen.xy.shape[1], goal.terms)
            return until_converged(steps, iterations, config.tolerance, count)
        objective, data = Objective(self.body, goal), observation.tensors()
        if start.is_cuda:
            steps = graphed_tries(objective, data, start, free, config.damping)
            return until_converged(steps, iterations, config.tolerance, count)
        return levenberg_marquardt(
            lambda there: objective(there, *data),
            start,
            iterations,
            free,
            config.damping,
            config.tolerance,
            count,
        )


def by_machine_code(start: Tensor) -> bool:
    """True if a fit from `start` runs as machine code, False if in tensors."""
    return start.device.type == "cpu" and start.dtype == torch.float32


def as_start(given: Tensor, has_kid: bool) -> Tensor:
    """Unknowns (N, 86) of bodies from anywhere, changed in place: rotations above pi are
    written as the shorter way round, as the prior expects; `kid` is set to zero for a body without one."""
    pose = given[:, BODY_POSE].unflatten(1, (-1, 3))
    angle = torch.linalg.vector_norm(pose, dim=2, keepdim=True).clamp_min(torch.finfo(given.dtype).tiny)
    pose.mul_(1 - (angle / WHOLE_TURN).round() * WHOLE_TURN / angle)
    if not has_kid:
        given[:, KID_COLUMN] = 0
    return given


def best_of_each(step: SolverStep, batch: int, keep: int = 1) -> tuple[SolverStep, Tensor]:
    """The `keep` best of each person's starts, from a step over B S. Returns a step over B keep, and places (B, keep).

    Starts that lead to the same loss count as equal, and the first of them is the best: rounding differs from processor
    to processor, and with few visible keypoints it would otherwise choose the heading.
    """
    loss = step.loss.view(batch, -1).nan_to_num(nan=torch.inf)
    least = loss.amin(dim=1, keepdim=True)
    tied = loss < least + SAME_LOSS * least.abs().clamp_min(1)
    order = loss.masked_fill(tied, -torch.inf).argsort(dim=1, stable=True)[:, :keep].sort(dim=1).values
    first = torch.arange(batch, device=order.device)[:, None] * (len(step.loss) // batch)
    rows = (order + first).flatten()
    chosen = SolverStep(
        step.iteration, step.unknowns[rows], step.loss[rows], step.report[rows], step.accepted[rows]
    )
    return chosen, order
