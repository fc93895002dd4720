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
from desktop.views.photo.bodies_around import OtherBodies, OtherBody, depth_of
from desktop.views.photo.body_picture import BodyPicture
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
        self._front: tuple[object, QImage | None] | None = None
        self._body: tuple[object, BodyPicture | None] | None = None
        self._others = OtherBodies(workbench, renderer)
        self._split: tuple[object, tuple[tuple[OtherBody, ...], tuple[OtherBody, ...]]] | None = None
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
        front = self._in_front_of_the_person(size, ratio, placing)
        if front is not None:
            painter.drawImage(QRect(QPoint(0, 0), size), front)
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
        bodies = self._bodies(placing, ratio)[0]
        what_for = (tones, others, placing, size, ratio, background, view.skeleton, view.boxes, bodies)
        if self._behind is None or self._behind[0] != what_for:
            shown = QImage(size * ratio, QImage.Format.Format_RGB32)
            shown.setDevicePixelRatio(ratio)
            shown.fill(QColor(background))
            with QPainter(shown) as painter:
                if image is not None:
                    self._paint_photo(painter, image, tones, placing, placing.scale * ratio)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                for one in bodies:
                    self._paint_other_body(painter, one)
                for person in others:
                    self._paint_other(painter, person, placing)
            self._behind = (what_for, shown)
        return self._behind[1]

    def _in_front_of_the_person(self, size: QSize, ratio: float, placing: Placing) -> QImage | None:
        """The bodies nearer than the selected person's as a picture of the canvas's size, cached; None without any."""
        bodies = self._bodies(placing, ratio)[1]
        what_for = (bodies, size, ratio)
        if self._front is None or self._front[0] != what_for:
            shown = None
            if bodies:
                shown = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
                shown.setDevicePixelRatio(ratio)
                shown.fill(Qt.GlobalColor.transparent)
                with QPainter(shown) as painter:
                    for one in bodies:
                        self._paint_other_body(painter, one)
            self._front = (what_for, shown)
        return self._front[1]

    def _bodies(self, placing: Placing, ratio: float) -> tuple[tuple[OtherBody, ...], tuple[OtherBody, ...]]:
        """The other people's bodies behind the selected person's and before it, the farthest first.

        The order is that of the last commit, so that a drag redraws only the selected body.
        """
        photo, view, selected = self._workbench.photo, self._workbench.view, self._workbench.person_id
        if photo is None or not (view.overlay and view.other_bodies):
            return (), ()
        kept = self._workbench.committed or photo
        what_for = (
            kept,
            selected,
            placing,
            ratio,
            view.theme,
            view.overlay_opacity,
            self._workbench.fits.body,
        )
        if self._split is None or self._split[0] != what_for:
            drawn = self._others.of([one for one in kept.people if one.id != selected], placing, ratio)
            depth = next((depth_of(one) for one in kept.people if one.id == selected), float("inf"))
            split = (
                tuple(one for one in drawn if one.depth >= depth),
                tuple(one for one in drawn if one.depth < depth),
            )
            self._split = (what_for, split)
        return self._split[1]

    def _paint_other_body(self, painter: QPainter, one: OtherBody) -> None:
        painter.setOpacity(drawing.OTHER_BODIES_OPACITY)
        one.picture.draw(painter, self._workbench.view.overlay_opacity)
        painter.setOpacity(1.0)

    def body_at(self, at: np.ndarray, placing: Placing, ratio: float) -> int | None:
        """Id of the person whose body is the nearest at a canvas point (2,) [px], if it is not the selected one."""
        behind, before = self._bodies(placing, ratio)
        for one in reversed(before):
            if one.picture.covers(at):
                return one.person_id
        own = self._body[1] if self._body is not None else None
        if own is not None and own.covers(at):
            return None
        return next((one.person_id for one in reversed(behind) if one.picture.covers(at)), None)

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
                drawn = BodyPicture.at(picture, rect, share)
            self._body = (what_for, drawn)
        shown = self._body[1]
        if shown is not None and view.overlay:
            shown.draw(painter, view.overlay_opacity, shown.share < ratio)
        if shown is not None and view.silhouette:
            if self._outline is None or self._outline[0] is not shown.body:
                self._outline = (shown.body, outline(shown.body))
            draw_outline(painter, self._outline[1], shown.place, shown.share)

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
            size = drawing.size_of(person.bbox.side * placing.scale)
            drawing.draw_bones(painter, names, person.keypoints, xy, size, alone=True)
        if self._workbench.view.boxes:
            self._paint_box(painter, person, placing, selected=False)
        painter.setOpacity(1.0)

    def _paint_person(
        self, painter: QPainter, person: Person, posed: PosedBody | None, placing: Placing
    ) -> None:
        names, view, keypoints = layout(person.keypoints.layout), self._workbench.view, person.keypoints
        xy = placing.to_canvas(keypoints.xy)
        hovered = self._workbench.hover.keypoint
        size = drawing.size_of(person.bbox.side * placing.scale)
        marks = drawing.Marks(view.keypoint, hovered, self._ignored(posed), size)
        if view.boxes:
            self._paint_box(painter, person, placing, selected=True)
        if view.skeleton:
            drawing.draw_bones(painter, names, keypoints, xy, size)
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
        corners = placing.to_canvas(person.bbox.corners)
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
