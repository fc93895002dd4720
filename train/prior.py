"""Learn the pose prior: python -m train.prior --poses poses.npz --out resources/prior/pose_prior.npz

The prior is a mixture of Gaussians over the 69 numbers of a body pose, with limits for every number. It is learned by
weighted expectation maximisation from the poses and their mirror images. Joints that the poses do not cover are
widened by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.body.tree import JOINT_NAMES, flip_pose, joint_index
from core.errors import FitloopError
from core.files.whole_file import whole_file
from train.data.mocap import Poses, read_poses
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.values import count, from_one

# Standard deviations [rad] added to those of the poses: in them hands and toes never move, wrists are unreliable,
# collars are estimated from the arms, and the spine, captured by two markers, bends too little.
EXTRA_SPREAD = {"hand": 0.20, "foot": 0.15, "wrist": 0.25, "collar": 0.12, "spine": 0.06, "other": 0.05}
LIMIT_QUANTILE = 0.0005
LIMIT_MARGIN = 0.15  # [rad] beyond the range of 99.9 % of the poses
# Hinge joints: the index of their axis, and the sign of bending. PAST_STRAIGHT is the most they overextend.
HINGES = {"left_knee": (0, 1), "right_knee": (0, 1), "left_elbow": (1, -1), "right_elbow": (1, 1)}
PAST_STRAIGHT, FOLDED = 0.12, 2.7  # [rad]


def learn_mixture(
    poses: Tensor, weight: Tensor, components: int, rounds: int, seed: int
) -> tuple[Tensor, ...]:
    """Weighted expectation maximisation. poses (N, 69) [rad], weight (N,) summing to one.

    Returns means (C, 69), covars (C, 69, 69) and weights (C,) of C components.
    """
    generator = torch.Generator().manual_seed(seed)
    means = poses[torch.multinomial(weight, components, generator=generator)]
    spread = torch.diag(extra_variance()).to(poses)
    covars = (torch.cov(poses.T, aweights=weight) + spread).expand(components, -1, -1)
    shares = torch.full((components,), 1 / components, dtype=poses.dtype)
    for _ in range(rounds):
        joint = (
            torch.stack([_log_density(poses, m, c) for m, c in zip(means, covars, strict=True)], 1)
            + shares.log()
        )
        owned = torch.softmax(joint, dim=1) * weight[:, None]
        shares = owned.sum(dim=0)
        means = owned.T @ poses / shares[:, None]
        covars = torch.stack(
            [((poses - m).T * owned[:, k]) @ (poses - m) / shares[k] + spread for k, m in enumerate(means)]
        )
    print(
        f"mean log likelihood {(torch.logsumexp(joint, dim=1) * weight).sum():.2f} with {components} components"
    )
    return means, covars, shares


def _log_density(poses: Tensor, mean: Tensor, covar: Tensor) -> Tensor:
    factor = torch.linalg.cholesky(covar)
    whitened = torch.linalg.solve_triangular(factor, (poses - mean).T, upper=False)
    return -0.5 * whitened.square().sum(dim=0) - factor.diagonal().log().sum()


def extra_variance() -> Tensor:
    """The variance (69,) [rad²] added to every component's covariance."""

    def of(joint: str) -> float:
        part = joint.split("_")[-1].rstrip("0123456789")
        return EXTRA_SPREAD.get(part, EXTRA_SPREAD["other"])

    return torch.tensor([of(joint) ** 2 for joint in JOINT_NAMES[1:] for _ in range(3)], dtype=torch.float64)


def limits(poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits (69,) [rad]: the range of poses (N, 69) with a margin; for hinges, those of anatomy."""
    spread = np.sqrt(extra_variance().numpy())
    lower = np.quantile(poses, LIMIT_QUANTILE, axis=0) - np.maximum(LIMIT_MARGIN, 2 * spread)
    upper = np.quantile(poses, 1 - LIMIT_QUANTILE, axis=0) + np.maximum(LIMIT_MARGIN, 2 * spread)
    for joint, (axis, sign) in HINGES.items():
        number = 3 * (joint_index(joint) - 1) + axis
        bounds = sorted((-sign * PAST_STRAIGHT, sign * FOLDED))
        lower[number], upper[number] = bounds
    return lower, upper


def learn(poses: Poses, components: int, rounds: int, seed: int) -> dict[str, np.ndarray]:
    """The arrays of the prior file. Raises FitloopError if there are more components than poses."""
    both = np.concatenate([poses.pose, flip_pose(poses.pose)])[:, 3:].astype(np.float64)
    if components > len(both):
        raise FitloopError(
            f"--components {components}: more than the {len(both)} poses, counting mirrored ones. Choose fewer."
        )
    weight = np.tile(poses.weight, 2) / 2
    means, covars, shares = learn_mixture(
        torch.from_numpy(both), torch.from_numpy(weight), components, rounds, seed
    )
    lower, upper = limits(both)
    return {
        "means": means.numpy().astype(np.float32),
        "covars": covars.numpy().astype(np.float32),
        "weights": shares.numpy().astype(np.float32),
        "lower": lower.astype(np.float32),
        "upper": upper.astype(np.float32),
        "acknowledgement": np.array(poses.acknowledgement),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    parser = CommandLine("train.prior", __doc__)
    parser.add_argument(
        "--poses", type=Path, required=True, help=".npz with poses (N, 72) in SMPL's axis-angle"
    )
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument("--components", type=from_one, default=8, help="number of Gaussians in the mixture")
    parser.add_argument("--rounds", type=from_one, default=40, help="rounds of expectation maximisation")
    parser.add_argument("--seed", type=count, default=0, help="seed of the initial means")
    options = parser.parse_args(arguments)
    return run_to_end(lambda: write(options))


def write(options: argparse.Namespace) -> int:
    """Learn the prior and write it. Raises FitloopError and OSError."""
    check_output(options.out, (".npz",))
    arrays = learn(read_poses(options.poses, "train"), options.components, options.rounds, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(options.out) as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # numpy types keywords as flags
    print(f"{options.out}: {options.out.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
