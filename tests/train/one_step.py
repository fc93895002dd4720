"""One training step in float64 by however many processes torchrun starts: python -m tests.train.one_step FOLDER

The gradient of the whole batch, and the loss, go to FOLDER/gradient_COUNT.pt. The fits stay as they are: those in the
loop are float32. The same step in pieces is for a test in one process.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from core.body.model import load_body
from core.store.fits.dictionary import FitsDictionary
from tests.train import making_runs
from train.data.augment import AugmentConfig
from train.data.sources import Sources
from train.methods.spin.config import Config, SpinOptions
from train.methods.spin.in_the_loop import build
from train.methods.spin.method import lesson_of
from train.run.distributed import Processes
from train.run.loop import Learner, Limits, learn
from train.run.method_record import Options, Plan, RunProgress

BATCH = 8
UNBELIEVED = (0, 2, 3)  # most of the first half, so that the two processes count different numbers of people


class Still(torch.nn.BatchNorm2d):
    """A batch norm that goes by its running statistics also when it is trained: of each person alone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, var = self.running_mean, self.running_var
        return torch.nn.functional.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)


def take(folder: Path) -> None:
    """folder: with curated.npz and its photos."""
    gradient, value, processes = of_whole_batch(folder)
    if processes.first:
        torch.save({"gradient": gradient, "loss": value}, folder / f"gradient_{processes.count}.pt")
    processes.leave()


def of_whole_batch(
    folder: Path, pieces: int = 1, still: bool = False
) -> tuple[torch.Tensor, float, Processes]:
    """Gradient and loss of the step, its batch in so many pieces; still: its batch norms see nobody beside."""
    processes = Processes.join("cpu")
    body, fits = load_body(), FitsDictionary.load(folder / "curated.npz")
    fits.valid_fit[list(UNBELIEVED)] = False
    config = Config(batch=BATCH, backbone="resnet10", mode="static")
    network = build(config, body).double()
    for module in network.modules():
        if still and isinstance(module, torch.nn.BatchNorm2d):
            module.__class__ = Still
    crops = making_runs.crops_of(fits, folder, AugmentConfig())
    plan = Plan(Options(), SpinOptions(workers=0), config, folder)
    sources = Sources(crops.samples, fits, crops.order, ())
    lesson = lesson_of(plan, processes, network, sources, body.to("cpu", torch.float64), ())
    (report,) = learn(Learner(lesson, processes, RunProgress(accumulate=pieces)), Limits(steps=1), folder)
    gradient = torch.cat([value.grad.flatten() for value in network.parameters() if value.grad is not None])
    return gradient, report.loss, processes


if __name__ == "__main__":
    take(Path(sys.argv[1]))
