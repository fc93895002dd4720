"""Draws keypoints, boxes and labels of the photo's people. They give way to the bodies where nothing is pointed at."""

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from core.body.keypoints import layout
from core.body.trunk import trunk_center
from core.records import Person
from desktop.model.workbench import Workbench
from desktop.state.posed_body import PosedBody
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, verdict
from desktop.views import drawing
from desktop.views.photo.hit_test import shows_ring
from desktop.views.photo.zoom import Placing

BODY_HEIGHT_M = 1.7
REFERENCE_PX = 200.0  # the person size that FitConfig.robust_px refers to
QUIET_OPACITY = 0.4  # of the selected person's keypoints while the mouse is elsewhere
LABEL_ABOVE_PX, EDGE_PX = 6, 2


class PeopleMarks:
    """Draws what the view's flags ask for."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    @property
    def quiet(self) -> bool:
        """Whether the selected person is seen by the body, and nothing is pointed at, selected or placed."""
        workbench, view = self._workbench, self._workbench.view
        pointed = workbench.hover.near or workbench.hover.keypoint != NO_KEYPOINT
        worked_on = workbench.previewing or view.boxing or view.placing or view.keypoint != NO_KEYPOINT
        return view.overlay and workbench.shown.posed is not None and not (pointed or worked_on)

    def paint_other(self, painter: QPainter, person: Person, placing: Placing, clothed: bool) -> None:
        """Draw a person who is not selected. clothed: whether their body is drawn; then a label is enough."""
        names, xy = layout(person.keypoints.layout), placing.to_canvas(person.keypoints.xy)
        known = self._workbench.committed
        if known is not None and all(person.id != other.id for other in known.people):  # is being drawn
            self._paint_box(painter, person, placing, selected=True)
            return
        view = self._workbench.view
        painter.setOpacity(drawing.OTHERS_OPACITY)
        self._paint_ring(painter, person, placing)
        if view.skeleton and not clothed:
            size = drawing.size_of(person.bbox.side * placing.scale)
            drawing.draw_bones(painter, names, person.keypoints, xy, size, alone=True)
        if view.boxes and not clothed:
            self._paint_box(painter, person, placing, selected=False)
        elif view.boxes:
            self._paint_label(painter, person, placing)
        painter.setOpacity(1.0)

    def paint_selected(
        self, painter: QPainter, person: Person, posed: PosedBody | None, placing: Placing
    ) -> None:
        """Draw the selected person's keypoints, residuals and box."""
        view, hovered, quiet = self._workbench.view, self._workbench.hover.keypoint, self.quiet
        self._paint_ring(painter, person, placing)
        if view.boxes and quiet:
            self._paint_label(painter, person, placing)
        elif view.boxes:
            self._paint_box(painter, person, placing, selected=True)
        if view.skeleton:
            painter.setOpacity(QUIET_OPACITY if quiet else 1.0)
            self._paint_keypoints(painter, person, posed, placing, quiet)
            painter.setOpacity(1.0)
        names, keypoints = layout(person.keypoints.layout), person.keypoints
        xy = placing.to_canvas(keypoints.xy)
        for index in {view.keypoint, hovered} - {NO_KEYPOINT}:
            if index < keypoints.k and keypoints.confidence[index] > 0:
                text = part(names.keypoints[index])
                drawing.draw_label(painter, text, QPointF(xy[index][0] + 14, xy[index][1] - 8))

    def _paint_keypoints(
        self, painter: QPainter, person: Person, posed: PosedBody | None, placing: Placing, quiet: bool
    ) -> None:
        names, view, keypoints = layout(person.keypoints.layout), self._workbench.view, person.keypoints
        xy = placing.to_canvas(keypoints.xy)
        size = drawing.size_of(person.bbox.side * placing.scale)
        marks = drawing.Marks(view.keypoint, self._workbench.hover.keypoint, self._ignored(posed), size)
        drawing.draw_bones(painter, names, keypoints, xy, size)
        if posed is not None and len(posed.keypoints_px) == keypoints.k and not quiet:
            body_xy = placing.to_canvas(posed.keypoints_px)
            drawing.draw_ghosts(painter, names, keypoints, body_xy, marks)
            if view.residuals:
                drawing.draw_residuals(painter, keypoints, xy, body_xy)
        drawing.draw_points(painter, names, keypoints, xy, marks)

    def _paint_ring(self, painter: QPainter, person: Person, placing: Placing) -> None:
        """Ring the person's trunk: its place is an input of a network of crowds."""
        if shows_ring(self._workbench, person):
            drawing.draw_ring(painter, placing.to_canvas(trunk_center(person)), person.trunk is not None)

    def _paint_box(self, painter: QPainter, person: Person, placing: Placing, selected: bool) -> None:
        corners = placing.to_canvas(person.bbox.corners)
        drawing.draw_box(painter, corners, _label(person), selected, person.locked)

    def _paint_label(self, painter: QPainter, person: Person, placing: Placing) -> None:
        """Draw the label above a person's head, without a box."""
        seen = person.keypoints.xy[person.keypoints.confidence > 0]
        top = seen[seen[:, 1].argmin()] if len(seen) else person.bbox.corners[0]
        x, y = placing.to_canvas(np.array([top[0], min(top[1], person.bbox.corners[0, 1])]))
        painter.setOpacity(max(painter.opacity(), drawing.LABEL_OPACITY))
        words = _label(person)
        wide, high = painter.fontMetrics().horizontalAdvance(words), painter.fontMetrics().height()
        inside = max(y - LABEL_ABOVE_PX, high + EDGE_PX) if y > 0 else y  # whole, while the head is in view
        drawing.draw_label(painter, words, QPointF(x - wide / 2, inside))

    def _ignored(self, posed: PosedBody | None) -> frozenset[int]:
        """Indices of outliers: keypoints so far off that they hardly affect the fit."""
        if posed is None:
            return frozenset()
        size_px = BODY_HEIGHT_M * posed.fit.focal_length / max(float(posed.fit.cam_t[2]), 0.1)
        limit = self._workbench.fits.options.told.robust_px * size_px / REFERENCE_PX
        return frozenset(np.flatnonzero(posed.residual_px > limit).tolist())


def _label(person: Person) -> str:
    said = () if person.verdict == "todo" else (verdict(person.verdict),)
    return " · ".join((str(person.id), *said))
