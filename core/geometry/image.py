"""Photos: read, crop, warp, normalise. A photo's path may name a frame of a video, `video.mp4#00123`.

Images are (H, W, 3) uint8 RGB. Pixels are continuous: pixel i covers [i, i + 1), its centre is at i + 0.5.
"""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from core.errors import ImageError
from core.files.regular import contents, open_regular
from core.files.video.frame_cache import frame_jpeg, frame_size
from core.files.video.frame_names import frame_of
from core.geometry.image_boxes import name_of
from core.geometry.image_header import FORMATS, ImageHeader, claims_too_much, read_header
from core.geometry.orientation import upright
from core.records import BBox

MAX_PIXELS = 200_000_000  # 600 MB once decoded; a photo has 10 to 60 million
ROUNDING_PX = 1.0  # by which each side of a resized photo may differ
MAX_FILE_BYTES = 2 * 2**30  # of the largest uncompressed photo that is read
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# OpenCV's flags that let JPEG's decoder divide each side by a number; with its flag of RGB the result is not grey.
_REDUCED = (
    (8, cv2.IMREAD_REDUCED_GRAYSCALE_8),
    (4, cv2.IMREAD_REDUCED_GRAYSCALE_4),
    (2, cv2.IMREAD_REDUCED_GRAYSCALE_2),
)
_NAMED_BY = 256  # first bytes of a file that tell what it is
_MARGIN = 2  # px of the crop that its outermost pixels may reach beyond it


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a photo upright. Returns (H, W, 3) uint8 RGB.

    Exif orientation is applied, grey becomes RGB, 16 bits become 8, CMYK becomes RGB, alpha is dropped; of a moving
    picture the first is read. Raises ImageError for a file that is missing, is no image or has more than max_pixels.
    """
    header = image_header(path)
    _check_size(Path(path), header[:2], max_pixels)
    image = _decode(Path(path), _read_bytes(Path(path)), header)
    _check_size(Path(path), (image.shape[1], image.shape[0]), max_pixels)
    return image


def read_small_image(path: str | Path, side: int) -> np.ndarray:
    """Read a photo upright with its longer side `side` [px], or as it is if it is smaller. Returns (H, W, 3) uint8 RGB.

    A JPEG is decoded at a fraction of its size, which takes less time and memory. Raises ImageError as `read_image`.
    """
    header = image_header(path)
    _check_size(Path(path), header[:2], MAX_PIXELS)
    data = _read_bytes(Path(path))
    spare = min(max(header[:2]) // max(1, side), *header[:2]) if data[:2].tobytes() == b"\xff\xd8" else 1
    flag = next((flag for times, flag in _REDUCED if times <= spare), 0)
    image = _decode(Path(path), data, header, flag)
    scale = min(1.0, side / max(image.shape[:2]))
    size = max(1, round(scale * image.shape[1])), max(1, round(scale * image.shape[0]))
    return image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def read_image_as(path: str | Path, size: tuple[int, int]) -> np.ndarray:
    """Read a photo in the pixels of a record, whose width and height are `size` [px]. Returns (H, W, 3) uint8 RGB.

    A photo that was resized since is resized back, so that boxes and keypoints lie where they were marked. Raises
    ImageError as `read_image`, and for a photo of another shape.
    """
    _check_size(Path(path), size, MAX_PIXELS)
    shown = image_size(path)
    if not one_ratio(size, shown):
        raise ImageError(
            f"{path}: is {shown[0]} × {shown[1]} px, but its people were marked in {size[0]} × {size[1]} px. Put the "
            "photo of that size back."
        )
    image = read_image(path)
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if size[0] < shown[0] else cv2.INTER_LINEAR)


def one_ratio(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether a photo of size `before` [px] can be resized to `after` by one number, its sides rounded."""
    low = max((new - ROUNDING_PX) / old for old, new in zip(before, after, strict=True))
    high = min((new + ROUNDING_PX) / old for old, new in zip(before, after, strict=True))
    return low < high


def image_size(path: str | Path) -> tuple[int, int]:
    """Width and height [px] of a photo, read from the file's header alone. Raises ImageError.

    Exif orientation is applied, as in `read_image`."""
    return image_header(path)[:2]


