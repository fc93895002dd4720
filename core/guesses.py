"""Guesses of several networks of one person: the first is the guess, the others stand among its alternatives.

An alternative of the guess's own network is another choice of that network; one of another network is that network's.
"""

from __future__ import annotations

from dataclasses import replace

from core.records import Guess

TEACHER = "posenet3d teacher"  # the network of the guesses that PoseNet3D's teacher makes: a second opinion


def of_networks(guess: Guess | None) -> tuple[Guess, ...]:
    """The first guess of each network, that of the guess itself first."""
    first: dict[str, Guess] = {}
    for one in () if guess is None else (guess, *guess.alternatives):
        first.setdefault(one.network, one)
    return tuple(first.values())


def of_one_network(guess: Guess) -> tuple[Guess, ...]:
    """The guess and the alternatives of its own network."""
    return guess, *(one for one in guess.alternatives if one.network == guess.network)


def beside(old: Guess | None, new: Guess) -> Guess:
    """The new guess, with those of other networks that the person had kept among its alternatives."""
    known = () if old is None else (replace(old, alternatives=()), *old.alternatives)
    others = tuple(one for one in known if one.network != new.network)
    return replace(new, alternatives=(*new.alternatives, *others))


def behind(old: Guess | None, new: Guess) -> Guess:
    """The old guess, with that of another network among its alternatives in place of that network's own before. Without
    an old guess, or with one of that network, the new one is the guess."""
    if old is None or old.network == new.network:
        return beside(old, new)
    kept = tuple(one for one in old.alternatives if one.network != new.network)
    return replace(old, alternatives=(*kept, replace(new, alternatives=()), *new.alternatives))
