"""The lifter's input: keypoints of any layout, as seen by a camera that looks straight at the person.

Turning the camera to the person takes away where in the photo they stand, and keeps the perspective: the keypoints are
tangents of angles from the middle ray, and their size depends on the distance of the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from core.body.keypoints import layout as keypoint_layout
from core.geometry.rotation import rotation_ahead

# Points with different names that annotators mark within centimetres of each other.
_FAMILIES = {
    "mid_hip": "pelvis",
    "pelvis": "pelvis",
    "hip": "hip",
    "neck": "neck",
    "thorax": "neck",
    "head_bottom": "neck",
    "head": "head",
    "spine": "spine",
    "belly": "spine",
    "foot": "toe",
    "big_toe": "toe",
    "toe": "toe",
    "hand": "hand",
    "index": "hand",
    "finger": "hand",
    "thumb": "hand",
    "pinky": "hand",
}
OUTLIER = 5.0  # times the median distance from the middle: farther away is no part of the person
FEW = 2  # so few points have no outliers: their median may be either one
SMALLEST_SIDE = 1e-4  # tangent; one point alone has no size, and is taken for as large as half the photo
NO_WEIGHT = 1e-9  # of a definition: below it nothing of it was seen
AHEAD = 0.05  # least cosine to the middle ray: keypoints beside or behind the camera stay finite


def family(definition: str) -> str:
    """left_hip_coco and left_hip_h36m are both left_hip: points that stand in for each other."""
    side, _, rest = definition.partition("_")
    side, rest = (f"{side}_", rest) if side in ("left", "right") else ("", definition)
    for stem, name in _FAMILIES.items():
        if rest == stem or rest.startswith(f"{stem}_"):
            return side + name
    return definition


@dataclass(frozen=True, eq=False)
class LifterInput:
    """xy (B, N, 2) tangents from the middle ray, zero where absent; confidence (B, N); side (B,) tangent, of the bbox;
    turn (B, 3, 3) takes the photo's camera frame to the frame that looks along the middle ray."""

    xy: Tensor
    confidence: Tensor
    side: Tensor
    turn: Tensor

    def and_then(self, other: LifterInput) -> LifterInput:
        """Both batches in one."""
        return LifterInput(
            torch.cat([self.xy, other.xy]),
            torch.cat([self.confidence, other.confidence]),
            torch.cat([self.side, other.side]),
            torch.cat([self.turn, other.turn]),
        )


@lru_cache
def places(layout: str, definitions: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """(keypoint, place among the definitions) of every keypoint of the layout that the lifter has a definition of."""
    known = [
        (k, definitions.index(name))
        for k, name in enumerate(keypoint_layout(layout).definitions)
        if name in definitions
    ]
    return [k for k, _ in known], [n for _, n in known]


def to_definitions(keypoints: Tensor, layout: str, definitions: tuple[str, ...]) -> Tensor:
    """keypoints (B, K, 3) of a layout as (B, N, 3) of the definitions; a layout's twins are averaged by confidence."""
    rows, columns = places(layout, definitions)
    chosen = keypoints[:, rows]
    chosen = torch.where(chosen[..., 2:] > 0, chosen, 0.0)
    weighted = torch.cat([chosen[..., :2] * chosen[..., 2:], chosen[..., 2:]], dim=-1)
    index = torch.tensor(columns, device=keypoints.device)
    gathered = keypoints.new_zeros(len(keypoints), len(definitions), 3).index_add(1, index, weighted)
    weight = gathered[..., 2:]
    return torch.cat([gathered[..., :2] / weight.clamp_min(NO_WEIGHT), weight.clamp_max(1.0)], dim=-1)


def see(points: Tensor, focal_length: Tensor, camera_center: Tensor) -> LifterInput:
    """Turn the camera to the person.

    points (B, N, 3) x, y [px], confidence, 0 where absent; focal_length (B,), camera_center (B, 2) [px].
    """
    present = points[..., 2] > 0
    tangent = (points[..., :2] - camera_center[:, None]) / focal_length[:, None, None]
    middle, _ = bbox(tangent, present)
    forward = torch.cat([middle, torch.ones_like(middle[:, :1])], dim=-1)
    turn = rotation_ahead(forward)
    rays = torch.cat([tangent, torch.ones_like(tangent[..., :1])], dim=-1)
    rays = torch.nn.functional.normalize(rays, dim=-1) @ turn.transpose(-1, -2)
    turned = rays[..., :2] / rays[..., 2:].clamp_min(AHEAD)
    turned = torch.where(present[..., None], turned, 0.0)
    _, side = bbox(turned, present)
    half = (camera_center.amax(dim=1) / focal_length).clamp(SMALLEST_SIDE, 1 / SMALLEST_SIDE)
    side = torch.where(side > SMALLEST_SIDE, side, half)
    return LifterInput(turned, points[..., 2] * present, side, turn)


def bbox(xy: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Centre (B, 2) and longer side (B,) of the box around the present points (B, N, 2), outliers left out."""
    hidden = ~present[..., None]
    middle = xy.masked_fill(hidden, torch.nan).nanmedian(dim=1, keepdim=True).values.nan_to_num()
    distance = (xy - middle).norm(dim=-1)
    median = distance.masked_fill(~present, torch.nan).nanmedian(dim=1, keepdim=True).values.nan_to_num()
    few = present.sum(dim=1, keepdim=True) <= FEW
    most = (OUTLIER * median).masked_fill(few, torch.inf)
    hidden = hidden | (distance > most)[..., None]
    high = xy.masked_fill(hidden, -torch.inf).amax(dim=1)
    low = xy.masked_fill(hidden, torch.inf).amin(dim=1)
    side = (high - low).amax(dim=1).nan_to_num(SMALLEST_SIDE).clamp(SMALLEST_SIDE, 1 / SMALLEST_SIDE)
    return ((high + low) / 2).nan_to_num(), side
