"""The alternatives panel: bodies for the same keypoints from the side. A click or a number key takes one."""

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.floor_frame import FloorFrame
from desktop.state.posed_body import PosedBody
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.renderer import Backdrop, Renderer, Solid

TEXT_PX, GAP_PX = 18, 6
LARGEST_PX = 190
SIDE = Orbit(90.0, 4.0)
DIFFERS_M = 0.03  # from the likeliest body, pelvis on pelvis; farther parts are coloured


class AlternativePictures(QWidget):
    """A picture of each alternative, with number and score. Parts far from the first, likeliest body are coloured."""

    def __init__(
        self, workbench: Workbench, renderer: Renderer | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._renderer = workbench, renderer
        self._pictures: tuple[object, list[QImage]] | None = None
        self.setMinimumSize(200, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Alternatives"))
        self.setToolTip(
            tr("The likeliest first; coloured where a body is {cm} cm or more from the first").format(
                cm=round(100 * DIFFERS_M)
            )
        )
        workbench.fits.changed.connect(self.update)
        workbench.alternatives.changed.connect(self.update)
        workbench.photo_changed.connect(self.update)
        workbench.view_changed.connect(self.update)

    def cells(self) -> list[QRect]:
        """The places of the pictures."""
        found = self._workbench.alternatives.found
        if not found:
            return []
        width = min(LARGEST_PX, (self.width() - GAP_PX * (len(found) + 1)) // len(found))
        return [
            QRect(GAP_PX + place * (width + GAP_PX), GAP_PX, width, self.height() - 2 * GAP_PX)
            for place in range(len(found))
        ]

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._workbench.view.colours
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(colours.base))
            cells = self.cells()
            if not cells:
                painter.setPen(QColor(colours.muted))
                words = (
                    tr("Searching…")
                    if self._workbench.alternatives.searching
                    else tr("Press T to find alternatives")
                )
                painter.drawText(
                    QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words
                )
                return
            shown = self._workbench.person.fit if self._workbench.person is not None else None
            pictures = self._draw(cells[0].size() - QSize(0, TEXT_PX))
            for place, (cell, posed) in enumerate(
                zip(cells, self._workbench.alternatives.found, strict=True)
            ):
                if pictures:
                    painter.drawImage(QRect(cell.topLeft(), cell.size() - QSize(0, TEXT_PX)), pictures[place])
                if posed.fit is shown:
                    painter.setPen(QPen(QColor(colours.accent), 2))
                    painter.drawRect(cell.adjusted(0, 0, -1, -TEXT_PX - 1))
                painter.setPen(QColor(colours.text))
                words = tr("{number}: {score:.1f} px").format(number=place + 1, score=posed.fit.score)
                below = QRect(cell.left(), cell.bottom() - TEXT_PX, cell.width(), TEXT_PX)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)

    @qt_override()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        for place, cell in enumerate(self.cells()):
            if cell.contains(at):
                self._workbench.alternatives.take(place)

    def _draw(self, size: QSize) -> list[QImage]:
        """The side views. They are cached until bodies, size or colours change."""
        fits, found = self._workbench.fits, self._workbench.alternatives.found
        colours = self._workbench.view.colours
        if self._renderer is None or fits.body is None:
            return []
        real = size * self.devicePixelRatioF()
        what_for = (found, real, colours.name)
        if self._pictures is None or self._pictures[0] != what_for:
            look = Backdrop(floor=colours.floor, background=colours.viewport)
            self._pictures = (
                what_for,
                [self._draw_one(posed, real, look) for posed in found],
            )
        return self._pictures[1]

    def _draw_one(self, posed: PosedBody, size: QSize, look: Backdrop) -> QImage:
        assert self._renderer is not None
        first, view = self._workbench.alternatives.found[0], self._workbench.view
        solids = solids_of(posed, first, view.colours, self._workbench.floor.pitch_deg)
        camera = SIDE.framing(solids[0].vertices, size, tools_px=0).camera(size)
        return self._renderer.draw(solids, camera, size, look)


def solids_of(posed: PosedBody, first: PosedBody, colours: Theme, pitch_deg: float = 0.0) -> list[Solid]:
    """The body on the floor, with another colour for parts far from the first body. pitch_deg: of the camera."""
    vertices = FloorFrame.below(pitch_deg, posed.vertices, posed.joints).to_floor(posed.vertices)
    off = (posed.vertices - posed.joints[0]) - (first.vertices - first.joints[0])
    differs = (np.linalg.norm(off, axis=1) > DIFFERS_M)[posed.faces].any(axis=1)
    if not differs.any():
        return [Solid(vertices, posed.faces, colours.body)]
    parts = ((posed.faces[~differs], colours.body), (posed.faces[differs], colours.accent))
    return [Solid(vertices, faces, colour) for faces, colour in parts if len(faces)]
