"""Videos that tests write: each frame shows its own number as black and white blocks."""

import struct
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

BITS = 10
SIZE = (160, 96)  # px


def numbered_frame(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A picture (H, W, 3) uint8 whose left upper blocks are the bits of a number, on grey."""
    width, height = size
    image = np.full((height, width, 3), 96, np.uint8)
    for bit in range(BITS):
        image[:32, 16 * bit : 16 * bit + 16] = 255 if number >> bit & 1 else 0
    return image


def number_in(image: np.ndarray) -> int:
    """The number that a frame shows."""
    return sum(1 << bit for bit in range(BITS) if image[8:24, 16 * bit + 4 : 16 * bit + 12].mean() > 128)


def write_video(
    path: Path,
    frames: int | Iterable[np.ndarray],
    fps: float = 30.0,
    codec: str = "",
    size: tuple[int, int] = SIZE,
) -> Path:
    """A video of so many numbered frames, or of these pictures (H, W, 3) in OpenCV's order BGR."""
    codecs = {".avi": "MJPG", ".webm": "VP80"}
    code = cv2.VideoWriter_fourcc(*(codec or codecs.get(path.suffix, "mp4v")))
    writer = cv2.VideoWriter(str(path), code, fps, size)
    assert writer.isOpened()
    pictures = map(numbered_frame, range(frames)) if isinstance(frames, int) else frames
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def write_gif(path: Path, count: int) -> Path:
    """A GIF of numbered frames."""
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(numbered_frame(number), cv2.COLOR_BGR2BGRA) for number in range(count)]
    animation.durations = np.full(count, 100)
    assert cv2.imwriteanimation(str(path), animation)
    return path


def turned_quarter(path: Path) -> Path:
    """The same MP4 with a header that turns its pictures by 90 degrees clockwise."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # after version, flags, times, id, duration, layer, volume
    one = 1 << 16
    data[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path
