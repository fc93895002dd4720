"""Texts of the warnings about bodies: a short name, and an explanation with a remedy."""

from collections.abc import Mapping

from core.body.warnings import BENT_DEG, DIFFERS_MM, LARGE_BETA
from desktop.text.translate import tr

SIGN = "⚠"


def short(name: str) -> str:
    """The warning's short name, of two or three words."""
    return _words().get(name, (name, ""))[0]


def long(name: str) -> str:
    """The warning's explanation: the problem and the remedy."""
    return _words().get(name, (name, ""))[1]


def _words() -> Mapping[str, tuple[str, str]]:
    return {
        "weak_fit": (
            tr("too little seen"),
            tr("Too few keypoints are seen to trust the fit. Place some that are hidden: P."),
        ),
        "unlikely_shape": (
            tr("unlikely shape"),
            tr(
                "A beta is beyond {limit:g} standard deviations. Check the focal length, or reset the shape."
            ).format(limit=LARGE_BETA),
        ),
        "bent_backwards": (
            tr("bent backwards"),
            tr(
                "A knee or an elbow is bent the wrong way by more than {bent:g}°. Flip the limb's depth: D."
            ).format(bent=BENT_DEG),
        ),
        "passes_through_itself": (
            tr("self-intersection"),
            tr("A limb is inside another one, or inside the trunk. Find alternatives: T."),
        ),
        "sides_swapped": (
            tr("left/right swapped?"),
            tr("Left and right are likely swapped. Swap the limb: X, or the person: Shift+X."),
        ),
        "outside_box": (
            tr("outside the box"),
            tr("A keypoint is far outside the person's box. Move it, or draw the box larger."),
        ),
        "same_as_another": (
            tr("same as another"),
            tr("Another person of this photo has the same body. Delete one of the two: Ctrl+Del."),
        ),
        "inside_another": (
            tr("in another body"),
            tr("The body runs into another person's. Fit everybody of the photo together: Ctrl+Alt+F."),
        ),
        "teacher_differs": (
            tr("teacher differs"),
            tr(
                "PoseNet3D's teacher sees a body that is over {apart:g} mm away. Compare both: Shift+G. After a change "
                "of the keypoints, ask it again: Fit › Compare fits with the teacher."
            ).format(apart=DIFFERS_MM),
        ),
        "below_floor": (
            tr("below the floor"),
            tr("The body reaches through the floor that its foot was put on."),
        ),
    }
