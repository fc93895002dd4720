"""What the numbers of YOLO's lines are: how many keypoints, of two numbers or three, and what follows them.

52 numbers can be 26 keypoints of x and y, or 17 with v and the box's confidence. data.yaml tells it, or the user who
names a layout, else all lines together: third numbers that are whole are visibilities, and wrong pairs make no bodies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from core.body.keypoints import layout
from core.errors import Undecided
from core.files.unusable import Unusable
from core.formats.keypoints.yolo_config import YoloConfig
from core.formats.layouts.keypoint_rows import ONE_IS_LABELLED
from core.formats.layouts.layout_choice import USUAL, chosen_layout, undecided
from core.formats.layouts.layout_shape import CLEARLY, LONGEST_BONE, BoneLengths
from core.formats.shared import people
from core.formats.shared.layout_match import NameMatch, layouts_of, match_in_order
from core.formats.shared.report import Report

BOX = 5  # numbers before the keypoints: the class and the box
_PREDICTED = 17  # keypoints of Ultralytics' own models
_FORMS = ((3, 0), (3, 1), (3, 2), (2, 0), (2, 1), (2, 2))  # numbers of a keypoint, and behind all of them
_MOST_LINES = 2000  # of one length that are looked at
_LENGTHS = 100
_WRONG = 0.05  # share of lines that may be wrong themselves
_FARTHEST = 1.5  # fraction of the photo's side


@dataclass
class _Form:
    """One way to read lines of one length, and what speaks for it."""

    count: int
    columns: int
    after: int
    bones: dict[str, BoneLengths]
    lines: int = 0
    wrong: int = 0
    whole: int = 0  # lines whose third numbers are visibilities
    halves: int = 0  # keypoints of which only x or only y is 0, as none that was not found has it

    def add(self, values: np.ndarray) -> None:
        rows = self.rows(values)
        self.lines += 1
        thirds = rows[:, 2]
        is_whole = self.columns == 3 and bool(np.isin(thirds, (0, people.OCCLUDED, people.VISIBLE)).all())
        self.whole += is_whole and bool(thirds.any())
        is_wrong = not _may_follow(values[self.count * self.columns :])
        is_wrong |= self.columns == 3 and not is_whole and bool((thirds > 1.1).any() or (thirds < 0).any())
        self.wrong += is_wrong or bool((np.abs(rows[:, :2]) > _FARTHEST).any())
        self.halves += int(((rows[:, :2] == 0).sum(axis=1) == 1).sum())
        for bones in self.bones.values():
            bones.add(rows)

    def rows(self, values: np.ndarray) -> np.ndarray:
        """(count, 3): x and y as fractions of the photo, then v or confidence."""
        rows = values[: self.count * self.columns].reshape(self.count, self.columns)
        if self.columns == 2:
            rows = np.column_stack([rows, np.where((rows > 0).any(axis=1), people.VISIBLE, 0)])
        return rows

    @property
    def mean(self) -> float:
        """The mean length of its bones in the likeliest layout."""
        return min((bones.mean for bones in self.bones.values()), default=float("inf"))

    @property
    def can_be(self) -> bool:
        return self.wrong <= _WRONG * self.lines


@dataclass
class YoloLines:
    """The lines of one data set, of which the first ones decide."""

    report: Report
    layout_name: str | None = None
    config: YoloConfig | None = None
    _seen: dict[int, list[np.ndarray]] = field(default_factory=dict)
    _found: dict[int, tuple[_Form, NameMatch] | Unusable] = field(default_factory=dict)
    _has_twos: bool = False

    def look(self, values: np.ndarray) -> None:
        """At the numbers behind the box of one line of a person."""
        self._has_twos |= bool((values[2::3] == people.VISIBLE).any())
        if len(values) in self._seen or len(self._seen) < _LENGTHS:
            lines = self._seen.setdefault(len(values), [])
            if len(lines) < _MOST_LINES:
                lines.append(values)

    def decide(self) -> None:
        """After all lines were looked at. Raises Undecided, if nobody can be read without an answer."""
        question = None
        for length, lines in self._seen.items():
            try:
                form = self._form(length, lines)
                self._found[length] = form, self._layout(form, lines)
            except Unusable as reason:
                self._found[length] = reason
            except Undecided as error:
                question = question or error
                self._found[length] = Unusable("its columns fit several layouts; name the layout")
        if question is not None and not any(isinstance(one, tuple) for one in self._found.values()):
            raise question
        self._seen.clear()

    def keypoints(self, values: np.ndarray) -> tuple[str, np.ndarray]:
        """The layout of a line, and (K, 4): x and y as fractions of the photo, confidence, occluded. Raises Unusable.

        values: the numbers behind the box.
        """
        found = self._found.get(len(values), Unusable("its number of columns is none of the first lines'"))
        if isinstance(found, Unusable):
            raise Unusable(str(found))
        form, matched = found
        if not _may_follow(values[form.count * form.columns :]):
            raise Unusable("its last numbers are no confidence of a box and no number of a track")
        rows = form.rows(values)
        is_binary = form.columns == 3 and not self._has_twos
        confidence, occluded = people.confidence_and_occluded(rows[:, 2], is_binary)
        if is_binary and form.whole == form.lines:
            self.report.note(ONE_IS_LABELLED)
        confidence *= rows[:, :2].any(axis=1)
        return matched.layout, matched.pick(np.column_stack([rows[:, :2], confidence, occluded]))

    def _form(self, length: int, lines: list[np.ndarray]) -> _Form:
        """Of lines with so many numbers behind the box. Raises Undecided, and Unusable where none is possible."""
        forms = [form for form in map(partial(self._possible, length), _FORMS) if form is not None]
        told = [form for form in forms if self._is_told(form)]
        if self.config is not None and not told:
            self.report.note(
                f"lines of {BOX + length} numbers do not have the keypoints that {self.config.file} tells"
            )
        for form in (forms := told or forms):
            for values in lines:
                form.add(values)
        forms = [form for form in forms if form.can_be] or forms[:1]
        forms = [form for form in forms if form.whole >= (1 - _WRONG) * form.lines] or forms
        forms = [form for form in forms if not form.halves] or forms
        if not forms:
            raise Unusable("its number of columns fits no layout; name the layout")
        order = sorted(forms, key=lambda form: form.mean)
        if len(order) == 1 or order[0].mean <= min(LONGEST_BONE, order[1].mean / CLEARLY):
            return self._told(order[0], length)
        if LONGEST_BONE < order[0].mean < float("inf"):  # nobody makes a body, so that bodies tell nothing
            usual = [form for form in forms if not form.after or form.count == _PREDICTED]
            return self._told((usual or forms)[0], length)
        ways = dict.fromkeys(name for form in order for name in form.bones)
        problem = (
            f"its lines of {BOX + length} numbers can be read in several ways, and no data.yaml tells which."
        )
        raise undecided(self.report, problem, tuple(ways))

    def _possible(self, length: int, form: tuple[int, int]) -> _Form | None:
        columns, after = form
        count, rest = divmod(length - after, columns)
        if rest or count < 1:
            return None
        if (self.config is not None and self.config.count == count) or self.layout_name is None:
            names = layouts_of(count)
        else:
            names = (self.layout_name,) if match_in_order((), count, self.layout_name) is not None else ()
        is_told = self.config is not None and self.config.count == count
        if not names and not is_told:
            return None
        return _Form(
            count, columns, after, {name: BoneLengths(name) for name in names if layout(name).k == count}
        )

    def _is_told(self, form: _Form) -> bool:
        config = self.config
        return config is not None and form.count == config.count and config.columns in (0, form.columns)

    def _told(self, form: _Form, length: int) -> _Form:
        """The same, after the report was told how its lines are read."""
        if form.after:
            self.report.note(
                f"lines of {BOX + length} numbers are read as predictions of {form.count} keypoints; the box's "
                "confidence and the track's number are not read"
            )
        elif form.columns == 2:
            self.report.note(f"lines of {BOX + length} numbers are read as {form.count} keypoints without v")
        return form

    def _layout(self, form: _Form, lines: list[np.ndarray]) -> NameMatch:
        names = self.config.names if self.config is not None and self.config.count == form.count else ()
        where, people = f"a line of {form.count} keypoints", [form.rows(line) for line in lines]
        return chosen_layout(self.report, where, names, form.count, self.layout_name, USUAL, people)


def _may_follow(values: np.ndarray) -> bool:
    """True if the values can be a box's confidence, a track's number, or both in this order."""
    likely, whole = (values >= 0) & (values <= 1), (values >= 0) & (values % 1 == 0)
    return bool((likely[:1] | (whole[:1] & (len(values) == 1))).all() and whole[1:].all())
