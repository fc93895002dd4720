"""Random backgrounds: noise, gradients, blobs, a floor with a wall or sky, or the user's own pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError, ImageError
from core.geometry.image import read_image
from train.synthesis.scene_cameras import Camera

Image = NDArray[np.float32]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
TILED = 0.6  # share of floors
KEPT = 128  # pictures cached in memory, reduced to the size that synthesis needs
MAX_PIXELS = 200_000_000


class Backgrounds:
    """Draws random pictures (height, width, 3) float32 RGB in 0..255."""

    def __init__(self, size: tuple[int, int], folder: Path | None = None) -> None:
        """size: width, height [px]. Raises FitloopError if the folder holds no pictures."""
        self._size = size
        self._files: list[Path] = []
        if folder is not None:
            if not folder.is_dir():
                raise FitloopError(f"{folder}: is no folder. Give --backgrounds a folder of pictures.")
            self._files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
            if not self._files:
                raise FitloopError(f"{folder}: holds no pictures ({', '.join(sorted(SUFFIXES))}).")

    def draw(self, camera: Camera, rng: np.random.Generator) -> Image:
        if self._files:
            try:
                return self._from_folder(rng)
            except ImageError:  # an unreadable picture is replaced by a generated background
                pass
        kind = rng.choice(["ground", "gradient", "blobs", "noise"], p=[0.9, 0.03, 0.05, 0.02])
        image = {"ground": self._ground, "gradient": self._gradient, "blobs": self._blobs}.get(
            kind, self._noise
        )(camera, rng)
        grey = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)[..., None]
        muted = grey + (image - grey) * np.float32(rng.uniform(0.1, 0.7))  # rooms are greyer than chance
        return muted + self._grain(rng, float(rng.uniform(0, 14)))

    def _from_folder(self, rng: np.random.Generator) -> Image:
        """A random part of a random picture, mirrored with probability 0.5."""
        width, height = self._size
        image = _reduced(self._files[rng.integers(len(self._files))], 2 * max(self._size))
        reach = min(image.shape[1] / width, image.shape[0] / height)
        part = float(rng.uniform(0.5, 1.0)) * reach
        columns, rows = max(1, int(width * part)), max(1, int(height * part))
        left = int(rng.integers(image.shape[1] - columns + 1))
        top = int(rng.integers(image.shape[0] - rows + 1))
        cut = image[top : top + rows, left : left + columns]
        cut = cut[:, ::-1] if rng.random() < 0.5 else cut
        resized = cv2.resize(np.ascontiguousarray(cut), self._size, interpolation=cv2.INTER_AREA)
        return resized.astype(np.float32)

    def _ground(self, camera: Camera, rng: np.random.Generator) -> Image:
        """A floor up to the camera's horizon, and a wall or sky above it, both mottled."""
        width, height = self._size
        cx, cy = camera.camera_center
        up = camera.rotation @ np.array([0, 1, 0], dtype=np.float32)
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        climb = ((x - cx) * up[0])[None] + ((y - cy) * up[1])[:, None] + camera.focal_length * up[2]
        # A wall meets the floor below the horizon.
        drop = float(rng.uniform(0.03, 0.3)) * camera.focal_length if rng.random() < 0.6 else 0.0
        above = ((climb + drop) / 2 + 0.5).clip(0, 1)[..., None]
        floor = self._mottled(rng, _dull(rng), 22)
        if rng.random() < TILED:
            floor = floor * self._tiles(camera, rng)[..., None]
        wall = self._mottled(rng, _dull(rng), 14) + self._slope(rng, 25)
        return floor * (1 - above) + wall * above

    def _tiles(self, camera: Camera, rng: np.random.Generator) -> Image:
        """Brightness (H, W) of tiles or planks on the ground, with seams; even where they are too small to see."""
        width, height = self._size
        cx, cy = camera.camera_center
        x = (np.arange(width, dtype=np.float32) - cx) / camera.focal_length
        y = (np.arange(height, dtype=np.float32) - cy) / camera.focal_length
        turn = camera.rotation
        rays = x[None, :, None] * turn[0] + y[:, None, None] * turn[1] + turn[2]
        depth = camera.position[1] / np.maximum(-rays[..., 1], 1e-3)
        length, wide = (float(rng.uniform(0.3, 1.2)), float(rng.uniform(0.09, 0.6)))
        heading = float(rng.uniform(0, np.pi))
        east, north = (camera.position[axis] + depth * rays[..., axis] for axis in (0, 2))
        along = (east * np.cos(heading) + north * np.sin(heading)) / length
        across = (north * np.cos(heading) - east * np.sin(heading)) / wide
        row = np.floor(across)
        along = along + 0.5 * (row % 2)
        shades = rng.normal(1, float(rng.uniform(0.02, 0.1)), (64, 64)).astype(np.float32)
        tile = shades[row.astype(np.int64) % 64, np.floor(along).astype(np.int64) % 64]
        seam = np.minimum(np.abs(along % 1 - 0.5), np.abs(across % 1 - 0.5)) < 0.02
        pixel = depth / camera.focal_length / wide  # of a tile that one pixel covers
        shown = np.clip(1.2 - 4 * pixel, 0, 1)
        return np.asarray(1 + shown * (np.where(seam, 0.75 * tile, tile) - 1), dtype=np.float32)

    def _gradient(self, camera: Camera, rng: np.random.Generator) -> Image:
        corners = rng.uniform(0, 255, (2, 2, 3)).astype(np.float32)
        return cv2.resize(corners, self._size, interpolation=cv2.INTER_LINEAR)

    def _blobs(self, camera: Camera, rng: np.random.Generator) -> Image:
        """Patches of colour of many sizes, like a room out of focus."""
        image = np.zeros((self._size[1], self._size[0], 3), np.float32)
        for cells, share in ((3, 0.5), (6, 0.3), (14, 0.25)):
            patch = rng.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
            image += share * cv2.resize(patch, self._size, interpolation=cv2.INTER_CUBIC)
        for _ in range(int(rng.integers(0, 9))):
            low = rng.integers(0, np.array(self._size))
            high = low + rng.integers(4, 2 + np.array(self._size) // 2)
            color = rng.uniform(0, 255, 3).tolist()
            if rng.random() < 0.6:
                cv2.rectangle(image, low.tolist(), high.tolist(), color, -1)
            else:
                cv2.circle(image, low.tolist(), int(high[0] - low[0]), color, -1)
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.6, 4)) * self._size[0] / 256)

    def _noise(self, camera: Camera, rng: np.random.Generator) -> Image:
        image = np.full((self._size[1], self._size[0], 3), rng.uniform(60, 190, 3), np.float32)
        for octave in range(2, 7):
            cells = 2**octave
            patch = rng.uniform(-1, 1, (cells, cells, 3)).astype(np.float32) * (150 / octave)
            image += cv2.resize(patch, self._size, interpolation=cv2.INTER_LINEAR)
        return image

    def _mottled(self, rng: np.random.Generator, color: NDArray[np.float64], spread: float) -> Image:
        cells = int(rng.integers(4, 60))
        patch = rng.normal(0, rng.uniform(0, spread), (cells, cells, 1)).astype(np.float32)
        mottle = cv2.resize(patch, self._size, interpolation=cv2.INTER_LINEAR)[..., None]
        return mottle + color.astype(np.float32)

    def _slope(self, rng: np.random.Generator, reach: float) -> Image:
        corners = rng.uniform(-reach, reach, (2, 2)).astype(np.float32)
        return cv2.resize(corners, self._size, interpolation=cv2.INTER_LINEAR)[..., None]

    def _grain(self, rng: np.random.Generator, spread: float) -> Image:
        """Noise per pixel, from integers: normal random numbers would take as long as drawing the people."""
        grain = rng.integers(0, 256, (self._size[1], self._size[0], 3), dtype=np.uint8)
        return (grain.astype(np.float32) - 127.5) * (spread / 128)


def _dull(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.uniform(40, 235) + rng.normal(0, 18, 3)


@lru_cache(maxsize=KEPT)
def _reduced(path: Path, longest: int) -> NDArray[np.uint8]:
    image = read_image(path, MAX_PIXELS)
    factor = longest / max(image.shape[:2])
    if factor >= 1:
        return image
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
