"""A list of terms as one piece of machine code.

numba cannot loop over functions, and each term has its own types of numbers. So the loop is written out, one line
per term.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.compute.machine_code import inlined
from core.fitting.terms.term import FitTerm

LOSSES = (
    "numbers, own, at, person, unknowns, report",
    "report[{0}] = term_{0}(numbers[{0}], own[{0}], at, person, unknowns)",
)
SLOPES = (
    "numbers, own, at, person, unknowns, gradient, hessian",
    "term_{0}(numbers[{0}], own[{0}], at, person, unknowns, gradient, hessian)",
)


def losses_of(terms: Sequence[FitTerm]) -> Callable[..., None]:
    """Machine code that writes each term's loss of one person at unknowns (86,) to a report (T,). numbers and own:
    input and workspace of each term."""
    return _written_out(*LOSSES, [term.lose for term in terms])


def slopes_of(terms: Sequence[FitTerm]) -> Callable[..., None]:
    """Machine code that adds each term's J'r (86,) and upper triangle of J'J (86, WIDE) at the last `lose`."""
    return _written_out(*SLOPES, [term.slope for term in terms])


def _written_out(arguments: str, line: str, functions: Sequence[Callable[..., Any]]) -> Callable[..., None]:
    lines = [line.format(place) for place in range(len(functions))]
    names: dict[str, Any] = {f"term_{place}": function for place, function in enumerate(functions)}
    exec("\n    ".join([f"def every({arguments}):", *lines]), names)
    every: Callable[..., None] = names["every"]
    return inlined(every)
