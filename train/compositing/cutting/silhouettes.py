"""The pixels of a fitted person: GrabCut between a body's eroded and dilated silhouette.

A body's silhouette lacks hair, clothes and bags, so its edge is only a first guess of the person's.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError
from train.compositing.cutting.staged_people import Floats, StagedPeople
from train.synthesis.figure import Figure

SURE, PERHAPS = 0.03, 0.04  # of the person's height: eroded by, and dilated by
ROUNDS = 4
AREAS = 0.85, 1.6  # least and most area of a cut-out, as a share of its silhouette's


def silhouette(person: StagedPeople, figure: Figure, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) of one person's body in a photo of width and height `size` [px]."""
    vertices, _, _ = figure.posed(person.pose[0], person.betas[0], float(person.kid[0]))
    points = vertices + person.cam_t[0]
    mask = np.zeros((size[1], size[0]), np.uint8)
    if (points[:, 2] <= 0).any():
        return mask > 0
    xy = points[:, :2] / points[:, 2:] * person.focal_length[0] + person.camera_center[0]
    triangles = np.rint(xy[figure.faces].clip(-4096, 8192)).astype(np.int32)
    for triangle in triangles:
        cv2.fillConvexPoly(mask, triangle, 1)
    return mask > 0


def cut_by_grabcut(image: NDArray[np.uint8], inside: NDArray[np.bool_], name: str) -> NDArray[np.bool_]:
    """The mask (H, W) of the person whose body covers `inside` (H, W) in a photo (H, W, 3).

    Raises FitloopError for a mask whose area is not like its silhouette's, as where the fit lies beside the person.
    """
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        raise FitloopError(f"{name}: its body is not in the photo. Fit this person again.")
    height = int(rows[-1] - rows[0] + 1)
    sure = cv2.erode(inside.astype(np.uint8), _disc(SURE * height))
    perhaps = cv2.dilate(inside.astype(np.uint8), _disc(PERHAPS * height))
    marks = np.where(perhaps > 0, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    marks[(perhaps > 0) & ~inside] = cv2.GC_PR_BGD
    marks[sure > 0] = cv2.GC_FGD
    if not (sure > 0).any() or not (marks == cv2.GC_BGD).any():
        raise FitloopError(f"{name}: is too small or too large in its photo to be cut out. Leave it out.")
    models: list[Floats] = [np.zeros((1, 65)), np.zeros((1, 65))]  # type: ignore[list-item]
    cv2.setRNGSeed(0)  # its clusters start at random
    bgr = np.ascontiguousarray(image[..., ::-1])
    cv2.grabCut(bgr, marks, None, models[0], models[1], ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    share = float(mask.sum() / inside.sum())
    if not AREAS[0] <= share <= AREAS[1]:
        raise FitloopError(
            f"{name}: its cut-out covers {share:.0%} of its body's silhouette. Correct the fit, or leave it out."
        )
    return mask


def _disc(radius: float) -> NDArray[np.uint8]:
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
