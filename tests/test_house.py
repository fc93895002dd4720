"""Rooms stay small, and one name means one thing: read from the source."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("core", "desktop", "train")
FILES_A_ROOM = 16

# The same part of sibling methods, networks and formats, and systems that give their own name to a format, a network
# and a command.
MODULES_TOLD_APART_BY_THEIR_ROOM = {
    "config",
    "initial_weights",
    "lifter",
    "loss",
    "method",
    "ochmr",
    "prior",
    "spin",
    "table",
}
CLASSES_TOLD_APART_BY_THEIR_ROOM = {"Config", "LossWeights"}


def files(package: str) -> list[Path]:
    """Its modules; an `__init__` only hands on names."""
    return sorted(path for path in (ROOT / package).rglob("*.py") if path.stem != "__init__")


def modules() -> Iterator[tuple[str, str]]:
    """Each module's name and where it is."""
    for package in HOUSE:
        for file in files(package):
            yield file.stem, str(file.relative_to(ROOT))


def public_classes() -> Iterator[tuple[str, str]]:
    """Each public class's name and where it is."""
    for package in HOUSE:
        for file in files(package):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield node.name, str(file.relative_to(ROOT))


def taken_twice(names: Iterator[tuple[str, str]], but: set[str]) -> dict[str, list[str]]:
    """The names of more than one thing, with where they are."""
    places = defaultdict(list)
    for name, place in names:
        places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1 and name not in but}


@pytest.mark.parametrize("package", [*HOUSE, "tests"])
def test_no_room_holds_more_files_than_can_be_taken_in_at_a_glance(package):
    rooms = defaultdict(list)
    for file in files(package):
        rooms[str(file.parent.relative_to(ROOT))].append(file.name)
    assert {room: len(names) for room, names in rooms.items() if len(names) > FILES_A_ROOM} == {}


def test_no_module_is_called_as_another():
    assert taken_twice(modules(), MODULES_TOLD_APART_BY_THEIR_ROOM) == {}


def test_no_public_class_is_called_as_another():
    assert taken_twice(public_classes(), CLASSES_TOLD_APART_BY_THEIR_ROOM) == {}
