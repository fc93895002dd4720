"""A small network in SPIN's place, for benchmarks on processors: crops of 64 px, some 0.3 million weights.

It has the outputs and losses of train.spin, so that targets and proposals work on it as on a real network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from core.body.keypoints import OPENPOSE
from core.body.model import Body, load_body
from core.geometry.image import normalise
from core.geometry.rotation import rotation6d_to_matrix
from core.metrics import pa_mpjpe_mm
from core.networks.guess import SMALLEST_SCALE
from core.networks.spin import SpinConfig, SpinOutput
from train.compositing.failing.failing_targets import AskedCrops, AskedPerson, Target, crops_of_asked, loss_of
from train.data.rotated_body import RotatedBody
from train.methods.spin.mean_params import mean_body

SIDE, CHANNELS, BATCH = 64, (24, 48, 96, 128), 32
RATE, LAST_SHARE, CLIP = 1e-3, 0.05, 10.0


class SmallRegressor(nn.Module):
    """Crops (B, 3, H, W), normalised, to a SpinOutput."""

    kind = "spin"

    def __init__(self) -> None:
        super().__init__()
        self.config = SpinConfig("resnet10", 1, load_body().fingerprint)
        layers: list[nn.Module] = []
        for before, after in zip((3, *CHANNELS[:-1]), CHANNELS, strict=True):
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Linear(CHANNELS[-1] * 16, 256), nn.ReLU())
        self.head = nn.Linear(256, 24 * 6 + 10 + 3)
        mean = mean_body()
        self.register_buffer("mean", torch.cat([mean.pose, mean.betas, mean.weak_camera]).reshape(1, -1))
        nn.init.zeros_(self.head.bias)
        nn.init.normal_(self.head.weight, std=0.01)

    def forward(self, crops: Tensor) -> SpinOutput:
        small = interpolate(crops, (SIDE, SIDE), mode="area") if crops.shape[-1] != SIDE else crops
        values = self.mean + self.head(self.trunk(small))
        pose, betas, camera = values.split([24 * 6, 10, 3], dim=1)
        camera = torch.cat([camera[:, :1].clamp_min(SMALLEST_SCALE), camera[:, 1:]], dim=1)
        return SpinOutput(rotation6d_to_matrix(pose.reshape(-1, 24, 6)), betas, camera)


@dataclass(frozen=True, eq=False)
class SmallCrops:
    """crops.images (B, 3, 64, 64), normalised; their truth as in AskedCrops."""

    crops: AskedCrops

    def __len__(self) -> int:
        return len(self.crops.images)

    def __getitem__(self, rows: Tensor) -> SmallCrops:
        crops = self.crops
        return SmallCrops(
            AskedCrops(crops.images[rows], crops.keypoints[rows], crops.rotations[rows], crops.joints[rows])
        )

    @classmethod
    def joined(cls, parts: Sequence[SmallCrops]) -> SmallCrops:
        names = AskedCrops.__dataclass_fields__
        return cls(AskedCrops(*(torch.cat([getattr(one.crops, name) for one in parts]) for name in names)))

    @classmethod
    def of(cls, people: Sequence[AskedPerson], body: Body) -> SmallCrops:
        """The crops of people, reduced once."""
        parts = []
        for start in range(0, len(people), 128):
            crops = crops_of_asked(people[start : start + 128], body, True)
            small = interpolate(normalise(crops.images), (SIDE, SIDE), mode="area")
            parts.append(cls(AskedCrops(small, crops.keypoints, crops.rotations, crops.joints)))
        return cls.joined(parts)


def learn(
    network: SmallRegressor,
    body: Body,
    data: SmallCrops,
    steps: int,
    seed: int,
    extra: SmallCrops | None = None,
) -> None:
    """Adam with a rate that falls by a cosine. extra: a third of each batch comes from here."""
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, RATE * LAST_SHARE)
    network.train().requires_grad_(True)
    for _ in range(steps):
        own = BATCH if extra is None else BATCH - BATCH // 3
        parts = [data[torch.randint(len(data), (own,), generator=draw)]]
        if extra is not None:
            parts.append(extra[torch.randint(len(extra), (BATCH - own,), generator=draw)])
        some = SmallCrops.joined(parts).crops
        gain = 0.8 + 0.4 * torch.rand(BATCH, 3, 1, 1, generator=draw)
        optimizer.zero_grad(set_to_none=True)
        (10 * loss_of(network, body, some.images * gain, some).mean()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        plan.step()
    network.eval()


@torch.no_grad()
def error_mm(network: SmallRegressor, body: Body, data: SmallCrops) -> float:
    """Mean PA-MPJPE [mm] over SPIN's 24 annotated joints."""
    network.eval()
    output = SpinOutput(*network(data.crops.images))
    points = RotatedBody.of(body).keypoints(output.rotations, output.betas)[:, OPENPOSE:]
    return float(pa_mpjpe_mm(points, data.crops.joints[..., :3]).mean())


def small_target(network: SmallRegressor, body: Body) -> Target:
    """Losses of people, as `spin_target` gives them."""

    def losses(people: Sequence[AskedPerson]) -> np.ndarray:
        with torch.no_grad():
            crops = SmallCrops.of(people, body).crops
            return loss_of(network.eval(), body, crops.images, crops).numpy()

    return losses
