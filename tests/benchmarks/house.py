"""How the code is laid out: sizes, names, circles of imports, types, and how much of it one act of a user enters.

xvfb-run -a python -m tests.benchmarks.house [--no-window] [--no-types]

What each row counts, over core, desktop and train where it does not say otherwise:

widest folder: Python files directly in one folder, without __init__.py.
files over 300 lines: lines as `wc -l` counts them.
circles: groups of modules, or of folders, that import each other, directly or through others. Late imports inside
    functions count, and so do imports under TYPE_CHECKING; the rows say how many are left without each.
    `from a.b import c` is an import of a.b.c where that is a module, else of a.b. The packages above it, which Python
    runs as well, are not counted. A folder is a room of its own, apart from the folder around it; its __init__.py
    belongs to it.
names: file names without ending, and public classes at the top level of a module, that occur more than once.
modules / calls: those of core and desktop that one act of a user enters in the main thread, counted by
    tests.benchmarks.calls, which says how. Once on the screen, and once without OpenGL: on Qt's offscreen platform,
    which needs no screen and draws neither the 3D view nor the body over the photo.
mypy: its errors in the files of desktop, with the project's settings.
README: words between white space, as `wc -w` counts them; then those outside code blocks (prose and tables).
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from train.run.parser import CommandLine

ROOT = Path(__file__).parents[2]
HOUSE = ("core", "desktop", "train")
LONG = 300  # lines of a file
RUN, LATE, TYPING = "run", "late", "typing"  # when an import is carried out
MYPY_FOUND_ERRORS = 1  # its exit status; 0 for none, 2 where it could not work
Graph = dict[str, set[str]]
Row = tuple[str, str, list[str]]  # what, figure, names

# Files and names


def files(top: str) -> list[Path]:
    """Python files under a folder of the project, as paths from the project's root."""
    return sorted(file.relative_to(ROOT) for file in (ROOT / top).rglob("*.py"))


def house() -> list[Path]:
    return [file for top in HOUSE for file in files(top)]


def widest(found: list[Path]) -> tuple[int, str]:
    """Number of modules, and folder."""
    folders = Counter(str(file.parent) for file in found if file.name != "__init__.py")
    return max((number, folder) for folder, number in folders.items())


def more_than_once(named: Iterable[tuple[str, Path]]) -> list[str]:
    """Each name that occurs in several places, with the places."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, file in named:
        places[name].append(str(file))
    return [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]


def parsed(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def public_classes(file: Path) -> Iterator[tuple[str, Path]]:
    for node in parsed(file).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, file


def layout_rows() -> Iterator[Row]:
    found = house()
    for where, among in (("core, desktop, train", found), ("tests", files("tests"))):
        number, folder = widest(among)
        yield f"files in the widest folder, {where}", str(number), [folder]
    lines = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in found}
    long = [f"{file} {number}" for file, number in lines.items() if number > LONG]
    yield f"files over {LONG} lines", str(len(long)), long
    stems = more_than_once((file.stem, file) for file in found if file.name != "__init__.py")
    yield "module names more than once", str(len(stems)), stems
    classes = more_than_once(named for file in found for named in public_classes(file))
    yield "public class names more than once", str(len(classes)), classes


# Imports


def module_of(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(node: ast.AST, when: str = RUN) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Each import below a node, and when it is carried out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, when
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from imports(ast.Module(child.body, []), TYPING)
            yield from imports(ast.Module(child.orelse, []), when)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and when == RUN:
            yield from imports(child, LATE)
        else:
            yield from imports(child, when)


def imported(node: ast.Import | ast.ImportFrom, file: Path, modules: set[str]) -> Iterator[str]:
    """The project's modules that an import statement in a file names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        package = file.parent.parts[: len(file.parent.parts) + 1 - node.level] if node.level else ()
        base = ".".join([*package, *filter(None, [node.module])])
        names = [f"{base}.{alias.name}" for alias in node.names]
        names = [name if name in modules else base for name in names]
    yield from (name for name in names if name in modules)


