"""How long a body takes to load once torch is there: python -m tests.benchmarks.body --json"""

from __future__ import annotations

import json
import time

import torch

from core.body.model import BodyParams, load_body
from tests.benchmarks.shared.machine import machine
from train.run.parser import CommandLine

REPEATS = 5


def main() -> None:
    parser = CommandLine("tests.benchmarks.body", __doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    load_ms, pose_ms = [], []
    for _ in range(REPEATS):
        began = time.perf_counter()
        body = load_body()
        loaded = time.perf_counter()
        with torch.no_grad():
            body.pose(BodyParams.zeros(1))
        load_ms.append(1e3 * (loaded - began))
        pose_ms.append(1e3 * (time.perf_counter() - loaded))
    result = {
        "machine": machine(),
        "load_body_first_ms": round(load_ms[0], 1),
        "load_body_ms": round(min(load_ms), 1),
        "pose_ms": round(min(pose_ms), 1),
    }
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
