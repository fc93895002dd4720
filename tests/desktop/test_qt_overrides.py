"""Each method that Qt calls is guarded: an exception in it is told once, and the process goes on."""

import importlib
import inspect
import pkgutil
import sys

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

import desktop
from desktop import qt_override as guard
from desktop.qt_override import qt_override

QT = ("PySide6", "shiboken6", "Shiboken", "pyqtgraph")


def overrides() -> dict[str, object]:
    """Each method of a class of ours that a class of Qt has too, by its full name."""
    found: dict[str, object] = {}
    for module in pkgutil.walk_packages(desktop.__path__, "desktop."):
        for kind in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(kind) and kind.__module__ == module.name and issubclass(kind, Shiboken.Object):
                theirs = {
                    name for base in kind.__mro__ if base.__module__.startswith(QT) for name in vars(base)
                }
                for name, method in vars(kind).items():
                    if inspect.isfunction(method) and name in theirs and name != "__init__":
                        found[f"{module.name}.{kind.__name__}.{name}"] = method
    return found


def test_each_method_that_qt_calls_is_guarded():
    found = overrides()
    assert len(found) > 50
    bare = [name for name, method in found.items() if not getattr(method, "is_guarded", False)]
    assert not bare, f"put @qt_override() above {', '.join(bare)}"


@pytest.fixture
def told(monkeypatch):
    """What was told of exceptions, at any time."""
    found: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: found.append(error))
    monkeypatch.setattr(guard, "_told", {})
    return found


class BrokenWidget(QWidget):
    @qt_override()
    def paintEvent(self, event):
        painter = QPainter(self)
        painter.save()
        raise ValueError("a value of a hostile file")

    @qt_override(lambda: QSize(3, 4))
    def sizeHint(self):
        raise TypeError("no number")


@pytest.mark.usefixtures("qtbot")
def test_a_paint_event_that_fails_is_told_once_and_its_painter_ends(told):
    widget = BrokenWidget()
    for _ in range(3):
        widget.grab()
    assert [str(error) for error in told if isinstance(error, ValueError)] == ["a value of a hostile file"]
    other = QPainter()
    assert other.begin(widget.grab())  # no painter is left on the widget's surface
    other.end()
    widget.deleteLater()


@pytest.mark.usefixtures("qtbot")
def test_a_value_that_cannot_be_made_is_replaced(told):
    widget = BrokenWidget()
    assert widget.sizeHint() == QSize(3, 4)
    assert isinstance(told[0], TypeError)
    widget.deleteLater()
