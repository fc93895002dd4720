"""One training step in float64 by however many processes torchrun starts: python -m tests.train.one_step FOLDER

The gradient of the whole batch, and the loss, go to FOLDER/gradient_COUNT.pt. The fits stay as they are: those in the
loop are float32.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from core.body.model import load_body
from core.store.fits import FitsDictionary
from tests.train import making_runs
from train.learning.augment import AugmentConfig
from train.learning.datasets import Turns
from train.learning.loop import Learner, Limits, learn
from train.learning.processes import Processes, share_batches
from train.spin import Config, build, step_of

BATCH = 8
UNBELIEVED = (0, 2, 3)  # most of the first half, so that the two processes count different numbers of people


def take(folder: Path) -> None:
    """folder: with curated.npz and its photos."""
    processes = Processes.join("cpu")
    body, fits = load_body(), FitsDictionary.load(folder / "curated.npz")
    fits.valid_fit[list(UNBELIEVED)] = False
    config = Config(batch=BATCH, backbone="resnet10", mode="static")
    network = build(config, body).double()
    dropout = share_batches(network, processes, config.seed)
    optimizer = torch.optim.Adam(network.parameters())
    learner = Learner(network, optimizer, dropout, processes, BATCH, config.learning_rate)
    crops = making_runs.crops_of(fits, folder, AugmentConfig())
    batches = (crops[turns] for turns in Turns(crops.order, 0, 0, BATCH, processes.share))
    loss = step_of(config, network, body.to("cpu", torch.float64), fits, processes)
    (report,) = learn(learner, batches, 10**9, loss, Limits(steps=1), folder)
    gradient = torch.cat([value.grad.flatten() for value in network.parameters() if value.grad is not None])
    if processes.first:
        torch.save({"gradient": gradient, "loss": report.loss}, folder / f"gradient_{processes.count}.pt")
    processes.leave()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
