"""The table of methods: one row in resources/methods.json for each way that a network is taught.

It is data that the window and the training both read, since the window never imports what it starts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

METHODS_FILE = Path(__file__).parents[1] / "resources" / "methods.json"


@dataclass(frozen=True)
class MethodRow:
    """name: as a run's config.json has it; title: what a user reads; command: `python -m COMMAND` trains; network: the
    kind that its checkpoints hold; guesses: whether the window's guesses can come from one.

    fits: the option that is given the project's fits dictionary; project: the one that is given the project itself,
    whose keypoints are enough; file: the one that is given a file of the user's choice; '' for none of these. steps and
    batch: what the window offers at first; metric: the curve that it shows at first, "measured" for all measurements.
    """

    name: str
    title: str
    command: str
    network: str
    steps: int
    batch: int
    fits: str = ""
    project: str = ""
    file: str = ""
    metric: str = "loss"
    guesses: bool = False


def method_rows() -> tuple[MethodRow, ...]:
    """All methods, in the order that they are offered in."""
    return tuple(MethodRow(**row) for row in json.loads(METHODS_FILE.read_text(encoding="utf-8")))
