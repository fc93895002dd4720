"""How the crops of a batch were augmented, to map a network's prediction back into the photo."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Views:
    """How the rows (B,) of a batch are seen: indices of the dictionary, the augmentation rotation_deg, flipped and
    scale (B,), and keypoints (B, 49, 3) [px of the photo]."""

    indices: Tensor
    rotation_deg: Tensor
    flipped: Tensor
    scale: Tensor
    keypoints: Tensor

    def __getitem__(self, chosen: Tensor) -> Views:
        return Views(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.indices)
