"""The newest picture of a training run: the same few people, the guess above and the fit below."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.files.regular import open_regular, start_of
from desktop.jobs.training.training_process import TrainingProcess
from desktop.qt_override import qt_override
from desktop.text.translate import tr

MOST_BYTES, MOST_PIXELS = 8 * 2**20, 8_000_000
LEAST_PX, WISHED_PX = QSize(120, 80), QSize(320, 160)


class RunPicture(QWidget):
    """Hidden until the run has written a picture."""

    def __init__(self, training: TrainingProcess) -> None:
        super().__init__()
        self._training = training
        self.file: Path | None = None  # whose picture is shown
        self.image = QImage()
        self.setMinimumSize(LEAST_PX)
        training.changed.connect(self._look)
        self._look()

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        return WISHED_PX

    def _look(self) -> None:
        file = self._training.run.picture
        if file != self.file:
            self.file, self.image = file, QImage() if file is None else read_bounded(file)
            step = int(file.stem) if file is not None else 0
            method = self._training.run.method
            words = tr("Step {step}: guesses above, best fits below")
            if method is not None and method.project:
                words = tr(
                    "Step {step}: keypoints, the teacher from the left, the student from ahead and left"
                )
            words = words.format(step=step)
            self.setToolTip(words)
            self.setAccessibleName(words)
            self.update()
        self.setVisible(not self.image.isNull())

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image.isNull():
            return
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRect(left, top, size.width(), size.height()), self.image)


def read_bounded(file: Path) -> QImage:
    """A JPEG of bounded size; a null picture for anything else."""
    try:
        with open_regular(file, MOST_BYTES) as stream:
            data = start_of(stream, MOST_BYTES)
    except OSError:
        return QImage()
    buffer = QBuffer()
    buffer.setData(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, b"jpeg")
    size = reader.size()
    return reader.read() if 0 < size.width() * size.height() <= MOST_PIXELS else QImage()
