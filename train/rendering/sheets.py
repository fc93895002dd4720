"""Contact sheets: bodies rendered into tiles, and tiles with labels arranged in a grid.

Pictures are (H, W, 3) uint8 RGB. Bodies are in SMPL's axes (y up) and turned toward the camera here. A sheet with
bodies in a photo's camera frame renders them itself and uses `overlay`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ImageError
from train.rendering.mesh_renderer import Mesh, MeshRenderer, vertex_normals

Picture = NDArray[np.uint8]
Color = tuple[float, float, float]  # red, green, blue in 0..1

BACKGROUND: Color = (0.965, 0.96, 0.945)
INK: Color = (0.27, 0.29, 0.33)
CLAY: Color = (0.90, 0.78, 0.69)
PICTURES = ".png", ".webp", ".jpg", ".jpeg"
SUPERSAMPLING = 3  # factor by which tiles are rendered larger and then averaged, for smooth edges
CAMERA_DISTANCE = 8.0  # [m], far enough that near hands do not look large
LIGHT, AMBIENT = (0.3, -0.5, -1.0), 0.34  # from the camera, a little from above and the right


@dataclass(frozen=True)
class TileFrame:
    """The view of a tile: `width` x `height` px at `scale` px per metre. The point `at` (3,) [m, y up] is in the
    picture's middle, seen from `yaw_deg` about the vertical (0: the body's front, 90: its left)."""

    width: int
    height: int
    scale: float
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0


class TileRenderer:
    """Renders tiles of one size in one offscreen context. `close` it when done."""

    def __init__(self, width: int, height: int) -> None:
        self._renderer = MeshRenderer(width * SUPERSAMPLING, height * SUPERSAMPLING)
        self.width, self.height = width, height

    def tile(
        self,
        vertices: NDArray[np.floating],
        faces: NDArray[np.integer],
        frame: TileFrame,
        color: Color = CLAY,
        background: Color = BACKGROUND,
    ) -> Picture:
        """Render vertices (V, 3) [m, y up] on a plain background."""
        seen = to_camera(vertices, frame)
        mesh = Mesh(seen, faces, np.array(color), vertex_normals(seen, faces))
        size = (frame.width * SUPERSAMPLING, frame.height * SUPERSAMPLING)
        picture, where = self._renderer.render(
            [mesh], SUPERSAMPLING * frame.scale * CAMERA_DISTANCE, (size[0] / 2, size[1] / 2), LIGHT, AMBIENT
        )
        behind = np.broadcast_to(to_bytes(background), picture.shape)
        return shrink(np.where(where[..., None], picture, behind))

    def close(self) -> None:
        self._renderer.close()


def to_camera(vertices: NDArray[np.floating], frame: TileFrame) -> NDArray[np.floating]:
    """Vertices (V, 3) [m, y up, facing z] in the camera frame of a tile (x right, y down, z forward)."""
    yaw = np.radians(frame.yaw_deg)
    turned = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    facing = np.diag([1.0, -1.0, -1.0]) @ turned
    return (vertices - np.array(frame.at)) @ facing.T + [0.0, 0.0, CAMERA_DISTANCE]


def shrink(picture: Picture) -> Picture:
    """Average SUPERSAMPLING x SUPERSAMPLING pixels into one."""
    height, width = picture.shape[0] // SUPERSAMPLING, picture.shape[1] // SUPERSAMPLING
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def overlay(photo: Picture, rendered: Picture, where: NDArray[np.bool_], opacity: float = 0.75) -> Picture:
    """The rendered picture blended over the photo. where (H, W) bool: the mesh's pixels."""
    mixed = opacity * rendered.astype(np.float32) + (1 - opacity) * photo.astype(np.float32)
    return np.where(where[..., None], np.round(mixed), photo).astype(np.uint8)


def label(picture: Picture, text: str, size: float = 0.45, color: Color = INK) -> Picture:
    """A copy of the picture with a line of text, centred at its lower edge, on the background's colour."""
    fine = cv2.resize(picture, None, fx=SUPERSAMPLING, fy=SUPERSAMPLING, interpolation=cv2.INTER_NEAREST)
    font, scale, thickness = cv2.FONT_HERSHEY_SIMPLEX, size * SUPERSAMPLING, SUPERSAMPLING
    (width, height), below = cv2.getTextSize(text, font, scale, thickness)
    place = ((fine.shape[1] - width) // 2, fine.shape[0] - 7 * SUPERSAMPLING)
    ink = tuple(int(channel) for channel in to_bytes(color))
    edge = 3 * SUPERSAMPLING
    top, bottom = place[1] - height - edge, place[1] + below + edge
    fine[max(top, 0) : bottom, max(place[0] - edge, 0) : place[0] + width + edge] = to_bytes(BACKGROUND)
    cv2.putText(fine, text, place, font, scale, ink, thickness, cv2.LINE_AA)
    return shrink(np.asarray(fine, dtype=np.uint8))


def grid(tiles: list[Picture], columns: int, background: Color = BACKGROUND, gap: int = 0) -> Picture:
    """Tiles of one size in rows of `columns`; the rest of the last row is background."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.empty((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), dtype=np.uint8)
    sheet[:] = to_bytes(background)
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def stack(rows: list[Picture], background: Color = BACKGROUND) -> Picture:
    """Pictures stacked vertically and centred."""
    width = max(row.shape[1] for row in rows)
    wide = []
    for row in rows:
        left = (width - row.shape[1]) // 2
        right = width - row.shape[1] - left
        ink = [int(channel) for channel in to_bytes(background)]
        wide.append(cv2.copyMakeBorder(row, 0, 0, left, right, cv2.BORDER_CONSTANT, value=ink))
    return np.concatenate(wide).astype(np.uint8)


def save_picture(path: Path, picture: Picture) -> None:
    """Write a picture in the format of the path's ending. Raises ImageError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        written = cv2.imwrite(str(path), picture[..., ::-1])
    except cv2.error:
        written = False
    if not written:
        raise ImageError(
            f"{path}: cannot be written. Choose .png, .webp or .jpg, in a folder with write permission."
        )


def to_bytes(color: Color) -> NDArray[np.uint8]:
    return np.round(255 * np.array(color)).astype(np.uint8)
