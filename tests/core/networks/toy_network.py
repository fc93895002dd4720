"""Networks that only the tests know, in one file: one sees a crop, one everybody's centres too, one keypoints."""

from dataclasses import asdict, dataclass

import torch
from torch import nn

from core.body.model import SMPL_NEUTRAL, BodyParams
from core.networks.checkpoint import Checkpoint, save_checkpoint
from core.networks.lifter.lift import LifterGuess
from core.networks.spin import SpinOutput
from core.networks.table import NetworkKind

JOINTS, BETAS = 24, 10
AWAY = 5.0  # [m]


@dataclass(frozen=True)
class ToyConfig:
    """scale: of the weak camera that the network always answers."""

    scale: float = 0.8
    body: str = SMPL_NEUTRAL


class ToyNetwork(nn.Module):
    """Everybody stands upright in the T-pose, a little wider the brighter the crop."""

    kind = "toy"

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.wider = nn.Linear(1, 1, bias=False)

    def forward(self, images):
        people = len(images)
        rotations = torch.eye(3, device=images.device).repeat(people, JOINTS, 1, 1)
        rotations[:, 0] = torch.diag(torch.tensor([1.0, -1.0, -1.0]))  # SMPL's y is up, the camera's down
        betas = torch.zeros(people, BETAS, device=images.device)
        betas[:, :1] = self.wider(images.mean(dim=(1, 2, 3))[:, None])
        camera = torch.tensor([self.config.scale, 0.0, 0.0], device=images.device).repeat(people, 1)
        return SpinOutput(rotations, betas, camera)


class ToyCrowdNetwork(ToyNetwork):
    """The same, its first beta the number of people in the photo."""

    kind = "toy-crowd"

    def forward(self, images, centres):
        found = super().forward(images)
        betas = found.betas.clone()
        betas[:, 0] = centres[..., 0].isfinite().sum(dim=1)
        return found._replace(betas=betas)


class ToyLifter(ToyNetwork):
    """Two bodies a person, under the mean of its keypoints."""

    kind = "toy-lifter"

    def forward(self, body, keypoints, layout, focal_length, camera_center):
        seen = keypoints[..., 2:]
        middle = (keypoints[..., :2] * seen).sum(1) / seen.sum(1)
        across = AWAY * (middle - camera_center) / focal_length[:, None]
        place = torch.cat([across, torch.full_like(across[:, :1], AWAY)], dim=1)
        both = BodyParams.from_pose(
            torch.zeros(2 * len(place), 3 * JOINTS),
            torch.zeros(2 * len(place), BETAS),
            place.repeat_interleave(2, dim=0),
        )
        return LifterGuess(both[::2], both, torch.tensor([0.7, 0.3]).expand(len(place), 2))


ROW = NetworkKind("toy", "crop", config=ToyConfig, build=ToyNetwork)
CROWD_ROW = NetworkKind("toy-crowd", "centres", config=ToyConfig, build=ToyCrowdNetwork)
LIFTER_ROW = NetworkKind("toy-lifter", "keypoints", config=ToyConfig, build=ToyLifter)


def write(path, row):
    """A checkpoint of a network of random weights. Returns the file."""
    network = row.build(ToyConfig(scale=0.7))
    save_checkpoint(path, Checkpoint(row.kind, asdict(network.config), network.state_dict()))
    return path
