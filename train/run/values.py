"""Readers of single values of a command line, for argparse, and of paths given as NAME=PATH."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from core.errors import FitloopError

Named = Sequence[tuple[str, Path]]
LARGEST = 2**31


def count(text: str) -> int:
    """A whole number from 0 on that torch takes as a seed."""
    if not text.isdigit() or int(text) > LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {LARGEST}")
    return int(text)


def from_one(text: str) -> int:
    """A whole number from 1 on."""
    if not count(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def amount(text: str) -> float:
    """A number from 0 on."""
    value = _number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return value


def above_zero(text: str) -> float:
    """A number above 0."""
    value = _number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def _number(text: str) -> float:
    """nan for a text that is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def named_path(text: str) -> tuple[str, Path]:
    """NAME=PATH."""
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r}: give NAME=PATH, as in h36m=data/h36m_train.npz")
    return name, Path(path)


def by_name(flag: str, given: Named) -> dict[str, Path]:
    """Paths by their names. Raises FitloopError for a name that is given twice."""
    paths = dict(given)
    if len(paths) < len(given):
        names = [name for name, _ in given]
        twice = next(name for name in names if names.count(name) > 1)
        raise FitloopError(f"{flag} {twice}: is given twice. Give it once.")
    return paths


def folders_of(flag: str, given: Named, data: Named) -> dict[str, Path]:
    """Folders by the names of data sets. Raises FitloopError for one of no data set, or a second of one."""
    names = list(dict.fromkeys(name for name, _ in data))
    for name, _ in given:
        if name not in names:
            raise FitloopError(f"{flag} {name}: no --data has this name. Named are: {', '.join(names)}.")
    return by_name(flag, given)


def flag_of(name: str) -> str:
    """The flag of an option's name."""
    return "--" + name.replace("_", "-")
