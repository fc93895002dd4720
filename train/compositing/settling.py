"""What a person refused: those photos leave the data set, and teach the discriminator what is unreal."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from core.errors import FitloopError
from core.files.untrusted import read_json
from core.geometry.image import read_image
from train.compositing.composed_set import DATASET, keep_rows
from train.compositing.person_placer import SIDE

REFUSED = "refused.json"  # list of imgname: written by the window


def refused_names(folder: Path) -> list[str]:
    """Raises FitloopError for a file that is no list of names."""
    file = folder / REFUSED
    if not file.exists():
        return []
    names = read_json(file)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FitloopError(f"{file}: is no list of photos. Refuse them again in the window, or delete it.")
    return names


def settle(folder: Path) -> tuple[int, int]:
    """Leave the refused photos out of the data set. Returns rows kept, and rows before. Raises FitloopError."""
    if not (folder / DATASET).exists():
        raise FitloopError(f"{folder}: has no {DATASET}. Make the composites first.")
    refused = set(refused_names(folder))
    return keep_rows(folder, lambda name: name not in refused)


def refused_pictures(folder: Path) -> Tensor | None:
    """(N, 3, 64, 64) from 0 to 1; None where nothing was refused. Raises FitloopError and ImageError."""
    small = [
        cv2.resize(read_image(folder / name), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        for name in refused_names(folder)
        if (folder / name).is_file()
    ]
    if not small:
        return None
    return torch.from_numpy(np.stack(small)).movedim(-1, 1).float() / 255
