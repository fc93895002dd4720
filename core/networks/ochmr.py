"""OCHMR's network: SPIN's with maps of body centres, which show it one person of several in the crop.

Khirodkar, Tripathi and Kitani, "Occluded Human Mesh Recovery", CVPR 2022. Theirs: a map of this person's centre and one
of everybody's, and after each of the backbone's stages a block that scales and shifts its features by them (CoNorm).
No code was published. Chosen here: the maps' size and width, the block's widths, and that its last layers start at
zero: a network that starts from SPIN's weights predicts exactly what SPIN does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import CheckpointError
from core.geometry.camera import CROP_SIZE
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint
from core.networks.load import network_of
from core.networks.resnet import BACKBONES, ResNet
from core.networks.spin import MeanParams, SpinConfig, SpinNetwork, SpinOutput
from core.networks.table import OCHMR, SPIN

NEAREST = 8  # people of a photo whose centres the network is shown, the crop's own among them
CELL = 4  # [px of the crop] side of a map's cell
SIGMA = 10.0  # [px of the crop] width of a centre's bell
HIDDEN = 32  # channels that the maps are made into before they scale and shift
Block = Literal["conorm", "conorm1", "channels"]
Maps = Literal["both", "local", "none"]


@dataclass(frozen=True)
class OchmrConfig(SpinConfig):
    """block: 'conorm', with 3 × 3 convolutions to scale and shift, 'conorm1' with 1 × 1, or 'channels': the maps as two
    more channels of the image, and no block. maps: which ones it is shown; 'none' leaves both empty, for ablations.
    Raises CheckpointError for what cannot be built."""

    block: Block = "conorm"
    maps: Maps = "both"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backbone not in BACKBONES:
            raise CheckpointError(
                f"blocks go into a ResNet, not into {self.backbone}. Choose one of {', '.join(BACKBONES)}."
            )
        known = {"block": ("conorm", "conorm1", "channels"), "maps": ("both", "local", "none")}
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise CheckpointError(f"{name} {getattr(self, name)!r}: choose one of {', '.join(values)}.")


class CoNorm(nn.Module):
    """X' = (1 + s) X + b, where s and b are convolutions of the maps. Features (B, C, h, w), maps (B, 2, H, W)."""

    def __init__(self, channels: int, size: int) -> None:
        """size: of the convolutions to s and b, which start at zero."""
        super().__init__()
        self.context = nn.Conv2d(2, HIDDEN, 3, padding=1)
        self.scale = nn.Conv2d(HIDDEN, channels, size, padding=size // 2)
        self.shift = nn.Conv2d(HIDDEN, channels, size, padding=size // 2)
        for last in (self.scale, self.shift):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, features: Tensor, maps: Tensor) -> Tensor:
        context = torch.relu_(self.context(resized(maps, features.shape[2:]).to(features.dtype)))
        return (1 + self.scale(context)) * features + self.shift(context)


class OchmrNetwork(SpinNetwork):
    """Crops (B, 3, 224, 224) as for SPIN, and centres (B, N, 2) [px of the crop]: the person's own, then others', NaN
    for nobody; to SpinOutput."""

    kind = OCHMR
    config: OchmrConfig

    def __init__(self, config: OchmrConfig | None = None, mean: MeanParams | None = None) -> None:
        """mean: as for SPIN's network."""
        config = config or OchmrConfig()
        super().__init__(config, mean)
        backbone = BACKBONES[config.backbone]
        if config.block == "channels":
            self.maps_conv = nn.Conv2d(2, backbone.widths[0], 7, stride=2, padding=3, bias=False)
            nn.init.zeros_(self.maps_conv.weight)
            return
        size = 1 if config.block == "conorm1" else 3
        widths = [width * backbone.block.expansion for width in backbone.widths]
        self.conorm = nn.ModuleDict(
            {str(number): CoNorm(width, size) for number, width in enumerate(widths, start=1)}
        )

    def forward(self, images: Tensor, centres: Tensor) -> SpinOutput:  # type: ignore[override]  # it needs more
        maps = self._shown(centre_maps(centres))
        return self.bodies(ResNet.forward(self, images, lambda stage, x: self._told(stage, x, maps)))

    def _shown(self, maps: Tensor) -> Tensor:
        shown = {"both": (1.0, 1.0), "local": (1.0, 0.0), "none": (0.0, 0.0)}[self.config.maps]
        return maps * maps.new_tensor(shown).view(1, 2, 1, 1)

    def _told(self, stage: int, x: Tensor, maps: Tensor) -> Tensor:
        """The features after a stage, 0 the first convolution, changed by the maps."""
        if self.config.block == "channels":
            if stage:
                return x
            doubled = nn.functional.interpolate(
                maps, [2 * side for side in x.shape[2:]], mode="bilinear", antialias=True
            )
            return x + self.maps_conv(doubled.to(x.dtype))
        return self.conorm[str(stage)](x, maps) if stage else x


def centre_maps(centres: Tensor) -> Tensor:
    """Bells around centres (B, N, 2) [px of the crop]: the first one's, and the highest of all at each cell.

    Returns (B, 2, 56, 56) in 0..1. Centres outside the crop count by their tails; NaN is nobody.
    """
    middles = torch.arange(CROP_SIZE // CELL, device=centres.device) * CELL + CELL / 2
    across, down = ((middles - centres[..., axis, None]).square() for axis in (0, 1))  # (B, N, 56)
    bells = torch.exp(-(down[..., :, None] + across[..., None, :]) / (2 * SIGMA**2)).nan_to_num(0.0)
    return torch.stack([bells[:, 0], bells.amax(dim=1)], dim=1)


def resized(maps: Tensor, size: Sequence[int]) -> Tensor:
    """maps (B, 2, H, W) at another height and width."""
    return nn.functional.interpolate(maps.float(), list(size), mode="bilinear", antialias=True)


def shown_centres(own: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float32]:
    """own (2,) and others (P, 2) as the network is shown them: (8, 2), the own one first, then the nearest to it, NaN
    for nobody."""
    shown = np.full((NEAREST, 2), np.nan, np.float32)
    order = np.argsort(np.linalg.norm(others - own, axis=-1), kind="stable")[: NEAREST - 1]
    shown[0], shown[1 : 1 + len(order)] = own, others[order]
    return shown


def build(config: OchmrConfig) -> OchmrNetwork:
    """A network of random weights whose blocks do nothing yet, its parameters as crops lie in memory."""
    return OchmrNetwork(config).to(memory_format=torch.channels_last)


def load_ochmr_network(path: str | Path, block: Block = "conorm", maps: Maps = "both") -> OchmrNetwork:
    """A checkpoint of OCHMR's, or one of SPIN's as the start of such a network: with blocks of zeros, which predict
    what SPIN does. block, maps: of a start from SPIN. Raises CheckpointError."""
    checkpoint = read_checkpoint(path)
    if checkpoint.network not in ("", SPIN, OCHMR):
        raise CheckpointError(
            f"{path}: holds a network of kind {checkpoint.network!r}. Choose one of kind {OCHMR!r} or {SPIN!r}."
        )
    network = network_of(checkpoint, str(path))
    return network if isinstance(network, OchmrNetwork) else told_apart(network, block, maps)


def told_apart(network: nn.Module, block: Block = "conorm", maps: Maps = "both") -> OchmrNetwork:
    """SPIN's network with blocks of zeros: its predictions, whatever the centres."""
    assert isinstance(network, SpinNetwork)
    built = build(OchmrConfig(**asdict(network.config), block=block, maps=maps))
    load_weights(built, {**built.state_dict(), **network.state_dict()}, "SPIN's network")
    return built.train(network.training)


def config_in(checkpoint: Checkpoint, where: str) -> dict[str, Any]:
    """The config of a checkpoint. Raises CheckpointError for one that has none."""
    if not checkpoint.config:
        raise CheckpointError(f"{where}: is of kind {OCHMR!r} and has no config. Save it again with its run.")
    return checkpoint.config
