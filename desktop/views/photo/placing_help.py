"""Help while keypoints are placed: the next one's name beside the cursor, and a small figure on which it is lit."""

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from core.body.keypoints import layout, side_colours
from core.records import BBox, Keypoints
from desktop.jobs.guessing import load_lifter_steps
from desktop.jobs.worker import Worker
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.person_edits import PLACED_CONFIDENCE, standing_in
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part
from desktop.views.drawing import draw_bones
from desktop.views.sized_view import SizedView

BESIDE_PX = (18, 14)  # of the tag's corner, from the cursor
PAD_PX = 6
FIGURE_PX, EDGE_PX, ROUND_PX = 168, 16, 8
MARGIN_PX = 16
INNER_PX = FIGURE_PX - 2 * MARGIN_PX
DOT_PX, NEXT_PX = 2.5, 6.0


class PlacingHelp(QObject):
    """Both marks on a canvas. They take no clicks."""

    def __init__(self, canvas: SizedView, workbench: Workbench) -> None:
        super().__init__(canvas)
        self._canvas, self._workbench = canvas, workbench
        self.tag, self.figure = NameTag(canvas, workbench), NextFigure(canvas, workbench)
        self._ready = Worker(self)  # loads the network of the first body, before its six keypoints are placed
        self._is_ready = False
        workbench.view_changed.connect(self._show)
        workbench.photo_changed.connect(self._show)
        canvas.sized.connect(self._show)

    def _show(self) -> None:
        view, person = self._workbench.view, self._workbench.person
        on = view.placing and view.keypoint != NO_KEYPOINT and person is not None and not person.locked
        self.figure.setVisible(on)
        self._canvas.removeEventFilter(self)  # where nothing is placed, no event of a drag comes here
        if not on:
            self.tag.hide()
            return
        self._canvas.installEventFilter(self)
        if not self._is_ready:
            self._is_ready = True
            self._ready.start(load_lifter_steps(), name="lifter")
        corner = QPoint(self._canvas.width() - EDGE_PX, self._canvas.height() - EDGE_PX)
        self.figure.move(corner - QPoint(self.figure.width(), self.figure.height()))
        self.figure.update()
        self.tag.resize_to_name()
        at = self._canvas.mapFromGlobal(QCursor.pos())
        self.tag.setVisible(self._canvas.rect().contains(at))
        self.tag.beside(QPointF(at))

    def close(self) -> None:
        """Wait until no thread is left."""
        self._ready.close()

    @qt_override(bool)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent):
            self.tag.beside(event.position())
            self.tag.show()
        elif event.type() == QEvent.Type.Leave:
            self.tag.hide()
        return False


class _Mark(QWidget):
    """A child of the canvas through which the mouse goes."""

    def __init__(self, canvas: QWidget, workbench: Workbench) -> None:
        super().__init__(canvas)
        self._canvas, self._workbench = canvas, workbench
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def _ground(self, painter: QPainter) -> None:
        colours = self._workbench.view.colours
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(QColor(colours.base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), ROUND_PX, ROUND_PX)


class NameTag(_Mark):
    """The name of the keypoint that the next click places."""

    @property
    def name(self) -> str:
        """The name, in the user's language."""
        person, index = self._workbench.person, self._workbench.view.keypoint
        if person is None or not 0 <= index < person.keypoints.k:
            return ""
        return part(layout(person.keypoints.layout).keypoints[index])

    def resize_to_name(self) -> None:
        room = QFontMetricsF(self.font()).boundingRect(self.name)
        self.resize(round(room.width()) + 4 * PAD_PX, round(room.height()) + 2 * PAD_PX)
        self.update()

    def beside(self, at: QPointF) -> None:
        """Move beside the cursor, to its other side near the right and lower edges."""
        canvas = self._canvas
        x, y = at.x() + BESIDE_PX[0], at.y() + BESIDE_PX[1]
        if x + self.width() > canvas.width():
            x = at.x() - BESIDE_PX[0] - self.width()
        if y + self.height() > canvas.height():
            y = at.y() - BESIDE_PX[1] - self.height()
        self.move(round(x), round(y))

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._ground(painter)
            painter.setPen(QColor(self._workbench.view.colours.text))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.name)


class NextFigure(_Mark):
    """A standing figure that faces the user: its left is on the right, as in a photo. The next keypoint is lit."""

    def __init__(self, canvas: QWidget, workbench: Workbench) -> None:
        super().__init__(canvas, workbench)
        self.resize(FIGURE_PX, FIGURE_PX)

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        person, index = self._workbench.person, self._workbench.view.keypoint
        if person is None or not 0 <= index < person.keypoints.k:
            return
        names, colours = layout(person.keypoints.layout), self._workbench.view.colours
        xy = standing_in(BBox.from_xywh((MARGIN_PX, MARGIN_PX, INNER_PX, INNER_PX)), names.name)
        whole = Keypoints(names.name, xy, np.full(names.k, PLACED_CONFIDENCE))
        sides = side_colours(colours.name)
        with QPainter(self) as painter:
            self._ground(painter)
            painter.setOpacity(0.6)
            draw_bones(painter, names, whole, xy, 0.6, alone=True)
            painter.setOpacity(1.0)
            painter.setPen(Qt.PenStyle.NoPen)
            for one in range(names.k):
                painter.setBrush(QColor(sides[names.sides[one]]))
                if person.keypoints.confidence[one] > 0:
                    painter.drawEllipse(QPointF(*xy[one]), DOT_PX, DOT_PX)
            at = QPointF(*xy[index])
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.setBrush(QColor(colours.accent))
            painter.drawEllipse(at, NEXT_PX, NEXT_PX)
