"""Keys on the photo: arrows move the adjusted box, or the selected keypoint, or else the photo."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from core.body.keypoints import layout
from desktop.model.workbench import Workbench
from desktop.state.person_edits import moved, standing_at
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, tr
from desktop.views.gesture import ARROWS, is_at_work
from desktop.views.photo.key_gestures import KeyGesture, Step
from desktop.views.photo.zoom import Placing

NUDGE_PX, LONG_NUDGE_PX = 1.0, 10.0  # of the photo
BOX_STEP_PX, HELD_STEP_PX = (
    2.0,
    12.0,
)  # of the canvas, per press of a key, and per repeat of a held key
PAN_PX, LONG_PAN_PX = 40.0, 200.0  # of the canvas
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CanvasKeys:
    """Handles the keys of a canvas. placing: returns the photo's place; place: changes it."""

    def __init__(
        self, workbench: Workbench, placing: Callable[[], Placing], place: Callable[[Placing], None]
    ) -> None:
        self._workbench, self._placing, self._place = workbench, placing, place
        self._gesture: KeyGesture | None = None
        self._nudged = ""  # name of the keypoint that held arrows move

    def begin(self, gesture: KeyGesture) -> None:
        """Send arrows and Enter to this gesture from now on."""
        self.end()
        self._gesture = gesture
        next(gesture)
        self._workbench.change_view(boxing=True)

    def keep(self) -> None:
        """Keep the gesture's change, as Enter does."""
        self._send(Step(np.zeros(2), kept=True))

    def end(self) -> bool:
        """End without keeping the change. Returns True if a gesture or a nudge was running."""
        gesture, nudged, self._gesture, self._nudged = self._gesture, self._nudged, None, ""
        if gesture is not None:
            gesture.close()
            self._workbench.change_view(boxing=False)
        return gesture is not None or bool(nudged)

    def end_if_gone(self) -> None:
        """End the gesture if its preview was kept or cancelled elsewhere."""
        gesture = self._gesture
        if gesture is not None and not self._workbench.previewing and not is_at_work(gesture):
            self.end()

    def press(self, event: QKeyEvent) -> bool:
        """Handle a key. Returns True if it has a meaning here."""
        arrow, far = ARROWS.get(Qt.Key(event.key())), _shifted(event)
        if self._gesture is not None and event.key() in ENTER:
            self.keep()
        elif arrow is None:
            return False
        elif self._gesture is not None:
            step_px = HELD_STEP_PX if event.isAutoRepeat() else BOX_STEP_PX
            self._send(Step(np.array(arrow) * step_px / self._placing().scale, sizes=far))
        elif self._workbench.view.keypoint != NO_KEYPOINT and self._workbench.editable:
            self._nudge((LONG_NUDGE_PX if far else NUDGE_PX) * np.array(arrow))
        else:
            self._place(self._placing().panned(-(LONG_PAN_PX if far else PAN_PX) * np.array(arrow)))
        return True

    def release(self, event: QKeyEvent) -> bool:
        """Commit a nudged keypoint as one history entry when the key is released. Returns True if one was nudged."""
        if not self._nudged or event.key() not in ARROWS or event.isAutoRepeat():
            return False
        self._nudged = ""
        self._workbench.keep_due()
        return True

    def _nudge(self, by: np.ndarray) -> None:
        shown, index = self._workbench.shown, self._workbench.view.keypoint
        person, posed = shown.the_person, shown.posed
        at = standing_at(person, index, None if posed is None else posed.keypoints_px)
        self._nudged = part(layout(person.keypoints.layout).keypoints[index])
        label = tr("Nudge {name}").format(name=self._nudged)
        self._workbench.follow(moved(person, index, at + by), due=label)

    def _send(self, step: Step) -> None:
        if self._gesture is None:
            return
        try:
            self._gesture.send(step)
        except StopIteration:
            self._gesture = None
            self._workbench.change_view(boxing=False)


def _shifted(event: QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
