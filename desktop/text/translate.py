"""Translates texts into the user's language.

English stands in the source and is its own key: tr("Fit"). A table that is made before a language is chosen marks its
texts with QT_TR_NOOP, and tr() translates them where they are shown. pyside6-lupdate finds both by these names.
"""

import re
from functools import cache

from PySide6.QtCore import QCoreApplication

from core.records import Verdict


def QT_TR_NOOP(text: str) -> str:
    """Mark a text that tr() is given later. Qt's own function of this name returns an object."""
    return text


MENU_KEY = re.compile(r"\s*\(&\w\)")  # beside a text that has no free letter
OPENPOSE = "openpose_"  # prefix of SPIN's keypoints that follow OpenPose's definition
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


@cache
def part(name: str) -> str:
    """A joint or a keypoint, by the name that core gives it. Looked up once a language, as each picture asks for it."""
    words = tr(name.removeprefix(OPENPOSE).replace("_", " "))
    return tr("{name} of OpenPose").format(name=words) if name.startswith(OPENPOSE) else words


def plain(words: str) -> str:
    """A command's text without the mark of its menu key, as in "A&ccept" and "Fit all (&x)"."""
    return MENU_KEY.sub("", words).replace("&", "")


def title(words: str) -> str:
    """Words with a capital, as the title of a menu."""
    return words[:1].upper() + words[1:]


def verdict(name: Verdict) -> str:
    """The readable name of a verdict."""
    return tr(VERDICTS[name])