def image_header(path: str | Path) -> ImageHeader:
    """As `image_size`, with the orientation that was applied. Raises ImageError."""
    if frame_of(path):
        return ImageHeader(*frame_size(Path(path)))
    try:
        with io.BufferedReader(open_regular(path, MAX_FILE_BYTES)) as file:
            header = read_header(file)
            if header is None:
                file.seek(0)
                start = file.read(_NAMED_BY)
    except OSError as error:
        raise _not_there(Path(path), error) from error
    if header is None:
        name = name_of(start)
        known = f"is {name}, which is not read" if name else f"is no {FORMATS} that can be read"
        raise ImageError(f"{path}: {known if start else 'is empty'}. Save it again as JPEG or PNG.")
    return header


def crop_affine(bbox: BBox, crop_size: int, rotation_deg: float = 0.0, flipped: bool = False) -> np.ndarray:
    """The affine (2, 3) float64 from photo pixels to pixels of the bbox's crop, corners to corners.

    rotation_deg turns the content counter-clockwise about the crop's middle, as SPIN's augmentation does: a body
    in the crop's frame turns by R_z(-rotation). flipped then mirrors left and right: x becomes crop_size - x.
    """
    angle, scale = np.deg2rad(-rotation_deg), crop_size / bbox.side
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    if flipped:
        linear[0] = -linear[0]
    return np.column_stack([linear, crop_size / 2 - linear @ bbox.center.astype(np.float64)])


def invert_affine(affine: np.ndarray) -> np.ndarray:
    """The inverse of an affine (2, 3). Returns (2, 3) float64."""
    linear = np.linalg.inv(affine[:, :2].astype(np.float64))
    return np.column_stack([linear, -linear @ affine[:, 2]])


