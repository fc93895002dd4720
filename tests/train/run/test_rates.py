"""How long a step is: the learning rate falls along a cosine, and long gradients are cut."""

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from core.networks.checkpoint import Checkpoint
from train.methods.spin.config import Config
from train.methods.spin.method import rate
from train.run.distributed import Processes
from train.run.loop import Learner, Limits, learn
from train.run.method_record import Lesson, RunProgress, StepLoss

IN_EPOCH = 4


def learner_of(slope=1.0, progress=None, **changes) -> Learner:
    """A weight and a loss that falls straight."""
    network = nn.Linear(1, 1, bias=False)
    config = Config(learning_rate=0.1, **changes)

    def gradients(batch, progress):
        network.zero_grad()
        loss = slope * network.weight.sum()
        loss.backward()
        return StepLoss(loss, {"straight": loss}, {"people": torch.tensor(1)})

    lesson = Lesson(
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), 0.1),
        batch=1,
        in_epoch=IN_EPOCH,
        batches=lambda epoch, place: itertools.repeat(None),
        gradients=gradients,
        rate=lambda step, share: rate(config, step, share),
        checkpoint=lambda step, loop: Checkpoint("", {}, {}, step, loop),
        restore=lambda checkpoint, file: None,
        clip=config.clip,
    )
    return Learner(lesson, Processes(0, 1, torch.device("cpu")), progress or RunProgress())


def steps_of(learner, limits):
    """The steps, and by how much the weight moved in each."""
    weight = learner.lesson.network.weight
    before = float(weight.detach())
    for step in learn(learner, limits, None):
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
    (cut,) = steps_of(learner_of(1000.0, clip=2.0), Limits(steps=1))
    assert cut.moved == pytest.approx(0.1 * 2.0, rel=1e-4)
    (short,) = steps_of(learner_of(1.5, clip=2.0), Limits(steps=1))
    assert short.moved == pytest.approx(0.1 * 1.5, rel=1e-4)
    (whole,) = steps_of(learner_of(1000.0), Limits(steps=1))
    assert whole.moved == pytest.approx(0.1 * 1000.0, rel=1e-4)


def test_a_run_of_minutes_ends_by_the_clock_and_has_the_rate_of_its_share():
    limits = Limits(epochs=None, minutes=1.0)
    half_way = learner_of(last_rate=0.0, progress=RunProgress(seconds=30.0))
    assert next(steps_of(half_way, limits)).rate == pytest.approx(0.05, rel=1e-3)
    assert not list(steps_of(learner_of(progress=RunProgress(seconds=60.0)), limits))
