"""Open a body beside the window: torch and smplx are imported here, on first use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.jobs.device import CPU, lifter_on

if TYPE_CHECKING:
    from core.body.model import Body


def load_steps(path: Path | None) -> "Iterator[Body]":
    """The body of this file, the open body for None, as the only step; then fits and guesses are made ready.

    Raises BodyFileError.
    """
    import torch

    from core import fitting, guess
    from core.body.model import load_body

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))  # one core stays free to draw the window
    yield load_body(path)
    fitting.warm_up()
    guess.warm_up(lifter_on(CPU))
