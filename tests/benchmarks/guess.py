"""How long a guess takes: the image network and the lifter, one person and a batch.

python -m tests.benchmarks.guess [--json] [--device cuda] [--repeats 15]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from core.body import load_body
from core.body.keypoints import layout
from core.body.model import Body
from core.errors import CheckpointError
from core.guess.guess import guess
from core.guess.lifter import load_lifter
from core.guess.lifter_network import Lifter
from core.guess.spin_network import SpinNetwork
from core.records import BBox, Keypoints, Person, Photo
from tests.benchmarks.machine import machine

WIDTH, HEIGHT = 1280, 720
BATCH = 16
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


def rows(network: SpinNetwork | Lifter, body: Body, device: str, repeats: int) -> dict[str, dict[str, float]]:
    """From photo and person to guess: crop, network and the way into the photo's frame included."""
    photo = Photo("photo.jpg", WIDTH, HEIGHT)
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels = image if isinstance(network, SpinNetwork) else None
    crowd = people(BATCH)
    return {
        "one person": timed(lambda: guess(pixels, crowd[:1], photo, network, body), device, repeats),
        f"batch of {BATCH}": timed(
            lambda: guess(pixels, crowd, photo, network, body), device, max(3, repeats // 4)
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    device, repeats = options.device, options.repeats
    body = load_body()
    network = SpinNetwork().eval().to(device, memory_format=torch.channels_last)
    result: dict[str, object] = {
        "machine": machine(device),
        "image network": rows(network, body, device, repeats),
    }
    try:
        result["lifter"] = rows(load_lifter(device=device), body, device, 4 * repeats)
    except CheckpointError as error:
        result["lifter"] = str(error)
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
