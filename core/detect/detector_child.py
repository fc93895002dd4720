"""python -m core.detect.detector_child NAME: a detector in a process of its own, as the window runs it.

A fault of its machine code then ends this process alone, and a package installed a moment ago is found. Requests
come on the standard input: a line of JSON, {"shape": [H, W]}, and then H · W · 3 bytes, uint8 RGB. Each answer is a
line of JSON on the standard output: {"ready": true} once, then {"found": [...]}, or {"error": "..."}.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from typing import Any

import numpy as np

from core.detect.detector import load_detector
from core.detect.found import Found
from core.errors import FitloopError
from core.records import Keypoints


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what packages print goes to the errors

    def answer(**words: Any) -> None:
        print(json.dumps(words), file=answers, flush=True)

    try:
        detector = load_detector(sys.argv[1])
    except FitloopError as error:
        answer(error=str(error))
        return
    answer(ready=True)
    with closing(detector):
        while line := sys.stdin.buffer.readline():
            height, width = json.loads(line)["shape"]
            pixels = sys.stdin.buffer.read(height * width * 3)
            image = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
            try:
                answer(found=[packed(one) for one in detector(image)])
            except Exception as error:  # the process's boundary: the window must learn of any error
                answer(error=str(error) or type(error).__name__)


def packed(found: Found) -> dict[str, Any]:
    """A person as plain lists."""
    return {
        "layout": found.keypoints.layout,
        "keypoints": found.keypoints.array.tolist(),
        "box": None if found.box is None else [float(value) for value in found.box],
        "place": found.place,
    }


def unpacked(plain: dict[str, Any]) -> Found:
    """The person that `packed` made lists of."""
    keypoints = Keypoints.from_array(plain["layout"], np.array(plain["keypoints"], np.float64))
    box = None if plain["box"] is None else np.array(plain["box"], np.float64)
    return Found(keypoints, box, int(plain["place"]))


if __name__ == "__main__":
    main()
