"""Where the photo lies on the canvas, and what moves it there: zoom, pan, the whole photo, a person."""

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from core.records import Person
from desktop.model.workbench import Workbench
from desktop.views.photo.zoom import Placing

ROUNDING_PX = 0.5
LOW_PX, BAR_PX = 260, 36  # a low canvas; the height of the bar at its lower edge
AROUND = 0.6  # half the side of what is shown of a person, in sides of their box


class PhotoPlace(QObject):
    """Holds the placing of the workbench's photo on a canvas."""

    changed = Signal()

    def __init__(self, workbench: Workbench, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._workbench, self._canvas = workbench, canvas
        self.placing = Placing()
        self._touched = False  # True after zooming or panning by hand: a resize then keeps the place
        self._on_person = False  # True after zooming to a person: the next one is shown in the middle, too

    @property
    def size(self) -> np.ndarray:
        """Of the canvas (2,) [px]."""
        return np.array([self._canvas.width(), self._canvas.height()], dtype=float)

    def put(self, placing: Placing) -> None:
        """Place the photo by hand."""
        self.placing, self._touched, self._on_person = placing, True, False
        self.changed.emit()

    def zoom(self, factor: float, at: np.ndarray | None = None) -> None:
        """Zoom about a canvas point (2,) [px], or about the middle."""
        self.put(self.placing.zoomed(factor, self.size / 2 if at is None else at))

    def show_whole(self) -> None:
        """Show the whole photo, from now on also after a resize."""
        photo = self._workbench.photo
        if photo is not None:
            size = np.array([photo.width, photo.height], dtype=float)
            low = (
                self._canvas.height() < LOW_PX
            )  # the bar would cover a large part of the photo, often the feet
            height = self._canvas.height() - (BAR_PX if low else 0)
            self.put(Placing.showing(np.zeros(2), size, self._canvas.width(), height))
            self._touched = False

    def show_person(self) -> None:
        """Show the selected person's box with a margin."""
        person = self._workbench.person
        if person is not None:
            self.put(self._around(person))
            self._on_person = True

    def bring_into_view(self, person: Person) -> None:
        """Pan to a person who is not wholly in view, or if the view was zoomed to another one. The zoom stays, unless
        it is too near for the whole person.
        """
        photo, close = self._workbench.photo, self._on_person
        edge = np.inf if photo is None else np.array([photo.width, photo.height], dtype=float)
        low, high = person.bbox.corners.clip(0.0, edge)  # nothing is seen of a box beyond the photo
        if close or not self._shows(low, high):
            scale = min(self.placing.scale, self._around(person).scale)
            self.put(Placing.centred(person.bbox.center.astype(float), scale, self.size))
            self._on_person = close

    def _shows(self, low: np.ndarray, high: np.ndarray) -> bool:
        """Whether all from low to high (2,) [px of the photo] is on the canvas."""
        first, last = self.placing.to_canvas(np.stack([low, high]))
        return bool((first >= -ROUNDING_PX).all() and (last <= self.size + ROUNDING_PX).all())

    def follow_resize(self) -> None:
        """Show what was shown, after the canvas has another size."""
        if not self._touched:
            self.show_whole()
        elif self._on_person:
            self.show_person()

    def _around(self, person: Person) -> Placing:
        half, center = AROUND * person.bbox.side, person.bbox.center.astype(float)
        return Placing.showing(center - half, center + half, self._canvas.width(), self._canvas.height())
