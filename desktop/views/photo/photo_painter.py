"""Paints the canvas: photo, body and people. Unchanged parts are cached between pictures."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from core.body.keypoints import layout
from core.records import Person
from desktop.jobs.files.photos import to_qimage
from desktop.model.workbench import Workbench
from desktop.state.posed_body import PosedBody
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, verdict
from desktop.views import drawing
from desktop.views.gl.cameras import PhotoCamera
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.photo.silhouette import draw_outline, outline
from desktop.views.photo.tones import toned
from desktop.views.photo.zoom import Placing

BODY_HEIGHT_M = 1.7
REFERENCE_PX = 200.0  # the person size that FitConfig.robust_px refers to
MOVING_SHARE = 0.6  # largest share of the resolution for a moving body …
MOVING_PX = 150_000  # … and most pixels of its area
BEYOND, ROOM_PX, LABEL_PX = (
    0.25,
    24,
    150,
)  # extent of a body beyond its keypoints: a share of its size, and canvas px
FAR_PX = 1e5
AVERAGED_BELOW = 0.7  # screen px per photo px
PIXELS_SHOW_AT = 4.0  # screen px per photo px from which on photo pixels are shown as squares


class PhotoPainter:
    """Paints the workbench's photo and people at a place on a canvas."""

    def __init__(self, workbench: Workbench, renderer: Renderer | None) -> None:
        self._workbench = workbench
        self._renderer = renderer
        self._toned: tuple[object, QImage] | None = None  # caches: each with the inputs that it was made from
        self._small: tuple[object, QImage] | None = None
        self._behind: tuple[object, QImage] | None = None
        self._body: tuple[object, tuple[QImage, QRect, float] | None] | None = None
        self._outline: tuple[QImage, list[np.ndarray]] | None = None

    def paint(
        self, painter: QPainter, size: QSize, ratio: float, placing: Placing, image: np.ndarray | None
    ) -> None:
        """Paint everything. size: of the canvas; ratio: screen px per canvas px; image: the photo, if it is loaded."""
        workbench, photo = self._workbench, self._workbench.photo
        painter.drawImage(QRect(QPoint(0, 0), size), self._behind_the_person(image, size, ratio, placing))
        if photo is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        posed = workbench.shown.posed
        if (workbench.view.overlay or workbench.view.silhouette) and posed is not None:
            self._paint_body(painter, posed, size, ratio, placing)
        if workbench.person is not None:
            self._paint_person(painter, workbench.person, posed, placing)

    def _behind_the_person(
        self, image: np.ndarray | None, size: QSize, ratio: float, placing: Placing
    ) -> QImage:
        """The photo and the other people as a picture of the canvas's size, cached until one of them changes."""
        view, photo = self._workbench.view, self._workbench.photo
        selected = self._workbench.person_id
        others = tuple([p for p in photo.people if p.id != selected]) if photo else ()
        background = view.colours.viewport
        tones = (id(image), view.brightness, view.contrast)
        what_for = (tones, others, placing, size, ratio, background, view.skeleton, view.boxes)
        if self._behind is None or self._behind[0] != what_for:
            shown = QImage(size * ratio, QImage.Format.Format_RGB32)
            shown.setDevicePixelRatio(ratio)
            shown.fill(QColor(background))
            with QPainter(shown) as painter:
                if image is not None:
                    self._paint_photo(painter, image, tones, placing, placing.scale * ratio)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                for person in others:
                    self._paint_other(painter, person, placing)
            self._behind = (what_for, shown)
        return self._behind[1]

    def _paint_photo(
        self, painter: QPainter, image: np.ndarray, tones: object, placing: Placing, scale: float
    ) -> None:
        """Paint the photo. scale: screen px per photo px. A photo much larger than the canvas is averaged down once."""
        view, photo = self._workbench.view, self._workbench.photo
        growth = max(1.0, photo.width / image.shape[1]) if photo else 1.0  # of a photo that is kept smaller
        width_px, height_px, scale = image.shape[1] * growth, image.shape[0] * growth, scale * growth
        if self._toned is None or self._toned[0] != tones:
            self._toned = (tones, to_qimage(toned(image, view.brightness, view.contrast)))
        picture, place = (
            self._toned[1],
            QRectF(placing.x, placing.y, width_px * placing.scale, height_px * placing.scale),
        )
        if scale < AVERAGED_BELOW:
            if self._small is None or self._small[0] != (tones, scale):
                width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
                smooth = Qt.TransformationMode.SmoothTransformation
                small = picture.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
                self._small = ((tones, scale), small)
            picture = self._small[1]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < PIXELS_SHOW_AT)
        painter.drawImage(place, picture)

    def _paint_body(
        self, painter: QPainter, posed: PosedBody, size: QSize, ratio: float, placing: Placing
    ) -> None:
        body, view = self._workbench.fits.body, self._workbench.view
        if self._renderer is None or body is None:
            return
        fine = not self._workbench.previewing  # while something moves, speed is what counts
        what_for = (posed, body, placing, size, ratio, view.theme, fine)
        if self._body is None or self._body[0] != what_for:
            share = ratio if fine else ratio * self._moving_share(size, ratio, placing)
            seen_by = PhotoCamera(
                posed.fit.focal_length,
                posed.fit.camera_center.astype(float),
                placing.scale * share,
                placing.offset * share,
            )
            rect = seen_by.covered(posed.vertices, size * share)
            drawn = None
            if rect is not None:
                camera = seen_by.camera(rect, posed.vertices)
                solid = Solid(posed.vertices, posed.faces, view.colours.body)
                picture = self._renderer.draw([solid], camera, rect.size(), Backdrop(fine=fine))
                drawn = (picture, rect, share)
            self._body = (what_for, drawn)
        if self._body[1] is not None:
            picture, rect, share = self._body[1]
            if view.overlay:
                painter.setOpacity(view.overlay_opacity)
                at = QRectF(rect.x() / share, rect.y() / share, rect.width() / share, rect.height() / share)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, share < ratio)
                painter.drawImage(at, picture)
                painter.setOpacity(1.0)
            if view.silhouette:
                if self._outline is None or self._outline[0] is not picture:
                    self._outline = (picture, outline(picture))
                draw_outline(painter, self._outline[1], rect, share)

    def reach(self, size: QSize, placing: Placing) -> QRect:
        """The approximate area [canvas px] of the selected person's body, keypoints and labels."""
        person, posed, whole = self._workbench.person, self._workbench.shown.posed, QRect(QPoint(0, 0), size)
        if person is None or posed is None or not np.isfinite(posed.keypoints_px).all():
            return whole
        body = placing.to_canvas(posed.keypoints_px)
        seen = placing.to_canvas(person.keypoints.xy[person.keypoints.confidence > 0])
        points = np.concatenate([body, seen]).clip(-FAR_PX, FAR_PX)
        beyond = BEYOND * float(np.ptp(body, axis=0).max()) + ROOM_PX
        low, high = points.min(axis=0) - beyond, points.max(axis=0) + beyond
        corners = QPoint(*low.astype(int).tolist()), QPoint(*high.astype(int).tolist())
        return QRect(*corners).adjusted(0, 0, LABEL_PX, 0).intersected(whole)

    def _moving_share(self, size: QSize, ratio: float, placing: Placing) -> float:
        """The share of the resolution for a moving body, smaller for larger bodies."""
        reach = self.reach(size, placing)
        area_px = max(1.0, reach.width() * reach.height() * ratio**2)
        return float(min(MOVING_SHARE, np.sqrt(MOVING_PX / area_px)))

    def _paint_other(self, painter: QPainter, person: Person, placing: Placing) -> None:
        names, xy = layout(person.keypoints.layout), placing.to_canvas(person.keypoints.xy)
        known = self._workbench.committed
        if known is not None and all(person.id != other.id for other in known.people):  # is being drawn
            self._paint_box(painter, person, placing, selected=True)
            return
        painter.setOpacity(drawing.OTHERS_OPACITY)
        if self._workbench.view.skeleton:
            drawing.draw_bones(painter, names, person.keypoints, xy, alone=True)
        if self._workbench.view.boxes:
            self._paint_box(painter, person, placing, selected=False)
        painter.setOpacity(1.0)

    def _paint_person(
        self, painter: QPainter, person: Person, posed: PosedBody | None, placing: Placing
    ) -> None:
        names, view, keypoints = layout(person.keypoints.layout), self._workbench.view, person.keypoints
        xy = placing.to_canvas(keypoints.xy)
        hovered = self._workbench.hover.keypoint
        marks = drawing.Marks(view.keypoint, hovered, self._ignored(posed))
        if view.boxes:
            self._paint_box(painter, person, placing, selected=True)
        if view.skeleton:
            drawing.draw_bones(painter, names, keypoints, xy)
            if posed is not None and len(posed.keypoints_px) == keypoints.k:
                body_xy = placing.to_canvas(posed.keypoints_px)
                drawing.draw_ghosts(painter, names, keypoints, body_xy, marks)
                if view.residuals:
                    drawing.draw_residuals(painter, keypoints, xy, body_xy)
            drawing.draw_points(painter, names, keypoints, xy, marks)
        for index in {view.keypoint, hovered} - {NO_KEYPOINT}:
            if index < keypoints.k and keypoints.confidence[index] > 0:
                text = part(names.keypoints[index])
                drawing.draw_label(painter, text, QPointF(xy[index][0] + 14, xy[index][1] - 8))

    def _paint_box(self, painter: QPainter, person: Person, placing: Placing, selected: bool) -> None:
        corners = placing.corners(person.bbox.center, person.bbox.side)
        said = () if person.verdict == "todo" else (verdict(person.verdict),)
        label = " · ".join((str(person.id), *said))
        drawing.draw_box(painter, corners, label, selected, person.locked)

    def _ignored(self, posed: PosedBody | None) -> frozenset[int]:
        """Indices of outliers: keypoints so far off that they hardly affect the fit."""
        if posed is None:
            return frozenset()
        size_px = BODY_HEIGHT_M * posed.fit.focal_length / max(float(posed.fit.cam_t[2]), 0.1)
        limit = self._workbench.fits.options.told.robust_px * size_px / REFERENCE_PX
        return frozenset(np.flatnonzero(posed.residual_px > limit).tolist())
