"""Average precision of keypoints by object keypoint similarity, as COCO's own evaluation counts it.

pycocotools (pip install 'fitloop[crowds]') matches and averages; here are each layout's tolerances and the areas that
CrowdPose does not tell. OKS is the mean over annotated points of exp(−d² / (2 A (2σ)²)).
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import layout
from core.errors import FitloopError
from core.formats.shared.tracking import AREA_SHARE, SIGMAS

HEAD_AND_NECK = 0.079  # σ of CrowdPose's two points that COCO has not
FIGURES = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")
INSTALL = "pycocotools is not installed. Install it: pip install 'pycocotools>=2.0.7,<3'."

Json = dict[str, Any]


def sigmas_of(layout_name: str) -> NDArray[np.float64]:
    """σ (K,) of the keypoints of a layout, in its order."""
    names = layout(layout_name).keypoints
    return np.array(
        [next((sigma for part, sigma in SIGMAS.items() if part in name), HEAD_AND_NECK) for name in names]
    )


def with_areas(truth: Json) -> Json:
    """The annotations with an area each, and the fields that pycocotools looks at.

    They are numbered anew from 1, as pycocotools takes number 0 for no match.
    """
    annotations = []
    for number, row in enumerate(truth["annotations"], start=1):
        width, height = row["bbox"][2:]
        visible = sum(v > 0 for v in row["keypoints"][2::3])
        area = row.get("area") or AREA_SHARE * width * height
        annotations.append({"iscrowd": 0, **row, "id": number, "area": area, "num_keypoints": visible})
    categories = [{"id": one} for one in sorted({row["category_id"] for row in annotations})]
    return {**truth, "annotations": annotations, "categories": categories}


def average_precision(truth: Json, results: list[Json], layout_name: str) -> dict[str, float]:
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
        evaluation.params.kpt_oks_sigmas = sigmas_of(layout_name)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = evaluation.stats
    return dict(zip(FIGURES, (float(value) for value in stats[:6]), strict=True))
