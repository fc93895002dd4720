"""Paints the canvas: photo, body and people. Unchanged parts are cached between pictures."""

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.jobs.files.photos import averaged, to_qimage
from desktop.model.placed_people import depth_of
from desktop.model.workbench import Workbench
from desktop.state.posed_body import PosedBody
from desktop.views import drawing
from desktop.views.gl.cameras import PhotoCamera
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.photo.bodies_around import OtherBodies, OtherBody
from desktop.views.photo.body_picture import BodyPicture
from desktop.views.photo.people_marks import PeopleMarks
from desktop.views.photo.tones import toned
from desktop.views.photo.zoom import Placing

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
        self._image: np.ndarray | None = None  # the photo painted last
        self._toned: tuple[object, QImage] | None = None  # caches: each with the inputs that it was made from
        self._behind: tuple[object, QImage] | None = None
        self._front: tuple[object, QImage | None] | None = None
        self._body: tuple[object, BodyPicture | None] | None = None
        self._others = OtherBodies(workbench, renderer)
        self._split: tuple[object, tuple[tuple[OtherBody, ...], tuple[OtherBody, ...]]] | None = None
        self._marks = PeopleMarks(workbench)

    def paint(
        self, painter: QPainter, size: QSize, ratio: float, placing: Placing, image: np.ndarray | None
    ) -> None:
        """Paint everything. size: of the canvas; ratio: screen px per canvas px; image: the photo, if it is loaded."""
        workbench, photo = self._workbench, self._workbench.photo
        painter.drawImage(QRect(QPoint(0, 0), size), self._behind_the_person(image, size, ratio, placing))
        self._image = image  # kept alive: caches know it by its id
        if photo is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        posed = workbench.shown.posed
        if workbench.view.overlay and posed is not None:
            self._paint_body(painter, posed, size, ratio, placing)
        front = self._in_front_of_the_person(size, ratio, placing)
        if front is not None:
            painter.drawImage(QRect(QPoint(0, 0), size), front)
        if workbench.person is not None:
            self._marks.paint_selected(painter, workbench.person, posed, placing)

    def _behind_the_person(
        self, image: np.ndarray | None, size: QSize, ratio: float, placing: Placing
    ) -> QImage:
        """The photo and the other people as a picture of the canvas's size, cached until one of them changes."""
        view, photo = self._workbench.view, self._workbench.photo
        selected = self._workbench.person_id
        others = tuple([p for p in photo.people if p.id != selected]) if photo else ()
        background = view.colours.viewport
        tones = (id(image), view.brightness, view.contrast)
        bodies, before = self._bodies(placing, ratio)
        clothed = frozenset(
            one.person_id for one in (*bodies, *before)
        )  # who is seen by a body needs no bones
        marks = (view.skeleton, view.boxes, clothed, self._workbench.fits.network.sees_trunks)
        what_for = (tones, others, placing, size, ratio, background, marks, bodies)
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
                    self._marks.paint_other(painter, person, placing, person.id in clothed)
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
            view.body_style,
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
        """Paint the photo. scale: screen px per photo px. A photo much larger than the canvas is averaged down once,
        and only then toned."""
        view, photo = self._workbench.view, self._workbench.photo
        growth = max(1.0, photo.width / image.shape[1]) if photo else 1.0  # of a photo that is kept smaller
        width_px, height_px, scale = image.shape[1] * growth, image.shape[0] * growth, scale * growth
        size = image.shape[1], image.shape[0]
        if scale < AVERAGED_BELOW:
            size = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        if self._toned is None or self._toned[0] != (tones, size):
            shown = image if scale >= AVERAGED_BELOW else averaged(image, *size)
            self._toned = ((tones, size), to_qimage(toned(shown, view.brightness, view.contrast)))
        place = QRectF(placing.x, placing.y, width_px * placing.scale, height_px * placing.scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < PIXELS_SHOW_AT)
        painter.drawImage(place, self._toned[1])

    def _paint_body(
        self, painter: QPainter, posed: PosedBody, size: QSize, ratio: float, placing: Placing
    ) -> None:
        body, view = self._workbench.fits.body, self._workbench.view
        if self._renderer is None or body is None:
            return
        fine = not self._workbench.previewing  # while something moves, speed is what counts
        what_for = (posed, body, placing, size, ratio, view.theme, view.body_style, fine)
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
                xray = view.body_style == "xray"
                solid = Solid(posed.vertices, posed.faces, view.colours.body, xray=xray)
                picture = self._renderer.draw([solid], camera, rect.size(), Backdrop(fine=fine))
                drawn = BodyPicture.at(picture, rect, share, view.body_style)
            self._body = (what_for, drawn)
        shown = self._body[1]
        if shown is not None:
            shown.draw(painter, view.overlay_opacity, shown.share < ratio)

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
