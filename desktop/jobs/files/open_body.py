"""Open a body beside the window: torch is imported here, on first use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.body.model import Body


def load_steps(path: Path | None) -> "Iterator[Body]":
    """The body of this file, the open body for None, again and again while fits and guesses are made ready.

    Raises BodyFileError.
    """
    import torch

    from core.body.model import load_body
    from desktop.jobs.compiling import ready_steps

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))  # one core stays free to draw the window
    body = load_body(path)
    yield body
    for _ in ready_steps():
        yield body  # at a step the work can be stopped
