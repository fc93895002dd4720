"""What the gestures of the photo and of the 3D view have in common.

A gesture is a generator that takes pointers until the button is let go: it previews while it runs and commits at its
end. Closing it early (Escape) leaves what the workbench cancels.
"""

import inspect
from collections.abc import Generator
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
    """Where the mouse is: canvas (2,) [px], photo (2,) [px]; released: the button was let go here."""

    canvas: np.ndarray
    photo: np.ndarray
    released: bool = False


Gesture = Generator[None, Pointer, None]


def is_at_work(gesture: Generator[Any, Any, Any]) -> bool:
    """Whether it is just changing something itself, and not waiting for the next pointer."""
    return inspect.getgeneratorstate(gesture) == inspect.GEN_RUNNING
