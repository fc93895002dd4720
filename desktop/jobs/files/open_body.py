"""Loads a body in the background. torch is imported here, on first use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.body.model import Body


def load_steps(path: Path | None) -> "Iterator[Body]":
    """Load a body file; None loads the open body. Then compile fits and guesses, and yield the body again meanwhile.

    Raises BodyFileError.
    """
    import torch

    from core.body.model import load_body
    from desktop.jobs.compiling import ready_steps

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))  # one core stays free to draw the window
    body = load_body(path)
    yield body
    for _ in ready_steps():
        yield body  # the worker can stop at each step
