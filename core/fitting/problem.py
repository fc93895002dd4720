"""One fit's fixed parts: the collapsed body, what the photo shows, the prior, the weights; and its two stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.body.keypoint_body import CAM_T_COLUMNS, KeypointBody, params_to_vector
from core.body.keypoints import layout as keypoint_layout
from core.body.model import Body, BodyParams
from core.fitting.config import FitConfig
from core.fitting.inputs import Observed
from core.fitting.objective import Objective, free_unknowns, observation
from core.fitting.placing import BODY_HEIGHT, place, repeat, starts
from core.fitting.prior import PosePrior, default_prior, load_prior
from core.fitting.replay import Replay, replayed
from core.fitting.residuals import Seen
from core.fitting.solver import SolverStep, attempt, levenberg_marquardt


@dataclass(frozen=True, eq=False)
class Problem:
    """What stays the same during one fit of B people. size_px (B,): how tall an average adult would be there."""

    body: KeypointBody
    observed: Observed
    prior: PosePrior
    config: FitConfig
    places: dict[str, int]
    size_px: Tensor
    previous: Tensor | None = None

    @classmethod
    def of(cls, body: Body, observed: Observed, layout: str, config: FitConfig) -> Problem:
        layouts = (layout, "smpl24") if config.wishes else (layout,)
        names = [name for each in layouts for name in keypoint_layout(each).keypoints]
        like = body.v_template
        prior = load_prior(config.prior).to(like.device, like.dtype) if config.prior else None
        return cls(
            body=KeypointBody.from_body(body, *layouts),
            observed=observed,
            prior=prior or default_prior(like.device, like.dtype),
            config=config,
            places={name: place for place, name in enumerate(names)},
            size_px=torch.ones_like(observed.focal_length),
        )

    @property
    def seen(self) -> Seen:
        return self.observed.seen(self.config, self.size_px)

    def starts(self, guess: BodyParams | None) -> Tensor:
        """Unknowns (B, S, 86) to begin from: headings of the mean pose, or the guess, as it is and placed anew."""
        visible = self.observed.xy.shape[1]
        if guess is None:
            return starts(self.body, visible, self.prior.mean_pose, self.seen)
        given = params_to_vector(guess.to(self.observed.xy)).nan_to_num()
        if not self.config.placing_iterations:
            return given[:, None]
        placed = given.clone()
        placed[:, CAM_T_COLUMNS] = 0
        placed[:, CAM_T_COLUMNS] = place(self.body.posed(placed).points[:, :visible], self.seen)
        return torch.stack([given, placed], dim=1)

    def sized(self, unknowns: Tensor) -> Problem:
        """Pixels counted at the size that people have at unknowns (B, S, 86); `stay_near` holds to the first."""
        size = (
            BODY_HEIGHT
            * self.observed.focal_length[:, None]
            / unknowns[..., CAM_T_COLUMNS][..., 2].clamp_min(0.1)
        )
        return replace(self, size_px=size.median(dim=1).values, previous=unknowns[:, 0])

    def place_camera(self, unknowns: Tensor) -> Iterator[SolverStep]:
        """Stage 1: orientation and translation alone, of every start (B, S, 86) as one batch of B S."""
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
        """Stage 2: everything that may move, from unknowns (B, S, 86)."""
        return self._solve(self.config, unknowns, iterations, softness)

    def _solve(
        self, config: FitConfig, unknowns: Tensor, iterations: int, softness: float = 0.0
    ) -> Iterator[SolverStep]:
        count = unknowns.shape[1]
        previous = None if self.previous is None else self.previous.repeat_interleave(count, dim=0)
        seen = repeat(self.seen, count)
        objective = Objective(self.body, self.prior, config, self.places, softness)
        direct = bool(config.wishes)  # a curator's wishes change too often to be recorded
        return levenberg_marquardt(
            objective if direct else Replay(objective),
            unknowns.flatten(0, 1),
            iterations,
            free_unknowns(config, unknowns),
            config.damping,
            config.tolerance,
            observation(seen, previous if config.stay_near else None),
            attempt if direct else replayed,
        )


def best_of_each(step: SolverStep, batch: int, keep: int = 1) -> SolverStep:
    """Of a step over B S starts, each person's `keep` best: a step over B keep."""
    order = step.loss.view(batch, -1).nan_to_num(nan=torch.inf).argsort(dim=1)[:, :keep]
    first = torch.arange(batch, device=order.device)[:, None] * (len(step.loss) // batch)
    rows = (order + first).flatten()
    return SolverStep(
        step.iteration, step.unknowns[rows], step.loss[rows], step.report[rows], step.accepted[rows]
    )
