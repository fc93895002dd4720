"""The lanes of a timeline: a click or a drag shows a photo, the wheel moves, the wheel with Ctrl zooms."""

import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.commands.context_rows import Target
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.lanes import Lane
from desktop.state.stretch import Stretch
from desktop.text.translate import tr
from desktop.views.drawing import draw_focus
from desktop.views.timeline.lane_painter import (
    GAP_PX,
    LANE_PX,
    NAME_PX,
    RULER_PX,
    TimelineRange,
    draw_lane,
    draw_playhead,
    draw_ruler,
)

LANES_SHOWN = (2, 5)  # fewest and most at once; the wheel reaches the others
REFRESH_MS = 60  # changes of people within this time are shown together
REST = 5  # the least time between two refreshes, in durations of the last one
ZOOM = 1.25
FAR = 10  # photos of a step with Shift
MARGIN_PX = 6


class LanesView(QWidget):
    """Draws the lanes of the workbench's sequence."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen
    left = Signal()  # Escape: back to the photo
    play_asked = Signal()

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench, self._sequence = workbench, workbench.sequence
        self._photo_ids = self._sequence.photo_ids
        self._lanes: tuple[Lane, ...] = ()  # as they were at the last refresh
        self._stretch = Stretch.whole(len(self._photo_ids))
        self._top = 0  # the first lane shown
        self._drawn: tuple[object, QPixmap] | None = None  # all but the playhead, and what it was drawn for
        self._wanted: tuple[int, int | None] | None = None  # the place and track to show next
        self._soon = self._timer(0, self._show_wanted)
        self._refresh_soon = self._timer(REFRESH_MS, self._refresh)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Timeline"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            tr(
                "One lane a track, in the colours of the verdicts. The higher the bar, the worse the fit. A diamond "
                "marks a photo that a hand corrected. The wheel with Ctrl zooms."
            )
        )
        workbench.project_changed.connect(self._ask)
        self._sequence.changed.connect(self._start_anew)
        workbench.photo_changed.connect(self._follow)
        workbench.view_changed.connect(self.update)

    def stop(self) -> None:
        """End the timers, before the window closes."""
        self._soon.stop()
        self._refresh_soon.stop()

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes that are visible now."""
        return self._lanes[self._top : self._top + LANES_SHOWN[1]]

    @property
    def shown(self) -> TimelineRange:
        """The part of the sequence that is drawn."""
        width = max(1, self.width() - NAME_PX - MARGIN_PX)
        return TimelineRange(self._stretch.first, self._stretch.last, width)

    def place_at(self, at: QPoint) -> int:
        """The place of the sequence at a point."""
        place = self.shown.place(at.x() - NAME_PX)
        return min(max(place, 0), max(0, len(self._sequence.photo_ids) - 1))

    def lane_at(self, at: QPoint) -> Lane | None:
        """The lane at a point; None in the ruler and below the lanes."""
        row = (at.y() - RULER_PX) // (LANE_PX + GAP_PX)
        return self.lanes[row] if at.y() >= RULER_PX and row < len(self.lanes) else None

    @qt_override()
    def sizeHint(self) -> QSize:
        fewest, most = LANES_SHOWN
        lanes = min(max(len(self._lanes), fewest), most)
        return QSize(400, RULER_PX + lanes * (LANE_PX + GAP_PX) + GAP_PX)

    @qt_override()
    def minimumSizeHint(self) -> QSize:
        return QSize(NAME_PX + 100, self.sizeHint().height())

    # Drawing

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio, sequence = self.devicePixelRatioF(), self._sequence
        shown = (self.shown, self._top, sequence.track, sequence.marked, self._workbench.view.colours.name)
        state = (self.size(), ratio, self.lanes, *shown)
        if self._drawn is None or self._drawn[0] != state:
            self._drawn = state, self._draw(ratio)
        place, colours = self._sequence.place, self._workbench.view.colours
        room = QRectF(NAME_PX, 0, self.shown.width, self.height())
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._drawn[1])
            if place is not None and -1 <= self.shown.x(place + 0.5) <= self.shown.width + 1:
                draw_playhead(painter, room, self.shown, place, colours)
            if self.hasFocus():
                draw_focus(painter, self.rect(), colours)

    def _draw(self, ratio: float) -> QPixmap:
        colours, picture = self._workbench.view.colours, QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(colours.base))
        with QPainter(picture) as painter:
            painter.setFont(self.font())
            ruler = QRectF(NAME_PX, 0, self.shown.width, RULER_PX)
            draw_ruler(painter, ruler, self.shown, len(self._sequence.photo_ids), colours)
            for row, lane in enumerate(self.lanes):
                top = RULER_PX + row * (LANE_PX + GAP_PX)
                room = QRectF(NAME_PX, top, self.shown.width, LANE_PX)
                self._draw_name(painter, QRectF(0, top, NAME_PX, LANE_PX), lane)
                draw_lane(painter, room, lane, self.shown, colours)
        return picture

    def _draw_name(self, painter: QPainter, room: QRectF, lane: Lane) -> None:
        colours, track = self._workbench.view.colours, lane.track
        selected = track is not None and track == self._sequence.track
        if selected:
            painter.fillRect(room.adjusted(2, 0, -4, 0), QColor(colours.accent))
        elif track is not None and track == self._sequence.marked:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(colours.accent))
            painter.drawRect(room.adjusted(2, 0, -5, -1))
        words = tr("no track") if track is None else tr("Track {track}").format(track=track)
        painter.setPen(QColor(colours.on_accent if selected else colours.text))
        painter.drawText(room.adjusted(8, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _ask(self) -> None:
        """Refresh soon."""
        if not self._refresh_soon.isActive():
            self._refresh_soon.start()

    # Changes

    def _start_anew(self) -> None:
        """Other photos: show all of them."""
        if self._sequence.photo_ids is not self._photo_ids:
            self._photo_ids, self._top = self._sequence.photo_ids, 0
            self.show_whole()
        self._refresh()

    def show_whole(self) -> None:
        """Show the whole sequence."""
        self._stretch = Stretch.whole(len(self._sequence.photo_ids))
        self.update()

    def _refresh(self) -> None:
        """Read the lanes. The next time waits in proportion to how long that took."""
        begun = time.perf_counter()
        self._lanes = self._sequence.lanes
        took_ms = 1000 * (time.perf_counter() - begun)
        self._refresh_soon.setInterval(max(REFRESH_MS, round(REST * took_ms)))
        self._top = min(self._top, max(0, len(self._lanes) - LANES_SHOWN[1]))
        self.updateGeometry()
        self.update()

    def _follow(self) -> None:
        """Keep the photo shown in the part shown, and the selected person's lane among those shown."""
        place = self._sequence.place
        if place is not None and not self._stretch.first <= place < self._stretch.last:
            self._stretch = self._stretch.moved_to(place - self._stretch.span / 4)
        numbers = [lane.track for lane in self._lanes]
        track = self._sequence.track
        if track in numbers:
            row = numbers.index(track)
            self._top = min(max(self._top, row - LANES_SHOWN[1] + 1), row)
        self.update()

    # Mouse and keys

    def _show_soon(self, place: int, track: int | None) -> None:
        self._wanted = (place, track)
        if not self._soon.isActive():
            self._soon.start()

    def _show_wanted(self) -> None:
        if self._wanted is not None:
            (place, track), self._wanted = self._wanted, None
            self._sequence.show(place, track)

    @qt_override()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._sequence.mark(None)
            self._workbench.change_view(playing=False)
            lane = self.lane_at(event.position().toPoint())
            self._show_soon(self.place_at(event.position().toPoint()), None if lane is None else lane.track)

    @qt_override()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._show_soon(self.place_at(event.position().toPoint()), None)

    @qt_override()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_whole()

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.pos()
        lane = None if event.reason() == QContextMenuEvent.Reason.Keyboard else self.lane_at(at)
        other = lane is not None and lane.track is not None and lane.track != self._sequence.track
        self._sequence.mark(lane.track if lane is not None and other else None)
        self.update()
        track = self._sequence.track
        words = tr("Timeline") if track is None else tr("Track {track}").format(track=track)
        if self._sequence.marked is not None and track is not None:
            words = tr("Tracks {one} and {other}").format(one=track, other=self._sequence.marked)
        self.menu_asked.emit(Target("timeline", words), self.mapToGlobal(at))

    @qt_override()
    def wheelEvent(self, event: QWheelEvent) -> None:
        across, notches = event.angleDelta().x() / 120, event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            share = min(max((event.position().x() - NAME_PX) / self.shown.width, 0.0), 1.0)
            self._stretch = self._stretch.zoomed(ZOOM ** (notches or across), share)
        elif across or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            by = (across or notches) * self._stretch.span / 10
            self._stretch = self._stretch.moved_to(self._stretch.first - by)
            self.update()
        else:
            most = max(0, len(self._lanes) - LANES_SHOWN[1])
            self._top = min(max(0, self._top - ((notches > 0) - (notches < 0))), most)
            self.update()
        event.accept()

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = event.key(), len(self._sequence.photo_ids)
        place = self._sequence.place or 0
        far = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        steps = {Qt.Key.Key_Left: place - far, Qt.Key.Key_Right: place + far}
        steps |= {Qt.Key.Key_Home: 0, Qt.Key.Key_End: count - 1}
        if key in steps:
            self._workbench.change_view(playing=False)
            self._show_soon(min(max(steps[Qt.Key(key)], 0), count - 1), None)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step_lane(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Space:
            self.play_asked.emit()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _step_lane(self, by: int) -> None:
        """Select the person of the next lane that has somebody in the photo shown."""
        place, lanes = self._sequence.place, self._lanes
        if place is None:
            return
        here = [lane.track for lane in lanes if lane.track is not None and lane.person_at(place) is not None]
        if here:
            now = here.index(self._sequence.track) if self._sequence.track in here else -by
            self._show_soon(place, here[min(max(now + by, 0), len(here) - 1)])

    @qt_override()
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _timer(self, after_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(act)
        return timer
