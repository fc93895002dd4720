"""Chooses the layout of a file's keypoints: as the user named it, by their names, by their number, or by a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.body.keypoints import layout
from core.errors import Undecided, Way
from core.files.unusable import Unusable
from core.formats.layouts.layout_shape import by_bodies
from core.formats.shared.layout_match import (
    NameMatch,
    are_numbers,
    layouts_of,
    match,
    match_in,
    match_in_order,
    places_of,
    plain_name,
)
from core.formats.shared.report import Report

# Layouts by number of keypoints without names, in files like COCO's.
USUAL = {17: "coco17", 23: "coco23", 25: "openpose25", 26: "halpe26", 133: "coco23", 136: "halpe26"}
_NAMES_SHOWN = 5
_FEWEST_OF_ANIMAL = 2  # names
_ANIMAL = frozenset(
    ("paw", "tail", "tailbase", "tailset", "tailtip", "hoof", "wing", "beak", "snout", "withers", "muzzle")
)


def chosen_layout(
    report: Report,
    where: str,
    names: Sequence[str],
    count: int,
    layout_name: str | None = None,
    usual: Mapping[int, str] | None = None,
    people: Sequence[np.ndarray] = (),
) -> NameMatch:
    """How `count` keypoints with these names, or without names, map to a layout. The report notes which.

    where: the part of the file in words. layout_name: as the user named it. usual: layouts by number that keypoints
    without names have in this format. people: points (count, 3) of some, that show which layout makes bodies. Raises
    Undecided where several layouts are possible, Unusable where none is.
    """
    if layout_name is not None:
        found = _as_named(names, count, layout_name)
    else:
        by_name = match(names) if len(names) == count else None
        _refuse_animals(names)
        found = by_name or _by_number(report, where, names, count, usual or {}, people)
    _tell(report, where, names, found)
    return found


def fixed_layout(report: Report, usual: str, layout_name: str | None) -> str:
    """The layout of a format that has one, or another of as many keypoints that the user names. Raises ReadError."""
    chosen, wanted = layout(layout_name or usual), layout(usual).k
    if chosen.k != wanted:
        problem = f"its people have {wanted} keypoints, but layout '{chosen.name}' has {chosen.k}"
        raise report.error(problem, f"Its own layout is '{usual}'.")
    return chosen.name


def _as_named(names: Sequence[str], count: int, layout_name: str) -> NameMatch:
    wanted = layout(layout_name).k
    by_name = match_in(names, layout_name) if len(names) == count else None
    found = by_name or match_in_order(names, count, layout_name)
    if found is None:
        raise Unusable(f"{count} keypoints, but layout '{layout_name}' has {wanted}")
    return found


def _by_number(
    report: Report,
    where: str,
    names: Sequence[str],
    count: int,
    usual: Mapping[int, str],
    people: Sequence[np.ndarray],
) -> NameMatch:
    is_named = len(names) == count and not are_numbers(names)
    ways = layouts_of(max(places_of(names), default=-1) + 1 if names and not is_named else count)
    if not ways:
        raise Unusable(f"no layout has {count} keypoints{_shown(names) if is_named else ''}")
    taken = usual.get(count)
    if names:
        taken = ways[0] if len(ways) == 1 and not is_named else None
    elif layout(ways[0]).k == count:
        taken, ways = by_bodies(people, ways, taken)
    found = None if taken is None else match_in_order(names, count, taken)
    if found is not None:
        return found
    raise undecided(
        report, f"{where} has {count} keypoints{_shown(names)}, which do not tell their layout.", ways
    )


def undecided(report: Report, problem: str, ways: Sequence[str]) -> Undecided:
    """The question which of these layouts is meant."""
    words = tuple(Way(name, layout(name).source.rstrip(".")) for name in ways)
    return Undecided(f"{report.path.name}: {problem}", "layout_name", words)


def _refuse_animals(names: Sequence[str]) -> None:
    """Raises Unusable for keypoints of an animal, of which some have the names of a person's."""
    parts = [name for name in names if _ANIMAL.intersection(plain_name(name).split("_"))]
    if len(parts) >= _FEWEST_OF_ANIMAL:
        shown = ", ".join(name[:32] for name in parts[:_NAMES_SHOWN])
        raise Unusable(f"its keypoints are those of an animal, such as {shown}; of a person, name the layout")


def _shown(names: Sequence[str]) -> str:
    if not names:
        return " without names"
    more = ", …" if len(names) > _NAMES_SHOWN else ""
    return f" named {', '.join(name[:32] for name in names[:_NAMES_SHOWN])}{more}"


def _tell(report: Report, where: str, names: Sequence[str], found: NameMatch) -> None:
    report.note(f"{where} is read as layout '{found.layout}'")
    for name in found.unknown:
        report.leave_out(f"{where}, keypoint '{name[:64]}'", f"layout '{found.layout}' has no such keypoint")
    k = layout(found.layout).k
    if not found.unknown and found.count > k and not names:
        report.leave_out(
            f"{where}, {found.count - k} of {found.count} keypoints", "face and hands are in no layout"
        )
