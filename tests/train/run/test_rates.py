"""How long a step is: the learning rate falls along a cosine, and long gradients are cut."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from train.run.distributed import DropoutStream, Processes
from train.run.folder import RunProgress
from train.run.loop import Learner, Limits, Method, StepLoss, learn

IN_EPOCH = 4


class Batches:
    """The same batch for ever, of which the loop needs no more than this."""

    unreadable = ()

    def to(self, device):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self


def learner_of(**changes) -> Learner:
    network = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    processes = Processes(0, 1, torch.device("cpu"))
    return Learner(network, optimizer, DropoutStream(0), processes, 1, learning_rate=0.1, **changes)


def steps_of(learner, limits, slope=1.0):
    """The steps of a loss that falls straight, and by how much the weight moved in each."""
    weight = learner.network.weight

    def loss(_, said):
        return StepLoss(slope * weight.sum(), {"straight": slope * weight.sum()}, {"people": torch.tensor(1)})

    before = float(weight.detach())
    for step in learn(learner, iter(Batches()), IN_EPOCH, Method(lambda _: (weight,), loss), limits, None):
        now = float(weight.detach())
        yield SimpleNamespace(rate=step.learning_rate, moved=before - now)
        before = now


def test_the_rate_stays_unless_it_is_told_to_fall():
    steps = list(steps_of(learner_of(), Limits(steps=3)))
    assert [step.rate for step in steps] == [0.1] * 3
    assert [step.moved for step in steps] == pytest.approx([0.1] * 3)


@pytest.mark.parametrize(
    "limits", [Limits(steps=8, epochs=None), Limits(epochs=2), Limits(steps=8, epochs=50)]
)
def test_the_rate_falls_along_half_a_cosine_to_the_end_of_the_run(limits):
    rates = [step.rate for step in steps_of(learner_of(last_rate=0.2), limits)]
    assert len(rates) == 8
    assert rates[0] == pytest.approx(0.1)
    assert rates[4] == pytest.approx((0.1 + 0.02) / 2)
    assert rates == sorted(rates, reverse=True)
    assert 0.02 < rates[7] < 0.025


def test_the_rate_rises_in_a_line_to_that_of_the_cosine():
    limits = Limits(steps=8)
    rates = [step.rate for step in steps_of(learner_of(last_rate=0.2, warm_up=4), limits)]
    whole = [step.rate for step in steps_of(learner_of(last_rate=0.2), limits)]
    shares = [rate / at_last for rate, at_last in zip(rates, whole, strict=True)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
    rest = learner_of(last_rate=0.2, warm_up=4, progress=RunProgress(step=2, batch=2))
    assert [step.rate for step in steps_of(rest, limits)] == rates[2:]


def test_a_run_that_goes_on_has_the_rate_of_its_place():
    whole = [step.rate for step in steps_of(learner_of(last_rate=0.0), Limits(steps=8))]
    rest = learner_of(last_rate=0.0, progress=RunProgress(step=5, epoch=1, batch=1))
    assert [step.rate for step in steps_of(rest, Limits(steps=8))] == whole[5:]


def test_a_run_without_an_end_keeps_its_rate():
    steps = steps_of(learner_of(last_rate=0.0), Limits(epochs=None))
    assert [next(steps).rate for _ in range(3)] == [0.1] * 3


def test_a_long_gradient_is_cut_and_a_short_one_stays():
    (cut,) = steps_of(learner_of(clip=2.0), Limits(steps=1), slope=1000.0)
    assert cut.moved == pytest.approx(0.1 * 2.0, rel=1e-4)
    (short,) = steps_of(learner_of(clip=2.0), Limits(steps=1), slope=1.5)
    assert short.moved == pytest.approx(0.1 * 1.5, rel=1e-4)
    (whole,) = steps_of(learner_of(), Limits(steps=1), slope=1000.0)
    assert whole.moved == pytest.approx(0.1 * 1000.0, rel=1e-4)
