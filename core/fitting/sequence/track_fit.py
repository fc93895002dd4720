"""Fit tracks over time: `fit_tracks`. One track is one problem, with one shape for all its frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.body.keypoint_body import (
    BETAS_COLUMNS,
    CAM_T_COLUMNS,
    KID_COLUMN,
    POSE,
    KeypointBody,
    params_to_vector,
    vector_to_params,
)
from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting.inputs import Observed, observe
from core.fitting.objective import free_unknowns
from core.fitting.placing import BODY_HEIGHT
from core.fitting.prior import default_prior, load_prior
from core.fitting.problem import as_start, by_machine_code
from core.fitting.sequence.compiled_tracks import compiled_track_tries
from core.fitting.sequence.joint_pulls import PullWeights, links_of
from core.fitting.sequence.track_config import TrackConfig
from core.fitting.sequence.track_problem import Anchors, TrackProblem, TrackWeights
from core.fitting.sequence.track_solver import TrackSolverStep, solve_tracks
from core.fitting.smplify import score_px
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.term import FitGoal, Observation
from core.fitting.terms.wish_table import wish_table

SHAPE = slice(BETAS_COLUMNS.start, KID_COLUMN + 1)


@dataclass(frozen=True, eq=False)
class SeenTracks:
    """P tracks of T frames, as a detector saw them. keypoints (P, T, K, 3): x, y [px], confidence; focal_length (P, T)
    and camera_center (P, T, 2) [px]; seconds (P, T): when; there (P, T) bool: False for frames that a shorter track
    lacks; locked (P, T) bool: the frame's body stays as it is; camera (P, T, 3, 4) or None: from the world's frame to
    the camera's, where the camera moves and that is known."""

    keypoints: Tensor
    layout: str
    focal_length: Tensor
    camera_center: Tensor
    seconds: Tensor
    there: Tensor
    locked: Tensor
    camera: Tensor | None = None


@dataclass(frozen=True, eq=False)
class TrackStep:
    """One report of a fit over time, on the CPU, never changed afterwards.

    params: bodies (P T) in the camera's frame; loss (P,); score (P, T) as in `FitStep`; weak (P, T) bool.
    """

    iteration: int
    params: BodyParams
    loss: Tensor
    score: Tensor
    weak: Tensor


@torch.no_grad()
def fit_tracks(
    body: Body, seen: SeenTracks, guess: BodyParams, config: TrackConfig | None = None
) -> Iterator[TrackStep]:
    """Fit bodies to tracks, from a guess (P T) for each frame; a locked frame's guess is its body.

    Yields a TrackStep per iteration; a caller may stop at any step. Raises FitInputError if shapes disagree.
    """
    config = config or TrackConfig()
    start = _started(body, seen, guess, config.frame.free_betas)
    observed = _observed(seen, start)
    problem = problem_of(body, seen, observed, start, config)
    free = free_unknowns(config.frame, start.device)
    limits = config.iterations, config.damping, config.tolerance
    if by_machine_code(start):
        steps = compiled_track_tries(problem, start, free, *limits)
    else:
        steps = solve_tracks(problem.linearised, start, problem.free, free, *limits)
    for step in steps:
        yield _reported(step, observed)


def problem_of(
    body: Body, seen: SeenTracks, observed: Observed, start: Tensor, config: TrackConfig
) -> TrackProblem:
    """The problem of fitting tracks from a start (P, T, 86), to whose poses their anchors pull."""
    frame = replace(config.frame, betas=0.0, kid=0.0, stay_near=0.0, wishes=())
    prior = load_prior(frame.prior).to(start.device, start.dtype) if frame.prior else None
    goal = FitGoal(TERMS, frame, prior or default_prior(start.device, start.dtype))
    depth = start[..., CAM_T_COLUMNS.start + 2].median(dim=1, keepdim=True).values.expand(start.shape[:2])
    size_px = BODY_HEIGHT * observed.focal_length / depth.flatten().clamp_min(0.1)
    data = Observation(observed.seen(frame, size_px), wish_table((), {}, start)).tensors()
    free = (seen.there & ~seen.locked).to(start)
    camera = seen.camera
    if camera is None:
        camera = torch.eye(4)[:3].expand(*seen.there.shape, 3, 4)
    between = PullWeights(config.acceleration, config.foot_speed, config.jerky, config.stepping)
    return TrackProblem(
        body=KeypointBody.from_body(body, seen.layout, "smpl24"),
        goal=goal,
        data=data,
        links=links_of(seen.seconds.to(start), seen.there.to(start.device)),
        camera=camera.to(start),
        free=free,
        anchors=Anchors(start[..., :POSE], torch.ones_like(free)),
        weights=TrackWeights(
            between,
            config.anchor,
            config.strange,
            config.shape * config.frame.betas,
            config.shape * config.frame.kid,
        ),
    )


def _started(body: Body, seen: SeenTracks, guess: BodyParams, shape_is_free: bool = True) -> Tensor:
    """Unknowns (P, T, 86), the free frames of a track with one shape: a free shape starts from that of a locked frame,
    else from the mean; one that is not free is that of the free frames."""
    shape = seen.there.shape
    given = params_to_vector(guess.to(body.v_template))
    if len(given) != seen.there.numel():
        raise FitInputError(
            f"{len(given)} guesses for {shape[0]} tracks of {shape[1]} frames. Give one a frame."
        )
    start = as_start(given.clone(), body.has_kid).view(*shape, -1)
    counted = (seen.there & (seen.locked if shape_is_free else ~seen.locked)).to(start)
    counted = torch.where((counted.sum(dim=1) > 0)[:, None], counted, seen.there.to(start))[..., None]
    mean = (start[..., SHAPE] * counted).sum(dim=1) / counted.sum(dim=1).clamp_min(1)
    start[..., SHAPE] = torch.where(seen.locked.to(start.device)[..., None], start[..., SHAPE], mean[:, None])
    return start


def _observed(seen: SeenTracks, like: Tensor) -> Observed:
    flat = (part.flatten(0, 1) for part in (seen.keypoints, seen.focal_length, seen.camera_center))
    keypoints, focal_length, camera_center = flat
    return observe(keypoints, seen.layout, focal_length, camera_center, like)


def _reported(step: TrackSolverStep, observed: Observed) -> TrackStep:
    flat = step.unknowns.flatten(0, 1)
    distance = step.report[..., len(TERMS) :].flatten(0, 1)
    size = BODY_HEIGHT * observed.focal_length / flat[:, CAM_T_COLUMNS.start + 2].clamp_min(0.1)
    score = score_px(distance, observed.confidence, size)
    shape = step.unknowns.shape[:2]
    params = vector_to_params(flat.cpu().clone())
    return TrackStep(
        step.iteration, params, step.loss.cpu(), score.view(shape).cpu(), observed.weak.view(shape)
    )