def graph(found: list[Path], times: set[str], node_of: Callable[[Path], str]) -> Graph:
    """Which node imports which at these times; node_of: the node that a file belongs to."""
    modules = {module_of(file): file for file in found}
    edges: Graph = defaultdict(set)
    for file in found:
        for statement, when in imports(parsed(file)):
            if when in times:
                names = imported(statement, file, set(modules))
                edges[node_of(file)] |= {node_of(modules[name]) for name in names}
    return {node: others - {node} for node, others in edges.items()}


def circles(edges: Graph) -> list[str]:
    """Groups of nodes that reach each other."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = set(edges.get(start, ()))
        while ahead:
            node = ahead.pop()
            seen.add(node)
            ahead |= edges.get(node, set()) - seen
        return seen

    reach = {node: reached(node) for node in edges}
    groups = {tuple(sorted(other for other in reach[node] if node in reach.get(other, ()))) for node in reach}
    return [" ↔ ".join(group) for group in sorted(groups) if group]


def import_rows() -> Iterator[Row]:
    found = house()
    for what, node_of in (("modules", module_of), ("folders", lambda file: str(file.parent))):
        all_of_them = circles(graph(found, {RUN, LATE, TYPING}, node_of))
        fewer = [
            f"{len(circles(graph(found, times, node_of)))} without {left_out}"
            for times, left_out in (
                ({RUN, LATE}, "those for types alone"),
                ({RUN, TYPING}, "late ones"),
                ({RUN}, "both"),
            )
        ]
        yield f"circles of imports between {what}", str(len(all_of_them)), [*all_of_them, "; ".join(fewer)]


# The window, types, the README


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python module in a process of its own."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def has_screen() -> bool:
    elsewhere = not sys.platform.startswith("linux")
    return elsewhere or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def window_rows() -> Iterator[Row]:
    places: dict[str, dict[str, str]] = {"without OpenGL": {"QT_QPA_PLATFORM": "offscreen"}}
    if has_screen():
        places["on the screen"] = {}
    else:
        yield "modules / calls on the screen", "-", ["no screen: start with xvfb-run -a"]
    for where, environment in places.items():
        done = run("tests.benchmarks.calls", "--json", **environment)
        if done.returncode:
            yield f"modules / calls {where}", "-", done.stderr.splitlines()[-1:]
            continue
        for act, figures in json.loads(done.stdout).items():
            yield f"{act}, {where}", f"{figures['modules']} / {figures['calls']}", []


def type_rows() -> Iterator[Row]:
    done = run("mypy", "desktop", "--no-error-summary")
    if done.returncode > MYPY_FOUND_ERRORS or (done.returncode and not done.stdout):
        yield "mypy errors in desktop", "-", (done.stderr or done.stdout).splitlines()[-1:]
        return
    errors = [line for line in done.stdout.splitlines() if line.startswith("desktop") and ": error:" in line]
    kinds = Counter(line.rsplit("[", 1)[-1].rstrip("]") for line in errors)
    yield "mypy errors in desktop", str(len(errors)), [f"{kind} {n}" for kind, n in kinds.most_common()]


def readme_rows() -> Iterator[Row]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    outside = "".join(text.split("```")[::2])
    yield "words of README.md", str(len(text.split())), [f"{len(outside.split())} without code blocks"]


def main() -> int:
    parser = CommandLine("tests.benchmarks.house", __doc__)
    parser.add_argument("--no-window", action="store_true", help="leave out what acts of a user enter")
    parser.add_argument("--no-types", action="store_true", help="leave out mypy")
    given = parser.parse_args()
    parts = [layout_rows, import_rows]
    parts += [] if given.no_window else [window_rows]
    parts += [] if given.no_types else [type_rows]
    for part in [*parts, readme_rows]:
        for what, figure, names in part():
            first, *more = names or [""]
            print(f"{what:50}{figure:>10}  {first}".rstrip(), flush=True)
            for name in more:
                print(f"{'':62}{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