def apply_affine(affine: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Map points. affine (2, 3), xy (..., 2) [px]. Returns (..., 2) float64 [px]."""
    return xy @ affine[:, :2].T + affine[:, 2]


def warp(image: np.ndarray, affine: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Warp an image by an affine. Outside the image the result is black; a shrunk image is smoothed first.

    image (H, W, 3) uint8; affine (2, 3) from its pixels to the result's; size: the result's side or (width,
    height) [px]. Returns (height, width, 3) uint8.
    """
    width, height = (size, size) if isinstance(size, int) else size
    left, top, right, bottom = _seen_region(image, affine, width, height)
    if left >= right or top >= bottom:
        return np.zeros((height, width, 3), dtype=np.uint8)
    part = image[top:bottom, left:right]
    affine = np.column_stack([affine[:, :2], apply_affine(affine, np.array([left, top]))])
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    if scale < 1:
        part, affine = _shrink(part, affine, scale)
    half = np.array([0.5, 0.5])  # OpenCV counts from the centre of the first pixel, we from its corner
    shifted = np.column_stack([affine[:, :2], apply_affine(affine, half) - half])
    return cv2.warpAffine(part, shifted, (width, height), flags=cv2.INTER_LINEAR)


def contrast_table(image: np.ndarray, bbox: BBox, turned: bool = False) -> np.ndarray:
    """Values (256,) uint8 that stretch the contrast of a bbox's crop to 0…255, as SPIN's crops have it.

    SPIN takes the darkest and the brightest value of all three colours in the square of the photo, before it is
    resized, with black where it leaves the photo. turned: in the square round the turned bbox. image (H, W, 3) uint8.
    """
    half = bbox.side / 2 * (np.sqrt(2) if turned else 1.0)
    low = np.floor(bbox.center - half).astype(int)
    high = np.maximum(np.floor(bbox.center + half).astype(int), low + 1)
    size = np.array([image.shape[1], image.shape[0]])
    (left, top), (right, bottom) = np.clip(low, 0, size), np.clip(high, 0, size)
    region = image[top:bottom, left:right]
    if not region.size:
        return np.zeros(256, np.uint8)
    whole = (low >= 0).all() and (high <= size).all()
    darkest, brightest = int(region.min()) if whole else 0, int(region.max())
    stretched = (np.arange(256) - darkest) * (255 / max(1, brightest - darkest))
    return np.floor(np.clip(stretched, 0, 255) + 0.5).astype(np.uint8)


def normalise(image: np.ndarray | Tensor) -> Tensor:
    """Normalise by ImageNet's mean and deviation, for networks that were pretrained on it.

    image (..., H, W, 3) uint8 RGB. Returns (..., 3, H, W) float32.
    """
    # A copy, as torch cannot share read-only or mirrored arrays.
    pixels = image if isinstance(image, Tensor) else torch.from_numpy(np.array(image))
    pixels = pixels.to(torch.float32) / 255
    return ((pixels - pixels.new_tensor(IMAGENET_MEAN)) / pixels.new_tensor(IMAGENET_STD)).movedim(-1, -3)


def _seen_region(image: np.ndarray, affine: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    """The part of an image that a warp shows: left, top, right, bottom [px]; left >= right or top >= bottom if none."""
    x, y = (-_MARGIN, width + _MARGIN), (-_MARGIN, height + _MARGIN)
    corners = apply_affine(invert_affine(affine), np.array([[x[i], y[j]] for i in (0, 1) for j in (0, 1)]))
    limits = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(corners.min(axis=0)), 0, limits).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)), 0, limits).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _shrink(image: np.ndarray, affine: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Shrink an image by `scale` < 1 by averaging, so that a warp skips no pixels. Returns it with its new affine."""
    height, width = image.shape[:2]
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    growth = np.array([width / small[0], height / small[1]])
    return cv2.resize(image, small, interpolation=cv2.INTER_AREA), affine * np.append(growth, 1)


def _read_bytes(path: Path) -> np.ndarray:
    if frame_of(path):
        return np.frombuffer(frame_jpeg(path), dtype=np.uint8)
    try:
        return np.frombuffer(contents(path, MAX_FILE_BYTES), dtype=np.uint8)
    except OSError as error:
        raise _not_there(path, error) from error


def _not_there(path: Path, error: OSError) -> ImageError:
    return ImageError(f"{path}: cannot be read ({error.strerror}). Put the photo back, or remove it.")


def _decode(path: Path, data: np.ndarray, header: ImageHeader, reduced: int = 0) -> np.ndarray:
    """reduced: a flag of _REDUCED, or 0."""
    kind = name_of(data[:_NAMED_BY].tobytes())
    if kind == "HEIC":
        return _decode_heic(path, data)
    # OpenCV turns an AVIF by its Exif, not by its own properties, which are what counts.
    flags = cv2.IMREAD_COLOR_RGB | reduced | (cv2.IMREAD_IGNORE_ORIENTATION if kind == "AVIF" else 0)
    try:
        image = None if claims_too_much(data.data) else cv2.imdecode(data, flags)
    except cv2.error as error:
        raise ImageError(f"{path}: cannot be decoded ({error.err}). Save it as JPEG or PNG.") from error
    if image is None and kind == "AVIF" and "AVIF" not in cv2.getBuildInformation():
        raise ImageError(f"{path}: is AVIF, which this OpenCV does not read. Save it as JPEG or PNG.")
    if image is None:
        raise ImageError(f"{path}: is damaged and cannot be decoded. Save it again as JPEG or PNG.")
    return upright(image, header.orientation) if kind == "AVIF" else image


def _decode_heic(path: Path, data: np.ndarray) -> np.ndarray:
    """By libheif, which turns it upright itself."""
    try:
        import pi_heif
    except ImportError as error:
        remedy = "Install its decoder, pip install 'fitloop[heic]', or save it as JPEG or PNG."
        raise ImageError(f"{path}: is HEIC. {remedy}") from error
    try:
        image = np.array(pi_heif.open_heif(data.tobytes(), convert_hdr_to_8bit=True))
    except (ValueError, OSError, RuntimeError, EOFError, SyntaxError) as error:
        raise ImageError(f"{path}: cannot be decoded ({error}). Save it as JPEG or PNG.") from error
    grey = image.ndim == 2
    return np.repeat(image[..., None], 3, axis=2) if grey else np.ascontiguousarray(image[..., :3])


def _check_size(path: Path, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{path}: {width} × {height} px is more than the {max_pixels / 1e6:g} million that are read. "
            "Save it smaller."
        )
