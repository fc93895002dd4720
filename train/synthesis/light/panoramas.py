"""Panoramas (.hdr) as light and background."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError
from core.files.regular import open_regular
from train.synthesis.light.panorama_view import see_panorama
from train.synthesis.light.skies import Light, sky_of
from train.synthesis.scene_cameras import Camera

Floats = NDArray[np.float32]
SUFFIXES = {".hdr", ".pic", ".rgbe"}
MAX_WIDTH = 8192  # [px]
MAX_BYTES = 256 * 2**20
KEPT_WIDTH = 1024  # [px] to which a wider panorama is reduced
EYE = 1.6  # [m] height at which a panorama was taken
SUN_WIDTH = 12.0  # [deg] round the brightest spot
SUN_OVER = 6.0  # times the mean: what is brighter, near the brightest spot, is the sun
BLUEST = 100.0  # radiance of the brightest blue that is no sun
CLIP = 3e4  # radiance; more is a fault of the file


@dataclass(frozen=True, eq=False)
class Panorama:
    """radiance (H, W, 3), linear: the left edge looks along -z, the top is up; light: what it sheds."""

    radiance: Floats
    light: Light


class Panoramas:
    """The panoramas of a folder."""

    def __init__(self, folder: Path) -> None:
        """Raises FitloopError for a folder without panoramas, and for one that cannot be read."""
        if not folder.is_dir():
            raise FitloopError(f"{folder}: is no folder. Give one of .hdr panoramas.")
        self._files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        if not self._files:
            raise FitloopError(
                f"{folder}: holds no panoramas ({', '.join(sorted(SUFFIXES))}). Give another folder."
            )
        for path in self._files:
            _check(path)

    def draw(self, rng: np.random.Generator) -> Panorama:
        """A random panorama, turned by a random heading."""
        path = self._files[rng.integers(len(self._files))]
        radiance = _radiance(path)
        return _lit(np.roll(radiance, int(rng.integers(radiance.shape[1])), axis=1))


def behind(
    panorama: Panorama, camera: Camera, size: tuple[int, int], exposure: float, reach: float
) -> Floats:
    """The panorama (H, W, 3) in 0..255 behind a scene. size: width, height [px].

    Near the origin the ground is flat, as seen from the panorama's own place above it; from half of reach [m] on it
    turns into what is far away.
    """
    seen = np.empty((size[1], size[0], 3), np.float32)
    lens = (
        np.float32(camera.focal_length),
        np.float32(camera.camera_center[0]),
        np.float32(camera.camera_center[1]),
    )
    see_panorama(
        panorama.radiance, np.ascontiguousarray(camera.rotation, np.float32),
        np.ascontiguousarray(camera.position, np.float32), lens, np.float32(EYE), np.float32(reach),
        np.float32(exposure), seen,
    )  # fmt: skip
    return seen


def _check(path: Path) -> None:
    """Raises FitloopError for a file whose header is no panorama's, or that is too large."""
    try:
        with open_regular(path, MAX_BYTES) as stream:
            header = stream.read(4096).split(b"\n\n", 1)
    except OSError as error:
        raise FitloopError(
            f"{path}: cannot be read ({error.strerror}). Leave it out of the panoramas."
        ) from None
    size = header[1].split(b"\n", 1)[0].split() if len(header) == 2 else []
    sized = len(size) == 4 and size[1].isdigit() and size[3].isdigit()
    if not header[0].startswith((b"#?RADIANCE", b"#?RGBE")) or not sized:
        raise FitloopError(f"{path}: is no Radiance panorama (.hdr). Leave it out, or save it again.")
    rows, columns = int(size[1]), int(size[3])
    if columns > MAX_WIDTH or rows > MAX_WIDTH or not 8 <= rows <= columns:
        raise FitloopError(
            f"{path}: has {columns} x {rows} px. A panorama is wider than high, and at most {MAX_WIDTH} px wide: "
            "resize it, or leave it out."
        )


@lru_cache(maxsize=64)
def _radiance(path: Path) -> Floats:
    image = cv2.imread(os.fspath(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.dtype != np.float32:
        raise FitloopError(f"{path}: is a damaged panorama. Leave it out, or save it again.")
    image = np.nan_to_num(image[..., :3][..., ::-1], nan=0, posinf=CLIP, neginf=0).clip(0, CLIP)
    deep = (image[..., 2] > BLUEST) & (image[..., 2] > 10 * image[..., 0])
    image[deep] = image[deep][:, 2:]  # a sun whose red and green were lost when the file was written
    factor = KEPT_WIDTH / image.shape[1]
    return np.ascontiguousarray(
        cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else image
    )


def _lit(radiance: Floats) -> Panorama:
    """Its light: the brightest spot is the sun, all else the sky."""
    small = cv2.resize(radiance, (128, 64), interpolation=cv2.INTER_AREA)
    latitude = (0.5 - (np.arange(64) + 0.5) / 64) * np.pi
    longitude = (np.arange(128) + 0.5) / 128 * 2 * np.pi
    level = np.cos(latitude)[:, None]
    directions = np.stack(
        [level * np.sin(longitude), np.sin(latitude)[:, None] + 0 * longitude, -level * np.cos(longitude)],
        axis=-1,
    )
    angles = (level * (np.pi / 64) * (2 * np.pi / 128) + 0 * longitude).astype(np.float32)
    brightness = small.mean(axis=-1)
    mean = float((brightness * angles).sum() / angles.sum())
    blurred = cv2.GaussianBlur(brightness, (0, 0), 1.0) * (directions[..., 1] > 0.1)
    sun = directions[np.unravel_index(blurred.argmax(), blurred.shape)]
    near = (directions @ sun > np.cos(np.radians(SUN_WIDTH))) & (brightness > SUN_OVER * mean)
    bright = np.where(near, np.maximum(brightness - SUN_OVER * mean, 0) / np.maximum(brightness, 1e-6), 0)
    direct = (small * (bright * angles)[..., None]).sum(axis=(0, 1)) / np.pi
    rest = small * (1 - bright)[..., None]
    sky = sky_of(directions.astype(np.float32).reshape(-1, 3), rest.reshape(-1, 3), angles.reshape(-1))
    return Panorama(radiance, Light(sky, sun.astype(np.float32), direct.astype(np.float32)))
