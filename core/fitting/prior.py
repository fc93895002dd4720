"""Files of the pose prior: a mixture of Gaussians over body poses, and limits of the joints.

Their terms in a fit are core/fitting/terms/pose_prior.py and limits.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.errors import FitInputError, PickleRefused
from core.files.npz import ArrayFault, read_npz
from core.files.pickles.reader import load_pickle

PRIOR_FILE = Path(__file__).parents[2] / "resources" / "prior" / "pose_prior.npz"
POSE_NUMBERS = 69  # of a body pose
MAX_COMPONENTS = 256


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

    Raises FitInputError that names the fault in the file.
    """
    names = ("means", "covars", "weights", "lower", "upper")
    try:
        contents = load_pickle(path) if path.suffix == ".pkl" else read_npz(path, names)
    except (PickleRefused, ArrayFault) as error:
        raise FitInputError(f"{path}: cannot be read as a pose prior ({error}).") from None
    if not isinstance(contents, dict) or not {"means", "covars", "weights"} <= contents.keys():
        raise FitInputError(f"{path}: a pose prior needs means (C, 69), covars (C, 69, 69) and weights (C,).")
    full_turn = np.full(POSE_NUMBERS, 2 * np.pi)
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
    wanted = (
        (count, POSE_NUMBERS),
        (count, POSE_NUMBERS, POSE_NUMBERS),
        (count,),
        (POSE_NUMBERS,),
        (POSE_NUMBERS,),
    )
    if shapes != wanted or not 1 <= count <= MAX_COMPONENTS:
        raise FitInputError(f"{where}: shapes {shapes} are no pose prior's. They must be {wanted}.")
    if not all(np.isfinite(a).all() for a in (means, covars, weights)) or (weights <= 0).any():
        raise FitInputError(
            f"{where}: the mixture has numbers that are not finite, or weights that are not positive."
        )
    if not (lower <= upper).all():
        raise FitInputError(f"{where}: a lower limit is above its upper one, or is no number.")
    try:
        np.linalg.cholesky(
            covars
        )  # an invalid covariance may still have an inverse that looks like a precision
        precisions = np.linalg.inv(covars)
        factors = np.linalg.cholesky(0.5 * (precisions + precisions.transpose(0, 2, 1)))
    except np.linalg.LinAlgError:
        raise FitInputError(f"{where}: a covariance is not positive definite.") from None
    log_spread = -np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)  # half log det of the covariance
    offsets = log_spread - log_spread.min() - np.log(weights / weights.sum())
    tensors = (means, factors, factors @ factors.transpose(0, 2, 1), offsets, lower, upper)
    return PosePrior(*(torch.tensor(value) for value in tensors))
