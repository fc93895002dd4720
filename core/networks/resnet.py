"""ResNet (He et al., CVPR 2016) as torchvision names its parameters, so that its weight files and SPIN's load.

The stride is that of a block's 3 × 3 convolution, as in torchvision. There is no classifier: a batch of images
comes out as features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)  # channels inside the blocks of layer1 … layer4


class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions around a shortcut. (B, channels, H, W) to (B, width, H / stride, W / stride)."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _convolution(channels, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels, width * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu_(self.bn1(self.conv1(x)))
        return torch.relu_(self.bn2(self.conv2(inner)) + _shortened(self.downsample, x))


class Bottleneck(nn.Module):
    """1 × 1, 3 × 3 and 1 × 1 convolutions around a shortcut; four times as wide outside as inside."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _convolution(channels, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _convolution(width, width * self.expansion, 1)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.downsample = _shortcut(channels, width * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu_(self.bn1(self.conv1(x)))
        inner = torch.relu_(self.bn2(self.conv2(inner)))
        return torch.relu_(self.bn3(self.conv3(inner)) + _shortened(self.downsample, x))


def as_it_is(stage: int, features: Tensor) -> Tensor:
    """A plain ResNet's features after a stage."""
    return features


class ResNet(nn.Module):
    """Images (B, 3, H, W), normalised as ImageNet's, to features (B, `features`)."""

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        counts: Sequence[int],
        widths: Sequence[int] = WIDTHS,
        shrink: int = 1,
    ) -> None:
        """shrink: pixels of the image, along each axis, that the network sees as one."""
        super().__init__()
        self.features = widths[-1] * block.expansion
        self.shrink = shrink
        channels = widths[0]
        self.conv1 = _convolution(3, channels, 7, 2)
        self.bn1 = nn.BatchNorm2d(channels)
        for number, (width, count) in enumerate(zip(widths, counts, strict=True), start=1):
            blocks = []
            for index in range(count):
                blocks.append(block(channels, width, 2 if number > 1 and index == 0 else 1))
                channels = width * block.expansion
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor, after: Callable[[int, Tensor], Tensor] = as_it_is) -> Tensor:
        """after: what becomes of the features (B, C, h, w) after conv1, number 0, and after layer1 … layer4."""
        if self.shrink > 1:
            images = nn.functional.avg_pool2d(images, self.shrink)
        x = torch.relu_(self.bn1(after(0, self.conv1(images))))
        x = nn.functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        for number in range(1, len(WIDTHS) + 1):
            x = after(number, getattr(self, f"layer{number}")(x))
        return x.mean(dim=(2, 3))  # at 224 px the average over 7 × 7 of SPIN


class Backbone(NamedTuple):
    """The parts of a ResNet."""

    block: type[BasicBlock | Bottleneck]
    counts: tuple[int, int, int, int]
    widths: tuple[int, int, int, int] = WIDTHS
    shrink: int = 1


BACKBONES = {
    # Half as wide, and sees sixteen pixels as one: what learns without a GPU.
    "resnet10": Backbone(BasicBlock, (1, 1, 1, 1), (32, 64, 128, 256), 4),
    "resnet18": Backbone(BasicBlock, (2, 2, 2, 2)),
    "resnet50": Backbone(Bottleneck, (3, 4, 6, 3)),
}


def _convolution(channels: int, out: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out, size, stride=stride, padding=size // 2, bias=False)


def _shortcut(channels: int, out: int, stride: int) -> nn.Sequential | None:
    """The layers that bring a block's input to the shape of its output, None if the shapes agree."""
    if stride == 1 and channels == out:
        return None
    return nn.Sequential(_convolution(channels, out, 1, stride), nn.BatchNorm2d(out))


def _shortened(shortcut: nn.Sequential | None, x: Tensor) -> Tensor:
    return x if shortcut is None else shortcut(x)
