"""How likely is a pose: a mixture of Gaussians over body poses, and limits that no body passes.

Losses here are sums of squares like the rest of a fit. Each term gives its loss and half its gradient and Hessian, as
J'r and J'J would: a Gaussian's J is constant, so forming rows first would only make the solver's product longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.compute.per_device import held
from core.errors import FitInputError, PickleRefused
from core.files.npz import ArrayFault, read_npz
from core.files.pickles.reader import load_pickle

PRIOR_FILE = Path(__file__).parents[2] / "resources" / "prior" / "pose_prior.npz"
BODY_POSE = 69
MAX_COMPONENTS = 256


class Pull(NamedTuple):
    """A term over the unknowns: loss (B,), half gradient (B, N) and half Hessian (B, N, N) or its diagonal (B, N)."""

    loss: Tensor
    gradient: Tensor
    hessian: Tensor


@dataclass(frozen=True, eq=False)
class PosePrior:
    """means (C, 69), factors (C, 69, 69) with factor factorᵀ the precision, offsets (C,) = -log of the components'
    weights, lower and upper (69,) [rad]: limits of each axis-angle number."""

    means: Tensor
    factors: Tensor
    precisions: Tensor
    offsets: Tensor
    lower: Tensor
    upper: Tensor

    def mixture(self, body_pose: Tensor, softness: float = 0.0) -> Pull:
        """min over components of half the squared Mahalanobis distance plus the offset. body_pose (B, 69).

        The minimum in place of the sum is SMPLify's (Bogo et al., ECCV 2016, eq. 8): one Gaussian at a time. With
        softness T it is -T log sum exp(-./T), which lets a fit move between components before it settles in one.
        """
        whitened = (body_pose[:, None] - self.means).transpose(0, 1) @ self.factors  # (C, B, 69)
        distance = 0.5 * whitened.square().sum(dim=2).T + self.offsets
        if softness == 0:
            loss, nearest = distance.min(dim=1)
            chosen = whitened.transpose(0, 1).gather(1, nearest[:, None, None].expand(-1, 1, BODY_POSE))
            gradient = (self.factors[nearest] @ chosen.transpose(1, 2))[..., 0]
            return Pull(loss, 0.5 * gradient, 0.5 * self.precisions[nearest])
        share = torch.softmax(-distance / softness, dim=1)
        pulls = whitened @ self.factors.transpose(1, 2)
        gradient = (share.T[..., None] * pulls).sum(dim=0)
        hessian = (share @ self.precisions.flatten(1)).view(-1, BODY_POSE, BODY_POSE)
        return Pull(-softness * torch.logsumexp(-distance / softness, dim=1), 0.5 * gradient, 0.5 * hessian)

    def limits(self, body_pose: Tensor) -> Pull:
        """Squared radians beyond the limits; zero within. body_pose (B, 69). The Hessian is its diagonal."""
        beyond = body_pose - body_pose.clamp(self.lower, self.upper)
        return Pull(beyond.square().sum(dim=1), beyond, (beyond != 0).to(beyond.dtype))

    @property
    def mean_pose(self) -> Tensor:
        """The likeliest component's mean (69,): where a fit without a guess begins."""
        return self.means[self.offsets.argmin()]

    def to(self, device: torch.device | str, dtype: torch.dtype) -> PosePrior:
        return PosePrior(*(getattr(self, name).to(device, dtype) for name in self.__dataclass_fields__))


@cache
def default_prior(device: torch.device, dtype: torch.dtype) -> PosePrior:
    """The prior that ships, learned by `python -m train.prior`."""
    return load_prior(PRIOR_FILE).to(device, dtype)


def load_prior(path: Path) -> PosePrior:
    """Our own .npz, or the classic gmm_08.pkl (`means`, `covars`, `weights`; no limits but a full turn).

    Raises FitInputError saying what is wrong with the file.
    """
    names = ("means", "covars", "weights", "lower", "upper")
    try:
        contents = load_pickle(path) if path.suffix == ".pkl" else read_npz(path, names)
    except (PickleRefused, ArrayFault) as error:
        raise FitInputError(f"{path}: cannot be read as a pose prior ({error}).") from None
    if not isinstance(contents, dict) or not {"means", "covars", "weights"} <= contents.keys():
        raise FitInputError(f"{path}: a pose prior needs means (C, 69), covars (C, 69, 69) and weights (C,).")
    full_turn = np.full(BODY_POSE, 2 * np.pi)
    held = {"lower": -full_turn, "upper": full_turn, **contents}
    try:
        means, covars, weights, lower, upper = (np.asarray(held[name], dtype=np.float64) for name in names)
    except (TypeError, ValueError) as error:
        raise FitInputError(f"{path}: the mixture does not hold plain numbers ({error}).") from None
    return mixture_prior(means, covars, weights, lower, upper, str(path))


def mixture_prior(
    means: np.ndarray,
    covars: np.ndarray,
    weights: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    where: str,
) -> PosePrior:
    """Precisions and offsets of a mixture, checked. The widest component's offset is that of its weight alone."""
    count = weights.size
    shapes = (means.shape, covars.shape, weights.shape, lower.shape, upper.shape)
    wanted = ((count, BODY_POSE), (count, BODY_POSE, BODY_POSE), (count,), (BODY_POSE,), (BODY_POSE,))
    if shapes != wanted or not 1 <= count <= MAX_COMPONENTS:
        raise FitInputError(f"{where}: shapes {shapes} are no pose prior's. They must be {wanted}.")
    if not all(np.isfinite(a).all() for a in (means, covars, weights)) or (weights <= 0).any():
        raise FitInputError(
            f"{where}: the mixture has numbers that are not finite, or weights that are not positive."
        )
    if not (lower <= upper).all():
        raise FitInputError(f"{where}: a lower limit is above its upper one, or is no number.")
    try:
        np.linalg.cholesky(covars)  # the inverse of one that is no covariance may still pass for a precision
        precisions = np.linalg.inv(covars)
        factors = np.linalg.cholesky(0.5 * (precisions + precisions.transpose(0, 2, 1)))
    except np.linalg.LinAlgError:
        raise FitInputError(f"{where}: a covariance is not positive definite.") from None
    log_spread = -np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)  # half log det of the covariance
    offsets = log_spread - log_spread.min() - np.log(weights / weights.sum())
    tensors = (means, factors, factors @ factors.transpose(0, 2, 1), offsets, lower, upper)
    return PosePrior(*(torch.tensor(value) for value in tensors))


# Elbows and knees in the 69 numbers of a body pose, and the sign that makes bending the wrong way positive
# (left knee, right knee: about x; left elbow, right elbow: about y).
HINGED_NUMBERS = {9: -1.0, 12: -1.0, 52: 1.0, 55: -1.0}


def hinges(body_pose: Tensor) -> Pull:
    """SMPLify's exponential on elbows and knees: sum of exp(angle bent the wrong way)². body_pose (B, 69).

    The Hessian is its diagonal.
    """
    signs, hinged = _hinge_signs(body_pose.dtype, body_pose.device)
    push = (2 * body_pose * signs).exp() * hinged
    return Pull(push.sum(dim=1), push * signs, push)


@held
def _hinge_signs(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    signs = torch.zeros(BODY_POSE)
    signs[list(HINGED_NUMBERS)] = torch.tensor(list(HINGED_NUMBERS.values()))
    return signs.to(device, dtype), signs.abs().to(device, dtype)
