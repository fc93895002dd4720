"""Gestures of the photo and of the 3D view.

A gesture is a generator that takes pointers until the button is released. It previews while it runs and commits at its
end. If it is closed early (Escape), the workbench cancels the preview.
"""

import inspect
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, eq=False)
class Pointer:
    """Place of the mouse: canvas (2,) [px], photo (2,) [px]. released: the button was released here."""

    canvas: np.ndarray
    photo: np.ndarray
    released: bool = False


Gesture = Generator[None, Pointer, None]


class Hand:
    """Holds the running gesture of a view."""

    def __init__(self) -> None:
        self._gesture: Gesture | None = None

    @property
    def holds(self) -> bool:
        """Whether a gesture runs."""
        return self._gesture is not None

    def begin(self, gesture: Gesture) -> None:
        """Start a gesture. Later pointers go to it, unless it ends at once."""
        with suppress(StopIteration):
            next(gesture)
            self._gesture = gesture

    def move(self, pointer: Pointer) -> None:
        """Send a pointer to the gesture. A released button ends it."""
        if self._gesture is None:
            return
        try:
            self._gesture.send(pointer)
        except StopIteration:
            self._gesture = None
        if pointer.released:
            self._gesture = None

    def drop(self) -> bool:
        """End the gesture without its change. Returns whether there was one."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.close()
        return gesture is not None

    def let_go(self) -> None:
        """End the gesture after another change: it would otherwise edit outdated values.

        A gesture that made the change itself goes on.
        """
        if self._gesture is not None and not is_at_work(self._gesture):
            self.drop()


def is_at_work(gesture: Generator[Any, Any, Any]) -> bool:
    """Whether a gesture is running code now, and not waiting for the next pointer."""
    return inspect.getgeneratorstate(gesture) == inspect.GEN_RUNNING
