"""Translates texts into the user's language.

English stands in the source and is its own key: tr("Fit"). A table that is made before a language is chosen marks its
texts with Qt's QT_TR_NOOP, and tr() translates them where they are shown. pyside6-lupdate finds both.
"""

from PySide6.QtCore import QT_TR_NOOP, QCoreApplication

from core.records import Verdict

OPENPOSE = "openpose_"  # keypoints of SPIN's that are as OpenPose has them
VERDICTS: dict[Verdict, str] = {
    "todo": QT_TR_NOOP("to do"),
    "accepted": QT_TR_NOOP("accepted"),
    "rejected": QT_TR_NOOP("rejected"),
    "later": QT_TR_NOOP("later"),
}


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """The text in the user's language. Can be called from any thread.

    n: replaces %n, and chooses singular or plural. comment: a hint for translators; equal texts with different
    comments are translated separately.
    """
    return QCoreApplication.translate("", text, comment, n)


def part(name: str) -> str:
    """A joint or a keypoint, by the name that core gives it."""
    words = tr(name.removeprefix(OPENPOSE).replace("_", " "))
    return tr("{name} of OpenPose").format(name=words) if name.startswith(OPENPOSE) else words


def verdict(name: Verdict) -> str:
    """The readable name of a verdict."""
    return tr(VERDICTS[name])
