"""Which of OpenPose's models found keypoints, by their number, and of BODY_25 and BODY_25B by the bodies they make."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.body.keypoints import layout
from core.files.unusable import Unusable
from core.formats.layouts.layout_choice import undecided
from core.formats.layouts.layout_shape import by_bodies
from core.formats.shared.layout_match import NameMatch, layouts_of, match_in_order
from core.formats.shared.report import Report

LAYOUTS_BY_COUNT = {18: "coco18", 25: "openpose25", 135: "openpose25b"}
_EXPERIMENTAL = "openpose25b"


class OpenposeLayouts:
    """Which layout the people of the files have, by the number of their keypoints. some: keypoints (K, 3) of some.

    Raises Undecided if nothing tells the layout, LayoutError for an unknown layout_name.
    """

    def __init__(self, some: Iterable[np.ndarray], layout_name: str | None, report: Report) -> None:
        if layout_name is not None:
            layout(layout_name)
        self._given, self._report = layout_name, report
        self._found: dict[int, NameMatch] = {}
        seen = list(some)
        if layout_name is None:
            self._tell_experimental(seen)
            self._ask({len(rows) for rows in seen})

    def of(self, count: int) -> NameMatch:
        """How so many keypoints map to a layout. Raises Unusable."""
        if count not in self._found:
            name = self._given or LAYOUTS_BY_COUNT.get(count)
            found = None if name is None else match_in_order((), count, name)
            if found is None:
                known = " or ".join(f"{number} ({name})" for number, name in LAYOUTS_BY_COUNT.items())
                known = self._given or f"OpenPose models with {known} are read"
                raise Unusable(f"it has {count} keypoints; {known}")
            self._report.note(f"{count} keypoints are read as layout '{found.layout}'")
            self._found[count] = found
        return self._found[count]

    def _tell_experimental(self, seen: list[np.ndarray]) -> None:
        """Tell BODY_25B from BODY_25. Raises Undecided."""
        usual = LAYOUTS_BY_COUNT[25]
        some = [rows for rows in seen if len(rows) == 25]
        name, order = by_bodies(some, (usual, _EXPERIMENTAL), usual)
        if name is None:
            raise undecided(self._report, "its keypoints can be those of BODY_25 and of BODY_25B.", order)
        found = match_in_order((), 25, name)
        if found is not None and name == _EXPERIMENTAL:
            self._report.note("25 keypoints are read as layout 'openpose25b': only so they make bodies")
            self._found[25] = found

    def _ask(self, counts: set[int]) -> None:
        """Raise Undecided if nobody has as many keypoints as one of OpenPose's models."""
        unknown = next((count for count in sorted(counts) if layouts_of(count)), None)
        if unknown is not None and not counts & LAYOUTS_BY_COUNT.keys():
            raise undecided(
                self._report,
                f"its people have {unknown} keypoints, as no model of OpenPose that is known here.",
                layouts_of(unknown),
            )
