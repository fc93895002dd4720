"""Edits of a person or a fit, as functions from record to record."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from core.body.keypoints import Layout, layout
from core.body.mean_skeleton import keypoint_weights, rest_joints
from core.body.tree import joint_index
from core.errors import LayoutError
from core.records import BBOX_PADDING, BBox, Fit, Keypoints, Person, Verdict
from desktop.text.translate import tr

Visibility = Literal["visible", "occluded", "absent"]
PLACED_CONFIDENCE = 1.0  # of a keypoint placed by hand
SMALLEST_BOX_PX = 8.0
THINNEST_BOX_PX = 1.0

# The keypoints of a limb, by parts of their names.
LIMBS = {
    "arm": ("shoulder", "elbow", "wrist", "hand", "thumb", "pinky", "index"),
    "leg": ("hip", "knee", "ankle", "heel", "toe", "foot"),
    "head": ("eye", "ear", "mouth"),
}


def visibility(keypoints: Keypoints, index: int) -> Visibility:
    """The state of a keypoint."""
    if keypoints.confidence[index] <= 0:
        return "absent"
    return "occluded" if keypoints.occluded[index] else "visible"


def with_keypoints(person: Person, keypoints: Keypoints) -> Person:
    """The person with other keypoints. The keypoints before the first edit by hand are kept as the original."""
    return person.with_(keypoints=keypoints, original_keypoints=person.original_keypoints or person.keypoints)


def restored(person: Person) -> Person:
    """The person with the original keypoints, from before the first edit by hand."""
    return person.with_(keypoints=person.original_keypoints or person.keypoints, original_keypoints=None)


def moved(person: Person, index: int, xy: np.ndarray) -> Person:
    """The person with a keypoint placed at xy (2,) [px], with full confidence. An absent keypoint becomes visible."""
    return with_keypoints(person, person.keypoints.with_keypoint(index, xy=xy, confidence=PLACED_CONFIDENCE))


def with_visibility(person: Person, index: int, state: Visibility) -> Person:
    """The person with a keypoint in another state. The keypoint keeps its place, also while it is absent."""
    old = person.keypoints
    confidence = 0.0 if state == "absent" else float(old.confidence[index]) or PLACED_CONFIDENCE
    return with_keypoints(
        person, old.with_keypoint(index, confidence=confidence, occluded=state == "occluded")
    )


def standing_at(person: Person, index: int, body_px: np.ndarray | None = None) -> np.ndarray:
    """The place of a keypoint (2,) [px].

    An absent keypoint has its last place if that is inside the person's box, else the body's keypoint of body_px
    (K, 2), else the keypoint of a mean body standing in the box.
    """
    keypoints, box = person.keypoints, person.bbox
    inside = bool(np.abs(keypoints.xy[index] - box.center).max() <= box.side / 2)
    if keypoints.confidence[index] > 0 or inside:
        return keypoints.xy[index]
    return (standing_in(box, keypoints.layout) if body_px is None else body_px)[index]


def standing_in(box: BBox, layout_name: str) -> np.ndarray:
    """Keypoints (K, 2) [px] of a mean body that fills a box: upright, facing the camera, with arms spread."""
    seen = (keypoint_weights(layout_name) @ rest_joints()[0])[:, :2] * [1.0, -1.0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = box.side / BBOX_PADDING / float((high - low).max())
    return np.asarray(box.center + (seen - (low + high) / 2) * scale)


def cycled(person: Person, index: int, body_px: np.ndarray | None = None) -> Person:
    """The person with a keypoint in its next state: visible, occluded, absent, visible. body_px as in `standing_at`."""
    order: dict[Visibility, Visibility] = {
        "visible": "occluded",
        "occluded": "absent",
        "absent": "visible",
    }
    at = standing_at(person, index, body_px)
    placed = person.with_(keypoints=person.keypoints.with_keypoint(index, xy=at))
    after = with_visibility(placed, index, order[visibility(person.keypoints, index)])
    return after.with_(original_keypoints=person.original_keypoints or person.keypoints)


def swapped(person: Person, indices: tuple[int, ...] | None = None) -> Person:
    """The person with left and right swapped, of all keypoints or of these and their counterparts."""
    flip = np.array(layout(person.keypoints.layout).flip)
    order = np.arange(person.keypoints.k)
    chosen = order if indices is None else np.unique([*indices, *flip[list(indices)]])
    order[chosen] = flip[chosen]
    old = person.keypoints
    return with_keypoints(
        person, Keypoints(old.layout, old.xy[order], old.confidence[order], old.occluded[order])
    )


def copied(person: Person, other: Person, indices: tuple[int, ...] | None = None) -> Person:
    """The person with another person's keypoints, or only these, at the same place relative to the box."""
    if person.keypoints.layout != other.keypoints.layout:
        raise LayoutError(
            tr(
                "Person {other} has keypoints of layout '{layout}', person {id} of '{own}'. "
                "Copy from a person of the same layout."
            ).format(other=other.id, layout=other.keypoints.layout, id=person.id, own=person.keypoints.layout)
        )
    chosen = np.zeros(person.keypoints.k, dtype=bool)
    chosen[slice(None) if indices is None else list(indices)] = True
    old, new = person.keypoints, other.keypoints
    placed = (new.xy - other.bbox.center) * (person.bbox.scale / other.bbox.scale) + person.bbox.center
    return with_keypoints(
        person,
        Keypoints(
            old.layout,
            np.where(chosen[:, None], placed, old.xy),
            np.where(chosen, new.confidence, old.confidence),
            np.where(chosen, new.occluded, old.occluded),
        ),
    )


