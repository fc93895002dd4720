"""A picture of a view as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage

from core.errors import FitloopError
from core.files.whole_file import whole_file
from desktop.text.translate import tr

JPEG_QUALITY = 92


@dataclass(frozen=True)
class Painted:
    """The progress. told: the end."""

    done: int
    total: int
    told: str = ""


def picture_steps(picture: QImage, file: Path) -> Iterator[Painted]:
    """Write a picture: .png, or .jpg without what is transparent. Raises FitloopError."""
    yield Painted(0, 1)
    clear = file.suffix.lower() == ".png"
    write_whole(file, encoded(picture, "PNG", -1) if clear else encoded(picture, "JPEG", JPEG_QUALITY))
    words = tr("{file}: {width} × {height} px")
    yield Painted(1, 1, words.format(file=file.name, width=picture.width(), height=picture.height()))


def encoded(picture: QImage, kind: str, quality: int) -> bytes:
    """A picture as the bytes of a file. kind: "PNG" or "JPEG"."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, kind, quality)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def write_whole(file: Path, data: bytes) -> None:
    """Write a file as a whole. Raises FitloopError."""
    try:
        with whole_file(file) as stream:
            stream.write(data)
    except OSError as error:
        words = tr("{file}: cannot be written ({why}). Choose another folder.")
        raise FitloopError(words.format(file=file, why=error.strerror)) from error
