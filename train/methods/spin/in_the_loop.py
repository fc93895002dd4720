"""Model-fitting in the loop, on fits that a human corrected: what one batch teaches.

Kolotouros, Pavlakos, Black and Daniilidis, "Learning to Reconstruct 3D Human Pose and Shape via Model-fitting in the
Loop", ICCV 2019. `loss` below is the paper's loop: the network's guess starts a fit, the better of this fit and the one
in the dictionary stays there and teaches the network. Where this differs from the public code:

- Old and new fits are compared by one rule, camera, priors and all, per visible keypoint, in the photo's perspective.
- What a human has locked is truth: never fitted again, never replaced. So is a data set's own SMPL parameters.
- No confidence is changed in place, keypoints stay exact to the sub-pixel, and people with few of them are no error.
- Fits are saved with every checkpoint; a fit with a beta beyond three standard deviations does not enter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from core.body.keypoints import OPENPOSE
from core.body.model import Body
from core.compute.cuda_graphs import fusing
from core.fitting import FitConfig
from core.geometry.image import normalise
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.guess import predicted as prediction
from core.networks.spin import SpinConfig, SpinNetwork, SpinOutput
from core.networks.spin import build as new_network
from core.store.fits.augmented import RowsInCrop
from core.store.fits.dictionary import VALID_SCORE_PX, FitsDictionary
from train.data.batches import Batch
from train.data.compare_fits import LOOP_FIT
from train.data.rotated_body import RotatedBody
from train.data.row_losses import RowLosses
from train.methods.spin import loss as losses
from train.methods.spin.config import Config
from train.methods.spin.loss import Term
from train.methods.spin.mean_params import mean_body
from train.methods.spin.refit import Candidates, refit
from train.run.distributed import Processes
from train.run.method_record import StepLoss


@dataclass(frozen=True, eq=False)
class Spin:
    """What a training step needs beside network and batch; the dictionary is what it betters. between: terms between
    the people of a batch, of a method that has some; row_losses: of the dictionary's rows, where they are noted."""

    config: Config
    body: Body
    fits: FitsDictionary
    processes: Processes
    between: Callable[[SpinOutput, Batch], dict[str, Term]] | None = None
    row_losses: RowLosses | None = None

    @cached_property
    def accepted(self) -> Tensor:
        """(N,) rows that a human accepted."""
        return torch.from_numpy(self.fits.verdict == "accepted").to(self.fits.device)


def build(config: Config, body: Body) -> SpinNetwork:
    """A network of random weights that starts its corrections at the mean body."""
    torch.manual_seed(config.seed)
    return new_network(SpinConfig(config.backbone, config.iterations, body.fingerprint), mean_body())


def loss(predicted: SpinOutput, batch: Batch, spin: Spin) -> StepLoss:
    """Model-fitting in the loop: one batch, from its predictions to the terms of the loss."""
    rows = batch.views.indices
    replaced, fit_s = fit_in_the_loop(predicted, batch, spin)
    best = spin.fits.get(rows, batch.views.rotation_deg, batch.views.flipped)
    valid = valid_rows(spin, rows)
    terms = supervise(predicted, batch, best, valid, spin)
    if spin.between is not None:
        terms |= spin.between(predicted, batch)
    value, parts = losses.weighted_sum(terms, spin.config.losses, spin.processes.total)
    if spin.row_losses is not None:
        each = losses.of_each(terms, spin.config.losses).detach()
        spin.row_losses.note(spin.processes.gathered(rows), spin.processes.gathered(each))
    # Every process sees all replacements, so that one alone counts them.
    counts = {
        "people": rows.new_tensor(len(batch)),
        "replaced": replaced.sum() if spin.processes.first else rows.new_tensor(0),
        "valid": valid.sum(),
        "locked": best.locked.sum(),
    }
    notices = (f"a photo cannot be read, another took its place: {path}" for path in batch.unreadable)
    return StepLoss(value, parts, counts, {"fit": fit_s}, tuple(notices))


