"""Whether the photos of a project are a sequence, such as the frames of a video: they follow each other in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from core.files.video.frame_names import frame_of
from core.formats.photos.numbered_names import name_and_number

FEWEST_FRAMES = 2  # of a video
FEWEST_PHOTOS = 24  # with numbers in their names; a data set may have a few by chance
EVEN_SHARE = 0.9  # of the steps from one photo to the next that are equal


def is_sequence(paths: Sequence[str]) -> bool:
    """True for frames of videos, and for many photos of one name whose numbers rise evenly. paths: in their order."""
    if len(paths) >= FEWEST_FRAMES and all(frame_of(path) for path in paths):
        return True
    if len(paths) < FEWEST_PHOTOS:
        return False
    steps: Counter[int] = Counter()
    for one, other in pairwise(map(name_and_number, paths)):
        if one is not None and other is not None and one[0] == other[0]:
            steps[other[1] - one[1]] += 1
    step, count = steps.most_common(1)[0] if steps else (0, 0)
    return step > 0 and count >= EVEN_SHARE * (len(paths) - 1)
