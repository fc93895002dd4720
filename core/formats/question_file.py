"""A question as a file, by which a process that reads a large file hands it to the one that asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.errors import Way
from core.files.npz import write_arrays
from core.files.untrusted import read_arrays
from core.formats.question import Look, Question
from core.records import Keypoints


def save_question(question: Question, path: Path) -> None:
    """Write an .npz. Raises FitsError where it cannot be written."""
    looks = dict(question.looks)
    arrays = {
        "problem": np.array(question.problem),
        "option": np.array(question.option),
        "values": np.array([way.value for way in question.ways], np.str_),
        "words": np.array([way.words for way in question.ways], np.str_),
        "shown": np.array(list(looks), np.str_),
        "layouts": np.array([look.keypoints.layout for look in looks.values()], np.str_),
    }
    for place, look in enumerate(looks.values()):
        arrays |= {f"picture_{place}": look.picture, f"keypoints_{place}": look.keypoints.array}
    write_arrays(path, arrays)


def load_question(path: Path) -> Question:
    """What `save_question` wrote. Raises ReadError."""
    arrays = read_arrays(path)
    ways = tuple(map(Way, arrays["values"].tolist(), arrays["words"].tolist()))
    looks = {}
    for place, (value, layout) in enumerate(
        zip(arrays["shown"].tolist(), arrays["layouts"].tolist(), strict=True)
    ):
        keypoints = Keypoints.from_array(layout, arrays[f"keypoints_{place}"])
        looks[value] = Look(arrays[f"picture_{place}"], keypoints)
    return Question(str(arrays["problem"]), str(arrays["option"]), ways, looks)
