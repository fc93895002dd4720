"""The widget that shows the photo with its people."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.jobs.files.photos import Photos
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import tr
from desktop.views.drawing import draw_focus, draw_notice
from desktop.views.gesture import Gesture, Hand, Pointer
from desktop.views.gl.renderer import Renderer
from desktop.views.photo import gestures, key_gestures
from desktop.views.photo.canvas_keys import CanvasKeys
from desktop.views.photo.click_target import asked_for
from desktop.views.photo.grabbing import gesture_at
from desktop.views.photo.hit_test import is_near, keypoint_at
from desktop.views.photo.photo_painter import PhotoPainter
from desktop.views.photo.photo_place import PhotoPlace
from desktop.views.photo.shown_image import ShownImage
from desktop.views.photo.zoom import Placing
from desktop.views.sized_view import SizedView

LEAST_PX = 240, 140  # low enough for a screen of 1280×720 at 150 %
WHEEL_FACTOR = 1.2  # per notch of the wheel
WAIT_MS = 12  # that a dragged keypoint waits for its body, to be drawn together


class Canvas(SizedView):
    """Shows the photo. The wheel zooms at the cursor; dragging moves keypoints and boxes, or else pans the photo."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen
    keypoint_dragged = Signal()  # the body has followed it

    def __init__(
        self, workbench: Workbench, photos: Photos, renderer: Renderer | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.place = PhotoPlace(workbench, self)
        self.place.changed.connect(self.update)
        self._pressed = False  # during a press, which selects a person without moving the view
        self.image = ShownImage(self, workbench, photos)
        self.image.changed.connect(self.update)
        self._painter = PhotoPainter(workbench, renderer)
        self._hand = Hand()
        self._armed: Callable[[Pointer], Gesture] | None = None  # what a press begins, if not the usual
        self._keys = CanvasKeys(workbench, lambda: self.placing, self.place.put)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT_MS)
        self._soon.timeout.connect(self._update_person)
        self._fit_drawn: object = None
        self._reach = QRect()
        self._person_id: int | None = None
        self.setMinimumSize(*LEAST_PX)
        self.setAccessibleName(tr("Photo"))
        workbench.photo_changed.connect(self._show)
        workbench.previewed.connect(self._show_move)
        workbench.cancelled.connect(self._let_go)
        self._cropped = False
        workbench.view_changed.connect(self._view_changed)
        workbench.hover.changed.connect(self.update)
        workbench.fits.body_changed.connect(self.update)
        workbench.fits.network.changed.connect(self.update)
        self._show()

    # Placing

    @property
    def placing(self) -> Placing:
        """The photo's place on the canvas."""
        return self.place.placing

    def zoom(self, factor: float, at: np.ndarray | None = None) -> None:
        """Zoom about a canvas point (2,) [px], or about the middle."""
        self.place.zoom(factor, at)

    def zoom_to(self, scale: float) -> None:
        """Zoom to `scale` screen pixels per photo pixel."""
        self.zoom(scale / self.devicePixelRatioF() / self.placing.scale)

    def draw_person(self) -> None:
        """Add a person. Its box starts in the middle of the view; arrows and Enter place it, or a drag draws it."""
        photo = self._workbench.photo
        if photo is not None:
            self._workbench.cancel()
            box = key_gestures.box_in_view(photo, self.placing, self.size())
            self._keys.begin(key_gestures.new_person(self._workbench, box))
            self._armed = lambda pointer: gestures.draw_person(self._workbench, pointer)
            self.setCursor(Qt.CursorShape.CrossCursor)
            self.setFocus()

    def adjust_box(self) -> None:
        """Adjust the selected person's box by keys: arrows move it, Shift and arrows resize it, Enter keeps it."""
        self._workbench.cancel()
        self._keys.begin(key_gestures.adjust_box(self._workbench))
        self.setFocus()

    def cancel(self) -> bool:
        """Cancel the running gesture. Returns True if there was one."""
        keyed, armed = self._keys.end(), self._armed is not None
        self._armed = None
        self.unsetCursor()
        return self._hand.drop() or armed or keyed

    def _let_go(self) -> None:
        """End the gesture after another change: it would overwrite that change with older values."""
        if not self._hand.holds:
            self._armed = None
        self._hand.let_go()
        self.unsetCursor()

    # What is shown

    def _show(self) -> None:
        another = self.image.look()
        if another:
            self.cancel()
            self.place.show_whole()
        self._keys.end_if_gone()
        person = self._workbench.person
        if person is not None and person.id != self._person_id:
            if self._workbench.view.crop:
                self.place.show_person()
            elif not (self._pressed or another):
                self.place.bring_into_view(person)
        self._person_id = self._workbench.person_id
        self.update()

    def _show_move(self) -> None:
        """One move of a drag: the body that follows the keypoint is drawn with it, if it comes soon."""
        person = self._workbench.person
        if person is None or not self._workbench.fits.following:
            self.update()
        elif person.fit is not self._fit_drawn:
            self._update_person()
        elif not self._soon.isActive():
            self._soon.start()

    def _update_person(self) -> None:
        """Repaint only the person's old and new area: most of a large canvas does not change in a drag."""
        self.update(self._painter.reach(self.size(), self.placing).united(self._reach))

    def _view_changed(self) -> None:
        cropped, self._cropped = self._cropped, self._workbench.view.crop
        if self._cropped and not cropped:
            self.place.show_person()
        self.update()

    def picture(self, ratio: float) -> QImage:
        """What is shown, without notice and focus. ratio: picture px per canvas px."""
        shown = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        shown.setDevicePixelRatio(ratio)
        with QPainter(shown) as painter:
            self._painter.paint(painter, self.size(), ratio, self.placing, self.image.pixels)
        shown.setDevicePixelRatio(1.0)
        return shown

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        self._soon.stop()
        person, colours = self._workbench.person, self._workbench.view.colours
        self._fit_drawn = None if person is None else person.fit
        self._reach = self._painter.reach(self.size(), self.placing)
        image = self.image.pixels
        with QPainter(self) as painter:  # `with` ends it after an error too: Qt crashes if it stays open
            self._painter.paint(painter, self.size(), self.devicePixelRatioF(), self.placing, image)
            notice = "" if image is not None and self._workbench.photo is not None else self.image.notice
            if notice:
                draw_notice(painter, QRectF(self.rect()).adjusted(24, 24, -24, -24), notice, colours)
            if self.hasFocus():
                draw_focus(painter, self.rect(), colours)

    # Mouse and keys

    def _pointer(self, event: QMouseEvent, released: bool = False) -> Pointer:
        at = np.array([event.position().x(), event.position().y()])
        return Pointer(at, self.placing.to_photo(at), released)

    @qt_override()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._workbench.photo is None or self._hand.holds or event.button() == Qt.MouseButton.RightButton:
            return
        pointer, armed = self._pointer(event), self._armed
        if armed is None:
            self._keys.keep()
        elif self._keys.end():
            self._workbench.cancel()
        middle = event.button() == Qt.MouseButton.MiddleButton
        gives = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if middle:
            self._begin(gestures.pan(self.placing, self.place.put, pointer))
        elif armed is not None:
            self._begin(armed(pointer))
        else:
            self._pressed = True
            gesture = gesture_at(self._workbench, self.placing, self.place.put, pointer, self._body_at, gives)
            self._pressed = False
            self._begin(gesture)

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._hand.holds or self._armed is not None:
            return
        self._pressed = True
        target, at = asked_for(event, self._workbench, self.placing, self.size(), self._body_at)
        self._pressed = False
        if target is not None:
            self.menu_asked.emit(target, self.mapToGlobal(at))

    def _body_at(self, at: np.ndarray) -> int | None:
        """Id of the other person whose body is drawn at a canvas point (2,) [px]."""
        return self._painter.body_at(at, placing=self.placing, ratio=self.devicePixelRatioF())

    def _begin(self, gesture: Gesture) -> None:
        self._armed = None
        self.unsetCursor()
        self._hand.begin(gesture)

    @qt_override()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer(event)
        if self._hand.holds:
            self._hand.move(pointer)
        elif self._workbench.person is not None:
            person, posed, hover = self._workbench.person, self._workbench.shown.posed, self._workbench.hover
            hover.over_person(is_near(person, self.placing, pointer.canvas))
            hover.over_keypoint(keypoint_at(person, posed, self.placing, pointer.canvas))

    @qt_override()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return
        followed = self._hand.holds and self._workbench.fits.following
        self._hand.move(self._pointer(event, released=True))
        if followed:
            self.keypoint_dragged.emit()

    @qt_override()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._workbench.hover.keypoint == NO_KEYPOINT:
            self.place.show_whole()
        else:
            self.mousePressEvent(event)

    @qt_override()
    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120 or event.angleDelta().x() / 120
        self.zoom(WHEEL_FACTOR**notches, np.array([event.position().x(), event.position().y()]))

    @qt_override()
    def leaveEvent(self, event: QEvent) -> None:
        self._workbench.hover.over_person(False)
        self._workbench.hover.over_keypoint(NO_KEYPOINT)

    @qt_override()
    def hideEvent(self, event: object) -> None:
        self._soon.stop()

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.image.offer()
        self.place.follow_resize()
        super().resizeEvent(event)

    @qt_override()
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._workbench.keep_due()  # the release of a nudging key goes to another widget
        super().focusOutEvent(event)

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.press(event):
            super().keyPressEvent(event)

    @qt_override()
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._keys.release(event):
            super().keyReleaseEvent(event)
