"""Who may import whom, read from the source: desktop → core ← train, and down the floors inside core."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A floor may import itself and the floors before it.
FLOORS = (
    ("errors", "wishes", "records", "metrics", "methods"),
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


def room(name: str) -> str | None:
    """The room of core that a dotted name lies in: core.body.model → body."""
    parts = name.split(".")
    return parts[1] if parts[0] == "core" and len(parts) > 1 and parts[1] != "__init__" else None


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
