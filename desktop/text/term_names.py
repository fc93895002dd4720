"""The names of a fit's terms in the field's words, short enough for a legend."""

from desktop.text.translate import QT_TR_NOOP, tr

TERM_NAMES = {
    "keypoints": QT_TR_NOOP("keypoints"),
    "pose_prior": QT_TR_NOOP("pose prior"),
    "hinges": QT_TR_NOOP("hinges"),
    "limits": QT_TR_NOOP("limits"),
    "upright": QT_TR_NOOP("upright"),
    "shape": QT_TR_NOOP("shape prior"),
    "stay_near": QT_TR_NOOP("stay near"),
    "wishes": QT_TR_NOOP("held"),
}


def term(name: str) -> str:
    """A term of a fit, by the name that core gives it; as it stands where no name is known."""
    return tr(TERM_NAMES.get(name, name.replace("_", " ")))
