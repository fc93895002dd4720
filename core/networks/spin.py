"""SPIN's network: pixels of a crop to pose, shape and weak camera.

HMR's regressor (Kanazawa et al., CVPR 2018) with the 6D rotations of SPIN (Kolotouros et al., ICCV 2019): image
features, and estimates that start at a mean body and are corrected a few times (iterative error feedback). Parameter
names are those of SPIN's public checkpoint. Input and output are in the crop's frame; core/networks/guess.py converts
to the photo's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from core.body.model import SMPL_NEUTRAL
from core.body.tree import JOINT_NAMES
from core.errors import CheckpointError
from core.files.npz import ArrayFault, read_npz
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d, rotation6d_to_matrix
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint
from core.networks.efficientnet import FEATURES, LITE, EfficientNetLite, load_imagenet
from core.networks.load import network_of
from core.networks.resnet import BACKBONES, ResNet
from core.networks.table import OCHMR, SPIN

NETWORK = SPIN  # its name in our own checkpoints
POSE_NUMBERS = 6 * len(JOINT_NAMES)  # 144
BETAS = 10
WEAK_CAMERA = 3
HIDDEN = 1024
DROPOUT = 0.5
SMALL_START = 0.01  # gain of the last layers at first: corrections begin near zero
MAX_ITERATIONS = 16
MEAN_SCALE = 0.9  # a standing person in a bbox a fifth wider than the person


def backbones() -> tuple[str, ...]:
    """Names of the backbones that a network can have."""
    return (*BACKBONES, LITE)


@dataclass(frozen=True)
class SpinConfig:
    """backbone: of `backbones()`. iterations of error feedback. body: fingerprint of the body whose betas the network
    predicts, SMPL_NEUTRAL for SPIN's own weights. Raises CheckpointError for what cannot be built."""

    backbone: str = "resnet50"
    iterations: int = 3
    body: str = SMPL_NEUTRAL

    def __post_init__(self) -> None:
        if self.backbone not in backbones():
            raise CheckpointError(f"no backbone {self.backbone!r}. Choose one of {', '.join(backbones())}.")
        if type(self.iterations) is not int or not 1 <= self.iterations <= MAX_ITERATIONS:
            raise CheckpointError(f"{self.iterations!r} iterations: choose 1 to {MAX_ITERATIONS}.")
        if not isinstance(self.body, str):
            raise CheckpointError(f"body {self.body!r}: give the fingerprint of a body, a text.")


class MeanParams(NamedTuple):
    """Where the corrections start: pose (144,) as 24 6D rotations, betas (10,), weak_camera (3,)."""

    pose: Tensor
    betas: Tensor
    weak_camera: Tensor


class SpinOutput(NamedTuple):
    """rotations (B, 24, 3, 3), the first in the crop's frame; betas (B, 10); weak_camera (B, 3) = scale, tx, ty."""

    rotations: Tensor
    betas: Tensor
    weak_camera: Tensor


class SpinNetwork(ResNet):
    """Crops (B, 3, 224, 224) float, normalised as ImageNet's, to SpinOutput."""

    kind = NETWORK
    init_pose: Tensor
    init_shape: Tensor
    init_cam: Tensor

    def __init__(self, config: SpinConfig | None = None, mean: MeanParams | None = None) -> None:
        """mean: by default the mean adult upright in the T-pose. Weights are random until they are loaded."""
        self.config = config = config or SpinConfig()
        super().__init__(*BACKBONES[config.backbone])
        self.add_regressor(mean)

    def add_regressor(self, mean: MeanParams | None) -> None:
        """The layers from features to bodies, of random weights."""
        state = self.features + POSE_NUMBERS + BETAS + WEAK_CAMERA
        self.fc1 = nn.Linear(state, HIDDEN)
        self.drop1 = nn.Dropout(DROPOUT)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.drop2 = nn.Dropout(DROPOUT)
        self.decpose = nn.Linear(HIDDEN, POSE_NUMBERS)
        self.decshape = nn.Linear(HIDDEN, BETAS)
        self.deccam = nn.Linear(HIDDEN, WEAK_CAMERA)
        for last in (self.decpose, self.decshape, self.deccam):
            nn.init.xavier_uniform_(last.weight, gain=SMALL_START)
        mean = mean or mean_params(torch.zeros(3 * (len(JOINT_NAMES) - 1)))
        for name, value in zip(("init_pose", "init_shape", "init_cam"), mean, strict=True):
            self.register_buffer(name, value.detach().to(torch.float32, copy=True).reshape(1, -1))

    def forward(self, images: Tensor) -> SpinOutput:  # type: ignore[override]  # features are not what it returns
        return self.bodies(super().forward(images))

    def bodies(self, features: Tensor) -> SpinOutput:
        """The regressor's bodies of features (B, F)."""
        batch = len(features)
        pose, betas, camera = (
            start.expand(batch, -1) for start in (self.init_pose, self.init_shape, self.init_cam)
        )
        for _ in range(self.config.iterations):
            state = torch.cat([features, pose, betas, camera], dim=1)
            hidden = self.drop2(
                self.fc2(self.drop1(self.fc1(state)))
            )  # no activation between: as SPIN has it
            pose = pose + self.decpose(hidden)
            betas = betas + self.decshape(hidden)
            camera = camera + self.deccam(hidden)
        rotations = rotation6d_to_matrix(pose.view(batch, len(JOINT_NAMES), 6))
        return SpinOutput(rotations, betas, camera)


