"""The smallest method: one file, one row. A line is taught to follow points: python -m tests.train.toy_method"""

import itertools
import sys
from dataclasses import dataclass

import torch
from torch import nn

from core.networks.checkpoint import Checkpoint, load_weights
from train.run.method_record import Lesson, Method, Options, StepLoss
from train.run.training import run_command

ROW = {
    "name": "toy",
    "title": "Toy",
    "command": "tests.train.toy_method",
    "network": "line",
    "steps": 12,
    "batch": 4,
}
ROW["guesses"] = False


@dataclass(frozen=True)
class Config:
    batch: int = 4
    learning_rate: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class ToyOptions:
    slope: float = 2.0


def begin(plan, processes, fresh):
    torch.manual_seed(plan.config.seed)
    network = nn.Linear(1, 1).to(processes.device)
    own = plan.config.batch // processes.count

    def batches(epoch, place):
        for number in itertools.count(100 * epoch + place):
            draw = torch.Generator().manual_seed(1000 * plan.config.seed + number)
            points = torch.rand(plan.config.batch, 1, generator=draw)
            yield points[processes.rank * own : (processes.rank + 1) * own]

    def gradients(points, progress):
        network.zero_grad()
        off = (network(points) - plan.own.slope * points).square().sum() / plan.config.batch
        off.backward()
        return StepLoss(off, {"off": off}, {"people": torch.tensor(len(points))})

    return Lesson(
        network=network,
        optimizer=torch.optim.Adam(network.parameters()),
        batch=plan.config.batch,
        in_epoch=100,
        batches=batches,
        gradients=gradients,
        rate=lambda step, share: plan.config.learning_rate,
        checkpoint=lambda step, loop: Checkpoint("line", {}, network.state_dict(), step, loop),
        restore=lambda checkpoint, file: load_weights(network, checkpoint.weights, str(file)),
    )


METHOD = Method("toy", "Teach a line.", Config(), ToyOptions(), begin, Options(epochs=1), fixed=("slope",))

if __name__ == "__main__":
    sys.exit(run_command(METHOD))
