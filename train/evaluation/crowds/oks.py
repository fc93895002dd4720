"""Average precision of keypoints by object keypoint similarity, as COCO's own evaluation counts it.

pycocotools (pip install 'fitloop[crowds]') matches and averages; here are each layout's tolerances and the areas that
CrowdPose does not tell. OKS is the mean over annotated points of exp(−d² / (2 A (2σ)²)).
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np

from core.errors import FitloopError

# σ of each point, in the order of the layouts.
_PAIRS = {"shoulder": 0.079, "elbow": 0.072, "wrist": 0.062, "hip": 0.107, "knee": 0.087, "ankle": 0.089}
SIGMAS = {
    "coco17": np.repeat([0.026, 0.025, 0.035, *_PAIRS.values()], [1, *[2] * 8]),
    "crowdpose14": np.append(np.repeat(list(_PAIRS.values()), 2), [0.079, 0.079]),
}
AREA_OF_BOX = 0.53  # of width times height, where no area is told
FIGURES = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")
INSTALL = "pycocotools is not installed. Install it: pip install 'pycocotools>=2.0.7,<3'."

Json = dict[str, Any]


def with_areas(truth: Json) -> Json:
    """The annotations with an area each, and the fields that pycocotools looks at."""
    annotations = []
    for row in truth["annotations"]:
        width, height = row["bbox"][2:]
        visible = sum(v > 0 for v in row["keypoints"][2::3])
        area = row.get("area") or AREA_OF_BOX * width * height
        annotations.append({"iscrowd": 0, **row, "area": area, "num_keypoints": visible})
    return {**truth, "annotations": annotations}


def average_precision(truth: Json, results: list[Json], layout: str) -> dict[str, float]:
    """COCO's figures by name. truth: a COCO data set; results: rows of image_id, category_id, keypoints and score.

    Raises FitloopError without pycocotools, and without a result.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise FitloopError(INSTALL) from None
    if not results:
        raise FitloopError(
            "nobody was predicted: there is nothing to evaluate. Give photos that can be read."
        )
    with contextlib.redirect_stdout(io.StringIO()):  # it prints as it goes
        known = COCO()
        known.dataset = with_areas(truth)
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes(results), "keypoints")
        evaluation.params.kpt_oks_sigmas = SIGMAS[layout]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = evaluation.stats
    return dict(zip(FIGURES, (float(value) for value in stats[:6]), strict=True))
