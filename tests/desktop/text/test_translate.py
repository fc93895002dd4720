"""Everything the user reads can be translated: read from the source, since nobody can look at every message."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# What is not for the window: said on the terminal before Qt is there, a graphics card's language, the command line.
NOT_READ_IN_THE_WINDOW = (
    "desktop/system.py",
    "desktop/style_sheet.py",
    "desktop/views/gl/shaders.py",
    "desktop/jobs/files/asking.py",  # what it looks for is the output of a command
)
COMMAND_LINE = {"_parser", "ArgumentParser", "add_argument"}
NO_WORDS = ("Callable", "Iterator", "<")  # types that are written as text, markup
MARKS = {"tr", "QT_TR_NOOP"}
UNREAD = {"debug", "info", "warning", "error", "critical", "exception", "setStyleSheet", "print"}
SENTENCE = re.compile(r"[^\W\d_]{2,}[,.:;!?]? [^\W\d_]")
WORD = re.compile(r"[^\W\d_]{2,}")
UNITS = re.compile(r"[\W\d_]*(px|mm|min|nbsp|Fitloop)*[\W\d_]*")
SHOWN = {  # whatever is given to these is read by the user, even if it is a single word
    *("setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setTitle"),
    *("setSuffix", "setPrefix", "setStatusTip", "setWhatsThis", "setLabel", "showMessage", "setLabelText"),
    *("addAction", "addMenu", "addTab", "addItem", "addRow", "drawText", "draw_label", "emit"),
    *(
        "QLabel",
        "QPushButton",
        "QCheckBox",
        "QRadioButton",
        "QGroupBox",
        "QToolButton",
        "QAction",
        "QMessageBox",
    ),
    *("QDockWidget", "QCommandLinkButton", "SliderRow", "Link", "information", "question", "getOpenFileName"),
    *("getSaveFileName", "getExistingDirectory", "apply", "apply_photo", "commit", "remember", "Edit", "say"),
    *("change_by_hand", "Command", "tick", "Saving"),
}
NOT_WORDS_OF = {  # of these only the text is read; what else they are given is a name
    "Command": {1},
    "tick": {1},
    "addItem": {0},
    "change_by_hand": {0},
    "apply": {0},
    "Saving": {2},
}


def called(node: ast.AST) -> str:
    """The plain name of what a call calls; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def literal(node: ast.AST) -> str | None:
    """What a text in the source says, the fields of an f-string left out; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return None


def unread(node: ast.AST, function: str) -> bool:
    """Whether nobody reads in the window what lies inside this."""
    return called(node) in MARKS | UNREAD | COMMAND_LINE or function in COMMAND_LINE


def texts(node: ast.AST, function: str = "") -> Iterator[ast.AST]:
    """All nodes that may hold words for the user: no docstrings, annotations or marked texts."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node.name
    if unread(node, function):
        return
    yield node
    skipped = {
        "annotation",
        "returns",
        "type_comment",
        *(("values",) if isinstance(node, ast.JoinedStr) else ()),
    }
    for field, value in ast.iter_fields(node):
        if field in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            docstring = isinstance(child, ast.Expr) and literal(child.value) is not None
            if isinstance(child, ast.AST) and not docstring:
                yield from texts(child, function)


def bare(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of what the user reads in English only."""
    for part in texts(node):
        words = literal(part)
        if words is not None and SENTENCE.search(words) and not words.startswith(NO_WORDS):
            yield part.lineno, words
        if called(part) in SHOWN:
            wanted = NOT_WORDS_OF.get(called(part))
            for place, given in enumerate(part.args):
                words = literal(given)
                shown = wanted is None or place in wanted
                if shown and words and WORD.search(words) and not UNITS.fullmatch(words):
                    yield part.lineno, words


def translated(node: ast.AST) -> bool:
    """Whether this is tr(…), or tr(…).format(…)."""
    named = called(node) == "format" and translated(node.func.value)
    return called(node) == "tr" or named


def glued(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and kind of translations that are put together in English order, or cannot be found by lupdate."""
    for part in ast.walk(node):
        if (
            isinstance(part, ast.BinOp)
            and isinstance(part.op, ast.Add)
            and (translated(part.left) or translated(part.right))
        ):
            yield part.lineno, "tr() + …"
        if isinstance(part, ast.AugAssign) and translated(part.value):
            yield part.lineno, "+= tr()"
        counted = called(part) == "tr" and "%n" in (literal(part.args[0]) or "")
        if counted and (len(part.args) != 3 or part.keywords):
            yield part.lineno, 'tr("%n …") without a third argument'
        if isinstance(part, ast.FormattedValue) and any(
            called(inner) == "tr" for inner in ast.walk(part.value)
        ):
            yield part.lineno, 'f"{tr()}"'
        if called(part) in MARKS and part.args and isinstance(part.args[0], ast.JoinedStr | ast.BinOp):
            yield part.lineno, 'tr(f"…")'


def offences(look: object) -> list[str]:
    found = []
    for file in sorted((ROOT / "desktop").rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        if name not in NOT_READ_IN_THE_WINDOW:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found += [f"{name}:{line}: {words}" for line, words in look(tree)]
    return sorted(set(found))


def test_no_text_reaches_the_user_past_the_translation():
    assert offences(bare) == []


def test_no_sentence_is_put_together_from_translated_parts():
    assert offences(glued) == []


@pytest.mark.parametrize(
    "source",
    [
        'label.setText("Nobody")',
        'QMessageBox("Fitloop", "Gone")',
        'raise ProjectError(f"{path} is not there.")',
        'workbench.told.emit(f"{n} photos")',
        'words = "A sentence of some words"',
        'Command("file.open", "Open", "Ctrl+O", act)',
    ],
)
def test_a_bare_text_is_seen(source):
    assert list(bare(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        'label.setText(tr("Nobody"))',
        'def f() -> "a type of sorts":\n    """A docstring with words."""\n    log.warning("for the log file")',
        'Command("file.open", QT_TR_NOOP("Open"), "Ctrl+O", act)',
        'label.setText(f"{score:.1f} px")',
    ],
)
def test_what_is_translated_or_never_read_is_left_alone(source):
    assert not list(bare(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        'words = tr("one") + tr("two")',
        'words += tr(", {n} left")',
        'words = f"{tr(verdict)}: 3"',
        'tr(f"Take {n}")',
    ],
)
def test_a_sentence_of_parts_is_seen(source):
    assert list(glued(ast.parse(source)))