def regress(network: SpinNetwork, batch: Batch, config: Config) -> SpinOutput:
    """The network's predictions for the crops, in the precision of its weights."""
    device, like = batch.images.device.type, network.init_pose
    crops = normalise(batch.images).to(like.dtype).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device, torch.bfloat16, enabled=config.precision == "bfloat16"):
        predicted = prediction(network, crops, batch.centres.to(like.dtype))
    return SpinOutput(*(part.to(like.dtype) for part in predicted))


def fit_in_the_loop(predicted: SpinOutput, batch: Batch, spin: Spin) -> tuple[Tensor, float]:
    """Fit every body from its prediction; the better of this fit and the dictionary's stays there.
    Returns which rows of the whole batch were replaced, and the seconds it took."""
    began = _now(predicted.betas)
    replaced = torch.zeros(0, dtype=torch.bool, device=predicted.betas.device)
    if spin.config.mode == "loop":
        with fusing():
            candidates = refit(spin.body, predicted, batch.views, spin.fits, fit_config(spin.config))
            replaced = of_all(candidates, spin.processes).keep_better(spin.fits)
    return replaced, _now(predicted.betas) - began


def supervise(
    predicted: SpinOutput, batch: Batch, best: RowsInCrop, valid: Tensor, spin: Spin
) -> dict[str, Term]:
    """The terms of the loss. best: the dictionary's rows as the augmented crops show them; valid (B,): which of them
    to believe.

    The network knows no children, so the betas of one, which belong to another scale, do not teach it. Nor does a pose
    that came without its shape say what its betas and its vertices are.
    """
    body = RotatedBody.of(spin.body)
    points = body.keypoints(predicted.rotations, predicted.betas)
    seen = losses.project_to_crop(points, predicted.weak_camera)
    rotations = axis_angle_to_matrix(best.pose.view(-1, 24, 3))
    betas = losses.believable_betas(best.betas, best.locked)
    shaped = valid & best.has_shape
    terms = {
        "keypoints_2d": losses.keypoints_2d_term(
            seen, losses.to_unit(batch.keypoints_crop), batch.half_weights
        ),
        "keypoints_3d": losses.keypoints_3d_term(points[:, OPENPOSE:], batch.joints, batch.has_joints),
        "pose": losses.pose_term(predicted.rotations, rotations, valid),
        "betas": losses.betas_term(predicted.betas, betas, shaped & (best.kid == 0)),
        "camera": losses.camera_term(predicted.weak_camera),
    }
    if spin.config.losses.vertices:
        vertices = body.vertices(predicted.rotations, predicted.betas)
        terms["vertices"] = losses.vertices_term(vertices, body.vertices(rotations, betas, best.kid), shaped)
    return terms


def valid_rows(spin: Spin, rows: Tensor) -> Tensor:
    """(B,) rows of the dictionary to believe: truth, or unless no fit is to be used, a valid fit with a score
    low enough or that a human accepted."""
    fits = spin.fits
    locked = fits.locked[rows]
    if spin.config.mode == "none":
        return locked
    score = fits.score[rows]
    # The dictionary calls a fit over VALID_SCORE_PX not valid for its score; here the run's own threshold counts.
    fair = fits.valid_fit[rows] | ((score > VALID_SCORE_PX) & ~fits.rejected[rows])
    return locked | (fair & ((score <= spin.config.valid_px) | spin.accepted[rows]))


def of_all(candidates: Candidates, processes: Processes) -> Candidates:
    """The candidates of all processes, so that every process's dictionary takes the same."""
    names = Candidates.__dataclass_fields__
    return Candidates(*(processes.gathered(getattr(candidates, name)) for name in names))


def fit_config(config: Config) -> FitConfig:
    """How each body of a batch is fitted."""
    return replace(LOOP_FIT, iterations=config.fit_iterations)


def _now(like: Tensor) -> float:
    """Seconds, once the device has done what it was given."""
    if like.is_cuda:
        torch.cuda.synchronize(like.device)
    return time.perf_counter()
