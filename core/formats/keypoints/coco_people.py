"""The categories of a COCO file as layouts, and its annotations as people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.errors import Undecided
from core.files.untrusted import finite, numbers
from core.files.unusable import Unusable
from core.formats.layouts.keypoint_rows import ONE_IS_LABELLED, TRIPLE, is_binary, triples
from core.formats.layouts.layout_choice import USUAL, chosen_layout
from core.formats.shared import people
from core.formats.shared.layout_match import NameMatch, match, match_in_order
from core.formats.shared.report import Report
from core.records import Person

FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")
MAX_NAMES = 1000
_BEYOND_VISIBLE = "third numbers above 2 are no visibilities of COCO: their keypoints are read as visible"
_PEOPLE_LOOKED_AT = 200
_BODY = "coco17"  # what longer lists begin with; of some people they hold only this
Counts = dict[Hashable, Counter[int]]


def read_categories(
    categories: object, annotations: list[Any], layout_name: str | None, report: Report
) -> dict[Hashable, NameMatch]:
    """How the keypoints of each category map to a layout, by the category's id.

    layout_name: as the user named it. Raises Undecided if no category of a person tells it, ReadError if there is none.
    """
    if layout_name is not None:
        layout(layout_name)  # raises LayoutError for a name that is none
    listed = [one for one in categories if isinstance(one, dict)] if isinstance(categories, list) else []
    counts = _counts(annotations, [one.get("id") for one in listed])
    if not listed:
        listed = [{"id": id} for id in counts]
    found: dict[Hashable, NameMatch] = {}
    question: Undecided | None = None
    reasons: list[str] = []
    for index, category in enumerate(listed):
        where = f"category {index}"
        try:
            id = category.get("id")
            if not _is_id(id) and id is not None:
                raise Unusable("its id is neither number nor text")
            of_id = counts.get(id, Counter())
            found[id] = _read_category(where, category, of_id, annotations, layout_name, report)
        except Undecided as error:
            question = question or error
            reasons.append(str(error))
            report.leave_out(where, "its keypoints do not tell their layout; name the layout")
        except Unusable as error:
            reasons.append(str(error))
            report.leave_out(where, str(error))
    if not found and question is not None:
        raise question
    if not found:
        why = f": {reasons[0]}" if reasons else ""
        raise report.error(
            f"no category names the keypoints of a person{why}", "Add the names to 'categories'."
        )
    return found


def _read_category(
    where: str,
    category: dict[str, Any],
    counts: Counter[int],
    annotations: list[Any],
    layout_name: str | None,
    report: Report,
) -> NameMatch:
    names = category.get("keypoints")
    is_named = isinstance(names, list) and all(isinstance(name, str) for name in names)
    names = tuple(names) if is_named and isinstance(names, list) and len(names) <= MAX_NAMES else ()
    count = _count_of(names, counts)
    if not count:
        raise Unusable("it names no keypoints")
    if not counts and layout_name is None and match(names) is None:
        raise Unusable("its keypoint names are not those of a person")
    is_whole = len(names) == count
    people = [] if is_whole else _some_people(annotations, category.get("id"), count)
    return chosen_layout(report, where, names if is_whole else (), count, layout_name, USUAL, people)


def _some_people(annotations: list[Any], id: Any, count: int) -> list[np.ndarray]:
    """Keypoints (count, 3) of the first people of a category."""
    found: list[np.ndarray] = []
    for annotation in annotations:
        if isinstance(annotation, dict) and same_id(annotation.get("category_id"), {id}) in (id, None):
            try:
                values = numbers(annotation.get("keypoints")).reshape(-1, TRIPLE)
            except (Unusable, ValueError):
                continue
            found += [values] if len(values) == count else []
        if len(found) == _PEOPLE_LOOKED_AT:
            break
    return found


def _count_of(names: tuple[str, ...], counts: Counter[int]) -> int:
    """The number of keypoints of a category: of its names, or of its annotations where these hold the named ones and
    more, as OpenPose's foot data set does."""
    named = match(names) if names else None
    is_body = named is not None and named.layout == _BODY and not named.unknown and len(names) in USUAL
    longer = [count for count in counts if count > len(names) and count in USUAL]
    if longer and (is_body or not names):
        return max(longer)
    return len(names) or max(counts, key=lambda count: (counts[count], count), default=0)


