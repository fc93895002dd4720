"""What the gestures of the photo and of the 3D view have in common.

A gesture is a generator that takes pointers until the button is let go: it previews while it runs and commits at its
end. Closing it early (Escape) leaves what the workbench cancels.
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
    """The mouse's position: canvas (2,) [px], photo (2,) [px]; released: True if the button was released here."""

    canvas: np.ndarray
    photo: np.ndarray
    released: bool = False


Gesture = Generator[None, Pointer, None]


class Hand:
    """Holds the gesture that runs in a view, if one does."""

    def __init__(self) -> None:
        self._gesture: Gesture | None = None

    @property
    def holds(self) -> bool:
        """Whether a gesture runs."""
        return self._gesture is not None

    def begin(self, gesture: Gesture) -> None:
        """From now on pointers go to this one, if it wants any."""
        with suppress(StopIteration):
            next(gesture)
            self._gesture = gesture

    def move(self, pointer: Pointer) -> None:
        """The mouse is there; where it was released, or the gesture ends by itself, nothing is held any more."""
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
        """Something else was done: what is held would be changed as it was before that. One that did it itself goes
        on."""
        if self._gesture is not None and not is_at_work(self._gesture):
            self.drop()


def is_at_work(gesture: Generator[Any, Any, Any]) -> bool:
    """Whether it is just changing something itself, and not waiting for the next pointer."""
    return inspect.getgeneratorstate(gesture) == inspect.GEN_RUNNING
