"""Does a network find pasted people by their seams? With and without seams where nobody is.

python -m tests.benchmarks.composites.seams --folder runs/composing [--photos 1000] [--count 600] [--seeds 3]

A small classifier learns crops of 64 px: pasted people against pieces of background. With seams, half of the background
pieces hold a patch of another photo, cut with a person's mask and blended like people. Measured on other photos:
how well its output tells patches from plain background, as area under the curve (50 % is chance), and people from plain
background. Uses the photos of tests.benchmarks.composites.composing in the same folder.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from core.body.model import load_body
from tests.benchmarks.composites.composing import prepared, stage
from tests.benchmarks.shared.machine import machine
from train.compositing.composites import Composite, CompositePlan, compose, with_patches
from train.compositing.cutting.stage import Stage
from train.compositing.person_placer import SIDE, discriminator
from train.compositing.plans import draw_plan
from train.run.parser import CommandLine

STEPS, BATCH, RATE = 400, 48, 3e-4
PADDED = 1.2  # side of a crop, in heights
FREE = 0.05  # largest share of people in a piece of background
TRIES = 40
Images = NDArray[np.uint8]


def crop(image: Images, middle: NDArray[np.floating], side: float) -> Images:
    """(64, 64, 3) of a square in a photo."""
    scale = SIDE / side
    affine = np.array([[scale, 0, SIDE / 2 - scale * middle[0]], [0, scale, SIDE / 2 - scale * middle[1]]])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpAffine(image, affine, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def drawn(of: Stage, rng: np.random.Generator) -> Composite:
    """A composite of kind scale."""
    while True:
        composite = compose(draw_plan(of, ["scale"], rng), of.body)
        if composite is not None:
            return composite


def pieces(of: Stage, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Crops (N, 3, 64, 64) of pasted people, of patches, and of plain background, all of one spread of sizes."""
    rng = np.random.default_rng(seed)
    people, patches, plain = [], [], []
    for _ in range(count):
        composite = drawn(of, rng)
        box = composite.people.box[composite.asked]
        side = PADDED * float(box[2:].max())
        people.append(crop(composite.image, box[:2] + box[2:] / 2, side))
        patch = replace(composite.plan.patches[0], tall=side / PADDED / composite.plan.size[1])
        place = _free_place(composite.plan, side, rng)
        shares = place / composite.plan.size
        only = replace(composite.plan, pastes=(), patches=(replace(patch, middle=(shares[0], shares[1])),))
        patches.append(crop(with_patches(only), place, side))
        plain.append(crop(composite.plan.image, _free_place(composite.plan, side, rng), side))
    return _tensor(people), _tensor(patches), _tensor(plain)


def _tensor(images: list[Images]) -> Tensor:
    return torch.from_numpy(np.stack(images)).movedim(-1, 1).float() / 255


def _free_place(plan: CompositePlan, side: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A middle (2,) of a square with few people; the best of some."""
    found, best = np.zeros(2), 2.0
    taken = np.zeros(plan.image.shape[:2], bool)
    for mask in plan.masks:
        taken |= mask if mask is not None else False
    for _ in range(TRIES):
        middle = rng.uniform(0, plan.size)
        low, high = np.maximum(middle - side / 2, 0).astype(int), (middle + side / 2).astype(int)
        share = float(taken[low[1] : high[1] + 1, low[0] : high[0] + 1].mean())
        if share < best:
            found, best = middle, share
        if best <= FREE:
            break
    return found


def area_under_curve(higher: Tensor, lower: Tensor) -> float:
    """[%] how often a value of `higher` is above one of `lower`."""
    above = (higher[:, None] > lower[None]).float() + 0.5 * (higher[:, None] == lower[None]).float()
    return 100 * float(above.mean())


def taught(people: Tensor, background: Tensor, seed: int) -> torch.nn.Module:
    """A classifier of people against background."""
    torch.manual_seed(seed)
    network = discriminator()
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    for _ in range(STEPS):
        one, other = (each[torch.randint(len(each), (BATCH,))] for each in (people, background))
        loss = softplus(-network(one)).mean() + softplus(network(other)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def measured(network: torch.nn.Module, people: Tensor, patches: Tensor, plain: Tensor) -> tuple[float, float]:
    outputs = [network(one)[:, 0] for one in (patches, people, plain)]
    return area_under_curve(outputs[0], outputs[2]), area_under_curve(outputs[1], outputs[2])


def main() -> None:
    parser = CommandLine("tests.benchmarks.composites.seams", __doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    began, body = time.monotonic(), load_body()
    photos = prepared(given.folder, given.photos)
    half = len(photos) // 2
    people, patches, plain = pieces(stage(photos[:half], body), given.count, 0)
    tested = pieces(stage(photos[half:], body), given.count // 2, 1)
    arms = {"without seams": plain, "with seams": torch.cat([plain, patches])}
    print("| background pieces | patches from plain [%] | people from plain [%] |\n| --- | --- | --- |")
    for name, background in arms.items():
        found = [measured(taught(people, background, seed), *tested) for seed in range(given.seeds)]
        cells = [", ".join(f"{one[k]:.0f}" for one in found) for k in (0, 1)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(f"{time.monotonic() - began:.0f} s on {machine()}")


if __name__ == "__main__":
    main()