def exchanged(one: Person, other: Person, indices: tuple[int, ...]) -> tuple[Person, Person]:
    """Two people of one photo and layout, with these keypoints exchanged. The keypoints keep their places."""
    chosen = list(indices)

    def with_those_of(mine: Keypoints, theirs: Keypoints) -> Keypoints:
        xy, confidence, occluded = mine.xy.copy(), mine.confidence.copy(), mine.occluded.copy()
        xy[chosen], confidence[chosen] = theirs.xy[chosen], theirs.confidence[chosen]
        occluded[chosen] = theirs.occluded[chosen]
        return Keypoints(mine.layout, xy, confidence, occluded)

    return (
        with_keypoints(one, with_those_of(one.keypoints, other.keypoints)),
        with_keypoints(other, with_those_of(other.keypoints, one.keypoints)),
    )


def with_detection_of(person: Person, other: Person) -> Person:
    """The person with another person's box, keypoints and bodies. Id and verdict stay."""
    names = ("bbox", "keypoints", "original_keypoints", "guess", "fit", "alternatives", "wishes")
    return person.with_(**{name: getattr(other, name) for name in names})


def nearest_person(person: Person, others: Sequence[Person], at: np.ndarray | None = None) -> Person | None:
    """The other person with the keypoint nearest to `at` (2,) [px]; without keypoints, their box's centre counts.

    Without `at`: the other person with the box nearest to the person's box.
    """
    place = person.bbox.center if at is None else at

    def away(other: Person) -> float:
        seen = other.keypoints.xy[other.keypoints.confidence > 0]
        points = other.bbox.center[None] if at is None or not len(seen) else seen
        return float(np.linalg.norm(points - place, axis=1).min())

    return min((other for other in others if other.id != person.id), key=away, default=None)


def limb_of(names: Layout, index: int) -> tuple[int, ...]:
    """The keypoints of the same arm, leg or half of the head, on the keypoint's own side."""
    for parts in LIMBS.values():
        if any(part in names.keypoints[index] for part in parts):
            return tuple(
                other
                for other, name in enumerate(names.keypoints)
                if names.sides[other] == names.sides[index] and any(part in name for part in parts)
            )
    return (index,)


def with_verdict(person: Person, verdict: Verdict) -> Person:
    """The person with a verdict. An accepted person is locked; any other verdict unlocks."""
    return person.with_(verdict=verdict, locked=verdict == "accepted")


def box_between(one: np.ndarray, other: np.ndarray) -> BBox | None:
    """The box of a dragged rectangle with corners (2,) [px]. None for a rectangle too small to be intended."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    if (high - low).max() < SMALLEST_BOX_PX:
        return None
    return BBox.from_xywh([*low, *np.maximum(high - low, THINNEST_BOX_PX)])


def resized(box: BBox, by: np.ndarray) -> BBox:
    """The box wider and higher by (2,) [px]; a square by their sum. The upper left corner stays."""
    if box.size is not None:
        low, high = box.corners
        return BBox.from_xywh([*low, *np.maximum(high - low + by, SMALLEST_BOX_PX)])
    side = max(box.side + float(by.sum()), SMALLEST_BOX_PX)
    return BBox(box.center + (side - box.side) / 2, box.scale * side / box.side)


def empty_keypoints(layout_name: str) -> Keypoints:
    """The keypoints of a layout, all absent."""
    k = layout(layout_name).k
    return Keypoints(layout_name, np.zeros((k, 2)), np.zeros(k))


def joint_of(fit: Fit, name: str) -> np.ndarray:
    """One joint's rotation (3,) axis-angle [rad]."""
    return fit.pose.reshape(-1, 3)[joint_index(name)]


def with_joint(fit: Fit, name: str, axis_angle: np.ndarray) -> Fit:
    """The fit with another rotation (3,) axis-angle [rad] of one joint, set by hand."""
    pose = fit.pose.copy().reshape(-1, 3)
    pose[joint_index(name)] = axis_angle
    return replace(fit, pose=pose.reshape(-1), source="curated")


def with_fit(person: Person, fit: Fit) -> Person:
    """The person with another fit. A measured body, which has no score, stays among the alternatives."""
    old = person.fit
    measured = old is not None and old.source == "curated" and not np.isfinite(old.score)
    alternatives = (*person.alternatives, old) if measured and old is not None else person.alternatives
    return person.with_(fit=fit, alternatives=alternatives)


def box_around(person: Person) -> BBox | None:
    """The box around the person's keypoints, with a detector's padding. None without two keypoints."""
    seen = person.keypoints.xy[person.keypoints.confidence > 0]
    if len(seen) < 2 or float(np.ptp(seen, axis=0).max()) < SMALLEST_BOX_PX:
        return None
    low = seen.min(axis=0)
    return BBox.from_xywh([*low, *(seen.max(axis=0) - low)])


def with_beta(fit: Fit, index: int, value: float) -> Fit:
    """The fit with another beta [standard deviations], set by hand."""
    betas = fit.betas.copy()
    betas[index] = value
    return replace(fit, betas=betas, source="curated")


def with_kid(fit: Fit, value: float) -> Fit:
    """The fit with another kid value: 0 is an adult, 1 a child of about six years."""
    return replace(fit, kid=value, source="curated")


def with_rest_pose(fit: Fit) -> Fit:
    """The fit in the T-pose, with the same global orientation."""
    pose = np.zeros_like(fit.pose)
    pose[:3] = fit.pose[:3]
    return replace(fit, pose=pose, source="curated")


def with_rest_shape(fit: Fit) -> Fit:
    """The fit with the mean adult shape, in the same pose."""
    return replace(fit, betas=np.zeros_like(fit.betas), kid=0.0, source="curated")
