"""Digits in random affines, as in AffNIST: reading and drawing them, placing them, and three small networks.

Pictures (B, 20, 20) float32 from 0 to 1: MNIST's at half size with a margin of 3 px, half of AffNIST's 40 x 40. An
affine is six numbers from -1 to 1: turn, shear, two log scales, two shifts. A shift moves the digit within the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample, pad

from core.errors import ReadError
from core.files.untrusted import read_arrays

NUMBERS, NOISE = 6, 8
TURN_DEG, SHEAR, LOG_SCALE = 20.0, 0.2, float(np.log(1.2))  # AffNIST's ranges
SIDE, MARGIN = 20, 3  # [px] of a picture, and of the black around a centred digit
FONTS = (0, 1, 2, 3, 4, 5, 6, 7)  # of OpenCV
INK = 0.1  # value from which a pixel belongs to the digit


@dataclass(frozen=True, eq=False)
class Digits:
    """images (N, 20, 20); labels (N,)."""

    images: Tensor
    labels: Tensor

    def __getitem__(self, rows: slice | Tensor) -> Digits:
        return Digits(self.images[rows], self.labels[rows])

    def __len__(self) -> int:
        return len(self.labels)


def read_digits(path: Path) -> Digits:
    """From an .npz with images (N, 28, 28) uint8 and labels (N,), shuffled once. Raises ReadError."""
    arrays = read_arrays(path, ("images", "labels"))
    images, labels = arrays.get("images"), arrays.get("labels")
    if images is None or labels is None or images.shape != (len(labels), 28, 28) or images.dtype != np.uint8:
        raise ReadError(f"{path}: give images (N, 28, 28) uint8 and labels (N,).")
    order = np.random.default_rng(0).permutation(len(labels))
    half = torch.from_numpy(images[order].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255).float()
    return Digits(pad(half, [MARGIN] * 4), torch.from_numpy(labels[order].astype(np.int64)))


def drawn_digits(count: int, seed: int = 0) -> Digits:
    """Digits in OpenCV's fonts, of random thickness and slant."""
    rng = np.random.default_rng(seed)
    images, labels = [], rng.integers(0, 10, count)
    for label in labels:
        image = np.zeros((56, 56), np.uint8)
        font, size = int(rng.choice(FONTS)), float(rng.uniform(1.3, 1.7))
        cv2.putText(image, str(label), (14, 46), font, size, 255, int(rng.integers(3, 6)), cv2.LINE_AA)
        slant = np.array([[1, rng.uniform(-0.2, 0.2), 0], [0, 1, 0]])
        image = cv2.warpAffine(image, slant, (56, 56))
        images.append(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255)
    return Digits(torch.from_numpy(np.stack(images)).float(), torch.from_numpy(labels.astype(np.int64)))


def placed(images: Tensor, numbers: Tensor) -> Tensor:
    """images (B, 20, 20), each by its affine numbers (B, 6); a gradient goes through them. The digit stays inside."""
    turn = numbers[:, 0] * float(np.radians(TURN_DEG))
    zero, one = torch.zeros_like(turn), torch.ones_like(turn)
    rotation = _matrix(turn.cos(), -turn.sin(), turn.sin(), turn.cos())
    scales = (numbers[:, 2:4] * LOG_SCALE).exp()
    linear = rotation @ _matrix(one, numbers[:, 1] * SHEAR, zero, one) * scales[:, None, :]
    middle, room = _room(images, linear.detach())
    shift = middle + room * numbers[:, 4:]
    inverse = torch.linalg.inv(linear)
    theta = torch.cat([inverse, -inverse @ shift[:, :, None]], dim=2)
    grid = affine_grid(theta, [len(images), 1, SIDE, SIDE], align_corners=False)
    return grid_sample(images[:, None], grid, align_corners=False)[:, 0]


def _matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    return torch.stack([torch.stack([a, b], dim=1), torch.stack([c, d], dim=1)], dim=1)


def _room(images: Tensor, linear: Tensor) -> tuple[Tensor, Tensor]:
    """Shifts (B, 2) that keep each digit's box inside: their middle and half of their range."""
    edges = []
    for axis in (1, 2):  # over rows: columns with ink, then over columns
        inked = images.amax(dim=axis) > INK
        first = inked.float().argmax(dim=1)
        last = SIDE - inked.flip(1).float().argmax(dim=1)
        edges.append(torch.stack([first, last], dim=1) * (2 / SIDE) - 1)
    x, y = edges
    corners = torch.stack([torch.stack([x[:, i], y[:, j]], dim=1) for i in (0, 1) for j in (0, 1)], dim=1)
    moved = corners @ linear.mT
    low, high = -1 - moved.amin(dim=1), 1 - moved.amax(dim=1)
    return (low + high) / 2, ((high - low) / 2).clamp_min(0)


def network(channels: tuple[int, int, int], outputs: int) -> nn.Module:
    """Convolutions of 5, 3 and 3, two of them by strides of 2, and two full layers. Pictures (B, 20, 20)."""
    first, second, third = channels
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE)),
        nn.Conv2d(1, first, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(first, second, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(second, third, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(third * (SIDE // 4) ** 2, 128),
        nn.ReLU(),
        nn.Linear(128, outputs),
    )


class DigitPlacer(nn.Module):
    """The synthesizer: pictures (B, 20, 20) and noise to numbers (B, 6), tanh(1.5 · prediction + noise)."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Unflatten(1, (1, SIDE)),
            nn.Conv2d(1, 8, 5, 2, 2),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, 2, 1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Linear(16 * (SIDE // 4) ** 2 + NOISE, 128),
            nn.ReLU(),
            nn.Linear(128, 128),
            nn.ReLU(),
            nn.Linear(128, NUMBERS),
        )

    def forward(self, images: Tensor) -> Tensor:
        noise = torch.randn(len(images), NOISE)
        predicted = self.head(torch.cat([self.trunk(images), noise], dim=1))
        return (1.5 * predicted + torch.randn_like(predicted)).tanh()