class LiteSpinNetwork(SpinNetwork):
    """The same on EfficientNet-lite0 in place of a ResNet."""

    def __init__(self, config: SpinConfig, mean: MeanParams | None = None) -> None:
        nn.Module.__init__(self)  # without a ResNet's layers
        self.config, self.features = config, FEATURES
        self.lite = EfficientNetLite()
        self.add_regressor(mean)

    def forward(self, images: Tensor) -> SpinOutput:  # type: ignore[override]  # as SpinNetwork's
        return self.bodies(self.lite(images))


def load_spin_network(path: str | Path) -> SpinNetwork:
    """SPIN's public `model_checkpoint.pt`, bare weights of its names, or our own checkpoint, ready to guess.

    Raises CheckpointError for any other kind, or saying which parameters are missing, extra or of another shape.
    """
    checkpoint = read_checkpoint(path)
    network = network_of(checkpoint, str(path)) if checkpoint.network in ("", NETWORK) else None
    if not isinstance(network, SpinNetwork):
        more = " Its blocks need everybody's trunk centres: go on with train.ochmr." * (
            checkpoint.network == OCHMR
        )
        raise CheckpointError(
            f"{path}: holds a network of kind {checkpoint.network!r}, not {NETWORK!r}.{more}"
        )
    return network


def build(config: SpinConfig, mean: MeanParams | None = None) -> SpinNetwork:
    """A network of random weights, its parameters as crops lie in memory."""
    kind = LiteSpinNetwork if config.backbone == LITE else SpinNetwork
    return kind(config, mean).to(memory_format=torch.channels_last)


def config_in(checkpoint: Checkpoint, where: str) -> dict[str, Any]:
    """The config of a checkpoint; of bare weights, what their names tell.

    Raises CheckpointError for a backbone alone.
    """
    weights = checkpoint.weights
    if "conv1.weight" in weights and "decpose.weight" not in weights and "fc1.weight" not in weights:
        raise CheckpointError(
            f"{where}: holds a ResNet alone, without the layers of a body. Train with it as the backbone, or choose a "
            "checkpoint of SPIN."
        )
    bottlenecks = "layer1.0.conv3.weight" in weights
    small = "layer1.0.conv1.weight" in weights and not bottlenecks
    return checkpoint.config or {"backbone": "resnet18" if small else "resnet50"}


def spin_checkpoint(network: SpinNetwork, step: int = 0, loop: dict[str, Any] | None = None) -> Checkpoint:
    """The checkpoint of a network and its training."""
    return Checkpoint(network.kind, asdict(network.config), network.state_dict(), step, loop or {})


def load_backbone(network: SpinNetwork, path: str | Path) -> None:
    """Start the backbone from torchvision's ImageNet weights (`resnet50-….pth`); the regressor stays as it is.

    Raises CheckpointError for any other network's weights; the network is then unchanged.
    """
    classifier = ("fc.weight", "fc.bias")
    weights = {n: value for n, value in read_checkpoint(path).weights.items() if n not in classifier}
    if isinstance(network, LiteSpinNetwork):
        raise CheckpointError(
            f"{path}: {LITE} starts from its own ImageNet weights. Leave --backbone-weights out."
        )
    backbone = ResNet(*BACKBONES[network.config.backbone])
    load_weights(backbone, weights, str(path))
    network.load_state_dict({**network.state_dict(), **backbone.state_dict()})


def start_at_imagenet(network: SpinNetwork) -> None:
    """Start EfficientNet-lite0 from its installed ImageNet weights; a ResNet stays as it is. Raises CheckpointError."""
    if isinstance(network, LiteSpinNetwork):
        load_imagenet(network.lite)


def mean_params(
    body_pose: Tensor, betas: Tensor | None = None, weak_camera: Tensor | None = None
) -> MeanParams:
    """A start of our own, facing the camera upright: body_pose (69,) axis-angle, such as the mean of a pose prior."""
    upright = torch.tensor([torch.pi, 0.0, 0.0])  # SMPL's y is up, the camera's down
    pose = torch.cat([upright, body_pose.detach().to("cpu", torch.float32)]).view(-1, 3)
    return MeanParams(
        matrix_to_rotation6d(axis_angle_to_matrix(pose)).flatten(),
        torch.zeros(BETAS) if betas is None else betas,
        torch.tensor([MEAN_SCALE, 0.0, 0.0]) if weak_camera is None else weak_camera,
    )


def read_mean_params(path: str | Path) -> MeanParams:
    """SPIN's `smpl_mean_params.npz`: pose (144,), shape (10,), cam (3,). Raises CheckpointError."""
    sizes = {"pose": POSE_NUMBERS, "shape": BETAS, "cam": WEAK_CAMERA}
    try:
        held = read_npz(Path(path), sizes)
        arrays = {name: np.asarray(held[name], dtype=np.float32).ravel() for name in sizes}
    except (ArrayFault, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path}: cannot be read as mean parameters ({error}). It needs {sizes} numbers."
        ) from None
    if any(a.size != sizes[name] or not np.isfinite(a).all() for name, a in arrays.items()):
        found = {name: a.size for name, a in arrays.items()}
        raise CheckpointError(f"{path}: holds {found} numbers, but {sizes} finite ones are needed.")
    return MeanParams(*(torch.from_numpy(a) for a in arrays.values()))
