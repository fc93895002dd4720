"""Guesses on a graphics card. Without one "cpu:0" stands for it: networks and bodies are moved there all the same."""

import pytest
import torch

from core.networks.spin import SpinConfig, SpinNetwork
from desktop.jobs import device as devices
from desktop.jobs import guessing
from desktop.jobs.device import CPU, Device, lifter_on, network_on
from desktop.jobs.guessing import guess_people
from desktop.jobs.guessing_many import guess_many_steps

pytestmark = pytest.mark.slow

CARD = "cpu:0"


@pytest.fixture
def card(monkeypatch):
    """A machine with a card, on which nothing was computed yet."""
    monkeypatch.setattr(devices, "_best", lambda: CARD)
    network_on.cache_clear()
    lifter_on.cache_clear()
    yield CARD
    network_on.cache_clear()
    lifter_on.cache_clear()


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SpinNetwork(SpinConfig("resnet18")).eval()


@pytest.fixture
def asked(monkeypatch):
    """Networks that were asked, with the bodies they were asked for."""
    import core.networks.guess as core_guess

    asked, guess = [], core_guess.guess

    def remember(image, people, photo, network, body, *more):
        asked.append((network, body))
        return guess(image, people, photo, network, body, *more)

    monkeypatch.setattr(core_guess, "guess", remember)
    return asked


def full_card(monkeypatch, network):
    """From now on nothing of this network fits on the card."""
    there = guessing.network_on

    def full(network, where):
        if where != CPU:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return there(network, where)

    monkeypatch.setattr(guessing, "network_on", full)


def everybody(desk):
    photos = desk.workbench.project.photos()
    return [(photo, person) for photo in photos for person in photo.people]


def test_an_image_network_guesses_on_the_card_and_the_one_that_was_loaded_stays(
    open_desk, card, network, asked
):
    project, body = open_desk.workbench.project, open_desk.workbench.fits.body
    found, faults = guess_people(everybody(open_desk), project.folder, network, Device(body))
    assert sorted(found) == sorted(person.id for _, person in everybody(open_desk))
    assert faults == []
    assert all(used is not network and there is not body for used, there in asked)
    assert len({id(used) for used, _ in asked}) == 1  # moved once
    assert all(guess.network == "spin" for guess in found.values())


def test_a_full_card_is_told_once_and_the_network_guesses_on_the_processor(
    open_desk, card, network, asked, monkeypatch
):
    desk, project = open_desk, open_desk.workbench.project
    full_card(monkeypatch, network)
    device = Device(desk.workbench.fits.body)
    steps = list(
        guess_many_steps(
            desk.workbench.fits.body, project, desk.workbench.queue.ids(), network, device=device
        )
    )
    assert sum(len(step.guesses) for step in steps) == 4
    told = [fault for step in steps for fault in step.faults]
    assert len(told) == 1
    assert "processor" in told[0]
    assert device.name == CPU
    assert {id(used) for used, _ in asked} == {id(network)}


def test_the_lifter_guesses_many_on_the_card_at_once(open_desk, card, monkeypatch):
    desk, where = open_desk, []
    there = guessing.lifter_on
    monkeypatch.setattr(guessing, "lifter_on", lambda device: where.append(device) or there(device))
    steps = list(
        guess_many_steps(desk.workbench.fits.body, desk.workbench.project, desk.workbench.queue.ids())
    )
    assert where == [CARD]
    assert sum(len(step.guesses) for step in steps) == 4
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total == 4


def test_guesses_of_many_at_once_are_those_of_each_alone(open_desk):
    desk = open_desk
    body, project = desk.workbench.fits.body, desk.workbench.project
    together, _ = guess_people(everybody(desk), project.folder, None, Device(body, CPU))
    for photo, person in everybody(desk):
        alone, _ = guess_people([(photo, person)], project.folder, None, Device(body, CPU))
        one, other = together[person.id], alone[person.id]
        assert one.pose == pytest.approx(other.pose, abs=0.05)
        assert one.focal_length == other.focal_length
        assert len(one.alternatives) == len(other.alternatives)


def test_the_person_on_show_is_guessed_on_the_card_and_told_of_a_full_one(
    open_desk, card, network, asked, monkeypatch
):
    desk = open_desk
    desk.workbench.fits.network.loaded = network
    desk.fit("fit.guess")
    assert asked[-1][0] is not network
    assert desk.workbench.person.guess.network == "spin"
    full_card(monkeypatch, network)
    desk.told.clear()
    desk.fit("fit.guess")
    assert asked[-1][0] is network
    assert [words for words in desk.told if "processor" in words] == desk.told
    assert len(desk.told) == 1


def test_who_wants_the_card_for_a_training_keeps_it_free(open_desk, card, network, asked):
    desk = open_desk
    assert desk.workbench.fits.device().name == CARD
    desk.do("fit.card")
    assert desk.workbench.fits.device().name == CPU
    desk.workbench.fits.network.loaded = network
    desk.fit("fit.guess")
    assert asked[-1][0] is network
