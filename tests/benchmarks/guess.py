"""How long a guess takes: the image network and the lifter, one person and a batch, in float32 and half precision.

python -m tests.benchmarks.guess [--json] [--device cuda] [--batch 256] [--repeats 15]

Half precision, on a GPU, is float16 for the image network and bfloat16 for the lifter.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from core.body import load_body
from core.body.keypoints import layout
from core.body.model import Body
from core.networks.guess import guess
from core.networks.lifter.lift import has_bfloat16, load_lifter
from core.networks.lifter.network import Lifter
from core.networks.spin import SpinNetwork
from core.records import BBox, Keypoints, Person, Photo
from tests.benchmarks.shared.machine import machine
from train.run.parser import CommandLine

WIDTH, HEIGHT = 1280, 720
BATCH = {"cpu": 16, "cuda": 256}
LAYOUT = "coco17"


def people(count: int) -> list[Person]:
    """Standing crowds of random keypoints: what they say does not change how long it takes."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        center, side = rng.uniform((200, 200), (WIDTH - 200, HEIGHT - 200)), rng.uniform(150, 500)
        k = layout(LAYOUT).k
        keypoints = Keypoints(LAYOUT, center + rng.normal(0, side / 6, (k, 2)), np.ones(k))
        found.append(Person(number, BBox(center, side / 200), keypoints))
    return found


def timed(work: Callable[[], object], device: str, repeats: int) -> dict[str, float]:
    """Best and median [ms] after two rounds of warming up, and the least time of all cores together."""
    times, busy = [], []
    for _ in range(repeats + 2):
        began, busy_before = time.perf_counter(), time.process_time()
        work()
        if device != "cpu":
            torch.cuda.synchronize(device)
        times.append(1e3 * (time.perf_counter() - began))
        busy.append(1e3 * (time.process_time() - busy_before))
    return {
        "best_ms": round(min(times[2:]), 2),
        "median_ms": round(statistics.median(times[2:]), 2),
        "cores_ms": round(min(busy[2:]), 2),
    }


def rows(
    network: SpinNetwork | Lifter, body: Body, device: str, repeats: int, batch: int, exact: bool = False
) -> dict[str, dict[str, float]]:
    """From photo and person to guess: crop, network and the way into the photo's frame included."""
    photo = Photo("photo.jpg", WIDTH, HEIGHT)
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels = image if isinstance(network, SpinNetwork) else None
    crowd = people(batch)
    return {
        "one person": timed(
            lambda: guess(pixels, crowd[:1], photo, network, body, exact=exact), device, repeats
        ),
        f"batch of {batch}": timed(
            lambda: guess(pixels, crowd, photo, network, body, exact=exact), device, max(3, repeats // 4)
        ),
    }


def main() -> None:
    parser = CommandLine("tests.benchmarks.guess", __doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, help="people at once; 16 on the processor, 256 on a GPU")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    device, repeats = options.device, options.repeats
    kind = torch.device(device).type
    batch = options.batch or BATCH[kind]
    body = load_body().to(device)
    network = SpinNetwork().eval().to(device, memory_format=torch.channels_last)
    result: dict[str, object] = {
        "machine": machine(device),
        "image network, float32": rows(network, body, device, repeats, batch, exact=True),
    }
    if kind == "cuda":
        result["image network, float16"] = rows(network, body, device, repeats, batch)
    for words, exact in (("lifter, float32", True), ("lifter, bfloat16", False)):
        if exact or has_bfloat16(torch.device(device)):
            lifter = load_lifter(device=device, exact=exact)
            result[words] = rows(lifter, body, device, 4 * repeats, batch)
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