def _counts(annotations: Iterable[Any], ids: list[Any]) -> Counts:
    """By category, how many annotations hold which number of keypoints."""
    known = {id for id in ids if _is_id(id)}
    found: Counts = {}
    for annotation in annotations:
        values = annotation.get("keypoints") if isinstance(annotation, dict) else None
        if not isinstance(values, list) or not values or annotation.get("iscrowd") == 1:
            continue
        count, rest = (len(values), 0) if isinstance(values[0], list) else divmod(len(values), TRIPLE)
        id = same_id(annotation.get("category_id"), known) if known else annotation.get("category_id")
        if not rest and (id is None or _is_id(id)):
            found.setdefault(id, Counter())[count] += 1
    return found


def _is_id(id: Any) -> bool:
    return isinstance(id, (int, str)) or (isinstance(id, float) and math.isfinite(id))


def same_id(id: Any, known: Container[Hashable]) -> Hashable:
    """The id among those known that is the same: 7, 7.0 and '7' are. None if there is none."""
    if not _is_id(id):
        return None
    whole = people.whole_number(id)
    for form in (id, whole, None if whole is None else str(whole)):
        if form is not None and form in known:
            return form  # type: ignore[no-any-return]
    return None


def told_binary(annotations: list[Any], report: Report) -> bool:
    """Whether the file's visibilities are 0 and 1 only. The report is told."""
    lists = (
        one.get(name) for one in annotations if isinstance(one, dict) for name in ("keypoints", "foot_kpts")
    )
    binary = is_binary(lists)
    if binary:
        report.note(ONE_IS_LABELLED)
    return binary


def read_person(
    annotation: dict[str, Any],
    categories: Mapping[Hashable, NameMatch],
    binary: bool,
    box: Any,
    report: Report,
    record: str,
) -> Person:
    """The person of an annotation, without an id of its own. binary: as `told_binary`. box: the annotation's, left,
    top, width, height. Raises Unusable."""
    category = annotation.get("category_id")
    category = None if category is None and None in categories else same_id(category, categories)
    if category not in categories:
        raise Unusable("its category names no keypoints of a person")
    if annotation.get("iscrowd") == 1:
        raise Unusable("it marks a crowd, not a person")
    matched = categories[category]
    values = triples(annotation.get("keypoints"), report, record)
    if (values[:, 2] > people.VISIBLE).any():
        report.note(_BEYOND_VISIBLE)
    rows = _rows(_with_all(values, matched), binary)
    scores = annotation.get("keypoint_scores")
    if scores is not None:
        rows[: len(values), 2] *= finite(scores, len(values))
    array = matched.pick(rows)
    if "foot_kpts" in annotation:
        array, matched = _with_feet(array, annotation, matched, binary)
    people.refuse_fractions(array, "export them in pixels of the photo")
    keypoints = people.make_keypoints(matched.layout, array[:, :3], report, record, array[:, 3] > 0)
    bbox = people.box_or_round(box, keypoints, report, record)
    return people.person(0, bbox, keypoints)


def _with_all(values: np.ndarray, matched: NameMatch) -> np.ndarray:
    """values (K, 3) with zeros for all that the category has beyond COCO's 17. Raises Unusable for another number."""
    missing = matched.count - len(values)
    if missing and (len(values) != layout(_BODY).k or match_in_order((), matched.count, _BODY) is None):
        raise Unusable(f"it has {len(values)} keypoints, but its category names {matched.count}")
    return np.concatenate([values, np.zeros((missing, TRIPLE))])


def _with_feet(
    array: np.ndarray, annotation: dict[str, Any], matched: NameMatch, binary: bool
) -> tuple[np.ndarray, NameMatch]:
    """Add COCO-WholeBody's separate feet to the 17 keypoints, if a layout has both; else nothing changes."""
    both = match((*layout(matched.layout).keypoints, *FEET))
    if both is None or both.unknown or len(both.take) != len(array) + len(FEET):
        return array, matched
    feet = numbers(annotation["foot_kpts"], 3 * len(FEET)).reshape(-1, 3)
    return both.pick(np.concatenate([array, _rows(feet, binary)])), both


def _rows(values: np.ndarray, binary: bool) -> np.ndarray:
    """Triples (K, 3) = x, y, v to rows (K, 4) = x, y, confidence, occluded."""
    return np.column_stack([values[:, :2], *people.confidence_and_occluded(values[:, 2], binary)])
