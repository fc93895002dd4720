"""A short film of the window: the sample opened, a keypoint dragged, the body follows, accepted, next.

xvfb-run -a -s "-screen 0 1920x1080x24" python -m tests.pictures.film --out resources/pictures/film.webp

The frames are the window as it is drawn, with the mouse and the pressed keys drawn over it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSettings, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication

from core.errors import FitloopError
from core.records import Person
from desktop.app import build
from desktop.settings import Settings
from desktop.state.posed_body import params_of
from desktop.state.view import View
from tests.journeys.program import OpenWindow
from tests.pictures.scenes import opened, settled
from tests.pictures.sources import sample
from train.run.parser import CommandLine, check_output, run_to_end

SIZE_PX, WIDTH_PX = (1280, 760), 1080  # of the window, and of the film
EACH_MS, QUALITY, MOST_BYTES = 60, 75, 3_000_000
MOST_DRAGS, LEAST_FAR = 2, 0.05  # of the person's box: a mistake that a viewer sees
ARROW = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12))


@dataclass
class Camera:
    """Takes frames (H, W, 4) of the window. mouse: in the window; pressed: whether a button is held; keys: told."""

    desk: OpenWindow
    mouse: QPointF = field(default_factory=lambda: QPointF(640, 420))
    pressed: bool = False
    keys: str = ""
    frames: list[np.ndarray] = field(default_factory=list)
    lasts_ms: list[int] = field(default_factory=list)

    def take(self, ms: int = EACH_MS) -> None:
        """One frame; what is as the last one only makes that last longer."""
        self.desk.qtbot.wait(EACH_MS)
        picture = self.desk.window.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_mouse(painter)
            self._draw_keys(painter, picture.width(), picture.height())
        frame = _array(picture)
        if self.frames and np.array_equal(frame, self.frames[-1]):
            self.lasts_ms[-1] += ms
        else:
            self.frames.append(frame)
            self.lasts_ms.append(ms)

    def stay(self, ms: int) -> None:
        """Nothing is done for a while."""
        for _ in range(max(ms // EACH_MS, 1)):
            self.take()

    def go(self, to: QPointF, steps: int = 12) -> None:
        """The mouse goes to a place in the window."""
        start = self.mouse
        for step in range(1, steps + 1):
            share = step / steps
            self.mouse = start + (to - start) * (3 * share**2 - 2 * share**3)
            self.take()

    def key(self, command: str, ms: int = 900) -> None:
        """A command by its key, which is told."""
        action = self.desk.window.actions_by_id[command]
        words = action.text().replace("&", "").replace("…", "")
        self.keys = f"{action.shortcut().toString()}   {words}"
        self.desk.do(command)
        self.stay(ms)
        self.keys = ""

    def _draw_mouse(self, painter: QPainter) -> None:
        if self.pressed:
            painter.setPen(QPen(QColor("#f5a524"), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.mouse, 14, 14)
        arrow = QPainterPath(self.mouse)
        for x, y in ARROW:
            arrow.lineTo(self.mouse + QPointF(x, y) * 1.2)
        arrow.closeSubpath()
        painter.setPen(QPen(QColor("white"), 1.5))
        painter.setBrush(QColor("black"))
        painter.drawPath(arrow)

    def _draw_keys(self, painter: QPainter, width: int, height: int) -> None:
        if not self.keys:
            return
        painter.setFont(QFont("sans", 17, QFont.Weight.Bold))
        wide = painter.fontMetrics().horizontalAdvance(self.keys) + 48
        box = QRectF((width - wide) / 2, height * 0.62, wide, 46)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(15, 18, 22, 225))
        painter.drawRoundedRect(box, 10, 10)
        painter.setPen(QColor("white"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.keys)


def act(camera: Camera, project: Path) -> None:
    """The story."""
    desk, window = camera.desk, camera.desk.window
    camera.stay(900)
    card = next(card for card in window.start_page.cards if "sample" in card.accessibleName())
    camera.go(QPointF(card.mapTo(window, card.rect().center())))
    camera.pressed = True
    camera.take()
    camera.pressed = False
    opened(desk, project)
    settled(desk)
    desk.workbench.show_first()  # the worst, also where fitting took long
    settled(desk)
    camera.stay(1200)
    camera.key("view.person", 1200)
    for _ in range(MOST_DRAGS):
        index, place, off = worst_mistake(desk)
        if off < LEAST_FAR:
            break
        correct(camera, index, place)
    camera.stay(900)
    camera.key("person.accept")
    camera.key("person.next_worst", 1500)


def worst_mistake(desk: OpenWindow) -> tuple[int, QPointF, float]:
    """The keypoint that is farthest from the truth: its index, its true place in the canvas, how far it is off."""
    person: Person = desk.workbench.person
    fit, body = person.alternatives[0], desk.workbench.fits.body
    points = body.keypoints(params_of(fit, body), person.keypoints.layout)[0].numpy()
    true = points[:, :2] / points[:, 2:] * fit.focal_length + fit.camera_center
    side = person.bbox.scale * 200
    off = np.linalg.norm(person.keypoints.xy - true, axis=1) / side * (person.keypoints.confidence > 0)
    worst = int(off.argmax())
    at = QPointF(*desk.window.canvas.placing.to_canvas(true[worst]))
    return worst, at, float(off[worst])


def correct(camera: Camera, index: int, to: QPointF) -> None:
    """Drag a keypoint to a place of the canvas; the body follows."""
    desk, canvas = camera.desk, camera.desk.window.canvas
    start = QPointF(*canvas.placing.to_canvas(desk.workbench.person.keypoints.xy[index]))
    corner = QPointF(canvas.mapTo(desk.window, QPoint(0, 0)))
    camera.go(start + corner)
    camera.stay(300)
    camera.pressed = True
    desk.press(start)
    camera.take()
    steps = 20
    for step in range(1, steps + 1):
        here = start + (to - start) * step / steps
        desk.move(here)
        camera.mouse = here + corner
        camera.take()
    camera.stay(300)
    desk.release(to)
    camera.pressed = False
    camera.stay(600)


def save(camera: Camera, file: Path) -> int:
    """Write the frames as an animation. Returns its size [bytes]."""
    film = cv2.Animation()
    height, width = camera.frames[0].shape[:2]
    size = WIDTH_PX, round(WIDTH_PX * height / width)
    film.frames = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in camera.frames]
    film.durations = camera.lasts_ms
    if not cv2.imwriteanimation(str(file), film, [cv2.IMWRITE_WEBP_QUALITY, QUALITY]):
        raise FitloopError(f"{file}: cannot be written. Choose a name that ends in .webp.")
    return file.stat().st_size


def main() -> int:
    parser = CommandLine("tests.pictures.film", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="NAME.webp")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    options = parser.parse_args()
    check_output(options.out, (".webp", ".gif"))
    application = QApplication.instance() or QApplication([])
    with TemporaryDirectory() as folder:
        project = sample(Path(folder) / "sample")
        settings = Settings(QSettings(str(Path(folder) / "s.ini"), QSettings.Format.IniFormat))
        settings.first_steps_over = True
        workbench, window = build(settings, View(theme=options.theme, hints=False))
        window.resize(*SIZE_PX)
        window.show()
        desk = OpenWindow(workbench, window)
        workbench.fits.open_body()
        desk.wait(lambda: workbench.fits.body is not None)
        camera = Camera(desk)
        act(camera, project)
        window.close()
    del application
    written = save(camera, options.out)
    print(f"{options.out}: {len(camera.frames)} frames, {written / 1e6:.2f} MB")
    return 0 if written < MOST_BYTES else 1


def _array(picture: QImage) -> np.ndarray:
    """(H, W, 4) uint8 BGRA, as OpenCV takes it."""
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    rgba = rows[:, : 4 * picture.width()].reshape(picture.height(), picture.width(), 4)
    return cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)


if __name__ == "__main__":
    raise SystemExit(run_to_end(main))
