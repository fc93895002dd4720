"""A list of terms as one piece of machine code.

numba cannot loop over functions, and each term reads numbers of its own types. So each one is called by a small
function that then calls the next; all of them become part of their caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.compute.machine_code import Floats, inlined
from core.fitting.terms.term import FitTerm, TermWorkspace

Losses = Callable[[tuple[Any, ...], tuple[Any, ...], TermWorkspace, int, Floats, Floats], None]
Slopes = Callable[[tuple[Any, ...], tuple[Any, ...], TermWorkspace, int, Floats, Floats, Floats], None]


def losses_of(terms: tuple[FitTerm, ...]) -> Losses:
    """Machine code that writes each term's loss of one person at unknowns (86,) to a report (T,)."""
    every: Losses = _no_losses
    for place in reversed(range(len(terms))):
        every = _loss_and(place, terms[place].lose, every)
    return every


def slopes_of(terms: tuple[FitTerm, ...]) -> Slopes:
    """Machine code that adds each term's J'r (86,) and upper triangle of J'J (86, WIDE) at what was last lost."""
    every: Slopes = _no_slopes
    for place in reversed(range(len(terms))):
        every = _slope_and(place, terms[place].slope, every)
    return every


def _loss_and(place: int, lose: Callable[..., Any], rest: Losses) -> Losses:
    @inlined
    def losses(
        numbers: tuple[Any, ...],
        own: tuple[Any, ...],
        at: TermWorkspace,
        person: int,
        unknowns: Floats,
        report: Floats,
    ) -> None:
        report[place] = lose(numbers[place], own[place], at, person, unknowns)
        rest(numbers, own, at, person, unknowns, report)

    return losses


def _slope_and(place: int, slope: Callable[..., None], rest: Slopes) -> Slopes:
    @inlined
    def slopes(
        numbers: tuple[Any, ...],
        own: tuple[Any, ...],
        at: TermWorkspace,
        person: int,
        unknowns: Floats,
        gradient: Floats,
        hessian: Floats,
    ) -> None:
        slope(numbers[place], own[place], at, person, unknowns, gradient, hessian)
        rest(numbers, own, at, person, unknowns, gradient, hessian)

    return slopes


@inlined
def _no_losses(
    numbers: tuple[Any, ...],
    own: tuple[Any, ...],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    report: Floats,
) -> None:
    pass


@inlined
def _no_slopes(
    numbers: tuple[Any, ...],
    own: tuple[Any, ...],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    pass
