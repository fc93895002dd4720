"""Who may import whom, read from the source: desktop → core ← train, and down the floors inside core."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A floor may import itself and the floors before it.
FLOORS = (
    ("errors", "wishes", "frozen", "records", "guesses", "metrics", "methods"),
    ("compute", "files"),
    ("geometry",),
    ("body",),
    ("fitting", "networks"),
    ("store",),
    ("formats", "detect"),
)
FLOOR_OF = {name: height for height, names in enumerate(FLOORS) for name in names}
# One floor, two rooms: neither looks into the other.
NEIGHBOURS = ({"compute", "files"}, {"fitting", "networks"}, {"formats", "detect"})
NOT_IN_CORE = {"PySide6", "PyQt6", "PyQt5", "qtpy", "vispy", "pyqtgraph", "argparse", "desktop", "train"}
NOT_IN_TRAIN = {"PySide6", "PyQt6", "PyQt5", "qtpy", "pyqtgraph", "desktop"}  # vispy renders without a window
# The rooms of desktop, from the lowest; what stands beside them at the top is on the floor it is named on.
DESKTOP_FLOORS = (
    ("text", "system", "qt_override"),
    ("collector",),
    ("style_sheet",),
    ("theme",),
    ("state",),
    ("settings", "jobs"),
    ("model",),
    ("commands",),
    ("views",),
    ("app",),
)
DESKTOP_FLOOR_OF = {name: height for height, names in enumerate(DESKTOP_FLOORS) for name in names}
# Of the views: what all of them draw with, then the rooms that know nothing of each other, then what holds them.
VIEW_FLOORS = (
    (
        *("bold", "drawing", "elided_label", "gesture", "plain_buttons", "repaint_later", "sized_view"),
        "verdict_marks",
    ),
    ("gl",),
    ("photo", "space", "panels", "lists", "tools", "timeline"),
    ("start", "settings"),
    ("window",),
)
VIEW_FLOOR_OF = {name: height for height, names in enumerate(VIEW_FLOORS) for name in names}


def imports(source: str, module: str) -> Iterator[str]:
    """Dotted names that this source imports, late imports too; relative ones start at `module`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports_of(file: Path) -> list[str]:
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return list(imports(file.read_text(encoding="utf-8"), module))


def within(name: str, packages: set[str]) -> bool:
    return name.split(".")[0] in packages


def offences(package: str, forbidden: set[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files(package)
        for name in imports_of(file)
        if within(name, forbidden)
    ]


def room(name: str, package: str = "core") -> str | None:
    """The room of a package that a dotted name lies in: core.body.model → body."""
    inside = name.removeprefix(package + ".").split(".")[0]
    return inside if name.startswith(package + ".") and inside != "__init__" else None


def looks_up(package: str, floor_of: dict[str, int]) -> list[str]:
    """Imports that lead up the floors of a package, or into another room of the same floor. Those for types alone
    count as well: what a module names in its signatures, it knows."""
    wrong = []
    for file in files(package.replace(".", "/")):
        here = room(".".join(file.relative_to(ROOT).with_suffix("").parts), package)
        for name in imports_of(file):
            there = room(name, package)
            if here is None or there is None or here == there:
                continue
            if floor_of[there] >= floor_of[here]:
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    return wrong


def test_core_knows_no_window_no_command_line_and_neither_desktop_nor_train():
    assert offences("core", NOT_IN_CORE) == []


def test_train_knows_no_window():
    assert offences("train", NOT_IN_TRAIN) == []


def test_desktop_never_imports_train():
    assert offences("desktop", {"train"}) == []


def test_smplx_whose_licence_is_for_research_alone_is_imported_by_tests_alone():
    assert [
        offence for package in ("core", "train", "desktop") for offence in offences(package, {"smplx"})
    ] == []


def test_imports_inside_core_run_down_the_floors_and_never_up():
    wrong = []
    for file in files("core"):
        here = room(".".join(file.relative_to(ROOT).with_suffix("").parts))
        for name in imports_of(file):
            there = room(name)
            if here is None or there is None or here == there:
                continue
            up = FLOOR_OF[there] > FLOOR_OF[here]
            if up or any({here, there} == pair for pair in NEIGHBOURS):
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_every_room_of_core_has_a_floor():
    rooms = {room(".".join(file.relative_to(ROOT).with_suffix("").parts)) for file in files("core")}
    assert rooms - {None} <= set(FLOOR_OF)


def test_imports_inside_desktop_run_down_the_floors_and_never_up():
    assert looks_up("desktop", DESKTOP_FLOOR_OF) == []


def test_no_room_of_the_views_knows_another_but_the_window():
    assert looks_up("desktop.views", VIEW_FLOOR_OF) == []


def test_the_document_knows_no_fit_and_what_works_on_it_knows_no_workbench():
    fits, workbench = "desktop.model.current_fit", "desktop.model.workbench"
    for name, unknown in (
        ("document", {fits, workbench}),
        *((name, {workbench}) for name in ("current_fit", "alternatives", "queue", "hover", "other_writer")),
    ):
        named = {found.rpartition(".")[0] for found in imports_of(ROOT / "desktop" / "model" / f"{name}.py")}
        assert not named & unknown, name


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("import smplx.lbs as lbs", "smplx.lbs"),
        ("def late():\n    from PySide6 import QtCore", "PySide6.QtCore"),
        ("from . import tree", "core.body.tree"),
        ("from ..fitting.prior import hinge", "core.fitting.prior.hinge"),
        ("from core import networks", "core.networks"),
    ],
)
def test_the_import_reader_sees_late_relative_and_renamed_imports(statement, found):
    assert list(imports(statement, "core.body.model")) == [found]
